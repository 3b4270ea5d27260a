"""Models of one's own class by what they take, and stateful ones."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import layers
import pipelines
from pipelines.shared.export.models import accepted_models

K = keras.layers


class Nested(keras.Model):
    """One argument that is a dictionary in a dictionary; answers nested too."""

    def __init__(self, **options):
        super().__init__(**options)
        self.table, self.recurrent = (
            K.Embedding(9, 5, mask_zero=True),
            K.Bidirectional(K.LSTM(4, return_sequences=True)),
        )

    def call(self, inputs, training=None, mask=None):
        tags = self.recurrent(self.table(inputs["text"]["ids"]))
        return {"tags": tags, "more": [tags[:, 0], {"sum": keras.ops.sum(tags, axis=1)}]}


class Two(keras.Model):
    """Two arguments by position."""

    def __init__(self, **options):
        super().__init__(**options)
        self.recurrent = K.GRU(4)

    def call(self, series, context, training=False):
        return self.recurrent(series) + context


class Called(keras.Model):
    def __init__(self, after=None, **options):
        super().__init__(**options)
        self.recurrent, self.after = K.LSTM(4, return_sequences=True), after or K.GlobalAveragePooling1D()

    def call(self, inputs):
        return self.after(self.recurrent(inputs))


def shapes(model, **options):
    with accepted_models.accepted(model, **options) as accepted:
        return {tensor.name: (tensor.dtype, tuple(tensor.shape)) for tensor in accepted.inputs}


SERIES, CONTEXT = tf.TensorSpec([None, None, 3], tf.float32), keras.InputSpec(shape=(None, 4), dtype="float32")


@pytest.mark.parametrize("signature", [[SERIES, CONTEXT], {"context": CONTEXT, "series": SERIES}])
def test_arguments_by_position_and_by_name(signature):
    expected = {"series": ("float32", (None, None, 3)), "context": ("float32", (None, 4))}
    assert shapes(Two(), input_signature=signature) == expected


def test_symbolic_inputs_and_arrays_as_signature():
    expected = {"x": ("int32", (None, None))}
    ids = keras.Input([None], dtype="int32", name="x")
    assert shapes(keras.Sequential([K.Embedding(9, 3), K.LSTM(4)]), input_signature=[ids]) == expected
    example = np.zeros((2, 5, 3), "float32")
    assert shapes(keras.Sequential([K.LSTM(4)]), input_signature=example) == {"inputs": ("float32", (None, 5, 3))}


def test_a_model_that_the_export_built_is_as_if_it_was_called(caplog):
    model = keras.Sequential([K.LSTM(4, recurrent_initializer="zeros", dtype="float16", name="one"), K.Dense(2)])
    assert shapes(model, input_signature=[keras.Input([5, 3])]) == {"inputs": ("float32", (None, 5, 3))}
    assert model.get_layer("one").output.shape == (None, 4)
    assert {weight.dtype for weight in model.get_layer("one").weights} == {"float16"}
    assert {*shapes(model).values()} == {("float32", (None, 5, 3))}


def test_a_model_that_was_called_is_known(caplog):
    """The number of steps stays open where the model takes any."""
    model = Called()
    model(np.zeros((2, 5, 3)))
    assert shapes(model) == {"inputs": ("float32", (None, None, 3))}
    assert not caplog.records
    flat = Called(after=keras.Sequential([K.Flatten(), K.Dense(2)]))
    flat(np.zeros((2, 5, 3)))
    assert shapes(flat) == {"inputs": ("float32", (None, 5, 3))}
    assert "exported for any batch, and else the sizes that it was built for: input_shape (2, 5, 3)" in caplog.text


@pytest.mark.filterwarnings("ignore:.*unbuilt state")  # Keras, of such a class
def test_stateful_layers_in_a_model_of_ones_own():
    """Keras makes their states in a call alone; the model's own states stay as they are."""

    class Stateful(keras.Model):
        def __init__(self):
            super().__init__()
            self.kept, self.last = K.LSTM(4, stateful=True, return_sequences=True), K.Dense(2)

        def call(self, x):
            return self.last(self.kept(x))

    model, signature = Stateful(), keras.Input(batch_shape=[2, 5, 3], name="x")
    assert shapes(model, input_signature=signature) == {"x": ("float32", (2, 5, 3))}
    assert model.kept.stateful and not np.asarray(model.kept.states[0]).any()
    model(np.ones((2, 5, 3)))
    before = np.asarray(model.kept.states[0])
    assert shapes(model, input_signature=signature) == {"x": ("float32", (2, 5, 3))}
    np.testing.assert_array_equal(model.kept.states[0], before)
    assert before.any()


def test_what_to_type_for_a_model_without_known_inputs():
    with pytest.raises(ValueError, match=r"never called, .*; give input_signature=\[keras.Input\(\[None, 8\]\), ke"):
        shapes(Two())
    with pytest.raises(ValueError, match=r"its call fails on series float32 .* missing a required argument: 'context'"):
        shapes(Two(), input_signature=[SERIES])
    with pytest.raises(ValueError, match=r"expected a keras.Input, a keras.InputSpec or .* received \(None, 3\)"):
        shapes(Called(), input_signature=(None, 3))


def test_layers_forget_the_calls_of_an_export():
    model = keras.Sequential([keras.Input(batch_shape=[2, 5, 3]), K.LSTM(4, stateful=True, name="kept")])
    assert shapes(model) == {model.inputs[0].name: ("float32", (None, None, 3))}
    layer = model.get_layer("kept")
    assert layer.stateful and layer.output.shape == (2, 4)


def test_nested_inputs_and_outputs(tmp_path):
    model = Nested()
    signature = {"text": {"ids": keras.Input([None], dtype="int32")}}
    written = pipelines.export_keras(model, tmp_path / "model.tflite", input_signature=signature)
    ids = np.array([[1, 2, 0], [8, 0, 0]], "int32")
    found, expected = Interpreter(str(written.path)).get_signature_runner()(ids=ids), model({"text": {"ids": ids}})
    assert {*found} == {"tags", "more_0", "more_1_sum"}
    np.testing.assert_allclose(found["more_1_sum"], expected["more"][1]["sum"], atol=1e-5)


def test_stateful_models_are_a_step_with_states_in_and_out(tmp_path):
    """Fed back, the states give what the stateful model gives call after call; any batch, any number of steps."""
    model = keras.Sequential([
        keras.Input(batch_shape=[2, 1, 3], name="x"),
        K.LSTM(4, stateful=True, return_sequences=True, unroll=True),
        layers.GRU(5, stateful=True),
        K.Dense(2, name="scores"),
    ])  # fmt: skip
    interpreter = Interpreter(str(pipelines.export_keras(model, tmp_path / "model.tflite").path))
    step, whole = (interpreter.get_signature_runner(name) for name in ("step", "serving_default"))
    (name,) = whole.get_input_details()
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    states = {f"state_{i}": np.zeros((2, size), "float32") for i, size in enumerate((4, 4, 5))}
    for t in range(4):
        expected = model(x[:, t : t + 1])
        found = step(**{name: x[:, t]}, **states)
        states = {state: found[state] for state in states}
        np.testing.assert_allclose(found["scores"], expected, atol=1e-5)
    np.testing.assert_allclose(whole(**{name: x})["scores"], expected, atol=1e-5)
    assert len(whole(**{name: x[:1, :3]})["scores"]) == 1


def test_stateful_models_that_cannot_step_say_why(tmp_path):
    def stateful(*stack):
        return keras.Sequential([keras.Input(batch_shape=[2, 6, 3]), *stack])

    kept = K.LSTM(4, stateful=True, return_sequences=True)
    reasons = {
        r"`step`.* but cannot: .*backward_lstm.* reads a sequence from its end": stateful(K.Bidirectional(kept)),
        r"`step`.* attends to all steps.*stateful=False": stateful(kept, K.Lambda(lambda x: [x, x]), K.Attention()),
    }
    for message, model in reasons.items():
        with pytest.raises(ValueError, match=message):
            pipelines.export_keras(model, tmp_path / "model.tflite")
