"""Training by likelihood: the network returns log-probabilities, the targets say which of its steps are real.

model.compile(loss=likelihood.loss, metrics=[likelihood.NegativeLogLikelihood()])
model.fit(batches of (inputs, real))        real (batch, steps): 1 at a real step, 0 at padding
"""

import keras


def loss(real, likelihood):
    """-sum(real * log p) / sum(real), both (batch, steps); values at padding do not matter."""
    total, steps = _sums(real, likelihood)
    return total / keras.ops.maximum(steps, 1.0)


def _sums(real, likelihood):
    """-sum(real * log p), sum(real)"""
    real = keras.ops.cast(real, "float32")
    likelihood = keras.ops.where(real > 0, keras.ops.cast(likelihood, "float32"), 0.0)
    return -keras.ops.sum(real * likelihood), keras.ops.sum(real)


@keras.saving.register_keras_serializable(package="unroll")
class NegativeLogLikelihood(keras.metrics.Metric):
    """`loss` over all batches together, in which every real step has the same weight.

        nll = -sum over all batches of (real * log p) / sum over all batches of real

    >>> metric = NegativeLogLikelihood()
    >>> metric.update_state([[1.0, 1.0]], [[-3.0, -1.0]])
    >>> metric.update_state([[1.0, 0.0]], [[-5.0, -99.0]])
    >>> float(metric.result())
    3.0
    """

    def __init__(self, name="nll", **options):
        super().__init__(name=name, **options)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.steps = self.add_weight(name="steps", initializer="zeros")

    def update_state(self, real, likelihood, sample_weight=None):
        """sample_weight: of each row (batch,), or of each step (batch, steps)."""
        real = keras.ops.cast(real, "float32")
        if sample_weight is not None:
            weight = keras.ops.cast(sample_weight, "float32")
            real = real * (keras.ops.expand_dims(weight, -1) if len(weight.shape) == 1 else weight)
        total, steps = _sums(real, likelihood)
        self.total.assign_add(total)
        self.steps.assign_add(steps)

    def result(self):
        return self.total / keras.ops.maximum(self.steps, 1.0)
