"""What a layer does with more than one step, in words: why it cannot answer step by step, and what to write instead."""

import keras

from layers.attention import BahdanauAttention, LuongAttention
from layers.attention_decoder import AttentionDecoder
from layers.beside_steps import BesideSteps
from layers.carry_forward import CarryForward
from layers.conversion import windows
from layers.crf import CRF
from layers.feedback_decoder import FeedbackDecoder
from layers.instance_scaling import InstanceScaling
from layers.pooling import SequencePooling

_K = keras.layers
_ATTENTION = (
    BahdanauAttention, LuongAttention,
    _K.Attention, _K.AdditiveAttention, _K.MultiHeadAttention, _K.GroupQueryAttention,
)  # fmt: skip
_WHOLE = {
    (AttentionDecoder, FeedbackDecoder): "decodes a whole sequence from another",
    (CRF,): "scores whole sequences; train with crf=False, or a Dense layer in its place",
    (InstanceScaling,): "scales by the mean of all steps; use keras.layers.Normalization",
    (CarryForward,): "fills gaps in a window of known size; fill them in the app",
    (_K.GroupNormalization,): "normalises over all steps; write keras.layers.LayerNormalization()",
    (_K.Flatten, _K.Permute, _K.RepeatVector): "moves the time axis",
    (_K.Cropping1D, _K.Cropping2D, _K.Cropping3D, _K.UpSampling1D, _K.Conv1DTranspose): "changes the number of steps",
    (_K.GlobalAveragePooling2D, _K.GlobalMaxPooling2D, _K.GlobalAveragePooling3D, _K.GlobalMaxPooling3D):
        "pools over all steps and the axes behind; write TimeDistributed of a pooling with one axis less, and "
        "GlobalAveragePooling1D or GlobalMaxPooling1D behind it",
}  # fmt: skip
# Layers whose `axis` or `axes` must not be that of the steps.
_BY_AXIS = (
    _K.LayerNormalization, _K.BatchNormalization, _K.UnitNormalization, _K.RMSNormalization, _K.Softmax, _K.Concatenate,
    _K.Dot,
)  # fmt: skip


def reason(operation, tensors, steps, front):
    """Why a layer or an operation cannot answer step by step; None if it can, as far as is known.

    Args:
        tensors: all it is given. steps: those that have steps. front: how many steps of zeros were put before them.
    """
    if front and not windows.fits(operation, front):
        return (
            f"reads a sequence with {front} steps of zeros before it, as only a window of {front + 1} steps with "
            "padding='valid' and strides=1 can"
        )
    if isinstance(operation, _ATTENTION):
        return _attended(tensors, steps)
    if isinstance(operation, SequencePooling) and operation.mode == "attention":
        return "attends to all steps; pool by 'last', 'mean' or 'max'"
    if isinstance(operation, BesideSteps) and operation.after:
        return f"looks at the {operation.after} steps after each, so it looks beyond one step; give after=0"
    if isinstance(operation, (_K.GlobalAveragePooling1D, _K.GlobalMaxPooling1D)):
        return None
    for kinds, words in _WHOLE.items():
        if isinstance(operation, kinds):
            return words
    if isinstance(operation, _K.Dot) and len(steps) > 1:
        return "multiplies steps with steps, so it looks beyond one step"
    if isinstance(operation, _BY_AXIS) and _along_steps(operation, steps):
        return "works along the time axis, so it looks beyond one step; give the axis of the features, -1"
    return windows.reason(operation, front)


def attends(operation):
    """Whether it is an attention, which may look at what does not change from step to step; the products of one too."""
    return isinstance(operation, (*_ATTENTION, _K.Dot))


def front(operation):
    """How many steps of zeros it puts before a sequence."""
    return (windows.padding(operation) or (0, 0))[0]


def _attended(tensors, steps):
    """A query may have steps; what it attends to may not."""
    attended = [tensor for tensor in tensors[1:] if len(tensor.shape) > 2]
    attended = attended or tensors[:1]
    if any(tensor is one for tensor in attended for one in steps):
        return "attends to all steps, so it looks beyond one step; use a recurrent layer or pooling in its place"
    return None


def _along_steps(operation, steps):
    axes = operation.axes if isinstance(operation, _K.Dot) else operation.axis
    axes = list(axes) if isinstance(axes, (list, tuple)) else [axes]
    if isinstance(operation, _K.Dot) and len(axes) == 2:
        return False  # an axis for each; the numbers tell
    return any(axis % len(tensor.shape) == 1 for axis in axes for tensor in steps)
