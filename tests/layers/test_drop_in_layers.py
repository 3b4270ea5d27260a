"""This package's recurrent layers where Keras's stood: arguments, configurations, numbers, types and states."""

import inspect
import json

import keras
import numpy as np
import pytest

import layers
from layers.sequence_layer import SequenceLayer

KINDS = ("LSTM", "GRU", "SimpleRNN")
CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")
UNITS, FEATURES = 4, 3

# Types and tolerances are those of Keras on TensorFlow; Keras's own tests run under every back end.
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compared on TensorFlow alone")
every_kind = pytest.mark.parametrize("kind", KINDS)


def sequences(batch=4, time=6, features=FEATURES, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, time, features)).astype("float32")


def array(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def pair(kind, *arguments, **options):
    """(ours, Keras's), built, with the same weights."""
    ours, theirs = getattr(layers, kind)(*arguments, **options), getattr(keras.layers, kind)(*arguments, **options)
    for layer in (ours, theirs):
        layer.build((4, 6, FEATURES))
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def assert_same(ours, theirs, atol=1e-6):
    ours, theirs = keras.tree.flatten(ours), keras.tree.flatten(theirs)
    assert [x.dtype for x in ours] == [x.dtype for x in theirs]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(array(one), array(other), atol=atol)


def positional(owner):
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD,)
    parameters = inspect.signature(owner.__init__).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind in kinds and parameter.name != "self"]


@pytest.mark.parametrize("kind", KINDS + CELLS)
def test_arguments_by_position_are_in_the_order_of_keras(kind):
    names = positional(getattr(keras.layers, kind))
    given = {"units": 5, "activation": "relu", "dropout": 0.125, "recurrent_dropout": 0.25, "seed": 3}
    defaults = inspect.signature(getattr(keras.layers, kind).__init__).parameters
    values = [given.get(name, defaults[name].default) for name in names]
    ours = getattr(layers, kind)(*values).get_config()
    theirs = getattr(keras.layers, kind)(*values).get_config()
    assert {name: ours[name] for name in theirs if name != "name"} == {
        name: value for name, value in theirs.items() if name != "name"
    }
    with pytest.raises(TypeError, match=f"at most {len(values)} arguments, received {len(values) + 1}"):
        getattr(layers, kind)(*values, None)
    with pytest.raises(TypeError, match="'activation' once"):
        getattr(layers, kind)(*values, activation="tanh")


@pytest.mark.parametrize("kind", ["RNN", "Bidirectional"])
def test_arguments_of_wrappers_are_in_the_order_of_keras(kind):
    owner = SequenceLayer if kind == "RNN" else layers.Bidirectional
    assert positional(owner) == positional(getattr(keras.layers, kind))


@every_kind
@pytest.mark.parametrize(
    "options",
    [{"unroll": True}, {"unroll": False}, {"implementation": 1}, {"implementation": 2}, {"use_cudnn": False},
     {"use_cudnn": "auto"}, {"use_cudnn": True}],
    ids=str,
)  # fmt: skip
def test_what_says_how_to_compute_is_kept_and_changes_no_number(kind, options):
    name, value = next(iter(options.items()))
    if kind == "SimpleRNN" and name == "use_cudnn":
        with pytest.raises(ValueError, match=r"SimpleRNN: .* received 'use_cudnn'"):
            layers.SimpleRNN(UNITS, **options)
        return
    of_keras = {} if (kind, name) == ("SimpleRNN", "implementation") or options == {"use_cudnn": True} else options
    ours, theirs = getattr(layers, kind)(UNITS, **options), getattr(keras.layers, kind)(UNITS, **of_keras)
    x = sequences()
    expected = theirs(x)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(array(ours(x)), array(expected), atol=1e-6)
    assert ours.get_config()[name] == getattr(ours, name) == value
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()


def test_what_says_how_to_compute_is_one_of_few():
    with pytest.raises(ValueError, match="use_cudnn: expected one of 'auto', True, False, received 'maybe'"):
        layers.LSTM(3, use_cudnn="maybe")
    with pytest.raises(ValueError, match="implementation: expected one of 0, 1, 2, received 3"):
        layers.GRU(3, implementation=3)


@every_kind
def test_configurations_of_keras_make_our_layers(kind):
    options = {"activation": "elu", "kernel_regularizer": "l2", "recurrent_constraint": "unit_norm", "dropout": 0.25}
    theirs = getattr(keras.layers, kind)(
        UNITS, **options, return_sequences=True, go_backwards=True, activity_regularizer="l1", dtype="mixed_float16"
    )
    config = theirs.get_config()
    ours = getattr(layers, kind).from_config(config)
    assert json.dumps(config) == json.dumps(theirs.get_config())  # left as it was
    told = ours.get_config()
    assert {name: told[name] for name in config} == config
    assert ours.name == theirs.name
    x = sequences()
    expected = theirs(x)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(array(ours(x)), array(expected), atol=3e-3)


@pytest.mark.parametrize(
    "cell", [lambda: keras.layers.GRUCell(3), lambda: [keras.layers.LSTMCell(3)]], ids=["one", "stack"]
)
def test_configurations_of_wrappers_of_keras(cell):
    theirs = keras.layers.RNN(cell(), return_sequences=True, unroll=True)
    config = theirs.get_config()
    assert layers.RNN.from_config(config).get_config() == config
    both = keras.layers.Bidirectional(keras.layers.GRU(3), merge_mode="ave")
    ours = layers.Bidirectional.from_config(both.get_config())
    x = sequences()
    expected = both(x)
    ours.build(x.shape)
    ours.set_weights(both.get_weights())
    assert_same(ours(x), expected)


def test_time_major_of_keras_2():
    assert "time_major" not in layers.LSTM(3, time_major=False).get_config()
    with pytest.raises(ValueError, match=r"LSTM: expected sequences .* received time_major=True"):
        layers.LSTM(3, time_major=True)
    with pytest.raises(ValueError, match="RNN: expected sequences"):
        layers.RNN(layers.GRUCell(3), time_major=True)


def test_a_file_of_keras_2(tmp_path):
    """`time_major` and `implementation` stand in its configurations, and Keras 3 refuses them."""
    h5py = pytest.importorskip("h5py")
    model = keras.Sequential(
        [
            keras.Input([6, FEATURES]),
            keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_sequences=True)),
            keras.layers.GRU(UNITS),
        ]
    )
    model.save(tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        _of_keras_2(config["config"]["layers"])
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises((TypeError, ValueError)):
        keras.models.load_model(tmp_path / "old.h5")
    ours = {name: getattr(layers, name) for name in ("LSTM", "GRU", "Bidirectional")}
    loaded = keras.models.load_model(tmp_path / "old.h5", custom_objects=ours)
    assert type(loaded.layers[-1]) is layers.GRU
    assert_same(loaded(sequences()), model(sequences()))


def _of_keras_2(node):
    if isinstance(node, list):
        for one in node:
            _of_keras_2(one)
    if isinstance(node, dict):
        for one in node.values():
            _of_keras_2(one)
        if node.get("class_name") in ("LSTM", "GRU"):
            node["config"] |= {"time_major": False, "implementation": 2}
        if node.get("class_name") in ("LSTM", "GRU", "Bidirectional"):
            for name in ("module", "registered_name", "build_config"):
                node.pop(name, None)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.LSTM(UNITS, return_state=True),
        lambda: layers.RNN([layers.LSTMCell(UNITS), layers.GRUCell(2)], return_state=True, return_sequences=True),
        lambda: layers.Bidirectional(layers.GRU(UNITS, return_state=True)),
        lambda: layers.Deep([layers.LSTM(3, return_state=True)]),
        lambda: layers.TimeDistributed(keras.layers.Dense(2)),
    ],
)  # fmt: skip
def test_shapes_are_told_before_the_layer_is_built(make):
    layer, x = make(), sequences()
    told = layer.compute_output_shape((4, 6, FEATURES))
    assert not layer.built
    outputs = layer(x)
    if not isinstance(outputs, tuple):
        assert tuple(told) == tuple(outputs.shape)
        return
    keras.tree.assert_same_structure(list(outputs), keras.tree.map_shape_structure(lambda shape: 0, list(told)))
    sizes = keras.tree.map_shape_structure(tuple, list(told))
    assert keras.tree.flatten(sizes) == [size for x in keras.tree.flatten(outputs) for size in x.shape]


def of_policy(make, policy):
    with_policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return make()
    finally:
        keras.config.set_dtype_policy(with_policy)


POLICIES = ("mixed_float16", "float16", "mixed_bfloat16", "float64")
WRAPPED = {
    "cell of the policy": lambda k, p: k.RNN(k.LSTMCell(UNITS, dtype=p)),
    "layer of the policy": lambda k, p: k.RNN(k.LSTMCell(UNITS), dtype=p, return_state=True),
    "both": lambda k, p: k.RNN(k.GRUCell(UNITS, dtype=p), dtype=p, return_sequences=True),
    "stack of the policy": lambda k, p: k.RNN([k.LSTMCell(3, dtype=p), k.GRUCell(UNITS)], dtype=p),
    "stack of mixed cells": lambda k, p: k.RNN([k.GRUCell(3), k.GRUCell(UNITS, dtype=p)]),
    "LSTM": lambda k, p: k.LSTM(UNITS, dtype=p, return_state=True),
    "Bidirectional alone": lambda k, p: k.Bidirectional(k.GRU(UNITS, return_state=True), dtype=p),
    "inside Bidirectional": lambda k, p: k.Bidirectional(k.LSTM(UNITS, return_sequences=True, dtype=p)),
    "everywhere": lambda k, p: of_policy(lambda: k.Bidirectional(k.SimpleRNN(UNITS, return_sequences=True)), p),
    "TimeDistributed": lambda k, p: k.TimeDistributed(keras.layers.Dense(2), dtype=p),
}
every_wrapped = pytest.mark.parametrize("make", WRAPPED.values(), ids=WRAPPED)


def types(tensors):
    return [keras.backend.standardize_dtype(x.dtype) for x in keras.tree.flatten(tensors)]


@pytest.mark.parametrize("policy", POLICIES)
@every_wrapped
def test_policies(make, policy):
    ours, theirs = make(layers, policy), make(keras.layers, policy)
    x = sequences()
    expected = theirs(x)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    output = ours(x)
    for one, other in zip(keras.tree.flatten(output), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(array(one), array(other), atol=1e-5 if policy == "float64" else 3e-2)
    told = ours.compute_output_spec(keras.KerasTensor(x.shape, dtype=ours.input_dtype))
    assert types(told) == types(output) == [ours.compute_dtype] * len(types(output))


TRAINED = ("layer of the policy", "stack of mixed cells", "Bidirectional alone", "TimeDistributed")


@pytest.mark.parametrize("name", TRAINED)
def test_half_precision_trains(name):
    inputs = keras.Input([None, FEATURES])
    outputs = keras.tree.flatten(WRAPPED[name](layers, "mixed_float16")(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", ["mse"] * len(outputs))
    batch = sequences()
    loss = model.train_on_batch(batch, [np.zeros(x.shape, "float32") for x in keras.tree.flatten(model(batch))])
    assert np.isfinite(loss).all()


@every_kind
def test_whole_numbers_as_inputs_and_sizes_of_numpy(kind):
    ours = getattr(layers, kind)(np.int64(UNITS), dropout=np.float32(0.25), return_sequences=np.bool_(True))
    theirs = getattr(keras.layers, kind)(UNITS, return_sequences=True)
    for layer in (ours, theirs):
        layer.build((4, 6, FEATURES))
    ours.set_weights(theirs.get_weights())
    assert type(ours.get_config()["units"]) is int
    assert type(ours.cell.state_size if kind != "LSTM" else ours.cell.state_size[0]) is int
    x = np.random.default_rng(0).integers(0, 3, (4, 6, FEATURES))
    np.testing.assert_allclose(array(ours(x)), array(theirs(x.astype("float32"))), atol=1e-6)
    json.dumps(ours.get_config())


def stack(library, **options):
    return library.RNN([library.LSTMCell(4), library.LSTMCell(5)], **options)


def test_states_of_stacked_cells_are_nested_as_keras_nests_them():
    ours, theirs = stack(layers, return_state=True), stack(keras.layers, return_state=True)
    x = sequences()
    output, *states = theirs(x)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    keras.tree.assert_same_structure(list(ours(x)), [output, *states])
    assert_same(ours(x), (output, *states))
    expected = theirs(x, initial_state=states)
    for start in (states, tuple(tuple(pair) for pair in states), keras.tree.flatten(states)):
        assert_same(ours(x, initial_state=start), expected)
    assert ours.compute_output_shape(x.shape, [[(4, 4), (4, 4)], [(4, 5), (4, 5)]])[0] == (4, 5)


@every_kind
def test_initial_states_in_every_form(kind):
    ours, theirs = pair(kind, UNITS, return_state=True)
    x = sequences()
    states = [np.full((4, UNITS), 0.5, "float64") for _ in ours.state_size]
    expected = theirs(x, initial_state=[state.astype("float32") for state in states])
    forms = [states, tuple(states), [keras.ops.convert_to_tensor(state) for state in states]]
    for start in forms if kind == "LSTM" else [*forms, states[0]]:
        assert_same(ours(x, initial_state=start), expected)
        assert_same(ours(x, start), expected)
    assert_same(ours(x, initial_state=ours.get_initial_state(4)), theirs(x))


class Learned(keras.layers.Layer):
    """A cell that starts from a state of its own, not from zeros."""

    state_size = output_size = FEATURES

    def call(self, inputs, states):
        return inputs + states[0], [inputs + states[0]]

    def get_initial_state(self, batch_size=None):
        return keras.ops.ones((batch_size, FEATURES)) * 7


@pytest.mark.parametrize("cell", [lambda: Learned(), lambda: [Learned(), Learned()]], ids=["one", "stack"])
def test_a_cell_says_where_it_starts(cell):
    x = sequences()
    assert_same(layers.RNN(cell())(x), keras.layers.RNN(cell())(x), atol=1e-5)


class Plain:
    """No layer, just what Keras asks of a cell."""

    state_size = (2, 2)

    def call(self, inputs, states):
        return inputs[:, :2] + states[1], (states[1], inputs[:, :2] + states[0])


class OfPictures(keras.layers.Layer):
    state_size = output_size = 2

    def call(self, inputs, states):  # (batch, height, width)
        return inputs[:, 0, :2] + states[0], [inputs[:, 0, :2] + states[0]]


class OfIds(keras.layers.Layer):
    state_size = output_size = 5

    def call(self, inputs, states):  # (batch, 1) of whole numbers
        return states[0] + keras.ops.one_hot(inputs[:, 0], 5), [states[0] + keras.ops.one_hot(inputs[:, 0], 5)]


def test_cells_of_users_of_every_kind():
    x = sequences()
    output, first, second = layers.RNN(Plain(), return_state=True)(x)
    hidden = [np.zeros((4, 2)), np.zeros((4, 2))]
    for step in range(6):
        expected = x[:, step, :2] + hidden[1]
        hidden = [hidden[1], x[:, step, :2] + hidden[0]]
    for one, other in zip((output, first, second), (expected, *hidden), strict=True):
        np.testing.assert_allclose(array(one), other, atol=1e-5)
    pictures = np.random.default_rng(0).normal(size=(4, 6, 2, 3)).astype("float32")
    assert_same(layers.RNN(OfPictures())(pictures), keras.layers.RNN(OfPictures())(pictures), atol=1e-5)
    ids = np.random.default_rng(0).integers(0, 5, (4, 6, 1))
    np.testing.assert_array_equal(array(layers.RNN(OfIds())(ids)).sum(1), 6)


WITH_KERAS_INSIDE = {
    "LSTM": lambda k: k.LSTM(UNITS, return_sequences=True, return_state=True),
    "GRU": lambda k: k.GRU(UNITS, return_sequences=True, return_state=True),
    "stack": lambda k: stack(k, return_sequences=True, return_state=True),
}


@pytest.mark.parametrize("inner", WITH_KERAS_INSIDE.values(), ids=WITH_KERAS_INSIDE)
@pytest.mark.parametrize(
    "masks", [{}, {"lengths": [6, 3, 1, 4]}, {"mask": np.arange(6) < [[6], [3], [1], [4]]}], ids=str
)
def test_layers_of_keras_inside_ours(inner, masks):
    x = sequences()
    wholes = {
        "Bidirectional": lambda k: layers.Bidirectional(inner(k)),
        "Deep": lambda k: layers.Deep([inner(k), inner(k)], residual=True),
        "Bidirectional in Deep": lambda k: layers.Deep([k.Bidirectional(inner(k)), inner(k)]),
    }
    for make in wholes.values():
        ours, theirs = make(layers), make(keras.layers)
        expected = theirs(x, **masks)
        ours.build(x.shape)
        ours.set_weights(theirs.get_weights())
        assert_same(ours(x, **masks), expected, atol=1e-5)
        start = keras.tree.flatten([array(state) for state in keras.tree.flatten(expected)[1:]])
        assert_same(ours(x, initial_state=start, **masks), theirs(x, initial_state=start, **masks), atol=1e-5)
        assert type(theirs).from_config(theirs.get_config()).get_config() == theirs.get_config()
        assert theirs.output_size == ours.output_size
        assert theirs.state_size == ours.state_size


@every_kind
def test_our_layers_inside_those_of_keras(kind):
    x, mask = sequences(), np.arange(6) < np.array([[6], [3], [1], [4]])
    make = lambda k: keras.layers.Bidirectional(getattr(k, kind)(UNITS, return_sequences=True))  # noqa: E731
    ours, theirs = make(layers), make(keras.layers)
    expected = theirs(x, mask=mask)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    assert_same(ours(x, mask=mask), expected)


def test_weights_to_start_from():
    arrays = layers.Bidirectional(layers.GRU(UNITS))
    arrays.build((4, 6, FEATURES))
    ours = layers.Bidirectional(layers.GRU(UNITS), "concat", arrays.get_weights())
    x = sequences()
    assert_same(ours(x), arrays(x))
    with pytest.raises(ValueError, match=r"weights: expected arrays, received .*backward_layer="):
        layers.Bidirectional(layers.GRU(3), "sum", layers.GRU(3, go_backwards=True))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.LSTM(3, unit=4), "LSTM: .* received 'unit'; did you mean 'units'"),
        (lambda: layers.GRU(3, batch_input_shape=(2, 3, 4)), r"GRU: .* put `keras.Input\(batch_shape"),
        (lambda: layers.GRU(3, unit_forget_bias=True), "GRU: .* received 'unit_forget_bias'"),
        (lambda: layers.SimpleRNN(3, reset_after=True), "SimpleRNN: .* received 'reset_after'"),
        (lambda: layers.RNN([layers.GRUCell(3), keras.layers.Dense(3)]), r"cell\[1\]: .* without `state_size`"),
        (lambda: layers.RNN(layers.GRUCell(3), units=4), "passed to RNN"),
        (lambda: layers.Bidirectional(keras.layers.Dense(3)), "layer: expected a recurrent layer, .* `go_backwards`"),
        (lambda: layers.Bidirectional("lstm"), "layer: expected a recurrent layer, received 'lstm'"),
        (lambda: layers.Deep([keras.layers.Dense(3)]), r"layers\[0\]: .* without `return_sequences`"),
        (lambda: layers.TimeDistributed(3), "layer: expected a layer"),
        (lambda: layers.TimeDistributed(keras.layers.Dense(3))(np.ones((2, 3))), "3 axes or more"),
        (lambda: layers.LSTM(3)(np.ones((2, 3))), "sequences of lstm.*: expected the shape"),
        (lambda: layers.RNN([layers.GRUCell(3)])(np.ones((2, 3))), "sequences of rnn.*: expected the shape"),
    ],
)
def test_errors_name_what_was_written(make, message):
    with pytest.raises(ValueError, match=message) as raised:
        make()
    assert not {"LSTMCell", "StackedRNNCells", "CudnnLayer", "OneCellLayer"} & set(str(raised.value).split())


DROPPING = {
    "Keras's": lambda: [keras.layers.LSTMCell(4, dropout=0.3), keras.layers.GRUCell(5, recurrent_dropout=0.2)],
    "ours": lambda: [layers.LSTMCell(4, dropout=0.3), layers.GRUCell(5, recurrent_dropout=0.2)],
    "both": lambda: [layers.LSTMCell(4, dropout=0.3, recurrent_dropout=0.3), keras.layers.GRUCell(5, dropout=0.2)],
}  # fmt: skip


@pytest.mark.parametrize("cells", DROPPING.values(), ids=DROPPING)
@pytest.mark.parametrize("inside", ["alone", "Bidirectional", "Deep"])
def test_cells_with_dropout_in_a_stack(cells, inside):
    layer = layers.RNN(cells())
    layer = layers.Bidirectional(layer) if inside == "Bidirectional" else layer
    layer = layers.Deep([layer]) if inside == "Deep" else layer
    x = sequences()
    model = keras.Sequential([keras.Input([None, FEATURES]), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for batch in (4, 3):
        assert np.isfinite(model.train_on_batch(x[:batch], np.ones((batch, 1))))
    assert np.abs(array(model(x, training=True)) - array(model(x, training=True))).max() > 0
    assert_same(model(x), model(x))


@every_kind
def test_dropout_of_rows_of_other_batches_leaves_nothing_behind(kind):
    layer = layers.RNN([getattr(layers, f"{kind}Cell")(4, dropout=0.5, seed=1)])
    for batch in (4, 2):
        assert layer(sequences(batch), training=True).shape == (batch, 4)


@every_kind
@pytest.mark.parametrize("how", ["Embedding", "Masking"])
def test_masks_of_the_layers_before(kind, how):
    ids = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0]])
    x = ids if how == "Embedding" else np.repeat(ids[..., None], 2, -1).astype("float32")
    before = keras.layers.Embedding(5, 2, mask_zero=True) if how == "Embedding" else keras.layers.Masking()
    models = [
        keras.Sequential([
            keras.Input(x.shape[1:]),
            before,
            k.Bidirectional(getattr(k, kind)(UNITS, return_sequences=True)),
            getattr(k, kind)(UNITS),
        ])
        for k in (layers, keras.layers)
    ]  # fmt: skip
    models[0].set_weights(models[1].get_weights())
    assert_same(models[0](x), models[1](x))


@every_kind
def test_first_layer_of_a_sequential_model_with_its_shape(kind):
    with pytest.warns(UserWarning, match="input_shape"):
        model = keras.Sequential([getattr(layers, kind)(UNITS, input_shape=(None, FEATURES)), keras.layers.Dense(1)])
    assert model.built
    assert model.input_shape == (None, None, FEATURES)


@every_kind
def test_regularizers_constraints_and_what_does_not_train(kind):
    options = {
        "kernel_regularizer": "l2", "recurrent_regularizer": "l1", "bias_regularizer": "l2",
        "activity_regularizer": "l1", "kernel_constraint": "max_norm", "bias_constraint": "non_neg",
    }  # fmt: skip
    if kind == "SimpleRNN":
        assert layers.SimpleRNN(UNITS, **options).activity_regularizer  # Keras 3.15 loses it
        del options["activity_regularizer"]
    ours, theirs = pair(kind, UNITS, **options)
    assert [weight.path.split("/")[-1] for weight in ours.weights] == [w.path.split("/")[-1] for w in theirs.weights]
    x = sequences()
    assert_same(ours(x), theirs(x))
    assert float(sum(ours.losses)) == pytest.approx(float(sum(theirs.losses)), rel=1e-5)
    for name in (*options, "activation", "use_bias", "dropout", "units"):
        assert type(getattr(ours, name)) is type(getattr(theirs, name)), name
    frozen = getattr(layers, kind)(UNITS, trainable=False)
    frozen.build(x.shape)
    assert not frozen.trainable_weights
    assert len(frozen.non_trainable_weights) == 3


@every_kind
@pytest.mark.parametrize("backwards", [False, True])
def test_stateful_layers_forget_by_either_name(kind, backwards):
    ours, theirs = pair(kind, UNITS, stateful=True, go_backwards=backwards, return_sequences=True)
    x = sequences()
    for _ in range(2):
        assert_same(ours(x), theirs(x))
    for layer in (ours, theirs):
        layer.reset_states()
    assert_same(ours(x), theirs(x))


@pytest.mark.parametrize("time", [None, 5])
def test_time_distributed_over_any_time(time):
    inputs = keras.Input([time, 8, 8, 1])
    for inner in (keras.layers.Conv2D(2, 3), keras.layers.Flatten(), keras.layers.Dropout(0.5)):
        outputs = layers.TimeDistributed(inner)(inputs)
        model = keras.Model(inputs, outputs)
        x = np.random.default_rng(0).normal(size=(3, 5, 8, 8, 1)).astype("float32")
        expected = np.stack([array(inner(x[:, step])) for step in range(5)], 1)
        np.testing.assert_allclose(array(model(x)), expected, atol=1e-6)
        assert outputs.shape == (None, time, *expected.shape[2:])


def test_a_recurrent_layer_at_every_step():
    """Words of letters: (batch, words, letters, features)."""
    words, inner = np.random.default_rng(0).normal(size=(3, 5, 4, 2)).astype("float32"), layers.GRU(3)
    output = layers.TimeDistributed(inner)(words)
    for step in range(5):
        np.testing.assert_allclose(array(output)[:, step], array(inner(words[:, step])), atol=1e-6)


def test_the_mask_of_time_goes_on():
    layer = layers.TimeDistributed(keras.layers.Dense(3))
    mask = keras.ops.convert_to_tensor(np.array([[True, False]]))
    np.testing.assert_array_equal(array(layer.compute_mask(np.ones((1, 2, 3)), mask)), array(mask))
