import keras
import numpy as np
import pytest

import layers

UNITS, FEATURES, STEPS, WIDTH = 5, 3, 6, 4
DRAW = np.random.default_rng(0)
VECTORS = DRAW.normal(size=(3, 7, FEATURES)).astype("float32")
MEMORY = DRAW.normal(size=(3, STEPS, WIDTH)).astype("float32")
LENGTHS = np.array([6, 2, 4])
MASK = np.arange(STEPS) < LENGTHS[:, None]
RECURRENT = {
    "RNN": lambda: layers.RNN(layers.RNNCell(UNITS)),
    "LSTM": lambda: layers.LSTM(UNITS),
    "GRU": lambda: layers.GRU(UNITS),
}
KINDS = {
    f"{name}, {upper} above{', fed' if fed else ''}": (make, upper, fed)
    for name, make in RECURRENT.items()
    for upper, fed in ((0, False), (1, False), (2, True))
}


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def make(kind, **options):
    recurrent, upper, fed = KINDS[kind]
    decoder = layers.AttentionDecoder(
        recurrent(), layers.BahdanauAttention(4), [recurrent() for _ in range(upper)], output_size=6, input_feeding=fed,
        **options,
    )  # fmt: skip
    decoder(VECTORS, MEMORY)
    draw = np.random.default_rng(1)
    for weight in decoder.weights:
        weight.assign(draw.normal(size=weight.shape, scale=0.5))
    return decoder


@pytest.fixture(params=KINDS)
def decoder(request):
    return make(request.param)


def step_by_step(decoder, vectors, memory, mask):
    keys, state = decoder.begin(memory, mask)
    outputs, weights = [], []
    for vector in np.swapaxes(vectors, 0, 1):
        output, state, weight = decoder.step(vector, state, memory, keys, mask)
        outputs.append(array(output))
        weights.append(array(weight))
    return np.stack(outputs, 1), np.stack(weights, 1)


def test_equals_the_equation():
    """The simple cell with one layer above, recomputed with NumPy in float64."""
    decoder = make("RNN, 1 above")
    weights = {weight.path.split("/", 1)[1]: array(weight).astype("float64") for weight in decoder.weights}

    def weight(end):
        (found,) = [value for path, value in weights.items() if path.endswith(end)]
        return found

    bias = weight(f"{decoder.attention.name}/bias")
    names = [f"{layer.name}/{layer.cell.name}" for layer in decoder.recurrent_layers]
    lower, upper = (
        {part: weight(f"{name}/{part}") for part in ("kernel", "recurrent_kernel", "bias")} for name in names
    )
    for row, length in enumerate(LENGTHS):
        memory = MEMORY[row, :length].astype("float64")
        start = np.tanh(memory.mean(0) @ weight("bridge/kernel") + weight("bridge/bias"))
        s, u = start[:UNITS], start[UNITS:]
        for step, vector in enumerate(VECTORS[row].astype("float64")):
            s = np.tanh(vector @ lower["kernel"] + s @ lower["recurrent_kernel"] + lower["bias"])
            hidden = np.tanh(s @ weight("query_kernel") + memory @ weight("key_kernel") + bias)
            scores = np.exp(hidden @ weight("scale")[:, 0])
            context = scores / scores.sum() @ memory
            u = np.tanh(np.append(s, context) @ upper["kernel"] + u @ upper["recurrent_kernel"] + upper["bias"])
            expected = np.concatenate([u, context, vector]) @ weight("readout/kernel") + weight("readout/bias")
            outputs, attended = decoder(VECTORS, MEMORY, lengths=LENGTHS)
            np.testing.assert_allclose(array(outputs)[row, step], np.tanh(expected), atol=1e-5)
            np.testing.assert_allclose(array(attended)[row, step, :length], scores / scores.sum(), atol=1e-5)


def test_all_steps_at_once_are_one_step_after_another(decoder):
    for given in ({"lengths": LENGTHS}, {"mask": MASK}):
        outputs, weights = decoder(VECTORS, MEMORY, **given)
        expected = step_by_step(decoder, VECTORS, MEMORY, MASK)
        np.testing.assert_allclose(array(outputs), expected[0], atol=1e-5)
        np.testing.assert_allclose(array(weights), expected[1], atol=1e-5)


def test_no_step_reads_a_later_one(decoder):
    changed = VECTORS.copy()
    changed[:, 4:] += 1
    before, after = (array(decoder(vectors, MEMORY, lengths=LENGTHS)[0]) for vectors in (VECTORS, changed))
    np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert np.abs(before[:, 4:] - after[:, 4:]).max(axis=(1, 2)).min() > 1e-3


def test_padding_of_the_memory_changes_nothing(decoder):
    spoilt = np.where(MASK[..., None], MEMORY, 1e3).astype("float32")
    clean, dirty = (array(decoder(VECTORS, memory, lengths=LENGTHS)[0]) for memory in (MEMORY, spoilt))
    np.testing.assert_allclose(clean, dirty, atol=1e-6)
    alone = array(decoder(VECTORS[1:2], MEMORY[1:2, :2])[0])
    np.testing.assert_allclose(clean[1:2], alone, atol=1e-5)


def test_feeding_the_output_back_matters():
    fed, plain = make("GRU, 2 above, fed"), make("GRU, 1 above")
    assert len(fed.begin(MEMORY)[1]) == 4 and len(plain.begin(MEMORY)[1]) == 2
    assert fed.lower.cell.kernel.shape[0] == FEATURES + 6 and plain.lower.cell.kernel.shape[0] == FEATURES


def test_gradient_reaches_every_weight(decoder):
    inputs = keras.Input((None, FEATURES)), keras.Input((None, WIDTH))
    model = keras.Model(inputs, decoder(*inputs)[0])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = [array(weight) for weight in decoder.trainable_weights]
    model.train_on_batch([VECTORS, MEMORY], np.ones((3, 7, 6), "float32"))
    for weight, old in zip(decoder.trainable_weights, before, strict=True):
        assert np.abs(array(weight) - old).max() > 0, weight.path


def test_dropout_in_training_alone(decoder):
    dropping = type(decoder).from_config({**decoder.get_config(), "dropout": 0.5})
    dropping(VECTORS, MEMORY)
    dropping.set_weights(decoder.get_weights())
    plain, whole = array(decoder(VECTORS, MEMORY)[0]), array(dropping(VECTORS, MEMORY)[0])
    np.testing.assert_allclose(plain, whole, atol=1e-6)
    assert np.abs(array(dropping(VECTORS, MEMORY, training=True)[0]) - plain).max() > 1e-3


def test_saves_and_loads_with_variable_sizes(decoder, tmp_path):
    inputs = keras.Input((None, FEATURES)), keras.Input((None, WIDTH)), keras.Input((), dtype="int32")
    model = keras.Model(inputs, decoder(inputs[0], inputs[1], lengths=inputs[2]))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for rows, time in ((3, 7), (2, 1)):
        given = [VECTORS[:rows, :time], MEMORY[:rows], LENGTHS[:rows]]
        for one, other in zip(model(given), loaded(given), strict=True):
            np.testing.assert_allclose(array(one), array(other), atol=1e-6)


def test_config_round_trip():
    fresh = layers.AttentionDecoder(
        layers.GRU(3),
        layers.LuongAttention("general"),
        [layers.LSTM(2)],
        output_size=5,
        dropout=0.1,
        input_feeding=True,
    )
    config = fresh.get_config()
    assert type(fresh).from_config(fresh.get_config()).get_config() == config


def test_wrong_layers_and_shapes_raise():
    with pytest.raises(ValueError, match="expected `RNN`, `LSTM` or `GRU` layers"):
        layers.AttentionDecoder(keras.layers.Dense(3), layers.BahdanauAttention(4), output_size=3)
    decoder = make("LSTM, 1 above")
    with pytest.raises(ValueError, match="vectors: expected the shape"):
        layers.AttentionDecoder(layers.GRU(3), layers.BahdanauAttention(4), output_size=3)(VECTORS[:, 0], MEMORY)
    with pytest.raises(ValueError, match="a time axis of size 6"):
        decoder(VECTORS, MEMORY, mask=MASK[:, :5])


@pytest.mark.parametrize("dropout", ["dropout", "recurrent_dropout"])
@pytest.mark.parametrize("cells", ["ours", "stacked", "Keras's"])
def test_input_feeding_drops_in_the_cells_as_in_whole_sequences(cells, dropout):
    """One mask a sequence: with the readout of the last step out of the way, a step dropped once is dropped always."""
    make = {
        "ours": lambda: layers.GRU(4, **{dropout: 0.5}),
        "stacked": lambda: layers.RNN([keras.layers.GRUCell(4), layers.GRUCell(4, **{dropout: 0.5})]),
        "Keras's": lambda: layers.RNN(keras.layers.LSTMCell(4, **{dropout: 0.5})),
    }[cells]
    decoder = layers.AttentionDecoder(make(), layers.LuongAttention("general"), [make()], output_size=3,
                                      input_feeding=True)  # fmt: skip
    x, memory = np.ones((2, 5, 3), "float32"), np.ones((2, 4, 6), "float32")
    first, second, plain, again = (
        keras.ops.convert_to_numpy(decoder(x, memory, training=training)[0]) for training in (True, True, False, False)
    )
    assert np.abs(first - second).max() > 0 and np.abs(first - plain).max() > 0
    np.testing.assert_array_equal(plain, again)


def test_output_shapes_of_inputs_that_do_not_go_together():
    bahdanau, luong = layers.BahdanauAttention(4), layers.LuongAttention("general")
    decoder = layers.AttentionDecoder(layers.GRU(4), layers.BahdanauAttention(4), output_size=3)
    for layer, query in ((bahdanau, (2, 3)), (luong, (2, 3)), (decoder, (2, 6, 3))):
        with pytest.raises(ValueError, match="mask"):
            layer.compute_output_shape(query, (2, 5, 3), mask_shape=(2, 4))
