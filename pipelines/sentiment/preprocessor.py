"""Labelled texts to tensors: a vocabulary, what is predicted, and batches of like lengths."""

import numpy as np
import tensorflow as tf

from pipelines.sentiment import class_weights, kinds, ngrams, targets, thresholds
from pipelines.shared.batches import bucketing
from pipelines.shared.data import stored
from pipelines.shared.text import tokenization


class Preprocessor:
    """Texts to ids, labels to targets and back.

    target: what is predicted, as of `targets`; labels: the names of classes or labels, in the order of the outputs.
    mean, scale: mean and standard deviation of the numbers of the training split, where a number is predicted.
    threshold: the one that was chosen in validation, or None; see `thresholds`.
    balance: weights of the classes or labels in training, as of `kinds`; None in a restored preprocessor.
    """

    def __init__(self, text, labels, target="class", mean=0.0, scale=1.0, threshold=None):
        self.text, self.labels, self.target = text, list(labels), target
        self._ids = text
        self.mean, self.scale, self.threshold, self.balance = mean, scale, threshold, None
        self.class_ratios = None  # (vocabulary, classes), set by `prepare`; None in a restored preprocessor
        self.ngrams = None  # the `ngrams.Table`, set by `prepare`; None in a restored preprocessor
        self._classes = {str(label): number for number, label in enumerate(self.labels)}

    @property
    def module(self):
        """The tf.Module whose tables a SavedModel has to hold."""
        return self.text

    def state(self):
        state = {"text": self.text.state(), "labels": self.labels, "target": self.target, "threshold": self.threshold}
        return {**state, "mean": self.mean, "scale": self.scale} if self.target == "number" else state

    def targets(self, labels):
        """Labels as the network is to give them: classes int32 (texts,), 0 or 1 for each label int8 (texts, labels), or
        numbers float32 (texts,).

        Raises:
            ValueError: labels that the model was not trained on.
        """
        if self.target == "class":
            return self.classes(labels)
        if self.target == "number":
            return targets.numbers(labels)
        return targets.indicators(labels, self._classes)

    def learned_targets(self, labels):
        """`targets` as the network learns them: numbers float32 (texts,), in standard deviations from the mean."""
        values = self.targets(labels)
        return (values - self.mean) / self.scale if self.target == "number" else values

    def indicators(self, labels):
        """int8 (texts, columns), 1 where a text has a class or label, or where its number is below or above the mean.

        From these come log-count ratios of words, whatever is predicted.
        """
        values = self.targets(labels)
        if self.target == "several":
            return values
        classes = (values > self.mean).astype(np.int32) if self.target == "number" else values
        return np.eye(2 if self.target == "number" else len(self.labels), dtype=np.int8)[classes]

    def classes(self, labels):
        """Labels to class numbers, int32 (labels,); "1" and 1 are the same label.

        Raises:
            ValueError: labels that the model was not trained on.
        """
        labels = stored.Labels.of(labels)
        targets.check_known(map(str, labels.counts()), self._classes)
        numbers = [self._classes.get(str(label), -1) for label in labels.values]
        return np.array(numbers, np.int32)[labels.codes]

    def trace(self):
        """Makes `sequences` a graph: a second once, for many calls of a few texts, each of which takes 1 ms, not 40."""
        text = tf.TensorSpec([None], tf.string, "text")
        self._ids = tf.function(self.text.__call__, input_signature=[text], autograph=False)

    def sequences(self, texts):
        """`stored.Arrays` of ids, int32 (time,) a text."""
        parts = map(self._ids, tokenization.chunks(texts))  # ragged (batch, None)
        return stored.Arrays.of(
            ids for part in parts for ids in np.split(part.values.numpy(), part.row_splits.numpy()[1:-1])
        )


def prepare(examples, config, earlier=None):
    """A `Preprocessor` with vocabulary, labels and each token's log-count ratios, from the training split alone.

    earlier: the preprocessor of what the training starts from; its words stay known.
    """
    _check_effects(config)
    learned = targets.learned(examples["label"], config.target, config.positive)
    _check_target(config, learned["target"], learned["labels"])
    text = tokenization.adapt(
        examples["text"], config.tokens, config.vocabulary_size, config.minimum_count,
        lowercase=config.lowercase, max_length=config.max_length, keep=config.keep,
    )  # fmt: skip
    text = tokenization.joined(earlier.text, text) if hasattr(earlier, "text") else text
    preprocessor = Preprocessor(text, **learned)
    if config.balance:
        values = preprocessor.targets(examples["label"])
        preprocessor.balance = kinds.of(preprocessor).balance(values, len(preprocessor.labels))
    if config.class_weights:
        given = class_weights.of_labels(config.class_weights, preprocessor.labels)
        preprocessor.balance = kinds.of(preprocessor).weights_of(given)
    if config.embedding_initializer == "class_ratios":
        preprocessor.class_ratios = _class_ratios(preprocessor, examples)
    preprocessor.ngrams = ngrams.fit(preprocessor, examples, config)
    return preprocessor


def _check_target(config, target, labels):
    """Refuses settings that say nothing of what is predicted.

    Raises:
        ValueError: a threshold or weights of a number, a positive class of other than two, or one that is not there.
    """
    thresholds.check(config.threshold, target, labels)
    for name in ("balance", "class_weights"):
        if getattr(config, name) and target == "number":
            raise ValueError(f"{name}: has an effect on classes and labels, and a number is predicted; leave it out")
    if config.balance and config.class_weights:
        raise ValueError("balance, class_weights: both say what classes count; leave one of them out")
    if config.positive is None:
        return
    if target != "class" or len(labels) != 2:
        raise ValueError(
            f"positive={config.positive!r}: has an effect with two classes alone, received "
            f"{f'{len(labels)} classes' if target == 'class' else f'target={target!r}'}; leave it out"
        )
    if config.positive not in map(str, labels):
        raise ValueError(f"positive: expected one of {targets.listed(labels)}, received {config.positive!r}")


def _check_effects(config):
    """Refuses settings of vectors that the network would not use.

    Raises:
        ValueError: a setting that would change nothing.
    """
    for name, chosen, needed, met in (
        ("vectors", config.vectors, "input='embedding'", config.input == "embedding"),
        ("train_vectors", not config.train_vectors, "vectors=FILE", config.vectors),
        ("embedding_initializer", config.embedding_initializer == "class_ratios", "input='embedding' and no vectors",
         config.input == "embedding" and not config.vectors),
    ):  # fmt: skip
        if chosen and not met:
            raise ValueError(f"{name}={getattr(config, name)!r}: has an effect with {needed} alone; leave it out")


def _class_ratios(preprocessor, examples):
    """log p(token | class) - log(mean over classes of p(token | class)), an array (vocabulary, classes or labels).

    p comes from the number of texts that hold the token, plus one.

    Reference: Wang & Manning 2012, "Baselines and Bigrams", ACL.
    """
    indicators = preprocessor.indicators(examples["label"])
    counts = np.ones((len(preprocessor.text.vocabulary), indicators.shape[1]))
    for ids, present in zip(preprocessor.sequences(examples["text"]), indicators, strict=True):
        counts[np.unique(ids)] += present
    shares = counts / counts.sum(axis=0)
    return np.log(shares / shares.mean(axis=1, keepdims=True))


def restore(state):
    state = dict(state)
    return Preprocessor(tokenization.TextPreprocessor(**state.pop("text")), **state)


def batches(preprocessor, examples, config, training):
    """Batches of ({"ids": (batch, time), "lengths": (batch,)}, targets (batch, ...)), bucketed by length.

    In training with the setting `balance` or `class_weights` each has weights of the targets too, in validation never.
    """
    batched = bucketing.bucketed(
        preprocessor.sequences(examples["text"]), preprocessor.learned_targets(examples["label"]), config.batch_size,
        config.buckets, config.seed if training else None,
    )  # fmt: skip
    if preprocessor.balance is None or not training:
        return batched
    weights, balance = kinds.of(preprocessor).weights, preprocessor.balance
    return bucketing.mapped(batched, lambda inputs, target: (inputs, target, weights(target, balance)))
