"""Teacher forcing: the logits after each token of known sequences, for training."""

import keras

from layers import checks
from layers.annotations import Nested, Step, Tensor
from layers.decoding import stepping


def teacher_forcing(step: Step, tokens: Tensor, state: Nested) -> tuple[Tensor, Nested]:
    """The logits (batch, time, vocabulary) after each of `tokens` (batch, time), and the last state; for training.

    >>> echo = lambda token, state: (keras.ops.one_hot(token, 4), state)
    >>> logits, _ = teacher_forcing(echo, keras.ops.convert_to_tensor([[1, 3]]), [])
    >>> keras.ops.convert_to_numpy(keras.ops.argmax(logits, -1)).tolist()
    [[1, 3]]
    """
    tokens, structure = keras.ops.convert_to_tensor(tokens), state
    checks.rank("tokens", tokens.shape, ("batch", "time"))

    def flat_step(token, state):
        logits, following = step(token, keras.tree.pack_sequence_as(structure, list(state)))
        return logits, tuple(stepping.tensors_of(following, state))

    scan = _tensorflow_scan if keras.backend.backend() == "tensorflow" else _scan
    by_time = keras.ops.transpose(tokens)  # (time, batch)
    logits, state = scan(flat_step, by_time, tuple(stepping.tensors_of(state)))  # (time, batch, vocabulary)
    return keras.ops.swapaxes(logits, 0, 1), keras.tree.pack_sequence_as(structure, list(state))


def _scan(step, tokens, state):
    def carry_on(state, token):
        logits, state = step(token, state)
        return state, logits

    state, logits = keras.ops.scan(carry_on, state, tokens)
    return logits, state


def _tensorflow_scan(step, tokens, state):
    """`keras.ops.scan` of TensorFlow wants outputs shaped like the state; the first step tells what they are like."""
    import tensorflow as tf

    time, specification = tf.shape(tokens)[0], []

    def first_step(token):
        logits, following = step(token, state)
        specification.append((logits.shape, logits.dtype))
        return logits, following

    def body(t, logits, state):
        new, following = step(tokens[t], state)
        for before, after in zip(state, following, strict=True):
            after.set_shape(before.shape)
        return t + 1, logits.write(t, new), following

    def all_steps():
        first, following = first_step(tokens[0])
        logits = tf.TensorArray(first.dtype, time, element_shape=first.shape).write(0, first)
        _, logits, following = tf.while_loop(lambda t, *_: t < time, body, (1, logits, following))
        return logits.stack(), following

    def no_step():
        shape, dtype = specification[0]
        return tf.zeros((0, tf.shape(tokens)[1], *shape[1:]), dtype), state

    if tokens.shape[0] is None:
        return tf.cond(time > 0, all_steps, no_step)
    if tokens.shape[0]:
        return all_steps()
    first_step(tf.zeros_like(tf.reduce_sum(tokens, 0)))
    return no_step()
