"""Layers with a window over time: how far it reaches back, and whether it needs later steps.

A causal convolution, or a window behind as many steps of zeros as it reaches back, needs none.
"""

import keras
from keras.src.layers.pooling.base_pooling import BasePooling
from keras.src.ops.numpy import Pad

_K = keras.layers
_CONVOLUTIONS = (
    _K.Conv1D, _K.SeparableConv1D, _K.DepthwiseConv1D, _K.Conv2D, _K.SeparableConv2D, _K.DepthwiseConv2D, _K.Conv3D,
)  # fmt: skip
_TRANSPOSED = (_K.Conv1DTranspose, _K.Conv2DTranspose, _K.Conv3DTranspose)
_PADDINGS = {_K.ZeroPadding1D: 1, _K.ZeroPadding2D: 2, _K.ZeroPadding3D: 3}


def has_window(operation):
    """Whether it is a convolution or a pooling of windows."""
    return isinstance(operation, (*_CONVOLUTIONS, BasePooling)) and not isinstance(operation, _TRANSPOSED)


def reach(layer):
    """How many steps before the present a window covers."""
    if isinstance(layer, BasePooling):
        return layer.pool_size[0] - 1
    return (layer.kernel_size[0] - 1) * layer.dilation_rate[0]


def is_causal(layer):
    """Whether the layer itself puts zeros before the steps."""
    return layer.padding == "causal"


def pads_itself(layer):
    """Whether it is a user's kind of convolution, whose `call` may put zeros before the steps; the numbers tell."""
    return has_window(layer) and not type(layer).call.__module__.startswith("keras.")


def fits(operation, front):
    """Whether a window is as long as the steps of zeros put before a sequence, and one step more."""
    return has_window(operation) and operation.padding == "valid" and reach(operation) == front


def padding(operation):
    """The steps of zeros (before, behind) that a layer or `keras.ops.pad` puts to a sequence; None of another."""
    rank = next((rank for kind, rank in _PADDINGS.items() if isinstance(operation, kind)), None)
    if rank and getattr(operation, "data_format", "channels_last") == "channels_last":
        return tuple(operation.padding if rank == 1 else operation.padding[0])
    if isinstance(operation, Pad) and operation.mode == "constant" and len(operation.pad_width) > 1:
        return tuple(operation.pad_width[1])
    return None


def without_front(operation):
    """(the name of an attribute, its value) with which it puts no steps before a sequence."""
    if isinstance(operation, Pad):
        batch, _, *rest = operation.pad_width
        return "pad_width", (batch, (0, 0), *rest)
    flat = isinstance(operation, _K.ZeroPadding1D)
    return "padding", (0, 0) if flat else ((0, 0), *operation.padding[1:])


def reason(operation, front):
    """Why it cannot answer step by step, in words; None if it can."""
    if (padded := padding(operation)) and padded[1]:
        return f"puts zeros behind the steps ({padded[1]}); put all of them before"
    if isinstance(operation, _TRANSPOSED):
        return "changes the number of steps"
    if not has_window(operation):
        return None
    if operation.data_format == "channels_first":
        return "takes the steps for channels; give data_format='channels_last'"
    if operation.strides[0] > 1:
        return (
            f"has a window over time and answers to every {operation.strides[0]} steps once; give strides=1, and zeros "
            "before the steps only"
        )
    if reach(operation) and not is_causal(operation) and not front and not pads_itself(operation):
        return f"has a window over time that needs later steps, so it looks beyond one step; {_advice(operation)}"
    return None


def _advice(operation):
    if type(operation) is _K.Conv1D:
        return "give padding='causal'"
    before = reach(operation)
    rank = len(operation.strides)
    zeros = f"({before}, 0)" if rank == 1 else f"(({before}, 0), ...)"
    return f"put keras.layers.ZeroPadding{rank}D({zeros}) in front of it and give padding='valid'"
