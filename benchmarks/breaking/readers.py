"""Everything that reads files, with undamaged files for each: data, models, artifacts, trainings, searches."""

import dataclasses
import gzip
import hashlib
import json
import pathlib
import time
import types
from collections.abc import Callable

import numpy as np

from benchmarks.breaking import children, material

ABC = """X:1
T:One
M:4/4
L:1/8
K:G
|: G2 B2 d2 g2 | a2 f2 d4 :|
w: la la
X:2
T:Two
M:6/8
Q:1/4=120
K:Am
V:1
A3 [CEG]3 | z6 | (3abc d2 ^f2 |]
"""


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


def _examples(task):
    def read(path):
        import pipelines
        from pipelines import settings

        chosen = getattr(pipelines, task).task
        return chosen.data.load_examples(path, settings.create(chosen.Config, {}), False)

    return read


def _aligned(path):
    return _examples("translation")([path / "a.en", path / "a.es"])


def _inputs(task):
    def read(path):
        import pipelines
        from pipelines import settings

        chosen = getattr(pipelines, task).task
        return chosen.data.read_inputs(path, settings.create(chosen.Config, {}))

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
    Reader("files of a training", _resume, ("*.training/*.npz", "*.training/log.csv", "*.training/settings.json")),
    Reader("files of a tuning", _tune, ("*.tuning/*.json", "*.tuning/*/trial.json")),
]
LOADED = {"config.json, preprocessor.json", "model.keras, baselines.npz"}
EXPORTED = {".tflite", ".tflite to fix", "saved_model.pb", "golden.json", "artifact.json", "files of an artifact"}
EXPORTED |= {"files of an export"}
READERS = {reader.name: reader for reader in ALL}


def prepare(folder, wanted):
    """{name of a reader: paths of undamaged files} for the wanted readers, written below `folder`."""
    folder.mkdir()
    material.write_data(folder)
    made = children.run(_write, folder, temporary=folder / "tmp")
    if made.code:
        raise RuntimeError(made.errors[-3000:])
    paths = {name: list(map(pathlib.Path, files)) for name, files in made.result.items()}
    if not set(wanted) <= set(paths):
        paths |= _trained(folder, set(wanted) - set(paths))
    return {name: paths[name] for name in wanted}


def _write(folder):
    """In a child: writes the files of data and the Keras models."""
    pieces = json.loads((folder / "chorales.json").read_text())[:3]
    small = folder / "small.json"
    small.write_text(json.dumps({"train": pieces[:1], "valid": pieces[1:2], "test": [[[60], [], [-1], [64, 67]]]}))
    (folder / "list.json").write_text(json.dumps(pieces[:1]))
    (folder / "two.abc").write_text(ABC)
    rows = (folder / "reviews.csv").read_text("utf-8").splitlines()[:12]
    (folder / "few.csv").write_text("\n".join(rows))
    (folder / "few.tsv").write_text("text\tlabel\n" + "".join(f'so good {n}\tgood\n"so\nbad"\tbad\n' for n in range(5)))
    values = [{"text": f"so good {n}", "label": n % 2} for n in range(8)]
    (folder / "few.jsonl").write_text("".join(f"{json.dumps(value)}\n" for value in values))
    for group in ("good", "bad"):
        (folder / "classes" / group).mkdir(parents=True)
        (folder / "classes" / group / "1.txt").write_text(f"{group} it was\n")
    (folder / "aligned").mkdir()
    for side, text in (("en", "Go.\nCome here.\nYes.\n"), ("es", "Ve.\nVen aquí.\nSí.\n")):
        (folder / "aligned" / f"a.{side}").write_text(text)
    paths = {
        ".mid": _midi(folder), ".abc": [folder / "two.abc"], ".mat": _matlab(folder), ".npz": _arrays(folder),
        ".json": [small, folder / "list.json"], ".csv": [folder / "few.csv"], ".tsv": [folder / "few.tsv"],
        ".jsonl": [folder / "few.jsonl"], ".tsv of pairs": [folder / "pairs.tsv"], **_containers(folder),
        ".txt of classes": [folder / "classes"], ".txt of pairs": [folder / "aligned"],
        ".txt of inputs": [folder / "inputs.txt"], ".keras": _keras(folder),
    }  # fmt: skip
    return 0, {name: list(map(str, files)) for name, files in paths.items()}


TMX = """<?xml version="1.0"?><tmx version="1.4"><header/><body>
<tu><tuv xml:lang="en"><seg>Go.</seg></tuv><tuv xml:lang="es"><seg>Ve.</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Yes.</seg></tuv><tuv xml:lang="es"><seg>Sí.</seg></tuv></tu></body></tmx>"""
SCORE = """<?xml version="1.0"?><score-partwise><part-list><score-part id="P1"><part-name>V</part-name></score-part>
</part-list><part id="P1"><measure number="1"><attributes><divisions>2</divisions></attributes>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note>
<note><chord/><pitch><step>E</step><octave>4</octave></pitch><duration>4</duration></note>
<note><rest/><duration>4</duration></note></measure></part></score-partwise>"""


def _containers(folder):
    import openpyxl
    import pyarrow.parquet

    rows = [("text", "label"), ("good film", "pos"), ("bad, very", "neg"), ("fine", "pos")]
    texts, labels = zip(*rows[1:], strict=True)
    (folder / "few.csv.gz").write_bytes(gzip.compress("\n".join(f'"{a}",{b}' for a, b in rows).encode()))
    (folder / "rows.json").write_text(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]))
    pyarrow.parquet.write_table(pyarrow.table({"text": texts, "label": labels}), folder / "few.parquet")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "few.xlsx")
    (folder / "few.tmx").write_text(TMX)
    (folder / "few.musicxml").write_text(SCORE)
    names = (".csv.gz", ".parquet", ".xlsx", ".tmx", ".musicxml")
    return {".json of rows": [folder / "rows.json"], **{name: [folder / f"few{name}"] for name in names}}


def _midi(folder):
    import symusic

    for name, tracks in (("one.mid", 1), ("two.mid", 2)):
        score = symusic.Score(480)
        score.tempos.append(symusic.Tempo(0, 120.0))
        for program in range(tracks):
            track = symusic.Track(program=program)
            for step in range(12):
                track.notes.append(symusic.Note(240 * step, 240, 60 + step, 80))
            score.tracks.append(track)
        (folder / name).write_bytes(score.dumps_midi())
    return [folder / "one.mid", folder / "two.mid"]


def _rolls():
    return [np.eye(88)[np.random.default_rng(seed).integers(20, 60, 16)] for seed in range(3)]


def _matlab(folder):
    import scipy.io

    cells = np.empty(3, object)
    cells[:] = _rolls()
    for name, compressed in (("plain.mat", False), ("packed.mat", True)):
        scipy.io.savemat(folder / name, {"traindata": cells, "testdata": cells[:1]}, do_compression=compressed)
    return [folder / "plain.mat", folder / "packed.mat"]


def _arrays(folder):
    one, two, three = _rolls()
    np.savez(folder / "plain.npz", train_1=one, valid_1=two, test_1=three.astype(bool))
    np.savez_compressed(folder / "packed.npz", np.stack([one, two]))
    return [folder / "plain.npz", folder / "packed.npz"]


def _keras(folder):
    import keras

    import layers

    plain = keras.Sequential([keras.Input([None]), keras.layers.Embedding(20, 4), keras.layers.LSTM(4)])
    frames = keras.Input([None, 4])
    ours = keras.Model(frames, keras.layers.Dense(2)(layers.GRU(4)(frames)))
    for model, name in ((plain, "plain.keras"), (ours, "ours.keras")):
        model.save(folder / name)
    return [folder / "plain.keras", folder / "ours.keras"]


def _trained(folder, wanted):
    """Artifacts of sentiment (with exports) and music, a training killed after its last epoch, and a search."""
    artifact = folder / "sentiment" / material.NAME
    if {"files of a training"} & wanted:
        _cut_off(folder, folder / "cut")
    if {"files of a tuning"} & wanted:
        _done(material.tune("sentiment", folder, folder / "search", 2), folder)
    for directory in filter(pathlib.Path.exists, (folder / "cut", folder / "search")):
        (directory / "data.path").write_text(str(folder))
    loads = [folder / "sentiment", *([folder / "music"] if LOADED & wanted else [])]
    for directory in loads if wanted - {"files of a training", "files of a tuning"} else []:
        _done(material.train(directory.name, folder, directory, 0), folder)
        (directory / "task.json").write_text(json.dumps(directory.name))
    if EXPORTED & wanted:
        _done(material.export("sentiment", folder / "sentiment"), folder)
    return {
        **{name: [artifact / "mobile" / "model.tflite"] for name in (".tflite", ".tflite to fix")},
        "saved_model.pb": sorted(artifact.glob("serving*/*/")),
        **{name: [artifact] for name in ("golden.json", "artifact.json", "files of an artifact", "files of an export")},
        **{name: loads for name in LOADED},
        "files of a training": [folder / "cut"],
        "files of a tuning": [folder / "search"],
    }


def _done(words, folder):
    done = children.run(children.command, *words, temporary=folder / "tmp")
    if done.code:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.errors[-2000:]}")


def _cut_off(folder, directory):
    """Starts a training and kills it after its last epoch, before its artifact is written."""
    last = f"last-{material.TRAINING['sentiment']['epochs']}.npz"
    child = children.start(
        children.command, *material.train("sentiment", folder, directory, 1), temporary=folder / "tmp"
    )
    while not list(directory.glob(f"*.training/{last}")) and not (directory / material.NAME).exists():
        time.sleep(0.005)
    child.kill()
    if not list(directory.glob("*.training")):
        raise RuntimeError("the training had ended before it could be cut off")
