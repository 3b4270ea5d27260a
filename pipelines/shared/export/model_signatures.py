"""The signature of a Keras model: the names, shapes and types of its inputs, and the names of its outputs."""

import re

import keras
import tensorflow as tf


def specification(model, batch=None):
    """The inputs as a flat list of tf.TensorSpec, of this batch size or of an unknown one."""
    inputs = keras.tree.flatten(model._inputs_struct)
    names = distinct([tensor.name for tensor in inputs])
    return [
        tf.TensorSpec([batch, *tensor.shape[1:]], tensor.dtype, name)
        for tensor, name in zip(inputs, names, strict=True)
    ]


def output_names(model):
    """The keys of the outputs if the model returns a dictionary, else the names of its last layers."""
    structure = model._outputs_struct
    if isinstance(structure, dict):
        paths = [path for path, _ in keras.tree.flatten_with_path(structure)]
        return distinct(["_".join(map(str, path)) for path in paths])
    return distinct(model.output_names)


def distinct(names):
    """Names that a signature accepts; of equal names, the second ends in _1."""
    distinct = []
    for name in (re.sub(r"\W", "_", name) for name in names):
        count = sum(other == name or (other.startswith(f"{name}_") and name in distinct) for other in distinct)
        distinct.append(f"{name}_{count}" if name in distinct else name)
    return distinct
