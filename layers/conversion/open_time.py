"""A model of a fixed number of steps as one of any number, over the same layers and weights.

    whole = open_time.opened(model)      # keras.Input([20, 3]) -> keras.Input([None, 3])

Layers that are built for so many steps (Flatten, Reshape, weights for each step) cannot be opened.
"""

import keras

from layers.conversion import across_time
from layers.conversion.unbound import forgetting_calls, repeating, unbound


def opened(model):
    """The functional model itself where an input has an open axis behind the batch; else a copy in which it has.

    The copy's layers are the model's own. A vector of features or a category a row stays as it is.

    Raises:
        ValueError: no input has steps, it is not clear which has, or a layer needs to know how many there are.
    """
    inputs = keras.tree.flatten(model._inputs_struct)
    if any(across_time.has_steps(tensor) for tensor in inputs):
        return model
    steps = _with_steps(model, inputs)
    new = [
        keras.Input(
            batch_shape=(tensor.shape[0], None, *tensor.shape[2:]) if tensor in steps else tensor.shape,
            dtype=tensor.dtype, name=tensor.name,
        )
        for tensor in inputs
    ]  # fmt: skip
    try:
        with unbound(model), repeating(repeats(model), None), forgetting_calls(model):
            outputs = model._run_through_graph(new)
            copy = keras.Model(keras.tree.pack_sequence_as(model._inputs_struct, new), outputs, name=model.name)
    except Exception as error:  # of any layer
        said = " ".join(str(error).split())[:300]
        raise ValueError(
            f"streaming: {model.name} is built for {steps[0].shape[1]} steps and cannot take any number of them, "
            f"as keras.Input([None, ...]) does: {said}"
        ) from error
    return copy


def repeats(model):
    """The `RepeatVector` that give each step of a model of fixed steps the same vector, as an input without steps."""
    inputs = keras.tree.flatten(model._inputs_struct)
    if any(across_time.has_steps(tensor) for tensor in inputs):
        return []
    steps = _with_steps(model, inputs)
    return [
        call.operation
        for call in across_time.walk(model, {id(tensor): across_time.STEPS for tensor in steps})
        if isinstance(call.operation, keras.layers.RepeatVector)
        and call.operation.n == steps[0].shape[1]
        and id(call.tensors[0]) not in call.kinds
    ]


class _Known(list):
    """Tensors, found by identity."""

    def __contains__(self, tensor):
        return any(tensor is one for one in self)


def _with_steps(model, inputs):
    """The inputs whose axis behind the batch is that of the steps: (batch, time, features), or ids (batch, time)."""
    series = [tensor for tensor in inputs if len(tensor.shape) > 2]
    sizes = {tensor.shape[1] for tensor in series}
    ids = [tensor for tensor in inputs if len(tensor.shape) == 2 and "float" not in str(tensor.dtype)]
    steps = [*series, *(tensor for tensor in ids if not sizes or tensor.shape[1] in sizes)]
    if len({tensor.shape[1] for tensor in steps}) != 1:
        raise ValueError(
            f"streaming: {model.name}: expected any number of steps in one input or more, as of keras.Input([None, "
            f"...]), received {[tuple(tensor.shape) for tensor in inputs]}"
        )
    return _Known(steps)
