"""Settings: every value is checked at its field, wherever it comes from."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest

from pipelines import sentiment, settings, translation
from pipelines.settings import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, settings.Text):
    units: int = option(64, "size", at_least=1)
    dropout: float = option(0.3, "part", at_least=0, below=1)
    cell: str = option("lstm", "cell", choices=("rnn", "lstm", "gru"))
    vectors: str | None = option(None, "file")
    bidirectional: bool = option(True, "both ways")


def create(**options):
    return settings.create(Config, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 0}, "units: expected an integer of at least 1, received 0"),
        ({"units": True}, "units: expected an integer of at least 1, received True"),
        ({"units": 64.0}, "units: expected an integer of at least 1, received 64.0"),
        ({"units": "64"}, "units: expected an integer of at least 1, received '64'"),
        ({"units": None}, "units: expected an integer of at least 1, received None"),
        ({"dropout": 1.5}, "dropout: expected a number of at least 0 and below 1, received 1.5"),
        ({"dropout": 1}, "dropout: expected a number of at least 0 and below 1, received 1"),
        ({"dropout": float("nan")}, "dropout: expected a number of at least 0 and below 1, received nan"),
        ({"dropout": False}, "dropout: expected a number of at least 0 and below 1, received False"),
        ({"learning_rate": -1}, "learning_rate: expected a number above 0 and of at most 10, received -1"),
        ({"learning_rate": 0}, "learning_rate: expected a number above 0 and of at most 10, received 0"),
        ({"weight_decay": float("inf")}, "weight_decay: expected a number of at least 0, received inf"),
        ({"clip_norm": float("nan")}, "clip_norm: expected a number above 0 or none, received nan"),
        ({"bidirectional": 1}, "bidirectional: expected true or false, received 1"),
        ({"vectors": 3}, "vectors: expected a string or none, received 3"),
        ({"cell": "lsmt"}, "cell: expected one of rnn, lstm, gru, received 'lsmt'. Did you mean 'lstm'?"),
        ({"cell": "transformer"}, "cell: expected one of rnn, lstm, gru, received 'transformer'"),
        ({"cell": None}, "cell: expected one of rnn, lstm, gru, received None"),
        ({"vocabulary_size": 2}, "vocabulary_size: expected an integer of at least 3, received 2"),
        ({"seed": -1}, "seed: expected an integer of at least 0, received -1"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(options, message):
    with pytest.raises(ValueError) as raised:
        create(**options)
    assert str(raised.value) == message


def test_the_limits_themselves_are_allowed():
    config = create(units=1, dropout=0, learning_rate=10, clip_norm=None)
    assert (config.units, config.dropout, config.learning_rate, config.clip_norm) == (1, 0.0, 10.0, None)


def test_values_become_plain_python_so_that_they_can_be_written_as_json():
    config = create(units=np.int64(7), dropout=np.float32(0.5), learning_rate=1, vectors=pathlib.Path("vectors.txt"))
    assert [type(value) for value in (config.units, config.dropout, config.learning_rate)] == [int, float, float]
    assert settings.create(Config, json.loads(json.dumps(dataclasses.asdict(config)))) == config


def test_an_unknown_option_names_the_near_one_and_all_there_are():
    with pytest.raises(TypeError, match=r"unknown option 'unit'\. Did you mean 'units'\? The options are: .*dropout.*"):
        create(unit=3)
    with pytest.raises(TypeError, match=r"unknown option 'zzzz'\. The options are"):
        create(zzzz=3)


def test_options_stand_over_the_base_and_the_base_over_defaults(tmp_path):
    file = tmp_path / "best.json"
    file.write_text('{"units": 8, "dropout": 0.1}')
    for base in (file, str(file), {"units": 8, "dropout": 0.1}, create(units=8, dropout=0.1)):
        config = settings.create(Config, {"units": 9}, base=base)
        assert (config.units, config.dropout, config.epochs) == (9, 0.1, 10)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"{", ValueError, "expected a JSON file of settings"),
        (b'{"cell": "caf\xe9"}', ValueError, "expected a JSON file of settings"),
        (b"[1]", TypeError, "expected settings, a mapping or a JSON file of one, received list"),
        (b'{"unit": 1}', TypeError, "Did you mean 'units'"),
        (b'{"units": 0}', ValueError, "units: expected"),
    ],
)
def test_a_bad_file_of_settings(tmp_path, content, error, message):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(error, match=message):
        settings.create(Config, {}, base=tmp_path / "config.json")


def test_a_missing_file_of_settings_and_a_wrong_base():
    with pytest.raises(FileNotFoundError, match=r"config: no file 'no\.json'"):
        settings.create(Config, {}, base="no.json")
    with pytest.raises(TypeError, match="received int"):
        settings.create(Config, {}, base=3)


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        create().units = 3


@pytest.mark.parametrize("field", dataclasses.fields(sentiment.Config), ids=lambda field: field.name)
def test_every_field_of_a_task_has_help_a_valid_default_and_a_valid_search_range(field):
    assert field.metadata["help"]
    sentiment.Config(**{field.name: field.default})
    for value in field.metadata["search"] or ():
        sentiment.Config(**{field.name: value})


def test_what_none_stands_for_is_said_once():
    fields = {field.name: field for field in dataclasses.fields(translation.Config)}
    said = [settings.described(fields[name]) for name in ("units", "lowercase", "max_length")]
    assert said[0].endswith("in each direction (default: by the data)")
    assert said[1] == "drop letter case (default: False)"
    assert all(text.count("default") == 1 for text in said)
