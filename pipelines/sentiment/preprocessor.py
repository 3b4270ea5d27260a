"""Labelled texts to tensors: a vocabulary, labels, and batches of like lengths."""

import numpy as np

from pipelines.sentiment import data
from pipelines.shared.batches import bucketing
from pipelines.shared.data import stored
from pipelines.shared.text import tokenization


class Preprocessor:
    """Texts to ids, labels to classes and back."""

    def __init__(self, text, labels):
        self.text, self.labels = text, list(labels)
        self.class_ratios = None  # (vocabulary, classes), set by `prepare`; None in a restored preprocessor
        self._classes = {str(label): number for number, label in enumerate(self.labels)}

    @property
    def module(self):
        """The tf.Module whose tables a SavedModel has to hold."""
        return self.text

    def state(self):
        return {"text": self.text.state(), "labels": self.labels}

    def classes(self, labels):
        """Labels to class numbers, int32 (labels,); "1" and 1 are the same label.

        Raises:
            ValueError: labels that the model was not trained on.
        """
        labels = stored.Labels.of(labels)
        names = [str(label) for label in labels.counts()]
        unknown = set(names) - set(self._classes)
        if unknown:
            raise ValueError(
                f"data: labels that the model was not trained on: {data.listed(unknown)}; "
                f"it has {data.listed(self._classes)}. Leave those rows out, or train with them"
            )
        numbers = [self._classes.get(str(label), -1) for label in labels.values]
        return np.array(numbers, np.int32)[labels.codes]

    def sequences(self, texts):
        """`stored.Arrays` of ids, int32 (time,) a text."""
        parts = map(self.text, tokenization.chunks(texts))  # ragged (batch, None)
        return stored.Arrays.of(
            ids for part in parts for ids in np.split(part.values.numpy(), part.row_splits.numpy()[1:-1])
        )


def prepare(examples, config, earlier=None):
    """A `Preprocessor` with vocabulary, labels and each token's log-count ratios, from the training split alone.

    earlier: the preprocessor of what the training starts from; its words stay known.
    """
    _check_effects(config)
    text = tokenization.adapt(
        examples["text"], config.tokens, config.vocabulary_size, config.minimum_count,
        lowercase=config.lowercase, max_length=config.max_length, keep=config.keep,
    )  # fmt: skip
    text = tokenization.joined(earlier.text, text) if hasattr(earlier, "text") else text
    labels = {str(label): label for label in examples["label"]}
    numbers = all(name.removeprefix("-").isdecimal() for name in labels)
    preprocessor = Preprocessor(text, [labels[name] for name in sorted(labels, key=int if numbers else None)])
    if config.embedding_initializer == "class_ratios":
        preprocessor.class_ratios = _class_ratios(preprocessor, examples)
    return preprocessor


def _check_effects(config):
    """Refuses settings of vectors that the network would not use.

    Raises:
        ValueError: a setting that would change nothing.
    """
    for name, chosen, needed, met in (
        ("vectors", config.vectors, "input='embedding'", config.input == "embedding"),
        ("train_vectors", not config.train_vectors, "vectors=FILE", config.vectors),
        ("embedding_initializer", config.embedding_initializer != "random", "input='embedding' and no vectors",
         config.input == "embedding" and not config.vectors),
    ):  # fmt: skip
        if chosen and not met:
            raise ValueError(f"{name}={getattr(config, name)!r}: has an effect with {needed} alone; leave it out")


def _class_ratios(preprocessor, examples):
    """log p(token | class) - log(mean over classes of p(token | class)), an array (vocabulary, classes).

    p comes from the number of texts that hold the token, plus one.

    Reference: Wang & Manning 2012, "Baselines and Bigrams", ACL.
    """
    counts = np.ones((len(preprocessor.text.vocabulary), len(preprocessor.labels)))
    pairs = zip(preprocessor.sequences(examples["text"]), preprocessor.classes(examples["label"]), strict=True)
    for ids, target in pairs:
        counts[np.unique(ids), target] += 1
    shares = counts / counts.sum(axis=0)
    return np.log(shares / shares.mean(axis=1, keepdims=True))


def restore(state):
    return Preprocessor(tokenization.TextPreprocessor(**state["text"]), state["labels"])


def batches(preprocessor, examples, config, training):
    """Batches of ({"ids": (batch, time), "lengths": (batch,)}, classes (batch,)), bucketed by length."""
    return bucketing.bucketed(
        preprocessor.sequences(examples["text"]), preprocessor.classes(examples["label"]), config.batch_size,
        config.buckets, config.seed if training else None,
    )  # fmt: skip
