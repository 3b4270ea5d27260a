"""Whatever loops over time in a Keras model as `.tflite`, many layers as outputs of one model; numbers are Keras's."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from own_cells import Matrix

import pipelines
from pipelines.shared.export import conversion
from pipelines.shared.export.inputs import model_answers
from pipelines.shared.export.models import signatures as model_signatures

K = keras.layers
VOCABULARY = 20


def trained(model):
    """Weights, and statistics of BatchNormalization, that no initializer gives."""
    draw = np.random.default_rng(0)
    model.set_weights([draw.uniform(0.1, 0.5, weight.shape) for weight in model.weights])
    return model


def a_sentence():
    """Words -> a vector, whose Embedding masks the words that are none."""
    words = keras.Input([None], dtype="int32")
    x = K.Embedding(VOCABULARY, 4, mask_zero=True)(words)
    return keras.Model(words, K.LSTM(3)(K.Dropout(0.5)(x)), name="a_sentence")


def at_every_step():
    """`TimeDistributed` as people have it, over open and over known time."""
    series, known = keras.Input([None, 3], name="series"), keras.Input([5, 3], name="known")
    video, words = keras.Input([None, 6, 6, 2], name="video"), keras.Input([None, None], dtype="int32", name="words")
    tags = K.Bidirectional(K.LSTM(4, return_sequences=True))(K.Masking()(series))
    frames = K.TimeDistributed(K.Conv2D(3, 3, activation="relu"))(video)
    frames = K.TimeDistributed(K.BatchNormalization())(frames)
    frames = K.TimeDistributed(K.Flatten())(K.TimeDistributed(K.MaxPooling2D())(frames))
    embedded = K.TimeDistributed(K.Embedding(VOCABULARY, 4))(words)
    outputs = {
        "tags": K.TimeDistributed(K.Dense(3, activation="softmax"))(tags),
        "of_video": K.LSTM(4)(frames),
        "sentences": K.GRU(3)(K.TimeDistributed(a_sentence())(words)),
        "of_words": K.GRU(3, return_sequences=True)(K.TimeDistributed(K.Bidirectional(K.GRU(2)))(embedded)),
        "of_real_words": K.TimeDistributed(K.GRU(2))(embedded, mask=keras.ops.not_equal(words, 0)),
        "twice": K.TimeDistributed(K.TimeDistributed(K.Dense(2)))(embedded),
        "known_steps": K.LSTM(3, unroll=True)(K.TimeDistributed(K.Dense(4))(K.Masking()(known))),
    }
    return keras.Model([series, known, video, words], outputs)


class Attentive(K.RNN):
    """A layer that hands its cell what is the same at every step."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        self.cell.memory = keras.ops.mean(sequences, axis=1)
        return super().call(sequences, initial_state=initial_state, mask=mask, training=training)


class Remembering(K.Layer):
    state_size = output_size = 3
    memory = None

    def call(self, inputs, states):
        h = keras.ops.tanh(states[0] + inputs * self.memory)
        return h, [h]


class Looking(K.RNN):
    """A loop of a user's own, by Keras's function."""

    def inner_loop(self, sequences, initial_state, mask, training=False):
        def step(x, states):
            h, _ = self.cell(x, states[:1])
            return h * 2, [h, x]

        nothing = keras.ops.zeros_like(sequences[:, 0])
        last, outputs, (h, _) = keras.src.backend.rnn(step, sequences, [*initial_state, nothing], mask=mask)
        return last, outputs, [h]


class ByFunctions(K.Layer):
    """Loops that users write by functions, over (batch, time, features): outputs of several types side by side."""

    def call(self, x):
        import tensorflow as tf

        by_time, zeros = keras.ops.transpose(x, (1, 0, 2)), keras.ops.zeros_like(x[:, 0])
        last, sums = keras.ops.scan(lambda h, x: (h / 2 + x, keras.ops.tanh(h)), zeros, by_time, reverse=True)
        steps, _ = keras.ops.scan(lambda n, x: (n + 1, n), 0, by_time)
        mapped = keras.ops.map(lambda row: row * keras.ops.cast(keras.ops.max(row) > 0, row.dtype), x)
        scanned = tf.scan(lambda h, x: tf.maximum(h / 2, x), by_time)
        largest = tf.map_fn(lambda row: tf.argmax(row, 0, tf.int32), x, fn_output_signature=tf.int32)
        sequences = [keras.ops.transpose(y, (1, 0, 2)) for y in (sums, scanned)]
        vectors = [last, keras.ops.cast(largest, x.dtype), last * keras.ops.cast(steps, x.dtype)]
        repeated = [keras.ops.zeros_like(x) + keras.ops.expand_dims(vector, 1) for vector in vectors]
        return keras.ops.concatenate([*sequences, mapped, *repeated], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:2], 6 * shape[2])


def of_any_states():
    """States of any shape: Keras's convolutional LSTMs and cells of a user's own, masked, backwards, from states."""
    video = keras.Input([None, 5, 6, 2], name="video")
    rows, volumes = keras.Input([None, 7, 2], name="rows"), keras.Input([None, 3, 2, 3, 1], name="volumes")
    series, real = keras.Input([None, 3], name="series"), keras.Input([None], dtype="bool", name="real")
    frames = K.ConvLSTM2D(3, 3, padding="same", return_sequences=True)(video)
    last, h, c = K.ConvLSTM2D(2, (3, 2), strides=2, return_state=True, go_backwards=True)(frames, mask=real)
    of_rows, *states = K.ConvLSTM1D(2, 3, return_sequences=True, return_state=True, zero_output_for_mask=True)(
        rows, mask=real
    )
    pictures = K.Permute((1, 4, 2, 3))(video)
    outputs = {
        "strided": last, "h": h, "c": c,
        "both": K.Bidirectional(K.ConvLSTM2D(2, 2, dilation_rate=2, return_sequences=True))(frames, mask=real),
        "masked": of_rows,
        "from_states": K.ConvLSTM1D(2, 3)(rows, initial_state=states),
        "volumes": K.ConvLSTM3D(2, 2, return_sequences=True)(volumes),
        "channels_first": K.ConvLSTM2D(2, 3, data_format="channels_first", return_sequences=True)(pictures),
        "matrices": K.RNN(Matrix(3), return_sequences=True)(series, mask=real),
        "unrolled": K.RNN([Matrix(2), K.GRUCell(2), K.LSTMCell(3, dropout=0.5)], go_backwards=True)(series),
        "attentive": Attentive(Remembering(), return_sequences=True)(series),
        "by_functions": ByFunctions()(series),
        "own_loop": Looking(K.SimpleRNNCell(3), return_sequences=True)(series, mask=real),
    }  # fmt: skip
    return keras.Model([video, rows, volumes, series, real], outputs)


def drawn(model, batch, steps):
    """Inputs of a batch and of steps; a row in the midst has steps that are masked, one has no other."""
    draw = np.random.default_rng(batch)
    inputs = {}
    for tensor in model.inputs:
        shape = [batch, *(size or steps for size in tensor.shape[1:])]
        if tensor.dtype == "int32":
            inputs[tensor.name] = draw.integers(0, VOCABULARY, shape).astype("int32") * draw.integers(0, 2, shape)
        elif tensor.dtype == "bool":
            inputs[tensor.name] = draw.random(shape) < 0.6
        else:
            inputs[tensor.name] = draw.normal(size=shape).astype("float32")
        if tensor.name in ("series", "real", "known", "words"):
            inputs[tensor.name][0, 1:3] = 0
            inputs[tensor.name][-1, :] = 0
    return {tensor.name: inputs[tensor.name].astype(tensor.dtype) for tensor in model.inputs}


@pytest.mark.parametrize(
    ("make", "most"), [(at_every_step, 9), pytest.param(of_any_states, 40, marks=pytest.mark.slow)]
)
def test_equals_keras_in_any_batch_and_time(make, most, tmp_path):
    model = trained(make())
    written = pipelines.export_keras(model, tmp_path / "model.tflite")
    assert conversion.foreign(written.path) == []
    run = Interpreter(str(written.path), num_threads=1).get_signature_runner()
    for batch, steps in ((2, 5), (3, 8), (2, 5), (2, 5), (1, most)):
        inputs = drawn(model, batch, steps)
        answers, expected = run(**inputs), model(list(inputs.values()))
        for name in model_signatures.output_names(model):
            np.testing.assert_allclose(answers[name], expected[name], atol=2e-6, err_msg=name)


def test_a_model_answers_the_same_in_a_graph(monkeypatch):
    """Keras's loops are the same in the graph that long sequences are compared by, written out or not."""
    for make in (at_every_step, of_any_states):
        model = trained(make())
        inputs = list(drawn(model, 3, 5).values())
        expected = model(inputs)
        monkeypatch.setattr(model_answers, "LONG", 1)
        answers = model_answers.answers(model, inputs)
        monkeypatch.undo()
        for name, answer in answers.items():
            np.testing.assert_allclose(answer, expected[name], atol=1e-6, err_msg=name)


def test_steps_are_not_written_out(tmp_path):
    """4,000 steps of layers that Keras writes out step by step make a file of as many operations as any."""
    series = keras.Input([4000, 2])
    x = K.TimeDistributed(K.Dense(2))(K.LSTM(2, unroll=True, return_sequences=True)(series))
    model = keras.Sequential([keras.Input([4000, 2]), K.Bidirectional(K.GRU(2))])
    written = pipelines.export_keras(keras.Model(series, model(x)), tmp_path / "model.tflite")
    assert sum(written.operations.values()) < 200
    assert written.size < 100_000
