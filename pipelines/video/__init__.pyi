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
import pipelines.video.answers
import pipelines.video.live
from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.task import Task
from pipelines.video.config import Config as Config
from pipelines.video.config import Config as _Config

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
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float = ...,
        schedule: Literal["constant", "cosine"] = ...,
        warmup: int = ...,
        weight_decay: float = ...,
        patience: int = ...,
        average: int = ...,
        causal: bool = ...,
        encoder: str | None = ...,
        encoder_weights: str = ...,
        train_encoder: bool = ...,
        filters: int = ...,
        encoder_size: int = ...,
        context: int = ...,
        smoothing: float = ...,
        class_weights: Literal["none", "balanced", "root"] = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        videos: str | None = ...,
        video_column: str = ...,
        frame_column: str = ...,
        start_column: str = ...,
        end_column: str = ...,
        label_column: str = ...,
        join_labels: bool = ...,
        segment_unit: Literal["frames", "seconds"] | None = ...,
        end_included: bool | None = ...,
        fill_label: str | None = ...,
        strict: bool = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        height: int | None = ...,
        width: int | None = ...,
        color: Literal["gray", "rgb"] | None = ...,
        window: int = ...,
        overlap: int = ...,
        background: str | None = ...,
        flip: bool = ...,
        shift: float = ...,
        brightness: float = ...,
        speed: float = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        monitor: Literal["val_accuracy", "val_loss"] = ...,
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
        videos: str | None = ...,
        video_column: str = ...,
        frame_column: str = ...,
        start_column: str = ...,
        end_column: str = ...,
        label_column: str = ...,
        join_labels: bool = ...,
        segment_unit: Literal["frames", "seconds"] | None = ...,
        end_included: bool | None = ...,
        fill_label: str | None = ...,
        strict: bool = ...,
    ) -> builtins.list[pipelines.video.answers.Answer]: ...
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
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float = ...,
        schedule: Literal["constant", "cosine"] = ...,
        warmup: int = ...,
        weight_decay: float = ...,
        patience: int = ...,
        average: int = ...,
        causal: bool = ...,
        encoder: str | None = ...,
        encoder_weights: str = ...,
        train_encoder: bool = ...,
        filters: int = ...,
        encoder_size: int = ...,
        context: int = ...,
        smoothing: float = ...,
        class_weights: Literal["none", "balanced", "root"] = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        videos: str | None = ...,
        video_column: str = ...,
        frame_column: str = ...,
        start_column: str = ...,
        end_column: str = ...,
        label_column: str = ...,
        join_labels: bool = ...,
        segment_unit: Literal["frames", "seconds"] | None = ...,
        end_included: bool | None = ...,
        fill_label: str | None = ...,
        strict: bool = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        height: int | None = ...,
        width: int | None = ...,
        color: Literal["gray", "rgb"] | None = ...,
        window: int = ...,
        overlap: int = ...,
        background: str | None = ...,
        flip: bool = ...,
        shift: float = ...,
        brightness: float = ...,
        speed: float = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        monitor: Literal["val_accuracy", "val_loss"] = ...,
        buckets: int = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = ...,
        seed: int = ...,
        start_from: str | None = ...,
        freeze: str | None = ...,
    ) -> pipelines.shared.training.results.Result: ...
    def stream(
        self, frames: collections.abc.Iterable | None = None
    ) -> pipelines.video.live.Live | collections.abc.Iterator[dict]: ...

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
        units: int = 192,
        depth: int = 2,
        dropout: float = 0.3,
        recurrent_dropout: float = 0.0,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float = 0.0025,
        schedule: Literal["constant", "cosine"] = "cosine",
        warmup: int = 40,
        weight_decay: float = 0.01,
        patience: int = 15,
        average: int = 3,
        causal: bool = False,
        encoder: str | None = None,
        encoder_weights: str = "imagenet",
        train_encoder: bool = True,
        filters: int = 16,
        encoder_size: int = 128,
        context: int = 2,
        smoothing: float = 0.1,
        class_weights: Literal["none", "balanced", "root"] = "none",
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        videos: str | None = None,
        video_column: str = "video",
        frame_column: str = "frame",
        start_column: str = "start",
        end_column: str = "end",
        label_column: str = "label",
        join_labels: bool = False,
        segment_unit: Literal["frames", "seconds"] | None = None,
        end_included: bool | None = None,
        fill_label: str | None = None,
        strict: bool = False,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        height: int | None = None,
        width: int | None = None,
        color: Literal["gray", "rgb"] | None = None,
        window: int = 256,
        overlap: int = 32,
        background: str | None = None,
        flip: bool = False,
        shift: float = 0.06,
        brightness: float = 0.2,
        speed: float = 0.15,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        monitor: Literal["val_accuracy", "val_loss"] = "val_accuracy",
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
        videos: str | None = None,
        video_column: str = "video",
        frame_column: str = "frame",
        start_column: str = "start",
        end_column: str = "end",
        label_column: str = "label",
        join_labels: bool = False,
        segment_unit: Literal["frames", "seconds"] | None = None,
        end_included: bool | None = None,
        fill_label: str | None = None,
        strict: bool = False,
    ) -> builtins.list[pipelines.video.answers.Answer]: ...
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
        units: int = 192,
        depth: int = 2,
        dropout: float = 0.3,
        recurrent_dropout: float = 0.0,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float = 0.0025,
        schedule: Literal["constant", "cosine"] = "cosine",
        warmup: int = 40,
        weight_decay: float = 0.01,
        patience: int = 15,
        average: int = 3,
        causal: bool = False,
        encoder: str | None = None,
        encoder_weights: str = "imagenet",
        train_encoder: bool = True,
        filters: int = 16,
        encoder_size: int = 128,
        context: int = 2,
        smoothing: float = 0.1,
        class_weights: Literal["none", "balanced", "root"] = "none",
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        videos: str | None = None,
        video_column: str = "video",
        frame_column: str = "frame",
        start_column: str = "start",
        end_column: str = "end",
        label_column: str = "label",
        join_labels: bool = False,
        segment_unit: Literal["frames", "seconds"] | None = None,
        end_included: bool | None = None,
        fill_label: str | None = None,
        strict: bool = False,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        height: int | None = None,
        width: int | None = None,
        color: Literal["gray", "rgb"] | None = None,
        window: int = 256,
        overlap: int = 32,
        background: str | None = None,
        flip: bool = False,
        shift: float = 0.06,
        brightness: float = 0.2,
        speed: float = 0.15,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        monitor: Literal["val_accuracy", "val_loss"] = "val_accuracy",
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
    units: int = 192,
    depth: int = 2,
    dropout: float = 0.3,
    recurrent_dropout: float = 0.0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float = 0.0025,
    schedule: Literal["constant", "cosine"] = "cosine",
    warmup: int = 40,
    weight_decay: float = 0.01,
    patience: int = 15,
    average: int = 3,
    causal: bool = False,
    encoder: str | None = None,
    encoder_weights: str = "imagenet",
    train_encoder: bool = True,
    filters: int = 16,
    encoder_size: int = 128,
    context: int = 2,
    smoothing: float = 0.1,
    class_weights: Literal["none", "balanced", "root"] = "none",
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    videos: str | None = None,
    video_column: str = "video",
    frame_column: str = "frame",
    start_column: str = "start",
    end_column: str = "end",
    label_column: str = "label",
    join_labels: bool = False,
    segment_unit: Literal["frames", "seconds"] | None = None,
    end_included: bool | None = None,
    fill_label: str | None = None,
    strict: bool = False,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    height: int | None = None,
    width: int | None = None,
    color: Literal["gray", "rgb"] | None = None,
    window: int = 256,
    overlap: int = 32,
    background: str | None = None,
    flip: bool = False,
    shift: float = 0.06,
    brightness: float = 0.2,
    speed: float = 0.15,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    monitor: Literal["val_accuracy", "val_loss"] = "val_accuracy",
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
        units: size of the recurrent state (default: 192)
        depth: recurrent layers one on another (default: 2)
        dropout: part of the outputs dropped in training (default: 0.3)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by its size)
        batch_size: windows a step (default: by the training split)
        learning_rate: of Adam, at its highest (default: 0.0025)
        schedule: of the learning rate (default: cosine)
        warmup: steps in which the learning rate rises from zero (default: 40)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.01)
        patience: epochs without improvement before training stops (default: 15)
        average: best epochs whose weights are averaged at the end (default: 3)
        causal: look back only, so that a label comes with its frame: for live use (default: False)
        encoder: of a frame: cnn, none (of features), or a network of keras.applications such as MobileNetV2
            (default: cnn of frames)
        encoder_weights: of a network of keras.applications: imagenet (downloaded), none, or a file of weights
            (default: imagenet)
        train_encoder: go on training the network of keras.applications (default: True)
        filters: of the first convolution of the cnn (default: 16)
        encoder_size: numbers that a frame becomes (default: 128)
        context: frames before and after that the encoder sees beside each (default: 2)
        smoothing: of the labels in the loss (default: 0.1)
        class_weights: of the labels in the loss: none; balanced, each label as much in all; root, half way
            (default: none)

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
        videos: folder of the videos that a table names (default: the table's own)
        video_column: the column that names the video: its name, or its number from 1 on (default: video)
        frame_column: the column of the frame that a row labels, counted from 0 (default: frame)
        start_column: the column of a segment's first frame or second (default: start)
        end_column: the column of a segment's end (default: end)
        label_column: the column of the label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        segment_unit: of segments (default: by the names of the columns, else seconds where a number has a
            fraction)
        end_included: whether a segment's last frame is the one named as its end (default: told by segments that
            follow)
        fill_label: the label of frames that no row labels (default: none)
        strict: a video that cannot be read ends the training, in place of being left out (default: False)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Frames:
        height: of frames, in pixels (default: by the training split)
        width: of frames, in pixels (default: by the training split)
        color: of frames (default: gray where all frames of the training split are)
        window: frames of a longer clip that training sees at once (default: 256)
        overlap: frames that two windows of a clip share (default: 32)
        background: label that accuracy_without_background leaves out (default: the most frequent one)

    Variation in training:
        flip: mirror a half of the clips; not where labels tell left from right (default: False)
        shift: moves frames by up to this part of their width and height (default: 0.06)
        brightness: changes brightness and contrast by up to this part (default: 0.2)
        speed: plays clips slower and faster by up to this part (default: 0.15)

    Training:
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        monitor: what decides on the best epoch (default: val_accuracy)
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
    videos: str | None = None,
    video_column: str = "video",
    frame_column: str = "frame",
    start_column: str = "start",
    end_column: str = "end",
    label_column: str = "label",
    join_labels: bool = False,
    segment_unit: Literal["frames", "seconds"] | None = None,
    end_included: bool | None = None,
    fill_label: str | None = None,
    strict: bool = False,
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
        videos: folder of the videos that a table names (default: the table's own)
        video_column: the column that names the video: its name, or its number from 1 on (default: video)
        frame_column: the column of the frame that a row labels, counted from 0 (default: frame)
        start_column: the column of a segment's first frame or second (default: start)
        end_column: the column of a segment's end (default: end)
        label_column: the column of the label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        segment_unit: of segments (default: by the names of the columns, else seconds where a number has a
            fraction)
        end_included: whether a segment's last frame is the one named as its end (default: told by segments that
            follow)
        fill_label: the label of frames that no row labels (default: none)
        strict: a video that cannot be read ends the training, in place of being left out (default: False)"""

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
    videos: str | None = None,
    video_column: str = "video",
    frame_column: str = "frame",
    start_column: str = "start",
    end_column: str = "end",
    label_column: str = "label",
    join_labels: bool = False,
    segment_unit: Literal["frames", "seconds"] | None = None,
    end_included: bool | None = None,
    fill_label: str | None = None,
    strict: bool = False,
) -> builtins.list[pipelines.video.answers.Answer]:
    """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file.

    The label of each frame of each clip, with the probabilities of all labels.

    Args:
        captions: a file, such as out.mp4, for the video with its labels written into the frames; of several clips,
            their numbers are added to its name.

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
        videos: folder of the videos that a table names (default: the table's own)
        video_column: the column that names the video: its name, or its number from 1 on (default: video)
        frame_column: the column of the frame that a row labels, counted from 0 (default: frame)
        start_column: the column of a segment's first frame or second (default: start)
        end_column: the column of a segment's end (default: end)
        label_column: the column of the label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        segment_unit: of segments (default: by the names of the columns, else seconds where a number has a
            fraction)
        end_included: whether a segment's last frame is the one named as its end (default: told by segments that
            follow)
        fill_label: the label of frames that no row labels (default: none)
        strict: a video that cannot be read ends the training, in place of being left out (default: False)"""

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
    units: int = 192,
    depth: int = 2,
    dropout: float = 0.3,
    recurrent_dropout: float = 0.0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float = 0.0025,
    schedule: Literal["constant", "cosine"] = "cosine",
    warmup: int = 40,
    weight_decay: float = 0.01,
    patience: int = 15,
    average: int = 3,
    causal: bool = False,
    encoder: str | None = None,
    encoder_weights: str = "imagenet",
    train_encoder: bool = True,
    filters: int = 16,
    encoder_size: int = 128,
    context: int = 2,
    smoothing: float = 0.1,
    class_weights: Literal["none", "balanced", "root"] = "none",
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    videos: str | None = None,
    video_column: str = "video",
    frame_column: str = "frame",
    start_column: str = "start",
    end_column: str = "end",
    label_column: str = "label",
    join_labels: bool = False,
    segment_unit: Literal["frames", "seconds"] | None = None,
    end_included: bool | None = None,
    fill_label: str | None = None,
    strict: bool = False,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    height: int | None = None,
    width: int | None = None,
    color: Literal["gray", "rgb"] | None = None,
    window: int = 256,
    overlap: int = 32,
    background: str | None = None,
    flip: bool = False,
    shift: float = 0.06,
    brightness: float = 0.2,
    speed: float = 0.15,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    monitor: Literal["val_accuracy", "val_loss"] = "val_accuracy",
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
        units: size of the recurrent state (default: 192)
        depth: recurrent layers one on another (default: 2)
        dropout: part of the outputs dropped in training (default: 0.3)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by its size)
        batch_size: windows a step (default: by the training split)
        learning_rate: of Adam, at its highest (default: 0.0025)
        schedule: of the learning rate (default: cosine)
        warmup: steps in which the learning rate rises from zero (default: 40)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.01)
        patience: epochs without improvement before training stops (default: 15)
        average: best epochs whose weights are averaged at the end (default: 3)
        causal: look back only, so that a label comes with its frame: for live use (default: False)
        encoder: of a frame: cnn, none (of features), or a network of keras.applications such as MobileNetV2
            (default: cnn of frames)
        encoder_weights: of a network of keras.applications: imagenet (downloaded), none, or a file of weights
            (default: imagenet)
        train_encoder: go on training the network of keras.applications (default: True)
        filters: of the first convolution of the cnn (default: 16)
        encoder_size: numbers that a frame becomes (default: 128)
        context: frames before and after that the encoder sees beside each (default: 2)
        smoothing: of the labels in the loss (default: 0.1)
        class_weights: of the labels in the loss: none; balanced, each label as much in all; root, half way
            (default: none)

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
        videos: folder of the videos that a table names (default: the table's own)
        video_column: the column that names the video: its name, or its number from 1 on (default: video)
        frame_column: the column of the frame that a row labels, counted from 0 (default: frame)
        start_column: the column of a segment's first frame or second (default: start)
        end_column: the column of a segment's end (default: end)
        label_column: the column of the label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        segment_unit: of segments (default: by the names of the columns, else seconds where a number has a
            fraction)
        end_included: whether a segment's last frame is the one named as its end (default: told by segments that
            follow)
        fill_label: the label of frames that no row labels (default: none)
        strict: a video that cannot be read ends the training, in place of being left out (default: False)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Frames:
        height: of frames, in pixels (default: by the training split)
        width: of frames, in pixels (default: by the training split)
        color: of frames (default: gray where all frames of the training split are)
        window: frames of a longer clip that training sees at once (default: 256)
        overlap: frames that two windows of a clip share (default: 32)
        background: label that accuracy_without_background leaves out (default: the most frequent one)

    Variation in training:
        flip: mirror a half of the clips; not where labels tell left from right (default: False)
        shift: moves frames by up to this part of their width and height (default: 0.06)
        brightness: changes brightness and contrast by up to this part (default: 0.2)
        speed: plays clips slower and faster by up to this part (default: 0.15)

    Training:
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        monitor: what decides on the best epoch (default: val_accuracy)
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
