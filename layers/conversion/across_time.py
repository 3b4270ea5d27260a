"""Whether a model's layers can run one step at a time: which of them look across time, or read from its end.

across_time.check(model)        # ValueError, with the layer and why
"""

import keras

from layers.attention import BahdanauAttention, LuongAttention
from layers.attention_decoder import AttentionDecoder
from layers.beside_steps import BesideSteps
from layers.bidirectional import Bidirectional
from layers.crf import CRF
from layers.deep import Deep
from layers.pooling import SequencePooling
from layers.recurrent import SequenceLayer

_K = keras.layers
_RECURRENT = (SequenceLayer, Deep, Bidirectional, _K.RNN, _K.Bidirectional)
_ATTENTION = (
    BahdanauAttention, LuongAttention, AttentionDecoder,
    _K.Attention, _K.AdditiveAttention, _K.MultiHeadAttention, _K.GroupQueryAttention,
)  # fmt: skip
_POOLING = (
    _K.GlobalAveragePooling1D, _K.GlobalMaxPooling1D, _K.GlobalAveragePooling2D, _K.GlobalMaxPooling2D,
    _K.GlobalAveragePooling3D, _K.GlobalMaxPooling3D,
)  # fmt: skip
_SIZES = (_K.Flatten, _K.Permute, _K.RepeatVector, _K.ZeroPadding1D, _K.Cropping1D, _K.UpSampling1D, _K.Conv1DTranspose)
# Layers with a window over time, by the attribute that holds its size.
_WINDOWS = {
    "kernel_size": (_K.Conv1D, _K.SeparableConv1D, _K.DepthwiseConv1D, _K.Conv3D),
    "pool_size": (_K.MaxPooling1D, _K.AveragePooling1D, _K.MaxPooling3D, _K.AveragePooling3D),
}


def check(model):
    """Holds a functional model's layers to one step.

    Raises:
        ValueError: a layer pools, convolves or attends over time, reads from the end, is called twice or given states.
    """
    for layer in over_time(model):
        if isinstance(layer, (SequenceLayer, _K.RNN)) and layer.go_backwards:
            raise ValueError(
                f"{layer.name} ({type(layer).__name__}): it reads a sequence from its end, as a Bidirectional "
                "layer does, and has no step; train a model without it to stream"
            )
    called = set()
    for layer, arguments in _all_calls(model):
        if isinstance(layer, _RECURRENT):
            _check_call(layer, arguments, called)
        elif reason := looking_across(layer):
            raise ValueError(
                f"streaming: frame by frame {layer.name} ({type(layer).__name__}) would answer otherwise than to the "
                f"whole sequence: it {reason}, so it looks beyond one step; nothing was put in place"
            )


def over_time(model):
    """The layers of a model, flat, without those inside a layer that reads within a step (`within_steps`)."""
    layers = model._flatten_layers()
    readers = [layer for layer in layers if getattr(layer, "within_steps", False)]
    inside = {id(inner) for layer in readers for inner in layer._flatten_layers(include_self=False)}
    return [layer for layer in layers if id(layer) not in inside]


def calls(model):
    """(operation, its inner model or None, its arguments, its outputs) of a functional model, in order."""
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            inner = node.operation._functional if isinstance(node.operation, keras.Sequential) else node.operation
            inner = inner if isinstance(inner, keras.src.models.functional.Functional) else None
            yield node.operation, inner, node.arguments, node.outputs


def _all_calls(model):
    """(operation, arguments), with inner models replaced by the calls inside them."""
    for operation, inner, arguments, _ in calls(model):
        if inner is None:
            yield operation, arguments
        else:
            yield from _all_calls(inner)


def looking_across(layer):
    """What a layer does with more than one step, in words; None if it treats each by itself, as far as is known."""
    if isinstance(layer, _ATTENTION):
        return "attends to all steps"
    if isinstance(layer, _POOLING) or (isinstance(layer, SequencePooling) and layer.mode != "last"):
        return "pools over all steps"
    if isinstance(layer, BesideSteps) and layer.after:
        return f"looks at the {layer.after} steps after each"
    if isinstance(layer, CRF):
        return "scores whole sequences"
    if isinstance(layer, _SIZES):
        return "changes the time axis"
    for size, kinds in _WINDOWS.items():
        if isinstance(layer, kinds) and (getattr(layer, size)[0] > 1 or layer.strides[0] > 1):
            return "has a window over time"
    return None


def _check_call(layer, arguments, called):
    if layer in called:
        raise ValueError(
            f"streaming: {layer.name} ({type(layer).__name__}) is called twice, and each call would have states of its "
            "own; give the second call a layer of its own, with these weights"
        )
    called.add(layer)
    states = [*arguments.args[1:2], arguments.kwargs.get("initial_state")]
    if isinstance(arguments.args[0] if arguments.args else None, (list, tuple)) or any(
        state is not None for state in states
    ):
        raise ValueError(
            f"streaming: {layer.name} ({type(layer).__name__}) is given its states by the model (initial_state); a "
            "step starts from the states of the step before, zeros at first"
        )
