"""The signature of a Keras model: the names, shapes and types of its inputs, and the names of its outputs."""

import re

import keras
import tensorflow as tf

from pipelines.shared.export.inputs import example_inputs


def specification(model, batch=None):
    """The inputs as a flat list of tf.TensorSpec, of this batch size or of an unknown one."""
    inputs = keras.tree.flatten(model._inputs_struct)
    names = distinct([tensor.name for tensor in inputs])
    return [
        tf.TensorSpec([batch, *tensor.shape[1:]], tensor.dtype, name)
        for tensor, name in zip(inputs, names, strict=True)
    ]


def serving(model, handed=lambda output: output):
    """The function of the signature: inputs, flat -> {name: output}; `handed` is what is handed out of an output."""
    names = output_names(model)

    def serve(*tensors):
        inputs = keras.tree.pack_sequence_as(model._inputs_struct, tensors)
        return dict(zip(names, map(handed, keras.tree.flatten(model(inputs, training=False))), strict=True))

    return serve


def expected(model):
    """The inputs as a list of `example_inputs.Expected`, which may also be named as the model names them."""
    structure, tensors = model._inputs_struct, keras.tree.flatten(model._inputs_struct)
    keys = sorted(structure) if isinstance(structure, dict) and len(structure) == len(tensors) else []
    return [
        example_inputs.Expected(
            str(tensor_spec.name), tensor_spec.dtype.name, tuple(tensor_spec.shape.as_list()),
            (tensor.name, *keys[index : index + 1]),
        )
        for index, (tensor_spec, tensor) in enumerate(zip(specification(model), tensors, strict=True))
    ]  # fmt: skip


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
