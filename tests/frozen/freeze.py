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


def reviews(count=120):
    return [list(column[:count]) for column in sentiment_sample.generate()]


def pairs(count=120):
    train = sample.generate(size=1600)["train"]
    return [list(train[side][:count]) for side in ("source", "target")]


def chorales(count=24):
    rolls = [piano_roll.roll(piece.notes, 6.0, 2) for piece in music_sample.generate(count)]
    return [[(step.nonzero()[0] + 21).tolist() for step in roll] for roll in rolls]


# name: (task, data, options, inputs)
NETWORKS = {
    "sentiment": ("sentiment", reviews, TINY, ["not bad", "", "The film was superb."]),
    "translation": ("translation", pairs, TINY_TRANSLATION, ["The man sees the house.", ""]),
    "piano_roll": ("music", chorales, TINY_MUSIC, [[60], [45]]),
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
        given = tuple(data) if task != "music" else data
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
