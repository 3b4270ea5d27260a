# Written by `python -m pipelines.shared.stubs`; change what it is made of, not this.

import builtins
import collections.abc
import os
import pathlib
from typing import Any, Literal, overload

import pipelines.forecasting.live
import pipelines.options
import pipelines.shared.artifacts.listing
import pipelines.shared.report.verdict
import pipelines.shared.training.results
from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.forecasting.config import Config as Config
from pipelines.forecasting.config import Config as _Config
from pipelines.task import Task

class _Artifact(Artifact):
    config: Config
    def train(
        self,
        data: Any = None,
        *,
        valid: Any = None,
        test: Any = None,
        name: str | None = None,
        directory: str | os.PathLike[str] = "saved_models",
        resume: bool = False,
        download: bool = False,
        config: pipelines.options.Settings | dict[str, Any] | str | pathlib.PurePath | None = None,
        keep: int | Literal["all"] = 3,
        callbacks: collections.abc.Sequence[Any] = (),
        quiet: bool = False,
        cell: Literal["rnn", "lstm", "gru"] = ...,
        units: int | None = ...,
        depth: int = ...,
        dropout: float | None = ...,
        recurrent_dropout: float = ...,
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float | None = ...,
        schedule: Literal["constant", "cosine"] = ...,
        weight_decay: float | None = ...,
        patience: int = ...,
        monitor: Literal["val_loss", "val_mae"] = ...,
        average: int = ...,
        model: Literal["segments", "one_shot", "autoregressive", "attention"] | None = ...,
        segment: int | None = ...,
        instance: Literal["last", "mean", "standard", "last_moves", "none"] | None = ...,
        output: Literal["quantiles", "gaussian", "student_t", "point"] = ...,
        quantiles: str = ...,
        sampling: float = ...,
        blend: bool = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        time_column: str | None = ...,
        series_column: str | None = ...,
        target_columns: str | None = ...,
        known_columns: str | None = ...,
        past_columns: str | None = ...,
        time_step: str | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        backtest: int = ...,
        length: int | None = ...,
        ahead: int = ...,
        stride: int = ...,
        split: Literal["time", "series"] | None = ...,
        valid_from: str | None = ...,
        test_from: str | None = ...,
        season: int | None = ...,
        calendar: bool | None = ...,
        scaling: Literal["global", "series"] = ...,
        warmup: int = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        buckets: int = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = ...,
        seed: int = ...,
        start_from: str | None = ...,
        freeze: str | None = ...,
    ) -> _Artifact: ...
    def predict(
        self,
        inputs: Any,
        *,
        quiet: bool = False,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        time_column: str | None = ...,
        series_column: str | None = ...,
        target_columns: str | None = ...,
        known_columns: str | None = ...,
        past_columns: str | None = ...,
        time_step: str | None = ...,
    ) -> builtins.list[dict[str, Any]]: ...
    def tune(
        self,
        data: Any = None,
        *,
        valid: Any = None,
        test: Any = None,
        name: str | None = None,
        directory: str | os.PathLike[str] = "saved_models",
        download: bool = False,
        config: pipelines.options.Settings | dict[str, Any] | str | pathlib.PurePath | None = None,
        algorithm: Literal["random", "bayesian", "hyperband"] = "bayesian",
        trials: int = 10,
        space: dict[str, Any] | None = None,
        quiet: bool = False,
        cell: Literal["rnn", "lstm", "gru"] = ...,
        units: int | None = ...,
        depth: int = ...,
        dropout: float | None = ...,
        recurrent_dropout: float = ...,
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float | None = ...,
        schedule: Literal["constant", "cosine"] = ...,
        weight_decay: float | None = ...,
        patience: int = ...,
        monitor: Literal["val_loss", "val_mae"] = ...,
        average: int = ...,
        model: Literal["segments", "one_shot", "autoregressive", "attention"] | None = ...,
        segment: int | None = ...,
        instance: Literal["last", "mean", "standard", "last_moves", "none"] | None = ...,
        output: Literal["quantiles", "gaussian", "student_t", "point"] = ...,
        quantiles: str = ...,
        sampling: float = ...,
        blend: bool = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        time_column: str | None = ...,
        series_column: str | None = ...,
        target_columns: str | None = ...,
        known_columns: str | None = ...,
        past_columns: str | None = ...,
        time_step: str | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        backtest: int = ...,
        length: int | None = ...,
        ahead: int = ...,
        stride: int = ...,
        split: Literal["time", "series"] | None = ...,
        valid_from: str | None = ...,
        test_from: str | None = ...,
        season: int | None = ...,
        calendar: bool | None = ...,
        scaling: Literal["global", "series"] = ...,
        warmup: int = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        buckets: int = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = ...,
        seed: int = ...,
        start_from: str | None = ...,
        freeze: str | None = ...,
    ) -> pipelines.shared.training.results.Result: ...
    def stream(self, *, series: str | None = None) -> pipelines.forecasting.live.Live: ...
    def backtest(self, data: Any = None, *, folds: int = 3) -> builtins.list[dict[str, float]]: ...

class _Task(Task):
    Config: type[_Config]
    def train(
        self,
        data: Any = None,
        *,
        valid: Any = None,
        test: Any = None,
        name: str | None = None,
        directory: str | os.PathLike[str] = "saved_models",
        resume: bool = False,
        download: bool = False,
        config: pipelines.options.Settings | dict[str, Any] | str | pathlib.PurePath | None = None,
        keep: int | Literal["all"] = 3,
        callbacks: collections.abc.Sequence[Any] = (),
        quiet: bool = False,
        cell: Literal["rnn", "lstm", "gru"] = "gru",
        units: int | None = None,
        depth: int = 1,
        dropout: float | None = None,
        recurrent_dropout: float = 0.0,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: Literal["constant", "cosine"] = "cosine",
        weight_decay: float | None = None,
        patience: int = 5,
        monitor: Literal["val_loss", "val_mae"] = "val_loss",
        average: int = 3,
        model: Literal["segments", "one_shot", "autoregressive", "attention"] | None = None,
        segment: int | None = None,
        instance: Literal["last", "mean", "standard", "last_moves", "none"] | None = None,
        output: Literal["quantiles", "gaussian", "student_t", "point"] = "quantiles",
        quantiles: str = "0.1,0.5,0.9",
        sampling: float = 0.0,
        blend: bool = True,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        time_column: str | None = None,
        series_column: str | None = None,
        target_columns: str | None = None,
        known_columns: str | None = None,
        past_columns: str | None = None,
        time_step: str | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        backtest: int = 0,
        length: int | None = None,
        ahead: int = 24,
        stride: int = 1,
        split: Literal["time", "series"] | None = None,
        valid_from: str | None = None,
        test_from: str | None = None,
        season: int | None = None,
        calendar: bool | None = None,
        scaling: Literal["global", "series"] = "global",
        warmup: int = 0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        buckets: int = 8,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32",
        seed: int = 0,
        start_from: str | None = None,
        freeze: str | None = None,
    ) -> _Artifact: ...
    def predict(
        self,
        inputs: Any,
        *,
        name: str | None = None,
        version: int | None = None,
        directory: str | os.PathLike[str] = "saved_models",
        quiet: bool = False,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        time_column: str | None = None,
        series_column: str | None = None,
        target_columns: str | None = None,
        known_columns: str | None = None,
        past_columns: str | None = None,
        time_step: str | None = None,
    ) -> builtins.list[dict[str, Any]]: ...
    def tune(
        self,
        data: Any = None,
        *,
        valid: Any = None,
        test: Any = None,
        name: str | None = None,
        directory: str | os.PathLike[str] = "saved_models",
        download: bool = False,
        config: pipelines.options.Settings | dict[str, Any] | str | pathlib.PurePath | None = None,
        algorithm: Literal["random", "bayesian", "hyperband"] = "bayesian",
        trials: int = 10,
        space: dict[str, Any] | None = None,
        quiet: bool = False,
        cell: Literal["rnn", "lstm", "gru"] = "gru",
        units: int | None = None,
        depth: int = 1,
        dropout: float | None = None,
        recurrent_dropout: float = 0.0,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: Literal["constant", "cosine"] = "cosine",
        weight_decay: float | None = None,
        patience: int = 5,
        monitor: Literal["val_loss", "val_mae"] = "val_loss",
        average: int = 3,
        model: Literal["segments", "one_shot", "autoregressive", "attention"] | None = None,
        segment: int | None = None,
        instance: Literal["last", "mean", "standard", "last_moves", "none"] | None = None,
        output: Literal["quantiles", "gaussian", "student_t", "point"] = "quantiles",
        quantiles: str = "0.1,0.5,0.9",
        sampling: float = 0.0,
        blend: bool = True,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        time_column: str | None = None,
        series_column: str | None = None,
        target_columns: str | None = None,
        known_columns: str | None = None,
        past_columns: str | None = None,
        time_step: str | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        backtest: int = 0,
        length: int | None = None,
        ahead: int = 24,
        stride: int = 1,
        split: Literal["time", "series"] | None = None,
        valid_from: str | None = None,
        test_from: str | None = None,
        season: int | None = None,
        calendar: bool | None = None,
        scaling: Literal["global", "series"] = "global",
        warmup: int = 0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        buckets: int = 8,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32",
        seed: int = 0,
        start_from: str | None = None,
        freeze: str | None = None,
    ) -> pipelines.shared.training.results.Result: ...
    def load(
        self,
        name: str | None = None,
        *,
        version: int | None = None,
        directory: str | os.PathLike[str] = "saved_models",
        quiet: bool = False,
    ) -> _Artifact: ...
    def restore(
        self, name: str | None = None, version: int | None = None, *, directory: str | os.PathLike[str] = "saved_models"
    ) -> _Artifact: ...
    @overload
    def derive(
        self,
        name: str,
        *,
        Config: None = None,
        data: Any = None,
        sample: Any = None,
        preprocessor: Any = None,
        network: Any = None,
        scores: Any = None,
        baselines: Any = None,
        signatures: Any = None,
        report: Any = None,
        command: Any = None,
        page: Any = None,
    ) -> _Task: ...
    @overload
    def derive(
        self,
        name: str,
        *,
        Config: type[settings.Settings] | None = None,
        data: Any = None,
        sample: Any = None,
        preprocessor: Any = None,
        network: Any = None,
        answers: Any = None,
        scores: Any = None,
        baselines: Any = None,
        signatures: Any = None,
        report: Any = None,
        command: Any = None,
        page: Any = None,
    ) -> Task: ...

task: _Task

def train(
    data: Any = None,
    *,
    valid: Any = None,
    test: Any = None,
    name: str | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    resume: bool = False,
    download: bool = False,
    config: pipelines.options.Settings | dict[str, Any] | str | pathlib.PurePath | None = None,
    keep: int | Literal["all"] = 3,
    callbacks: collections.abc.Sequence[Any] = (),
    quiet: bool = False,
    cell: Literal["rnn", "lstm", "gru"] = "gru",
    units: int | None = None,
    depth: int = 1,
    dropout: float | None = None,
    recurrent_dropout: float = 0.0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["constant", "cosine"] = "cosine",
    weight_decay: float | None = None,
    patience: int = 5,
    monitor: Literal["val_loss", "val_mae"] = "val_loss",
    average: int = 3,
    model: Literal["segments", "one_shot", "autoregressive", "attention"] | None = None,
    segment: int | None = None,
    instance: Literal["last", "mean", "standard", "last_moves", "none"] | None = None,
    output: Literal["quantiles", "gaussian", "student_t", "point"] = "quantiles",
    quantiles: str = "0.1,0.5,0.9",
    sampling: float = 0.0,
    blend: bool = True,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    time_column: str | None = None,
    series_column: str | None = None,
    target_columns: str | None = None,
    known_columns: str | None = None,
    past_columns: str | None = None,
    time_step: str | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    backtest: int = 0,
    length: int | None = None,
    ahead: int = 24,
    stride: int = 1,
    split: Literal["time", "series"] | None = None,
    valid_from: str | None = None,
    test_from: str | None = None,
    season: int | None = None,
    calendar: bool | None = None,
    scaling: Literal["global", "series"] = "global",
    warmup: int = 0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    buckets: int = 8,
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32",
    seed: int = 0,
    start_from: str | None = None,
    freeze: str | None = None,
) -> _Artifact:
    """Trains and saves an artifact.

    Args:
        data: what to learn from: a file, a list of files, a DataFrame, a dictionary of columns ...; by default the
            built-in sample. See `docs/data.md`.
        valid, test: the same, for the splits that are otherwise cut off from `data`.
        name: of the artifact, a folder in `directory`; the task's own name by default. An artifact that is already
            there is kept as a version; see `list`, `restore` and `load(version=...)`.
        directory: where artifacts are kept.
        resume: continue an interrupted training of this name.
        download: let tensorflow-datasets download and prepare a data set that is not on this machine.
        config: settings to begin with: a mapping or a JSON file, such as the `best.json` of `tune`.
        keep: how many versions of the name are kept, including the new one, or "all". Exported versions are always
            kept. If the task has a setting called keep, a choice of that setting is passed on to it.
        callbacks: a list of Keras callbacks, such as those of experiment trackers. They run after this package's
            own, so that an epoch's logs hold all its numbers; in a resumed training they see the remaining epochs.
            If a callback stops the training, it counts as complete; if one fails, the training can be resumed.
        quiet: show no progress; warnings are still logged.
        **options: any of the settings below.

    Returns:
        the `Artifact`.

    Raises:
        TypeError: an unknown option. ValueError: a bad value or bad data. FileNotFoundError: missing data.
        FloatingPointError: the training diverged in its first epoch. OSError: the artifact cannot be written.
        RuntimeError: another training of that name is running.

    Network:
        cell: recurrent cell (default: gru)
        units: size of the recurrent state (default: by the data)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by the data)
        batch_size: windows a step (default: by the data)
        learning_rate: of Adam, at its highest (default: by the data)
        schedule: of the learning rate (default: cosine)
        weight_decay: AdamW's decoupled decay of the weights (default: by the data)
        patience: epochs without improvement before training stops (default: 5)
        monitor: what decides on the best epoch (default: val_loss)
        average: best epochs whose weights are averaged at the end (default: 3)
        model: segments: a step is a segment of one column (SegRNN); one_shot: all steps ahead from the last
            state; autoregressive: step by step; attention: encoder, decoder and Bahdanau attention (default: by
            the data)
        segment: steps of a segment (default: by the data)
        instance: subtracted from a window, and added to its forecast; last_moves also divides by how much the
            window moves from step to step (default: by the data)
        output: what the network gives for a step (default: quantiles)
        quantiles: the probabilities whose quantiles are answered, with commas between (default: 0.1,0.5,0.9)
        sampling: part of the steps at which a training of `autoregressive` goes on with its own forecast
            (scheduled sampling, Bengio et al. 2015) (default: 0.0)
        blend: weigh network and baselines by their errors in validation (stacking, Breiman 1996)
            (default: True)

    Reading files:
        encoding: of files of text, such as cp1252 (default: told by their bytes)
        delimiter: between columns: a letter, or comma, semicolon, tab, bar, space, blanks, none (default: told
            by the lines)
        quoting: of fields: double, as in CSV; backslash, \" inside; single, '...'; none, quotes are letters
            (default: told by the lines)
        header: whether a first line names the columns (default: if the names asked for are in it)
        limit: read so many examples of each source alone, for a quick look (default: none)
        skip_bad: leave out rows that cannot be read, and say how many (default: False)

    Data:
        time_column: the column of times, its name or its number (default: one called time, date ..., or of
            dates)
        series_column: the column that says whose row it is, such as patient or ticker (default: none)
        target_columns: what to forecast, with commas between (default: each column of numbers)
        known_columns: columns whose future is known, such as a price that was announced (default: none)
        past_columns: other columns to look at (default: each one of numbers if target_columns are named)
        time_step: such as 1h, 15min, 1D: gaps are filled with missing rows, rows within one step become their
            mean (default: told by the times)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Backtest:
        backtest: trainings up to later and later points in time, scored on what comes next (default: 0)

    Windows:
        length: steps looked at (default: by the data)
        ahead: steps to forecast (default: 24)
        stride: steps from the start of a window to that of the next (default: 1)
        split: cut by time, the last part for the test, or by series, the last ones (default: by the data)
        valid_from: the time from which targets are for validation, in place of valid_fraction (default: none)
        test_from: the time from which targets are for the test, in place of test_fraction (default: none)
        season: steps after which it repeats, 1 for never (default: by the data)
        calendar: give hour, weekday and time of the year to the network (default: by the data)
        scaling: statistics of each column, or of each series apart (default: global)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        buckets: lengths to which batches are padded, chosen for the least padding (default: 8)
        precision: of the computation (default: float32)
        seed: of the weights, the order of examples and dropout (default: 0)
        start_from: an earlier artifact to start from: its name, NAME@VERSION or folder; or a .keras file
            (default: none)
        freeze: parts that stay as they are: embedding, recurrent, all_but_last or names of layers, with commas
            between (default: none)"""

def evaluate(
    data: Any = None,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    download: bool = False,
    quiet: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    time_column: str | None = None,
    series_column: str | None = None,
    target_columns: str | None = None,
    known_columns: str | None = None,
    past_columns: str | None = None,
    time_step: str | None = None,
    backtest: int = 0,
) -> pipelines.shared.report.verdict.Metrics:
    """The metrics of the artifact `name` on `data`, or else on its own test split; see `Artifact.evaluate`.

    Reading files:
        encoding: of files of text, such as cp1252 (default: told by their bytes)
        delimiter: between columns: a letter, or comma, semicolon, tab, bar, space, blanks, none (default: told
            by the lines)
        quoting: of fields: double, as in CSV; backslash, \" inside; single, '...'; none, quotes are letters
            (default: told by the lines)
        header: whether a first line names the columns (default: if the names asked for are in it)
        limit: read so many examples of each source alone, for a quick look (default: none)
        skip_bad: leave out rows that cannot be read, and say how many (default: False)

    Data:
        time_column: the column of times, its name or its number (default: one called time, date ..., or of
            dates)
        series_column: the column that says whose row it is, such as patient or ticker (default: none)
        target_columns: what to forecast, with commas between (default: each column of numbers)
        known_columns: columns whose future is known, such as a price that was announced (default: none)
        past_columns: other columns to look at (default: each one of numbers if target_columns are named)
        time_step: such as 1h, 15min, 1D: gaps are filled with missing rows, rows within one step become their
            mean (default: told by the times)

    Backtest:
        backtest: trainings up to later and later points in time, scored on what comes next (default: 0)"""

def predict(
    inputs: Any,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    quiet: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    time_column: str | None = None,
    series_column: str | None = None,
    target_columns: str | None = None,
    known_columns: str | None = None,
    past_columns: str | None = None,
    time_step: str | None = None,
) -> builtins.list[dict[str, Any]]:
    """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file.

    One answer a series: {"series", "time", "step", "<target>", "<target>_q10", ...}, lists of the steps ahead.

    Reading files:
        encoding: of files of text, such as cp1252 (default: told by their bytes)
        delimiter: between columns: a letter, or comma, semicolon, tab, bar, space, blanks, none (default: told
            by the lines)
        quoting: of fields: double, as in CSV; backslash, \" inside; single, '...'; none, quotes are letters
            (default: told by the lines)
        header: whether a first line names the columns (default: if the names asked for are in it)
        limit: read so many examples of each source alone, for a quick look (default: none)
        skip_bad: leave out rows that cannot be read, and say how many (default: False)

    Data:
        time_column: the column of times, its name or its number (default: one called time, date ..., or of
            dates)
        series_column: the column that says whose row it is, such as patient or ticker (default: none)
        target_columns: what to forecast, with commas between (default: each column of numbers)
        known_columns: columns whose future is known, such as a price that was announced (default: none)
        past_columns: other columns to look at (default: each one of numbers if target_columns are named)
        time_step: such as 1h, 15min, 1D: gaps are filled with missing rows, rows within one step become their
            mean (default: told by the times)"""

def tune(
    data: Any = None,
    *,
    valid: Any = None,
    test: Any = None,
    name: str | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    download: bool = False,
    config: pipelines.options.Settings | dict[str, Any] | str | pathlib.PurePath | None = None,
    algorithm: Literal["random", "bayesian", "hyperband"] = "bayesian",
    trials: int = 10,
    space: dict[str, Any] | None = None,
    quiet: bool = False,
    cell: Literal["rnn", "lstm", "gru"] = "gru",
    units: int | None = None,
    depth: int = 1,
    dropout: float | None = None,
    recurrent_dropout: float = 0.0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["constant", "cosine"] = "cosine",
    weight_decay: float | None = None,
    patience: int = 5,
    monitor: Literal["val_loss", "val_mae"] = "val_loss",
    average: int = 3,
    model: Literal["segments", "one_shot", "autoregressive", "attention"] | None = None,
    segment: int | None = None,
    instance: Literal["last", "mean", "standard", "last_moves", "none"] | None = None,
    output: Literal["quantiles", "gaussian", "student_t", "point"] = "quantiles",
    quantiles: str = "0.1,0.5,0.9",
    sampling: float = 0.0,
    blend: bool = True,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    time_column: str | None = None,
    series_column: str | None = None,
    target_columns: str | None = None,
    known_columns: str | None = None,
    past_columns: str | None = None,
    time_step: str | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    backtest: int = 0,
    length: int | None = None,
    ahead: int = 24,
    stride: int = 1,
    split: Literal["time", "series"] | None = None,
    valid_from: str | None = None,
    test_from: str | None = None,
    season: int | None = None,
    calendar: bool | None = None,
    scaling: Literal["global", "series"] = "global",
    warmup: int = 0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    buckets: int = 8,
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32",
    seed: int = 0,
    start_from: str | None = None,
    freeze: str | None = None,
) -> pipelines.shared.training.results.Result:
    """Tries settings and returns a `Result`: `.best`, `.score`, `.trials`, and `.path` of the best as JSON.

    Args:
        data, valid, test, name, directory, download, config, **options: as `train` takes them; settings that are
            not in the space keep these values.
        algorithm: "random", "bayesian" or "hyperband". Hyperband tries many settings for a few epochs and the best
            of them for more, up to `epochs`, each time from the start; `epochs` decides how many trials it runs.
        trials: how many trials random and bayesian run, including those of an earlier call with the same name.
        space: {field: (low, high)} or {field: [values]}; by default the task's own. None among the values of a
            setting whose default is by the data stands for the value chosen by the data.
        quiet: show no progress; warnings are still logged.

    Raises:
        ValueError: an unknown algorithm, a field that cannot be tuned, a bad range, a search begun with other
        settings. RuntimeError: every trial failed, or another process searches under this name. OSError: the trials
        cannot be written.

    Network:
        cell: recurrent cell (default: gru)
        units: size of the recurrent state (default: by the data)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by the data)
        batch_size: windows a step (default: by the data)
        learning_rate: of Adam, at its highest (default: by the data)
        schedule: of the learning rate (default: cosine)
        weight_decay: AdamW's decoupled decay of the weights (default: by the data)
        patience: epochs without improvement before training stops (default: 5)
        monitor: what decides on the best epoch (default: val_loss)
        average: best epochs whose weights are averaged at the end (default: 3)
        model: segments: a step is a segment of one column (SegRNN); one_shot: all steps ahead from the last
            state; autoregressive: step by step; attention: encoder, decoder and Bahdanau attention (default: by
            the data)
        segment: steps of a segment (default: by the data)
        instance: subtracted from a window, and added to its forecast; last_moves also divides by how much the
            window moves from step to step (default: by the data)
        output: what the network gives for a step (default: quantiles)
        quantiles: the probabilities whose quantiles are answered, with commas between (default: 0.1,0.5,0.9)
        sampling: part of the steps at which a training of `autoregressive` goes on with its own forecast
            (scheduled sampling, Bengio et al. 2015) (default: 0.0)
        blend: weigh network and baselines by their errors in validation (stacking, Breiman 1996)
            (default: True)

    Reading files:
        encoding: of files of text, such as cp1252 (default: told by their bytes)
        delimiter: between columns: a letter, or comma, semicolon, tab, bar, space, blanks, none (default: told
            by the lines)
        quoting: of fields: double, as in CSV; backslash, \" inside; single, '...'; none, quotes are letters
            (default: told by the lines)
        header: whether a first line names the columns (default: if the names asked for are in it)
        limit: read so many examples of each source alone, for a quick look (default: none)
        skip_bad: leave out rows that cannot be read, and say how many (default: False)

    Data:
        time_column: the column of times, its name or its number (default: one called time, date ..., or of
            dates)
        series_column: the column that says whose row it is, such as patient or ticker (default: none)
        target_columns: what to forecast, with commas between (default: each column of numbers)
        known_columns: columns whose future is known, such as a price that was announced (default: none)
        past_columns: other columns to look at (default: each one of numbers if target_columns are named)
        time_step: such as 1h, 15min, 1D: gaps are filled with missing rows, rows within one step become their
            mean (default: told by the times)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Backtest:
        backtest: trainings up to later and later points in time, scored on what comes next (default: 0)

    Windows:
        length: steps looked at (default: by the data)
        ahead: steps to forecast (default: 24)
        stride: steps from the start of a window to that of the next (default: 1)
        split: cut by time, the last part for the test, or by series, the last ones (default: by the data)
        valid_from: the time from which targets are for validation, in place of valid_fraction (default: none)
        test_from: the time from which targets are for the test, in place of test_fraction (default: none)
        season: steps after which it repeats, 1 for never (default: by the data)
        calendar: give hour, weekday and time of the year to the network (default: by the data)
        scaling: statistics of each column, or of each series apart (default: global)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        buckets: lengths to which batches are padded, chosen for the least padding (default: 8)
        precision: of the computation (default: float32)
        seed: of the weights, the order of examples and dropout (default: 0)
        start_from: an earlier artifact to start from: its name, NAME@VERSION or folder; or a .keras file
            (default: none)
        freeze: parts that stay as they are: embedding, recurrent, all_but_last or names of layers, with commas
            between (default: none)"""

def export(
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    format: Literal["saved_model", "tflite", "both", "web"] = "both",
    quantize: Literal["dynamic", "float16", "int8", "int4"] | None = None,
    streaming: bool = False,
    fused: bool = False,
    runtime: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> dict[str, pathlib.Path]:
    """Exports the artifact `name` for TF Serving, phones and browsers; see `Artifact.export`."""

def load(
    name: str | None = None,
    *,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    quiet: bool = False,
) -> _Artifact:
    """The trained artifact `name`, by default its version in use; see `list`.

    Raises:
        FileNotFoundError: there is none, or one of its files is missing. ValueError: one of its files is damaged."""

def list(
    *, directory: str | os.PathLike[str] = "saved_models"
) -> builtins.list[pipelines.shared.artifacts.listing.Row]:
    """All versions of the task's artifacts as `listing.Row`s: name, version, metric, exports, damage ..."""

def restore(
    name: str | None = None, version: int | None = None, *, directory: str | os.PathLike[str] = "saved_models"
) -> _Artifact:
    """Puts a kept version in use and loads it; the version that was in use is kept instead.

    Args:
        version: its number; by default the highest one that is not in use.

    Raises:
        FileNotFoundError: there is no such version, or it lacks a file. ValueError: it is damaged."""

def remove(
    name: str | None,
    version: int | None = None,
    *,
    directory: str | os.PathLike[str] = "saved_models",
    force: bool = False,
) -> builtins.list[int]:
    """Removes a version, or without `version` all of them; returns their numbers.

    If the version in use is removed, the highest undamaged one of the others comes into use.

    Raises:
        FileNotFoundError: there is no such version.
        ValueError: it was exported, or it is the last one, and `force` is not set."""

def backtest(
    data: Any = None,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    folds: int = 3,
) -> builtins.list[dict[str, float]]:
    """The metrics of the artifact `name`, trained anew up to later and later points in time.

    The metrics of each of several trainings with this artifact's settings, up to later and later points in time.

    Args:
        data: what to learn from and to be scored on; without it, what the artifact was trained on.
        folds: how many trainings. Each is scored on `test_fraction` of the rows, on less if there are many folds.

    Returns:
        A list of dictionaries: "fold", the number of "windows", and all metrics of `evaluate` with the baselines'.

    Raises:
        ValueError: folds below 1, data in memory that are gone, too few rows."""
