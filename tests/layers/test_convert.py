"""`layers.convert`: models of others with this package's layers, and back, with the same numbers."""

import logging

import keras
import numpy as np
import pytest

import layers

tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="texts are TensorFlow's")
K = keras.layers
IDS = np.array([[3, 1, 4, 1, 5, 0, 0], [2, 6, 5, 3, 5, 8, 9]])
SERIES = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")
PICTURES = np.random.default_rng(0).normal(size=(2, 8, 12, 1)).astype("float32")


def classifier():
    return keras.Sequential(
        [
            keras.Input([None], dtype="int32"),
            K.Embedding(10, 4, mask_zero=True),
            K.Bidirectional(K.LSTM(5, return_sequences=True, dropout=0.1)),
            K.Bidirectional(K.GRU(4, reset_after=False), merge_mode="sum"),
            K.Dense(2, activation="softmax"),
        ],
        name="classifier",
    )


def seq2seq():
    source, target = keras.Input([None, 3], name="source"), keras.Input([None, 3], name="target")
    _, *states = K.LSTM(4, return_state=True, name="encoder")(source)
    outputs = K.LSTM(4, return_sequences=True, name="decoder")(target, initial_state=states)
    return keras.Model([source, target], K.TimeDistributed(K.Dense(3))(outputs))


def crnn():
    pictures = keras.Input([8, 12, 1])
    x = K.BatchNormalization()(K.Conv2D(4, 3, padding="same", activation="relu")(pictures))
    x = K.Reshape([12, 32])(K.Permute([2, 1, 3])(x))
    return keras.Model(pictures, K.Dense(5)(K.Bidirectional(K.GRU(4, return_sequences=True))(x)))


def siamese():
    """One layer called twice."""
    left, right, shared = keras.Input([None, 3]), keras.Input([None, 3]), K.SimpleRNN(4, name="shared")
    return keras.Model([left, right], K.Dense(1)(K.Subtract()([shared(left), shared(right)])))


def nested():
    """A model in a model, called twice, beside operations that are no layers."""
    encoder = keras.Sequential([keras.Input([None, 3]), K.GRU(4), K.Dense(3)], name="encoder")
    left, right = keras.Input([None, 3]), keras.Input([None, 3])
    both = keras.ops.concatenate([encoder(left), encoder(right) * 2], axis=-1)
    return keras.Model([left, right], K.Dense(1)(both))


def stacked():
    """The states of stacked cells, nested, start those of others."""
    series = keras.Input([None, 3])
    cells = [[K.LSTMCell(4, dropout=0.2), K.LSTMCell(3)] for _ in range(2)]
    _, *states = K.RNN(cells[0], return_state=True)(series)
    outputs = K.RNN(cells[1], return_sequences=True)(series, initial_state=states)
    return keras.Model(series, K.RNN([K.GRUCell(3), K.SimpleRNNCell(2)])(outputs))


def video():
    """Recurrent at every step, and over the steps."""
    words = keras.Input([None, 4, 3])
    return keras.Model(words, K.GRU(3)(K.TimeDistributed(K.Bidirectional(K.LSTM(2)))(words)))


def frames():
    """Convolutional LSTMs, one of them in both directions."""
    pictures = keras.Input([None, 4, 5, 1])
    x = K.ConvLSTM2D(2, 3, padding="same", return_sequences=True, recurrent_dropout=0.1)(pictures)
    x = K.Bidirectional(K.ConvLSTM2D(4, 2, strides=2, return_sequences=True))(x)
    x = K.ConvLSTM3D(2, 1)(K.Reshape([-1, 2, 2, 8, 1])(x))
    rows = K.ConvLSTM1D(2, 3, data_format="channels_first")(K.Reshape([-1, 4, 5])(pictures))
    return keras.Model(pictures, K.Concatenate()([K.Flatten()(x), K.Flatten()(rows)]))


def softer(x):
    return keras.ops.tanh(x / 2)


def half():
    """In half precision, with a function and a layer of somebody's own."""
    recurrent = K.LSTM(4, activation=softer, dtype="mixed_float16")
    return keras.Sequential([keras.Input([None, 3]), recurrent, K.Lambda(lambda x: x * 2), K.Dense(1)])


MODELS = {
    "classifier": (classifier, IDS),
    "seq2seq": (seq2seq, [SERIES, SERIES[:, :5]]),
    "crnn": (crnn, PICTURES),
    "siamese": (siamese, [SERIES, SERIES[:, ::-1]]),
    "nested": (nested, [SERIES, SERIES[:, ::-1]]),
    "stacked": (stacked, SERIES),
    "video": (video, np.repeat(SERIES[:, :, None], 4, 2)),
    "frames": (frames, np.random.default_rng(0).normal(size=(2, 3, 4, 5, 1)).astype("float32")),
    "half": (half, SERIES),
}
every_model = pytest.mark.parametrize(("make", "x"), MODELS.values(), ids=MODELS)


def array(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def kinds(model):
    return [type(layer) for layer in model._flatten_layers()]


def recurrent(model, module):
    exchanged = (
        "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "LSTMCell", "GRUCell", "ConvLSTM1D",
        "ConvLSTM2D", "ConvLSTM3D",
    )  # fmt: skip
    return [kind for kind in kinds(model) if kind.__name__ in exchanged and kind.__module__.startswith(module)]


def trained(model):
    """Weights that no initializer gives."""
    draw = np.random.default_rng(1)
    model.set_weights([array(weight) + draw.uniform(0, 0.1, weight.shape) for weight in model.weights])
    return model


@every_model
def test_there_and_back_with_the_same_numbers(make, x, caplog):
    model = trained(make())
    expected = array(model(x))
    ours = layers.convert(model)
    assert recurrent(ours, "layers.")
    assert not recurrent(ours, "keras.")
    back = layers.convert(ours, to="keras")
    assert kinds(back) == kinds(model)
    assert not recurrent(model, "layers.")
    for converted in (ours, back):
        np.testing.assert_allclose(array(converted(x)), expected, atol=1e-5 if make is not half else 2e-3)
        assert [weight.name for weight in converted.weights] == [weight.name for weight in model.weights]
        assert [layer.name for layer in converted.layers] == [layer.name for layer in model.layers]
    assert not caplog.records


@pytest.mark.parametrize("name", ["classifier", "seq2seq", "stacked", "half"])
def test_converted_models_train_by_themselves_and_are_saved(name, tmp_path):
    make, x = MODELS[name]
    model = make()
    ours = layers.convert(model)
    before = model.get_weights()
    ours.compile("sgd", "mse")
    target = np.ones(ours(x).shape) * (np.arange(ours(x).shape[-1]) % 2 * 2 - 1)
    first = ours.evaluate(x, target, verbose=0)
    ours.fit(x, target, epochs=2, verbose=0)
    assert ours.evaluate(x, target, verbose=0) < first
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    ours.save(tmp_path / "model.keras")
    layers.register()
    loaded = keras.models.load_model(tmp_path / "model.keras", {"softer": softer}, safe_mode=False)
    np.testing.assert_allclose(array(loaded(x)), array(ours(x)), atol=1e-6)


class Tagger(keras.Model):
    """Layers as attributes, in a list, in a dictionary, in a model inside, and one of them twice."""

    def __init__(self):
        super().__init__()
        self.first = K.LSTM(4, return_sequences=True)
        self.again = self.first
        self.stack = [K.GRU(4, return_sequences=True), K.Dropout(0.1)]
        self.heads = {"tags": K.Bidirectional(K.SimpleRNN(2, return_sequences=True)), "size": 3}
        self.pair = (K.GRU(3, return_sequences=True), "text")
        self.last = keras.Sequential([K.GRU(4), K.Dense(2)])
        self.block = Block()

    def call(self, x, training=False):
        x = self.block(self.first(x))
        for layer in self.stack:
            x = layer(x, training=training) if isinstance(layer, K.Dropout) else layer(x)
        return self.last(self.again(self.pair[0](self.heads["tags"](x)[:, :, :3])))


class Block(K.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = K.GRU(3, return_sequences=True)

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x)


def test_a_model_of_a_class_of_ones_own_is_changed_itself(caplog):
    model = Tagger()
    model(SERIES)
    trained(model)
    expected, paths = array(model(SERIES)), [weight.shape for weight in model.weights]
    model.compile("sgd", "mse")
    assert layers.convert(model) is model
    assert "compile the model that it gave" in caplog.text
    assert len(caplog.records) == 1
    assert not recurrent(model, "keras.")
    assert model.again is model.first
    assert model.heads["size"] == 3
    np.testing.assert_allclose(array(model(SERIES)), expected, atol=1e-5)
    assert [weight.shape for weight in model.weights] == paths
    with pytest.raises(ValueError, match="compile"):
        model.fit(SERIES, np.ones((2, 2)))
    model.compile("sgd", "mse")
    model.fit(SERIES, np.ones((2, 2)), verbose=0)
    after = array(model(SERIES))
    assert np.abs(after - expected).max() > 0
    assert not recurrent(layers.convert(model, to="keras"), "layers.")
    np.testing.assert_allclose(array(model(SERIES)), after, atol=1e-5)


def test_a_layer_of_ones_own_inside_a_functional_model():
    inputs = keras.Input([None, 3])
    model = keras.Model(inputs, K.Dense(1)(K.GRU(2)(Block()(inputs))))
    expected = array(model(SERIES))
    ours = layers.convert(model)
    assert not recurrent(ours, "keras.")
    assert len(recurrent(model, "keras.")) == 4
    np.testing.assert_allclose(array(ours(SERIES)), expected, atol=1e-5)


class Graph(keras.Model):
    """A graph that the class makes out of its arguments, with a layer of it as an attribute and a step of its own."""

    def __init__(self, units=4):
        inputs = keras.Input([None, 3])
        recurrent = K.LSTM(units, return_sequences=True)
        super().__init__(inputs, K.Dense(2)(Block()(recurrent(inputs))))
        self.recurrent = recurrent

    def test_step(self, *arguments):
        return super().test_step(*arguments)


class Stack(keras.Sequential):
    """A stack that the class makes."""

    def __init__(self, units=3):
        super().__init__([K.GRU(units, return_sequences=True), K.Bidirectional(K.LSTM(2)), K.Dense(2)])


class Both(keras.Model):
    def __init__(self):
        super().__init__()
        self.graph, self.stack = Graph(), Stack()

    def call(self, x):
        return self.graph(x)[:, -1] + self.stack(x)


@pytest.mark.parametrize("make", [Graph, Stack, Both])
def test_a_class_that_makes_its_layers_itself(make, caplog):
    model = make()
    model(SERIES)
    expected, count = array(trained(model)(SERIES)), model.count_params()
    assert layers.convert(model) is model
    assert recurrent(model, "layers.") and not recurrent(model, "keras.")
    np.testing.assert_allclose(array(model(SERIES)), expected, atol=1e-5)
    assert model.count_params() == count
    if make is Graph:
        assert model.recurrent is model.layers[1]
    model.compile("sgd", "mse")
    model.fit(SERIES, np.ones(expected.shape), verbose=0)
    after = array(model(SERIES))
    assert np.abs(after - expected).max() > 0
    assert not recurrent(layers.convert(model, to="keras"), "layers.")
    np.testing.assert_allclose(array(model(SERIES)), after, atol=1e-5)
    assert [record.levelname for record in caplog.records] == ["WARNING"]  # of what `compile` made


class Sharing(K.Layer):
    """A cell as an attribute, and a layer that runs it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.cell = K.LSTMCell(4)
        self.over_time = K.RNN(self.cell)

    def build(self, shape):
        self.over_time.build(shape)

    def call(self, x):
        return self.over_time(x)


def test_what_is_an_attribute_twice_stays_one_layer():
    inputs = keras.Input([None, 3])
    model = keras.Model(inputs, Sharing()(inputs))
    ours = layers.convert(model)
    assert ours.layers[1].cell is ours.layers[1].over_time.cell
    assert len(ours.weights) == 3
    np.testing.assert_allclose(array(ours(SERIES)), array(model(SERIES)), atol=1e-5)


class Forgetful(K.Layer):
    """A configuration without its arguments."""

    def __init__(self, units):
        super().__init__()
        self.units = units

    def call(self, x):
        return x

    def get_config(self):
        return K.Layer.get_config(self)


def test_a_layer_that_its_configuration_does_not_make():
    model = keras.Sequential([keras.Input([None, 3]), Forgetful(3), K.GRU(2)])
    with pytest.raises(ValueError, match=r"convert: expected layers that their configurations make.*get_config"):
        layers.convert(model)


@keras.saving.register_keras_serializable()
class Mine(K.LSTM):
    """A recurrent layer of one's own."""


def test_what_is_left_alone_is_told(caplog):
    series = keras.Input([None, 3])
    y = K.Bidirectional(Mine(2, return_sequences=True), name="both")(series)
    model = keras.Model(series, K.Concatenate()([Mine(3, name="mine")(y), K.GRU(2)(y)]))
    ours = layers.convert(model)
    assert "mine (Mine)" in caplog.text
    assert recurrent(ours, "layers.") == [layers.GRU, layers.GRUCell]
    np.testing.assert_allclose(array(ours(SERIES)), array(model(SERIES)), atol=1e-5)


def test_what_keras_does_not_have_is_told(caplog):
    x, lengths = keras.Input([None, 3]), keras.Input([], dtype="int32")
    y = layers.LSTM(3, return_sequences=True, name="padded")(x, lengths=lengths)
    y = layers.GRU(3, return_sequences=True)(y)
    model = keras.Model([x, lengths], layers.Deep([layers.GRU(3)], name="deep")(y))
    stock = layers.convert(model, to="keras")
    assert "padded (LSTM), deep (Deep)" in caplog.text
    assert [kind.__name__ for kind in recurrent(stock, "keras.")] == ["GRU", "GRUCell"]
    np.testing.assert_allclose(
        array(stock([SERIES, np.array([7, 3])])), array(model([SERIES, np.array([7, 3])])), atol=1e-5
    )


def test_states_are_not_taken_along():
    model = keras.Sequential([keras.Input(batch_shape=[2, 7, 3]), K.LSTM(4, stateful=True)])
    first, second = array(model(SERIES)), array(model(SERIES))
    ours = layers.convert(model)
    np.testing.assert_allclose(array(ours(SERIES)), first, atol=1e-5)
    np.testing.assert_allclose(array(ours(SERIES)), second, atol=1e-5)
    np.testing.assert_allclose(array(layers.convert(ours, to="keras")(SERIES)), first, atol=1e-5)


@tensorflow_only
def test_words_that_a_lookup_has_learned():
    lookup = K.StringLookup()
    lookup.adapt(["a", "b", "a"])
    words = keras.Input([None], dtype="string")
    model = keras.Model(words, K.GRU(2)(K.Embedding(3, 2)(lookup(words))))
    x = keras.ops.convert_to_tensor([["a", "b", "c"]])
    np.testing.assert_allclose(array(layers.convert(model)(x)), array(model(x)), atol=1e-6)


def test_a_lambda_with_names_of_its_module():
    factor = 3.0
    x = series = keras.Input([None, 3])
    for function in (lambda x: keras.ops.abs(x), lambda x: x * factor):
        x = K.Lambda(function)(x)
    model = keras.Model(series, K.LSTM(2, activation=lambda x: keras.ops.tanh(x / factor))(x))
    np.testing.assert_allclose(array(layers.convert(model)(SERIES)), array(model(SERIES)), atol=1e-6)
    assert {layer.function.__name__ for layer in model.layers if isinstance(layer, K.Lambda)} == {"<lambda>"}


def test_a_single_layer_and_a_wrong_word():
    assert type(layers.convert(K.LSTM(3))) is layers.LSTM
    assert type(layers.convert(layers.SimpleRNN(3), to="keras")) is K.SimpleRNN
    with pytest.raises(ValueError, match=r"convert: expected a Keras model or a layer, received 'model.keras'"):
        layers.convert("model.keras")
    with pytest.raises(ValueError, match="to: expected one of 'unroll', 'keras', received 'torch'"):
        layers.convert(K.LSTM(3), to="torch")


def test_nothing_to_exchange():
    model = keras.Sequential([keras.Input([3]), K.Dense(2)])
    np.testing.assert_array_equal(array(layers.convert(model)(SERIES[:, 0])), array(model(SERIES[:, 0])))


@pytest.fixture(autouse=True)
def logged(caplog):
    caplog.set_level(logging.WARNING, "unroll")
