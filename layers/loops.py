"""Loops over time: the same step run by whatever suits the back end and the purpose.

    loop(step, inputs, states, mask) -> outputs, states
        step(x_t, states) -> output, states      states: a flat list of (batch, size) tensors
        inputs (time, batch, ...), mask (time, batch) booleans or None, outputs (time, batch, size)

At a masked step the state stays and the output is the last one given (zeros before the first real step), as in Keras.
`portable()` chooses the loop that converts to LiteRT with builtin operations alone.
"""

import contextlib
import contextvars

import keras

_PORTABLE = contextvars.ContextVar("portable", default=False)


@contextlib.contextmanager
def portable():
    """Trace recurrent layers so that they convert to LiteRT: builtin operations, any batch, any number of steps.

        with layers.portable():
            concrete = tf.function(model).get_concrete_function(specification)

    The loop has no gradient and is for export alone. Needs the TensorFlow back end.
    """
    token = _PORTABLE.set(True)
    try:
        yield
    finally:
        _PORTABLE.reset(token)


def is_portable():
    """True inside `portable()`."""
    return _PORTABLE.get()


def masked(step):
    """`step` with a mask: x_t becomes (x_t, mask_t (batch,)), and the last output travels as the last state."""

    def masked_step(x, states):
        x, mask = x
        *states, last = states
        output, following = step(x, states)
        keep = keras.ops.expand_dims(mask, -1)  # (batch, 1)
        pairs = zip([*following, output], [*states, last], strict=True)
        chosen = [keras.ops.where(keep, new, old) for new, old in pairs]
        return chosen[-1], chosen

    return masked_step


def hoists(training):
    """Whether to project all inputs before the loop: fewer, larger operations. XLA infers faster without."""
    if training or keras.backend.backend() != "tensorflow":
        return True
    from layers import tensorflow_loops

    return not tensorflow_loops.compiles_with_xla()


def run(step, inputs, states, mask, output_size, return_sequences):
    """The loop this moment asks for -> output or outputs, states."""
    if mask is not None:
        batch, dtype = keras.ops.shape(inputs)[1], states[0].dtype
        step, inputs = masked(step), (inputs, mask)
        states = [*states, keras.ops.zeros((batch, output_size), dtype=dtype)]
    loop = _choose()
    outputs, states = loop(step, inputs, states, output_size, return_sequences)
    return outputs, states[:-1] if mask is not None else states


def trains_elementwise(cell, training):
    """Whether a cell of this package has the training loop with its gradient by hand."""
    return training and keras.backend.backend() == "tensorflow" and not is_portable() and cell.elementwise


def run_elementwise(cell, inputs, states, mask, hidden_mask):
    """`run` by that loop, from inputs not yet projected -> outputs, states."""
    from layers.tensorflow_elementwise import elementwise_loop

    outputs, last = elementwise_loop(cell, inputs, states, mask, hidden_mask)
    if mask is not None:  # no output yet before the first real step, where the state is the initial one
        seen = keras.ops.cumsum(keras.ops.cast(mask, "int32"), axis=0) > 0
        outputs = keras.ops.where(keras.ops.expand_dims(seen, -1), outputs, 0)
    return outputs, last


def _choose():
    if keras.backend.backend() != "tensorflow":
        return scan
    from layers import tensorflow_loops

    return tensorflow_loops.portable_loop if is_portable() else tensorflow_loops.loop


def scan(step, inputs, states, output_size, return_sequences):
    """The loop in `keras.ops`: lax.scan under jax, a Python loop under torch."""

    def carry_on(states, x):
        output, states = step(x, list(states))
        return tuple(states), output

    states, outputs = keras.ops.scan(carry_on, tuple(states), inputs)
    return outputs if return_sequences else outputs[-1], list(states)
