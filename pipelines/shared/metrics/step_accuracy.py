"""Accuracy of an answer at every step, such as a tag for each word or a label for each frame."""

import keras


@keras.saving.register_keras_serializable(package="unroll")
class StepAccuracy(keras.metrics.Mean):
    """The share of steps whose best score is that of their class; steps of class -1 do not count.

    update_state(classes, scores): integers (batch, time), floats (batch, time, classes).

    >>> accuracy = StepAccuracy()
    >>> accuracy.update_state([[0, 1, -1]], [[[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]]])
    >>> float(accuracy.result())
    0.5
    """

    def __init__(self, name="accuracy", **options):
        super().__init__(name=name, **options)

    def update_state(self, y_true, y_pred, sample_weight=None):
        classes = keras.ops.cast(y_true, "int32")
        right = keras.ops.equal(classes, keras.ops.cast(keras.ops.argmax(y_pred, axis=-1), "int32"))
        super().update_state(keras.ops.cast(right, "float32"), keras.ops.cast(classes >= 0, "float32"))
