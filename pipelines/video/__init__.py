"""Video: a clip in, a label for every frame out (many-to-many, equal lengths).

    unroll video train                                    the built-in sample, spots that move and change their size
    unroll video train --data clips/labels.csv            columns `video, frame, label`, the videos beside it
    unroll video predict talk.mp4 --output frames.csv --captions talk-captions.mp4

    frames -> those before and after beside each -> convolutions, the same for all frames at once
    -> recurrent layers over time -> a probability a class for each frame

Reference: Graves & Schmidhuber 2005 (bidirectional, a label a step); Assael et al. 2016, arXiv:1611.01599 (frames of
lips); Lea et al. 2017, arXiv:1611.05267 (how segments are scored).
"""

from pipelines.task import Task
from pipelines.video.config import Config

task = Task("video", "pipelines.video", Config)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load
list = task.list
restore = task.restore
remove = task.remove
