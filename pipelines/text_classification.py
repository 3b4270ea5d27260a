"""Text in, class out: everything about such a task but its network.

    labelled texts -> load_splits -> prepare (vocabulary, labels) -> batches -> [model]
                   -> score, answer, sections of the report, serving, mobile

A text is a row of the columns `text` and `label`. Labels are strings, without white space around them, or integers;
1 and "1" are the same label. TensorFlow is loaded by the functions that need it.
"""

import collections
import dataclasses
import logging
import pathlib

import numpy as np

import pipelines
from pipelines import files, sources

log = logging.getLogger("unroll")

READ_AT_ONCE = 512  # texts


class Preprocessor:
    """Texts to ids, labels to classes and back."""

    def __init__(self, text, labels):
        self.text, self.labels = text, list(labels)
        self._classes = {str(label): number for number, label in enumerate(self.labels)}

    @property
    def module(self):
        """The tf.Module whose tables a SavedModel has to hold."""
        return self.text

    def state(self):
        return {"text": self.text.state(), "labels": self.labels}

    def classes(self, labels):
        """Labels to class numbers; "1" and 1 are the same label.

        Raises:
            ValueError: labels that the model was not trained on.
        """
        unknown = {str(label) for label in labels} - set(self._classes)
        if unknown:
            raise ValueError(
                f"data: labels that the model was not trained on: {_some(unknown)}; it has {_some(self._classes)}. "
                "Leave those rows out, or train with them"
            )
        return [self._classes[str(label)] for label in labels]

    def sequences(self, texts):
        """A list of ids, an array int32 (time,) a text."""
        parts = map(self.text, pipelines.text.chunks(texts))  # ragged (batch, None)
        return [ids for part in parts for ids in np.split(part.values.numpy(), part.row_splits.numpy()[1:-1])]


def load_examples(data, config, download=False):
    """{"text": [...], "label": [...]}; rows without a text or a label are left out, and said."""
    if data is None:
        return dict(zip(("text", "label"), pipelines.sentiment_sample.generate(), strict=True))
    if config.text_column == config.label_column:
        raise ValueError(f"label_column: expected another column than text_column's, received {config.label_column!r}")
    columns = sources.read(data, [config.text_column, config.label_column], download)
    texts, labels = columns[config.text_column], columns[config.label_column]
    rows = [
        (_text(_given(text), f"data, example {number}"), _label(_given(label), f"data, example {number}"))
        for number, (text, label) in enumerate(zip(texts, labels, strict=True), 1)
    ]
    kept = [(text, label) for text, label in rows if text.strip() and label != ""]
    if len(kept) < len(rows):
        log.warning("%d of %d rows have an empty text or label and are left out", len(rows) - len(kept), len(rows))
    if not kept:
        raise ValueError(f"data: expected texts with labels, received {len(rows)} rows without a text or a label")
    return {"text": [text for text, _ in kept], "label": [label for _, label in kept]}


def _given(value):
    return "" if sources.missing(value) else value


def _text(value, place):
    if not isinstance(value, str):
        raise TypeError(f"{place}: expected a string as the text, received {type(value).__name__} {value!r:.60}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{place}: expected text that UTF-8 can hold, received half a surrogate pair at character {error.start}; "
            "the text was cut or decoded wrongly"
        ) from error
    return value


def _label(value, place):
    if not isinstance(value, (str, int)):
        raise TypeError(
            f"{place}: expected a string or an integer as the label, received {type(value).__name__} {value!r:.60}; "
            "turn the labels into either"
        )
    return _text(value, place).strip() if isinstance(value, str) else value


def load_splits(data, valid, test, config, download=False):
    """The splits; what is not given is cut off by content, so that a text never stands in two of them.

    A test split that is not given and of which the fraction is 0 is left out.
    """
    given = {"valid": valid, "test": test}
    fractions = {"valid": config.valid_fraction, "test": config.test_fraction}
    cut = {name: fractions[name] for name, source in given.items() if source is None and fractions[name]}
    if sum(cut.values()) >= 1:
        raise ValueError(f"valid_fraction, test_fraction: expected a sum below 1, received {sum(cut.values()):g}")
    columns = load_examples(data, config, download)
    splits = sources.split(columns, "text", cut)
    splits |= {name: load_examples(source, config, download) for name, source in given.items() if source is not None}
    _check(splits)
    return splits


def _check(splits):
    sizes = ", ".join(f"{len(columns['text'])} {name}" for name, columns in splits.items())
    known = collections.Counter(str(label) for label in splits["train"]["label"])
    if len(known) < 2:
        raise ValueError(
            f"data: expected two or more labels in the training split, received {', '.join(known) or 'none'} "
            f"({sizes}); give more examples, and check the column of the labels"
        )
    for name, columns in splits.items():
        if not columns["text"]:
            raise ValueError(
                f"data: too few examples, the split {name!r} is empty ({sizes}); give more, or give {name}="
            )
        unknown = {str(label) for label in columns["label"]} - set(known)
        if unknown:
            raise ValueError(
                f"{name}: labels that the training split does not have: {_some(unknown)}; it has {_some(known)}. "
                f"Give more examples of them, leave them out, or give other {name}="
            )
    _warn_of_leaks(splits)


def _warn_of_leaks(splits):
    seen = set(splits["train"]["text"])
    for name in splits.keys() - {"train"}:
        shared = sum(text in seen for text in splits[name]["text"])
        if shared:
            log.warning("%s: %d of %d texts stand in the training split too", name, shared, len(splits[name]["text"]))


def _some(names, shown=10):
    names = sorted(map(str, names))
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def prepare(examples, config):
    """Vocabulary and labels, of the training split alone."""
    text = pipelines.text.adapt(
        examples["text"], config.tokens, config.vocabulary_size, config.minimum_count,
        lowercase=config.lowercase, max_length=config.max_length, keep=config.keep,
    )  # fmt: skip
    labels = {str(label): label for label in examples["label"]}
    numbers = all(name.removeprefix("-").isdecimal() for name in labels)
    return Preprocessor(text, [labels[name] for name in sorted(labels, key=int if numbers else None)])


def restore(state):
    return Preprocessor(pipelines.text.TextPreprocessor(**state["text"]), state["labels"])


def batches(preprocessor, examples, config, training):
    """Batches of ({"ids": (batch, time), "lengths": (batch,)}, classes (batch,)), bucketed by length."""
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((examples["text"], preprocessor.classes(examples["label"])))
    tokens = pairs.batch(READ_AT_ONCE).map(
        lambda texts, classes: (preprocessor.text(texts), classes), num_parallel_calls=tf.data.AUTOTUNE
    )
    return pipelines.batching.bucketed(
        tokens.unbatch().map(lambda ids, target: (tf.ensure_shape(ids, [None]), target)),
        config.batch_size, config.buckets, config.seed if training else None,
    )  # fmt: skip


def fit_baseline(preprocessor, examples):
    return pipelines.baselines.fit(examples["text"], preprocessor.classes(examples["label"]), len(preprocessor.labels))


def load_baseline(folder):
    return pipelines.baselines.load(folder)


def probabilities(artifact, texts):
    """float32 (texts, classes), in the order of `texts`."""
    sequences = artifact.preprocessor.sequences(texts)
    answers = np.zeros((len(sequences), len(artifact.preprocessor.labels)), "float32")
    for places, ids, lengths in pipelines.batching.in_length_order(sequences, batch_size=128):
        answers[places] = artifact.model.predict_on_batch({"ids": ids, "lengths": lengths})
    return answers


def score(artifact, examples):
    """The classifier's metrics and those of the baselines."""
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    found = probabilities(artifact, examples["text"])
    numbers = pipelines.classification.metrics(artifact.preprocessor.labels, truth, found)
    return {**numbers, **artifact.baseline.metrics(examples["text"], truth)}


def read_inputs(inputs, config):
    """A list of texts, from a text, a list of them, or a file: .csv, .tsv or .jsonl, or .txt with a text a line."""
    if isinstance(inputs, str) and pathlib.Path(inputs).suffix.lower() not in (*files.SUFFIXES, ".txt"):
        inputs = [inputs]
    elif isinstance(inputs, (str, pathlib.PurePath)):
        inputs = sources.read_texts(inputs, config.text_column)
    if isinstance(inputs, (bytes, dict)) or not hasattr(inputs, "__iter__"):
        raise TypeError(f"predict: expected a text, a list of texts or a file, received {type(inputs).__name__}")
    return [_text(text, f"predict, text {number}") for number, text in enumerate(inputs, 1)]


def answer(artifact, texts):
    """A list of {"label", "probability", "probabilities": {label: probability}}, one a text."""
    labels = artifact.preprocessor.labels
    answers = []
    for row in probabilities(artifact, texts) if texts else []:
        best = int(row.argmax())
        each = {str(label): float(value) for label, value in zip(labels, row, strict=True)}
        answers.append({"label": labels[best], "probability": float(row[best]), "probabilities": each})
    return answers


def sections(artifact, examples):
    """The report: the numbers beside the baselines, curves, confusion, the examples it got most wrong."""
    report, numbers, labels = pipelines.report, artifact.metrics, artifact.preprocessor.labels
    compared = {
        "this model": "",
        "linear (tf-idf, words and pairs)": "baseline_linear_",
        "majority class": "baseline_majority_",
    }
    rows = [[name, numbers.get(f"{key}accuracy"), numbers.get(f"{key}macro_f1")] for name, key in compared.items()]
    matrix = pipelines.classification.confusion(numbers, labels)
    settings = [[name, str(value)] for name, value in dataclasses.asdict(artifact.config).items()]
    return [
        report.Section("Result", report.table("On the test split", ["model", "accuracy", "macro F1"], rows)),
        report.Section("Learning curves", report.learning_curves(artifact.history)),
        report.Section("Confusion", report.confusion_matrix(labels, matrix)),
        report.Section(
            "Most wrong",
            report.examples("Texts whose true label got the least probability", _worst(artifact, examples)),
        ),
        report.Section("Settings", report.table("Settings of the training", ["setting", "value"], settings)),
    ]


def _worst(artifact, examples, count=10):
    found = probabilities(artifact, examples["text"])
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    right = found[np.arange(len(truth)), truth]  # (examples,) probability of the true label
    best = found.argmax(axis=1)  # (examples,)
    labels = artifact.preprocessor.labels
    return [
        (
            examples["text"][row],
            {
                "truth": labels[truth[row]],
                "predicted": labels[best[row]],
                "probability of the truth": float(right[row]),
            },
        )
        for row in np.argsort(right)[:count]
        if best[row] != truth[row]
    ]


def serving(artifact):
    """The SavedModel's signatures: text in (`serving_default`), and ids in, of core operations alone (`ids`)."""
    import tensorflow as tf

    preprocessor, labels = artifact.preprocessor, tf.constant([str(label) for label in artifact.preprocessor.labels])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def text(text):
        ids = preprocessor.text(text)  # ragged (batch, None)
        found = artifact.model({"ids": ids.to_tensor(), "lengths": tf.cast(ids.row_lengths(), tf.int32)})
        best = tf.argmax(found, axis=-1)
        return {"label": tf.gather(labels, best), "probability": tf.reduce_max(found, axis=-1), "probabilities": found}

    return {"serving_default": text, "ids": ids_function(artifact)}


def ids_function(artifact):
    """ids (batch, time), lengths (batch,) -> probabilities (batch, classes)."""
    import tensorflow as tf

    specification = [tf.TensorSpec([None, None], tf.int32, "ids"), tf.TensorSpec([None], tf.int32, "lengths")]

    @tf.function(input_signature=specification)
    def from_ids(ids, lengths):
        return {"probabilities": artifact.model({"ids": ids, "lengths": lengths})}

    return from_ids


def mobile(artifact):
    """The .tflite's signatures and the text files beside it."""
    files = {
        "vocabulary.txt": artifact.preprocessor.text.vocabulary,
        "labels.txt": map(str, artifact.preprocessor.labels),
    }
    return {"serving_default": ids_function(artifact)}, files


def probes(artifact, count=8, seed=0):
    """Raw inputs on which exports are compared with the model: random words, an unknown one, an empty text."""
    words = np.array([*artifact.preprocessor.text.vocabulary[2:], "qxzv"])
    draw = np.random.default_rng(seed)
    longest = min(artifact.config.max_length, 60)
    return ["", *(" ".join(draw.choice(words, draw.integers(1, longest + 1))) for _ in range(count - 1))]


def encode(artifact, texts):
    """The tensors of the `ids` signature, padded, and the model's answers: {"ids", "lengths"}, {"probabilities"}."""
    sequences = artifact.preprocessor.sequences(texts)
    ((places, ids, lengths),) = pipelines.batching.in_length_order(sequences, len(texts))
    order = np.argsort(places)
    return {"ids": ids[order], "lengths": lengths[order]}, {"probabilities": probabilities(artifact, texts)}
