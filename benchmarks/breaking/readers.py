"""Everything that reads files: data, models, artifacts, trainings, searches."""

import dataclasses
import hashlib
import json
import pathlib
import types
from collections.abc import Callable

from benchmarks.breaking import material


@dataclasses.dataclass(frozen=True)
class Reader:
    """read: the function that takes the path; damaged: patterns of files in a folder, one of which is damaged.

    after: a function of (the copied folder, the damaged file), called once the file is damaged; verifies: whether
    `read` returns a `Verification`; rows: whether it must report everything there and raise no exception; summed:
    whether it must notice any change of the file.
    """

    name: str
    read: Callable
    damaged: tuple = ()
    after: Callable | None = None
    verifies: bool = False
    rows: bool = False
    summed: bool = False


OPTIONS = {"forecasting": {"series_column": "ward", "ahead": 3, "length": 12}}


def _splits(task):
    """Up to the splits of a training, since some of what is wrong with series shows when they are cut."""

    def read(path):
        import pipelines
        from pipelines import settings

        chosen = getattr(pipelines, task).task
        return chosen.load_splits(path, None, None, settings.create(chosen.Config, OPTIONS.get(task, {})))

    return read


def _examples(task):
    def read(path):
        import pipelines
        from pipelines import settings

        chosen = getattr(pipelines, task).task
        return chosen.data.load_examples(path, settings.create(chosen.Config, OPTIONS.get(task, {})), False)

    return read


def _aligned(path):
    return _examples("translation")([path / "a.en", path / "a.es"])


def _inputs(task):
    def read(path):
        import pipelines
        from pipelines import settings

        chosen = getattr(pipelines, task).task
        return chosen.data.read_inputs(path, settings.create(chosen.Config, OPTIONS.get(task, {})))

    return read


def _convert(path):
    """Runs `unroll convert` up to the loaded model."""
    import pipelines
    from pipelines.shared.command_line import file_commands

    def accepted(model, file, **options):
        return types.SimpleNamespace(path=file, model=model)

    kept, pipelines.export_keras = pipelines.export_keras, accepted
    try:
        options = {"quantize": None, "streaming": False, "fused": False, "overwrite": True}
        file_commands.convert({"model": str(path), "file": f"{path}.tflite", **options})
    finally:
        pipelines.export_keras = kept


def _verify(path):
    import pipelines

    return pipelines.verify(path)


def _fix(path):
    import pipelines

    return pipelines.fix_sizes(path, path.with_suffix(".fixed.tflite"), batch=1, steps=8, overwrite=True)


def _load(path):
    import pipelines

    task = json.loads((path / "task.json").read_text())
    return getattr(pipelines, task).load(material.NAME, directory=path)


def _answer(path):
    """Loads an artifact and answers what it was trained on."""
    task = json.loads((path / "task.json").read_text())
    data = pathlib.Path(_data(path)) / material.DATA[task]
    return _load(path).predict(data)


def _resume(path):
    _command(material.train("sentiment", _data(path), path, 1, "--resume"))


def _tune(path):
    _command(material.tune("sentiment", _data(path), path, 2))


def _data(path):
    return (path / "data.path").read_text()


def _command(words):
    """Runs a command that raises its errors."""
    from pipelines.shared.command_line import program

    program.main([*map(str, words), "--debug"])


def _sealed(path, file):
    """Records the checksum of a damaged file, so that the artifact takes it for whole."""
    record = path / material.NAME / "artifact.json"
    facts = json.loads(record.read_text())
    name = str(file.relative_to(path / material.NAME))
    facts["sha256"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
    record.write_text(json.dumps(facts))


EXPORTS = ("serving*/*/saved_model.pb", "serving*/*/variables/*", "mobile/model.tflite", "mobile/*.txt")
FILES = ("config.json", "preprocessor.json", "metrics.json", "model.keras", "logs/log.csv", "baselines.npz")
NUMBERS = ("mine/config.json", "mine/preprocessor.json", "mine/baselines.npz")
ALL = [
    Reader(".mid", _examples("music")),
    Reader(".abc", _examples("music")),
    Reader(".mat", _examples("music")),
    Reader(".npz", _examples("music")),
    Reader(".json", _examples("music")),
    Reader(".csv", _examples("sentiment")),
    Reader(".tsv", _examples("sentiment")),
    Reader(".jsonl", _examples("sentiment")),
    Reader(".json of rows", _examples("sentiment")),
    Reader(".csv.gz", _examples("sentiment")),
    Reader(".parquet", _examples("sentiment")),
    Reader(".xlsx", _examples("sentiment")),
    Reader(".tmx", _examples("translation")),
    Reader(".musicxml", _examples("music")),
    Reader(".tsv of pairs", _examples("translation")),
    Reader(".txt of classes", _examples("sentiment"), ("*/*.txt",)),
    Reader(".txt of pairs", _aligned, ("a.*",)),
    Reader(".csv of series", _splits("forecasting")),
    Reader(".parquet of series", _splits("forecasting")),
    Reader(".arrow of series", _splits("forecasting")),
    Reader(".arrow", _examples("sentiment")),
    Reader(".csv of series to predict", _inputs("forecasting")),
    Reader(".txt of paths", _examples("trajectory")),
    Reader(".csv of paths", _examples("trajectory")),
    Reader(".ndjson of paths", _examples("trajectory")),
    Reader(".txt of paths to predict", _inputs("trajectory")),
    Reader(".txt of inputs", _inputs("sentiment")),
    Reader(".keras", _convert),
    Reader(".tflite", _verify, verifies=True),
    Reader(".tflite to fix", _fix),
    Reader("saved_model.pb", _verify, ("saved_model.pb",), verifies=True),
    Reader("golden.json", _verify, ("mobile/golden.json",), verifies=True, rows=True, summed=True),
    Reader("artifact.json", _verify, ("artifact.json",), verifies=True, rows=True),
    Reader("files of an artifact", _verify, FILES, verifies=True, rows=True, summed=True),
    Reader("files of an export", _verify, EXPORTS, verifies=True, rows=True, summed=True),
    Reader("config.json, preprocessor.json", _load, ("mine/config.json", "mine/preprocessor.json"), _sealed),
    Reader("model.keras, baselines.npz", _load, ("mine/model.keras", "mine/baselines.npz"), _sealed),
    Reader("files of numbers' artifacts", _answer, NUMBERS, _sealed),
    Reader("files of a training", _resume, ("*.training/*.npz", "*.training/log.csv", "*.training/settings.json")),
    Reader("files of a tuning", _tune, ("*.tuning/*.json", "*.tuning/*/trial.json")),
]
ANSWERED = {"files of numbers' artifacts"}
LOADED = {"config.json, preprocessor.json", "model.keras, baselines.npz"}
EXPORTED = {".tflite", ".tflite to fix", "saved_model.pb", "golden.json", "artifact.json", "files of an artifact"}
EXPORTED |= {"files of an export"}
READERS = {reader.name: reader for reader in ALL}
