"""Tagging: a sentence in, a tag for each of its words out (many-to-many).

    unroll tagging train                                       the built-in sample, words that neighbours decide
    unroll tagging train --data train.conllu --test dev.conllu
    unroll tagging predict "I can fish." --output tags.conllu

    words, their letters -> vectors -> recurrent layers, both ways -> a probability a tag, or a CRF's best sequence

Reference: Ling et al. 2015, arXiv:1508.02096 and Plank et al. 2016, arXiv:1604.05529 (words and letters, both ways);
Lample et al. 2016, arXiv:1603.01360 (with a CRF); Ratnaparkhi 1996, EMNLP (how words begin and end).
"""

from pipelines.shared.explanation import verbs
from pipelines.tagging.config import Config
from pipelines.task import Task

task = Task("tagging", "pipelines.tagging", Config)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load
list = task.list
restore = task.restore
remove = task.remove
gates = task.verb(verbs.gates)
nearest = task.verb(verbs.nearest)
