"""Trajectory: where someone was in, where they will be out (many-to-many, over points of the plane).

    unroll trajectory train                                      the built-in sample, walkers who avoid one another
    unroll trajectory train --data 'eth/train/*.txt' --valid 'eth/val/*.txt' --test 'eth/test/*.txt'
    unroll trajectory predict --data now.csv --futures 5 --output next.csv

    8 points -> displacements, the last of them along an axis -> recurrent encoder -> recurrent decoder -> what to add
    to a walk straight on -> the next 12 points; and, with noise, as many other futures as are asked for

Reference: Alahi et al. 2016, "Social LSTM", CVPR; Schöller et al. 2020, arXiv:1903.07933 (constant velocity);
Gneiting & Raftery 2007, JASA 102 (the energy score, by which futures are learned).
"""

from pipelines.task import Task
from pipelines.trajectory.config import Config

task = Task("trajectory", "pipelines.trajectory", Config)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load
list = task.list
restore = task.restore
remove = task.remove
