"""The network and the linear model of n-grams as one: the sum of their scores, in the shares that validation says.

    model = blended(model, preprocessor, examples)      examples: the validation split
    completed(model, preprocessor, examples)            n-grams learn from these too, once nothing is to be chosen

The two are learned apart: beside a linear model, which knows its own training texts by heart, the recurrent layers
would learn nothing, and beside one that was fitted without them not even that a "not" turns the word behind it.
"""

import dataclasses
import logging

import keras
import numpy as np
import scipy.optimize
import scipy.special

from pipelines.sentiment import kinds
from pipelines.shared.batches import bucketing

log = logging.getLogger("unroll")

# Shares that are believed in before validation is looked at, those of classes by folds of six sets of 3,000 to 18,000
# texts: recurrent layers are surer of themselves than n-grams are. And the examples that would outweigh this belief.
BELIEF = {"class": (0.25, 0.6), "several": (0.25, 0.6), "number": (0.5, 0.5)}
DOUBT = {"class": 30, "several": 30, "number": 10}


def blended(model, preprocessor, examples):
    """A model that sums the scores of the trained one and those of n-grams; examples: the validation split.

    The share of n-grams is in `preprocessor.ngrams` from now on.
    """
    table, kind = preprocessor.ngrams, kinds.of(preprocessor)
    if table is None or "scores" not in {layer.name for layer in model.layers}:
        return model
    ours, layer = model.get_layer("scores").output, table.layer()  # (batch, units)
    theirs = _spread(layer(model.input["ids"], lengths=model.input["lengths"]), ours.shape[-1])
    scores = _answered(keras.Model(model.input, [ours, theirs]), preprocessor, examples)
    shares = _shares(preprocessor.target, *scores, preprocessor.learned_targets(examples["label"]))
    log.info("network and n-grams: shares of their scores %.2f and %.2f, by validation", *shares)
    preprocessor.ngrams = dataclasses.replace(table, share=shares[1])
    layer.set_weights(preprocessor.ngrams.weights())
    ours = keras.layers.Rescaling(shares[0], dtype="float32", name="share")(ours)
    both = keras.layers.Add(dtype="float32", name="sum")([ours, theirs])
    return keras.Model(model.input, kind.outputs(both), name=model.name)


def completed(model, preprocessor, examples):
    """The blended model, whose n-grams have learned from these examples too.

    The recurrent layers stay as they are: to learn from a tenth more they would have to be trained anew.
    """
    if preprocessor.ngrams is not None and "ngrams" in {layer.name for layer in model.layers}:
        table = preprocessor.ngrams.with_more(preprocessor, examples)
        model.get_layer("ngrams").set_weights(table.weights())
    return model


def _spread(scores, units):
    """(batch, columns) -> (batch, units): a single column is the odds of the second of two classes."""
    if scores.shape[-1] == units:
        return scores
    return keras.layers.Concatenate(dtype="float32", name="odds")([-scores / 2, scores / 2])


def _answered(model, preprocessor, examples):
    """The outputs of the model for each text, in order: arrays (texts, units)."""
    sequences = preprocessor.sequences(examples["text"])
    answers = [np.zeros((len(sequences), output.shape[-1]), np.float32) for output in model.outputs]
    for positions, ids, lengths in bucketing.in_length_order(sequences, 128):
        for answer, output in zip(answers, model({"ids": ids, "lengths": lengths}, training=False), strict=True):
            answer[positions] = output
    return answers


def _shares(target, ours, theirs, targets):
    """(a, b), neither negative, with which a ours + b theirs has the least loss, but for the belief in `BELIEF`.

    >>> right, none = np.array([[3.0, -3.0]] * 500), np.zeros((500, 2))
    >>> a, b = _shares("class", none, right, np.zeros(500, int))
    >>> b > 0.9, round(a, 2)
    (True, 0.25)
    """
    loss, believed = LOSSES[target], np.array(BELIEF[target])

    def of(shares):
        belief = DOUBT[target] / len(targets) * np.square(shares - believed).sum() / 2
        return loss(shares[0] * ours + shares[1] * theirs, targets) + belief

    return scipy.optimize.minimize(of, believed, bounds=[(0, None)] * 2).x.tolist()


def _of_classes(scores, classes):
    return -scipy.special.log_softmax(scores, axis=1)[np.arange(len(classes)), classes].mean()


def _of_labels(scores, indicators):
    return np.logaddexp(0, np.where(indicators == 1, -scores, scores)).sum(axis=1).mean()


def _of_numbers(scores, numbers):
    return np.square(scores - np.reshape(numbers, scores.shape)).mean()


LOSSES = {"class": _of_classes, "several": _of_labels, "number": _of_numbers}
