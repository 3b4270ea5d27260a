"""What the gates of a recurrent layer do at each step of a sequence, as numbers.

    [lstm] = layers.gates(layer, sequences)      # of an LSTM or a GRU
    lstm.values["forget"]                        # (batch, time, units), between 0 and 1
    layers.remembered(lstm)                      # (batch, time, time): how much of what step t stored is left at s

Of stacks and of both directions there is one `Gates` for each layer and direction, the lowest first and forwards first.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np

from layers import checks, inner_layers
from layers.annotations import Tensor
from layers.cells import GRUCell, LSTMCell
from layers.layer_norm_cell import LayerNormLSTMCell
from layers.masking import resolve_mask


class Gates(NamedTuple):
    """The gates of one layer in one direction.

    name: of the layer. backwards: whether it reads from the end; steps are in the order of the sequence all the same.
    values: {name: float array (batch, time, units)}: of an LSTM "input", "forget", "output" and "candidate", of a GRU
    "update", "reset" and "candidate", and of both "state", what is carried to the next step, and "hidden", the outputs.
    mask: boolean (batch, time), the real steps; the values of others are 0.
    """

    name: str
    backwards: bool
    values: dict[str, np.ndarray]
    mask: np.ndarray


def gates(
    layer: keras.layers.Layer, sequences: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None
) -> list[Gates]:
    """The `Gates` of a recurrent layer, a list with one for each layer and direction inside it.

        i = sigmoid(a_i),  f = sigmoid(a_f),  o = sigmoid(a_o),  g = tanh(a_g)        of an LSTM, a = x W + h U + b
        z = sigmoid(a_z),  r = sigmoid(a_r),  g = tanh(x W_h + b_h + r (h U_h + b'_h))     of a GRU

    Args:
        layer: a built `LSTM`, `GRU`, or `RNN` of such a cell, of this package or of Keras; or a `Bidirectional` or
            `Deep` of them.
        sequences: (batch, time, features). mask, lengths: as the layer takes them.

    Raises:
        ValueError: a layer whose cell has no gates, such as a simple RNN.

    >>> [lstm] = gates(keras.layers.LSTM(4), np.ones((2, 3, 5), "float32"))
    >>> sorted(lstm.values), lstm.values["forget"].shape
    (['candidate', 'forget', 'hidden', 'input', 'output', 'state'], (2, 3, 4))
    """
    sequences = keras.ops.convert_to_tensor(sequences)
    checks.rank("sequences", sequences.shape, ("batch", "time", "features"))
    mask = resolve_mask(mask, lengths, sequences)
    if mask is None:
        mask = keras.ops.ones(sequences.shape[:2], dtype="bool")
    return [*_inside(layer, sequences, mask)]


def _inside(layer, sequences, mask):
    """Yields the `Gates` of what is inside a layer."""
    if hasattr(layer, "forward_layer"):
        yield from _inside(layer.forward_layer, sequences, mask)
        yield from _inside(layer.backward_layer, sequences, mask)
    elif isinstance(getattr(layer, "layers", None), list):
        y = sequences
        for level in layer.layers:
            yield from _inside(level, y, mask)
            if level is not layer.layers[-1]:
                output = _sequence(inner_layers.called(level, y, None, mask=mask, lengths=None, training=False))
                y = output + y if layer.residual and output.shape == y.shape else output
    else:
        yield _of_layer(layer, sequences, mask)


def _sequence(output):
    """The outputs alone, of a layer that returns its states too."""
    return output[0] if isinstance(output, (list, tuple)) else output


def _of_layer(layer, sequences, mask):
    if not layer.built:
        layer.build(sequences.shape)
    step = _step_of(layer)
    batch, time = sequences.shape[:2]
    states = [keras.ops.zeros((batch, layer.cell.units), dtype=sequences.dtype)] * len(step.states)
    recorded = [None] * time
    for t in reversed(range(time)) if layer.go_backwards else range(time):
        real = mask[:, t, None]
        values = step(layer.cell, sequences[:, t], states)
        states = [keras.ops.where(real, values[name], old) for name, old in zip(step.states, states, strict=True)]
        recorded[t] = {name: keras.ops.where(real, value, 0) for name, value in values.items()}
    names = recorded[0] if recorded else {}
    stacked = {
        name: np.stack([keras.ops.convert_to_numpy(one[name]) for one in recorded], axis=1).astype("float32")
        for name in names
    }
    return Gates(layer.name, bool(layer.go_backwards), stacked, keras.ops.convert_to_numpy(mask))


def remembered(gates: Gates) -> np.ndarray:
    """(batch, time, time): the part of what step t stored that is left at step s.

        remembered[t, s] = sum over units of  w_t  (product of f from t + 1 to s)  /  sum over units of  w_t

    f is the forget gate of an LSTM or the update gate of a GRU, and w_t what the step stored in each unit: |i g|, or
    |(1 - z) g|. So a unit counts as much as the step wrote into it. 0 for s before t in the order of reading; steps
    that are not real forget nothing and store nothing.

    >>> values = {"forget": np.float32([[[0.0], [0.5], [0.5]]]), "input": np.ones((1, 3, 1)),
    ...           "candidate": np.ones((1, 3, 1))}
    >>> remembered(Gates("lstm", False, values, np.ones((1, 3), bool)))[0].tolist()
    [[1.0, 0.5, 0.25], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]]
    """
    kept, stored = _kept_and_stored(gates)
    if gates.backwards:
        kept, stored = kept[:, ::-1], stored[:, ::-1]
    batch, time = kept.shape[:2]
    parts = np.zeros((batch, time, time))
    for t in range(time):
        remaining = stored[:, t] / np.maximum(stored[:, t].sum(axis=-1, keepdims=True), 1e-30)  # (batch, units)
        for s in range(t, time):
            remaining = remaining * kept[:, s] if s > t else remaining
            parts[:, t, s] = remaining.sum(axis=-1)
    return parts[:, ::-1, ::-1] if gates.backwards else parts


def _kept_and_stored(gates):
    """(part of the memory that each step keeps, amount that it stores), (batch, time, units) both."""
    values, real = gates.values, gates.mask[..., None]
    if "forget" in values:
        kept, stored = values["forget"], np.abs(values["input"] * values["candidate"])
    else:
        kept, stored = values["update"], np.abs((1 - values["update"]) * values["candidate"])
    return np.where(real, kept, 1.0), np.where(real, stored, 0.0)


def _sums(cell, x, h):
    """x W + b and h U of an LSTM in blocks, added; of a cell with normalised products, as it adds them."""
    if isinstance(cell, LayerNormLSTMCell):
        return cell.pre_activations(cell.project(x), keras.ops.matmul(h, cell.recurrent_kernel))
    a = keras.ops.matmul(x, cell.kernel) + keras.ops.matmul(h, cell.recurrent_kernel)
    return a if cell.bias is None else a + cell.bias


def _lstm(cell, x, states):
    h, c = states
    i, f, g, o = keras.ops.split(_sums(cell, x, h), 4, axis=-1)
    i, f, o = (cell.recurrent_activation(a) for a in (i, f, o))
    g = cell.activation(g)
    c = f * c + i * g
    shown = cell.shown(c) if isinstance(cell, LayerNormLSTMCell) else c
    h = o * cell.activation(shown)
    return {"input": i, "forget": f, "output": o, "candidate": g, "state": c, "hidden": h}


def _gru(cell, x, states):
    [h] = states
    units = cell.units
    bias, own = 0, 0
    if cell.bias is not None:
        bias, own = (cell.bias[0], cell.bias[1]) if cell.reset_after else (cell.bias, 0)
    x_z, x_r, x_h = keras.ops.split(keras.ops.matmul(x, cell.kernel) + bias, 3, axis=-1)
    if cell.reset_after:
        u_z, u_r, u_h = keras.ops.split(keras.ops.matmul(h, cell.recurrent_kernel) + own, 3, axis=-1)
        r = cell.recurrent_activation(x_r + u_r)
        read = r * u_h
    else:
        kernel = cell.recurrent_kernel
        u_z, u_r = keras.ops.split(keras.ops.matmul(h, kernel[:, : 2 * units]), 2, axis=-1)
        r = cell.recurrent_activation(x_r + u_r)
        read = keras.ops.matmul(r * h, kernel[:, 2 * units :])
    z, g = cell.recurrent_activation(x_z + u_z), cell.activation(x_h + read)
    h = z * h + (1 - z) * g
    return {"update": z, "reset": r, "candidate": g, "state": h, "hidden": h}


class _Step(NamedTuple):
    """A step of a kind of cell, and the values that it carries to the next."""

    function: Callable
    states: tuple[str, ...]

    def __call__(self, *arguments):
        return self.function(*arguments)


LSTM_STEP, GRU_STEP = _Step(_lstm, ("hidden", "state")), _Step(_gru, ("hidden",))
_STEPS = {
    LSTMCell: LSTM_STEP, LayerNormLSTMCell: LSTM_STEP, keras.layers.LSTMCell: LSTM_STEP,
    GRUCell: GRU_STEP, keras.layers.GRUCell: GRU_STEP,
}  # fmt: skip


def _step_of(layer):
    """How the gates of a layer's cell are made.

    Raises:
        ValueError: it has none that are known.
    """
    cell = getattr(layer, "cell", None)
    for kind, step in _STEPS.items():
        if isinstance(cell, kind):
            return step
    received = type(layer).__name__ if cell is None else f"{type(layer).__name__} of {type(cell).__name__}"
    raise ValueError(f"layer: expected an LSTM or a GRU, whose gates can be looked at, received {received}")
