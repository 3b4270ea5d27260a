"""Gates of recurrent layers: equal to the equations in NumPy, and to what the layers do."""

import keras
import numpy as np
import pytest

import layers

TIME, UNITS = 5, 3
X = np.random.default_rng(0).normal(size=(2, TIME, 4)).astype("float32")
LENGTHS = [5, 3]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def with_random_weights(layer):
    layer(X)
    draw = np.random.default_rng(1)
    layer.set_weights([draw.normal(0, 0.7, weight.shape) for weight in layer.get_weights()])
    return layer


@pytest.mark.parametrize("kind", [layers.LSTM, keras.layers.LSTM])
def test_gates_of_an_lstm_are_those_of_its_equations(kind):
    layer = with_random_weights(kind(UNITS, return_sequences=True))
    kernel, recurrent, bias = layer.get_weights()
    h = c = np.zeros((2, UNITS))
    [gates] = layers.gates(layer, X)
    for t in range(TIME):
        i, f, g, o = np.split(X[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        values = {"input": i, "forget": f, "candidate": g, "output": o, "state": c, "hidden": h}
        for name, value in values.items():
            assert gates.values[name][:, t] == pytest.approx(value, abs=1e-5)
    assert gates.name == layer.name and not gates.backwards and gates.mask.all()


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("kind", [layers.GRU, keras.layers.GRU])
def test_gates_of_a_gru_are_those_of_its_equations(kind, reset_after):
    layer = with_random_weights(kind(UNITS, return_sequences=True, reset_after=reset_after))
    kernel, recurrent, bias = layer.get_weights()
    b, own = bias if reset_after else (bias, 0 * bias)
    h = np.zeros((2, UNITS))
    [gates] = layers.gates(layer, X)
    for t in range(TIME):
        x_z, x_r, x_h = np.split(X[:, t] @ kernel + b, 3, axis=1)
        u_z, u_r, u_h = np.split(h @ recurrent + own, 3, axis=1)
        z, r = sigmoid(x_z + u_z), sigmoid(x_r + u_r)
        g = np.tanh(x_h + (r * u_h if reset_after else (r * h) @ recurrent[:, 2 * UNITS :]))
        h = z * h + (1 - z) * g
        for name, value in {"update": z, "reset": r, "candidate": g, "state": h, "hidden": h}.items():
            assert gates.values[name][:, t] == pytest.approx(value, abs=1e-5)


def stack():
    inside = [layers.LSTM(UNITS, return_sequences=True), layers.GRU(2 * UNITS, return_sequences=True)]
    return layers.Deep([layers.Bidirectional(inside[0]), layers.Bidirectional(inside[1])], residual=True)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.LSTM(UNITS, return_sequences=True, go_backwards=True),
        lambda: layers.RNN(layers.LayerNormLSTMCell(UNITS), return_sequences=True),
        lambda: layers.Bidirectional(layers.GRU(UNITS, return_sequences=True)),
    ],
)
def test_hidden_states_are_the_outputs_of_the_layer(layer):
    layer = with_random_weights(layer())
    outputs = np.asarray(layer(X, lengths=LENGTHS))
    directions = layers.gates(layer, X, lengths=LENGTHS)
    hidden = np.concatenate([one.values["hidden"] for one in directions], axis=-1)
    if len(directions) == 1 and directions[0].backwards:
        outputs = outputs[:, ::-1]  # it gives them in the order in which it reads
    real = np.arange(TIME) < np.array(LENGTHS)[:, None]
    assert hidden[real] == pytest.approx(outputs[real], abs=1e-5) and not hidden[~real].any()
    assert (directions[0].mask == real).all()


def test_of_a_stack_there_are_gates_of_each_layer_and_direction():
    layer = with_random_weights(stack())
    several = layers.gates(layer, X, lengths=LENGTHS)
    assert [one.backwards for one in several] == [False, True, False, True]
    assert ["forget" in one.values for one in several] == [True, True, False, False]
    below = layer.layers[0](X, lengths=LENGTHS)
    above = layers.gates(layer.layers[1], below, lengths=LENGTHS)
    assert several[2].values["update"] == pytest.approx(above[0].values["update"], abs=1e-6)


def test_what_is_left_is_the_product_of_forget_gates_where_it_was_stored():
    [gates] = layers.gates(with_random_weights(layers.LSTM(UNITS, return_sequences=True)), X, lengths=LENGTHS)
    left = layers.remembered(gates)
    i, f, g = (gates.values[name] for name in ("input", "forget", "candidate"))
    stored = np.abs(i * g)[0, 1]
    expected = (stored * f[0, 2] * f[0, 3]).sum() / stored.sum()
    assert left[0, 1, 3] == pytest.approx(expected, abs=1e-6)
    assert np.diagonal(left[0]) == pytest.approx(1) and not np.tril(left[0], -1).any()
    backwards = with_random_weights(layers.LSTM(UNITS, return_sequences=True, go_backwards=True))
    [gates] = layers.gates(backwards, X)
    i, f, g = (gates.values[name] for name in ("input", "forget", "candidate"))
    stored = np.abs(i * g)[0, 3]
    expected = (stored * f[0, 2] * f[0, 1]).sum() / stored.sum()
    assert layers.remembered(gates)[0, 3, 1] == pytest.approx(expected, abs=1e-6)


def test_layers_without_gates_are_refused():
    for layer, name in ((layers.SimpleRNN(UNITS), "SimpleRNN of RNNCell"), (keras.layers.Dense(2), "Dense")):
        with pytest.raises(ValueError, match=f"layer: expected an LSTM or a GRU, .*received {name}"):
            layers.gates(layer, X)
