"""Operations that are replaced for LiteRT: the same numbers as TensorFlow's, NumPy's or SciPy's, of whatever inputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import layers
from layers.conversion import operations
from layers.conversion.operations import whole_numbers

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="LiteRT converts graphs of TensorFlow")

DRAW = np.random.default_rng(0)
HALVES = (DRAW.integers(-3, 4, size=(2, 5, 3)) / 2).astype("float32")  # with ties and zeros
WHOLE = DRAW.integers(-9, 9, size=(2, 5, 3)).astype("int32")
BITS = np.array([0, 1, -1, 2**31 - 1, -(2**31), 12345, -54321], "int32")
SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 0.3, 1e-7, 1e-30, 3e38, 88.9, -88.9], "float32")
SQUARES = DRAW.normal(size=(2, 4, 3, 3)).astype("float32")


def traced(function, *tensors):
    """The function's graph with open sizes, and its answers."""
    open_ = [tf.TensorSpec([None] * (np.ndim(x) - 1) + [*np.shape(x)[-1:]], tf.as_dtype(x.dtype)) for x in tensors]
    concrete = tf.function(function, autograph=False).get_concrete_function(*open_)
    answers = concrete(*map(tf.constant, tensors))
    return concrete.graph, [np.asarray(answer) for answer in tf.nest.flatten(answers)]


def used(graph):
    """The types of the operations that a graph's results need."""
    open_, kinds = [*graph.outputs], set()
    while open_:
        operation = open_.pop().op
        kinds.add(operation.type)
        open_ += operation.inputs
    return kinds


def compare(function, *tensors, rtol=1e-6):
    """Answers inside and outside, and that nothing is left of what there is a replacement for."""
    _, expected = traced(function, *tensors)
    with operations.replaced():
        graph, answers = traced(function, *tensors)
    for answer, right in zip(answers, expected, strict=True):
        assert answer.dtype == right.dtype and answer.shape == right.shape
        np.testing.assert_allclose(answer, right, rtol=rtol, atol=1e-6 if right.dtype.kind == "f" else 0)
    return used(graph)


CURVES = {
    "Acos": (tf.acos, np.arccos), "Acosh": (tf.acosh, np.arccosh), "Asin": (tf.asin, np.arcsin),
    "Asinh": (tf.asinh, np.arcsinh), "Atan": (tf.atan, np.arctan), "Atanh": (tf.atanh, np.arctanh),
    "Cosh": (tf.cosh, np.cosh), "Erf": (tf.math.erf, special.erf), "Erfc": (tf.math.erfc, special.erfc),
    "Erfinv": (tf.math.erfinv, special.erfinv), "Ndtri": (tf.math.ndtri, special.ndtri), "Sinh": (tf.sinh, np.sinh),
    "Tan": (tf.tan, np.tan),
}  # fmt: skip


@pytest.mark.parametrize("kind", CURVES)
def test_functions_of_a_number(kind):
    """Compared with functions in double precision, to a few units of the last digit of single precision."""
    ours, theirs = CURVES[kind]
    x = np.concatenate([SPECIAL, np.linspace(-9, 9, 2001), np.linspace(-1, 1, 2001)]).astype("float32")
    with operations.replaced():
        graph, (answer,) = traced(ours, x)
    assert kind not in used(graph)
    with np.errstate(all="ignore"):
        expected = theirs(x.astype("float64")).astype("float32")
    if kind == "Tan":  # float32 has no angles to tell apart beyond
        answer, expected = answer[np.abs(x) < 100], expected[np.abs(x) < 100]
    np.testing.assert_allclose(answer, expected, rtol=5e-6, atol=3e-7)


def test_greatest_numbers():
    for x in (HALVES, WHOLE, WHOLE.astype("int64"), WHOLE > 0, -np.zeros((1, 2, 3), "float32")):
        for axis in (0, 1, -1):
            kept = x.astype("int32") if x.dtype == bool else x
            compare(lambda x, axis=axis: (tf.argmax(x, axis), tf.argmin(x, axis, tf.int32)), kept)


def test_the_first_of_equal_numbers_comes_first():
    assert "TopKV2" not in compare(lambda x: tf.math.top_k(x, 3), HALVES)
    assert "TopKV2" not in compare(lambda x: tf.math.top_k(x, 2), WHOLE)
    infinite = np.array([[-np.inf, -np.inf, 1.0, np.inf]], "float32")
    compare(lambda x: tf.math.top_k(x, 4), infinite)
    compare(lambda x: tf.math.top_k(x, 3), np.full((2, 4), np.iinfo(np.int32).min, "int32"))


def test_keras_argmax_tells_zeros_apart():
    x = np.array([[-0.0, 0.0, -1.0], [0.0, -0.0, 0.0]], "float32")
    with layers.portable():
        _, (greatest, least) = traced(lambda x: (keras.ops.argmax(x, -1), keras.ops.argmin(x[:, :2], -1)), x)
    np.testing.assert_array_equal(greatest, keras.ops.argmax(x, -1))
    np.testing.assert_array_equal(least, keras.ops.argmin(x[:, :2], -1))


@pytest.mark.parametrize("options", [{}, {"exclusive": True}, {"reverse": True}, {"exclusive": True, "reverse": True}])
def test_running_products(options):
    for x in (HALVES, WHOLE, HALVES[:, :0]):
        for axis in (0, 1, -1):
            assert "Cumprod" not in compare(lambda x, axis=axis: tf.math.cumprod(x, axis, **options), x)
    compare(lambda x: tf.math.cumulative_logsumexp(x, 1, **options), HALVES)


def test_bits():
    pairs = [array.ravel() for array in np.meshgrid(BITS, BITS)]
    for kind in ("int32", "int64", "int16", "uint8"):
        x, y = (array.astype(kind) for array in pairs)
        left = compare(lambda x, y: (tf.bitwise.bitwise_and(x, y), tf.bitwise.bitwise_or(x, y), tf.bitwise.invert(x)),
                       x, y)  # fmt: skip
        assert not left & {"BitwiseAnd", "BitwiseOr", "Invert"}
    large = np.array([2**62, -(2**62) - 1, 2**40 + 3, -1], "int64")
    compare(lambda x: tf.bitwise.bitwise_and(x, x[::-1]), large)
    compare(lambda x: tf.bitwise.left_shift(x, tf.abs(x) % 32), BITS[:4])


def test_quotients_of_64_bits():
    x, y = np.array([2**62, -(2**55), 7 * 10**17, 0]), np.array([2**32, -(2**11), 7, 5])
    np.testing.assert_array_equal(whole_numbers.quotient(tf.constant(x), tf.constant(y)), x // y)


def test_arithmetic_of_64_bits():
    x, y = np.array([2**62, -(2**55) - 1, 10**12, 0, -7]), np.array([3, 2**31, -7, 5, 2])
    left = compare(lambda x, y: (x // y, tf.abs(x), tf.sign(x), y**0, y**5), x, y)
    assert not left & {"FloorDiv", "Abs", "Sign", "Pow"}


EQUATIONS = (
    "btf,bsf->bts", "btf,btf->bt", "btf,btf->b", "bti,btj->btij", "btf,bsg->bts", "btf->bf", "btf->ftb", "btf,bsf->",
    "...tf,...sf->...ts", "btf,bft->tb", "btf,gtf->bg", "abc,dbc->acd", "btf,bsf->bst",
)  # fmt: skip


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum(equation):
    inputs = equation.split("->")[0].split(",")
    y = np.swapaxes(HALVES, 1, 2) if equation == "btf,bft->tb" else HALVES
    for kind in ("float32", "int32"):
        tensors = [x.astype(kind) * 2 for x in (HALVES, y)[: len(inputs)]]
        left = compare(lambda *x: tf.einsum(equation, *x), *tensors)
        assert "Einsum" not in left and (kind == "float32" or "BatchMatMulV2" not in left)


def test_einsum_with_weights_ellipses_and_diagonals():
    weights = DRAW.normal(size=(3, 2, 4)).astype("float32")
    for equation in ("abc,cde->abde", "...c,cde->...de", "cde,abc->eabd", "abc,cdb->ad"):
        w = weights[:, :, :1].repeat(5, 2) if equation.endswith("cdb->ad") else weights
        order = (w, HALVES) if equation.startswith("cde") else (HALVES, w)
        compare(lambda x, y, equation=equation: tf.einsum(equation, x, y), *order, rtol=1e-5)
    for equation in ("btii->bti", "btii->b", "btij->btji", "biij->bj"):
        square = SQUARES[:, :3] if equation == "biij->bj" else SQUARES
        compare(lambda x, equation=equation: tf.einsum(equation, x), square, rtol=1e-5)
    compare(lambda x, y: tf.einsum("...ij,...jk->...ik", x, y), SQUARES, SQUARES[:1, :1], rtol=1e-5)


def test_products_of_whole_numbers():
    for kind in ("int32", "int64"):
        x = WHOLE.astype(kind)
        left = compare(lambda x: (tf.matmul(x, x, transpose_b=True), tf.matmul(x[0], x[1], transpose_a=True)), x)
        assert not left & {"BatchMatMulV2", "MatMul"}
    compare(tf.linalg.cross, HALVES, HALVES[:, ::-1])


SLICES = {
    "[:, None]": lambda x: x[:, None], "[..., None]": lambda x: x[..., None], "[:, :, None]": lambda x: x[:, :, None],
    "[..., 0, None]": lambda x: x[..., 0, None], "[:, -1:, None, 1]": lambda x: x[:, -1:, None, 1],
    "[None, ..., None, ::-1]": lambda x: x[None, ..., None, ::-1], "[:, n // 2]": lambda x: x[:, tf.shape(x)[1] // 2],
    "[:, -i]": lambda x: x[:, -tf.reduce_max(tf.cast(tf.ones_like(x), tf.int32))],
    "[:, n - 2:]": lambda x: x[:, tf.shape(x)[1] - 2 :], "[:, None, None, n - 8:]": lambda x: x[:, None, None, -8:],
}  # fmt: skip


@pytest.mark.parametrize("name", SLICES)
def test_slices(name):
    for x in (HALVES, WHOLE, HALVES > 0):
        compare(SLICES[name], x)


SIZES = {
    "n + 1": lambda n: n + 1,
    "n - 9": lambda n: n - 9,
    "n // 2": lambda n: n // 2,
    "(n - 3) // 2 + 1": lambda n: (n - 3) // 2 + 1,
    "n % 3": lambda n: n % 3,
    "(n - 4) % 3": lambda n: (n - 4) % 3,
    "max(n, 4)": lambda n: tf.maximum(n, 4),
    "max(n - 3, 0)": lambda n: tf.maximum(n - 3, 0),
    "min(n, 4)": lambda n: tf.minimum(4, n),
    "min(n + 2, 4)": lambda n: tf.minimum(n + 2, 4),
    "n + 2 n": lambda n: n + 2 * n,
    "max(n, 2 n)": lambda n: tf.maximum(n, 2 * n),
    "min(n, 2 n)": lambda n: tf.minimum(2 * n, n),
    "(n + 1) // 2 - 2": lambda n: (n + 1) // 2 - 2,
    "(n - 1) * 3 + 4": lambda n: (n - 1) * 3 + 4,
    "-n // 2": lambda n: -n // 2,
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name):
    for count in (0, 1, 3, 4, 7):
        x = np.zeros([count, 2], "float32")
        left = compare(lambda x: SIZES[name](tf.shape(x)[0]), x)
        assert name == "-n // 2" or not left & {"AddV2", "Sub", "FloorDiv", "FloorMod", "Maximum", "Minimum"}


def test_other_sums_counts_and_orders():
    compare(lambda x: (tf.roll(x, 1, 1), tf.roll(x, [-1, 7], [0, 2]), tf.roll(x, tf.shape(x)[1] // 2, 1)), HALVES)
    compare(lambda x: tf.roll(x, 1, 1), HALVES[:, :0])
    compare(lambda x: (tf.linalg.diag_part(x), tf.linalg.diag_part(x, k=1), tf.linalg.diag_part(x, k=-2)), SQUARES)
    compare(lambda x: tf.linalg.diag_part(x), HALVES)
    compare(lambda x: (tf.linalg.diag(x), tf.linalg.diag(x, k=2), tf.linalg.diag(x, k=-1)), HALVES)
    compare(lambda x: tf.math.reduce_euclidean_norm(x, 1), HALVES)
    ids = np.array([[0, 1, 1, 5], [2, 2, 2, 3]], "int32")
    compare(lambda x: tf.math.bincount(x, minlength=4, maxlength=4, axis=-1), ids)
    compare(lambda x: tf.math.bincount(x, minlength=6, maxlength=6, axis=-1, binary_output=True), ids)
    compare(lambda x, w: tf.math.bincount(x, w, minlength=6, maxlength=6, axis=-1), ids, ids * 0.5)
    borders = np.array([[-1.0, 0.0, 0.0, 1.0]], "float32")
    for side in ("left", "right"):
        compare(lambda x, y, side=side: tf.searchsorted(x, y, side), borders, HALVES.reshape(1, -1))
    compare(lambda x: tf.histogram_fixed_width(x, [-1.0, 1.0], 4), HALVES)
    scores = np.array([[1, 2, 2, 0], [np.nan, 1, 0, 0], [3, 1, 0, 0]], "float32")
    compare(lambda i, x: tf.math.in_top_k(i, x, 2), np.array([1, 2, 7], "int32"), scores)
    compare(lambda i, x: tf.nn.sparse_softmax_cross_entropy_with_logits(i, x), np.array([1, 2], "int32"), HALVES[0, :2])
    compare(lambda x: tf.unstack(x, axis=-1), WHOLE.astype("int64"))


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("options", [{}, {"strides": 2}, {"strides": 3, "output_padding": 1}, {"dilation_rate": 2},
                                     {"strides": 4}])  # fmt: skip
def test_transposed_convolutions(padding, options):
    whole = {**options, "padding": padding}
    for shape, x in (((3,), HALVES), ((3, 2), DRAW.normal(size=(2, 5, 4, 3)).astype("float32"))):
        kernel = DRAW.normal(size=(*shape, 4, 3)).astype("float32")
        with operations.replaced():
            graph, (answer,) = traced(lambda x: keras.ops.conv_transpose(x, kernel, **whole), x)  # noqa: B023
        assert "Conv2DBackpropInput" not in used(graph)
        kernel, spread = spread_out(kernel, options.get("dilation_rate", 1)), {**whole, "dilation_rate": 1}
        np.testing.assert_allclose(answer, keras.ops.conv_transpose(x, kernel, **spread), atol=1e-5)


def spread_out(kernel, dilation):
    """The kernel with zeros between its numbers: on a CPU TensorFlow has no dilated one to compare with."""
    axes = range(kernel.ndim - 2)
    large = np.zeros([(kernel.shape[i] - 1) * dilation + 1 for i in axes] + [*kernel.shape[-2:]], "float32")
    large[tuple(slice(None, None, dilation) for _ in axes)] = kernel
    return large


def test_labels_that_scores_spell():
    scores = DRAW.integers(0, 3, size=(6, 9, 4)).astype("float32")  # (batch, time, classes), with ties
    lengths = np.array([9, 0, 1, 5, 9, 8], "int32")
    for options in ({}, {"merge_repeated": False}, {"mask_index": 3}):
        decode = lambda x, n, options=options: keras.ops.ctc_decode(x, n, strategy="greedy", **options)  # noqa: E731
        assert "CTCGreedyDecoder" not in compare(decode, scores, lengths)
    compare(lambda x, n: tf.sparse.to_dense(tf.nn.ctc_greedy_decoder(x, n)[0][0]), scores.swapaxes(0, 1), lengths)


def test_pooling_over_three_axes():
    video = DRAW.normal(size=(2, 5, 6, 7, 3)).astype("float32")
    for padding in ("SAME", "VALID"):
        for pool in (tf.nn.max_pool3d, tf.nn.avg_pool3d):
            left = compare(lambda x, pool=pool, padding=padding: pool(x, [2, 3, 2], [2, 1, 2], padding), video)
            assert not left & {"MaxPool3D", "AvgPool3D"}


def test_curves_of_other_types():
    for kind in ("float16", "float64"):
        compare(lambda x: (tf.math.erf(x), tf.asinh(x)), HALVES.astype(kind), rtol=1e-3 if kind == "float16" else 1e-6)


def test_only_inside_and_in_this_thread():
    assert "Erf" in used(traced(tf.math.erf, HALVES)[0])
    with operations.replaced(), operations.replaced():
        assert "Erf" not in used(traced(tf.math.erf, HALVES)[0])
    assert "Erf" in used(traced(tf.math.erf, HALVES)[0])
