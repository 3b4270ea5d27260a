import keras
import matplotlib
import numpy as np
import pytest

import layers
from layers.gradient_flow import GradientFlow, gradient_norms, plot_gradient_flow

TIME, FEATURES, UNITS = 7, 3, 4
SOURCE = np.random.default_rng(0)
X = SOURCE.normal(size=(5, TIME, FEATURES)).astype("float32")
Y = SOURCE.normal(size=(5, UNITS)).astype("float32")

RECURRENT = {
    "keras.SimpleRNN": lambda **options: keras.layers.SimpleRNN(UNITS, **options),
    "keras.LSTM": lambda **options: keras.layers.LSTM(UNITS, **options),
    "keras.GRU": lambda **options: keras.layers.GRU(UNITS, **options),
    "RNN": lambda **options: layers.RNN(layers.RNNCell(UNITS), **options),
    "LSTM": lambda **options: layers.LSTM(UNITS, **options),
    "GRU": lambda **options: layers.GRU(UNITS, **options),
}


def model_of(layer, time=TIME, features=FEATURES):
    inputs = keras.Input((time, features))
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse")
    return model


def test_equals_the_chain_rule_of_a_plain_rnn():
    """dL/dh_T = 2 (h_T - y) / n and dL/dh_t = U (dL/dh_{t+1} * (1 - h_{t+1}^2)), by hand in float64."""
    keras.utils.set_random_seed(0)
    model = model_of(keras.layers.SimpleRNN(UNITS))
    kernel, recurrent, bias = [keras.ops.convert_to_numpy(w).astype("float64") for w in model.get_weights()]
    hidden = [np.zeros((5, UNITS))]
    for t in range(TIME):
        hidden.append(np.tanh(X[:, t] @ kernel + hidden[-1] @ recurrent + bias))
    gradient = 2 * (hidden[-1] - Y) / Y.size
    expected = [np.linalg.norm(gradient)]
    for h in hidden[:1:-1]:
        gradient = (gradient * (1 - h**2)) @ recurrent.T
        expected.insert(0, np.linalg.norm(gradient))
    np.testing.assert_allclose(gradient_norms(model, X, Y), expected, rtol=1e-5)


@pytest.mark.parametrize("name", RECURRENT)
def test_last_step_is_the_gradient_of_the_output_and_the_model_is_left_as_it_was(name):
    model = model_of(RECURRENT[name]())
    before = np.array(model.predict(X, verbose=0))
    norms = gradient_norms(model, X, Y)
    assert norms.shape == (TIME,) and (norms > 0).all()
    np.testing.assert_allclose(norms[-1], np.linalg.norm(2 * (before - Y) / Y.size), rtol=1e-4)
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)
    assert "call" not in vars(model.layers[1])


@pytest.mark.parametrize("name", ["keras.LSTM", "LSTM", "GRU"])
def test_backwards_and_sequences(name):
    """A norm belongs to a place in the sequence: read backwards, a reversed sequence has the norms reversed."""
    forward, backward = model_of(RECURRENT[name]()), model_of(RECURRENT[name](go_backwards=True))
    backward.set_weights(forward.get_weights())
    norms = gradient_norms(forward, X, Y)
    np.testing.assert_allclose(gradient_norms(backward, X[:, ::-1], Y), norms[::-1], rtol=1e-4)
    whole = model_of(RECURRENT[name](return_sequences=True))
    targets = np.zeros((5, TIME, UNITS), "float32")
    assert gradient_norms(whole, X, targets, layer=whole.layers[1].name).shape == (TIME,)


def test_masked_steps_carry_no_gradient():
    inputs, mask = keras.Input((TIME, FEATURES)), keras.Input((TIME,), dtype="bool")
    model = keras.Model([inputs, mask], layers.LSTM(UNITS)(inputs, mask=mask))
    real = np.broadcast_to(np.arange(TIME) < 4, (5, TIME))
    norms = gradient_norms(model, [X, real], Y, loss=keras.losses.mean_squared_error)
    assert (norms[:4] > 0).all() and (norms[4:] == 0).all()


def test_vanishes_in_a_plain_rnn_and_survives_in_an_lstm():
    keras.utils.set_random_seed(1)
    time, units = 60, 16
    x, y = SOURCE.normal(size=(8, time, 2)).astype("float32"), np.zeros((8, units), "float32")
    plain = model_of(
        layers.RNN(layers.RNNCell(units, recurrent_initializer=keras.initializers.Orthogonal(0.9))), time, 2
    )
    # A forget gate that is nearly open: what the LSTM was made for (Hochreiter and Schmidhuber 1997).
    lstm = model_of(layers.LSTM(units), time, 2)
    kernel, recurrent, bias = lstm.get_weights()
    bias[units : 2 * units] = 6.0
    lstm.set_weights([kernel, recurrent, bias])
    reach = {
        name: flow[0] / flow[-1]
        for name, flow in {"plain": gradient_norms(plain, x, y), "lstm": gradient_norms(lstm, x, y)}.items()
    }
    assert reach["plain"] < 1e-3
    assert reach["lstm"] > 1e-2


def test_callback_records_each_epoch_and_plots(tmp_path):
    matplotlib.use("Agg")
    model = model_of(RECURRENT["LSTM"]())
    flow = GradientFlow(X, Y)
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[flow])
    assert len(flow.norms) == 3
    np.testing.assert_allclose(flow.norms[-1], gradient_norms(model, X, Y), rtol=1e-6)
    axes = flow.plot()
    assert axes.get_yscale() == "log" and len(axes.lines) == 3
    np.testing.assert_allclose(axes.lines[2].get_ydata(), flow.norms[2])
    axes.figure.savefig(tmp_path / "flow.png")
    assert len(plot_gradient_flow(flow.norms[0], axes).lines) == 4
    matplotlib.pyplot.close(axes.figure)


def test_bad_input_is_named():
    model = model_of(RECURRENT["LSTM"]())
    with pytest.raises(ValueError, match=r"layer: expected a recurrent layer of .*, received 'other'"):
        gradient_norms(model, X, Y, layer="other")
    inputs = keras.Input((3,))
    with pytest.raises(ValueError, match="one of none"):
        gradient_norms(keras.Model(inputs, keras.layers.Dense(2)(inputs)), X, Y)
    model = keras.Model(model.inputs, model.outputs)
    with pytest.raises(ValueError, match=r"expected a compiled model, received none; call `model\.compile"):
        gradient_norms(model, X, Y)
