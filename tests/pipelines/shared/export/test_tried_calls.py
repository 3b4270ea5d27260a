"""Sizes, batches and numbers that a model takes are found by calling it; where none are, one error says so."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import layers
from pipelines.shared.export.inputs import compared_calls
from pipelines.shared.export.models import accepted_models

K = keras.layers


def planned(model, **options):
    return compared_calls.planned(accepted_models.functional(model), **options)


def shapes(model, **options):
    """The shape of each input, call by call."""
    return [[tensor.shape for tensor in tensors] for tensors in planned(model, **options).calls]


def sequential(*stack, shape=(None, 3), **options):
    return keras.Sequential([keras.Input(shape, **options), *stack])


def test_a_model_that_takes_anything():
    assert shapes(sequential(K.LSTM(4))) == [[(1, 7, 3)], [(3, 12, 3)], [(6, 5, 3)]]


@pytest.mark.parametrize(
    ("stack", "shape", "right"),
    [
        ([K.Conv1D(4, 16), K.LSTM(4)], (None, 3), lambda steps: steps >= 16),
        ([K.Conv1D(4, 32, strides=16), K.LSTM(4)], (None, 3), lambda steps: steps >= 32),
        ([K.MaxPooling1D() for _ in range(4)] + [K.GRU(4)], (None, 3), lambda steps: steps >= 16),
        ([K.Reshape((-1, 4)), K.GRU(4)], (None,), lambda steps: steps % 4 == 0),
        ([K.Reshape((-1, 8, 3)), K.TimeDistributed(K.LSTM(2))], (None, 3), lambda steps: steps % 8 == 0),
    ],
    ids=["kernel of 16", "stride of 16", "four poolings", "multiples of 4", "windows of 8"],
)
def test_sizes_that_the_layers_ask_for(stack, shape, right):
    sizes = [shape[1] for (shape,) in shapes(sequential(*stack, shape=shape))]
    assert len(set(sizes)) == 3
    assert all(map(right, sizes))


@pytest.mark.parametrize("size", [9, 150, 137])
def test_one_size_alone_is_told(size, caplog):
    model = sequential(K.Reshape((size, 3)), K.Flatten(), K.Dense(2))
    assert shapes(model) == [[(rows, size, 3)] for rows in (1, 3, 6)]
    assert f"it takes only {size}, at which the file was compared; give examples=" in caplog.text


def test_a_fixed_batch_is_kept_only_where_the_model_takes_no_other():
    x = keras.Input(batch_shape=(4, None, 3))
    by_layer, by_reshape = K.LSTM(4)(x), K.LSTM(4)(keras.ops.reshape(x, (4, -1, 3)))
    zeros = K.Lambda(lambda x: x + tf.zeros((x.shape[0], 1, 3)))(x)  # its size is needed where the model is traced
    plans = [planned(keras.Model(x, y)) for y in (by_layer, by_reshape, K.LSTM(4)(zeros))]
    assert [plan.batch for plan in plans] == [None, 4, 4]
    assert {tensor.shape[0] for (tensor,) in plans[1].calls + plans[2].calls} == {4}


def test_a_batch_in_the_middle_of_the_graph():
    x = keras.Input((9, 3))
    model = keras.Model(x, K.LSTM(4)(keras.ops.reshape(x, (16, 9, 3))))
    assert {tensor.shape for (tensor,) in planned(model).calls} == {(16, 9, 3)}


def test_times_of_two_inputs_differ_where_they_may():
    x, y = keras.Input((None, 3)), keras.Input((None, 2))
    alike = keras.Model([x, y], K.LSTM(4)(K.Concatenate()([x, y])))
    apart = keras.Model([x, y], K.Concatenate()([K.LSTM(4)(x), K.LSTM(3)(y)]))
    assert all(one[1] == other[1] for one, other in shapes(alike))
    assert any(one[1] != other[1] for one, other in shapes(apart))
    assert all(one[1] == other[1] for one, other in shapes(apart, alike=True))  # as a step needs it


def test_times_of_which_one_is_a_multiple():
    x, y = keras.Input((None, 3)), keras.Input((None, 3))
    model = keras.Model([x, y], K.LSTM(3)(K.Concatenate()([K.MaxPooling1D(2)(x), y])))
    sizes = [(one[1], other[1]) for one, other in shapes(model)]
    assert len(set(sizes)) == 3
    assert all(one // 2 == other for one, other in sizes)


def test_height_and_width():
    x = keras.Input((None, None, 1))
    model = keras.Model(x, K.Dense(2)(K.GlobalAveragePooling2D()(K.Conv2D(3, 9)(x))))
    sizes = [shape[1:3] for (shape,) in shapes(model)]
    assert min(map(min, sizes)) >= 9
    assert any(height != width for height, width in sizes)


@pytest.mark.parametrize(
    ("function", "kind", "right"),
    [
        (tf.math.log, "positive", lambda x: x.min() > 0),
        (lambda x: tf.math.log(1 - x) + tf.math.log(x), "unit", lambda x: x.min() > 0 and x.max() < 1),
        (tf.math.acosh, "large", lambda x: x.min() > 1),
        (lambda x: x, "normal", lambda x: x.min() < 0),
    ],
    ids=["logarithm", "probabilities", "above one", "any"],
)
def test_numbers_on_which_the_answers_are_finite(function, kind, right):
    plan = planned(sequential(K.Lambda(function), K.LSTM(4)))
    assert plan.values.kind == kind
    assert all(right(x) for (x,) in plan.calls)


def test_a_model_that_is_never_finite_is_still_compared():
    plan = planned(sequential(K.Lambda(lambda x: tf.math.log(-tf.abs(x) - 1)), K.LSTM(4)))
    assert [tensor.shape for (tensor,) in plan.calls] == [(1, 7, 3), (3, 12, 3), (6, 5, 3)]


def test_a_model_that_takes_nothing_is_one_error():
    def never(x):
        with tf.control_dependencies([tf.debugging.assert_greater(tf.reduce_min(x), 1000.0, "too cold")]):
            return tf.identity(x)

    with pytest.raises(ValueError) as error:
        planned(sequential(K.Lambda(never), K.LSTM(4), name="oven"))
    said = str(error.value)
    assert "the model itself fails on all inputs drawn for it, of 1, 2, 4" in said
    assert "too cold" in said and said.endswith("give examples=, inputs as it takes them")
    assert "\n" not in said and len(said) < 600


# --- what whole numbers are


def drawn(model):
    return {
        name: np.concatenate([np.ravel(tensors[index]) for tensors in planned(model).calls])
        for index, name in enumerate(tensor.name for tensor in model.inputs)
    }


def text():
    ids = keras.Input((None,), dtype="int32", name="ids")
    return ids, K.LSTM(4)(K.Embedding(50, 3, mask_zero=True)(ids))


@pytest.mark.parametrize(
    ("use", "lowest", "highest"),
    [
        (K.Embedding(3, 2), 0, 2),
        (lambda kind: K.Embedding(3, 2)(K.Lambda(lambda kind: kind - 1)(kind)), 1, 3),
        (lambda kind: K.Embedding(30, 2)(keras.ops.cast(keras.ops.reshape(kind, (-1,)) + 2, "int64")), 0, 27),
        (lambda kind: keras.ops.one_hot(kind, 6), 0, 5),
        (lambda kind: K.Lambda(lambda kind: tf.gather(tf.ones((4, 2)), kind), output_shape=(2,))(kind), 0, 3),
    ],
    ids=["Embedding", "Lambda before it", "operations before it", "one_hot", "a table in a Lambda"],
)
def test_a_category_beside_a_text(use, lowest, highest):
    ids, x = text()
    kind = keras.Input((), dtype="int32", name="kind")
    numbers = drawn(keras.Model([ids, kind], K.Concatenate()([x, use(kind)])))["kind"]
    assert lowest <= numbers.min() and numbers.max() == highest


def masked(lengths):
    return tf.cast(tf.sequence_mask(lengths, 9), "float32")


def compared(lengths):
    return tf.cast(tf.range(9)[None] < lengths[:, None], "float32")


@pytest.mark.parametrize("mask", [masked, compared, "ours", "operations"])
def test_lengths_are_what_is_used_as_lengths(mask):
    x, lengths = keras.Input((9, 3)), keras.Input((), dtype="int32", name="n")
    if mask == "ours":
        y = layers.LSTM(4)(x, lengths=lengths)
    elif mask == "operations":
        y = K.LSTM(4)(x, mask=keras.ops.less(keras.ops.arange(9), keras.ops.expand_dims(lengths, 1)))
    else:
        y = K.Lambda(lambda tensors: tensors[0] * mask(tensors[1])[..., None], output_shape=(9, 3))([x, lengths])
    assert set(drawn(keras.Model([x, lengths], y))["n"]) == {0, 1, 4, 8, 9}


def last_of_row(tensors):
    return tf.gather(tensors[0], tensors[1] - 1, batch_dims=1)


def last_by_two_indices(tensors):
    return tf.gather_nd(tensors[0], tf.stack([tf.range(tf.shape(tensors[0])[0]), tensors[1] - 1], 1))


@pytest.mark.parametrize("last", [last_of_row, last_by_two_indices])
@pytest.mark.parametrize("masked", [False, True])
def test_steps_that_are_looked_up_stay_inside_the_sequence(last, masked):
    """Lengths by which the last real step is taken: none is 0, whose last step would be -1."""
    x, lengths = keras.Input((None, 3)), keras.Input((), dtype="int32")
    mask = K.Lambda(lambda tensors: tf.sequence_mask(tensors[1], tf.shape(tensors[0])[1]), output_shape=(None,))
    y = K.LSTM(4, return_sequences=True)(x, mask=mask([x, lengths]) if masked else None)
    taken = K.Lambda(last, output_shape=(4,), mask=lambda *_: None)([y, lengths])
    calls = planned(keras.Model([x, lengths], taken)).calls
    assert [len(tensors[0]) for tensors in calls] == [1, 3, 6]
    assert all(tensors[1].min() >= 1 for tensors in calls)
    assert all(tensors[1].max() <= tensors[0].shape[1] for tensors in calls)
    assert any(tensors[1].max() == tensors[0].shape[1] for tensors in calls)


def test_plain_numbers_and_ids_as_floats():
    year = keras.Input((), dtype="int32", name="year")
    plain = keras.Model(year, K.Dense(2)(keras.ops.cast(keras.ops.expand_dims(year, 1), "float32")))
    assert drawn(plain)["year"].max() < 10
    numbers = drawn(sequential(K.Embedding(12, 3), K.GRU(2), shape=(None,), name="ids"))["ids"]
    assert set(numbers) <= set(range(12)) and numbers.max() == 11


def test_limits_that_only_a_call_shows():
    """A table behind a remainder that cannot be followed, and a layer that refuses what it was not made for."""

    class Days(K.Layer):
        def call(self, day):
            with tf.control_dependencies([tf.debugging.assert_less(day, 2, "no such day")]):
                return tf.cast(tf.identity(day), "float32")[:, None]

    day = keras.Input((), dtype="int32", name="day")
    assert set(drawn(keras.Model(day, Days()(day)))["day"]) == {0, 1}
