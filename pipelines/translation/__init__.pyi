# Written by `python -m pipelines.shared.stubs`; change what it is made of, not this.

import builtins
import collections.abc
import os
import pathlib
from typing import Any, Literal, overload

import pipelines.options
import pipelines.shared.artifacts.listing
import pipelines.shared.explanation.nearest_words
import pipelines.shared.explanation.word_gates
import pipelines.shared.report.verdict
import pipelines.shared.training.results
import pipelines.translation.answers
from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.task import Task
from pipelines.translation.config import Config as Config
from pipelines.translation.config import Config as _Config

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
        cell: Literal["rnn", "lstm", "gru"] | None = ...,
        units: int | None = ...,
        depth: int = ...,
        dropout: float | None = ...,
        recurrent_dropout: float = ...,
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float | None = ...,
        schedule: Literal["constant", "cosine"] = ...,
        patience: int | None = ...,
        monitor: Literal["val_bleu", "val_loss"] = ...,
        average: int | None = ...,
        label_smoothing: float = ...,
        subword_dropout: float = ...,
        embedding_size: int | None = ...,
        bidirectional: bool = ...,
        tied: bool = ...,
        input_feeding: bool = ...,
        word_dropout: float = ...,
        embedding_dropout: float | None = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        source: str | None = ...,
        target: str | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        beams: int = ...,
        length_penalty: float = ...,
        length_ratio: float = ...,
        validation_sentences: int = ...,
        bleu_tokenize: Literal["13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200"]
        | None = ...,
        vocabulary_size: int | None = ...,
        shared_vocabulary: bool = ...,
        lowercase: bool = ...,
        max_length: int | None = ...,
        warmup: int = ...,
        weight_decay: float = ...,
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
        method: Literal["beam", "greedy", "sample"] = "beam",
        beams: int | None = ...,
        length_penalty: float | None = ...,
        n_best: int = 1,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = ...,
        attention: Literal["subwords", "words"] | None = None,
        copy_unknown: bool = False,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        source: str | None = ...,
        target: str | None = ...,
    ) -> builtins.list[pipelines.translation.answers.Answer]: ...
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
        cell: Literal["rnn", "lstm", "gru"] | None = ...,
        units: int | None = ...,
        depth: int = ...,
        dropout: float | None = ...,
        recurrent_dropout: float = ...,
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float | None = ...,
        schedule: Literal["constant", "cosine"] = ...,
        patience: int | None = ...,
        monitor: Literal["val_bleu", "val_loss"] = ...,
        average: int | None = ...,
        label_smoothing: float = ...,
        subword_dropout: float = ...,
        embedding_size: int | None = ...,
        bidirectional: bool = ...,
        tied: bool = ...,
        input_feeding: bool = ...,
        word_dropout: float = ...,
        embedding_dropout: float | None = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        source: str | None = ...,
        target: str | None = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        beams: int = ...,
        length_penalty: float = ...,
        length_ratio: float = ...,
        validation_sentences: int = ...,
        bleu_tokenize: Literal["13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200"]
        | None = ...,
        vocabulary_size: int | None = ...,
        shared_vocabulary: bool = ...,
        lowercase: bool = ...,
        max_length: int | None = ...,
        warmup: int = ...,
        weight_decay: float = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        buckets: int = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = ...,
        seed: int = ...,
        start_from: str | None = ...,
        freeze: str | None = ...,
    ) -> pipelines.shared.training.results.Result: ...
    def gates(self, text: str) -> pipelines.shared.explanation.word_gates.WordGates: ...
    def nearest(
        self, word: str, *, count: int = 10, side: Literal["source", "target"] = "source"
    ) -> builtins.list[pipelines.shared.explanation.nearest_words.Near]: ...

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
        cell: Literal["rnn", "lstm", "gru"] | None = None,
        units: int | None = None,
        depth: int = 1,
        dropout: float | None = None,
        recurrent_dropout: float = 0.0,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: Literal["constant", "cosine"] = "cosine",
        patience: int | None = None,
        monitor: Literal["val_bleu", "val_loss"] = "val_bleu",
        average: int | None = None,
        label_smoothing: float = 0.1,
        subword_dropout: float = 0.1,
        embedding_size: int | None = None,
        bidirectional: bool = True,
        tied: bool = True,
        input_feeding: bool = False,
        word_dropout: float = 0.0,
        embedding_dropout: float | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        source: str | None = None,
        target: str | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        beams: int = 5,
        length_penalty: float = 1.0,
        length_ratio: float = 2.0,
        validation_sentences: int = 2000,
        bleu_tokenize: Literal["13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200"]
        | None = None,
        vocabulary_size: int | None = None,
        shared_vocabulary: bool = True,
        lowercase: bool = False,
        max_length: int | None = None,
        warmup: int = 0,
        weight_decay: float = 0.0,
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
        method: Literal["beam", "greedy", "sample"] = "beam",
        beams: int | None = None,
        length_penalty: float | None = None,
        n_best: int = 1,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = 0,
        attention: Literal["subwords", "words"] | None = None,
        copy_unknown: bool = False,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        source: str | None = None,
        target: str | None = None,
    ) -> builtins.list[pipelines.translation.answers.Answer]: ...
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
        cell: Literal["rnn", "lstm", "gru"] | None = None,
        units: int | None = None,
        depth: int = 1,
        dropout: float | None = None,
        recurrent_dropout: float = 0.0,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: Literal["constant", "cosine"] = "cosine",
        patience: int | None = None,
        monitor: Literal["val_bleu", "val_loss"] = "val_bleu",
        average: int | None = None,
        label_smoothing: float = 0.1,
        subword_dropout: float = 0.1,
        embedding_size: int | None = None,
        bidirectional: bool = True,
        tied: bool = True,
        input_feeding: bool = False,
        word_dropout: float = 0.0,
        embedding_dropout: float | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        source: str | None = None,
        target: str | None = None,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        beams: int = 5,
        length_penalty: float = 1.0,
        length_ratio: float = 2.0,
        validation_sentences: int = 2000,
        bleu_tokenize: Literal["13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200"]
        | None = None,
        vocabulary_size: int | None = None,
        shared_vocabulary: bool = True,
        lowercase: bool = False,
        max_length: int | None = None,
        warmup: int = 0,
        weight_decay: float = 0.0,
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
    cell: Literal["rnn", "lstm", "gru"] | None = None,
    units: int | None = None,
    depth: int = 1,
    dropout: float | None = None,
    recurrent_dropout: float = 0.0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["constant", "cosine"] = "cosine",
    patience: int | None = None,
    monitor: Literal["val_bleu", "val_loss"] = "val_bleu",
    average: int | None = None,
    label_smoothing: float = 0.1,
    subword_dropout: float = 0.1,
    embedding_size: int | None = None,
    bidirectional: bool = True,
    tied: bool = True,
    input_feeding: bool = False,
    word_dropout: float = 0.0,
    embedding_dropout: float | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    source: str | None = None,
    target: str | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    beams: int = 5,
    length_penalty: float = 1.0,
    length_ratio: float = 2.0,
    validation_sentences: int = 2000,
    bleu_tokenize: Literal["13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200"] | None = None,
    vocabulary_size: int | None = None,
    shared_vocabulary: bool = True,
    lowercase: bool = False,
    max_length: int | None = None,
    warmup: int = 0,
    weight_decay: float = 0.0,
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
        cell: recurrent cell (default: gru of a small network, lstm of a large one)
        units: size of the recurrent state, in each direction (default: by the data)
        depth: recurrent layers of the encoder, and of the decoder above attention (default: 1)
        dropout: part of the layers' outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by the data)
        batch_size: pairs a step on average; each step has about the same number of subwords (default: by the
            data)
        learning_rate: of Adam, at its highest (default: by the size of the network)
        schedule: of the learning rate (default: cosine)
        patience: epochs without improvement before training stops (default: all, since the rate falls to the
            end)
        monitor: what decides on the best epoch (default: val_bleu)
        average: best epochs whose weights are averaged at the end (default: 3 of 20 or more)
        label_smoothing: part of a target spread over all subwords (default: 0.1)
        subword_dropout: part of the joins of subwords left out in training, so that a text falls apart in ever
            other ways; none in the last fifth of the epochs (Provilkov et al. 2020) (default: 0.1)
        embedding_size: length of a subword's vector (default: as units)
        bidirectional: read the source backwards too (default: True)
        tied: one table for the target's vectors and for the scores of the next subword (default: True)
        input_feeding: give each step of the decoder the output of the one before; slower (default: False)
        word_dropout: part of the subwords lost in training, of both sides (default: 0.0)
        embedding_dropout: part of the vectors' numbers dropped in training (default: by the data)

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
        source: column or language to translate from, such as en (default: the first)
        target: column or language to translate to, such as es (default: the other)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Decoding:
        beams: hypotheses followed by beam search; 1 is greedy (default: 5)
        length_penalty: of beam search: 0 none, higher favours longer (Wu et al. 2016) (default: 1.0)
        length_ratio: subwords of a translation at the most: this times its source's, and 20 (default: 2.0)
        validation_sentences: sources translated after each epoch for val_bleu (default: 2000)
        bleu_tokenize: sacreBLEU's tokenizer, for BLEU and val_bleu (none: zh, ja-mecab, ko-mecab, char or 13a,
            by the target language or else by the script of the training targets) (default: none)

    Text:
        vocabulary_size: subwords learned from the training split (default: by the data, from 300 on)
        shared_vocabulary: one vocabulary and one table of vectors for both languages (default: True)
        lowercase: drop letter case (default: False)
        max_length: subwords of a side at the most; longer training pairs are left out (default: by the data,
            120 to 500)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.0)
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
    source: str | None = None,
    target: str | None = None,
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
        source: column or language to translate from, such as en (default: the first)
        target: column or language to translate to, such as es (default: the other)"""

def predict(
    inputs: Any,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    quiet: bool = False,
    method: Literal["beam", "greedy", "sample"] = "beam",
    beams: int | None = None,
    length_penalty: float | None = None,
    n_best: int = 1,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    attention: Literal["subwords", "words"] | None = None,
    copy_unknown: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    source: str | None = None,
    target: str | None = None,
) -> builtins.list[pipelines.translation.answers.Answer]:
    """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file.

    A list of {"translation", "score"}, one per text.

    With n_best above 1 each also has "translations", a list of {"translation", "score"}, best first; with attention,
    "attention", a `word_attention.Attention` of the best translation.

    Translating:
        method: how a translation is looked for (default: beam)
        beams: hypotheses of beam search (none: as the artifact has it) (default: none)
        length_penalty: of beam search (none: as the artifact has it) (default: none)
        n_best: translations of a text, the best first (default: 1)
        temperature: of sampling; below 1 keeps nearer to the likeliest, 0 takes it (default: 1.0)
        top_k: sample from so many likeliest subwords (default: none)
        top_p: sample from the likeliest subwords of this probability (default: none)
        seed: of sampling (default: 0)
        attention: what was looked at, by subword or by word (default: none)
        copy_unknown: words with letters that the network does not know come through as they are
            (default: False)

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
        source: column or language to translate from, such as en (default: the first)
        target: column or language to translate to, such as es (default: the other)"""

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
    cell: Literal["rnn", "lstm", "gru"] | None = None,
    units: int | None = None,
    depth: int = 1,
    dropout: float | None = None,
    recurrent_dropout: float = 0.0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["constant", "cosine"] = "cosine",
    patience: int | None = None,
    monitor: Literal["val_bleu", "val_loss"] = "val_bleu",
    average: int | None = None,
    label_smoothing: float = 0.1,
    subword_dropout: float = 0.1,
    embedding_size: int | None = None,
    bidirectional: bool = True,
    tied: bool = True,
    input_feeding: bool = False,
    word_dropout: float = 0.0,
    embedding_dropout: float | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    source: str | None = None,
    target: str | None = None,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    beams: int = 5,
    length_penalty: float = 1.0,
    length_ratio: float = 2.0,
    validation_sentences: int = 2000,
    bleu_tokenize: Literal["13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200"] | None = None,
    vocabulary_size: int | None = None,
    shared_vocabulary: bool = True,
    lowercase: bool = False,
    max_length: int | None = None,
    warmup: int = 0,
    weight_decay: float = 0.0,
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
        cell: recurrent cell (default: gru of a small network, lstm of a large one)
        units: size of the recurrent state, in each direction (default: by the data)
        depth: recurrent layers of the encoder, and of the decoder above attention (default: 1)
        dropout: part of the layers' outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        epochs: passes over the training split at the most (default: by the data)
        batch_size: pairs a step on average; each step has about the same number of subwords (default: by the
            data)
        learning_rate: of Adam, at its highest (default: by the size of the network)
        schedule: of the learning rate (default: cosine)
        patience: epochs without improvement before training stops (default: all, since the rate falls to the
            end)
        monitor: what decides on the best epoch (default: val_bleu)
        average: best epochs whose weights are averaged at the end (default: 3 of 20 or more)
        label_smoothing: part of a target spread over all subwords (default: 0.1)
        subword_dropout: part of the joins of subwords left out in training, so that a text falls apart in ever
            other ways; none in the last fifth of the epochs (Provilkov et al. 2020) (default: 0.1)
        embedding_size: length of a subword's vector (default: as units)
        bidirectional: read the source backwards too (default: True)
        tied: one table for the target's vectors and for the scores of the next subword (default: True)
        input_feeding: give each step of the decoder the output of the one before; slower (default: False)
        word_dropout: part of the subwords lost in training, of both sides (default: 0.0)
        embedding_dropout: part of the vectors' numbers dropped in training (default: by the data)

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
        source: column or language to translate from, such as en (default: the first)
        target: column or language to translate to, such as es (default: the other)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Decoding:
        beams: hypotheses followed by beam search; 1 is greedy (default: 5)
        length_penalty: of beam search: 0 none, higher favours longer (Wu et al. 2016) (default: 1.0)
        length_ratio: subwords of a translation at the most: this times its source's, and 20 (default: 2.0)
        validation_sentences: sources translated after each epoch for val_bleu (default: 2000)
        bleu_tokenize: sacreBLEU's tokenizer, for BLEU and val_bleu (none: zh, ja-mecab, ko-mecab, char or 13a,
            by the target language or else by the script of the training targets) (default: none)

    Text:
        vocabulary_size: subwords learned from the training split (default: by the data, from 300 on)
        shared_vocabulary: one vocabulary and one table of vectors for both languages (default: True)
        lowercase: drop letter case (default: False)
        max_length: subwords of a side at the most; longer training pairs are left out (default: by the data,
            120 to 500)

    Training:
        warmup: steps in which the learning rate rises from zero (default: 0)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.0)
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

def gates(
    text: str,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
) -> pipelines.shared.explanation.word_gates.WordGates:
    """What the gates of the artifact `name` do at each word of a text, with a picture; see `word_gates.WordGates`.

    What the gates of the encoder do at each subword of a source: numbers, and a picture that a notebook shows.

    Raises:
        ValueError: a text without a word, or a network of cells without gates (cell="rnn")."""

def nearest(
    word: str,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    count: int = 10,
    side: Literal["source", "target"] = "source",
) -> builtins.list[pipelines.shared.explanation.nearest_words.Near]:
    """The words whose trained vectors are nearest to that of a word, for the artifact `name`.

    The `count` words whose trained vectors are nearest to that of a word: a list of {"word", "cosine"}.

    Answers are subwords that begin a word. Of a word of several subwords the mean of their vectors is taken. Where the
    languages share a vocabulary, they share the vectors, and words of both are among the answers.

    Args:
        side: the language of the word, "source" or "target".

    Raises:
        ValueError: another side, or a word with letters that the model did not learn."""
