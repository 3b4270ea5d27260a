"""A training that ends in time: as many steps as fit, by the time of its own first ones.

    time=1800:  7.4 of at most 20 epochs fit into about 30 minutes on this machine, 65 ms a batch

The time is that of the whole verb: what came before the first step is over by then, and for what comes after the last
one, the test split and the report, some is kept back. A learning rate that falls along a cosine falls over the steps
that are planned. The plan is made after the first steps, without those that compile, and looked at again all the time:
once the first epoch is over it only becomes shorter. The last epoch may be cut; it is validated and counts all the
same. However short the time, one step is made, so that there is an artifact. `plan.json` in the folder of the training
keeps the plan for a training that goes on, whose earlier epochs count too.
"""

import dataclasses
import json
import logging
import math
import time

import keras

from pipelines.shared import durations, progress
from pipelines.shared.storage import disk, plain_json
from pipelines.shared.training.estimates import Pace

log = logging.getLogger("unroll")

FILE = "plan.json"
FEWEST = 2  # batches after the first one, which compiles
FIRST_LOOK, LATER = 0.02, 0.02  # of the time: batches before the first plan, and between two
MOST_BETWEEN = 10  # seconds
KEPT_BACK = 3.0  # seconds for the artifact and its report, and half of what compiling took
MARGIN = 0.02  # of the time
VALIDATED = 0.5  # of a training batch's time: a batch of validation, before any was timed
WORTH = 0.25  # the least part of an epoch that is begun


class Budget(keras.callbacks.Callback):
    """Ends the training in time; see above.

    Args:
        config: settings with `time` in seconds, and `epochs` at the most.
        spent: seconds of that time that earlier runs of this training took.
        first, steps: epochs that are over; batches of an epoch.
        shown: the `Estimate` that a user sees.
        total: a `keras.Variable` with the steps over which the learning rate falls, or None.
        remainder: rows of the test split for each one of validation.
        folder: of the training.
        planned: a function that is told how many epochs there will be, the last of which may be cut.
    """

    def __init__(self, config, spent, first, steps, shown, total, remainder, folder, planned):
        super().__init__()
        self.limit, self.cap, self.steps, self.folder = config.time, config.epochs * steps, steps, folder
        self.shown, self.total, self.remainder, self.planned = shown, total, remainder, planned
        self._start = time.monotonic() - progress.elapsed() - spent
        self.first, self.step, self.last = first, first * steps, self.cap
        self._pace, self._compiled, self._rest = Pace(steps, 0), 0.0, None
        self._batch, self._looked, self._planned = None, None, False

    @property
    def used(self):
        """Seconds of the time that are over."""
        return time.monotonic() - self._start

    @property
    def epochs(self):
        """How many there will be, the last of which may be cut."""
        return math.ceil(self.last / self.steps)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self._before = epoch, time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        now, self.step = time.monotonic(), self.epoch * self.steps + batch + 1
        if not self._pace.durations and self._batch is None:
            self._compiled = now - self._before
        self._pace.durations.append(now - self._before)
        self._before = now
        if self._due(now):
            self._plan(now)
        if self.step >= self.last or self.used + self._after(1) >= self.limit:
            self.last = self.step
            self.model.stop_training = True

    def _due(self, now):
        share = FIRST_LOOK if self._looked is None else LATER
        since = now - self._looked if self._looked else sum(self._pace.durations[1:])
        return len(self._pace.durations) > FEWEST and since >= min(MOST_BETWEEN, share * self.limit)

    def on_test_begin(self, logs=None):
        self._validating = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        self._rest = now - self._validating
        cut = self.step >= self.last
        if not cut and (self._batch is not None or len(self._pace.durations) > FEWEST):
            self._plan(now)
        if self.step >= self.last or self.used + self._after(0) >= self.limit:
            self.last = self.step
            self.model.stop_training = True
        self._keep()

    def _after(self, validations):
        """Seconds kept back for so many validations and what comes after the training."""
        rest = self._rest
        if rest is None:
            rest = self.shown.pace.valid_steps * VALIDATED * (self._batch or self._pace.batch or 0)
        end = KEPT_BACK + self._compiled / 2 + MARGIN * self.limit
        return validations * rest + self.remainder * rest + end

    def _plan(self, now):
        self._batch, self._looked = self._pace.batch or self._batch, now
        self._pace.durations = self._pace.durations[-1:]
        fitting = min(self.cap, max(self.step, self._fitting()))
        if self.epoch > self.first:
            fitting = min(fitting, self.last)
        self.last = fitting
        if self.total is not None:
            self.total.assign(self.last)
        self.planned(self.epochs)
        self.shown.end_at(self.last)
        if not self._planned:
            self._planned = True
            progress.line(
                f"{self.last / self.steps:.3g} of at most {self.cap // self.steps:,} epochs fit into "
                f"{durations.about(self.limit)} on this machine, {1000 * self._batch:.3g} ms a batch"
            )
            self._keep()

    def _fitting(self):
        """The last step for which there is time."""
        rest = self._after(1) - self._after(0)
        left, begun = self.limit - self.used - self._after(0), -(-self.step // self.steps)  # epochs, with this one
        validated = self._rest is not None and self.step == begun * self.steps  # the epoch is over
        missing = (begun * self.steps - self.step) * self._batch + (0 if validated else rest)
        if missing > left:
            return self.step + math.floor(max(0, left - rest) / self._batch)
        whole, part = divmod(left - missing, self.steps * self._batch + rest)
        cut = math.floor(max(0, part - rest) / self._batch)
        return int(begun + whole) * self.steps + (cut if cut >= WORTH * self.steps else 0)

    def _keep(self):
        plan = {"time": self.limit, "steps": self.last, "epochs": self.epochs}
        disk.write_text(self.folder / FILE, json.dumps(plan))

    def said(self):
        """Warns if the time was hardly enough."""
        if self.last < self.steps and self.last < self.cap:
            log.warning(
                "time: %s left room for %s of the %s steps of an epoch; the network has hardly learned, give it more",
                durations.about(self.limit), f"{self.last:,}", f"{self.steps:,}",
            )  # fmt: skip


def planned(config, folder):
    """The settings with the epochs that the training in the folder has planned within the same time, if it has."""
    plan = _plan(config, folder)
    return config if plan is None else dataclasses.replace(config, epochs=min(config.epochs, plan["epochs"]))


def planned_steps(config, folder, steps):
    """The steps over which a learning rate falls: those planned, or else those of all epochs."""
    plan = _plan(config, folder)
    return config.epochs * steps if plan is None else plan["steps"]


def _plan(config, folder):
    if config.time is None or not (folder / FILE).exists():
        return None
    try:
        plan = plain_json.read(folder / FILE)
        return plan if plan["time"] == config.time and plan["steps"] >= 1 and plan["epochs"] >= 1 else None
    except (ValueError, KeyError, TypeError):  # damaged: it is planned anew
        return None
