"""What a model's inputs are: ids of a vocabulary, lengths, steps, frames; and what masks a step of them.

    input_roles.roles(model)                    # a list of one `Role` an input

Read from the layers that an input reaches, and from the operations that TensorFlow traces (`traced_uses`).
"""

import keras

from layers import SequenceMask, TokenDropout
from layers.conversion import across_time
from pipelines.shared.export.inputs import lookups, traced_uses
from pipelines.shared.export.inputs.drawn_numbers import Role
from pipelines.shared.export.models import signatures as model_signatures

# Layers that pass their input on unchanged outside of training.
_SAME = (
    keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.GaussianNoise, keras.layers.Identity,
    TokenDropout,
)  # fmt: skip


def roles(model):
    """A flat list of one `Role` for each input of a functional model."""
    inputs = keras.tree.flatten(model._inputs_struct)
    input_roles = [Role() for _ in inputs]
    _read(model, dict(zip(map(id, inputs), input_roles, strict=True)))
    for tensor, role, uses in zip(
        inputs, input_roles, traced_uses.uses(model, model_signatures.specification(model)), strict=True
    ):
        _complete(role, uses, tensor)
    maskings = [layer.mask_value for layer in model._flatten_layers() if isinstance(layer, keras.layers.Masking)]
    for role in input_roles:
        if role.masked is None and role.vocabulary is None and maskings:
            role.masked = maskings[0]  # a Masking further in, which the input may reach
    return input_roles


def _complete(role, uses, tensor):
    """Adds what the traced operations show."""
    whole = keras.backend.is_int_dtype(tensor.dtype)
    if uses.vocabulary:
        role.vocabulary = min(filter(None, (role.vocabulary, uses.vocabulary)))
    if uses.vocabulary or uses.positions:
        role.lowest = uses.lowest
    role.lengths |= uses.lengths and not uses.vocabulary and _one_a_row(tensor)
    role.positions = uses.positions and whole
    masks = uses.compared is not None and len(tensor.shape) > 1 and not _one_a_row(tensor)
    if role.masked is None and masks and (not role.vocabulary or role.lowest <= uses.compared < role.vocabulary):
        role.masked = uses.compared


def _one_a_row(tensor):
    return all(size == 1 for size in tensor.shape[1:])


def _read(model, known):
    """Adds to the roles of tensors, `known` as {id: role}, what the calls of a model's layers show."""
    for layer, inner, arguments, outputs in across_time.calls(model):
        keyed_roles = [(key, known[id(tensor)]) for key, tensor in _named(arguments) if id(tensor) in known]
        for key, role in keyed_roles:
            _note(role, layer, key)
        if inner is not None:
            tensors = keras.tree.flatten([arguments.args, arguments.kwargs])
            inputs = keras.tree.flatten(inner._inputs_struct)
            _read(
                inner,
                {
                    id(inner_input): known[id(tensor)]
                    for inner_input, tensor in zip(inputs, tensors, strict=False)
                    if id(tensor) in known
                },
            )
        elif keyed_roles and isinstance(layer, _SAME):
            known |= {id(output): keyed_roles[0][1] for output in outputs}


def _named(arguments):
    """(position or keyword, tensor) for each tensor in the arguments of a call."""
    for key, value in [*enumerate(arguments.args), *arguments.kwargs.items()]:
        yield from ((key, tensor) for tensor in keras.tree.flatten(value))


def _note(role, layer, key):
    if key != "lengths" and (vocabulary := _vocabulary(layer)):
        role.vocabulary = min(filter(None, (role.vocabulary, vocabulary)))
    if isinstance(layer, keras.layers.IntegerLookup):
        role.choices = lookups.choices(layer)
    if getattr(layer, "mask_zero", False):
        role.masked = 0
    if isinstance(layer, keras.layers.Masking):
        role.masked = layer.mask_value
    if key == "lengths" or (isinstance(layer, SequenceMask) and key == 1):
        role.lengths = True


def _vocabulary(layer):
    """The vocabulary size of an Embedding, Keras's or this package's; None for a layer without a vocabulary."""
    sizes = (getattr(layer, name, None) for name in ("input_dim", "vocabulary_size", "num_tokens"))
    return next((size for size in sizes if isinstance(size, int) and not isinstance(size, bool)), None)
