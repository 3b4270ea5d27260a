"""Settings of the sentiment pipeline."""

import dataclasses

from pipelines import settings
from pipelines.settings import option

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

    def __post_init__(self):
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
class Config(settings.Training, Threshold, Target, settings.Text, Labels, settings.Recurrent):
    """Network"""

    monitor: str | None = option(None, "what decides on the best epoch (default: by the target)", choices=MONITORS)

    input: str = option("embedding", "what a token becomes", choices=("embedding", "one_hot"))
    embedding_initializer: str = option(
        "random", "where vectors start; class_ratios: some of their numbers at the token's log-count ratio in each "
        "class (Wang & Manning 2012), which helps small data", choices=("random", "class_ratios"),
    )  # fmt: skip
    embedding_size: int = option(64, "length of a token's vector", at_least=1, search=[32, 64, 128])
    vectors: str | None = option(None, "text file of pretrained vectors (GloVe, fastText); sets the embedding size")
    train_vectors: bool = option(True, "go on training pretrained vectors")
    bidirectional: bool = option(True, "read backwards too")
    pooling: str = option("max", "of the outputs over time", choices=POOLINGS)
    wide: bool = option(False, "give the mean of the vectors to the last layer too (Cheng et al. 2016)")
    word_dropout: float = option(0.0, "part of the tokens lost in training", at_least=0, below=1)
    embedding_dropout: float = option(0.3, "part of the vectors' numbers dropped in training", at_least=0, below=1)
    l2: float = option(0.0, "weight of the squared recurrent weights in the loss", at_least=0)
    activation: str = option("tanh", "of the recurrent cell", choices=("tanh", "relu", "selu", "softsign"))
    kernel_initializer: str = option("glorot_uniform", "of the weights of the inputs", choices=INITIALIZERS)
    recurrent_initializer: str = option("orthogonal", "of the weights of the state", choices=INITIALIZERS)
