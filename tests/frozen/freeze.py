"""Freezes what this version writes, for tests of later versions: python tests/frozen/freeze.py tests/frozen/<version>

Of each network: a tiny artifact with its exports (`<name>/`), a training that was cut off after its first epoch
(`<name>_cut.training/`), and in `expected.json` the data, the answers and how the training ends. Beside them a stateful
Keras model with its states. Run once a release, before the version is tagged.
"""

import json
import pathlib
import shutil
import sys

import keras
import numpy as np

import layers
import pipelines
from pipelines.music import sample as music_sample
from pipelines.music.forms import piano_roll
from pipelines.sentiment import sample as sentiment_sample
from pipelines.shared.training import fitting
from pipelines.trajectory import sample as trajectory_sample
from pipelines.translation import sample

TINY = {"units": 8, "embedding_size": 8, "bidirectional": False, "buckets": 1, "epochs": 2, "pooling": "last"}
TINY_MUSIC = {
    "units": 8, "readout_units": 8, "decoder_units": 8, "embedding_size": 8, "buckets": 1, "epochs": 8,
    "learning_rate": 0.02, "frames_per_quarter": 2.0, "valid_fraction": 0.2, "test_fraction": 0.2,
}  # fmt: skip
TINY_TRANSLATION = {
    "units": 12,
    "embedding_size": 12,
    "vocabulary_size": 120,
    "epochs": 12,
    "learning_rate": 0.02,
    "validation_sentences": 20,
}


TINY_FORECASTING = {
    "target_columns": "load,temperature", "known_columns": "price", "length": 12, "ahead": 3, "season": 6, "segment": 3,
    "units": 8, "epochs": 3, "batch_size": 16, "learning_rate": 5e-3, "valid_fraction": 0.2, "test_fraction": 0.2,
}  # fmt: skip
TINY_TRAJECTORY = {"units": 8, "epochs": 3, "neighbours": 4, "drawn": 3, "latent_size": 4}


def reviews(count=120):
    return [list(column[:count]) for column in sentiment_sample.generate()]


def pairs(count=120):
    train = sample.generate(size=1600)["train"]
    return [list(train[side][:count]) for side in ("source", "target")]


def chorales(count=24):
    rolls = [piano_roll.roll(piece.notes, 6.0, 2) for piece in music_sample.generate(count)]
    return [[(step.nonzero()[0] + 21).tolist() for step in roll] for roll in rolls]


def readings(count=200):
    """A table of hourly numbers: two targets with gaps, and a price that is known ahead."""
    draw = np.random.default_rng(0)
    times = np.datetime64("2024-01-01T00:00:00") + np.arange(count).astype("timedelta64[h]")
    temperature = 20 + 5 * np.sin(2 * np.pi * np.arange(count) / 6) + draw.normal(0, 0.5, count)
    price = draw.normal(size=count)
    load = 100 + 3 * temperature - 4 * price + draw.normal(0, 2, count)
    load = [None if lost else value for value, lost in zip(load.tolist(), draw.random(count) < 0.03, strict=True)]
    columns = {"temperature": temperature.tolist(), "price": price.tolist()}
    return {"time": times.astype(str).tolist(), "load": load, **columns}


def walks(agents=24):
    columns = trajectory_sample.generate(seconds=90)
    kept = [row for row, agent in enumerate(columns["agent"]) if agent < agents]
    return {name: [values[row] for row in kept] for name, values in columns.items()}


WALKS_SEEN = [
    {"points": [[0.1 * step, 0.4 * step] for step in range(8)]},
    {"points": [[1.0, 2.0]] * 8, "neighbours": [[[2.0, 2.0], [1.5, 2.0]]]},
]

# name: (task, data, options, inputs)
NETWORKS = {
    "sentiment": ("sentiment", reviews, TINY, ["not bad", "", "The film was superb."]),
    "translation": ("translation", pairs, TINY_TRANSLATION, ["The man sees the house.", ""]),
    "piano_roll": ("music", chorales, TINY_MUSIC, [[60], [45]]),
    "series": ("forecasting", readings, TINY_FORECASTING, [readings(30), readings(5)]),
    "paths": ("trajectory", walks, TINY_TRAJECTORY, WALKS_SEEN),
    "events": ("music", chorales, {**TINY_MUSIC, "model": "events"}, [[60], [45]]),
}


def plain(answers):
    """Answers of any task as JSON holds them."""
    if hasattr(answers[0], "notes"):
        return [[[float(x) for x in note] for note in tune.notes] for tune in answers]
    return json.loads(json.dumps(answers, default=float))


def freeze(folder):
    expected = {}
    for name, (task, data, options, inputs) in NETWORKS.items():
        data, module = data(), getattr(pipelines, task)
        given = tuple(data) if task in ("sentiment", "translation") else data
        artifact = module.train(given, name=name, directory=folder, **options)
        artifact.export()
        keep = fitting.Keep.on_epoch_end

        def once(self, epoch, logs=None, keep=keep):
            keep(self, epoch, logs)
            raise KeyboardInterrupt

        fitting.Keep.on_epoch_end = once
        try:
            module.train(given, name=f"{name}_cut", directory=folder, **options)
        except KeyboardInterrupt:
            pass
        finally:
            fitting.Keep.on_epoch_end = keep
        expected[name] = {
            "task": task, "data": data, "options": options, "inputs": inputs, "metrics": artifact.metrics,
            "history": artifact.history, "answers": plain(artifact.predict(inputs)),
        }  # fmt: skip
    text = json.dumps(expected, ensure_ascii=False, default=float)
    (folder / "expected.json").write_text(text, "utf-8")
    stateful(folder)
    for bulky in [*folder.glob("*/report"), *folder.glob("*/samples"), *folder.glob("*/logs/tensorboard")]:
        shutil.rmtree(bulky)  # for people, not read back


def stateful(folder):
    """A stateful model after one call, whose states are not zeros."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input(batch_shape=(4, 3, 2)),
        layers.LSTM(3, stateful=True, return_sequences=True),
        layers.Bidirectional(layers.GRU(2, stateful=True, return_sequences=True)),
        layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)], stateful=True),
    ])  # fmt: skip
    x = np.random.default_rng(0).normal(size=(4, 3, 2)).astype("float32")
    model(x)
    model.save(folder / "stateful.keras")
    model.save_weights(folder / "stateful.weights.h5")
    np.savez(folder / "stateful.npz", x=x, y=np.asarray(model(x)))


if __name__ == "__main__":
    freeze(pathlib.Path(sys.argv[1]))
