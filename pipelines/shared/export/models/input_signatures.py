"""What a model of a user's own class takes, as the symbolic inputs that it is called on.

    input_signature=[keras.Input([None, 8])]                    # one input
    input_signature=keras.InputSpec(shape=(None, None, 8), dtype="float32")
    input_signature={"ids": tf.TensorSpec([None, None], tf.int32), "lengths": tf.TensorSpec([None], tf.int32)}
    input_signature=[x_train[:1], y_train[:1]]                  # arrays as it takes them: any batch, their other sizes

A dictionary is the model's one argument, or its arguments by their names; a list is its arguments in their order, or
its one argument, whatever `call` of its class takes.
"""

import inspect
import logging

import keras
import numpy as np
import tensorflow as tf

log = logging.getLogger("unroll")

# What a model's layers may raise that are called on inputs of other sizes or types.
REFUSED = (
    ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError, NotImplementedError,
    tf.errors.OpError,
)  # fmt: skip
_NOT_INPUTS = ("training", "mask", "self")


def arguments(model, signature):
    """(a list, a dictionary) of structures of `keras.Input`: the arguments and keywords of a call of the model.

    Raises:
        ValueError: something of the signature has no shape or type.
    """
    names = _parameters(model)
    if isinstance(signature, dict) and len(names) > 1 and {*signature} <= {*names}:
        return [], {name: _inputs(model, one, name) for name, one in signature.items()}
    if isinstance(signature, (list, tuple)):
        if len(signature) == 1:
            return [_inputs(model, signature[0], names[0])], {}
        if 1 < len(signature) <= len(names):
            return [_inputs(model, one, name) for one, name in zip(signature, names, strict=False)], {}
    return [_inputs(model, signature, names[0])], {}


def example(model):
    """What to type for a model, in words."""
    names = _parameters(model)
    inputs = ", ".join(["keras.Input([None, 8])"] * len(names))
    return (
        f"input_signature=[{inputs}] for {' and '.join(names)} of any number of steps of 8 numbers, "
        "keras.Input([None], dtype='int32') for ids"
    )


def _parameters(model):
    """The names of what `call` takes by position, without those that are no inputs."""
    parameters = inspect.signature(model.call).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [one.name for one in parameters if one.kind in kinds]
    return [name for name in names if name not in _NOT_INPUTS] or ["inputs"]


def _inputs(model, structure, argument):
    """A structure of `keras.Input`, each under its own name, else its key, else the name of its argument."""
    if isinstance(structure, dict):
        return {key: _inputs(model, one, str(key)) for key, one in structure.items()}
    if isinstance(structure, (list, tuple)) and not _is_shape(structure):
        return [_inputs(model, one, f"{argument}_{number}") for number, one in enumerate(structure)]
    shape, kind = getattr(structure, "shape", None), getattr(structure, "dtype", None)
    if shape is None or kind is None or not len(shape):
        raise ValueError(
            f"input_signature: expected a keras.Input, a keras.InputSpec or a tf.TensorSpec with a shape and a dtype "
            f"for {argument}, received {structure!r}; such as {example(model)}"
        )
    known = isinstance(structure, np.ndarray) or keras.ops.is_tensor(structure)  # an example of any batch
    batch = None if known and not isinstance(structure, keras.KerasTensor) else shape[0]
    name = getattr(structure, "name", None)
    name = argument if known or not name or name.startswith("keras_tensor") else name
    return keras.Input(batch_shape=(batch, *shape[1:]), dtype=keras.backend.standardize_dtype(kind), name=name)


def _is_shape(structure):
    return bool(structure) and all(one is None or isinstance(one, int) for one in structure)


def known(model):
    """The signature of a model that was called or built: the shapes that Keras keeps, for any batch.

    The number of steps is open too if the model takes others, which is tried.

    Raises:
        ValueError: it was neither.
    """
    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes or not model.built:
        raise ValueError(
            f"model: expected a model with known inputs, received {model.name} ({type(model).__name__}), which was "
            f"never called, or of which Keras keeps no sizes; give {example(model)}"
        )
    for steps_open in (True, False):
        signature = {name.removesuffix("_shape"): _kept(model, shape, steps_open) for name, shape in shapes.items()}
        signature = [*signature.values()] if len(signature) == 1 else signature
        if not steps_open or _takes_other_steps(model, signature):
            break
    if not steps_open:
        sizes = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
        log.warning(
            "%s (%s) is exported for any batch, and else the sizes that it was built for: %s; give input_signature for "
            "others", model.name, type(model).__name__, sizes,
        )  # fmt: skip
    return signature


def _takes_other_steps(model, signature):
    """Whether a model answers to inputs whose open axes have sizes that it was not built for."""
    call, options = arguments(model, signature)
    if all(None not in tensor.shape[1:] for tensor in keras.tree.flatten([call, options])):
        return False
    try:
        for size in (3, 17):
            call_on_zeros(model, call, options, size)
    except REFUSED:
        return False
    return True


def call_on_zeros(model, call, options, size):
    """Calls a model on numbers of the sizes of its arguments and keywords, with `size` for an open axis."""

    def zeros(tensor):
        return keras.ops.zeros([tensor.shape[0] or 2, *(n or size for n in tensor.shape[1:])], tensor.dtype)

    call, options = keras.tree.map_structure(zeros, (call, options))
    return model(*call, **options)


def _kept(model, shapes, steps_open):
    """The specifications for the shapes that Keras keeps, which says nothing of types."""
    if isinstance(shapes, dict):
        return {key: _kept(model, shape, steps_open) for key, shape in shapes.items()}
    if not _is_shape(shapes):
        return [_kept(model, shape, steps_open) for shape in shapes]
    ids = len(shapes) == 2 and any(isinstance(layer, keras.layers.Embedding) for layer in model._flatten_layers())
    sizes = [None, *shapes[2:]] if steps_open and (ids or len(shapes) > 2) else shapes[1:]
    return keras.InputSpec(shape=(None, *sizes), dtype="int32" if ids else "float32")
