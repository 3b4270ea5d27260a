"""Settings of a pretraining: the sizes that the later network has to share, and how long it learns.

The rule, of the number of words of all texts:

    tokens    words; wordpieces where most words are new ones, as in scripts without spaces between them
    units     128, below 5 million words 64, below 200,000 words 32; as many numbers a vector
    words     learned from, each counted again in each pass: 10 passes, and 100 million words at the most, which take
              two cores an hour at 128 units; 10,000 texts of 250 words take them about 10 minutes

A time of its own takes the place of the last, with 20 passes at the most.

Words were chosen on IMDB's training part, with 9,310 reviews held out, seed 0, by a copy of the network in PyTorch:
after 30 million words the recurrent layers alone reach 0.909 with 13,200 labelled reviews and 0.853 with 2,000; with
16,000 wordpieces it is 0.903 and 0.843, without pretraining 0.889 and 0.834.
"""

import dataclasses

from pipelines import settings
from pipelines.settings import by_data, option

SHARED = ("cell", "units", "embedding_size", "bidirectional", "tokens", "vocabulary_size", "minimum_count", "lowercase")
PART = 0.7  # of the time that a whole training has
SIZES = ((200_000, 32), (5_000_000, 64))  # words, below which so many units do
PASSES, WORDS = 10, 100_000_000
PASSES_IN_TIME = 20  # at the most, however long the time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, settings.Text, settings.Recurrent):
    """Pretraining"""

    epochs: int = option(10, "parts of the training at the least, after each of which its state is kept", at_least=1)
    learning_rate: float = option(2e-3, "of Adam, at its highest", above=0, at_most=10)
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    warmup: int = option(200, "steps in which the learning rate rises from zero", at_least=0)
    patience: int = option(1_000, "parts without improvement before training stops", at_least=1)
    monitor: str = option("val_loss", "what decides on the best part", choices=("val_loss",))
    tokens: str | None = by_data(settings.Text, "tokens")
    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"))
    units: int | None = option(None, "size of the recurrent state (default: by the words)", at_least=1)
    embedding_size: int | None = option(None, "length of a token's vector (default: by the words)", at_least=1)
    vocabulary_size: int = option(30_000, "tokens kept, the most frequent of all texts", at_least=3)
    dropout: float = option(0.1, "part of the vectors' and the outputs' numbers dropped", at_least=0, below=1)
    bidirectional: bool = option(True, "tell the word before too")


def of(config, asked, time=None):
    """The settings of the pretraining for a training with these.

    Args:
        asked: the names of those that the user set. time: seconds that the pretraining has, or None.
    """
    chosen = {name: getattr(config, name) for name in SHARED if name in asked and getattr(config, name) is not None}
    chosen |= {"seed": config.seed, "lowercase": config.lowercase}
    return Config(**chosen, time=time or (PART * config.time if config.time else None))


def sized(config, words):
    """The settings with the sizes that are open, for texts of so many words.

    >>> sized(Config(), 20_000_000).units, sized(Config(units=50), 1_000_000).embedding_size
    (128, 64)
    """
    units = next((units for most, units in SIZES if words < most), 128)
    open_ones = [name for name in ("units", "embedding_size") if getattr(config, name) is None]
    return dataclasses.replace(config, **dict.fromkeys(open_ones, units))


def words_learned(config, words):
    """How many words the training reads, of texts that have so many.

    >>> words_learned(Config(), 1_000_000), words_learned(Config(), 400_000_000), words_learned(Config(time=60.0), 100)
    (10000000, 100000000, 2000)
    """
    return PASSES_IN_TIME * words if config.time else min(PASSES * words, WORDS)
