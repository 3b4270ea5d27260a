import functools
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).parents[2]
# The smallest network that still goes through every part.
TINY = {"units": 8, "embedding_size": 8, "bidirectional": False, "buckets": 1, "epochs": 1}


@functools.cache
def sample():
    from pipelines import sentiment_sample

    return sentiment_sample.generate()


def reviews(count=300):
    """(texts, labels) of the built-in sample."""
    texts, labels = sample()
    return texts[:count], labels[:count]


def running(script, *arguments, module=False, **options):
    """A Python process of its own, in which the packages can be imported."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, *(["-m"] if module else ["-c"]), script, *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def output(script, *arguments, **options):
    """What a process that ends well prints."""
    process = running(script, *arguments, **options)
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return printed


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
