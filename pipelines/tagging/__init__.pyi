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
import pipelines.tagging.answers
from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.tagging.config import Config as Config
from pipelines.tagging.config import Config as _Config
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
        units: int = ...,
        depth: int = ...,
        dropout: float = ...,
        recurrent_dropout: float = ...,
        valid_fraction: float = ...,
        epochs: int | None = ...,
        batch_size: int = ...,
        learning_rate: float = ...,
        schedule: Literal["constant", "cosine"] = ...,
        patience: int | None = ...,
        monitor: Literal["val_accuracy", "val_f1", "val_loss"] | None = ...,
        average: int = ...,
        bidirectional: bool = ...,
        crf: bool | None = ...,
        embedding_size: int = ...,
        vectors: str | None = ...,
        train_vectors: bool = ...,
        letter_size: int = ...,
        letter_units: int = ...,
        affix_size: int = ...,
        affixes: int = ...,
        word_dropout: float = ...,
        input_dropout: float = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        tag_column: str | None = ...,
        token_column: str | None = ...,
        sentence_column: str | None = ...,
        test_fraction: float = ...,
        vocabulary_size: int = ...,
        minimum_count: int = ...,
        max_letters: int = ...,
        max_length: int = ...,
        splitting: Literal["treebank", "blanks"] | None = ...,
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
        explain: bool = False,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        tag_column: str | None = ...,
        token_column: str | None = ...,
        sentence_column: str | None = ...,
    ) -> builtins.list[pipelines.tagging.answers.Answer]: ...
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
        valid_fraction: float = ...,
        epochs: int | None = ...,
        batch_size: int = ...,
        learning_rate: float = ...,
        schedule: Literal["constant", "cosine"] = ...,
        patience: int | None = ...,
        monitor: Literal["val_accuracy", "val_f1", "val_loss"] | None = ...,
        average: int = ...,
        bidirectional: bool = ...,
        crf: bool | None = ...,
        embedding_size: int = ...,
        vectors: str | None = ...,
        train_vectors: bool = ...,
        letter_size: int = ...,
        letter_units: int = ...,
        affix_size: int = ...,
        affixes: int = ...,
        word_dropout: float = ...,
        input_dropout: float = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        tag_column: str | None = ...,
        token_column: str | None = ...,
        sentence_column: str | None = ...,
        test_fraction: float = ...,
        vocabulary_size: int = ...,
        minimum_count: int = ...,
        max_letters: int = ...,
        max_length: int = ...,
        splitting: Literal["treebank", "blanks"] | None = ...,
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
    def gates(self, text: str | builtins.list[str]) -> pipelines.shared.explanation.word_gates.WordGates: ...
    def nearest(
        self, word: str, *, count: int = 10
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
        cell: Literal["rnn", "lstm", "gru"] = "lstm",
        units: int = 160,
        depth: int = 2,
        dropout: float = 0.5,
        recurrent_dropout: float = 0.0,
        valid_fraction: float = 0.05,
        epochs: int | None = None,
        batch_size: int = 32,
        learning_rate: float = 0.003,
        schedule: Literal["constant", "cosine"] = "cosine",
        patience: int | None = None,
        monitor: Literal["val_accuracy", "val_f1", "val_loss"] | None = None,
        average: int = 3,
        bidirectional: bool = True,
        crf: bool | None = None,
        embedding_size: int = 128,
        vectors: str | None = None,
        train_vectors: bool = True,
        letter_size: int = 32,
        letter_units: int = 48,
        affix_size: int = 32,
        affixes: int = 16384,
        word_dropout: float = 0.25,
        input_dropout: float = 0.3,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        tag_column: str | None = None,
        token_column: str | None = None,
        sentence_column: str | None = None,
        test_fraction: float = 0.1,
        vocabulary_size: int = 50000,
        minimum_count: int = 2,
        max_letters: int = 20,
        max_length: int = 512,
        splitting: Literal["treebank", "blanks"] | None = None,
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
        explain: bool = False,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        tag_column: str | None = None,
        token_column: str | None = None,
        sentence_column: str | None = None,
    ) -> builtins.list[pipelines.tagging.answers.Answer]: ...
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
        cell: Literal["rnn", "lstm", "gru"] = "lstm",
        units: int = 160,
        depth: int = 2,
        dropout: float = 0.5,
        recurrent_dropout: float = 0.0,
        valid_fraction: float = 0.05,
        epochs: int | None = None,
        batch_size: int = 32,
        learning_rate: float = 0.003,
        schedule: Literal["constant", "cosine"] = "cosine",
        patience: int | None = None,
        monitor: Literal["val_accuracy", "val_f1", "val_loss"] | None = None,
        average: int = 3,
        bidirectional: bool = True,
        crf: bool | None = None,
        embedding_size: int = 128,
        vectors: str | None = None,
        train_vectors: bool = True,
        letter_size: int = 32,
        letter_units: int = 48,
        affix_size: int = 32,
        affixes: int = 16384,
        word_dropout: float = 0.25,
        input_dropout: float = 0.3,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        tag_column: str | None = None,
        token_column: str | None = None,
        sentence_column: str | None = None,
        test_fraction: float = 0.1,
        vocabulary_size: int = 50000,
        minimum_count: int = 2,
        max_letters: int = 20,
        max_length: int = 512,
        splitting: Literal["treebank", "blanks"] | None = None,
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
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    units: int = 160,
    depth: int = 2,
    dropout: float = 0.5,
    recurrent_dropout: float = 0.0,
    valid_fraction: float = 0.05,
    epochs: int | None = None,
    batch_size: int = 32,
    learning_rate: float = 0.003,
    schedule: Literal["constant", "cosine"] = "cosine",
    patience: int | None = None,
    monitor: Literal["val_accuracy", "val_f1", "val_loss"] | None = None,
    average: int = 3,
    bidirectional: bool = True,
    crf: bool | None = None,
    embedding_size: int = 128,
    vectors: str | None = None,
    train_vectors: bool = True,
    letter_size: int = 32,
    letter_units: int = 48,
    affix_size: int = 32,
    affixes: int = 16384,
    word_dropout: float = 0.25,
    input_dropout: float = 0.3,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    tag_column: str | None = None,
    token_column: str | None = None,
    sentence_column: str | None = None,
    test_fraction: float = 0.1,
    vocabulary_size: int = 50000,
    minimum_count: int = 2,
    max_letters: int = 20,
    max_length: int = 512,
    splitting: Literal["treebank", "blanks"] | None = None,
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
        cell: recurrent cell (default: lstm)
        units: size of the recurrent state (default: 160)
        depth: recurrent layers one on another (default: 2)
        dropout: part of the outputs dropped in training (default: 0.5)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        valid_fraction: cut off for validation when none is given (default: 0.05)
        epochs: passes over the training split at the most (default: 16 to 40, more of few sentences)
        batch_size: sentences a step (default: 32)
        learning_rate: of Adam, at its highest (default: 0.003)
        schedule: of the learning rate (default: cosine)
        patience: epochs without improvement before training stops (default: a third of all, at least 8)
        monitor: what decides on the best epoch (default: val_f1 where tags are those of entities, else
            val_accuracy)
        average: best epochs whose weights are averaged at the end (default: 3)
        bidirectional: read backwards too (default: True)
        crf: a CRF chooses the best sequence of tags (default: where tags are those of entities)
        embedding_size: length of a word's vector (default: 128)
        vectors: text file of pretrained vectors (GloVe, fastText); sets the embedding size (default: none)
        train_vectors: go on training pretrained vectors (default: True)
        letter_size: length of a letter's vector (default: 32)
        letter_units: size of the state of each reader of letters; 0: none (default: 48)
        affix_size: length of the vector of a beginning or an end of a word; 0: none (default: 32)
        affixes: rows of the table of these vectors (default: 16384)
        word_dropout: part of the words lost in training (default: 0.25)
        input_dropout: part of the vectors' numbers dropped in training (default: 0.3)

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
        tag_column: the column of the tags: its name (upos, xpos, feats, deprel of CoNLL-U), or its number from
            1 on (default: upos; the last one of other CoNLL; tags, ner_tags and such of a table)
        token_column: the column of the words: its name, or its number from 1 on (default: the form; the first
            one; tokens, words)
        sentence_column: of a table with a row a word, the column that tells sentences apart (default: sentence,
            sentence_id ...)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Words:
        vocabulary_size: words kept, the most frequent of the training split (default: 50000)
        minimum_count: times that a word must stand in the training split to be kept; others teach the unknown
            one (default: 2)
        max_letters: letters read of a word; of a longer one, its beginning and its end (default: 20)
        max_length: words of a sentence in training; a longer one is cut into parts (default: 512)
        splitting: how a text is split into words: treebank, or blanks alone (default: as the words of the data
            are)

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
    tag_column: str | None = None,
    token_column: str | None = None,
    sentence_column: str | None = None,
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
        tag_column: the column of the tags: its name (upos, xpos, feats, deprel of CoNLL-U), or its number from
            1 on (default: upos; the last one of other CoNLL; tags, ner_tags and such of a table)
        token_column: the column of the words: its name, or its number from 1 on (default: the form; the first
            one; tokens, words)
        sentence_column: of a table with a row a word, the column that tells sentences apart (default: sentence,
            sentence_id ...)"""

def predict(
    inputs: Any,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    quiet: bool = False,
    explain: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    tag_column: str | None = None,
    token_column: str | None = None,
    sentence_column: str | None = None,
) -> builtins.list[pipelines.tagging.answers.Answer]:
    """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file.

    A list of {"tokens", "tags", "probabilities"}, one for each sentence, and "entities" where tags are theirs.

    explain: add "parts": for each word what each word adds to the log-odds of its tag; see `explanations`.

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
        tag_column: the column of the tags: its name (upos, xpos, feats, deprel of CoNLL-U), or its number from
            1 on (default: upos; the last one of other CoNLL; tags, ner_tags and such of a table)
        token_column: the column of the words: its name, or its number from 1 on (default: the form; the first
            one; tokens, words)
        sentence_column: of a table with a row a word, the column that tells sentences apart (default: sentence,
            sentence_id ...)"""

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
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    units: int = 160,
    depth: int = 2,
    dropout: float = 0.5,
    recurrent_dropout: float = 0.0,
    valid_fraction: float = 0.05,
    epochs: int | None = None,
    batch_size: int = 32,
    learning_rate: float = 0.003,
    schedule: Literal["constant", "cosine"] = "cosine",
    patience: int | None = None,
    monitor: Literal["val_accuracy", "val_f1", "val_loss"] | None = None,
    average: int = 3,
    bidirectional: bool = True,
    crf: bool | None = None,
    embedding_size: int = 128,
    vectors: str | None = None,
    train_vectors: bool = True,
    letter_size: int = 32,
    letter_units: int = 48,
    affix_size: int = 32,
    affixes: int = 16384,
    word_dropout: float = 0.25,
    input_dropout: float = 0.3,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    tag_column: str | None = None,
    token_column: str | None = None,
    sentence_column: str | None = None,
    test_fraction: float = 0.1,
    vocabulary_size: int = 50000,
    minimum_count: int = 2,
    max_letters: int = 20,
    max_length: int = 512,
    splitting: Literal["treebank", "blanks"] | None = None,
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
        cell: recurrent cell (default: lstm)
        units: size of the recurrent state (default: 160)
        depth: recurrent layers one on another (default: 2)
        dropout: part of the outputs dropped in training (default: 0.5)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        valid_fraction: cut off for validation when none is given (default: 0.05)
        epochs: passes over the training split at the most (default: 16 to 40, more of few sentences)
        batch_size: sentences a step (default: 32)
        learning_rate: of Adam, at its highest (default: 0.003)
        schedule: of the learning rate (default: cosine)
        patience: epochs without improvement before training stops (default: a third of all, at least 8)
        monitor: what decides on the best epoch (default: val_f1 where tags are those of entities, else
            val_accuracy)
        average: best epochs whose weights are averaged at the end (default: 3)
        bidirectional: read backwards too (default: True)
        crf: a CRF chooses the best sequence of tags (default: where tags are those of entities)
        embedding_size: length of a word's vector (default: 128)
        vectors: text file of pretrained vectors (GloVe, fastText); sets the embedding size (default: none)
        train_vectors: go on training pretrained vectors (default: True)
        letter_size: length of a letter's vector (default: 32)
        letter_units: size of the state of each reader of letters; 0: none (default: 48)
        affix_size: length of the vector of a beginning or an end of a word; 0: none (default: 32)
        affixes: rows of the table of these vectors (default: 16384)
        word_dropout: part of the words lost in training (default: 0.25)
        input_dropout: part of the vectors' numbers dropped in training (default: 0.3)

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
        tag_column: the column of the tags: its name (upos, xpos, feats, deprel of CoNLL-U), or its number from
            1 on (default: upos; the last one of other CoNLL; tags, ner_tags and such of a table)
        token_column: the column of the words: its name, or its number from 1 on (default: the form; the first
            one; tokens, words)
        sentence_column: of a table with a row a word, the column that tells sentences apart (default: sentence,
            sentence_id ...)
        test_fraction: cut off for the test when none is given (default: 0.1)

    Words:
        vocabulary_size: words kept, the most frequent of the training split (default: 50000)
        minimum_count: times that a word must stand in the training split to be kept; others teach the unknown
            one (default: 2)
        max_letters: letters read of a word; of a longer one, its beginning and its end (default: 20)
        max_length: words of a sentence in training; a longer one is cut into parts (default: 512)
        splitting: how a text is split into words: treebank, or blanks alone (default: as the words of the data
            are)

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

    What the gates of each recurrent layer do at each word of a sentence: numbers, and a picture for a notebook.

    text: a sentence, or the list of its words.

    Raises:
        ValueError: a sentence without a word, or a network of cells without gates (cell="rnn")."""

def nearest(
    word: str,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    count: int = 10,
) -> builtins.list[pipelines.shared.explanation.nearest_words.Near]:
    """The words whose trained vectors are nearest to that of a word, for the artifact `name`.

    The `count` words whose trained vectors are nearest to that of a word: a list of {"word", "cosine"}.

    Words are in small letters. Of several words the mean of their vectors is taken.

    Raises:
        ValueError: a word that the model did not learn; words that are spelled like it are named."""
