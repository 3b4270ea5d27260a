# Written by `python -m pipelines.shared.stubs`; change what it is made of, not this.

import builtins
import collections.abc
import os
import pathlib
from typing import Any, Literal, overload

import pipelines.options
import pipelines.sentiment.answers
import pipelines.shared.artifacts.listing
import pipelines.shared.explanation.nearest_words
import pipelines.shared.explanation.word_gates
import pipelines.shared.report.verdict
import pipelines.shared.training.results
from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.sentiment.config import Config as Config
from pipelines.sentiment.config import Config as _Config
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
        keep: int | Literal["all"] | Literal["start", "end"] = ...,
        callbacks: collections.abc.Sequence[Any] = (),
        quiet: bool = False,
        unlabelled: Any = None,
        pretraining_time: str | float | None = None,
        cell: Literal["rnn", "lstm", "gru"] | None = ...,
        units: int | None = ...,
        depth: int = ...,
        dropout: float | None = ...,
        recurrent_dropout: float = ...,
        ngrams: int | None = ...,
        ngram_penalty: float | None = ...,
        ngram_floor: float | None = ...,
        ngram_letters: int | None = ...,
        embedding_initializer: Literal["random", "class_ratios"] | None = ...,
        input: Literal["embedding", "one_hot"] = ...,
        embedding_size: int | None = ...,
        vectors: str | None = ...,
        train_vectors: bool = ...,
        bidirectional: bool = ...,
        pooling: Literal["last", "max", "mean", "max_mean", "attention"] | None = ...,
        wide: bool = ...,
        word_dropout: float | None = ...,
        embedding_dropout: float = ...,
        l2: float = ...,
        activation: Literal["tanh", "relu", "selu", "softsign"] = ...,
        kernel_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = ...,
        recurrent_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        text_column: str = ...,
        label_column: str = ...,
        join_labels: bool = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        label_separator: str | None = ...,
        tokens: Literal["word", "wordpiece"] | None = ...,
        vocabulary_size: int | None = ...,
        minimum_count: int = ...,
        lowercase: bool = ...,
        max_length: int | None = ...,
        target: Literal["class", "several", "number"] | None = ...,
        positive: str | None = ...,
        balance: bool = ...,
        class_weights: str | None = ...,
        threshold: float | Literal["f1"] | None = ...,
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float | None = ...,
        schedule: Literal["constant", "cosine"] | None = ...,
        warmup: int = ...,
        weight_decay: float = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        patience: int | None = ...,
        monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_average_precision", "val_mae", "val_loss"]
        | None = ...,
        average: int = ...,
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
        threshold: float | None = ...,
        explain: bool = False,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        text_column: str = ...,
        label_column: str = ...,
        join_labels: bool = ...,
        label_separator: str | None = ...,
    ) -> builtins.list[pipelines.sentiment.answers.Answer]: ...
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
        ngrams: int | None = ...,
        ngram_penalty: float | None = ...,
        ngram_floor: float | None = ...,
        ngram_letters: int | None = ...,
        embedding_initializer: Literal["random", "class_ratios"] | None = ...,
        input: Literal["embedding", "one_hot"] = ...,
        embedding_size: int | None = ...,
        vectors: str | None = ...,
        train_vectors: bool = ...,
        bidirectional: bool = ...,
        pooling: Literal["last", "max", "mean", "max_mean", "attention"] | None = ...,
        wide: bool = ...,
        word_dropout: float | None = ...,
        embedding_dropout: float = ...,
        l2: float = ...,
        activation: Literal["tanh", "relu", "selu", "softsign"] = ...,
        kernel_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = ...,
        recurrent_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = ...,
        encoding: str | None = ...,
        delimiter: str | None = ...,
        quoting: Literal["double", "backslash", "single", "none"] | None = ...,
        header: Literal["yes", "no"] | None = ...,
        limit: int | None = ...,
        skip_bad: bool = ...,
        text_column: str = ...,
        label_column: str = ...,
        join_labels: bool = ...,
        valid_fraction: float = ...,
        test_fraction: float = ...,
        label_separator: str | None = ...,
        tokens: Literal["word", "wordpiece"] | None = ...,
        vocabulary_size: int | None = ...,
        minimum_count: int = ...,
        lowercase: bool = ...,
        max_length: int | None = ...,
        keep: Literal["start", "end"] = ...,
        target: Literal["class", "several", "number"] | None = ...,
        positive: str | None = ...,
        balance: bool = ...,
        class_weights: str | None = ...,
        threshold: float | Literal["f1"] | None = ...,
        epochs: int | None = ...,
        batch_size: int | None = ...,
        learning_rate: float | None = ...,
        schedule: Literal["constant", "cosine"] | None = ...,
        warmup: int = ...,
        weight_decay: float = ...,
        clip_norm: float | None = ...,
        time: float | str | None = ...,
        patience: int | None = ...,
        monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_average_precision", "val_mae", "val_loss"]
        | None = ...,
        average: int = ...,
        buckets: int = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = ...,
        seed: int = ...,
        start_from: str | None = ...,
        freeze: str | None = ...,
    ) -> pipelines.shared.training.results.Result: ...
    def gates(self, text: str) -> pipelines.shared.explanation.word_gates.WordGates: ...
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
        keep: int | Literal["all"] | Literal["start", "end"] = 3,
        callbacks: collections.abc.Sequence[Any] = (),
        quiet: bool = False,
        unlabelled: Any = None,
        pretraining_time: str | float | None = None,
        cell: Literal["rnn", "lstm", "gru"] | None = None,
        units: int | None = None,
        depth: int = 1,
        dropout: float | None = None,
        recurrent_dropout: float = 0.0,
        ngrams: int | None = None,
        ngram_penalty: float | None = None,
        ngram_floor: float | None = None,
        ngram_letters: int | None = None,
        embedding_initializer: Literal["random", "class_ratios"] | None = None,
        input: Literal["embedding", "one_hot"] = "embedding",
        embedding_size: int | None = None,
        vectors: str | None = None,
        train_vectors: bool = True,
        bidirectional: bool = True,
        pooling: Literal["last", "max", "mean", "max_mean", "attention"] | None = None,
        wide: bool = False,
        word_dropout: float | None = None,
        embedding_dropout: float = 0.3,
        l2: float = 0.0,
        activation: Literal["tanh", "relu", "selu", "softsign"] = "tanh",
        kernel_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = "glorot_uniform",
        recurrent_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = "orthogonal",
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        text_column: str = "text",
        label_column: str = "label",
        join_labels: bool = False,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        label_separator: str | None = None,
        tokens: Literal["word", "wordpiece"] | None = None,
        vocabulary_size: int | None = None,
        minimum_count: int = 1,
        lowercase: bool = True,
        max_length: int | None = None,
        target: Literal["class", "several", "number"] | None = None,
        positive: str | None = None,
        balance: bool = False,
        class_weights: str | None = None,
        threshold: float | Literal["f1"] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: Literal["constant", "cosine"] | None = None,
        warmup: int = 0,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        patience: int | None = None,
        monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_average_precision", "val_mae", "val_loss"]
        | None = None,
        average: int = 1,
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
        threshold: float | None = None,
        explain: bool = False,
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        text_column: str = "text",
        label_column: str = "label",
        join_labels: bool = False,
        label_separator: str | None = None,
    ) -> builtins.list[pipelines.sentiment.answers.Answer]: ...
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
        ngrams: int | None = None,
        ngram_penalty: float | None = None,
        ngram_floor: float | None = None,
        ngram_letters: int | None = None,
        embedding_initializer: Literal["random", "class_ratios"] | None = None,
        input: Literal["embedding", "one_hot"] = "embedding",
        embedding_size: int | None = None,
        vectors: str | None = None,
        train_vectors: bool = True,
        bidirectional: bool = True,
        pooling: Literal["last", "max", "mean", "max_mean", "attention"] | None = None,
        wide: bool = False,
        word_dropout: float | None = None,
        embedding_dropout: float = 0.3,
        l2: float = 0.0,
        activation: Literal["tanh", "relu", "selu", "softsign"] = "tanh",
        kernel_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = "glorot_uniform",
        recurrent_initializer: Literal[
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
        ] = "orthogonal",
        encoding: str | None = None,
        delimiter: str | None = None,
        quoting: Literal["double", "backslash", "single", "none"] | None = None,
        header: Literal["yes", "no"] | None = None,
        limit: int | None = None,
        skip_bad: bool = False,
        text_column: str = "text",
        label_column: str = "label",
        join_labels: bool = False,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        label_separator: str | None = None,
        tokens: Literal["word", "wordpiece"] | None = None,
        vocabulary_size: int | None = None,
        minimum_count: int = 1,
        lowercase: bool = True,
        max_length: int | None = None,
        keep: Literal["start", "end"] = "end",
        target: Literal["class", "several", "number"] | None = None,
        positive: str | None = None,
        balance: bool = False,
        class_weights: str | None = None,
        threshold: float | Literal["f1"] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: Literal["constant", "cosine"] | None = None,
        warmup: int = 0,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        time: float | str | None = None,
        patience: int | None = None,
        monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_average_precision", "val_mae", "val_loss"]
        | None = None,
        average: int = 1,
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
    keep: int | Literal["all"] | Literal["start", "end"] = 3,
    callbacks: collections.abc.Sequence[Any] = (),
    quiet: bool = False,
    unlabelled: Any = None,
    pretraining_time: str | float | None = None,
    cell: Literal["rnn", "lstm", "gru"] | None = None,
    units: int | None = None,
    depth: int = 1,
    dropout: float | None = None,
    recurrent_dropout: float = 0.0,
    ngrams: int | None = None,
    ngram_penalty: float | None = None,
    ngram_floor: float | None = None,
    ngram_letters: int | None = None,
    embedding_initializer: Literal["random", "class_ratios"] | None = None,
    input: Literal["embedding", "one_hot"] = "embedding",
    embedding_size: int | None = None,
    vectors: str | None = None,
    train_vectors: bool = True,
    bidirectional: bool = True,
    pooling: Literal["last", "max", "mean", "max_mean", "attention"] | None = None,
    wide: bool = False,
    word_dropout: float | None = None,
    embedding_dropout: float = 0.3,
    l2: float = 0.0,
    activation: Literal["tanh", "relu", "selu", "softsign"] = "tanh",
    kernel_initializer: Literal[
        "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
    ] = "glorot_uniform",
    recurrent_initializer: Literal[
        "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
    ] = "orthogonal",
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    text_column: str = "text",
    label_column: str = "label",
    join_labels: bool = False,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    label_separator: str | None = None,
    tokens: Literal["word", "wordpiece"] | None = None,
    vocabulary_size: int | None = None,
    minimum_count: int = 1,
    lowercase: bool = True,
    max_length: int | None = None,
    target: Literal["class", "several", "number"] | None = None,
    positive: str | None = None,
    balance: bool = False,
    class_weights: str | None = None,
    threshold: float | Literal["f1"] | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["constant", "cosine"] | None = None,
    warmup: int = 0,
    weight_decay: float = 0.0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    patience: int | None = None,
    monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_average_precision", "val_mae", "val_loss"]
    | None = None,
    average: int = 1,
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

    Texts without labels:
    unlabelled: texts to learn from first, to tell the next word: a .txt with a text a line, a table, a folder of
        .txt files, or a list of any of these; kept as the artifact `<name>-pretrained`
    pretraining_time: in which learning from them has to end, such as 10m or 1h (default: by their number)

    Network:
        cell: recurrent cell (default: by the data)
        units: size of the recurrent state (default: by the data)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        ngrams: longest runs of tokens that have scores of their own beside the recurrent layers; 0 for none
            (default: by the data)
        ngram_penalty: on the squares of these scores (default: by the data)
        ngram_floor: added to the size of each log-count ratio, so that n-grams that say nothing alone can count
            beside others (default: by the data)
        ngram_letters: longest runs of letters inside a token that have scores, which become part of the
            token's; 0 for none (default: by the data)
        embedding_initializer: where vectors start; class_ratios: some of their numbers at the token's log-count
            ratio in each class (Wang & Manning 2012) (default: by the data)
        input: what a token becomes (default: embedding)
        embedding_size: length of a token's vector (default: by the data)
        vectors: text file of pretrained vectors (GloVe, fastText); sets the embedding size (default: none)
        train_vectors: go on training pretrained vectors (default: True)
        bidirectional: read backwards too (default: True)
        pooling: of the outputs over time (default: by the data)
        wide: give the mean of the vectors to the last layer too (Cheng et al. 2016) (default: False)
        word_dropout: part of the tokens lost in training (default: by the data)
        embedding_dropout: part of the vectors' numbers dropped in training (default: 0.3)
        l2: weight of the squared recurrent weights in the loss (default: 0.0)
        activation: of the recurrent cell (default: tanh)
        kernel_initializer: of the weights of the inputs (default: glorot_uniform)
        recurrent_initializer: of the weights of the state (default: orthogonal)

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
        text_column: the column that holds the texts: its name, or its number from 1 on (default: text)
        label_column: the column that holds the labels; or several with commas between, each of 0 and 1 for one
            label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)
        label_separator: between the labels of a text, where a cell holds several, such as | (default: none)

    Text:
        tokens: what a text is split into (default: by the data)
        vocabulary_size: tokens kept, the most frequent of the training split (default: by the data)
        minimum_count: times that a word must stand in the training split to be kept (default: 1)
        lowercase: drop letter case (default: True)
        max_length: tokens kept of a text (default: by the data)
        keep: which part of a longer text is kept (default: end)

    What is predicted:
        target: class, one of several; several, any number of labels a text; number (default: by the labels)
        positive: which of two classes precision and recall are of (default: the last in order)
        balance: rare classes and labels count as much as frequent ones in the loss of training (default: False)
        class_weights: what each class or label counts in the loss of training, such as spam=5,ham=1 (default:
            1)
        threshold: probability from which on a text is of the positive class, or has a label; f1: the one with
            the best F1 in validation (default: 0.5)

    Training:
        epochs: passes over the training split at the most (default: by the data)
        batch_size: examples a step (default: by the data)
        learning_rate: of Adam, at its highest (default: by the data)
        schedule: of the learning rate (default: by the data)
        warmup: steps in which the learning rate rises from zero (default: 0)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        patience: epochs without improvement before training stops (default: all, since the rate falls to the
            end)
        monitor: what decides on the best epoch (default: by the target)
        average: best epochs whose weights are averaged at the end (default: 1)
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
    text_column: str = "text",
    label_column: str = "label",
    join_labels: bool = False,
    label_separator: str | None = None,
    threshold: float | Literal["f1"] | None = None,
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
        text_column: the column that holds the texts: its name, or its number from 1 on (default: text)
        label_column: the column that holds the labels; or several with commas between, each of 0 and 1 for one
            label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        label_separator: between the labels of a text, where a cell holds several, such as | (default: none)

    What is predicted:
        threshold: probability from which on a text is of the positive class, or has a label; f1: the one with
            the best F1 in validation (default: 0.5)"""

def predict(
    inputs: Any,
    *,
    name: str | None = None,
    version: int | None = None,
    directory: str | os.PathLike[str] = "saved_models",
    quiet: bool = False,
    threshold: float | None = None,
    explain: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    text_column: str = "text",
    label_column: str = "label",
    join_labels: bool = False,
    label_separator: str | None = None,
) -> builtins.list[pipelines.sentiment.answers.Answer]:
    """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file.

    A list with an answer for each text.

    Of classes {"label", "probability", "probabilities": {label: probability}}, of several labels {"labels",
    "probabilities"}, of a number {"value"}.

    threshold: probability from which on a text is of the positive class, or has a label, by default the artifact's.
    explain: add "words": each word with its part in the answer, the log-odds that it is worth, or of a number how much
        of it; see `explanations`.

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
        text_column: the column that holds the texts: its name, or its number from 1 on (default: text)
        label_column: the column that holds the labels; or several with commas between, each of 0 and 1 for one
            label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        label_separator: between the labels of a text, where a cell holds several, such as | (default: none)"""

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
    ngrams: int | None = None,
    ngram_penalty: float | None = None,
    ngram_floor: float | None = None,
    ngram_letters: int | None = None,
    embedding_initializer: Literal["random", "class_ratios"] | None = None,
    input: Literal["embedding", "one_hot"] = "embedding",
    embedding_size: int | None = None,
    vectors: str | None = None,
    train_vectors: bool = True,
    bidirectional: bool = True,
    pooling: Literal["last", "max", "mean", "max_mean", "attention"] | None = None,
    wide: bool = False,
    word_dropout: float | None = None,
    embedding_dropout: float = 0.3,
    l2: float = 0.0,
    activation: Literal["tanh", "relu", "selu", "softsign"] = "tanh",
    kernel_initializer: Literal[
        "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
    ] = "glorot_uniform",
    recurrent_initializer: Literal[
        "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal", "random_uniform"
    ] = "orthogonal",
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["double", "backslash", "single", "none"] | None = None,
    header: Literal["yes", "no"] | None = None,
    limit: int | None = None,
    skip_bad: bool = False,
    text_column: str = "text",
    label_column: str = "label",
    join_labels: bool = False,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    label_separator: str | None = None,
    tokens: Literal["word", "wordpiece"] | None = None,
    vocabulary_size: int | None = None,
    minimum_count: int = 1,
    lowercase: bool = True,
    max_length: int | None = None,
    keep: Literal["start", "end"] = "end",
    target: Literal["class", "several", "number"] | None = None,
    positive: str | None = None,
    balance: bool = False,
    class_weights: str | None = None,
    threshold: float | Literal["f1"] | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    schedule: Literal["constant", "cosine"] | None = None,
    warmup: int = 0,
    weight_decay: float = 0.0,
    clip_norm: float | None = 1.0,
    time: float | str | None = None,
    patience: int | None = None,
    monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_average_precision", "val_mae", "val_loss"]
    | None = None,
    average: int = 1,
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
        cell: recurrent cell (default: by the data)
        units: size of the recurrent state (default: by the data)
        depth: recurrent layers one on another (default: 1)
        dropout: part of the outputs dropped in training (default: by the data)
        recurrent_dropout: part of the recurrent state dropped in training (default: 0.0)
        ngrams: longest runs of tokens that have scores of their own beside the recurrent layers; 0 for none
            (default: by the data)
        ngram_penalty: on the squares of these scores (default: by the data)
        ngram_floor: added to the size of each log-count ratio, so that n-grams that say nothing alone can count
            beside others (default: by the data)
        ngram_letters: longest runs of letters inside a token that have scores, which become part of the
            token's; 0 for none (default: by the data)
        embedding_initializer: where vectors start; class_ratios: some of their numbers at the token's log-count
            ratio in each class (Wang & Manning 2012) (default: by the data)
        input: what a token becomes (default: embedding)
        embedding_size: length of a token's vector (default: by the data)
        vectors: text file of pretrained vectors (GloVe, fastText); sets the embedding size (default: none)
        train_vectors: go on training pretrained vectors (default: True)
        bidirectional: read backwards too (default: True)
        pooling: of the outputs over time (default: by the data)
        wide: give the mean of the vectors to the last layer too (Cheng et al. 2016) (default: False)
        word_dropout: part of the tokens lost in training (default: by the data)
        embedding_dropout: part of the vectors' numbers dropped in training (default: 0.3)
        l2: weight of the squared recurrent weights in the loss (default: 0.0)
        activation: of the recurrent cell (default: tanh)
        kernel_initializer: of the weights of the inputs (default: glorot_uniform)
        recurrent_initializer: of the weights of the state (default: orthogonal)

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
        text_column: the column that holds the texts: its name, or its number from 1 on (default: text)
        label_column: the column that holds the labels; or several with commas between, each of 0 and 1 for one
            label (default: label)
        join_labels: take labels for one that differ in letter case, spaces or as 1 and 1.0 alone
            (default: False)
        valid_fraction: cut off for validation when none is given (default: 0.1)
        test_fraction: cut off for the test when none is given (default: 0.1)
        label_separator: between the labels of a text, where a cell holds several, such as | (default: none)

    Text:
        tokens: what a text is split into (default: by the data)
        vocabulary_size: tokens kept, the most frequent of the training split (default: by the data)
        minimum_count: times that a word must stand in the training split to be kept (default: 1)
        lowercase: drop letter case (default: True)
        max_length: tokens kept of a text (default: by the data)
        keep: which part of a longer text is kept (default: end)

    What is predicted:
        target: class, one of several; several, any number of labels a text; number (default: by the labels)
        positive: which of two classes precision and recall are of (default: the last in order)
        balance: rare classes and labels count as much as frequent ones in the loss of training (default: False)
        class_weights: what each class or label counts in the loss of training, such as spam=5,ham=1 (default:
            1)
        threshold: probability from which on a text is of the positive class, or has a label; f1: the one with
            the best F1 in validation (default: 0.5)

    Training:
        epochs: passes over the training split at the most (default: by the data)
        batch_size: examples a step (default: by the data)
        learning_rate: of Adam, at its highest (default: by the data)
        schedule: of the learning rate (default: by the data)
        warmup: steps in which the learning rate rises from zero (default: 0)
        weight_decay: AdamW's decoupled decay of the weights (default: 0.0)
        clip_norm: global norm to which gradients are clipped (default: 1.0)
        time: in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if
            need be (default: none)
        patience: epochs without improvement before training stops (default: all, since the rate falls to the
            end)
        monitor: what decides on the best epoch (default: by the target)
        average: best epochs whose weights are averaged at the end (default: 1)
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

    What the gates of each recurrent layer do at each word of a text: numbers, and a picture that a notebook shows.

    Raises:
        ValueError: a text without a word, or a network of cells without gates (cell="rnn").

    Example: `artifact.gates("I grew up in France and I speak fluent French").save("gates.png")`"""

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

    Of several words, or of a word of several wordpieces, the mean of their vectors is taken; wordpieces inside words
    are no answers.

    Raises:
        ValueError: a word that the model did not learn; words that are spelled like it are named."""
