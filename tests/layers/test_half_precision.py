"""In float16 and bfloat16 nothing overflows that a half could hold in the end, and nothing is counted wrong."""

import keras
import numpy as np
import pytest

import layers

HALVES = pytest.mark.parametrize("dtype", ["float16", "mixed_float16", "mixed_bfloat16"])


def half(values, dtype):
    return keras.ops.cast(keras.ops.convert_to_tensor(values), dtype.removeprefix("mixed_"))


def wide(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


@HALVES
@pytest.mark.parametrize("queries", [(), (2,)])
def test_large_scores_give_the_weights_of_float32(dtype, queries):
    query, values = np.full((2, *queries, 4), 200.0, "float32"), np.full((2, 5, 4), 300.0, "float32")
    values[:, 0] *= -1  # scores of 240,000 and one of -240,000
    mask = np.array([[True, True, False, False, False], [False] * 5])
    attention = layers.LuongAttention("dot", dtype=dtype)
    for given, expected in ((None, [[0, 0.25, 0.25, 0.25, 0.25]] * 2), (mask, [[0, 1, 0, 0, 0], [0] * 5])):
        context, weights = attention(half(query, dtype), half(values, dtype), mask=given)
        expected = np.broadcast_to(np.reshape(expected, (2, *(1,) * len(queries), 5)), weights.shape)
        np.testing.assert_array_equal(wide(weights), expected)
        np.testing.assert_allclose(wide(context), expected @ np.full((5, 4), 300.0), rtol=1e-2)
        assert context.dtype == weights.dtype == half(values, dtype).dtype


@pytest.mark.parametrize("scale", [1e1, 1e3, 1e4])
def test_masked_steps_get_nothing_however_large_the_scores(scale):
    values = np.array([[[-scale], [-scale], [scale]]], "float32")
    mask = np.array([[True, True, False]])
    _, weights = layers.LuongAttention("dot")(np.array([[scale]], "float32"), values, mask=mask)
    np.testing.assert_array_equal(wide(weights), [[0.5, 0.5, 0.0]])


@HALVES
@pytest.mark.parametrize("mode", ["last", "max", "mean", "attention"])
def test_pooling_of_many_steps(mode, dtype):
    sequences = np.tile(np.array([[[300.0, 2.0]]], "float32"), (2, 3000, 1))
    pooled = layers.SequencePooling(mode, dtype=dtype)(half(sequences, dtype), lengths=[3000, 300])
    np.testing.assert_allclose(wide(pooled), [[300.0, 2.0]] * 2, rtol=1e-2)


def test_pooling_keeps_what_is_lower_than_any_padding():
    pooled = layers.SequencePooling("max")(np.full((1, 2, 1), -1e31, "float32"), lengths=[1])
    np.testing.assert_allclose(wide(pooled), [[-1e31]])


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_the_mean_of_a_long_memory_starts_the_decoder(dtype):
    attention = layers.LuongAttention("general", dtype=dtype)
    decoder = layers.AttentionDecoder(layers.GRU(4, dtype=dtype), attention, output_size=3, dtype=dtype)
    memory = half(np.full((1, 3000, 2), 300.0, "float32"), dtype)
    outputs, _ = decoder(half(np.ones((1, 2, 3), "float32"), dtype), memory)
    assert np.isfinite(wide(outputs)).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_losses_of_ids_that_a_half_does_not_hold(dtype):
    logits = np.zeros((1, 6000), "float32")
    logits[0, 4097] = 20.0
    loss = layers.SmoothedCrossentropy(dtype=dtype)
    assert float(loss(np.array([4097]), logits)) == pytest.approx(np.log(1 + 5999 * np.exp(-20.0)), abs=1e-5)
    assert keras.losses.deserialize(keras.losses.serialize(loss)).smoothing == 0.0
