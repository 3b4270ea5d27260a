# Written by `python -m pipelines.shared.stubs`; change what it is made of, not this.

import builtins
import collections.abc
import os
import pathlib
from typing import Any, Literal, overload

import pipelines.music.tunes.files
import pipelines.options
import pipelines.shared.artifacts.listing
import pipelines.shared.report.verdict
import pipelines.shared.training.results
from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.music.config import Config as Config
from pipelines.music.config import Config as _Config
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
        patience: int | None = ...,
        monitor: Literal["val_nll", "val_loss"] = ...,
        precision: Literal["float32"] = ...,
        model: Literal["piano_roll", "events"] = ...,
        output: Literal["joint", "independent"] = ...,
        readout_units: int = ...,
        decoder_units: int = ...,
        embedding_size: int = ...,
        input_dropout: float = ...,
        transpose: int | None = ...,
        window: int = ...,
        frames_per_quarter: float = ...,
        chord_symbols: bool = ...,
        limit: int | None = ...,
        steps_per_quarter: int | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        warmup: int = ...,
        weight_decay: float = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        average: int = ...,
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
        length: int | None = None,
        temperature: float = 0.9,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = ...,
        n: int = 1,
        scale: str | collections.abc.Sequence[int] | None = None,
        tempo: float | None = None,
        continue_from: str | pathlib.PurePath | None = None,
        beams: int | None = None,
        output: str | pathlib.PurePath | collections.abc.Sequence[str | pathlib.PurePath] | None = ...,
    ) -> builtins.list[pipelines.music.tunes.files.Tune]: ...
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
        patience: int | None = ...,
        monitor: Literal["val_nll", "val_loss"] = ...,
        precision: Literal["float32"] = ...,
        model: Literal["piano_roll", "events"] = ...,
        output: Literal["joint", "independent"] = ...,
        readout_units: int = ...,
        decoder_units: int = ...,
        embedding_size: int = ...,
        input_dropout: float = ...,
        transpose: int | None = ...,
        window: int = ...,
        frames_per_quarter: float = ...,
        chord_symbols: bool = ...,
        limit: int | None = ...,
        steps_per_quarter: int | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        warmup: int = ...,
        weight_decay: float = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        average: int = ...,
        buckets: int = ...,
        seed: int = ...,
        start_from: str | None = ...,
        freeze: str | None = ...,
    ) -> pipelines.shared.training.results.Result: ...
    def generate(
        self,
        first: int | str | pathlib.PurePath | collections.abc.Sequence[int | str] = 60,
        *,
        length: int | None = None,
        temperature: float = 0.9,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = ...,
        n: int = 1,
        scale: str | collections.abc.Sequence[int] | None = None,
        tempo: float | None = None,
        continue_from: str | pathlib.PurePath | None = None,
        beams: int | None = None,
        output: str | pathlib.PurePath | collections.abc.Sequence[str | pathlib.PurePath] | None = ...,
    ) -> builtins.list[pipelines.music.tunes.files.Tune]: ...

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
        patience: int | None = None,
        monitor: Literal["val_nll", "val_loss"] = "val_nll",
        precision: Literal["float32"] = "float32",
        model: Literal["piano_roll", "events"] = "piano_roll",
        output: Literal["joint", "independent"] = "joint",
        readout_units: int = 400,
        decoder_units: int = 128,
        embedding_size: int = 64,
        input_dropout: float = 0.2,
        transpose: int | None = None,
        window: int = 512,
        frames_per_quarter: float = 1.0,
        chord_symbols: bool = False,
        limit: int | None = None,
        steps_per_quarter: int | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        warmup: int = 0,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        average: int = 1,
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
        length: int | None = None,
        temperature: float = 0.9,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = 0,
        n: int = 1,
        scale: str | collections.abc.Sequence[int] | None = None,
        tempo: float | None = None,
        continue_from: str | pathlib.PurePath | None = None,
        beams: int | None = None,
        output: str | pathlib.PurePath | collections.abc.Sequence[str | pathlib.PurePath] | None = None,
    ) -> builtins.list[pipelines.music.tunes.files.Tune]: ...
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
        patience: int | None = None,
        monitor: Literal["val_nll", "val_loss"] = "val_nll",
        precision: Literal["float32"] = "float32",
        model: Literal["piano_roll", "events"] = "piano_roll",
        output: Literal["joint", "independent"] = "joint",
        readout_units: int = 400,
        decoder_units: int = 128,
        embedding_size: int = 64,
        input_dropout: float = 0.2,
        transpose: int | None = None,
        window: int = 512,
        frames_per_quarter: float = 1.0,
        chord_symbols: bool = False,
        limit: int | None = None,
        steps_per_quarter: int | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        warmup: int = 0,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        average: int = 1,
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
    units: int | None = None,
    depth: int = 1,
    dropout: float | None = None,
    recurrent_dropout: float = 0.0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["constant", "cosine"] = "cosine",
    patience: int | None = None,
    monitor: Literal["val_nll", "val_loss"] = "val_nll",
    precision: Literal["float32"] = "float32",
    model: Literal["piano_roll", "events"] = "piano_roll",
    output: Literal["joint", "independent"] = "joint",
    readout_units: int = 400,
    decoder_units: int = 128,
    embedding_size: int = 64,
    input_dropout: float = 0.2,
    transpose: int | None = None,
    window: int = 512,
    frames_per_quarter: float = 1.0,
    chord_symbols: bool = False,
    limit: int | None = None,
    steps_per_quarter: int | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    warmup: int = 0,
    weight_decay: float = 0.0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    average: int = 1,
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
        units: size of the recurrent state (default: by the data)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the layers' outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by the data)
        batch_size: pieces a step (default: by the data)
        learning_rate: of Adam, at its highest (default: by the size of the network)
        schedule: of the learning rate (default: cosine)
        patience: epochs without improvement before training stops (default: all, since the rate falls to the
            end)
        monitor: what decides on the best epoch (default: val_nll)
        precision: of the computation (default: float32)
        model: how music is written down (default: piano_roll)
        output: of a piano roll's keys: given those below, or each by itself (default: joint)
        readout_units: size of the layer between the state and the keys of a piano roll (default: 400)
        decoder_units: size of the state that goes through the keys of a chord (default: 128)
        embedding_size: length of an event's vector (default: 64)
        input_dropout: part of the keys that sounded dropped in training (default: 0.2)
        transpose: half tones up or down that training moves pieces, at the most (default: by the data)
        window: steps or events of a piece trained on at once; longer ones are cut (default: 512)

    Data:
        frames_per_quarter: steps of JSON files and piano rolls in a quarter note (default: 1.0)
        chord_symbols: play the chord symbols of ABC, in a rhythm that is not written (default: False)
        limit: read so many pieces of each source alone, for a quick look (default: none)
        steps_per_quarter: steps of the model in a quarter note; none: the fewest that catch the notes
            (default: none)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        average: best epochs whose weights are averaged at the end (default: 1)
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
) -> pipelines.shared.report.verdict.Metrics:
    """The metrics of the artifact `name` on `data`, or else on its own test split; see `Artifact.evaluate`."""

def predict(
    inputs: Any,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    quiet: bool = False,
    length: int | None = None,
    temperature: float = 0.9,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    n: int = 1,
    scale: str | collections.abc.Sequence[int] | None = None,
    tempo: float | None = None,
    continue_from: str | pathlib.PurePath | None = None,
    beams: int | None = None,
    output: str | pathlib.PurePath | collections.abc.Sequence[str | pathlib.PurePath] | None = None,
) -> builtins.list[pipelines.music.tunes.files.Tune]:
    """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file.

    A tune for each input, or n of them; the options are those of `generate`:

    Tunes that begin with a note or a chord.

    Args:
        first: what sounds first: a MIDI pitch, "C4", notes such as "C4 E4 G4", a chord such as "Am", a list of these,
            or a file of music, of which the first chord counts.
        length: steps of the whole tune, the beginning included; by default 64, or 64 more than the piece continued.
        temperature: below 1 keeps nearer to what is likely, above 1 dares more; 0 takes the likeliest key each time.
        top_k: draws from only so many of the likeliest keys.
        top_p: draws from only the likeliest keys that together have this probability.
        seed: of the noise; the same seed gives the same tunes.
        n: how many tunes, each from its own noise.
        scale: the keys that may be struck, such as "C major"; see `beginnings.scale`.
        tempo: quarter notes a minute; by default that of the training pieces.
        continue_from: a file of music that the tune continues, in place of `first`.
        beams: searches for the n likeliest tunes with so many beams, instead of drawing.
        output: a file that ends in .mid, .png, .svg or .wav, or several; with n above 1 they are numbered.

    Returns:
        A list of n `Tune`s.

    Raises:
        ValueError: a value is out of range, or a piano does not have the note. TypeError: a value has another type.
        FileNotFoundError: there is no such file."""

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
    patience: int | None = None,
    monitor: Literal["val_nll", "val_loss"] = "val_nll",
    precision: Literal["float32"] = "float32",
    model: Literal["piano_roll", "events"] = "piano_roll",
    output: Literal["joint", "independent"] = "joint",
    readout_units: int = 400,
    decoder_units: int = 128,
    embedding_size: int = 64,
    input_dropout: float = 0.2,
    transpose: int | None = None,
    window: int = 512,
    frames_per_quarter: float = 1.0,
    chord_symbols: bool = False,
    limit: int | None = None,
    steps_per_quarter: int | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    warmup: int = 0,
    weight_decay: float = 0.0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    average: int = 1,
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
        units: size of the recurrent state (default: by the data)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the layers' outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by the data)
        batch_size: pieces a step (default: by the data)
        learning_rate: of Adam, at its highest (default: by the size of the network)
        schedule: of the learning rate (default: cosine)
        patience: epochs without improvement before training stops (default: all, since the rate falls to the
            end)
        monitor: what decides on the best epoch (default: val_nll)
        precision: of the computation (default: float32)
        model: how music is written down (default: piano_roll)
        output: of a piano roll's keys: given those below, or each by itself (default: joint)
        readout_units: size of the layer between the state and the keys of a piano roll (default: 400)
        decoder_units: size of the state that goes through the keys of a chord (default: 128)
        embedding_size: length of an event's vector (default: 64)
        input_dropout: part of the keys that sounded dropped in training (default: 0.2)
        transpose: half tones up or down that training moves pieces, at the most (default: by the data)
        window: steps or events of a piece trained on at once; longer ones are cut (default: 512)

    Data:
        frames_per_quarter: steps of JSON files and piano rolls in a quarter note (default: 1.0)
        chord_symbols: play the chord symbols of ABC, in a rhythm that is not written (default: False)
        limit: read so many pieces of each source alone, for a quick look (default: none)
        steps_per_quarter: steps of the model in a quarter note; none: the fewest that catch the notes
            (default: none)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        average: best epochs whose weights are averaged at the end (default: 1)
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

def generate(
    first: int | str | pathlib.PurePath | collections.abc.Sequence[int | str] = 60,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    length: int | None = None,
    temperature: float = 0.9,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    n: int = 1,
    scale: str | collections.abc.Sequence[int] | None = None,
    tempo: float | None = None,
    continue_from: str | pathlib.PurePath | None = None,
    beams: int | None = None,
    output: str | pathlib.PurePath | collections.abc.Sequence[str | pathlib.PurePath] | None = None,
) -> builtins.list[pipelines.music.tunes.files.Tune]:
    """A list of tunes of the artifact `name` that begin with a note or a chord.

    Tunes that begin with a note or a chord.

    Args:
        first: what sounds first: a MIDI pitch, "C4", notes such as "C4 E4 G4", a chord such as "Am", a list of these,
            or a file of music, of which the first chord counts.
        length: steps of the whole tune, the beginning included; by default 64, or 64 more than the piece continued.
        temperature: below 1 keeps nearer to what is likely, above 1 dares more; 0 takes the likeliest key each time.
        top_k: draws from only so many of the likeliest keys.
        top_p: draws from only the likeliest keys that together have this probability.
        seed: of the noise; the same seed gives the same tunes.
        n: how many tunes, each from its own noise.
        scale: the keys that may be struck, such as "C major"; see `beginnings.scale`.
        tempo: quarter notes a minute; by default that of the training pieces.
        continue_from: a file of music that the tune continues, in place of `first`.
        beams: searches for the n likeliest tunes with so many beams, instead of drawing.
        output: a file that ends in .mid, .png, .svg or .wav, or several; with n above 1 they are numbered.

    Returns:
        A list of n `Tune`s.

    Raises:
        ValueError: a value is out of range, or a piano does not have the note. TypeError: a value has another type.
        FileNotFoundError: there is no such file."""
