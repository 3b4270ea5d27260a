"""How long a training will take on this machine, by the time of its own first batches; what a user sees of it.

    training: 340 of 3,000, epoch 2 of 10, loss 0.41, at most about 3 minutes left
    about 4 minutes to go on this machine: 9.8 epochs of about 23 seconds, 65 ms a batch; patience may end it earlier

A batch takes the mean of those of the first `WINDOW` seconds (more than `FEWEST`), without the first one and without
others that take `OUTLIER` times as long as their median: these compile. One of validation counts as one of training;
what else an epoch takes, such as translating, is known at the end of the first one. The line is said once, and a second
time if the first epoch shows it was off by more than a quarter. Below `LEAST` seconds it is not said.
"""

import math
import statistics
import time

import keras

from pipelines.shared import progress
from pipelines.shared.durations import about

WINDOW, FEWEST = 10, 5  # seconds, batches
OUTLIER = 5
LEAST = 30  # seconds
OFF = 0.25
NEWS = 0.2  # seconds between two looks at the loss, which waits for an accelerator


class Pace:
    """How long batches and epochs take.

    Args:
        steps, valid_steps: batches of training and of validation in an epoch.
    """

    def __init__(self, steps, valid_steps):
        self.steps, self.valid_steps = steps, valid_steps
        self.durations, self.measured = [], None  # seconds of the batches so far; of an epoch, without compiling

    @property
    def batch(self):
        """Seconds of a batch that compiles nothing; None before the second one."""
        durations = self.durations[1:]
        if not durations:
            return None
        most = OUTLIER * statistics.median(durations)
        return statistics.fmean(duration for duration in durations if duration <= most)

    @property
    def known(self):
        """Whether enough batches are over to tell."""
        return len(self.durations) > FEWEST and sum(self.durations[1:]) >= WINDOW

    @property
    def epoch(self):
        """Seconds of an epoch; None before the second batch."""
        return self.measured or (self.batch and self.batch * (self.steps + self.valid_steps))

    def ended(self, seconds):
        """Takes in that an epoch took so many seconds; the first one compiled."""
        if self.measured is not None:
            self.measured = (self.measured + seconds) / 2
        elif self.durations:
            compiling = sum(self.durations) - (self.batch or self.durations[0]) * len(self.durations)
            self.measured = max(seconds - compiling, 1e-9)


class Estimate(keras.callbacks.Callback):
    """Says how long the epochs will take and shows where the training is; see above.

    Args:
        first, epochs: the epoch to begin with, from 0 on, and the number of all.
        steps, valid_steps: batches of training and of validation in an epoch.
        bar: the `progress.Stage` of the training.
        lines: whether each epoch leaves a line with its numbers.
        told: whether the line is said.
        most: whether fewer epochs may be enough.
    """

    def __init__(self, first, epochs, steps, valid_steps, bar=None, lines=False, most=True, told=True):
        super().__init__()
        self.first, self.epochs, self.pace = first, epochs, Pace(steps, valid_steps)
        self.bar, self.lines, self.told = bar or progress.Stage("training"), lines, told
        self.bar.total, self.bar.done, self.bar.most = epochs * steps, first * steps, most
        self._said, self._looked = None, 0.0  # seconds of an epoch; when the loss was looked at

    def end_at(self, step):
        """The training will end with this step, maybe within an epoch."""
        self.epochs, self.bar.total = step / self.pace.steps, step

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = self._before = time.perf_counter()
        self._epoch, self._done = epoch, 0
        self._detail("" if self.pace.durations else "compiling the first step")

    def on_train_batch_end(self, batch, logs=None):
        if self._said is None or time.perf_counter() - self._looked >= NEWS:
            self._detail(f"loss {float(logs['loss']):.4g}")  # waits for an accelerator
            self._looked = time.perf_counter()
        now, self._done = time.perf_counter(), batch + 1
        if self._said is None:
            self.pace.durations.append(now - self._before)
        self._before = now
        self.bar.done = self._epoch * self.pace.steps + self._done
        self._count_down()
        if self._said is None and self.pace.known:
            self._say(self._done / self.pace.steps)

    def on_test_begin(self, logs=None):
        self._detail("validation")

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self._begun
        self.pace.ended(seconds)
        if epoch == self.first and self.pace.measured is not None and self._off():
            self._say(1)
        self._done = self.pace.steps
        self._count_down()
        if self.lines:
            values = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
            progress.line(f"epoch {epoch + 1}/{math.ceil(self.epochs)}  {seconds:.1f} s  {values}")

    def _off(self):
        """Whether what was said of an epoch, if anything, was far from what it took."""
        return self._said is None or abs(self.pace.epoch - self._said) > OFF * self._said

    def _detail(self, words):
        self.bar.detail = ", ".join(filter(None, [f"epoch {self._epoch + 1} of {math.ceil(self.epochs)}", words]))

    def _count_down(self):
        if self.pace.epoch is not None:
            epochs = self.epochs - self._epoch - self._done / self.pace.steps
            self.bar.expect(max(0, epochs) * self.pace.epoch)

    def _say(self, done):
        """done: how much of the first epoch is over."""
        self._said = self.pace.epoch or 0
        epochs = self.epochs - self.first - done
        if not self.told or epochs * self._said < LEAST:
            return
        batch = self.pace.batch or self.pace.durations[0]
        batch = f"{batch:.2g} s" if batch >= 1 else f"{batch * 1000:.3g} ms"
        noun = "epoch" if epochs == 1 else "epochs"
        earlier = "; patience may end it earlier" if self.bar.most else ""
        progress.line(
            f"{about(epochs * self._said)} to go on this machine: {epochs:.3g} {noun} of {about(self._said)}, "
            f"{batch} a batch{earlier}"
        )
