"""Music: a first note in, a tune out (one-to-many), drawn from a probability model of polyphonic music.

    unroll music train                                       the built-in sample, four-part chorales
    unroll music train --data midi/                          MIDI, MusicXML, ABC, JSON chorales, piano rolls, tfds:NAME
    unroll music generate --first C4 --output tune.mid       also .png and .wav

    piano_roll    chords so far -> recurrent layers -> the next chord, its keys one after another (`--output joint`)
                  or each by itself (`independent`)
    events        tokens so far (pitch, duration, time) -> recurrent layers -> the next token

On the JSB chorales (229 training pieces) the joint piano roll reaches 4.65 nats a step, RNN-NADE 5.56.
Reference: Boulanger-Lewandowski et al. 2012, arXiv:1206.6392; Oore et al. 2018, arXiv:1808.03715 (events).
"""

import builtins
from typing import Any

from pipelines.music.config import Beginning, Config
from pipelines.shared.arguments import Path
from pipelines.task import Task

task = Task("music", "pipelines.music", Config)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load
list = task.list
restore = task.restore
remove = task.remove


@task.verb
def generate(
    task: Task, first: Beginning = 60, *, name: str | None = None, version: int | None = None,
    directory: Path = "saved_models", **how: Any,
) -> builtins.list:  # fmt: skip
    """A list of tunes of the artifact `name` that begin with a note or a chord."""
    return task.load(name, version=version, directory=directory).generate(first, **how)
