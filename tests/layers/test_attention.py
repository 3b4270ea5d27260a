import keras
import numpy as np
import pytest

from layers.attention import BahdanauAttention, LuongAttention

SOURCE = np.random.default_rng(0)
QUERY = SOURCE.normal(size=(3, 4)).astype("float32")
VALUES = SOURCE.normal(size=(3, 6, 4)).astype("float32")
MASK = np.arange(6) < np.array([[6], [2], [0]])  # the last row has no real step
LAYERS = {
    "additive": lambda: BahdanauAttention(5),
    "dot": lambda: LuongAttention("dot"),
    "general": lambda: LuongAttention("general"),
}


@pytest.fixture(params=LAYERS)
def attention(request):
    keras.utils.set_random_seed(1)
    layer = LAYERS[request.param]()
    layer(QUERY, VALUES)
    for weight in layer.weights:
        weight.assign(SOURCE.normal(size=weight.shape))
    return layer


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def scores(layer, query, values):
    """The equation, one query and one value at a time, in float64."""
    weights = [numbers(weight).astype("float64") for weight in layer.weights]
    if isinstance(layer, BahdanauAttention):
        query_kernel, key_kernel, bias, scale = weights
        return [np.tanh(query @ query_kernel + value @ key_kernel + bias) @ scale[:, 0] for value in values]
    return [query @ (value @ weights[0] if weights else value) for value in values]


def test_equals_the_equation(attention):
    context, weights = attention(QUERY, VALUES, mask=MASK)
    for row in range(2):
        length = MASK[row].sum()
        exponents = np.exp(scores(attention, QUERY[row], VALUES[row, :length]))
        expected = exponents / exponents.sum()
        np.testing.assert_allclose(numbers(weights)[row, :length], expected, atol=1e-6)
        np.testing.assert_array_equal(numbers(weights)[row, length:], 0)
        np.testing.assert_allclose(numbers(context)[row], expected @ VALUES[row, :length], atol=1e-5)


def test_row_without_real_steps_is_zero(attention):
    context, weights = attention(QUERY, VALUES, mask=MASK)
    assert not numbers(context)[2].any() and not numbers(weights)[2].any()


def test_masked_steps_change_nothing(attention):
    spoilt = np.where(MASK[..., None], VALUES, 1e3).astype("float32")
    for clean, dirty in zip(attention(QUERY, VALUES, mask=MASK), attention(QUERY, spoilt, mask=MASK), strict=True):
        np.testing.assert_array_equal(numbers(clean), numbers(dirty))


def test_projected_keys_and_several_queries_give_the_same(attention):
    context, weights = attention(QUERY, VALUES, mask=MASK)
    again, _ = attention(QUERY, VALUES, keys=attention.project(VALUES), mask=MASK)
    np.testing.assert_allclose(numbers(again), numbers(context), atol=1e-6)
    queries = np.stack([QUERY, -QUERY], axis=1)
    contexts, many = attention(queries, VALUES, mask=MASK)
    assert tuple(contexts.shape) == (3, 2, 4) and tuple(many.shape) == (3, 2, 6)
    np.testing.assert_allclose(numbers(contexts)[:, 0], numbers(context), atol=1e-5)
    np.testing.assert_allclose(numbers(many)[:, 0], numbers(weights), atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_saves_and_loads_in_a_model_of_unknown_time(name, tmp_path):
    query, values = keras.Input((4,)), keras.Input((None, 4))
    mask = keras.Input((None,), dtype="bool")
    model = keras.Model([query, values, mask], LAYERS[name]()(query, values, mask=mask))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for before, after in zip(model([QUERY, VALUES, MASK]), loaded([QUERY, VALUES, MASK]), strict=True):
        np.testing.assert_array_equal(numbers(before), numbers(after))


def test_float16_policy_keeps_float32_weights_and_finite_numbers():
    layer = BahdanauAttention(5, dtype="mixed_float16")
    context, weights = layer(QUERY, VALUES, mask=MASK)
    assert keras.backend.standardize_dtype(context.dtype) == "float16"
    assert {keras.backend.standardize_dtype(weight.dtype) for weight in layer.weights} == {"float32"}
    assert np.isfinite(numbers(context)).all() and np.isfinite(numbers(weights)).all()


def test_gradient_reaches_every_weight():
    query, values = keras.Input((4,)), keras.Input((6, 4))
    context, _ = BahdanauAttention(5)(query, values)
    model = keras.Model([query, values], context)
    model.compile("sgd", "mse")
    before = [numbers(weight).copy() for weight in model.trainable_weights]
    model.fit([QUERY, VALUES], QUERY, verbose=0)
    for old, weight in zip(before, model.trainable_weights, strict=True):
        assert (old != numbers(weight)).any(), weight.path


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"units: expected a positive integer, received -1"):
        BahdanauAttention(-1)
    with pytest.raises(ValueError, match=r"score: expected one of .*, received 'add'"):
        LuongAttention("add")
    with pytest.raises(ValueError, match=r"query: expected the shape .*, received \(4,\)"):
        BahdanauAttention(5)(QUERY[0], VALUES)
    with pytest.raises(ValueError, match=r"values: expected the shape \(batch, time, features\)"):
        BahdanauAttention(5)(QUERY, VALUES[0])
    with pytest.raises(ValueError, match=r"mask: expected a time axis of size 6, received 5"):
        BahdanauAttention(5)(QUERY, VALUES, mask=MASK[:, :5])
    with pytest.raises(ValueError, match=r"keys: expected units of size 5, received 4"):
        BahdanauAttention(5)(QUERY, VALUES, keys=VALUES)
    with pytest.raises(ValueError, match=r"query with score='dot': expected features of size 4, received 3"):
        LuongAttention("dot")(QUERY[:, :3], VALUES)
    with pytest.raises(ValueError, match="received one before its first call; `build` it"):
        BahdanauAttention(5).project(VALUES)
