"""Whole sequences on a GPU under TensorFlow: cuDNN's LSTM and GRU, as Keras calls them, for training.

Outside training the loops of this package are used on a GPU too, since a SavedModel with cuDNN's operation could be
served only on a GPU.
"""

import keras
import tensorflow as tf

from layers.on_tensorflow import steps
from layers.on_tensorflow.loops import compiles_with_xla


def gpu():
    """Whether TensorFlow has a GPU here."""
    return bool(tf.config.list_logical_devices("GPU"))


def has(cell):
    """Whether there is a GPU, and cuDNN has this cell."""
    return cell.use_bias and cell.elementwise and steps.is_by_hand(cell) and gpu()


def suits(cell, hidden_mask, training, all_states):
    """Whether cuDNN is to run the cell as it is called now. It returns only the last of an LSTM's memories c."""
    if not training or hidden_mask is not None or compiles_with_xla() or (all_states and cell.state_count > 1):
        return False
    return cell.compute_dtype in ("float16", "float32") and has(cell)


def sequences(cell, inputs, states):
    """inputs (time, batch, features), states (batch, units) each -> [the sequence of h] (time, batch, units)."""
    from keras.src.backend.tensorflow.rnn import gru, lstm

    weights = [tf.convert_to_tensor(w, inputs.dtype) for w in (cell.kernel, cell.recurrent_kernel, cell.bias)]
    run = lstm if cell.state_count > 1 else gru
    _, outputs, _ = run(
        inputs, *states, None, *weights, keras.activations.tanh, keras.activations.sigmoid, return_sequences=True,
        time_major=True,
    )  # fmt: skip
    return [tf.ensure_shape(outputs, [*inputs.shape[:2], cell.units])]
