"""The signatures of an exported text classifier: a SavedModel takes text or ids, a .tflite takes ids.

They give probabilities of classes or of several labels, or the value that is predicted.
"""

import numpy as np
import tensorflow as tf

from pipelines.sentiment import kinds, thresholds
from pipelines.sentiment.answers import outputs
from pipelines.sentiment.browser import browser as browser
from pipelines.shared import defaults
from pipelines.shared.batches import bucketing
from pipelines.shared.text import tokenization

further = defaults.further
PADDED, alike = defaults.PADDED, defaults.alike
VALUE = "the number that is predicted"
MEANINGS = {
    "value": VALUE,
    "step.value": f"{VALUE}, after the steps so far",
    "probabilities": "a probability for each line of labels.txt",
    "step.probabilities": "a probability for each line of labels.txt, after the steps so far",
}


def serving(artifact):
    """The SavedModel's signatures: `serving_default` takes text; `ids` takes ids and needs core operations alone."""
    preprocessor, threshold = artifact.preprocessor, thresholds.of(artifact)
    kind = kinds.of(preprocessor)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def text(text):
        ids = preprocessor.text(text)  # ragged (batch, None)
        outputs = artifact.model({"ids": ids.to_tensor(), "lengths": tf.cast(ids.row_lengths(), tf.int32)})
        return {**kind.served(preprocessor, outputs, threshold), kind.OUTPUT: outputs}

    return {"serving_default": text, "ids": artifact.task.network.infer(artifact)}


def mobile(artifact):
    """The .tflite's signatures and the text files beside it."""
    files = {"vocabulary.txt": artifact.preprocessor.text.vocabulary}
    if artifact.preprocessor.labels:
        files["labels.txt"] = map(str, artifact.preprocessor.labels)
    return {"serving_default": artifact.task.network.infer(artifact)}, files


def probes(artifact, count=8, seed=0):
    """Raw inputs on which exports are compared with the model: random words, an unknown word, an empty text."""
    words = np.array([*artifact.preprocessor.text.vocabulary[2:], "qxzv"])
    draw = np.random.default_rng(seed)
    longest = min(artifact.config.max_length, 60)
    return ["", *(" ".join(draw.choice(words, draw.integers(1, longest + 1))) for _ in range(count - 1))]


def encode(artifact, inputs):
    """The tensors of the `ids` signature, padded, and the model's answers: {"ids", "lengths"}, {"probabilities"}.

    Of numbers the answers are {"value"}.
    """
    sequences = artifact.preprocessor.sequences(inputs)
    ((positions, ids, lengths),) = bucketing.in_length_order(sequences, len(inputs))
    order = np.argsort(positions)
    answers = {kinds.of(artifact.preprocessor).OUTPUT: outputs(artifact, inputs)}
    return {"ids": ids[order], "lengths": lengths[order]}, answers


def serve(artifact, inputs):
    """The tensors of `serving_default` and the model's answers: {"text"}, and as of `kinds`."""
    answers = outputs(artifact, inputs)
    kind = kinds.of(artifact.preprocessor)
    served = kind.served(artifact.preprocessor, tf.constant(answers), thresholds.of(artifact))
    expected = {name: _as_text(value.numpy()) for name, value in served.items()}
    return {"text": np.array(inputs, dtype=object)}, {**expected, kind.OUTPUT: answers}


def _as_text(values):
    return np.char.decode(values.astype("S"), "utf-8") if values.dtype == object else values


def golden(artifact, inputs, answers):
    """{"threshold"}: the probability from which on a label is given, where there is one."""
    threshold = _threshold(artifact)
    return {} if threshold is None else {"threshold": threshold}


def _threshold(artifact):
    return thresholds.of(artifact) or getattr(kinds.of(artifact.preprocessor), "THRESHOLD", None)


def preparation(artifact):
    """How an app turns texts into ids, and how it reads the answers, in sentences."""
    return [*tokenization.preparation(artifact.preprocessor.text), *_reading(artifact)]


def _reading(artifact):
    threshold, preprocessor = _threshold(artifact), artifact.preprocessor
    if preprocessor.target == "several":
        return [f"Answer: a text has each label whose probability is {threshold:g} or more; it may have none."]
    if threshold is not None:
        label = preprocessor.labels[-1]
        return [f"Answer: the label is {label!r} if its probability is {threshold:g} or more, else the other."]
    return []
