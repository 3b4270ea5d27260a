"""Recurrent layers inside another, of this package or of Keras: their calls, sizes and shapes.

Keras's take a mask and no lengths, and nest the states of stacked cells, as this package's `RNN` gives them back too.
"""

import keras

from layers.masking import resolve_mask


def called(layer, sequences, initial_state, mask, lengths, training):
    """A recurrent layer's call, with what it takes of these; initial_state: flat, or None."""
    names = layer.call_signature_parameters
    if "lengths" not in names:
        mask, lengths = mask if lengths is None else resolve_mask(mask, lengths, sequences), None
        initial_state = None if initial_state is None else _nested(layer, initial_state)
    options = {"initial_state": initial_state, "mask": mask, "lengths": lengths, "training": training}
    return layer(sequences, **{name: value for name, value in options.items() if name in names})


def _nested(layer, states):
    if hasattr(layer, "forward_layer"):
        count = len(state_sizes(layer.forward_layer))
        return [*_nested(layer.forward_layer, states[:count]), *_nested(layer.backward_layer, states[count:])]
    pack = getattr(layer, "state_size", states)
    return nested(pack, states) if isinstance(pack, (list, tuple)) else states


def nested(sizes, states):
    """States, or their shapes, out of one list into lists as those of their sizes: a `state_size` of several."""
    states = iter(states)

    def lists(sizes):
        return [lists(size) if isinstance(size, (list, tuple)) else next(states) for size in sizes]

    return lists(sizes)


def state_sizes(layer):
    """The sizes of the states, flat; Keras's `Bidirectional` does not tell them."""
    if hasattr(layer, "forward_layer") and not hasattr(layer, "state_size"):
        return [*state_sizes(layer.forward_layer), *state_sizes(layer.backward_layer)]
    return keras.tree.flatten(layer.state_size)


def output_size(layer):
    """The width of an output."""
    if hasattr(layer, "output_size"):
        return layer.output_size
    shape = layer.compute_output_shape((1, 1, 1))
    while isinstance(shape[0], (list, tuple)):
        shape = shape[0]
    return shape[-1]


def output_shape(layer, sequences, initial_state, mask, lengths):
    """`compute_output_shape`, given the shapes of all; Keras's look at the sequences alone."""
    if "lengths" not in layer.call_signature_parameters:
        return layer.compute_output_shape(sequences)
    return layer.compute_output_shape(sequences, initial_state, mask, lengths)


def flat(states):
    """States, or their shapes, as one list, however they are nested."""
    return [one for state in states for one in flat(state)] if _is_nest(states) else [states]


def _is_nest(value):
    """A list of states or of shapes; a shape is a tuple of sizes."""
    return isinstance(value, (list, tuple)) and not any(isinstance(size, int | None) for size in value)


def cast(tensors, dtype):
    """Tensors in a layer's own type, nested or not; a layer inside may have another."""
    return keras.tree.map_structure(
        lambda x: x if keras.backend.standardize_dtype(x.dtype) == dtype else keras.ops.cast(x, dtype), tensors
    )
