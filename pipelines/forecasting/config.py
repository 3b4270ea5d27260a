"""Settings of the forecasting pipeline."""

import dataclasses

from pipelines import settings
from pipelines.settings import option

MODELS = ("segments", "one_shot", "autoregressive", "attention")
OUTPUTS = ("quantiles", "gaussian", "student_t", "point")
SCALINGS = ("global", "series")
INSTANCE = ("last", "mean", "standard", "last_moves", "none")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Columns(settings.Reading):
    """Data"""

    time_column: str | None = option(
        None, "the column of times, its name or its number (default: one called time, date ..., or of dates)"
    )
    series_column: str | None = option(None, "the column that says whose row it is, such as patient or ticker")
    target_columns: str | None = option(None, "what to forecast, with commas between (default: each column of numbers)")
    known_columns: str | None = option(None, "columns whose future is known, such as a price that was announced")
    past_columns: str | None = option(
        None, "other columns to look at (default: each one of numbers if target_columns are named)"
    )
    time_step: str | None = option(
        None, "such as 1h, 15min, 1D: gaps are filled with missing rows, rows within one step become their mean "
        "(default: told by the times)"
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Windows(settings.Settings):
    """Windows"""

    SAME_IN_TRIALS = True

    length: int | None = option(None, "steps looked at (default: by the data)", at_least=1)
    ahead: int = option(24, "steps to forecast", at_least=1)
    stride: int = option(1, "steps from the start of a window to that of the next", at_least=1)
    split: str | None = option(
        None, "cut by time, the last part for the test, or by series, the last ones (default: by the data)",
        choices=("time", "series"),
    )  # fmt: skip
    valid_from: str | None = option(None, "the time from which targets are for validation, in place of valid_fraction")
    test_from: str | None = option(None, "the time from which targets are for the test, in place of test_fraction")
    season: int | None = option(None, "steps after which it repeats, 1 for never (default: by the data)", at_least=1)
    calendar: bool | None = option(
        None, "give hour, weekday and time of the year to the network (default: by the data)"
    )
    scaling: str = option("global", "statistics of each column, or of each series apart", choices=SCALINGS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Backtest(settings.Settings):
    """Backtest"""

    SAME_IN_TRIALS = True
    OF_EVALUATION = True

    backtest: int = option(0, "trainings up to later and later points in time, scored on what comes next", at_least=0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, Windows, Backtest, settings.Splitting, Columns, settings.Recurrent):
    """Network"""

    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int | None = option(
        None, "size of the recurrent state (default: by the data)", at_least=1, search=[32, 64, 128, 256]
    )
    model: str | None = option(
        None, "segments: a step is a segment of one column (SegRNN); one_shot: all steps ahead from the last state; "
        "autoregressive: step by step; attention: encoder, decoder and Bahdanau attention (default: by the data)",
        choices=MODELS,
    )  # fmt: skip
    segment: int | None = option(None, "steps of a segment (default: by the data)", at_least=1)
    instance: str | None = option(
        None, "subtracted from a window, and added to its forecast; last_moves also divides by how much the window "
        "moves from step to step (default: by the data)", choices=INSTANCE,
    )  # fmt: skip
    output: str = option("quantiles", "what the network gives for a step", choices=OUTPUTS)
    quantiles: str = option("0.1,0.5,0.9", "the probabilities whose quantiles are answered, with commas between")
    sampling: float = option(
        0.0, "part of the steps at which a training of `autoregressive` goes on with its own forecast (scheduled "
        "sampling, Bengio et al. 2015)", at_least=0, at_most=1,
    )  # fmt: skip
    blend: bool = option(True, "weigh network and baselines by their errors in validation (stacking, Breiman 1996)")
    learning_rate: float | None = option(
        None, "of Adam, at its highest (default: by the data)", above=0, at_most=10, search=(3e-4, 1e-2)
    )
    epochs: int | None = option(None, "passes over the training split at the most (default: by the data)", at_least=1)
    batch_size: int | None = option(None, "windows a step (default: by the data)", at_least=1, search=[32, 64, 128])
    patience: int = option(5, "epochs without improvement before training stops", at_least=1)
    average: int = option(3, "best epochs whose weights are averaged at the end", at_least=1)
    weight_decay: float | None = option(
        None, "AdamW's decoupled decay of the weights (default: by the data)", at_least=0
    )
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    dropout: float | None = option(
        None, "part of the outputs dropped in training (default: by the data)", at_least=0, below=1, search=(0.0, 0.6)
    )
    monitor: str = option("val_loss", "what decides on the best epoch", choices=("val_loss", "val_mae"))
