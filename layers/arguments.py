"""The arguments of recurrent layers and cells: by position in Keras's order, and by name.

LSTM(64, "tanh", "sigmoid", False)      # units, activation, recurrent_activation, use_bias
"""

import difflib


def _of_weights(part):
    return tuple(f"{weight}_{part}" for weight in ("kernel", "recurrent", "bias"))


_BIAS = ("use_bias", *_of_weights("initializer"))
_RATES = ("dropout", "recurrent_dropout")
_LIMITS = _of_weights("regularizer"), _of_weights("constraint")
_OVER_TIME = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")

# What follows `units`.
SIMPLE_CELL = ("activation", *_BIAS, *_LIMITS[0], *_LIMITS[1], *_RATES, "seed")
GRU_CELL = ("activation", "recurrent_activation", *_BIAS, *_LIMITS[0], *_LIMITS[1], *_RATES, "reset_after", "seed")
LSTM_CELL = (
    "activation", "recurrent_activation", *_BIAS, "unit_forget_bias", *_LIMITS[0], *_LIMITS[1], *_RATES, "seed",
)  # fmt: skip


def _of_layer(cell, *last):
    """A layer has its cell's, with its own regularizer behind those of the weights; `last` ends both or the layer's."""
    first = [name for name in cell if name not in last]
    first.insert(first.index("bias_regularizer") + 1, "activity_regularizer")
    return first


SIMPLE = (*_of_layer(SIMPLE_CELL, "seed"), *_OVER_TIME, "seed")
GRU = (*_of_layer(GRU_CELL, "reset_after"), *_OVER_TIME, "reset_after", "use_cudnn")
LSTM = (*_of_layer(LSTM_CELL), *_OVER_TIME, "use_cudnn")

# What follows `filters`; Keras's have no `unroll` by position.
CONV_LSTM = (
    "kernel_size", "strides", "padding", "data_format", "dilation_rate", *_of_layer(LSTM_CELL), *_OVER_TIME[:-1],
)  # fmt: skip

# By name alone.
OF_CELLS = {"implementation", "recurrent_activation"}
OF_KERAS = {"name", "trainable", "dtype", "autocast", "input_shape", "input_dim"}
OF_LAYERS = {*OF_CELLS, *OF_KERAS, *_OVER_TIME, "zero_output_for_mask", "activity_regularizer"}


def named(owner, order, by_position, options):
    """All arguments by their names.

    Raises:
        TypeError: too many, or one twice.
    """
    if len(by_position) > len(order):
        raise TypeError(f"{owner}: expected at most {1 + len(order)} arguments, received {1 + len(by_position)}")
    first = dict(zip(order, by_position, strict=False))
    if twice := [name for name in first if name in options]:
        raise TypeError(f"{owner}: expected {twice[0]!r} once, received it by position and by name")
    return first | options


def without_time_major(owner, options):
    """The options without Keras 2's `time_major`, which is taken where it is False.

    Raises:
        ValueError: it is True.
    """
    options = dict(options)
    if options.pop("time_major", False):
        raise ValueError(
            f"{owner}: expected sequences (batch, time, features), received time_major=True; leave it out and swap the "
            "first two axes of the inputs by `keras.layers.Lambda` or `keras.ops.swapaxes`"
        )
    return options


# What Keras 2 took, and what is written today.
_OF_KERAS_2 = {
    "batch_input_shape": "put `keras.Input(batch_shape=...)` before the layer",
    "weights": "call `set_weights` once the layer is built",
}


def check_known(owner, options, known):
    """Holds names to those there are.

    Raises:
        ValueError: one that there is not.
    """
    for name in options:
        if name in _OF_KERAS_2:
            raise ValueError(f"{owner}: expected arguments of Keras 3, received {name!r}; {_OF_KERAS_2[name]}")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(sorted(known))}"
            raise ValueError(f"{owner}: expected arguments that it has, received {name!r}{hint}")
