"""The signatures of an exported text classifier: a SavedModel takes text or ids, a .tflite takes ids."""

import numpy as np
import tensorflow as tf

from pipelines.sentiment.answers import probabilities
from pipelines.shared import defaults
from pipelines.shared.batches import bucketing
from pipelines.shared.text import tokenization

further = defaults.further
golden = defaults.golden
MEANINGS = {
    "probabilities": "a probability for each line of labels.txt",
    "step.probabilities": "a probability for each line of labels.txt, after the steps so far",
}


def serving(artifact):
    """The SavedModel's signatures: `serving_default` takes text; `ids` takes ids and needs core operations alone."""
    preprocessor, labels = artifact.preprocessor, tf.constant([str(label) for label in artifact.preprocessor.labels])

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def text(text):
        ids = preprocessor.text(text)  # ragged (batch, None)
        outputs = artifact.model({"ids": ids.to_tensor(), "lengths": tf.cast(ids.row_lengths(), tf.int32)})
        best = tf.argmax(outputs, axis=-1)
        return {
            "label": tf.gather(labels, best),
            "probability": tf.reduce_max(outputs, axis=-1),
            "probabilities": outputs,
        }

    return {"serving_default": text, "ids": artifact.task.network.infer(artifact)}


def mobile(artifact):
    """The .tflite's signatures and the text files beside it."""
    files = {
        "vocabulary.txt": artifact.preprocessor.text.vocabulary,
        "labels.txt": map(str, artifact.preprocessor.labels),
    }
    return {"serving_default": artifact.task.network.infer(artifact)}, files


def probes(artifact, count=8, seed=0):
    """Raw inputs on which exports are compared with the model: random words, an unknown word, an empty text."""
    words = np.array([*artifact.preprocessor.text.vocabulary[2:], "qxzv"])
    draw = np.random.default_rng(seed)
    longest = min(artifact.config.max_length, 60)
    return ["", *(" ".join(draw.choice(words, draw.integers(1, longest + 1))) for _ in range(count - 1))]


def encode(artifact, inputs):
    """The tensors of the `ids` signature, padded, and the model's answers: {"ids", "lengths"}, {"probabilities"}."""
    sequences = artifact.preprocessor.sequences(inputs)
    ((positions, ids, lengths),) = bucketing.in_length_order(sequences, len(inputs))
    order = np.argsort(positions)
    return {"ids": ids[order], "lengths": lengths[order]}, {"probabilities": probabilities(artifact, inputs)}


def serve(artifact, inputs):
    """The tensors of `serving_default` and the model's answers: {"text"}, {"label", "probability"}."""
    answers = artifact.predict(inputs)
    expected = {"label": [str(answer["label"]) for answer in answers]}
    expected["probability"] = np.array([answer["probability"] for answer in answers])
    return {"text": np.array(inputs, dtype=object)}, expected


def preparation(artifact):
    """How an app turns texts into ids, in sentences."""
    return tokenization.preparation(artifact.preprocessor.text)
