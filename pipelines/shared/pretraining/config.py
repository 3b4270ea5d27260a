"""Settings of a pretraining: the sizes that the later network has to share, and how long it learns."""

import dataclasses

from pipelines import settings
from pipelines.settings import option

SHARED = ("cell", "units", "embedding_size", "bidirectional", "tokens", "vocabulary_size", "minimum_count", "lowercase")
PART = 0.7  # of the time that a whole training has


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, settings.Text, settings.Recurrent):
    """Pretraining"""

    epochs: int = option(10, "parts of the training, after each of which its state is kept", at_least=1)
    learning_rate: float = option(2e-3, "of Adam, at its highest", above=0, at_most=10)
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    warmup: int = option(200, "steps in which the learning rate rises from zero", at_least=0)
    patience: int = option(1_000, "parts without improvement before training stops", at_least=1)
    monitor: str = option("val_loss", "what decides on the best part", choices=("val_loss",))
    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"))
    units: int = option(128, "size of the recurrent state", at_least=1)
    embedding_size: int = option(128, "length of a token's vector", at_least=1)
    vocabulary_size: int = option(30_000, "tokens kept, the most frequent of all texts", at_least=3)
    dropout: float = option(0.1, "part of the vectors' and the outputs' numbers dropped", at_least=0, below=1)
    bidirectional: bool = option(True, "tell the word before too")
    words: int = option(60_000_000, "words learned from, counted again in each pass over the texts", at_least=1)


def of(config, asked):
    """The settings of the pretraining for a training with these; asked: the names of those that the user set."""
    chosen = {name: getattr(config, name) for name in SHARED if name in asked and getattr(config, name) is not None}
    chosen |= {"seed": config.seed, "lowercase": config.lowercase}
    if config.time:
        chosen["time"] = PART * config.time
    return Config(**chosen)
