"""Classification: a text in; its class, several labels, or a number out.

    unroll classification train                                       the built-in sample: requests of several topics
    unroll classification train --data questions.csv                  columns `text` and `label`: one class of several
    unroll classification train --data films.csv --label-separator "|"              several labels a text, or none
    unroll classification train --data comments.csv --label-column toxic,insult     a column of 0 and 1 for each label
    unroll classification train --data essays.csv --target number     a number

It is the task `sentiment` under its general name, with another sample; its rooms are those of `pipelines.sentiment`.

    text -> ids (batch, time) -> vectors -> recurrent layers -> pooling over time -> probabilities, or a number

Reference: Hochreiter & Schmidhuber 1997 (LSTM); pooling over time: Johnson & Zhang 2016, arXiv:1602.02373.
"""

from pipelines.sentiment.config import Config
from pipelines.shared.explanation import verbs
from pipelines.task import Task

task = Task("classification", "pipelines.sentiment", Config, {"sample": "pipelines.classification.sample"})
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
