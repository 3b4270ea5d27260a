"""Sentiment: a text in, its class out (many-to-one).

    unroll sentiment train                            the built-in sample: order and distance decide
    unroll sentiment train --data reviews.csv         columns `text` and `label`, two or more classes

    text -> ids (batch, time) -> vectors -> recurrent layers -> pooling over time -> a probability a class

Reference: Hochreiter & Schmidhuber 1997 (LSTM); pooling over time: Johnson & Zhang 2016, arXiv:1602.02373.
"""

from pipelines.sentiment.config import Config
from pipelines.shared.explanation import verbs
from pipelines.task import Task

task = Task("sentiment", "pipelines.sentiment", Config)
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
