import csv
import dataclasses
import os
import types
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines import settings
from pipelines.sentiment import kinds
from pipelines.shared.training import fitting


def config(**options):
    return settings.create(settings.Training, {"epochs": 4, "learning_rate": 0.05, "patience": 9, **options})


def data(examples=24, seed=0):
    """Batches of points, the class being the sign of the first coordinate."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(examples, 3)).astype("float32")
    return tf.data.Dataset.from_tensor_slices((x, (x[:, 0] > 0).astype("int32"))).batch(8)


def network(options):
    with fitting.conditions(options):
        return keras.Sequential(
            [keras.Input((3,)), keras.layers.Dropout(0.2), keras.layers.Dense(2, "softmax", dtype="float32")]
        )


def fit(folder, options):
    model = network(options)
    history = fitting.fit(
        model, data(), data(16, seed=1), options, folder, loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model, history


def same(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left.get_weights(), right.get_weights(), strict=True))


def keep(folder, losses, patience=9, epochs=99, monitor="val_loss"):
    """The callback after epochs of these validation losses; the weight of epoch n is n."""
    options = config(monitor=monitor, patience=patience, epochs=epochs)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(fitting.optimizer(options, None), "mse")
    model.optimizer.build(model.trainable_variables)
    callback = fitting.Keep([], options, folder)
    callback.set_model(model)
    model.stop_training = False
    for epoch, loss in enumerate(losses):
        model.set_weights([np.array([[epoch + 1.0]])])
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": 1.0, "val_loss": loss, "val_accuracy": -loss})
        if model.stop_training:
            break
    return callback


def weight(callback, name):
    fitting.load_state(callback.model, callback.folder / name)
    return callback.model.get_weights()[0].item()


def test_history_logs_and_no_leftovers(tmp_path):
    model, history = fit(tmp_path, config())
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ("accuracy", "loss", "val_accuracy", "val_loss"), 4
    )
    assert sorted(os.listdir(tmp_path)) == ["best.npz", "last-4.npz", "log.csv", "tensorboard"]
    with open(tmp_path / "log.csv") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]
    for split in ("train", "validation"):
        assert list((tmp_path / "tensorboard" / split).glob("events.*"))
    best = model.evaluate(data(16, seed=1), verbose=0, return_dict=True)["accuracy"]
    assert best == pytest.approx(max(history["val_accuracy"]))


class Watch(keras.callbacks.Callback):
    """A number of its own, the best after the second epoch."""

    def on_epoch_end(self, epoch, logs=None):
        logs["val_bleu"] = [1.0, 3.0, 2.0, 2.0][epoch]


def test_a_watching_callback_gives_the_number_that_decides(tmp_path):
    options = dataclasses.replace(config(), monitor="val_loss")
    object.__setattr__(options, "monitor", "val_bleu")  # which the settings of a task with BLEU allow
    given = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    history = fitting.fit(network(options), data(), data(16, 1), options, tmp_path, [Watch()], **given)
    assert history["val_bleu"] == [1.0, 3.0, 2.0, 2.0]
    assert fitting.best(fitting.read_log(tmp_path), "val_bleu") == 1


@pytest.mark.parametrize("precision", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_resume_goes_on_where_it_was(precision, tmp_path):
    fit(tmp_path, config(epochs=2, precision=precision))
    before = fitting.history(tmp_path)
    options = config(epochs=4, precision=precision)
    restored = network(options)
    fitting.compile(restored, options, None, loss="sparse_categorical_crossentropy")
    assert len(fitting._restore(restored, tmp_path, options)) == 2
    assert int(restored.optimizer.iterations) == 2 * 3  # epochs * steps
    _, history = fit(tmp_path, options)
    assert len(history["loss"]) == 4
    assert history["loss"][:2] == before["loss"]
    assert not list(tmp_path.glob(".*"))


def test_resume_equals_no_interruption(tmp_path):
    """Order and dropout go on as they would have."""
    trained = {}
    for name, stops in (("once", [5]), ("resumed", [2, 3, 5])):
        (tmp_path / name).mkdir()
        for epochs in stops:
            options, given = config(epochs=epochs), {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
            model, shuffled = network(options), data(80).shuffle(10, seed=7)
            fitting.fit(model, shuffled, data(16, 1), options, tmp_path / name, **given)
        trained[name] = model, fitting.history(tmp_path / name)
    assert trained["once"][1] == trained["resumed"][1]
    assert same(trained["once"][0], trained["resumed"][0])


def test_seconds_are_those_of_all_epochs(tmp_path):
    assert fitting.seconds(tmp_path) == 0
    fit(tmp_path, config(epochs=1))
    before = fitting.seconds(tmp_path)
    _, history = fit(tmp_path, config(epochs=3))
    assert 0 < before < fitting.seconds(tmp_path)
    assert "seconds" not in history


def test_finished_training_is_not_trained_on(tmp_path):
    model, history = fit(tmp_path, config())
    again, same_history = fit(tmp_path, config())
    assert history == same_history
    assert same(model, again)


def test_seed_decides_on_the_weights():
    weights = [network(config(seed=seed)).get_weights()[0] for seed in (0, 0, 1)]
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_precision_comes_back():
    before = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError), fitting.conditions(config(precision="mixed_bfloat16")):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise RuntimeError
    assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_best_weights_and_patience(monitor, tmp_path):
    callback = keep(tmp_path, [3.0, 1.0, 2.0, 1.0, 0.5], patience=2, monitor=monitor)
    assert len(callback.rows) == 4  # epochs 3 and 4 were no better than epoch 2
    assert weight(callback, "best.npz") == 2
    assert weight(callback, "last-4.npz") == 4


def test_patience_counts_epochs_before_a_resume(tmp_path):
    rows = keep(tmp_path, [1.0, 2.0]).rows
    assert not fitting.finished(rows, config(monitor="val_loss", patience=2))
    assert fitting.finished(rows, config(monitor="val_loss", patience=1))
    assert fitting.finished(rows, config(monitor="val_loss", epochs=2))
    options = config(monitor="val_loss", patience=2)
    callback = fitting.Keep(rows, options, tmp_path)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(fitting.optimizer(options, None), "mse")
    callback.set_model(model)
    model.optimizer.build(model.trainable_variables)
    callback.on_epoch_begin(2)
    callback.on_epoch_end(2, {"loss": 1.0, "val_loss": 1.5, "val_accuracy": 0})
    assert model.stop_training


@pytest.mark.parametrize("writing", ["log.csv", "last-3.npz", "best.npz"])
@pytest.mark.parametrize("half", [True, False])
def test_kill_while_an_epoch_is_kept(writing, half, tmp_path, monkeypatch):
    """Whichever file is being written: the state is that of a whole epoch, and the log and the best one fit it."""
    callback, replace = keep(tmp_path, [3.0, 2.0]), os.replace

    def killed(partial, path):
        if os.path.basename(path) == writing:
            if half:
                os.truncate(partial, os.path.getsize(partial) // 2)
            else:
                replace(partial, path)
            raise SystemExit("killed")
        replace(partial, path)

    monkeypatch.setattr(os, "replace", killed)
    callback.model.set_weights([np.array([[3.0]])])
    callback.on_epoch_begin(2)
    with pytest.raises(SystemExit):
        callback.on_epoch_end(2, {"loss": 1.0, "val_loss": 1.0, "val_accuracy": 0})
    monkeypatch.undo()
    rows = fitting._restore(callback.model, tmp_path, callback.config)
    expected = 2 if writing == "log.csv" or (writing == "last-3.npz" and half) else 3
    assert len(rows) == expected
    assert callback.model.get_weights()[0].item() == expected
    assert weight(callback, "best.npz") == expected


def test_divergence_in_the_first_epoch_is_an_error(tmp_path):
    with pytest.raises(FloatingPointError, match=r"after epoch 1, the first; lower learning_rate \(0\.05\)"):
        keep(tmp_path, [float("nan")])


def test_divergence_later_keeps_the_best(tmp_path, caplog):
    callback = keep(tmp_path, [2.0, 1.0, float("nan"), 0.5])
    assert callback.model.stop_training
    assert weight(callback, "best.npz") == 2
    assert len(fitting.history(tmp_path)["loss"]) == 2
    assert "not a number after epoch 3; kept are the weights of epoch 2" in caplog.text


class Counted(keras.Sequential):
    """Counts how often its step is traced."""

    def train_step(self, data):
        self.traced = getattr(self, "traced", 0) + 1
        return super().train_step(data)


def test_a_step_is_traced_once(tmp_path):
    """What TensorFlow makes variables in it traces twice."""
    model, metrics = (
        Counted([keras.Input((3,)), keras.layers.Dense(2, "softmax")]),
        [keras.metrics.SparseCategoricalAccuracy("accuracy")],
    )
    how = {"loss": "sparse_categorical_crossentropy", "metrics": metrics}
    fitting.fit(model, data(), data(16, seed=1), config(epochs=2, weight_decay=0.1), tmp_path, **how)
    assert model.traced == 1


@pytest.mark.parametrize("target", ["class", "number"])
def test_the_metrics_of_texts_have_their_variables(target):
    given = kinds.KINDS[target].compiled(types.SimpleNamespace(balance=False))["metrics"]
    assert all(metric.variables for metric in given)


def test_state_that_does_not_fit_is_refused(tmp_path):
    callback = keep(tmp_path, [1.0])
    other = network(config())
    fitting.compile(other, config(), None, loss="mse")
    with pytest.raises(ValueError):
        fitting.load_state(other, callback.folder / "best.npz")


def test_cosine_schedule_ends_at_zero():
    rate = fitting.optimizer(config(schedule="cosine", epochs=2), data())._learning_rate
    assert float(rate(0)) == pytest.approx(0.05)
    assert float(rate(2 * 3)) == pytest.approx(0, abs=1e-9)


def test_full_disk_leaves_the_epoch_before(tmp_path, monkeypatch):
    callback = keep(tmp_path, [2.0, 1.0])

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    callback.on_epoch_begin(2)
    with pytest.raises(OSError):
        callback.on_epoch_end(2, {"loss": 1.0, "val_loss": 0.5, "val_accuracy": 0})
    monkeypatch.undo()
    assert len(fitting._restore(callback.model, tmp_path, callback.config)) == 2


@pytest.mark.parametrize("stops", [[4], [2, 4]], ids=["at once", "resumed"])
def test_the_best_epochs_are_averaged(stops, tmp_path):
    """The model ends with the mean of the weights of the two epochs that validated best, kept in between."""
    given = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    for epochs in stops:
        options = config(epochs=epochs, average=2, monitor="val_loss")
        model = network(options)
        fitting.fit(model, data(), data(16, 1), options, tmp_path, **given)
    kept = sorted(path.stem.removeprefix("good-") for path in tmp_path.glob("good-*.npz"))
    rows = fitting.read_log(tmp_path)
    assert kept == sorted(str(row["epoch"]) for row in sorted(rows, key=lambda row: row["val_loss"])[:2])
    averaged, states = model.get_weights(), []
    for epoch in kept:
        fitting.load_state(model, tmp_path / f"good-{epoch}.npz")
        states.append(model.get_weights())
    for mean, first, second in zip(averaged, *states, strict=True):
        np.testing.assert_allclose(mean, (first + second) / 2, atol=1e-6)


def test_learning_rate_rises_and_falls():
    rate = fitting.optimizer(config(warmup=4, schedule="cosine", epochs=10, learning_rate=0.1), data()).learning_rate
    schedule = fitting.Schedule(0.1, warmup=4, steps=30)
    expected = [0.1 * min(1, (t + 1) / 4) * (1 + np.cos(np.pi * min(t / 30, 1))) / 2 for t in range(40)]
    np.testing.assert_allclose([float(schedule(step)) for step in range(40)], expected, atol=1e-6)
    assert float(rate) == pytest.approx(expected[0])
    steady = fitting.Schedule(0.1, warmup=4)
    assert [round(float(steady(step)), 4) for step in (0, 1, 3, 9)] == [0.025, 0.05, 0.1, 0.1]


def _with_endless_headers(path):
    """Arrays whose header is no literal, which NumPy then reads token by token."""
    header = b"{'descr': '<f4', 'shape': (3, \n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("arr_0.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


def _flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "a flipped byte": ("last-2.npz", _flipped),
    "half of a state": ("last-2.npz", lambda path: path.write_bytes(path.read_bytes()[:500])),
    "the state of another network": ("last-2.npz", lambda path: np.savez(path, np.zeros((3, 2)), np.zeros(2))),
    "arrays of text": ("last-2.npz", lambda path: np.savez(path, *map(_as_text, np.load(path).values()))),
    "headers that never end": ("last-2.npz", _with_endless_headers),
    "no log": ("log.csv", lambda path: path.write_bytes(b"")),
    "words in the log": ("log.csv", lambda path: path.write_text(path.read_text().replace("0.", "x" * 9000))),
    "a long row": ("log.csv", lambda path: path.write_text(path.read_text().replace("\n2,", "\n2,1,2,3,4,"))),
    "a short row": ("log.csv", lambda path: path.write_text(path.read_text().rpartition(",")[0])),
    "too few rows": ("log.csv", lambda path: path.write_text(path.read_text().partition("\n2,")[0])),
    "another epoch": ("log.csv", lambda path: path.write_text(path.read_text().replace("\n2,", "\ninf,"))),
}


def _as_text(array):
    return np.full(array.shape, "a")


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_training_is_one_line_that_names_the_file(what, tmp_path):
    fit(tmp_path, config(epochs=2))
    name, damage = DAMAGE[what]
    damage(tmp_path / name)
    with pytest.raises(ValueError, match=f"{name} is damaged.*train anew, without resume$") as error:
        fit(tmp_path, config(epochs=2))
    assert len(str(error.value)) < 500
    assert "\n" not in str(error.value)
