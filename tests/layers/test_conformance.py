"""Every recurrent layer against every property it must have: a table of layers, and one test a property.

Runs on any back end: `KERAS_BACKEND=jax pytest tests/layers/test_conformance.py`; what is TensorFlow's own is skipped.
"""

import keras
import numpy as np
import pytest

import layers

UNITS, FEATURES = 4, 3

SEQUENCE_LAYERS = {
    "RNN of our cell": lambda **o: layers.RNN(layers.RNNCell(UNITS), **o),
    "RNN of a normalised cell": lambda **o: layers.RNN(layers.LayerNormLSTMCell(UNITS), **o),
    "RNN of Keras's cell": lambda **o: layers.RNN(keras.layers.LSTMCell(UNITS), **o),
    "RNN of stacked cells": lambda **o: layers.RNN([keras.layers.GRUCell(3), layers.LSTMCell(UNITS)], **o),
    "Keras's RNN of our cell": lambda **o: keras.layers.RNN(layers.LSTMCell(UNITS), **o),
    "LSTM": lambda **o: layers.LSTM(UNITS, **o),
    "LSTM, recurrent dropout": lambda **o: layers.LSTM(UNITS, dropout=0.1, recurrent_dropout=0.1, seed=1, **o),
    "LSTM, backwards": lambda **o: layers.LSTM(UNITS, go_backwards=True, **o),
    "GRU": lambda **o: layers.GRU(UNITS, **o),
    "SimpleRNN": lambda **o: layers.SimpleRNN(UNITS, **o),
    "ConvLSTM1D": lambda **o: layers.ConvLSTM1D(UNITS, 2, padding="same", dropout=0.1, recurrent_dropout=0.1, **o),
    "ConvLSTM2D, backwards": lambda **o: layers.ConvLSTM2D(UNITS, 2, strides=2, go_backwards=True, **o),
    "ConvLSTM2D, channels first": lambda **o: layers.ConvLSTM2D(UNITS, 2, data_format="channels_first", **o),
    "ConvLSTM3D": lambda **o: layers.ConvLSTM3D(UNITS, (1, 2, 2), **o),
    "GRU, reset before": lambda **o: layers.GRU(UNITS, reset_after=False, **o),
    "Bidirectional": lambda **o: layers.Bidirectional(layers.LSTM(UNITS, **o)),
    "Bidirectional ConvLSTM1D": lambda **o: layers.Bidirectional(layers.ConvLSTM1D(UNITS, 3, dilation_rate=2, **o)),
    "Bidirectional sum": lambda **o: layers.Bidirectional(layers.GRU(UNITS, **o), merge_mode="sum"),
    "Deep": lambda **o: layers.Deep(
        [layers.LSTM(UNITS, **{**o, "return_sequences": True}), layers.GRU(UNITS, **o)],
        residual=True,
        dropout=0.1,
    ),
}
MODES = ("last", "max", "mean", "attention")
OTHER_LAYERS = {
    **{f"SequencePooling {mode}": (lambda mode=mode: layers.SequencePooling(mode)) for mode in MODES},
    "Embedding": lambda: layers.Embedding(9, UNITS),
    "OneHot": lambda: layers.OneHot(9),
    "SequenceMask": layers.SequenceMask,
    "BesideSteps": lambda: layers.BesideSteps(2, 1),
    "CRF": lambda: layers.CRF(5),
    "LetterEncoder": lambda: layers.LetterEncoder(9, 5, UNITS),
    "AffixEmbedding": lambda: layers.AffixEmbedding(range(9), 64, UNITS),
}
OURS = {name: make for name, make in SEQUENCE_LAYERS.items() if not name.startswith("Keras")}

every_layer = pytest.mark.parametrize("make", SEQUENCE_LAYERS.values(), ids=SEQUENCE_LAYERS)
our_layers = pytest.mark.parametrize("make", OURS.values(), ids=OURS)
tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow's own: graphs, XLA and LiteRT"
)


def step_shape(layer):
    """The shape of a step that a layer of the table is tested on."""
    axes = getattr(getattr(layer, "forward_layer", layer), "axes", ())
    return {0: (FEATURES,), 1: (7, 2), 2: (3, 4, 3), 3: (2, 3, 3, 1)}[len(axes)]


def sequences(layer, batch=4, time=6, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, time, *step_shape(layer))).astype("float32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def model_of(layer):
    inputs = keras.Input([None, *step_shape(layer)], name="sequences")
    lengths = keras.Input([], dtype="int32", name="lengths")
    masks = {"mask": layers.SequenceMask()(inputs, lengths)}
    if type(layer).__module__.startswith("layers."):
        masks = {"lengths": lengths}
    return keras.Model({"sequences": inputs, "lengths": lengths}, keras.layers.Dense(2)(layer(inputs, **masks)))


def batch_of(layer, lengths, time=6):
    return {"sequences": sequences(layer, len(lengths), time), "lengths": np.array(lengths, "int32")}


@pytest.mark.parametrize("make", [*OURS.values(), *OTHER_LAYERS.values()], ids=[*OURS, *OTHER_LAYERS])
def test_config_round_trip(make):
    layer = make()
    config = layer.get_config()
    assert type(layer).from_config(layer.get_config()).get_config() == config


@every_layer
def test_saves_and_loads_with_variable_batch_and_time(make, tmp_path):
    layer = make()
    model = model_of(layer)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for batch in (batch_of(layer, [6, 2, 0]), batch_of(layer, [4, 5], time=5)):
        np.testing.assert_allclose(array(model(batch)), array(loaded(batch)), atol=1e-6)


@our_layers
@pytest.mark.parametrize("how", ["lengths", "mask"])
def test_padding_changes_nothing(make, how):
    layer = make()
    x = sequences(layer, 2)
    short = array(layer(x[:, :4]))
    masks = {"lengths": [4, 4]} if how == "lengths" else {"mask": np.arange(6) < np.full((2, 1), 4)}
    np.testing.assert_allclose(array(layer(x, **masks)), short, atol=1e-6)


@our_layers
def test_a_row_ignores_the_others(make):
    layer = make(return_sequences=True)
    x = sequences(layer, 3)
    together = array(layer(x, lengths=[6, 3, 1]))
    for row, length in enumerate([6, 3, 1]):
        np.testing.assert_allclose(array(layer(x[row : row + 1], lengths=[length]))[0], together[row], atol=1e-5)


@our_layers
@pytest.mark.parametrize("how", ["lengths", "mask"])
def test_an_empty_row_gives_zeros_and_its_initial_state(make, how):
    layer = make(return_state=True)
    x = sequences(layer, 2)
    shapes = [np.shape(state) for state in keras.tree.flatten(layer(x))[1:]]
    start = [np.full(shape, 0.5, "float32") for shape in shapes]
    masks = {"lengths": [0, 6]} if how == "lengths" else {"mask": np.array([[False] * 6, [True] * 6])}
    output, *states = keras.tree.flatten(layer(x, initial_state=start, **masks))
    if not isinstance(layer, layers.Deep):  # whose residual adds the layer below
        np.testing.assert_array_equal(array(output)[0], 0)
    for state in states:
        np.testing.assert_array_equal(array(state)[0], 0.5)


@every_layer
def test_training_moves_every_weight(make):
    layer = make()
    model = model_of(layer)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = [array(weight) for weight in model.trainable_weights]
    batch = batch_of(layer, [6, 4, 5, 6])
    model.train_on_batch(batch, np.ones(model(batch).shape, "float32"))
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert np.abs(array(weight) - old).max() > 0, weight.path


@our_layers
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_keeps_float32_weights(make, policy):
    keras.utils.set_random_seed(0)  # bfloat16 rounds to 3 digits: in a few draws of weights beyond the tolerance
    whole = make()
    x = sequences(whole)
    expected = array(whole(x))
    with_policy = keras.dtype_policies.get(keras.config.dtype_policy())
    keras.config.set_dtype_policy(policy)
    try:
        half = make()
        half.build(x.shape)
    finally:
        keras.config.set_dtype_policy(with_policy)
    half.set_weights(whole.get_weights())
    output = half(x)
    assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
    assert {keras.backend.standardize_dtype(weight.dtype) for weight in half.trainable_weights} == {"float32"}
    tolerance = {"mixed_float16": 3e-2, "mixed_bfloat16": 8e-2}[policy]  # a normalised cell enlarges what is rounded
    np.testing.assert_allclose(array(keras.ops.cast(output, "float32")), expected, atol=tolerance)


@our_layers
@pytest.mark.parametrize("return_state", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_shapes_and_masks_told_are_those_of_a_call(make, return_sequences, return_state):
    layer = make(return_sequences=return_sequences, return_state=return_state)
    x = sequences(layer, 2)
    mask = keras.ops.convert_to_tensor(np.arange(6) < np.array([[4], [0]]))
    found = layer(x, mask=mask)
    outputs = [tuple(each.shape) for each in keras.tree.flatten(found)]
    told = layer.compute_output_shape(x.shape, mask_shape=(2, 6))
    specifications = keras.tree.map_shape_structure(keras.KerasTensor, told)
    keras.tree.assert_same_structure(found, specifications)
    assert [tuple(each.shape) for each in keras.tree.flatten(specifications)] == outputs
    masks = layer.compute_mask(x, mask)
    masks = masks if isinstance(masks, list) else [masks]
    assert len(masks) == len(outputs)
    for shape, each in zip(outputs, masks, strict=True):
        over_time = return_sequences and shape[:2] == (2, 6)
        assert tuple(each.shape) == shape[:2] if over_time else each is None


@our_layers
def test_wrong_shapes_raise(make):
    layer = make()
    x = sequences(layer)
    layer.build((None, *x.shape[1:]))
    states = [np.zeros((4, size + 1), "float32") for size in layer.state_size]
    wrong = {
        "sequences": lambda: layer(x[..., :-1]),
        "expected the shape": lambda: layer(x[:, 0]),
        "time axis of size 6": lambda: layer(x, mask=np.ones((4, 5), bool)),
        "batch of size 4": lambda: layer(x, lengths=[1, 2]),
        "between 0 and the time axis": lambda: layer(x, lengths=[1, 2, 3, 7]),
        "initial_state": lambda: layer(x, initial_state=states),
    }
    for message, call in wrong.items():
        with pytest.raises(ValueError, match=message):
            call()


@tensorflow_only
@our_layers
def test_eager_graph_and_xla_agree(make):
    import tensorflow as tf

    layer = make(return_sequences=True)
    x = tf.constant(sequences(layer))
    layer.build(x.shape)
    trains = "'dropout': 0.1" not in str(layer.get_config())  # with dropout each run would draw its own

    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.sin(layer(x, lengths=[6, 4, 0, 1], training=trains)))
        return tape.gradient(loss, [x, *(weight.value for weight in layer.trainable_weights)])

    eager = gradients(x)
    for options in ({}, {"jit_compile": True}):
        for one, other in zip(eager, tf.function(gradients, **options)(x), strict=True):
            scale = max(1.0, float(np.abs(other).max()))  # sums of many terms are as exact as their largest
            np.testing.assert_allclose(one, other, atol=2e-5 * scale)


@tensorflow_only
@our_layers
def test_converts_to_litert_with_builtin_operations(make, tmp_path):
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    layer = make()
    model = model_of(layer)
    series = tf.TensorSpec([None, None, *step_shape(layer)])

    class Served(tf.Module):
        @tf.function(input_signature=[series, tf.TensorSpec([None], tf.int32)], autograph=False)
        def serve(self, sequences, lengths):
            with layers.portable():
                return {"output": model({"sequences": sequences, "lengths": lengths}, training=False)}

    served = Served()
    served.held = [variable.value for variable in model.variables]
    tf.saved_model.save(served, tmp_path, signatures={"serving_default": served.serve})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), signature_keys=["serving_default"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    run = Interpreter(model_content=converter.convert()).get_signature_runner()
    for batch in [batch_of(layer, [6, 2, 0]), *[batch_of(layer, [4, 5], time=5)] * 2]:
        np.testing.assert_allclose(run(**batch)["output"], array(model(batch)), atol=1e-5)
