"""How long a training will take on this machine, said once it runs, from the time of its own first batches.

    about 4 minutes to go on this machine: 9.8 epochs of about 23 seconds, 65 ms a batch; patience may end it earlier

A batch takes the mean of those of the first `WINDOW` seconds (more than `FEWEST`), without the first one and without
others that take `OUTLIER` times as long as their median: these compile. One of validation counts as one of training;
what else an epoch takes, such as translating, is told at the end of the first one, and a second line then corrects an
estimate that was off by more than a quarter. Below `LEAST` seconds nothing is said.
"""

import statistics
import sys
import time

import keras

WINDOW, FEWEST = 10, 5  # seconds, batches
OUTLIER = 5
LEAST = 30  # seconds
OFF = 0.25


class Estimate(keras.callbacks.Callback):
    """Says how long the epochs will take; see above.

    Args:
        first, epochs: the epoch to begin with, from 0 on, and the number of all.
        steps, valid_steps: batches of training and of validation in an epoch.
    """

    def __init__(self, first, epochs, steps, valid_steps):
        super().__init__()
        self.first, self.epochs, self.steps, self.valid_steps = first, epochs, steps, valid_steps
        self._durations, self._total = [], 0.0  # seconds of the batches so far; of all but the first
        self._said = None  # seconds of an epoch

    def on_epoch_begin(self, epoch, logs=None):
        self._begun = self._before = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if self._said is not None:
            return
        float(logs["loss"])  # waits for an accelerator
        now = time.perf_counter()
        self._total += now - self._before if self._durations else 0
        self._durations.append(now - self._before)
        self._before = now
        if self._total >= WINDOW and len(self._durations) > FEWEST:
            self._say(self._batch * (self.steps + self.valid_steps), (batch + 1) / self.steps)

    def on_epoch_end(self, epoch, logs=None):
        if epoch != self.first or not self._durations:
            return
        compiling = sum(self._durations) - self._batch * len(self._durations)
        seconds = time.perf_counter() - self._begun - compiling
        if self._said is None or abs(seconds - self._said) > OFF * self._said:
            self._say(seconds, 1)

    @property
    def _batch(self):
        """Seconds a batch takes that compiles nothing."""
        durations = self._durations[1:] or self._durations
        most = OUTLIER * statistics.median(durations)
        return statistics.fmean(duration for duration in durations if duration <= most)

    def _say(self, epoch_seconds, done):
        """done: how much of the first epoch is over."""
        self._said = epoch_seconds
        epochs = self.epochs - self.first - done
        if epochs * epoch_seconds < LEAST:
            return
        batch = f"{self._batch:.2g} s" if self._batch >= 1 else f"{self._batch * 1000:.3g} ms"
        print(
            "\n" if sys.stdout.isatty() else "",  # Keras draws its bar in the line before
            f"{about(epochs * epoch_seconds)} to go on this machine: {epochs:.3g} epochs of {about(epoch_seconds)}, "
            f"{batch} a batch; patience may end it earlier",
            sep="",
            flush=True,
        )


def about(seconds):
    """A time in words.

    >>> [about(seconds) for seconds in (0.4, 44, 65, 250, 3700, 9000)]
    ['about 1 second', 'about 44 seconds', 'about 1 minute', 'about 4 minutes', 'about 1 hour', 'about 2.5 hours']
    """
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size or unit == "second":
            count = max(1, seconds / size)
            digits = f"{count:.1f}".removesuffix(".0") if unit == "hour" and count < 10 else f"{count:.0f}"
            return f"about {digits} {unit}{'s' * (digits != '1')}"
    raise AssertionError
