# Written by `python -m pipelines.shared.stubs`; change what it is made of, not this.

import builtins
import collections.abc
import os
import pathlib
from typing import Any, Literal, overload

import pipelines.options
import pipelines.shared.artifacts.listing
import pipelines.shared.report.verdict
import pipelines.shared.training.results
import pipelines.trajectory.answers
from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.task import Task
from pipelines.trajectory.config import Config as Config
from pipelines.trajectory.config import Config as _Config

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
        units: int = ...,
        depth: int = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        epochs: int = ...,
        batch_size: int = ...,
        learning_rate: float = ...,
        schedule: Literal["constant", "cosine"] = ...,
        weight_decay: float = ...,
        patience: int = ...,
        monitor: Literal["val_ade", "val_fde", "val_loss"] = ...,
        average: int = ...,
        precision: Literal["float32"] = ...,
        neighbours: int = ...,
        scale: float = ...,
        jitter: float = ...,
        latent_size: int = ...,
        drawn: int = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        frame_column: str = ...,
        agent_column: str = ...,
        x_column: str = ...,
        y_column: str = ...,
        step: float | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        observed: int = ...,
        predicted: int = ...,
        stride: int = ...,
        warmup: int = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        buckets: int = ...,
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
        frame_column: str = ...,
        agent_column: str = ...,
        x_column: str = ...,
        y_column: str = ...,
        step: float | None = ...,
    ) -> builtins.list[pipelines.trajectory.answers.Answer]: ...
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
        units: int = ...,
        depth: int = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        epochs: int = ...,
        batch_size: int = ...,
        learning_rate: float = ...,
        schedule: Literal["constant", "cosine"] = ...,
        weight_decay: float = ...,
        patience: int = ...,
        monitor: Literal["val_ade", "val_fde", "val_loss"] = ...,
        average: int = ...,
        precision: Literal["float32"] = ...,
        neighbours: int = ...,
        scale: float = ...,
        jitter: float = ...,
        latent_size: int = ...,
        drawn: int = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        frame_column: str = ...,
        agent_column: str = ...,
        x_column: str = ...,
        y_column: str = ...,
        step: float | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        observed: int = ...,
        predicted: int = ...,
        stride: int = ...,
        warmup: int = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        buckets: int = ...,
        seed: int = ...,
        start_from: str | None = ...,
        freeze: str | None = ...,
    ) -> pipelines.shared.training.results.Result: ...

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
        units: int = 64,
        depth: int = 1,
        dropout: float = 0.3,
        recurrent_dropout: float = 0.0,
        epochs: int = 25,
        batch_size: int = 256,
        learning_rate: float = 0.003,
        schedule: Literal["constant", "cosine"] = "cosine",
        weight_decay: float = 0.001,
        patience: int = 15,
        monitor: Literal["val_ade", "val_fde", "val_loss"] = "val_ade",
        average: int = 3,
        precision: Literal["float32"] = "float32",
        neighbours: int = 16,
        scale: float = 0.4,
        jitter: float = 0.1,
        latent_size: int = 8,
        drawn: int = 12,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        frame_column: str = "frame",
        agent_column: str = "agent",
        x_column: str = "x",
        y_column: str = "y",
        step: float | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        observed: int = 8,
        predicted: int = 12,
        stride: int = 1,
        warmup: int = 0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        buckets: int = 8,
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
        frame_column: str = "frame",
        agent_column: str = "agent",
        x_column: str = "x",
        y_column: str = "y",
        step: float | None = None,
    ) -> builtins.list[pipelines.trajectory.answers.Answer]: ...
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
        units: int = 64,
        depth: int = 1,
        dropout: float = 0.3,
        recurrent_dropout: float = 0.0,
        epochs: int = 25,
        batch_size: int = 256,
        learning_rate: float = 0.003,
        schedule: Literal["constant", "cosine"] = "cosine",
        weight_decay: float = 0.001,
        patience: int = 15,
        monitor: Literal["val_ade", "val_fde", "val_loss"] = "val_ade",
        average: int = 3,
        precision: Literal["float32"] = "float32",
        neighbours: int = 16,
        scale: float = 0.4,
        jitter: float = 0.1,
        latent_size: int = 8,
        drawn: int = 12,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        frame_column: str = "frame",
        agent_column: str = "agent",
        x_column: str = "x",
        y_column: str = "y",
        step: float | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        observed: int = 8,
        predicted: int = 12,
        stride: int = 1,
        warmup: int = 0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        buckets: int = 8,
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
    units: int = 64,
    depth: int = 1,
    dropout: float = 0.3,
    recurrent_dropout: float = 0.0,
    epochs: int = 25,
    batch_size: int = 256,
    learning_rate: float = 0.003,
    schedule: Literal["constant", "cosine"] = "cosine",
    weight_decay: float = 0.001,
    patience: int = 15,
    monitor: Literal["val_ade", "val_fde", "val_loss"] = "val_ade",
    average: int = 3,
    precision: Literal["float32"] = "float32",
    neighbours: int = 16,
    scale: float = 0.4,
    jitter: float = 0.1,
    latent_size: int = 8,
    drawn: int = 12,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    frame_column: str = "frame",
    agent_column: str = "agent",
    x_column: str = "x",
    y_column: str = "y",
    step: float | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    observed: int = 8,
    predicted: int = 12,
    stride: int = 1,
    warmup: int = 0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    buckets: int = 8,
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
        units: size of the recurrent state (default: 64)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the layers' outputs dropped in training (default: 0.3)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: 25)
        batch_size: windows a step (default: 256)
        learning_rate: of Adam, at its highest (default: 0.003)
        schedule: of the learning rate (default: cosine)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.001)
        patience: epochs without improvement before training stops (default: 15)
        monitor: what decides on the best epoch (default: val_ade)
        average: best epochs whose weights are averaged at the end (default: 3)
        precision: of the computation (default: float32)
        neighbours: others nearby that the network looks at, at the most (default: 16)
        scale: training draws the size of a path from 1 / (1 + this) to 1 + this (default: 0.4)
        jitter: noise that training adds to seen points, in mean steps, at the most (default: 0.1)
        latent_size: numbers of noise that a future is drawn from (default: 8)
        drawn: futures of each window that are compared with its real one in training (default: 12)

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
        frame_column: the column of the frames or times: its name, or its number from 1 on (default: frame)
        agent_column: the column that says who it is (default: agent)
        x_column: the column of the first coordinate (default: x)
        y_column: the column of the second coordinate (default: y)
        step: frames from one point of a path to the next, others are left out (default: the commonest of each
            file)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Windows:
        observed: points of a path that are seen (default: 8)
        predicted: points of a path that are predicted (default: 12)
        stride: points from the start of one window of a path to that of the next (default: 1)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        buckets: lengths to which batches are padded, chosen for the least padding (default: 8)
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
    frame_column: str = "frame",
    agent_column: str = "agent",
    x_column: str = "x",
    y_column: str = "y",
    step: float | None = None,
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
        frame_column: the column of the frames or times: its name, or its number from 1 on (default: frame)
        agent_column: the column that says who it is (default: agent)
        x_column: the column of the first coordinate (default: x)
        y_column: the column of the second coordinate (default: y)
        step: frames from one point of a path to the next, others are left out (default: the commonest of each
            file)"""

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
    frame_column: str = "frame",
    agent_column: str = "agent",
    x_column: str = "x",
    y_column: str = "y",
    step: float | None = None,
) -> builtins.list[pipelines.trajectory.answers.Answer]:
    """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file.

    The points ahead of each agent: the single best path, and as many futures as asked for.

    Args:
        futures: paths drawn besides, each as likely as the others.
        seed: of their noise; the same seed gives the same futures.

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
        frame_column: the column of the frames or times: its name, or its number from 1 on (default: frame)
        agent_column: the column that says who it is (default: agent)
        x_column: the column of the first coordinate (default: x)
        y_column: the column of the second coordinate (default: y)
        step: frames from one point of a path to the next, others are left out (default: the commonest of each
            file)"""

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
    units: int = 64,
    depth: int = 1,
    dropout: float = 0.3,
    recurrent_dropout: float = 0.0,
    epochs: int = 25,
    batch_size: int = 256,
    learning_rate: float = 0.003,
    schedule: Literal["constant", "cosine"] = "cosine",
    weight_decay: float = 0.001,
    patience: int = 15,
    monitor: Literal["val_ade", "val_fde", "val_loss"] = "val_ade",
    average: int = 3,
    precision: Literal["float32"] = "float32",
    neighbours: int = 16,
    scale: float = 0.4,
    jitter: float = 0.1,
    latent_size: int = 8,
    drawn: int = 12,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    frame_column: str = "frame",
    agent_column: str = "agent",
    x_column: str = "x",
    y_column: str = "y",
    step: float | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    observed: int = 8,
    predicted: int = 12,
    stride: int = 1,
    warmup: int = 0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    buckets: int = 8,
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
        units: size of the recurrent state (default: 64)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the layers' outputs dropped in training (default: 0.3)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: 25)
        batch_size: windows a step (default: 256)
        learning_rate: of Adam, at its highest (default: 0.003)
        schedule: of the learning rate (default: cosine)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.001)
        patience: epochs without improvement before training stops (default: 15)
        monitor: what decides on the best epoch (default: val_ade)
        average: best epochs whose weights are averaged at the end (default: 3)
        precision: of the computation (default: float32)
        neighbours: others nearby that the network looks at, at the most (default: 16)
        scale: training draws the size of a path from 1 / (1 + this) to 1 + this (default: 0.4)
        jitter: noise that training adds to seen points, in mean steps, at the most (default: 0.1)
        latent_size: numbers of noise that a future is drawn from (default: 8)
        drawn: futures of each window that are compared with its real one in training (default: 12)

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
        frame_column: the column of the frames or times: its name, or its number from 1 on (default: frame)
        agent_column: the column that says who it is (default: agent)
        x_column: the column of the first coordinate (default: x)
        y_column: the column of the second coordinate (default: y)
        step: frames from one point of a path to the next, others are left out (default: the commonest of each
            file)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Windows:
        observed: points of a path that are seen (default: 8)
        predicted: points of a path that are predicted (default: 12)
        stride: points from the start of one window of a path to that of the next (default: 1)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        buckets: lengths to which batches are padded, chosen for the least padding (default: 8)
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
