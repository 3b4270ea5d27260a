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
