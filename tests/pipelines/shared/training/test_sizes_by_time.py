"""The size that a time allows: chosen among halves by how far they would get, kept, and never where one was set."""

import dataclasses
import json
import types

import keras
import numpy as np
import pytest
from conftest import TINY_FORECASTING, readings

import pipelines
from pipelines import settings
from pipelines.shared import progress
from pipelines.shared.training import sizes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training):
    units: int | None = settings.by_data(settings.Recurrent, "units")
    epochs: int | None = settings.by_data(settings.Training, "epochs")


def rule(examples, config):
    """Of a network of 512 units; the smaller it is, the more epochs."""
    units = config.units or 512
    return {"units": units, "epochs": 21 * 512 // units}


TASK = types.SimpleNamespace(network=types.SimpleNamespace(settings_for=rule))
SPLITS = {"train": {"text": ["a", "b"]}}


@pytest.fixture
def fit(monkeypatch):
    """Sets how many epochs of each size would fit, and returns the sizes that are timed."""

    def set_(epochs):
        timed = []
        monkeypatch.setattr(sizes, "_epochs", lambda task, _, splits, config: [
            timed.append(config.units), epochs[config.units]][1])  # fmt: skip
        return timed

    return set_


def chosen(folder, asked=None, **options):
    asked = Config(**{"time": 1800, **(asked or {})})
    config = dataclasses.replace(asked, **{"units": asked.units or 512, "epochs": asked.epochs or 21, **options})
    return sizes.fitting(TASK, None, SPLITS, config, asked, folder)


@pytest.mark.parametrize(
    ("epochs", "units", "timed"),
    [
        ({512: 30}, 512, [512]),
        ({512: 7}, 512, [512]),
        ({512: 6.9, 256: 20}, 256, [512, 256]),
        ({512: 2, 256: 4, 128: 9, 64: 60}, 64, [512, 256, 128, 64]),
        ({512: 0, 256: 0.1, 128: 0.5, 64: 2, 32: 4}, 32, [512, 256, 128, 64, 32]),
        ({512: 2, 256: 2.4}, 512, [512, 256]),  # hardly quicker
        ({512: 2, 256: 4, 128: 4.1}, 256, [512, 256, 128]),
    ],
)
def test_the_first_size_of_which_enough_epochs_fit(fit, tmp_path, capsys, epochs, units, timed):
    asked = fit(epochs)
    taken = chosen(tmp_path)
    assert taken.units == units and asked == timed
    assert taken.epochs == (21 if units == 512 else 21 * 512 // units)  # as the rule says of that size
    said = capsys.readouterr().err
    assert (f"units {units} in place of 512" in said) == (units != 512)
    if units == 256 and epochs[256] == 20:
        assert "of these only 6.9 of 21 epochs would fit into about 30 minutes, of those 20 of 42" in said
    assert chosen(tmp_path) == taken and asked == timed  # a training that goes on has it from its folder
    assert chosen(tmp_path, {"time": 1801.0}).units == units and asked == 2 * timed


@pytest.mark.parametrize("options", [{"units": 512}, {"units": 32}, {"time": None}])
def test_a_size_that_was_set_stays(fit, tmp_path, options):
    timed = fit({})
    assert chosen(tmp_path, options).units == options.get("units", 512) and not timed


def test_a_training_of_an_earlier_version_goes_on_as_it_began(fit, tmp_path):
    fit({512: 1, 256: 20})
    (tmp_path / "log.csv").write_text("epoch\n1\n")
    assert chosen(tmp_path).units == 512
    for damaged in ("{", "[]", '{"time": 1800}', json.dumps({"time": 1800, "changed": 3})):
        (tmp_path / sizes.FILE).write_text(damaged)
        assert chosen(tmp_path).units == 512


def test_no_size_is_tried_where_much_of_the_time_is_over(fit, tmp_path, monkeypatch):
    timed = fit({512: 1, 256: 2, 128: 3})
    clock = iter([0.0, 0.0, 1e3, 1e3])
    monkeypatch.setattr(progress, "elapsed", lambda: next(clock))
    assert chosen(tmp_path).units == 256 and timed == [512, 256]
    monkeypatch.setattr(progress, "elapsed", lambda: 1e3)
    assert chosen(tmp_path, {"time": 1000}).units == 512 and timed == [512, 256]


def test_batches_are_timed_until_they_tell():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    x, y = np.ones((40, 2), "float32"), np.ones((40, 1), "float32")
    for seconds, batches in ((1e-6, sizes.STEPS[0]), (1e6, 10)):
        timed = sizes.Timed(seconds)
        model.fit(x, y, batch_size=4, verbose=0, callbacks=[timed])
        assert len(timed.pace.durations) == batches and timed.pace.batch > 0


def test_a_real_network_is_timed():
    task, options = pipelines.forecasting.task, {**TINY_FORECASTING, "time": 1e6}
    config = task.Config(**options)
    splits = task.load_splits(readings(), None, None, config)
    config = task.settled(splits, config)
    made = task.preprocessor.prepare(splits["train"], config)
    assert sizes._epochs(task, made, splits, config) > 1


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [25, 60])
def test_a_real_training_takes_a_smaller_network_and_ends_in_time(tmp_path, capsys, monkeypatch, seconds):
    from pipelines.sentiment import network

    monkeypatch.setattr(network, "settings_for", _large(network.settings_for))
    artifact = pipelines.sentiment.train(directory=tmp_path, time=seconds)
    assert artifact.config.units < 1024 and f"units {artifact.config.units}" in capsys.readouterr().err
    assert artifact.facts["training_seconds"] < seconds
    assert "units" in artifact.facts["by_time"]
    assert pipelines.sentiment.load(directory=tmp_path).predict(["It was not bad."])


def _large(own):
    def settings_for(examples, config):
        chosen, words = own(examples, config)
        return {**chosen, "units": 1024, "epochs": 200}, words

    return settings_for
