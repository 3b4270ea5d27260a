"""Text in, class out: everything about such a task but its network.

    labelled texts -> prepare (vocabulary, labels) -> batches -> [model]
                   -> score, answer, sections of the report, serving, mobile

TensorFlow is loaded by the functions that need it.
"""

import dataclasses
import pathlib

import numpy as np

import pipelines
from pipelines.sentiment import data as labelled_texts
from pipelines.shared.data import files, sources

READ_AT_ONCE = 512  # texts


class Preprocessor:
    """Texts to ids, labels to classes and back."""

    def __init__(self, text, labels):
        self.text, self.labels = text, list(labels)
        self.class_ratios = (
            None  # (vocabulary, classes), where it was made from a training split; see sentiment.prepare
        )
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
                f"data: labels that the model was not trained on: {labelled_texts.listed(unknown)}; "
                f"it has {labelled_texts.listed(self._classes)}. Leave those rows out, or train with them"
            )
        return [self._classes[str(label)] for label in labels]

    def sequences(self, texts):
        """A list of ids, an array int32 (time,) a text."""
        parts = map(self.text, pipelines.text.chunks(texts))  # ragged (batch, None)
        return [ids for part in parts for ids in np.split(part.values.numpy(), part.row_splits.numpy()[1:-1])]


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
    mapped = pipelines.batching.mapped
    tokens = mapped(
        pairs.batch(READ_AT_ONCE), lambda texts, classes: (preprocessor.text(texts), classes),
        num_parallel_calls=tf.data.AUTOTUNE,
    )  # fmt: skip
    return pipelines.batching.bucketed(
        mapped(tokens.unbatch(), lambda ids, target: (tf.ensure_shape(ids, [None]), target)),
        config.batch_size, config.buckets, config.seed if training else None,
    )  # fmt: skip


def compiled(config):
    return {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def fit_baseline(preprocessor, examples):
    return pipelines.baselines.fit(examples["text"], preprocessor.classes(examples["label"]), len(preprocessor.labels))


def load_baseline(folder):
    return pipelines.baselines.load(folder)


def probabilities(artifact, texts):
    """float32 (texts, classes), in the order of `texts`."""
    sequences = artifact.preprocessor.sequences(texts)
    answers = np.zeros((len(sequences), len(artifact.preprocessor.labels)), "float32")
    for places, ids, lengths in pipelines.batching.in_length_order(sequences, batch_size=128):
        answers[places] = artifact.infer(ids, lengths)["probabilities"]
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
    return [labelled_texts.checked_text(text, f"predict, text {number}") for number, text in enumerate(inputs, 1)]


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
    headline = {"accuracy": numbers["accuracy"], "macro F1": numbers["macro_f1"], "AUC": numbers.get("auc")}
    beside = report.table("Beside the baselines", ["model", "accuracy", "macro F1"], rows)
    return [
        report.Section("Result on the test split", report.numbers(headline) + beside),
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

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def text(text):
        ids = preprocessor.text(text)  # ragged (batch, None)
        found = artifact.model({"ids": ids.to_tensor(), "lengths": tf.cast(ids.row_lengths(), tf.int32)})
        best = tf.argmax(found, axis=-1)
        return {"label": tf.gather(labels, best), "probability": tf.reduce_max(found, axis=-1), "probabilities": found}

    return {"serving_default": text, "ids": infer(artifact)}


def infer(artifact):
    """A function ids (batch, time), lengths (batch,) -> {"probabilities": (batch, classes)}, traced once."""
    import tensorflow as tf

    specification = [tf.TensorSpec([None, None], tf.int32, "ids"), tf.TensorSpec([None], tf.int32, "lengths")]

    @tf.function(autograph=False, input_signature=specification)
    def from_ids(ids, lengths):
        return {"probabilities": artifact.model({"ids": ids, "lengths": lengths})}

    return from_ids


def mobile(artifact):
    """The .tflite's signatures and the text files beside it."""
    files = {
        "vocabulary.txt": artifact.preprocessor.text.vocabulary,
        "labels.txt": map(str, artifact.preprocessor.labels),
    }
    return {"serving_default": infer(artifact)}, files


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


def serve(artifact, texts):
    """The tensors of the signature of texts, and the model's answers: {"text"}, {"label", "probability"}."""
    answers = artifact.predict(texts)
    expected = {"label": [str(answer["label"]) for answer in answers]}
    expected["probability"] = np.array([answer["probability"] for answer in answers])
    return {"text": np.array(texts, dtype=object)}, expected
