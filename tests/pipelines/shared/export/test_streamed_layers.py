"""What answers otherwise step by step is named, before anything is converted."""

import keras
import numpy as np
import pytest

import layers
import pipelines
from pipelines.shared.export import streaming
from pipelines.shared.export.models import conversions as model_conversion
from pipelines.shared.export.models import signatures as model_signatures

K, ops, SEQUENCE = keras.layers, keras.ops, {"return_sequences": True}


def of_series(make, features=3):
    x = keras.Input([None, features])
    return keras.Model(x, make(x))


def squeezed_and_excited(x):
    y = K.GRU(4, **SEQUENCE)(x)
    return K.Multiply(name="excited")([y, K.Dense(4, "sigmoid")(K.GlobalAveragePooling1D(keepdims=True)(y))])


class Positions(K.Layer):
    """Adds a vector for each position."""

    def build(self, shape):
        self.vectors = self.add_weight(shape=(50, shape[-1]))

    def call(self, inputs):
        return inputs + self.vectors[None, : ops.shape(inputs)[1]]


LOOKING_AHEAD = {
    r"flip\w* \(Flip\)": lambda: of_series(lambda x: K.GRU(3)(ops.flip(x, 1))),
    r"get_item\w* \(GetItem\)": lambda: of_series(lambda x: K.GRU(3)(x[:, ::-1])),
    r"softmax\w* \(Softmax\)": lambda: of_series(lambda x: ops.softmax(K.GRU(3, **SEQUENCE)(x), axis=1)),
    r"subtract\w* \(Subtract\)": lambda: of_series(lambda x: K.GRU(3)(x - ops.mean(x, axis=1, keepdims=True))),
    r"excited \(Multiply\)": lambda: of_series(squeezed_and_excited),
    r"positions \(Positions\)": lambda: of_series(lambda x: K.GRU(3)(Positions(name="positions")(x))),
    r"lambda\w* \(Lambda\)": lambda: of_series(
        lambda x: K.GRU(3)(K.Lambda(lambda y: y - ops.roll(y, 1, 1), output_shape=lambda shape: shape)(x))
    ),
}


def drawn(time):
    return [np.random.default_rng(time).normal(size=(2, time, 3)).astype("float32")]


@pytest.mark.parametrize(("named", "make"), LOOKING_AHEAD.items(), ids=LOOKING_AHEAD)
def test_the_first_layer_that_looks_ahead_is_named(named, make):
    with pytest.raises(ValueError, match=f"the first to do so is {named}: it looks beyond one step"):
        streaming.check_layers(make(), [drawn(1), drawn(6)])


def test_a_long_sequence_is_compared_at_its_beginning():
    later = of_series(lambda x: K.GRU(3)(K.Lambda(lambda y: ops.where(ops.shape(y)[1] > 40, -y, y))(x)))
    streaming.check_layers(later, [drawn(60)])  # the file itself is compared on all of it


def test_nothing_is_converted_for_a_model_that_cannot_stream(tmp_path, monkeypatch):
    monkeypatch.setattr(model_conversion, "convert", lambda *_: pytest.fail("it was converted"))
    with pytest.raises(ValueError, match="the first to do so is flip"):
        pipelines.export_keras(of_series(lambda x: K.GRU(3)(ops.flip(x, 1))), tmp_path / "model.tflite", streaming=True)
    assert not list(tmp_path.iterdir())


def test_a_category_is_taken_whole_and_lengths_are_not_taken():
    x, lengths, category = keras.Input([None, 3], name="x"), *(
        keras.Input([], dtype="int32", name=name) for name in ("lengths", "category")
    )  # fmt: skip
    y = layers.SequencePooling("max")(K.LSTM(4, **SEQUENCE)(x), lengths=lengths)
    model = keras.Model([x, lengths, category], K.Concatenate()([y, K.Embedding(5, 2)(category)]))
    step = streaming.function(model, model_signatures.specification(model), ["y"])
    names = [tensor_spec.name for tensor_spec in step.input_signature]
    assert names == ["x", "category", "state_0", "state_1", "state_2", "state_3"]


def test_names_of_states_are_not_taken():
    x, other = keras.Input([None, 3], name="x"), keras.Input([4], name="state_of_health")
    y = K.Concatenate(name="state_0")([K.LSTM(4)(x), other])
    model = keras.Model([x, other], y)
    with pytest.raises(ValueError, match="an input or output of that name: state_0; give its layer another one"):
        streaming.function(model, model_signatures.specification(model), ["state_0"])
    assert streaming.function(model, model_signatures.specification(model), ["y"])


def test_what_is_compared_with_the_steps_is_lengths():
    x, lengths = keras.Input([None, 3], name="x"), keras.Input([], dtype="int32", name="lengths")
    mask = K.Lambda(
        lambda pair: ops.arange(ops.shape(pair[0])[1])[None] < pair[1][:, None], output_shape=lambda _: (None, None)
    )
    model = keras.Model([x, lengths], K.GRU(4)(x, mask=mask([x, lengths])))
    streaming.check_layers(model, [[*drawn(6), np.array([6, 2], "int32")]])
    step = streaming.function(model, model_signatures.specification(model), ["y"])
    assert "lengths" not in [tensor_spec.name for tensor_spec in step.input_signature]
