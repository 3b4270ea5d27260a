"""Exact clipping: numbers from NumPy, with rows that repeat and replicas that each hold a part."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import layers

IDS = np.array([[1, 1, 1, 2]], "int32")


tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="gradients of rows, replicas and a loss scale that is kept in the optimizer are TensorFlow's",
)


class ClippedSGD(layers.GlobalNormClipping, keras.optimizers.SGD):
    pass


def embedding_model():
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), keras.layers.Embedding(3, 1, embeddings_initializer="zeros")]
    )
    return model


def step(optimizer):
    """The length of one step on the loss sum(embedded): gradient rows (0, 3, 1), norm sqrt(10)."""
    model = embedding_model()
    variable = model.trainable_variables[0]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(IDS))
    optimizer.apply([tape.gradient(loss, variable.value)], [variable])
    return np.ravel(keras.ops.convert_to_numpy(variable))


@tensorflow_only
def test_repeated_rows_are_summed_before_the_norm_is_taken():
    np.testing.assert_allclose(
        step(ClippedSGD(1.0, clip_norm=0.1)), -0.1 * np.array([0, 3, 1]) / np.sqrt(10), rtol=1e-6
    )


@tensorflow_only
def test_kerass_own_clipping_is_wrong_here():
    """The reason for this module; when it fails Keras has mended it and the module can go."""
    assert np.linalg.norm(step(keras.optimizers.SGD(1.0, global_clipnorm=0.1))) > 0.11


@tensorflow_only
def test_a_small_gradient_is_left_alone():
    np.testing.assert_allclose(step(ClippedSGD(1.0, clip_norm=100.0)), [0, -3, -1])
    np.testing.assert_allclose(step(ClippedSGD(1.0)), [0, -3, -1])


def test_norm_equals_numpy():
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=(3, 4)).astype("float32"), rng.normal(size=7).astype("float32")]
    clipped, norm = layers.clip_by_global_norm(
        [keras.ops.array(gradients[0]), None, keras.ops.array(gradients[1])], 0.5
    )
    expected = np.sqrt(sum((g**2).sum() for g in gradients))
    np.testing.assert_allclose(float(norm), expected, rtol=1e-6)
    assert clipped[1] is None
    np.testing.assert_allclose(clipped[0], gradients[0] * 0.5 / expected, rtol=1e-6)


def test_round_trip_keeps_the_norm():
    optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(layers.ClippedAdam(1e-3, clip_norm=0.25)))
    assert isinstance(optimizer, layers.ClippedAdam)
    assert optimizer.clip_norm == 0.25


@pytest.mark.parametrize("value", [0, -1.0])
def test_a_norm_that_is_not_positive_is_refused(value):
    with pytest.raises(ValueError, match="clip_norm: expected a number above 0"):
        layers.ClippedAdam(1e-3, clip_norm=value)


@tensorflow_only
def test_loss_scaling_does_not_change_the_clipped_step():
    scaled = keras.optimizers.LossScaleOptimizer(ClippedSGD(1.0, clip_norm=0.1), initial_scale=1024.0)
    variable = keras.Variable([0.0, 0.0])
    scaled.build([variable])
    scaled.apply([keras.ops.array([3.0, 4.0]) * 1024.0], [variable])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), [-0.06, -0.08], rtol=1e-5)


@tensorflow_only
def test_replicas_are_summed_before_the_norm_is_taken():
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        pytest.skip("needs two logical CPUs, made before TensorFlow starts")
    strategy = tf.distribute.MirroredStrategy([device.name for device in devices[:2]])
    with strategy.scope():
        optimizer = ClippedSGD(1.0, clip_norm=0.1)
        variable = keras.Variable([0.0, 0.0])
        optimizer.build([variable])

    @tf.function
    def step():
        def on_replica():
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            gradient = tf.gather(tf.constant([[3.0, 0.0], [0.0, 4.0]]), replica)
            optimizer.apply([gradient], [variable])

        strategy.run(on_replica)

    step()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), [-0.06, -0.08], rtol=1e-5)


# What Keras does around clipping; on gradients that are whole its own `global_clipnorm` gives the right answer.
AROUND = {
    "nothing": {},
    "accumulation": {"gradient_accumulation_steps": 3},
    "averages": {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    "decay": {"weight_decay": 0.1},
    "loss scale": {"loss_scale_factor": 256.0},
    "schedule": {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)},
    "momentum": {"momentum": 0.9, "nesterov": True, "gradient_accumulation_steps": 2, "loss_scale_factor": 64.0},
}


def small_model():
    keras.utils.set_random_seed(5)
    frozen = keras.layers.Dense(4, "tanh", trainable=False)
    return keras.Sequential([keras.Input((3,)), frozen, keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])


def fitted(optimizer, **how):
    model, chance = small_model(), np.random.default_rng(0)
    model.compile(optimizer, "mse", **how)
    x = chance.normal(size=(24, 3)).astype("float32")
    model.fit(x, 50 * x[:, :1] ** 3, batch_size=4, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("name", AROUND)
def test_fit_equals_kerass_own_clipping(name):
    options, how = {"learning_rate": 0.1, **AROUND[name]}, {"jit_compile": name == "momentum"}
    expected = fitted(keras.optimizers.SGD(global_clipnorm=0.5, **options), **how)
    found = fitted(ClippedSGD(clip_norm=0.5, **options), **how)
    unclipped = fitted(keras.optimizers.SGD(**options), **how)
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(found, unclipped, strict=True))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def applied(optimizer, *steps):
    variable = keras.Variable([0.0, 0.0])
    for gradient in steps:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
    return keras.ops.convert_to_numpy(variable)


def test_gradients_are_accumulated_before_they_are_clipped():
    optimizer = ClippedSGD(0.1, clip_norm=1.0, gradient_accumulation_steps=2)
    np.testing.assert_allclose(applied(optimizer, [100.0, 0.0], [-40.0, 0.0]), [-0.1, 0.0], rtol=1e-6)


@tensorflow_only
def test_rows_are_summed_over_accumulated_batches_too():
    model = embedding_model()
    (variable,) = model.trainable_variables
    optimizer = ClippedSGD(1.0, clip_norm=0.1, gradient_accumulation_steps=2)
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(IDS))
        optimizer.apply([tape.gradient(loss, variable.value)], [variable])
    np.testing.assert_allclose(np.ravel(variable), -0.1 * np.array([0, 3, 1]) / np.sqrt(10), rtol=1e-6)


def test_kerass_clipping_of_single_values_follows():
    optimizer = ClippedSGD(1.0, clip_norm=1.0, clipvalue=0.7)
    np.testing.assert_allclose(applied(optimizer, [3.0, 4.0]), [-0.6, -0.7], rtol=1e-6)


def test_loss_is_unscaled_before_clipping():
    optimizer = ClippedSGD(1.0, clip_norm=1.0, loss_scale_factor=1000.0)
    np.testing.assert_allclose(applied(optimizer, [300.0, 400.0]), [-0.3, -0.4], rtol=1e-6)


@tensorflow_only
def test_a_scaled_loss_and_accumulation_together():
    optimizer = ClippedSGD(0.1, clip_norm=1.0, gradient_accumulation_steps=2)
    scaled = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=8.0)
    np.testing.assert_allclose(applied(scaled, [800.0, 0.0], [-320.0, 0.0]), [-0.1, 0.0], rtol=1e-6)


@tensorflow_only
def test_variables_without_a_gradient_and_variables_of_their_own_stay():
    first, second = keras.Variable([1.0]), keras.Variable([1.0])
    one, other = ClippedSGD(1.0, clip_norm=0.5), ClippedSGD(1.0, clip_norm=0.25)
    one.build([first, second])
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        one.apply_gradients([(tf.constant([8.0]), first), (None, second)])
    other.apply_gradients([(tf.constant([8.0]), second)])
    np.testing.assert_allclose([float(first[0]), float(second[0])], [0.5, 0.75])
    with pytest.raises(ValueError, match="No gradients provided"):
        one.apply_gradients([(None, first), (None, second)])


def test_a_saved_training_goes_on_between_two_accumulated_batches(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    model = small_model()
    model.compile(layers.ClippedAdam(0.1, clip_norm=0.5, gradient_accumulation_steps=2), "mse")
    for _ in range(3):
        model.train_on_batch(x, x[:, :1])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for each in (model, again):
        each.train_on_batch(x, 9 * x[:, :1])
    assert again.optimizer.clip_norm == 0.5
    for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(
    "gradients",
    [[[1e30, 1e30], [1.0]], [[3e38] * 9, [-3e38]], [[6e4, 6e4], [6e4]], [[1e-30, 2e-30], [2e-30]], [[0.0], []]],
)
def test_norms_neither_overflow_nor_vanish(gradients, dtype):
    gradients = [np.array(gradient, "float32") for gradient in gradients]
    if dtype == "float16":
        gradients = [np.clip(gradient, -6e4, 6e4).astype(dtype) for gradient in gradients]
    exact = np.concatenate(gradients).astype("float64")
    least = min(1.0, 0.5 * np.linalg.norm(exact)) or 1.0
    clipped, norm = layers.clip_by_global_norm(gradients, least)
    assert {keras.backend.standardize_dtype(each.dtype) for each in clipped} == {dtype}
    found = np.concatenate([np.asarray(each, "float64") for each in clipped])
    expected = exact * least / max(np.linalg.norm(exact), least)
    tolerance = {"rtol": 1e-3, "atol": 1e-7} if dtype == "float16" else {"rtol": 1e-5}
    np.testing.assert_allclose(found, expected, **tolerance)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(float(norm), np.float32(np.linalg.norm(exact)), rtol=1e-5)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_gradient_that_is_no_number_is_not_hidden(value):
    clipped, norm = layers.clip_by_global_norm([np.array([value, 1.0], "float32"), np.ones(2, "float32")], 1.0)
    assert not np.isfinite(float(norm))
    assert all(np.isnan(np.asarray(each)).all() for each in clipped)


def test_no_gradients_have_the_norm_zero():
    assert layers.clip_by_global_norm([], 1.0)[0] == [] and layers.clip_by_global_norm([None], 1.0)[0] == [None]
    assert float(layers.clip_by_global_norm([None], 1.0)[1]) == 0.0
