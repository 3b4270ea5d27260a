import functools
import logging
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).parents[2]
# The smallest network that still goes through every part.
TINY = {"units": 8, "embedding_size": 8, "bidirectional": False, "buckets": 1, "epochs": 1}
TINY_MUSIC = {
    "units": 8, "readout_units": 8, "decoder_units": 8, "embedding_size": 8, "buckets": 1, "epochs": 1,
    "batch_size": 16, "dropout": 0.3, "transpose": 2, "frames_per_quarter": 2.0,
    "valid_fraction": 0.2, "test_fraction": 0.2,
}  # fmt: skip

TINY_FORECASTING = {
    "target_columns": "load,temperature", "known_columns": "price", "time_column": "time", "length": 12, "ahead": 3,
    "season": 6, "model": "segments", "segment": 3, "units": 8, "epochs": 1, "batch_size": 32, "learning_rate": 1e-3,
    "dropout": 0.0, "valid_fraction": 0.2, "test_fraction": 0.2,
}  # fmt: skip

TINY_TAGGING = {
    "units": 8, "depth": 1, "embedding_size": 8, "letter_size": 4, "letter_units": 4, "affix_size": 4, "affixes": 64,
    "buckets": 1, "epochs": 1, "valid_fraction": 0.2, "test_fraction": 0.2,
}  # fmt: skip
TINY_TRAJECTORY = {"units": 8, "epochs": 1, "neighbours": 4, "drawn": 3, "latent_size": 4}
TINY_VIDEO = {
    "units": 8, "depth": 1, "filters": 4, "encoder_size": 8, "epochs": 2, "batch_size": 8, "buckets": 1, "causal": True,
    "valid_fraction": 0.2, "test_fraction": 0.2,
}  # fmt: skip
TINY_TRANSLATION = {
    "units": 12, "embedding_size": 12, "vocabulary_size": 200, "epochs": 2, "batch_size": 64, "dropout": 0.2,
    "validation_sentences": 20,
}  # fmt: skip

# The session fixture of each task's tiny artifact, and the same with its exports.
TRAINED = {
    "sentiment": "trained", "classification": "sorted_requests", "translation": "bilingual", "music": "tuneful",
    "forecasting": "foresighted", "trajectory": "walking", "video": "watching", "tagging": "tagging",
}  # fmt: skip
EXPORTED = {
    **{task: f"{name}_exported" for task, name in TRAINED.items()},
    "sentiment": "exported", "classification": "sorted_exported",
}  # fmt: skip


def each(parameter, fixtures):
    """Parametrizes by the keys of {value: the session fixture that it needs}; see `one_training`."""
    values = [pytest.param(value, marks=pytest.mark.xdist_group(name)) for value, name in fixtures.items()]
    return pytest.mark.parametrize(parameter, values)


each_task = each("task", TRAINED)


@functools.cache
def sample():
    from pipelines.sentiment import sample as sentiment_sample

    return sentiment_sample.generate()


def reviews(count=300):
    """(texts, labels) of the built-in sample."""
    texts, labels = sample()
    return texts[:count], labels[:count]


def requests(count=300):
    """The beginning of the built-in sample of several labels, {"text", "label"}."""
    from pipelines.classification import sample as classification_sample

    return classification_sample.generate(count)


@functools.cache
def chorales(count=24):
    """The beginnings of pieces of the built-in sample, lists of steps of pitches."""
    from pipelines.music import sample as music_sample
    from pipelines.music.forms import piano_roll

    rolls = [piano_roll.roll(piece.notes, 8.0, 2) for piece in music_sample.generate(count)]
    return [[(step.nonzero()[0] + 21).tolist() for step in roll] for roll in rolls]


@functools.cache
def walks(count=60):
    """Columns of the built-in sample of trajectory, of so many walkers."""
    from pipelines.trajectory import sample as walkers

    columns = walkers.generate(seconds=120)
    kept = [row for row, agent in enumerate(columns["agent"]) if agent < count]
    return {name: [values[row] for row in kept] for name, values in columns.items()}


@functools.cache
def tagged(count=80):
    """Sentences of the built-in sample of tagging, lists of (word, tag)."""
    from pipelines.tagging import sample

    return [list(zip(one.tokens, one.tags, strict=True)) for one in sample.generate(size=400)[:count]]


@functools.cache
def sentences():
    from pipelines.translation import sample

    return sample.generate(size=1600)


def pairs(count=300):
    """(sources, targets) of the built-in sample of translation."""
    return tuple(sentences()["train"][side][:count] for side in ("source", "target"))


@functools.cache
def _readings(count, seed):
    draw = np.random.default_rng(seed)
    hours = np.arange(count)
    temperature = 20 + 5 * np.sin(2 * np.pi * hours / 6) + draw.normal(0, 0.5, count)
    price = draw.normal(size=count)
    load = 100 + 3 * temperature - 4 * price + draw.normal(0, 2, count)
    load[draw.random(count) < 0.03] = np.nan
    return hours, {"load": load, "temperature": temperature, "price": price}


def readings(count=200, seed=0):
    """A table of hourly numbers: two targets with gaps, and a price that is known ahead."""
    hours, columns = _readings(count, seed)
    times = np.datetime64("2024-01-01T00:00:00") + hours.astype("timedelta64[h]")
    return {"time": times.astype(str).tolist(), **{name: column.tolist() for name, column in columns.items()}}


@functools.cache
def _spots():
    from pipelines.video import sample as moving

    return moving.generate(clips=40)


def spots(count=24):
    """(frames, labels) of clips of the built-in sample of video."""
    return tuple(_spots()[name][:count] for name in ("frames", "labels"))


def running(script, *arguments, **options):
    """A Python process of its own, in which the packages can be imported."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def output(script, *arguments, **options):
    """What a process that ends well prints."""
    process = running(script, *arguments, **options)
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return printed


@pytest.fixture
def write(tmp_path):
    """A function that writes a file of bytes or text below the test's folder, and returns its path."""

    def written(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return written


@pytest.fixture(autouse=True)
def no_handler_is_left():
    """The command line logs to what stderr is at the time, which is gone after a test."""
    yield
    for handler in [handler for handler in logging.root.handlers if type(handler) is logging.StreamHandler]:
        logging.root.removeHandler(handler)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """One trained artifact for all tests that only read it."""
    import pipelines

    return pipelines.sentiment.train(reviews(), directory=tmp_path_factory.mktemp("trained"), name="tiny", **TINY)


@pytest.fixture(scope="session")
def exported(trained):
    """The same artifact with its exports."""
    trained.export()
    return trained


@pytest.fixture(scope="session")
def client(trained, tmp_path_factory):
    """A client of a server of the same artifact, there called words."""
    import servers

    with servers.made(servers.linked(tmp_path_factory.mktemp("served"), words=trained)) as client:
        yield client


@pytest.fixture(scope="session")
def sorted_requests(tmp_path_factory):
    """A trained artifact of several labels, for all tests that only read it."""
    import pipelines

    directory = tmp_path_factory.mktemp("sorted_requests")
    return pipelines.classification.train(requests(), directory=directory, name="tiny", **TINY)


@pytest.fixture(scope="session")
def sorted_exported(sorted_requests):
    """The same with its exports."""
    sorted_requests.export()
    return sorted_requests


@pytest.fixture(scope="session")
def tuneful(tmp_path_factory):
    """A trained artifact of piano rolls, for all tests that only read it."""
    import pipelines

    return pipelines.music.train(chorales(), directory=tmp_path_factory.mktemp("tuneful"), name="tiny", **TINY_MUSIC)


@pytest.fixture(scope="session")
def tuneful_exported(tuneful):
    """The same with its exports."""
    tuneful.export()
    return tuneful


@pytest.fixture(scope="session")
def eventful(tmp_path_factory):
    """The same of events."""
    import pipelines

    options = {**TINY_MUSIC, "model": "events"}
    return pipelines.music.train(chorales(), directory=tmp_path_factory.mktemp("eventful"), name="tiny", **options)


@pytest.fixture(scope="session")
def bilingual(tmp_path_factory):
    """A trained translator, for all tests that only read it."""
    import pipelines

    place = {"directory": tmp_path_factory.mktemp("bilingual"), "name": "tiny"}
    return pipelines.translation.train(pairs(), **place, **TINY_TRANSLATION)


@pytest.fixture(scope="session")
def bilingual_exported(bilingual):
    """The same with its exports."""
    bilingual.export()
    return bilingual


@pytest.fixture(scope="session")
def foresighted(tmp_path_factory):
    """A trained forecaster, for all tests that only read it."""
    import pipelines

    place = {"directory": tmp_path_factory.mktemp("foresighted"), "name": "tiny"}
    return pipelines.forecasting.train(readings(), **place, **TINY_FORECASTING)


@pytest.fixture(scope="session")
def foresighted_exported(foresighted):
    """The same with its exports."""
    foresighted.export()
    return foresighted


@pytest.fixture(scope="session")
def walking(tmp_path_factory):
    """A trained artifact of paths, for all tests that only read it."""
    import pipelines

    place = {"directory": tmp_path_factory.mktemp("walking"), "name": "tiny"}
    return pipelines.trajectory.train(walks(), **place, **TINY_TRAJECTORY)


@pytest.fixture(scope="session")
def walking_exported(walking):
    """The same with its exports."""
    walking.export()
    return walking


@pytest.fixture(scope="session")
def watching(tmp_path_factory):
    """A trained artifact of clips, which looks back only, for all tests that only read it."""
    import pipelines

    return pipelines.video.train(spots(), directory=tmp_path_factory.mktemp("watching"), name="tiny", **TINY_VIDEO)


@pytest.fixture(scope="session")
def watching_exported(watching):
    """The same with its exports."""
    watching.export()
    return watching


@pytest.fixture(scope="session")
def tagging(tmp_path_factory):
    """A trained tagger, for all tests that only read it."""
    import pipelines

    place = {"directory": tmp_path_factory.mktemp("tagging"), "name": "tiny"}
    return pipelines.tagging.train(tagged(), **place, **TINY_TAGGING)


@pytest.fixture(scope="session")
def tagging_exported(tagging):
    """The same with its exports."""
    tagging.export()
    return tagging


@pytest.fixture
def copied(trained, tmp_path):
    """A copy of it on disk, to be spoilt: its folder."""
    return pathlib.Path(
        shutil.copytree(trained.path, tmp_path / "tiny", ignore=shutil.ignore_patterns("serving*", "mobile*"))
    )


@pytest.fixture
def moved(trained, copied):
    """A copy of it, live and on disk, to be exported and spoilt."""
    import pipelines

    return pipelines.sentiment.load("tiny", directory=copied.parent)
