"""Which cells have a ready-made kernel for whole sequences on this machine, so that no loop is needed.

    kernel = kernels.choose(cell, training)      # None: use a loop
    outputs, states = kernel(layer, inputs, states, mask, lengths)

A kernel knows neither recurrent dropout nor other activations than tanh and sigmoid; those go through the loops.
"""

import keras

from layers import loops
from layers.cells import LSTMCell


def choose(cell, training):
    """The kernel for a cell, or None."""
    if keras.backend.backend() != "tensorflow" or loops.is_portable() or not isinstance(cell, LSTMCell):
        return None
    plain = cell.activation is keras.activations.tanh and cell.recurrent_activation is keras.activations.sigmoid
    if not plain or (training and cell.recurrent_dropout) or cell.compute_dtype not in ("float32", "float16"):
        return None
    from layers import tensorflow_loops, tensorflow_lstm

    return None if tensorflow_loops.compiles_with_xla() else tensorflow_lstm.run
