"""Undamaged files for each of the `readers`: data, models, artifacts with exports, a training cut off, a search."""

import gzip
import json
import pathlib
import time

import numpy as np

from benchmarks.breaking import children, material
from benchmarks.breaking.readers import ANSWERED, EXPORTED, LOADED

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
        ".txt of inputs": [folder / "inputs.txt"], ".keras": _keras(folder), **_numbers(folder),
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
    import pyarrow.feather
    import pyarrow.parquet

    rows = [("text", "label"), ("good film", "pos"), ("bad, very", "neg"), ("fine", "pos")]
    texts, labels = zip(*rows[1:], strict=True)
    (folder / "few.csv.gz").write_bytes(gzip.compress("\n".join(f'"{a}",{b}' for a, b in rows).encode()))
    (folder / "rows.json").write_text(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]))
    pyarrow.parquet.write_table(pyarrow.table({"text": texts, "label": labels}), folder / "few.parquet")
    pyarrow.feather.write_feather(
        pyarrow.table({"text": texts, "label": labels}), str(folder / "few.arrow"), "uncompressed"
    )
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "few.xlsx")
    (folder / "few.tmx").write_text(TMX)
    (folder / "few.musicxml").write_text(SCORE)
    names = (".csv.gz", ".parquet", ".arrow", ".xlsx", ".tmx", ".musicxml")
    return {".json of rows": [folder / "rows.json"], **{name: [folder / f"few{name}"] for name in names}}


def _numbers(folder):
    """Tables of series and of paths."""
    import pyarrow.feather
    import pyarrow.parquet

    wards, square = list(material.wards(40)), list(material.square(8))
    columns = dict(zip(material.WARDS, map(list, zip(*wards, strict=True)), strict=True))
    table = pyarrow.table({**columns, "pressure": [value or None for value in columns["pressure"]]})
    pyarrow.parquet.write_table(table, folder / "wards.parquet")
    pyarrow.feather.write_feather(table, str(folder / "wards.arrow"), "uncompressed")
    pyarrow.feather.write_feather(table, str(folder / "packed.arrow"))
    for name, delimiter in (("few_wards.csv", ","), ("semicolons.csv", ";")):
        rows = [material.WARDS, *wards[:80]]
        (folder / name).write_text("".join(delimiter.join(map(str, row)) + "\n" for row in rows))
    (folder / "few.txt").write_text("".join("\t".join(map(str, row)) + "\n" for row in square))
    header = "frame_id,pos_x,pos_y,track_id\n"
    (folder / "named.csv").write_text(header + "".join(f"{t},{x},{y},{a}\n" for t, a, x, y in square))
    tracks = [json.dumps({"track": {"f": t, "p": a, "x": x, "y": y}}) for t, a, x, y in square]
    scene = json.dumps({"scene": {"id": 0, "p": 0, "s": 0, "e": 250}})
    (folder / "few.ndjson").write_text("\n".join([scene, *tracks]) + "\n")
    series, paths = [folder / "few_wards.csv", folder / "semicolons.csv"], [folder / "few.txt"]
    return {
        ".csv of series": series, ".csv of series to predict": series, ".parquet of series": [folder / "wards.parquet"],
        ".arrow of series": [folder / "wards.arrow", folder / "packed.arrow"],
        ".txt of paths": paths, ".txt of paths to predict": paths, ".csv of paths": [folder / "named.csv"],
        ".ndjson of paths": [folder / "few.ndjson"],
    }  # fmt: skip


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
    """Artifacts of tasks, of sentiment with exports, a training killed after its last epoch, and a search."""
    artifact = folder / "sentiment" / material.NAME
    if {"files of a training"} & wanted:
        _cut_off(folder, folder / "cut")
    if {"files of a tuning"} & wanted:
        _done(material.tune("sentiment", folder, folder / "search", 2), folder)
    for directory in filter(pathlib.Path.exists, (folder / "cut", folder / "search")):
        (directory / "data.path").write_text(str(folder))
    numbers = [folder / "forecasting", folder / "trajectory"] if ANSWERED & wanted else []
    loads = [folder / "sentiment", *([folder / "music"] if LOADED & wanted else [])]
    others = {"files of a training", "files of a tuning", *ANSWERED}
    for directory in [*(loads if wanted - others else []), *numbers]:
        _done(material.train(directory.name, folder, directory, 0), folder)
        (directory / "task.json").write_text(json.dumps(directory.name))
        (directory / "data.path").write_text(str(folder))
    if EXPORTED & wanted:
        _done(material.export("sentiment", folder / "sentiment"), folder)
    return {
        **{name: [artifact / "mobile" / "model.tflite"] for name in (".tflite", ".tflite to fix")},
        "saved_model.pb": sorted(artifact.glob("serving*/*/")),
        **{name: [artifact] for name in ("golden.json", "artifact.json", "files of an artifact", "files of an export")},
        **{name: loads for name in LOADED},
        **{name: numbers for name in ANSWERED},
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
