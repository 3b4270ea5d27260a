"""A training that ends in time: by a clock of the test's own, what is kept of the plan, and whole trainings."""

import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines import settings
from pipelines.shared import progress
from pipelines.shared.training import budget, estimates, fitting

STEPS, VALID_STEPS = 20, 4
COMPILING, VALIDATING, TESTING = 4.0, 1.0, 3.0  # seconds


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved on."""
    made = types.SimpleNamespace(now=100.0)
    monkeypatch.setattr(budget.time, "monotonic", lambda: made.now)
    monkeypatch.setattr(progress, "elapsed", lambda: 0.0)
    return made


def simulated(clock, folder, limit, batch, epochs=50, spent=0.0, first=0, slower=None):
    """(the budget, the variable of the schedule, steps done, seconds used) of a training with such batches.

    slower: (step, seconds of a batch from then on).
    """
    begun, config = clock.now, settings.Training(epochs=epochs, time=limit)
    shown = estimates.Estimate(first, epochs, STEPS, VALID_STEPS, told=False)
    total = keras.Variable(float(epochs * STEPS))
    told = []
    ours = budget.Budget(config, spent, first, STEPS, shown, total, TESTING / VALIDATING, folder, told.append)
    ours.told = told
    ours.set_model(types.SimpleNamespace(stop_training=False))
    for epoch in range(first, epochs):
        ours.on_epoch_begin(epoch)
        for index in range(STEPS):
            step = epoch * STEPS + index
            clock.now += slower[1] if slower and step >= slower[0] else batch
            clock.now += COMPILING if step == first * STEPS else 0
            ours.on_train_batch_end(index, {"loss": 1.0})
            if ours.model.stop_training:
                break
        ours.on_test_begin()
        clock.now += VALIDATING
        ours.on_epoch_end(epoch, {})
        if ours.model.stop_training:
            break
    return ours, total, ours.step, clock.now - begun


@pytest.mark.parametrize("limit", [20, 30, 60, 200, 400])
@pytest.mark.parametrize("batch", [0.05, 0.2, 0.9])
def test_a_training_ends_in_time_and_uses_most_of_it(clock, tmp_path, limit, batch):
    ours, total, steps, used = simulated(clock, tmp_path, limit, batch)
    ends = used + TESTING + budget.KEPT_BACK
    assert ends <= limit
    if steps < 50 * STEPS:  # no epoch is begun for a quarter of its steps; compiling may be longer at the end
        idle = budget.WORTH * STEPS * batch + VALIDATING + COMPILING / 2 + budget.MARGIN * limit + 2 * batch
        assert ends >= limit - idle - 0.02 * limit
    assert float(total) == steps == ours.last  # the rate has fallen to zero at the last step
    assert ours.told[-1] == -(-steps // STEPS)


def test_a_training_that_needs_less_is_whole(clock, tmp_path, capsys):
    _, total, steps, _ = simulated(clock, tmp_path, 1000, 0.05, epochs=3)
    assert steps == 60 == float(total)
    assert "3 of at most 3 epochs fit into about 17 minutes on this machine, 50 ms a batch" in capsys.readouterr().err


def test_a_machine_that_becomes_slower_ends_in_time_too(clock, tmp_path):
    _, total, steps, used = simulated(clock, tmp_path, 200, 0.1, slower=(100, 1.0))
    assert used + TESTING + budget.KEPT_BACK <= 200
    assert 100 < steps < 400
    assert float(total) == steps


def test_too_short_a_time_is_one_step_and_a_warning(clock, tmp_path, caplog):
    ours, _, steps, _ = simulated(clock, tmp_path, 1, 0.1)
    assert steps == 1
    ours.said()
    assert "time: about 1 second left room for 1 of the 20 steps of an epoch" in caplog.text


def test_earlier_runs_count(clock, tmp_path):
    _, _, whole, _ = simulated(clock, tmp_path, 100, 0.2)
    _, _, rest, used = simulated(clock, tmp_path, 100, 0.2, spent=50, first=5)
    assert used + 50 + TESTING + budget.KEPT_BACK <= 100
    assert 5 * STEPS < rest < whole


def test_the_plan_is_kept_for_the_same_time(clock, tmp_path):
    _, _, steps, _ = simulated(clock, tmp_path, 60, 0.2)
    config = settings.Training(epochs=50, time=60)
    assert budget.planned(config, tmp_path).epochs == -(-steps // STEPS)
    assert budget.planned_steps(config, tmp_path, STEPS) == steps
    for other in (settings.Training(epochs=50, time=61), settings.Training(epochs=50)):
        assert budget.planned(other, tmp_path) == other
    assert budget.planned(settings.Training(epochs=2, time=60), tmp_path).epochs == 2
    for damaged in ("{", "[]", "{}", json.dumps({"time": 60, "steps": "x", "epochs": 1})):
        (tmp_path / budget.FILE).write_text(damaged)
        assert budget.planned(config, tmp_path) == config


@pytest.mark.parametrize(("epochs", "limit", "seen"), [(7, None, 7), (500, 20, 3)])
def test_batches_are_told_how_many_epochs_there_are(epochs, limit, seen, tmp_path):
    data = tf.data.Dataset.from_tensor_slices((np.zeros((8, 3), "float32"), np.zeros(8, "int32"))).batch(8)
    told = []
    data.planned = told.append
    (tmp_path / budget.FILE).write_text(json.dumps({"time": 20, "steps": 3, "epochs": 3}))  # of a run that was killed
    config = settings.Training(epochs=epochs, time=limit, patience=500, monitor="val_loss")
    with fitting.conditions(config):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    fitting.fit(model, data, data.take(1), config, tmp_path, loss="sparse_categorical_crossentropy")
    assert told[0] == seen


class Slow(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        budget.time.sleep(0.02)


def train(folder, limit, watching=(), epochs=500):
    """(config, the model) of a training of so many seconds at the most."""
    x = np.random.default_rng(0).normal(size=(400, 3)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices((x, (x[:, 0] > 0).astype("int32"))).batch(8)
    options = {"epochs": epochs, "time": limit, "schedule": "cosine", "patience": 500, "monitor": "val_loss"}
    config = settings.Training(**options)
    with fitting.conditions(config):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    loss = "sparse_categorical_crossentropy"
    fitting.fit(model, data, data.take(10), config, folder, [Slow(), *watching], loss=loss)
    return budget.planned(config, folder), model


@pytest.mark.slow
def test_the_rate_falls_to_zero_within_the_time(tmp_path):
    with progress.session():
        config, model = train(tmp_path, 20)
        assert progress.elapsed() < 22
    steps = json.loads((tmp_path / budget.FILE).read_text())["steps"]
    assert len(fitting.read_log(tmp_path)) == config.epochs == -(-steps // 50) < 500
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=2e-3 * 0.05)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model.optimizer))
    assert again.get_config()["learning_rate"]["config"]["steps"] == steps


class Killed(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_training_that_goes_on_ends_within_the_same_time(tmp_path):
    with pytest.raises(KeyboardInterrupt), progress.session():
        train(tmp_path, 300, [Killed()], epochs=5)
    before = fitting.read_log(tmp_path)
    assert len(before) == 2
    fitting.write_log([{**row, "seconds": 200.0} for row in before], tmp_path)
    train(tmp_path, 300, epochs=5)  # all of its time is over: nothing is trained, and nothing is lost
    assert len(fitting.read_log(tmp_path)) == 2
    fitting.write_log(before, tmp_path)
    with progress.session():
        config, model = train(tmp_path, 300, epochs=5)
    rows = fitting.read_log(tmp_path)
    assert rows[:2] == before
    assert len(rows) == config.epochs == 5
    assert float(model.optimizer.learning_rate) < 2e-3 * 0.25
