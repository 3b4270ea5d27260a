"""Loops over time: the same step, run by the loop that suits the back end and the purpose.

    loop(step, inputs, states, mask) -> outputs, states
        step(x_t, states) -> output, states      states: a flat list of tensors (batch, ...)
        inputs (time, batch, ...), mask (time, batch) booleans or None, outputs (time, batch, ...)

At a masked step the state stays and the output is the one before (zeros before the first real step), as in Keras.
`portable()` chooses the loop that converts to LiteRT with builtin operations alone.
"""

import contextlib
import contextvars
from collections.abc import Iterator

import keras

from layers.cells import RecurrentCell

_PORTABLE = contextvars.ContextVar("portable", default=False)
_BESIDE = contextvars.ContextVar("beside", default=1)


@contextlib.contextmanager
def portable() -> Iterator[None]:
    """Trace recurrent layers so that they convert to LiteRT: builtin operations, any batch, any number of steps.

        with layers.portable():
            concrete = tf.function(model).get_concrete_function(specification)

    The loop has no gradient and is for export alone. Needs the TensorFlow back end.
    """
    from layers.conversion import arrays, convolutions, operations, products  # TensorFlow's alone

    token = _PORTABLE.set(True)
    try:
        with (
            products.whole(is_portable), convolutions.whole(is_portable), arrays.dense(is_portable),
            operations.replaced(),
        ):  # fmt: skip
            yield
    finally:
        _PORTABLE.reset(token)


def is_portable():
    """True inside `portable()`."""
    return _PORTABLE.get()


@contextlib.contextmanager
def beside(loops):
    """Inside, each recurrent layer is one of `loops` layers that do not wait for one another."""
    token = _BESIDE.set(side_by_side() * loops)
    try:
        yield
    finally:
        _BESIDE.reset(token)


def side_by_side():
    """How many loops run at the same time; see `beside`."""
    return _BESIDE.get()


def masked(step):
    """`step` with a mask: x_t becomes (x_t, mask_t (batch,)), and the last output travels as the last state."""

    def masked_step(x, states):
        x, mask = x
        *states, last = states
        output, following = step(x, states)
        pairs = zip([*following, output], [*states, last], strict=True)
        chosen = [keras.ops.where(beside_axes(mask, new), new, old) for new, old in pairs]
        return chosen[-1], chosen

    return masked_step


def other_major(sequences):
    """(batch, time, ...) -> (time, batch, ...), and back."""
    return keras.ops.transpose(sequences, (1, 0, *range(2, len(sequences.shape))))


def beside_axes(mask, tensor):
    """The mask with as many axes as a tensor that it is to choose from."""
    return keras.ops.expand_dims(mask, tuple(range(len(mask.shape), len(tensor.shape))))


def run(step, inputs, states, mask, output_shape, return_sequences):
    """The loop that the back end and `portable` ask for -> output or outputs, states.

    output_shape: of an output, without the batch.
    """
    if mask is not None:
        batch, dtype = keras.ops.shape(inputs)[1], states[0].dtype
        step, inputs = masked(step), (inputs, mask)
        states = [*states, keras.ops.zeros((batch, *output_shape), dtype=dtype)]
    loop = _choose()
    outputs, states = loop(step, inputs, states, output_shape, return_sequences)
    return outputs, states[:-1] if mask is not None else states


def runs_whole(cell):
    """Whether a cell's sequences have a loop of their own, with its gradient by hand: `on_tensorflow.sequences`."""
    ready = keras.backend.backend() == "tensorflow" and not is_portable()
    return ready and isinstance(cell, RecurrentCell) and cell.elementwise


def by_cudnn(cell):
    """Whether a cell trains by cuDNN here: `on_tensorflow.cudnn`."""
    if keras.backend.backend() != "tensorflow" or not isinstance(cell, RecurrentCell):
        return False
    from layers.on_tensorflow import cudnn

    return cudnn.has(cell)


def _choose():
    if keras.backend.backend() != "tensorflow":
        return scan
    if is_portable():
        from layers.conversion.portable import portable_loop

        return portable_loop
    from layers.on_tensorflow.loops import loop

    return loop


def scan(step, inputs, states, output_shape, return_sequences):
    """The loop in `keras.ops`: lax.scan under jax, a Python loop under torch."""

    def carry_on(states, x):
        output, states = step(x, list(states))
        return tuple(states), output

    states, outputs = keras.ops.scan(carry_on, tuple(states), inputs)
    return outputs if return_sequences else outputs[-1], list(states)
