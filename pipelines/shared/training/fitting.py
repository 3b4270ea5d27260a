"""All training happens here: compiles, fits, logs, keeps the best weights, and resumes after a kill.

The folder of a training holds `log.csv` (a row for each epoch), `tensorboard/`, `last-<epochs>.npz` (weights, random
streams and optimizer after that many epochs), `best.npz` and, if epochs are averaged, `good-<epochs>.npz` of the best
ones. Each file is written to one side and renamed, so that a kill never leaves half of one. Which epochs were the best,
and whether to stop, is always worked out from the rows of the log.
"""

import contextlib
import csv
import logging
import math
import shutil
import time

import keras
import numpy as np

import layers
from pipelines.settings import near
from pipelines.shared import progress
from pipelines.shared.messages import brief
from pipelines.shared.storage import damage, disk
from pipelines.shared.training import budget
from pipelines.shared.training.estimates import Estimate

log = logging.getLogger("unroll")

ANEW = "train anew, without resume"
# Endings of names.
LOWER_IS_BETTER = ("loss", "nll", "error", "perplexity", "distance", "mae", "mse", "rmse", "mape", "_ade", "_fde")


def mode(monitor):
    """Whether the best value of a number in the logs is its "min" or "max", by its name; see `LOWER_IS_BETTER`.

    >>> mode("val_nll"), mode("val_bleu"), mode("val_top_2_error")
    ('min', 'max', 'min')
    """
    return "min" if monitor.endswith(LOWER_IS_BETTER) else "max"


def fit(model, train, valid, config, folder, watching=(), callbacks=(), *, loss, metrics=(), remainder=0.0):
    """Trains `model` to its best epoch; an unfinished training in the folder is resumed.

    Args:
        model: a built `keras.Model`.
        train, valid: `tf.data.Dataset`s of batches. If `train` has a method `planned`, it is told the number of epochs,
            again whenever `config.time` changes it.
        config: settings that include `settings.Training`.
        folder: a `pathlib.Path` where logs and weights are kept.
        watching: callbacks that run before the log is written and may add numbers to it.
        callbacks: others, which run after all of ours.
        loss, metrics: as in `keras.Model.compile`.
        remainder: what `config.time` has to leave for the test split: its rows for each one of validation.

    Returns:
        the history, {name: a list with one number for each epoch}; the model has the weights of the best epoch, or the
        average of those of the `config.average` best.

    Raises:
        FloatingPointError: the loss is not a number after the first epoch.
    """
    config = budget.planned(config, folder)
    steps = budget.planned_steps(config, folder, int(train.cardinality())) if config.time else None
    compile(model, config, train, steps, loss=loss, metrics=metrics)
    rows = _restore(model, folder, config)
    if not finished(rows, config) and not (rows and config.time and seconds(folder) >= config.time):
        with progress.steps("training") as bar:
            _fit(model, train, valid, config, folder, rows, watching, callbacks, bar, remainder)
    load_state(model, folder / "best.npz")
    if config.average > 1:
        average_weights(model, [folder / f"good-{index + 1}.npz" for index in good(read_log(folder), config)])
    return history(folder)


def _fit(model, train, valid, config, folder, rows, watching, callbacks, bar, remainder):
    """The epochs that are left, after those of which there are rows."""
    steps, valid_steps = int(train.cardinality()), max(0, int(valid.cardinality()))
    board = keras.callbacks.TensorBoard(str(folder / "tensorboard"))
    how = {"lines": bar.parent is None, "most": config.patience < config.epochs, "told": config.time is None}
    shown = Estimate(len(rows), config.epochs, steps, valid_steps, bar, **how)
    ours = [*watching, board, Keep(rows, config, folder), shown]
    planned = getattr(train, "planned", lambda epochs: None)
    planned(config.epochs)
    if config.time:
        rate = getattr(model.optimizer, "_learning_rate", None)
        total = rate.steps if isinstance(rate, Schedule) else None
        spent = seconds(folder)
        ours.append(budget.Budget(config, spent, len(rows), steps, shown, total, remainder, folder, planned))
    model.fit(
        _stream(train, steps * len(rows)),
        steps_per_epoch=steps,
        validation_data=valid,
        epochs=config.epochs,
        initial_epoch=len(rows),
        shuffle=False,
        verbose=0,
        callbacks=[*ours, *callbacks],
    )
    if config.time:
        ours[-1].said()


def _stream(train, steps):
    """Batches without an end, from this step on: one stream, so that a resumed training sees the same ones."""
    return train.resumed(steps) if hasattr(train, "resumed") else train.repeat().skip(steps)


@contextlib.contextmanager
def conditions(config):
    """Sets the seed and the precision for building a model; the precision is reset afterwards."""
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def compile(model, config, train, steps=None, *, loss, metrics=()):
    """Compiles the model with the settings' optimizer, whose variables are made here and not in the first step.

    A function of TensorFlow that makes variables is traced a second time.
    """
    model.compile(optimizer=optimizer(config, train, steps), loss=loss, metrics=list(metrics))
    model.optimizer.build(model.trainable_variables)


def optimizer(config, train, steps=None):
    """Adam with the settings' learning-rate schedule and exact clipping.

    steps: those that a cosine falls over, if they can change; by default those of all epochs.
    """
    rate = config.learning_rate
    if config.schedule == "cosine" or config.warmup:
        rate = Schedule(rate, config.warmup, _falling(config, train, steps) if config.schedule == "cosine" else None)
    return layers.ClippedAdam(rate, weight_decay=config.weight_decay, clip_norm=config.clip_norm)


def _falling(config, train, steps):
    """The steps that a rate falls over; a variable if they can change."""
    if steps is None:
        return config.epochs * int(train.cardinality())
    return keras.Variable(steps, trainable=False, dtype="float32", name="steps")


@keras.saving.register_keras_serializable(package="unroll")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises for `warmup` steps; with `steps` it then falls to zero along a cosine, else it stays.

        rate min(1, (t + 1) / warmup) (1 + cos(pi t / steps)) / 2           at step t from 0 on

    >>> schedule = Schedule(0.1, warmup=10, steps=100)
    >>> [round(float(schedule(step)), 4) for step in (0, 9, 50, 100)]
    [0.01, 0.098, 0.05, 0.0]
    """

    def __init__(self, rate, warmup=0, steps=None):
        self.rate, self.warmup, self.steps = rate, warmup, steps

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        share = keras.ops.minimum(1.0, (step + 1) / max(1, self.warmup))
        if self.steps is not None:
            share = share * (1 + keras.ops.cos(math.pi * keras.ops.minimum(step / self.steps, 1.0))) / 2
        return self.rate * share

    def get_config(self):
        return {"rate": self.rate, "warmup": self.warmup, "steps": None if self.steps is None else int(self.steps)}


def best(rows, monitor):
    """The index of the best row, the first among equals."""
    sign = 1 if mode(monitor) == "max" else -1
    return max(range(len(rows)), key=lambda index: sign * rows[index][monitor])


def good(rows, config):
    """The indices of the `config.average` best rows, the earlier ones among equals."""
    sign = -1 if mode(config.monitor) == "max" else 1
    return sorted(range(len(rows)), key=lambda index: sign * rows[index][config.monitor])[: config.average]


def finished(rows, config):
    """Whether all epochs are done, or the last `patience` of them brought no improvement."""
    return bool(rows) and (len(rows) >= config.epochs or len(rows) - 1 - best(rows, config.monitor) >= config.patience)


class Keep(keras.callbacks.Callback):
    """Keeps the log and the state after each epoch, and ends the training when it is finished or diverges.

    rows: a mapping for each epoch so far; new ones are appended.
    """

    def __init__(self, rows, config, folder):
        super().__init__()
        self.rows, self.config, self.folder = rows, config, folder

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]) or not math.isfinite(logs["val_loss"]):
            self._diverged(epoch + 1)
            return
        _check_monitor(self.config.monitor, logs)
        self.rows.append({"epoch": epoch + 1, "seconds": round(time.perf_counter() - self.started, 2), **logs})
        write_log(self.rows, self.folder)
        last = self.folder / f"last-{epoch + 1}.npz"
        save_state(self.model, last)
        if best(self.rows, self.config.monitor) == epoch:
            _copy(last, self.folder / "best.npz")
        if self.config.average > 1:
            self._keep_good(last)
        for path in self.folder.glob("last-*.npz"):
            if path != last:
                path.unlink()
        self.model.stop_training |= finished(self.rows, self.config)  # a callback may have stopped it already

    def _keep_good(self, last):
        """The states of the best epochs to average, and no others."""
        names = {f"good-{index + 1}.npz" for index in good(self.rows, self.config)}
        if f"good-{len(self.rows)}.npz" in names:
            _copy(last, self.folder / f"good-{len(self.rows)}.npz")
        for path in self.folder.glob("good-*.npz"):
            if path.name not in names:
                path.unlink()

    def _diverged(self, epoch):
        advice = f"lower learning_rate ({self.config.learning_rate:g}), or clip_norm ({self.config.clip_norm})"
        if not self.rows:
            raise FloatingPointError(f"the loss is not a number after epoch {epoch}, the first; {advice}")
        kept = best(self.rows, self.config.monitor) + 1
        log.warning(
            "The loss is not a number after epoch %d; kept are the weights of epoch %d; %s", epoch, kept, advice
        )
        self.model.stop_training = True


def _check_monitor(monitor, logs):
    """Refuses a `monitor` that is not among the numbers of an epoch."""
    if monitor not in logs:
        raise ValueError(
            f"monitor: expected a number of an epoch, received {monitor!r}.{near(monitor, logs)} There are: "
            f"{', '.join(logs)}; more come from `compiled` or `watch` of the task's network"
        )


def _state(model):
    return [*model.variables, *model.optimizer.variables]


def save_state(model, path):
    """Saves weights, random streams and optimizer of a compiled model, as plain arrays."""
    with disk.aside(path) as partial, open(partial, "wb") as file:
        np.savez(file, *map(keras.ops.convert_to_numpy, _state(model)))


def load_state(model, path):
    """The inverse of `save_state`."""
    variables = _state(model)
    arrays = _arrays(path)
    if [_kind(array) for array in arrays] != [_kind(variable) for variable in variables]:
        raise ValueError(f"{path} is damaged: its arrays are not those of the network and its optimizer; {ANEW}")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _arrays(path):
    """The arrays of a saved state."""
    try:
        with open(path, "rb") as file, np.load(file) as arrays:
            return [arrays[name] for name in arrays.files]
    except damage.ARRAYS as error:
        raise ValueError(f"{path} is damaged or missing: {brief(error, 100)}; {ANEW}") from error


def _kind(array):
    """The shape, and the kind of type: integers, floats, or numbers that NumPy has no name for."""
    return tuple(array.shape), np.dtype(array.dtype).kind


def average_weights(model, paths):
    """Gives the model the mean of the weights saved at `paths`, and of what its normalisations have measured."""
    averaged = [variable for variable in model.weights if np.dtype(variable.dtype).kind == "f"]
    means = [np.zeros(variable.shape, "float64") for variable in averaged]
    for path in paths:
        load_state(model, path)
        for mean, variable in zip(means, averaged, strict=True):
            mean += keras.ops.convert_to_numpy(variable) / len(paths)
    for mean, variable in zip(means, averaged, strict=True):
        variable.assign(mean)


def _restore(model, folder, config):
    """Loads the state after the last whole epoch, if any, and returns the rows of the log up to it."""
    saved = max(folder.glob("last-*.npz"), key=_epochs, default=None)
    if saved is None:
        return []
    load_state(model, saved)
    rows = read_log(folder)[: _epochs(saved)]  # a kill before the state was saved leaves a row too many
    if len(rows) < _epochs(saved) or config.monitor not in rows[0]:
        raise ValueError(f"{folder / 'log.csv'} is damaged: it does not hold the epochs of {saved.name}; {ANEW}")
    # A kill may have come before these copies were made.
    if best(rows, config.monitor) == len(rows) - 1:
        _copy(saved, folder / "best.npz")
    if config.average > 1 and len(rows) - 1 in good(rows, config):
        _copy(saved, folder / f"good-{len(rows)}.npz")
    return rows


def _epochs(path):
    return int(path.stem.removeprefix("last-"))


def _copy(source, target):
    with disk.aside(target) as partial:
        shutil.copyfile(source, partial)


def write_log(rows, folder):
    """Writes log.csv, a row for each epoch."""
    with disk.aside(folder / "log.csv") as partial, open(partial, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def read_log(folder):
    """The rows of log.csv, at least one, with its numbers as floats.

    Raises:
        ValueError: a damaged file.
    """
    path = folder / "log.csv"
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
        if [row["epoch"] for row in rows] != [*range(1, len(rows) + 1)] or not all(
            "seconds" in row for row in rows[:1]
        ):
            raise ValueError("its epochs are not 1, 2, 3 ...")
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise ValueError(f"{path} is damaged: {brief(error, 100)}; {ANEW}") from error
    return [{**row, "epoch": int(row["epoch"])} for row in rows]


def history(folder):
    """The log as {name: a list with one number for each epoch}, without epochs and seconds."""
    rows = read_log(folder)
    return {name: [row[name] for row in rows] for name in rows[0] if name not in ("epoch", "seconds")}


def seconds(folder):
    """How long the epochs in the log took together, 0 if there is no log."""
    return sum(row["seconds"] for row in read_log(folder)) if (folder / "log.csv").exists() else 0.0
