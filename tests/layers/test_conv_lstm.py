"""Convolutional LSTMs, and `RNN` of cells with states of any shape, beside Keras's."""

import inspect
import itertools

import keras
import numpy as np
import pytest
from own_cells import Matrix

import layers

K = keras.layers
# Keras's own loops under jax cannot mask states of more than two axes.
MASK = np.array([[True, True, False, True], [False, True, False, False]])
tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="Keras's cannot be masked there")
FRAMES = {1: (6,), 2: (6, 5), 3: (4, 3, 4)}
WAYS = [
    {"padding": padding, "strides": strides, "dilation_rate": dilation, "data_format": data_format}
    for padding, strides, dilation, data_format in itertools.product(
        ("same", "valid"), (1, 2), (1, 2), ("channels_last", "channels_first")
    )
    if strides == 1 or dilation == 1
]


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def frames(rank, data_format="channels_last", steps=4):
    shape = (*FRAMES[rank], 2) if data_format == "channels_last" else (2, *FRAMES[rank])
    return np.random.default_rng(rank).normal(size=(2, steps, *shape)).astype("float32")


def twin(theirs, x):
    """Ours of a layer of Keras's, with its weights, which no initializer gives."""
    ours = getattr(layers, type(theirs).__name__).from_config(theirs.get_config())
    ours.build(x.shape)
    draw = np.random.default_rng(0)
    theirs.set_weights([draw.normal(scale=0.3, size=weight.shape) for weight in theirs.weights])
    ours.set_weights(theirs.get_weights())
    return ours


@tensorflow_only
@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way.values())))
@pytest.mark.parametrize("rank", [1, 2])
def test_numbers_shapes_and_configuration_are_those_of_keras(rank, way):
    kind, x = f"ConvLSTM{rank}D", frames(rank, way["data_format"])
    for options in (
        {"return_state": True, "zero_output_for_mask": True},
        {"return_state": True, "return_sequences": True, "go_backwards": True, "use_bias": False},
    ):
        theirs = getattr(K, kind)(3, 3, **way, **options)
        expected = theirs(x, mask=MASK)
        ours = twin(theirs, x)
        expected = theirs(x, mask=MASK)
        for output, other in zip(ours(x, mask=MASK), expected, strict=True):
            np.testing.assert_allclose(array(output), array(other), atol=1e-6)
        assert list(map(tuple, ours.compute_output_shape(x.shape))) == [tuple(y.shape) for y in expected]
        config = theirs.get_config()
        assert {name: ours.get_config()[name] for name in config} == config
        assert type(theirs).from_config(ours.get_config()).get_config() == config


def test_volumes():
    x, theirs = frames(3), K.ConvLSTM3D(2, 2, return_sequences=True)
    theirs(x)
    ours = twin(theirs, x)
    np.testing.assert_allclose(array(ours(x)), array(theirs(x)), atol=1e-6)


@pytest.mark.parametrize("name", ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"])
def test_arguments_come_in_the_order_of_keras(name):
    theirs = list(inspect.signature(getattr(K, name).__init__).parameters)[1:-1]
    assert ["filters", *getattr(layers, name).order] == theirs
    layer = getattr(layers, name)(4, 3, 1, "same", None, 2, "relu")
    assert (layer.filters, layer.padding, set(layer.dilation_rate), layer.activation) == (
        4, "same", {2}, keras.activations.relu,
    )  # fmt: skip


def test_lengths_and_states_go_on():
    """Rows end where they do by themselves, and a sequence in two calls is one in one."""
    layer, x = layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True, return_state=True), frames(2)
    whole, h, c = layer(x)
    first, *states = layer(x[:, :1])
    second, *states = layer(x[:, 1:], initial_state=states)
    np.testing.assert_allclose(np.concatenate([first, second], 1), array(whole), atol=1e-6)
    for state, other in zip(states, (h, c), strict=True):
        np.testing.assert_allclose(array(state), array(other), atol=1e-6)
    padded, h, _ = layer(x, lengths=[4, 2])
    np.testing.assert_allclose(array(padded)[1, :2], array(layer(x[1:, :2])[0])[0], atol=1e-6)
    np.testing.assert_allclose(array(h)[1], array(padded)[1, 1], atol=1e-6)


def test_states_are_kept_from_call_to_call():
    layer = layers.ConvLSTM1D(3, 3, padding="same", stateful=True)
    x = frames(1)
    layer(x[:, :2])
    second = array(layer(x[:, 2:]))
    layer.reset_state()
    np.testing.assert_allclose(array(layer(x)), second, atol=1e-6)


@tensorflow_only
def test_a_mask_of_pixels_as_masking_gives_it():
    pictures = keras.Input([None, 6, 5, 2])
    x = K.Masking()(pictures)
    layer = K.ConvLSTM2D(3, 3, padding="same", return_sequences=True)
    model = keras.Model(pictures, K.ConvLSTM2D(2, 3, padding="same")(layer(x)))
    values = frames(2) * (np.random.default_rng(1).random((2, 4, 6, 5, 1)) < 0.7)
    np.testing.assert_allclose(array(layers.convert(model)(values)), array(model(values)), atol=1e-6)


def test_dropout_is_of_one_mask_for_all_steps():
    layer = layers.ConvLSTM1D(4, 1, dropout=0.5, recurrent_dropout=0.5, return_sequences=True, seed=1)
    x = np.ones((1, 3, 6, 2), "float32")
    layer(x)
    np.testing.assert_array_equal(array(layer(x)), array(layer(x)))
    assert np.abs(array(layer(x, training=True)) - array(layer(x))).max() > 1e-3
    layer.cell.recurrent_kernel.assign(np.zeros((1, 4, 16)))
    states = [np.zeros((1, 6, 4), "float32")] * 2
    several = layer(np.repeat(x, 20, 1), initial_state=states, training=True)
    settled = array(several)[:, -2:]  # of one input again and again, with no other mask
    np.testing.assert_allclose(settled[:, 0], settled[:, 1], atol=1e-2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.ConvLSTM2D(4, (3, 3, 3)), "kernel_size: expected a positive integer, or 2 of them"),
        (lambda: layers.ConvLSTM2D(4, 3, padding="causal"), "padding: expected one of 'valid', 'same'"),
        (lambda: layers.ConvLSTM2D(0, 3), "filters: expected a positive integer, received 0"),
        (lambda: layers.ConvLSTM2D(4, 3, kernel=3), "ConvLSTM2D: expected arguments that it has"),
        (lambda: layers.ConvLSTM2D(4, 3)(np.ones((2, 3, 6, 6))), "the shape .batch, time, rows, columns, channels."),
        (lambda: layers.ConvLSTM1D(4, 3)(keras.Input([None, None, 2])), "expected frames of a known size"),
        (
            lambda: layers.ConvLSTM1D(4, 3)(frames(1), mask=np.ones((2, 4, 6), bool)),
            "mask: expected an axis of size 4, received 6",
        ),
        (
            lambda: layers.ConvLSTM1D(4, 3)(frames(1), initial_state=[np.ones((2, 4))] * 2),
            r"initial_state of \w+: expected the shape .batch, ...., here .2, 4, 4., received .2, 4.",
        ),
    ],
)
def test_what_is_wrong_is_said(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@tensorflow_only
def test_a_cell_whose_states_have_any_shapes():
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    series = keras.Input([None, 3])
    cells = [Matrix(3), [Matrix(2), K.GRUCell(2)]]
    outputs = [K.RNN(cell, return_sequences=True)(series) for cell in cells]
    model = keras.Model(series, [*outputs, K.RNN(Matrix(2), go_backwards=True)(K.Masking()(series))])
    x[0, 1] = 0
    ours = layers.convert(model)
    assert sum(type(layer) is layers.RNN for layer in ours.layers) == 3
    for output, expected in zip(ours(x), model(x), strict=True):
        np.testing.assert_allclose(array(output), array(expected), atol=1e-6)
    assert [tuple(output.shape) for output in ours.outputs] == [tuple(output.shape) for output in model.outputs]
