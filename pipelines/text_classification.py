"""Text in, class out: everything about such a task but its network.

    labelled texts -> load_splits -> prepare (vocabulary, labels) -> batches -> [model] -> score, answer, sections, serving, mobile

A text is a row of the columns `text` and `label`. TensorFlow is loaded by the functions that need it.
"""

import collections
import dataclasses
import logging
import pathlib

import numpy as np

import pipelines
from pipelines import sources

log = logging.getLogger("unroll")


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
        """Labels to class numbers; "1" and 1 are the same label."""
        return [self._classes[str(label)] for label in labels]

    def sequences(self, texts):
        """A list of ids, an array a text."""
        import tensorflow as tf

        batches = tf.data.Dataset.from_tensor_slices(list(texts)).batch(512).map(self.text)
        return [row.numpy() for batch in batches for row in batch]


def load_examples(data, config, download=False):
    """{"text": [...], "label": [...]}; rows without a text or a label are left out, and said."""
    if data is None:
        return dict(zip(("text", "label"), pipelines.sentiment_sample.generate(), strict=True))
    columns = sources.read(data, [config.text_column, config.label_column], download)
    rows = [(str(text), label) for text, label in zip(*columns.values(), strict=True)]
    kept = [(text, label) for text, label in rows if text.strip() and str(label).strip()]
    if len(kept) < len(rows):
        log.warning("%d of %d rows have an empty text or label and are left out", len(rows) - len(kept), len(rows))
    if not kept:
        raise ValueError(f"data: expected texts, received {len(rows)} rows, all of them empty")
    return {"text": [text for text, _ in kept], "label": [label for _, label in kept]}


def load_splits(data, valid, test, config, download=False):
    """The splits; what is not given is cut off by content, so that a text never stands in two of them."""
    columns = load_examples(data, config, download)
    given = {"valid": valid, "test": test}
    fractions = {"valid": config.valid_fraction, "test": config.test_fraction}
    cut = {name: fractions[name] for name, source in given.items() if source is None and fractions[name]}
    splits = sources.split(columns, "text", cut)
    splits |= {name: load_examples(source, config, download) for name, source in given.items() if source is not None}
    _check(splits)
    return splits


def _check(splits):
    sizes = ", ".join(f"{len(columns['text'])} {name}" for name, columns in splits.items())
    known = collections.Counter(str(label) for label in splits["train"]["label"])
    if len(known) < 2:
        raise ValueError(
            f"data: expected two or more labels in the training split, received {', '.join(known) or 'none'} ({sizes})"
        )
    for name, columns in splits.items():
        if not columns["text"]:
            raise ValueError(
                f"data: too few examples, the split {name!r} is empty ({sizes}); give more, or give {name}="
            )
        unknown = sorted({str(label) for label in columns["label"]} - set(known))
        if unknown:
            raise ValueError(
                f"{name}: labels that the training split does not have: {_some(unknown)}; it has {_some(sorted(known))}"
            )


def _some(names):
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


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
    tokens = pairs.batch(512).map(lambda texts, classes: (preprocessor.text(texts), classes)).unbatch()
    return pipelines.batching.bucketed(
        tokens.map(lambda ids, target: (tf.ensure_shape(ids, [None]), target)),
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
    truth = np.array(_known_classes(artifact.preprocessor, examples["label"]))
    found = probabilities(artifact, examples["text"])
    numbers = pipelines.classification.metrics(artifact.preprocessor.labels, truth, found)
    return {**numbers, **artifact.baseline.metrics(examples["text"], truth)}


def _known_classes(preprocessor, labels):
    unknown = sorted({str(label) for label in labels} - {str(label) for label in preprocessor.labels})
    if unknown:
        raise ValueError(
            f"data: labels that the model was not trained on: {_some(unknown)}; it has {_some(preprocessor.labels)}"
        )
    return preprocessor.classes(labels)


def read_inputs(inputs, config):
    """A list of texts, from a text, a list of them, or a file: .csv, .tsv, .jsonl with the column, .txt with a text a line."""
    if isinstance(inputs, str) and pathlib.Path(inputs).suffix not in (*sources.SUFFIXES, ".txt"):
        return [inputs]
    if isinstance(inputs, (str, pathlib.PurePath)):
        return sources.read_texts(inputs, config.text_column)
    texts = list(inputs)
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise TypeError(f"predict: expected a list of strings, received {type(wrong).__name__} in it")
    return texts


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
    rows = [
        [name, numbers.get(f"{key}accuracy"), numbers.get(f"{key}macro_f1")]
        for name, key in (("this model", ""), ("linear (tf-idf, words and pairs)", "baseline_linear_"), ("majority class", "baseline_majority_"))
    ]  # fmt: skip
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
    labels = artifact.preprocessor.labels
    return [
        (examples["text"][row], {"truth": labels[truth[row]], "predicted": labels[found[row].argmax()], "probability of the truth": float(right[row])})
        for row in np.argsort(right)[:count]
        if found[row].argmax() != truth[row]
    ]  # fmt: skip


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
    """Raw inputs on which exports are compared with the model: random words of the vocabulary, unknown ones, an empty text."""
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
