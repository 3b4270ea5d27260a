"""Settings of the sentiment pipeline."""

import dataclasses

from pipelines import settings
from pipelines.sentiment import class_weights
from pipelines.settings import by_data, option

POOLINGS = ("last", "max", "mean", "max_mean", "attention")
INITIALIZERS = (
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_normal",
    "orthogonal",
    "random_uniform",
)


TARGETS = ("class", "several", "number")
MONITORS = ("val_accuracy", "val_balanced_accuracy", "val_average_precision", "val_mae", "val_loss")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Labels(settings.Data):
    """Data"""

    label_column: str = option(
        "label", "the column that holds the labels; or several with commas between, each of 0 and 1 for one label"
    )
    label_separator: str | None = option(None, "between the labels of a text, where a cell holds several, such as |")

    def __post_init__(self):
        if isinstance(self.label_column, (list, tuple)):  # as in Python, but not in config.json
            object.__setattr__(self, "label_column", ",".join(map(str, self.label_column)))
        super().__post_init__()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target(settings.Settings):
    """What is predicted"""

    SAME_IN_TRIALS = True

    target: str | None = option(
        None, "class, one of several; several, any number of labels a text; number (default: by the labels)",
        choices=TARGETS,
    )  # fmt: skip
    positive: str | None = option(None, "which of two classes precision and recall are of (default: the last in order)")
    balance: bool = option(False, "rare classes and labels count as much as frequent ones in the loss of training")
    class_weights: str | None = option(
        None, "what each class or label counts in the loss of training, such as spam=5,ham=1 (default: 1)"
    )

    def __post_init__(self):
        if self.class_weights is not None:  # a mapping in Python, but not in config.json
            object.__setattr__(self, "class_weights", class_weights.written(self.class_weights))
        if isinstance(self.positive, int):
            object.__setattr__(self, "positive", str(self.positive))
        super().__post_init__()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Threshold(settings.Settings):
    """What is predicted"""

    SAME_IN_TRIALS = True
    OF_EVALUATION = True

    threshold: float | None = option(
        None, "probability from which on a text is of the positive class, or has a label; f1: the one with the best F1 "
        "in validation (default: 0.5)", above=0, below=1, words=("f1",),
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training(settings.Training):
    """Training"""

    epochs: int | None = by_data(settings.Training, "epochs")
    batch_size: int | None = by_data(settings.Training, "batch_size")
    learning_rate: float | None = by_data(settings.Training, "learning_rate")
    schedule: str | None = by_data(settings.Training, "schedule")
    patience: int | None = option(
        None, "epochs without improvement before training stops (default: all, since the rate falls to the end)",
        at_least=1,
    )  # fmt: skip
    monitor: str | None = option(None, "what decides on the best epoch (default: by the target)", choices=MONITORS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(settings.Text):
    """Text"""

    tokens: str | None = by_data(settings.Text, "tokens")
    vocabulary_size: int | None = by_data(settings.Text, "vocabulary_size")
    max_length: int | None = by_data(settings.Text, "max_length")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fitted(settings.Settings):
    """Network"""

    SAME_IN_TRIALS = True  # what they need is fitted with the vocabulary

    ngrams: int | None = option(
        None, "longest runs of tokens that have scores of their own beside the recurrent layers; 0 for none (default: "
        "by the data)", at_least=0, at_most=5,
    )  # fmt: skip
    ngram_penalty: float | None = option(None, "on the squares of these scores (default: by the data)", above=0)
    ngram_floor: float | None = option(
        None, "added to the size of each log-count ratio, so that n-grams that say nothing alone can count beside "
        "others (default: by the data)", at_least=0,
    )  # fmt: skip
    ngram_letters: int | None = option(
        None, "longest runs of letters inside a token that have scores, which become part of the token's; 0 for none "
        "(default: by the data)", at_least=0, at_most=6,
    )  # fmt: skip
    embedding_initializer: str | None = option(
        None, "where vectors start; class_ratios: some of their numbers at the token's log-count ratio in each class "
        "(Wang & Manning 2012) (default: by the data)", choices=("random", "class_ratios"),
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(Training, Threshold, Target, Text, Labels, Fitted, settings.Recurrent):
    """Network"""

    cell: str | None = by_data(settings.Recurrent, "cell")
    units: int | None = by_data(settings.Recurrent, "units")
    dropout: float | None = by_data(settings.Recurrent, "dropout")
    input: str = option("embedding", "what a token becomes", choices=("embedding", "one_hot"))
    embedding_size: int | None = option(
        None, "length of a token's vector (default: by the data)", at_least=1, search=[32, 64, 128]
    )
    vectors: str | None = option(None, "text file of pretrained vectors (GloVe, fastText); sets the embedding size")
    train_vectors: bool = option(True, "go on training pretrained vectors")
    bidirectional: bool = option(True, "read backwards too")
    pooling: str | None = option(None, "of the outputs over time (default: by the data)", choices=POOLINGS)
    wide: bool = option(False, "give the mean of the vectors to the last layer too (Cheng et al. 2016)")
    word_dropout: float | None = option(
        None, "part of the tokens lost in training (default: by the data)", at_least=0, below=1
    )
    embedding_dropout: float = option(0.3, "part of the vectors' numbers dropped in training", at_least=0, below=1)
    l2: float = option(0.0, "weight of the squared recurrent weights in the loss", at_least=0)
    activation: str = option("tanh", "of the recurrent cell", choices=("tanh", "relu", "selu", "softsign"))
    kernel_initializer: str = option("glorot_uniform", "of the weights of the inputs", choices=INITIALIZERS)
    recurrent_initializer: str = option("orthogonal", "of the weights of the state", choices=INITIALIZERS)
