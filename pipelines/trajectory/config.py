"""Settings of the trajectory pipeline."""

import dataclasses

from pipelines import settings
from pipelines.settings import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Columns(settings.Reading):
    """Data"""

    frame_column: str = option("frame", "the column of the frames or times: its name, or its number from 1 on")
    agent_column: str = option("agent", "the column that says who it is")
    x_column: str = option("x", "the column of the first coordinate")
    y_column: str = option("y", "the column of the second coordinate")
    step: float | None = option(
        None,
        "frames from one point of a path to the next, others are left out (default: the commonest of each file)",
        above=0,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Windows(settings.Settings):
    """Windows"""

    SAME_IN_TRIALS = True

    observed: int = option(8, "points of a path that are seen", at_least=2)
    predicted: int = option(12, "points of a path that are predicted", at_least=1)
    stride: int = option(1, "points from the start of one window of a path to that of the next", at_least=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, Windows, settings.Splitting, Columns, settings.Recurrent):
    """Network"""

    epochs: int = option(25, "passes over the training split at the most", at_least=1)
    batch_size: int = option(256, "windows a step", at_least=1, search=[128, 256, 512])
    learning_rate: float = option(3e-3, "of Adam, at its highest", above=0, at_most=10, search=(5e-4, 1e-2))
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    weight_decay: float = option(1e-3, "AdamW's decoupled decay of the weights", at_least=0)
    patience: int = option(15, "epochs without improvement before training stops", at_least=1)
    monitor: str = option("val_ade", "what decides on the best epoch", choices=("val_ade", "val_fde", "val_loss"))
    precision: str = option("float32", "of the computation", choices=("float32",))
    average: int = option(3, "best epochs whose weights are averaged at the end", at_least=1)
    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    dropout: float = option(
        0.3, "part of the layers' outputs dropped in training", at_least=0, below=1, search=(0.0, 0.4)
    )
    neighbours: int = option(16, "others nearby that the network looks at, at the most", at_least=0, search=[0, 16])
    scale: float = option(0.4, "training draws the size of a path from 1 / (1 + this) to 1 + this", at_least=0)
    jitter: float = option(
        0.1, "noise that training adds to seen points, in mean steps, at the most", at_least=0, search=(0.0, 0.3)
    )
    latent_size: int = option(8, "numbers of noise that a future is drawn from", at_least=1)
    drawn: int = option(12, "futures of each window that are compared with its real one in training", at_least=2)
