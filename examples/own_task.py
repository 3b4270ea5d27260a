"""A task of your own: from a line of a log to its level, with its own data, network, metrics and setting.

    python examples/own_task.py                                   train, predict, tune, export and verify in Python
    unroll --task examples.own_task:task train --readout-units 64
    unroll --task examples.own_task:task predict "cache did not answer for 7000 ms"

Everything else is as in `pipelines.sentiment`; see docs/own_task.md.
"""

import dataclasses
import random

import keras
import numpy as np

import layers
import pipelines
from pipelines import sentiment
from pipelines.sentiment import scores
from pipelines.settings import option
from pipelines.shared.networks import recurrent

PARTS = ("database", "cache", "gateway", "mailer", "scheduler", "storage node 3", "login service", "search index")
LINES = {
    "debug": ("{part} took {n} ms", "looking up {part} among {n} others", "{part} holds {n} keys"),
    "info": ("{part} is back after {n} retries", "not one of {n} jobs of {part} is lost", "{n} users met {part}"),
    "warning": ("{part} answered only after {n} retries", "{part} did not answer for {n} ms", "{part} is almost full"),
    "error": ("{part} gave up after {n} retries", "{n} jobs of {part} are lost", "{part} is not back after {n} ms"),
}


def generate(seed=0, count=2000):
    """(lines, levels), few of them errors: the data that `train` uses by default."""
    draw = random.Random(seed)
    levels = draw.choices(list(LINES), weights=[4, 10, 4, 1], k=count)
    lines = [draw.choice(LINES[level]).format(part=draw.choice(PARTS), n=draw.randint(2, 9999)) for level in levels]
    return lines, levels


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(sentiment.Config):
    """Lines of a log"""

    readout_units: int = option(32, "size of the layer before the levels", at_least=1, search=[16, 32, 64])
    max_length: int = option(40, "words kept of a line", at_least=1)
    monitor: str = option("val_loss", "what decides on the best epoch", choices=("val_loss", "val_top_2"))


def build(preprocessor, config):
    """{"ids", "lengths"} -> probabilities (batch, levels)."""
    ids = keras.Input((None,), dtype="int32", name="ids")  # (batch, time)
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    x = layers.Embedding(len(preprocessor.text.vocabulary), config.embedding_size)(ids)  # (batch, time, embedding)
    x = recurrent.stack(config, config.bidirectional)(x, lengths=lengths)  # (batch, time, units)
    x = layers.SequencePooling("mean")(x, lengths=lengths)  # (batch, units)
    x = keras.layers.Dense(config.readout_units, "relu")(x)
    y = keras.layers.Dense(len(preprocessor.labels), "softmax", dtype="float32", name="probabilities")(x)
    return keras.Model({"ids": ids, "lengths": lengths}, y)


def compiled(config):
    """The loss, and the metrics of an epoch: val_top_2 is one that `monitor` can name."""
    top_2 = keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2")
    return {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy", top_2]}


def score(artifact, examples, answered):
    """Sentiment's metrics, and the mean over levels of the share of their lines that is recognised."""
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    right = answered.argmax(axis=1) == truth
    balanced = np.mean([right[truth == level].mean() for level in np.unique(truth)])
    return {"balanced_accuracy": float(balanced), **scores.score(artifact, examples, answered)}


task = sentiment.task.derive(
    "log_levels",
    Config=Config,
    sample={"generate": generate},
    network={"build": build, "compiled": compiled, "LOOKS_BACK": {"bidirectional": False}},
    scores={"score": score},
)

if __name__ == "__main__":
    artifact = task.train(epochs=4)
    print(artifact.metrics["balanced_accuracy"], artifact.metrics["baseline_linear_macro_f1"])
    print(artifact.predict(["database did not answer for 12 ms"]))
    print(task.tune(trials=2, epochs=2, space={"readout_units": [16, 64]}))
    artifact.export()
    print(pipelines.verify(artifact.path, task=task))
