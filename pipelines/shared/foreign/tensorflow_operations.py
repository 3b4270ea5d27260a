"""Operations of TensorFlow that Keras 2 made layers of, such as `2 * x + y`, `x[:, -1]` and `tf.concat`, in Keras 3.

    TensorFlowOperation("math.multiply")(x, y=2.0)

Only functions that compute are run: a file names them, and may be anyone's.
"""

import operator

import keras
import tensorflow as tf

REGISTERED = "unroll>TensorFlowOperation"  # it holds its function to those that compute
_FOLDERS = ("__operators__", "math", "nn", "linalg", "image", "signal")
_FUNCTIONS = (
    "abs", "add", "argmax", "argmin", "argsort", "broadcast_to", "cast", "clip_by_value", "concat",
    "convert_to_tensor", "cos", "cumsum", "divide", "einsum", "equal", "exp", "expand_dims", "eye", "fill",
    "gather", "gather_nd", "greater", "greater_equal", "identity", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "matmul", "maximum", "minimum", "multiply", "negative", "norm", "not_equal",
    "one_hot", "ones", "ones_like", "pad", "pow", "range", "rank", "reduce_all", "reduce_any", "reduce_max",
    "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum", "repeat", "reshape", "reverse",
    "reverse_sequence", "roll", "round", "searchsorted", "sequence_mask", "shape", "sigmoid", "sign", "sin",
    "size", "slice", "sort", "split", "sqrt", "square", "squeeze", "stack", "stop_gradient", "strided_slice",
    "subtract", "tanh", "tensordot", "tile", "transpose", "truediv", "unstack", "where", "zeros", "zeros_like",
)  # fmt: skip


def is_known(function):
    """Whether a function is one of TensorFlow's that compute.

    >>> is_known("math.add"), is_known("compat.v1.transpose"), is_known("io.read_file"), is_known("math.absent")
    (True, True, False, False)
    """
    short = str(function).removeprefix("compat.v1.")
    folder, dot, name = short.partition(".")
    if not (folder in _FOLDERS and name.isidentifier() if dot else short in _FUNCTIONS):
        return False
    try:
        return callable(_function(function))
    except AttributeError:
        return False


def _function(name):
    return operator.attrgetter(name)(tf)


@keras.saving.register_keras_serializable(package="unroll")
class TensorFlowOperation(keras.Operation):
    """function(inputs, **options), as Keras 2 called it.

    Raises:
        ValueError: the function is none of those that compute.
    """

    built = True  # Keras asks layers in files for it

    def __init__(self, function, name=None):
        super().__init__(name=name)
        if not is_known(function):
            raise ValueError(f"{name}: expected a function of TensorFlow that computes, received {str(function)[:50]}")
        self.function = function

    def call(self, inputs, slice_spec=None, **options):
        if slice_spec is not None:
            return inputs[tuple(map(_slice, slice_spec if isinstance(slice_spec, list) else [slice_spec]))]
        return _function(self.function)(inputs, **options)

    def get_config(self):
        return {"name": self.name, "function": self.function}


def _slice(value):
    """One axis of a slice, which is a dictionary in a configuration."""
    return slice(value["start"], value["stop"], value["step"]) if isinstance(value, dict) else value
