"""The probability from which on a text is of the positive class, or has a label.

chosen(probabilities, truth)        the one with the best F1, on the validation split alone
of(artifact)                        the artifact's, or the one that is asked for; None for the most probable class
"""

import logging

import numpy as np
import sklearn.metrics

from pipelines import settings
from pipelines.shared.batches import bucketing

log = logging.getLogger("unroll")


def chosen(probabilities, truth):
    """The threshold with the best F1, in the middle between the two probabilities that it parts.

    Args:
        probabilities, truth: (examples,); of several labels, those of all together.

    >>> chosen(np.array([0.1, 0.2, 0.4, 0.9]), np.array([0, 0, 1, 1]))
    0.3
    """
    precision, recall, thresholds = sklearn.metrics.precision_recall_curve(truth, probabilities)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(f1[:-1].argmax())
    below = probabilities[probabilities < thresholds[best]]
    threshold = (thresholds[best] + (below.max() if len(below) else 0)) / 2
    return round(float(np.clip(threshold, 1e-6, 1 - 1e-6)), 6)


def learned(model, preprocessor, examples):
    """The threshold with the best F1 of a model on examples, which is printed; of several labels for all together."""
    truth, positive = preprocessor.targets(examples["label"]), []
    sequences = preprocessor.sequences(examples["text"])
    for positions, ids, lengths in bucketing.in_length_order(sequences, batch_size=128):
        answers, known = np.asarray(model({"ids": ids, "lengths": lengths})), truth[positions]
        answers = answers[:, 1] if preprocessor.target == "class" else answers
        positive.append(np.stack([np.ravel(answers), np.ravel(known)]))
    probabilities, known = np.concatenate(positive, axis=1)
    if not known.any():
        log.warning("threshold='f1': no example of validation is positive, so that it is 0.5")
        return 0.5
    threshold = chosen(probabilities, known)
    log.info("threshold %g has the best F1 in validation", threshold)
    return threshold


def of(artifact, asked=None):
    """The artifact's threshold, or the one asked for; None where there is none: 0.5, or the most probable class.

    Raises:
        ValueError: out of range, "f1" where none was chosen, or where a threshold says nothing.
    """
    config = artifact.config if asked is None else settings.create(type(artifact.config), {"threshold": asked})
    check(config.threshold, artifact.preprocessor.target, artifact.preprocessor.labels)
    if config.threshold != "f1":
        return config.threshold
    if artifact.preprocessor.threshold is None:
        raise ValueError("threshold='f1': is chosen in training, on the validation split; give a number")
    return artifact.preprocessor.threshold


def check(threshold, target, labels):
    """Refuses a threshold that says nothing."""
    if threshold is None:
        return
    if target == "number":
        raise ValueError("threshold: has an effect on probabilities, and a number is predicted; leave it out")
    if target == "class" and len(labels) > 2:
        raise ValueError(
            f"threshold: expected two classes or several labels a text, received {len(labels)} classes, of which the "
            "most probable is answered; leave it out, or say target='several'"
        )
