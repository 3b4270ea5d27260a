"""The size of a network that has to learn within a time: the one that is wanted, or a smaller one that gets further.

    config = fitting(task, preprocessor, splits, config, asked, folder)
    units 256 in place of 512: of these only 3.1 of 22 epochs would fit into about 30 minutes, of those 9.4 of 22

Where nobody set `units`, the first steps of the network that the task's rule wants are timed. If less than `ENOUGH` of
its epochs would fit, the next smaller one, of half the units, is timed and taken if it is quicker; and so on down to
`LEAST`. What else follows from the size, such as the learning rate, the rule says again. Compiling takes its part of
the time too, so that no size is tried once `TRIED` of the time is over. What was taken is kept in `size.json` in the
folder of the training, for a training that goes on.
"""

import dataclasses
import json
import time

import keras

from pipelines import settings
from pipelines.shared import durations, progress
from pipelines.shared.storage import disk, plain_json
from pipelines.shared.training import budget, choosing
from pipelines.shared.training import fitting as training
from pipelines.shared.training.estimates import Pace

FILE = "size.json"
ENOUGH = 1 / 3  # of the epochs that are wanted
LEAST = 32  # units
QUICKER = 1.25  # times as many epochs, for which a smaller network is worth it
TRIED = 0.2  # of the time, after which no other size is tried
STEPS, SHARE = (4, 30), 0.02  # batches that are timed at the least and the most; of the time, in between


class Timed(keras.callbacks.Callback):
    """Times batches, and ends with enough of them; seconds: of the whole time."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.pace = seconds, Pace(1, 0)

    def on_train_begin(self, logs=None):
        self._before = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        now, durations = time.monotonic(), self.pace.durations
        durations.append(now - self._before)
        self._before = now
        if len(durations) >= STEPS[0] and sum(durations[1:]) >= SHARE * self.seconds:
            self.model.stop_training = True


def fitting(task, preprocessor, splits, config, asked, folder):
    """The settings of the network that is trained, with those that follow from a smaller size where it has to be.

    Args:
        asked: the settings before the rule chose those that were open; None leaves the size as it is.
        folder: of the training.
    """
    if config.time is None or asked is None or not _is_open(asked):
        return config
    kept = _kept(config, folder)
    if kept is None:
        if (folder / "log.csv").exists():  # it goes on with what it began with
            return config
        kept = _changed(config, _taken(task, preprocessor, splits, config, asked))
        disk.write_text(folder / FILE, json.dumps({"time": config.time, "changed": kept}))
    return dataclasses.replace(config, **kept)


def _is_open(asked):
    """Whether there is a size that nobody set."""
    defaults = settings.defaults(type(asked))
    return "units" in defaults and asked.units == defaults["units"]


def _taken(task, preprocessor, splits, config, asked):
    """The settings of the first size of which enough epochs fit, or of which more do than of smaller ones."""
    if not _in_time(config) or not _smaller(task, splits, config, asked):
        return config
    first = wanted = config
    epochs = most = _epochs(task, preprocessor, splits, config)
    while most < ENOUGH * wanted.epochs and _in_time(config):
        smaller = _smaller(task, splits, wanted, asked)
        fit = _epochs(task, preprocessor, splits, smaller) if smaller else 0
        if fit < QUICKER * most:
            break
        wanted, most = smaller, fit
    if wanted is not first:
        _say(first, epochs, wanted, most)
    return wanted


def _in_time(config):
    return progress.elapsed() < TRIED * config.time


def _smaller(task, splits, config, asked):
    """The settings with half the units, None below the least ones."""
    units = config.units // 2
    if units < LEAST:
        return None
    return choosing.settled(task, splits["train"], dataclasses.replace(asked, units=units))[0]


def _epochs(task, preprocessor, splits, config):
    """How many epochs of a network would fit into what is left of the time, by its first batches."""
    with training.conditions(config):
        model = task.network.build(preprocessor, config)
    batches = {name: task.preprocessor.batches(preprocessor, splits[name], config, name == "train")
               for name in ("train", "valid")}  # fmt: skip
    steps, valid_steps = (max(0, int(one.cardinality())) for one in batches.values())
    training.compile(model, config, batches["train"], **task.network.compiled(config))
    timed = Timed(config.time)
    with progress.stage(f"timing {config.units} units"):
        how = {"steps_per_epoch": STEPS[1], "epochs": 1, "shuffle": False, "verbose": 0}
        model.fit(batches["train"].repeat(), callbacks=[timed], **how)
    compiling = timed.pace.durations[0]
    left = config.time * (1 - budget.MARGIN) - progress.elapsed() - 1.5 * compiling - budget.KEPT_BACK
    return max(0.0, left) / (timed.pace.batch * (steps + budget.VALIDATED * valid_steps))


def _say(first, epochs, taken, fit):
    before, now = f"{epochs:.2g} of {first.epochs:,}", f"{min(fit, taken.epochs):.2g} of {taken.epochs:,}"
    progress.line(
        f"units {taken.units:,} in place of {first.units:,}: of these only {before} epochs would fit into "
        f"{durations.about(first.time)}, of those {now}"
    )


def _changed(config, taken):
    """{setting: value} of those that differ."""
    values = dataclasses.asdict(taken)
    return {name: values[name] for name, value in dataclasses.asdict(config).items() if values[name] != value}


def _kept(config, folder):
    """What an earlier run of this training has taken within the same time; None if there is none."""
    try:
        kept = plain_json.read(folder / FILE)
        return dict(kept["changed"]) if kept["time"] == config.time else None
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is damaged: it is timed anew
        return None
