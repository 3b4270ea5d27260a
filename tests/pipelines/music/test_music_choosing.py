"""The rule that chooses a music network's settings by the training split."""

import dataclasses

import numpy as np
import pytest

from pipelines import settings
from pipelines.music import choosing, network, sample, task
from pipelines.music.config import Config
from pipelines.shared.training import choosing as chosen_settings

SIZES = [1, 2, 10, 50, 100, 229, 1_000, 10_000, 100_000, 1_000_000]


def by_size(steps=60):
    looked = [choosing.Looked(pieces, pieces * steps, pieces * -(-steps // 512)) for pieces in SIZES]
    return [choosing._chosen(one, Config()) for one in looked]


def melodies(pieces, quarters=8):
    notes = np.array([[start, 1.0, 60 + start % 5] for start in range(quarters)])
    return {
        "name": ["tune"] * pieces,
        "notes": [notes] * pieces,
        "quarters": [quarters] * pieces,
        "tempo": [None] * pieces,
    }


def test_the_numbers_known_to_be_good_for_chorales_come_out():
    values = choosing._chosen(choosing.Looked(229, 13_807, 229), Config())
    assert values == {
        "units": 256, "dropout": 0.3, "transpose": 2, "learning_rate": 4e-3, "batch_size": 16, "epochs": 100,
        "patience": 100,
    }  # fmt: skip


def test_more_steps_have_more_updates():
    """850 tunes of 337 steps: twice the updates of chorales; a thousand times as many steps have no more than 2.5."""
    updates = {}
    for pieces, steps in ((229, 13_807), (850, 286_000)):
        chosen = choosing._chosen(choosing.Looked(pieces, steps, pieces), Config())
        updates[pieces] = chosen["epochs"] * pieces / chosen["batch_size"]
    assert updates[229] == pytest.approx(1_500, rel=0.05)
    assert updates[850] == pytest.approx(2.126 * 1_500, rel=0.1)
    large = choosing._chosen(choosing.Looked(20_000, 2 * 10**7, 20_000), Config(batch_size=32))
    assert large["epochs"] == round(2.5 * 1_500 / 625)


@pytest.mark.parametrize("steps", [60, 5_000])
def test_each_size_has_settings_that_are_allowed(steps):
    for values in by_size(steps):
        config = dataclasses.replace(Config(), **values)
        assert None not in [getattr(config, name) for name in values]
        assert config.units <= 512 and 4 <= config.epochs <= 100 and 4 <= config.batch_size <= 32


def test_more_pieces_never_make_the_network_smaller_nor_ask_for_more_dropout():
    falling = {"units": False, "batch_size": False, "dropout": True, "transpose": True, "epochs": True}
    for name, falls in falling.items():
        values = [chosen[name] for chosen in by_size()]
        assert values == sorted(values, reverse=falls), name


def test_steps_are_those_of_the_grid_and_tokens_those_of_the_notes():
    tune = melodies(3)
    assert choosing.look(tune, Config()) == (3, 24, 3)
    assert choosing.look(tune, Config(steps_per_quarter=4)) == (3, 96, 3)
    assert choosing.look(tune, Config(steps_per_quarter=4, window=10)) == (3, 96, 12)
    assert choosing.look(tune, Config(model="events")) == (3, 72, 3)
    _, said = network.settings_for(tune, Config(model="events"))
    assert said == "3 pieces of 24 tokens"


def test_tokens_are_about_as_many_as_events_make():
    from pipelines.music.forms import events

    pieces = sample.generate(20)
    examples = {name: [getattr(piece, name) for piece in pieces] for name in ("name", "notes", "quarters", "tempo")}
    config = Config(model="events", units=8)
    made = events.prepare(examples, config)
    real = sum(map(len, events.sequences(made, examples)))
    assert 0.7 < choosing.look(examples, config).steps / real < 1.5


def test_every_setting_that_is_chosen_is_open_and_overridden_by_a_flag():
    values, _ = choosing.settings_for(melodies(2), Config())
    assert all(settings.defaults(Config)[name] is None for name in values)
    asked = {name: 0.25 if isinstance(value, float) else 7 for name, value in values.items()}
    config, line = chosen_settings.settled(task, melodies(2), Config(**asked))
    assert config == Config(**asked) and line == ""


def test_settings_that_follow_others_follow_those_that_were_set():
    values = choosing._chosen(choosing.Looked(229, 13_807, 229), Config(units=512, epochs=9))
    assert (values["learning_rate"], values["patience"]) == (2e-3, 9)
    assert choosing._chosen(choosing.Looked(229, 13_807, 229), Config(batch_size=1))["epochs"] == 7
