"""The one place that trains: compiles, fits, logs, keeps the best weights, and goes on after a kill.

In the folder of a training stand `log.csv` (a row an epoch), `tensorboard/`, `last-<epochs>.weights.h5` (weights and
optimizer after the last whole epoch) and `best.weights.h5`. Each weights file is written aside and renamed, so that a
kill never leaves half of one.
"""

import contextlib
import csv
import os
import sys
import time

import keras

import layers

MODES = {"val_loss": "min", "val_accuracy": "max"}


def fit(model, train, valid, config, folder, loss, metrics=()):
    """Trains `model` to its best epoch; a folder that holds an unfinished training is gone on with.

    Args:
        model: a built `keras.Model`.
        train, valid: `tf.data.Dataset`s of batches.
        config: of `settings.Training`.
        folder: a `pathlib.Path` where logs and weights are kept.
        loss, metrics: as of `keras.Model.compile`.

    Returns:
        the history, a list with an entry an epoch for each name; the model has the weights of the best epoch.
    """
    model.compile(optimizer=optimizer(config, train), loss=loss, metrics=list(metrics))
    past = _restore(model, folder)
    terminal = sys.stdout.isatty()
    model.fit(
        train,
        validation_data=valid,
        epochs=config.epochs,
        shuffle=False,
        initial_epoch=len(past),
        verbose=1 if terminal else 0,
        callbacks=[
            keras.callbacks.CSVLogger(str(folder / "log.csv"), append=bool(past)),
            keras.callbacks.TensorBoard(str(folder / "tensorboard")),
            Checkpoints(folder, config.monitor, past),
            EarlyStopping(config, past),
            *([] if terminal else [EpochLines(config.epochs)]),
        ],
    )
    model.load_weights(folder / "best.weights.h5")
    return history(folder)


@contextlib.contextmanager
def conditions(config):
    """The seed and the precision under which a model is built; the precision set before comes back afterwards."""
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def optimizer(config, train):
    """Adam with the learning rate's schedule and exact clipping."""
    rate = config.learning_rate
    if config.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, decay_steps=config.epochs * int(train.cardinality()))
    return layers.ClippedAdam(rate, weight_decay=config.weight_decay, clip_norm=config.clip_norm)


def read_log(folder):
    """The rows of log.csv, numbers as floats."""
    with open(folder / "log.csv", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def history(folder):
    """The log as a list with an entry an epoch for each name."""
    rows = read_log(folder)
    return {name: [row[name] for row in rows] for name in rows[0] if name != "epoch"}


def _restore(model, folder):
    """Loads the last whole epoch, if any, and returns the rows of the log up to it."""
    saved = sorted(folder.glob("last-*.weights.h5"), key=_epochs)
    if not saved:
        return []
    model.optimizer.build(model.trainable_variables)
    model.load_weights(saved[-1])
    rows = read_log(folder)[: _epochs(saved[-1])]
    # A kill between the log's row and the weights leaves a row too many.
    with open(folder / "log.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows([{**row, "epoch": int(row["epoch"])} for row in rows])
    return rows


def _epochs(path):
    return int(path.name.removeprefix("last-").split(".")[0])


class Checkpoints(keras.callbacks.Callback):
    """Keeps `last-<epochs>.weights.h5` and `best.weights.h5`, with the optimizer's state, whole or not at all."""

    def __init__(self, folder, monitor, past):
        super().__init__()
        self.folder, self.monitor = folder, monitor
        self.sign = 1 if MODES[monitor] == "max" else -1
        self.best = max((self.sign * row[monitor] for row in past), default=-float("inf"))

    def on_epoch_end(self, epoch, logs=None):
        value = self.sign * logs[self.monitor]
        if value > self.best or not (self.folder / "best.weights.h5").exists():
            self.best = value
            self._save("best.weights.h5")
        name = f"last-{epoch + 1}.weights.h5"
        self._save(name)
        for path in self.folder.glob("last-*.weights.h5"):
            if path.name != name:
                path.unlink()

    def _save(self, name):
        partial = self.folder / f"partial-{name}"
        self.model.save_weights(partial)
        os.replace(partial, self.folder / name)


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's, that counts the epochs before a resume too."""

    def __init__(self, config, past):
        super().__init__(monitor=config.monitor, mode=MODES[config.monitor], patience=config.patience)
        self.past = past

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        for epoch, row in enumerate(self.past):
            self.on_epoch_end(epoch, row)


class EpochLines(keras.callbacks.Callback):
    """One line an epoch, for logs."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        values = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
        print(f"epoch {epoch + 1}/{self.epochs}  {time.perf_counter() - self.started:.1f} s  {values}", flush=True)
