"""A stack step by step is the stack over the whole sequence."""

import keras
import numpy as np
import pytest

import layers

STACKS = {
    "LSTM, GRU": lambda: [layers.LSTM(4, return_sequences=True), layers.GRU(3, return_sequences=True)],
    "RNN of any cell": lambda: [layers.RNN(keras.layers.GRUCell(4), return_sequences=True)],
    "simple": lambda: [layers.RNN(layers.RNNCell(4), return_sequences=True)],
}


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("make", STACKS.values(), ids=STACKS)
def test_steps_are_the_sequence(make, residual):
    stack = layers.Deep(make(), residual=residual, dropout=0.5)
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    expected = keras.ops.convert_to_numpy(stack(x))
    states = [np.zeros((2, size), "float32") for size in stack.state_size]
    for time in range(5):
        output, states = stack.step(x[:, time], states)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(output), expected[:, time], atol=1e-6)
