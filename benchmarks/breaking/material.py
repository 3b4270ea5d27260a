"""Tiny data, settings and command lines for everything here."""

import csv
import json
import pathlib

import numpy as np

NAME = "mine"
TRAINING = {
    "sentiment": {"units": 4, "embedding-size": 4, "buckets": 1, "epochs": 3, "cell": "gru", "batch-size": 32},
    "music": {
        "units": 4, "readout-units": 4, "decoder-units": 4, "embedding-size": 4, "buckets": 1, "epochs": 3,
        "frames-per-quarter": 2.0, "valid-fraction": 0.2, "test-fraction": 0.2,
    },
    "translation": {
        "units": 8, "embedding-size": 8, "vocabulary-size": 120, "buckets": 1, "epochs": 2, "validation-sentences": 8,
        "beams": 2, "patience": 2,
    },
    "forecasting": {
        "time-column": "time", "series-column": "ward", "known-columns": "price", "length": 12, "ahead": 3, "season": 6,
        "segment": 3, "units": 4, "epochs": 2, "batch-size": 32, "learning-rate": 1e-3, "dropout": 0.0,
        "valid-fraction": 0.2, "test-fraction": 0.2,
    },
    "trajectory": {"units": 4, "epochs": 2, "neighbours": 3, "drawn": 2, "latent-size": 4},
}  # fmt: skip
SWITCHES = {"sentiment": ["--no-bidirectional"], "music": [], "translation": ["--no-bidirectional"]}
SWITCHES |= {"forecasting": ["--no-calendar"], "trajectory": []}
SPACE = {**dict.fromkeys(TRAINING, "units=3,4"), "translation": "units=7,8"}
DATA = {"sentiment": "reviews.csv", "music": "chorales.json", "translation": "pairs.tsv"}
DATA |= {"forecasting": "wards.csv", "trajectory": "square.txt"}
TASKS = tuple(TRAINING)


def write_data(folder):
    """Writes a file for each task into `folder`, from the built-in samples."""
    from pipelines.music import sample as music_sample
    from pipelines.music.forms import piano_roll
    from pipelines.sentiment import sample as sentiment_sample
    from pipelines.translation import sample

    texts, labels = sentiment_sample.generate()
    _table(folder / "reviews.csv", ("text", "label"), zip(texts[:120], labels[:120], strict=True), ",")
    pieces = [piano_roll.roll(piece.notes, 8.0, 2) for piece in music_sample.generate(24)]
    steps = [[(np.flatnonzero(step) + 21).tolist() for step in roll] for roll in pieces]
    (folder / "chorales.json").write_text(json.dumps(steps))
    columns = sample.generate(size=1600)["train"]
    sides = ("source", "target")
    _table(folder / "pairs.tsv", sides, zip(*(columns[side][:120] for side in sides), strict=True), "\t")
    _table(folder / "wards.csv", WARDS, wards(), ",")
    with open(folder / "square.txt", "w", encoding="utf-8") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in square())
    (folder / "inputs.txt").write_text("".join(f"{text}\n" for text in texts[:10]))


WARDS = ("time", "ward", "load", "pressure", "price")


def wards(hours=90):
    """Rows of three series with gaps, and a price that is known ahead."""
    draw = np.random.default_rng(0)
    for ward in ("north", "south", "east"):
        for hour in range(hours):
            time = np.datetime64("2024-03-01T00") + hour
            load = round(100 + 10 * np.sin(hour / 3) + draw.normal(), 2)
            pressure = "" if draw.random() < 0.05 else round(20 + draw.normal(), 2)
            yield str(time), ward, load, pressure, round(draw.normal(), 3)


def square(agents=24, steps=26):
    """Rows of frame, agent, x, y, of walkers who turn a little."""
    for step in range(steps):
        for agent in range(agents):
            angle, speed = agent + 0.02 * agent * step, 0.4 + 0.01 * agent
            place = agent % 5 + speed * step * np.exp(1j * angle / 4)
            yield 10 * step, agent, round(place.real, 3), round(place.imag, 3)


def _table(path, header, rows, delimiter):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([header, *rows])


def train(task, data, directory, seed=1, *more):
    """The words of a command line that trains."""
    settings = [word for name, value in TRAINING[task].items() for word in (f"--{name}", value)]
    source = ["--data", pathlib.Path(data) / DATA[task], "--name", NAME, "--directory", directory]
    return [task, "train", *source, *settings, *SWITCHES[task], "--seed", seed, *more]


def tune(task, data, directory, trials=3):
    settings = train(task, data, directory)[2:]
    return [task, "tune", *settings, "--algorithm", "random", "--trials", trials, "--space", SPACE[task]]


def export(task, directory, format="both"):
    return [task, "export", "--name", NAME, "--directory", directory, "--format", format]


def predict(data, directory, output):
    """The words of a command line that predicts, of the sentiment task."""
    location = ["--name", NAME, "--directory", directory]
    return ["sentiment", "predict", "--data", pathlib.Path(data) / "inputs.txt", *location, "--output", output]
