"""Operations that LiteRT lacks, in one model of dozens of them, and those that no others can stand for."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from test_known_sizes import unplanned

import pipelines
from pipelines.shared.export import conversion
from pipelines.shared.export.models import blamed_layers, lacking

ops = keras.ops

OPERATIONS = {
    "argmax": lambda x, ids: ops.argmax(x, -1),
    "argmin over time": lambda x, ids: ops.argmin(x, 1, keepdims=True),
    "argmax of whole numbers": lambda x, ids: tf.argmax(tf.cast(ids, tf.int64), 1),
    "top_k": lambda x, ids: ops.top_k(x, 2),
    "top_k over time": lambda x, ids: tf.math.top_k(ops.swapaxes(x, 1, 2), 3).indices,
    "in_top_k": lambda x, ids: ops.in_top_k(ids[:, 0] % 3, x[:, 0], 2),
    "sorted features": lambda x, ids: (ops.sort(x, -1), ops.argsort(x, -1)),
    "cumsum": lambda x, ids: (ops.cumsum(x, 1), tf.cumsum(x, 1, exclusive=True, reverse=True)),
    "cumprod": lambda x, ids: (ops.cumprod(x, 1), tf.math.cumprod(ids, 1, exclusive=True)),
    "one_hot": lambda x, ids: (ops.one_hot(ids, 4), ops.multi_hot(ids, 6)),
    "einsum": lambda x, ids: (ops.einsum("btf,bsf->bts", x, x), ops.einsum("btf,btf->bt", x, x)),
    "einsum of outer products": lambda x, ids: ops.einsum("bti,btj->btij", x, x),
    "einsum with weights": lambda x, ids: ops.einsum("btf,fhd->bthd", x, ops.ones((3, 2, 4))),
    "products of whole numbers": lambda x, ids: tf.matmul(ids[:, :, None], ids[:, None]),
    "where": lambda x, ids: ops.where(ops.equal(ids, 0)[..., None], -1e9, x),
    "take": lambda x, ids: (ops.take(x, [0, -1], axis=1), ops.take(ops.reshape(ops.arange(12.0), (6, 2)), ids, axis=0)),
    "take_along_axis": lambda x, ids: ops.take_along_axis(x, ops.argmax(x, 1, keepdims=True), 1),
    "gather": lambda x, ids: (tf.gather(x, ids % 3, batch_dims=1), tf.gather(x, [0, 1], axis=2)),
    "roll": lambda x, ids: (ops.roll(x, 1, axis=1), ops.roll(ids, -2, axis=-1)),
    "slices": lambda x, ids: (x[..., None], x[:, -1:, None], x[:, ops.shape(x)[1] - 2 :], x[:, ops.shape(x)[1] // 2]),
    "diagonals": lambda x, ids: (tf.linalg.diag_part(tf.matmul(x, x, transpose_b=True)), tf.linalg.diag(x, k=1)),
    "bits": lambda x, ids: (ops.bitwise_and(ids, 3), ops.bitwise_or(ids - 3, 4), ops.bitwise_not(ids), ops.signbit(x)),
    "shifts": lambda x, ids: (ops.left_shift(ids, 2), ops.right_shift(ids - 4, 1)),
    "curves": lambda x, ids: (ops.arctan(x), ops.arcsinh(x), ops.erf(x), ops.cosh(x), ops.sinh(x), ops.tan(x)),
    "inverse sines": lambda x, ids: (ops.arccos(x / 3), ops.arcsin(x / 3), ops.arctanh(x / 3), ops.erfinv(x / 3)),
    "gelu, as it is defined": lambda x, ids: keras.activations.gelu(x, approximate=False),
    "digitize": lambda x, ids: (ops.digitize(x, [-1.0, 0.0, 1.0]), tf.searchsorted([-1.0, 0.0, 1.0], x[:, 0, 0])),
    "in double precision": lambda x, ids: ops.cast(ops.exp(ops.cast(x, "float64")) / 3, "float32"),
    "of few bits": lambda x, ids: (ops.cast(ids, "uint8"), ops.cast(ids - 3, "int8")),
    "norms": lambda x, ids: (tf.norm(x, axis=-1), tf.math.reduce_euclidean_norm(x, 1), tf.linalg.cross(x, x[:, ::-1])),
    "ranges": lambda x, ids: x + ops.arange(ops.shape(x)[1], dtype="float32")[None, :, None],
    "arrays": lambda x, ids: (
        tf.scan(lambda a, y: a * 0.5 + y, ops.swapaxes(x, 0, 1)), tf.map_fn(lambda y: y - tf.reduce_max(y), x),
        ops.scan(lambda a, y: (a + y, a - y), x[:, 0], ops.swapaxes(x, 0, 1), reverse=True)[1],
    ),
    "dilated convolutions": lambda x, ids: (
        ops.conv(x, ops.ones((3, 3, 2)), padding="same", dilation_rate=2),
        ops.separable_conv(x, ops.ones((3, 3, 2)), ops.ones((1, 6, 4)), padding="same", dilation_rate=2),
    ),
    "entropy": lambda x, ids: ops.sparse_categorical_crossentropy(ids % 3, x, from_logits=True),
}  # fmt: skip


def all_of_them(x, ids):
    """{name of an output: its tensor}."""
    tensors = {name: keras.tree.flatten(make(x, ids)) for name, make in OPERATIONS.items()}
    return {re.sub(r"\W", "_", name) + f"_{number}": ops.convert_to_tensor(tensor)
            for name, several in tensors.items() for number, tensor in enumerate(several)}  # fmt: skip


class Operations(keras.layers.Layer):
    def call(self, x, ids):
        return all_of_them(x, ids)


def drawn(batch, time):
    draw = np.random.default_rng(batch + time)
    x = (draw.integers(-4, 5, size=(batch, time, 3)) / 2).astype("float32")  # with ties and zeros
    x[0, 0] = [0.0, -0.0, -1.0]
    return x, draw.integers(0, 6, size=(batch, time)).astype("int32")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    x, ids = keras.Input([None, 3], name="x"), keras.Input([None], dtype="int32", name="ids")
    path = tmp_path_factory.mktemp("operations") / "model.tflite"
    return pipelines.export_keras(keras.Model([x, ids], Operations()(x, ids)), path, examples=drawn(2, 5))


def test_answers_are_those_of_keras(exported):
    run = Interpreter(str(exported.path)).get_signature_runner()
    for shape in ((1, 5), (4, 9), (4, 9), (2, 3)):
        x, ids = drawn(*shape)
        answers, expected = run(x=x, ids=ids), all_of_them(tf.constant(x), tf.constant(ids))
        assert answers.keys() == expected.keys()
        for name, right in expected.items():
            assert answers[name].dtype == right.dtype.as_numpy_dtype, name
            np.testing.assert_allclose(answers[name], right, rtol=1e-5, atol=1e-5, err_msg=name)


def test_all_memory_is_planned_before_a_call(exported):
    assert conversion.foreign(exported.path) == []
    assert unplanned(exported.path, 5) == {"serving_default": []}


class Talking(keras.layers.Layer):
    """Shows the sum of what it hands on."""

    def call(self, x):
        tf.print("sum:", tf.reduce_sum(x))
        return x * 2


def test_what_a_model_prints_is_left_out(tmp_path):
    inputs = keras.Input([None, 3])
    written = pipelines.export_keras(keras.Model(inputs, Talking()(inputs)), tmp_path / "model.tflite")
    assert not {"CUSTOM:FlexPrintV2", "SUM"} & {*written.operations}


class Inverse(keras.layers.Layer):
    def call(self, x):
        return tf.linalg.inv(tf.matmul(x, x, transpose_a=True))


class Outer(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Inverse(name="inner")

    def call(self, x):
        return self.inner(x)


def in_a_loop(x):
    body = lambda t, y: (t + 1, tf.linalg.svd(y, compute_uv=False)[..., None] * y)  # noqa: E731
    return tf.while_loop(lambda t, _: t < 3, body, (0, tf.matmul(x, x, transpose_a=True)))[1]


def in_a_model(x):
    inputs = keras.Input([None, 3])
    return keras.Model(inputs, keras.layers.Lambda(in_a_loop, output_shape=(3, 3), name="values")(inputs))(x)


REFUSED = {
    "a layer in a layer": (lambda x: Outer()(x), r"inner \(Inverse\): .* MatrixInverse, .* as a weight"),
    "a loop in a Lambda in a model": (in_a_model, r"values \(Lambda\): .* Svd, .* as a weight"),
    "a function of keras.ops": (
        lambda x: ops.cholesky(ops.matmul(ops.swapaxes(x, 1, 2), x)), r"cholesky \(keras.ops, Cholesky\): .* Cholesky"),
    "Python": (
        lambda x: keras.layers.Lambda(
            lambda y: tf.numpy_function(np.sort, [y], tf.float32), output_shape=(None, 3), name="sorted")(x),
        r"sorted \(Lambda\): .* PyFunc, .* Python; write the function in keras.ops"),
    "complex numbers": (lambda x: ops.fft((x, x))[0], r"fft \(keras.ops, FFT\): .* complex"),
    "texts": (
        lambda x: keras.layers.Lambda(
            lambda y: tf.strings.to_number(tf.strings.as_string(y)), output_shape=(None, 3), name="texts")(x),
        r"texts \(Lambda\): .* no operations on texts; look words up before"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_litert_lacks_is_refused_before_it_is_converted(name, tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "convert", None)
    make, message = REFUSED[name]
    inputs = keras.Input([None, 3])
    model = keras.Model(inputs, make(inputs))
    with pytest.raises(ValueError, match=message):
        pipelines.export_keras(model, tmp_path / "model.tflite", examples=drawn(2, 3)[0])
    assert list(tmp_path.iterdir()) == []


def test_a_part_is_told_by_the_scope_of_its_operations():
    inputs = keras.Input([None, 3])
    dense, other = keras.layers.Dense(3, name="dense"), keras.layers.Dense(3, name="dense_1")
    model = keras.Model(inputs, ops.sort(other(dense(inputs)), axis=-1))
    assert blamed_layers.of(model, "functional_1/dense_1/MatMul") == "dense (Dense)"
    assert blamed_layers.of(model, "functional_1/dense_1_1/MatMul") == "dense_1 (Dense)"
    assert blamed_layers.of(model, "functional_1/other/MatMul") is None
    (operation,) = {name for name in map(lambda part: part.name, model.operations) if name.startswith("sort")}
    assert blamed_layers.of(model, f"functional_1/{operation}.operation/TopKV2") == f"{operation} (keras.ops, Sort)"


def test_advice_is_known_for_each_of_them():
    assert all(reason and instead for reason, instead in lacking.REASONS.values())
    assert "keras.ops" in lacking.advice("NthElement")
