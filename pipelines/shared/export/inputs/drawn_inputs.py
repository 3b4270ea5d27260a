"""A model called with inputs that were drawn for it, or with a user's own; what its errors say."""

import keras
import tensorflow as tf

from pipelines.shared.export.inputs import model_answers
from pipelines.shared.messages import brief

# How lines begin that TensorFlow writes around the error of a graph.
_AROUND = ("Graph execution error", "Detected at node", "File ", "<stack", "Stack trace", "[[", "defined at")


def asked(model, tensors):
    """The model's own answers, in the structure that it returns; it may raise anything."""
    inputs = keras.tree.pack_sequence_as(model._inputs_struct, [tf.constant(tensor) for tensor in tensors])
    return model_answers.answers(model, inputs)


def answers(model, tensors):
    """The model's own answers, in the structure that it returns.

    Raises:
        ValueError: the model itself fails, on rows that only occur with padding.
    """
    try:
        return asked(model, tensors)
    except Exception as error:  # of the model's own code, which may raise anything
        shown = ", ".join(
            f"{tensor.dtype} {tensor.shape}" + (f" {tensor.tolist()}" if tensor.ndim == 1 else "") for tensor in tensors
        )
        raise ValueError(
            f"{model.name}: the model itself fails on inputs it is compared on ({shown[:200]}), in which rows are "
            f"masked or of length 0: {reason(error)}; if it is never called with such rows, give examples=, inputs as "
            "it takes them"
        ) from error


def reason(error):
    """What a model's error says, in one line, without what Keras and TensorFlow write around it."""
    text = str(getattr(error, "message", error) or error)
    for mark in ("\x1b[1m", "\x1b[0m"):
        text = text.replace(mark, " ")
    head, _, rest = text.partition("Exception encountered when calling ")
    layer, _, said = rest.partition(".call().") if rest and not head.strip() else ("", "", text)
    lines = [line.partition("}} ")[2] or line for line in map(str.strip, said.splitlines())
             if line and not line.startswith(_AROUND)]  # fmt: skip
    said = brief(next(iter(lines), "") or type(error).__name__, 200)
    return f"{layer}: {said}" if layer else said
