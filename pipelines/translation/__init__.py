"""Translation: a sentence in, a sentence out (many-to-many of different lengths), with attention.

    unroll translation train                                  the built-in sample, English to Spanish
    unroll translation train --data pairs.tsv --source es     any pairs: two columns, two files, tfds:<name>

    text -> subwords (batch, time) -> vectors -> recurrent layers, both directions -> memory
    START and the words so far -> vectors -> recurrent layer -> attention to the memory -> recurrent layer -> next word

Attention reads the decoder's state of the same step, so that in training only the recurrent layers wait for the step
before. `input_feeding` gives each step the output of the step before (Luong et al. 2015), in a slower loop.

Reference: Bahdanau et al. 2014, arXiv:1409.0473; Luong et al. 2015, arXiv:1508.04025; subwords: Sennrich et al. 2016,
arXiv:1508.07909; tied vectors: Press & Wolf 2017, arXiv:1608.05859.
"""

from pipelines.shared.explanation import verbs
from pipelines.task import Task
from pipelines.translation.config import Config

task = Task("translation", "pipelines.translation", Config)
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
