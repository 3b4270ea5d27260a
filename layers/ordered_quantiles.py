"""Quantiles that never cross, out of the plain numbers of a network.

quantiles = layers.OrderedQuantiles([0.1, 0.5, 0.9])(keras.layers.Dense(3)(states))      # (batch, 3), ascending
"""

import statistics
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from layers import checks
from layers.annotations import Tensor

FAMILIES = ("quantiles", "gaussian", "student_t", "point")


@keras.saving.register_keras_serializable(package="unroll")
class OrderedQuantiles(keras.layers.Layer):
    """The quantiles of a distribution by its parameters, the first of which is the median m.

        quantiles   q_j = m - sum of softplus(a_i) for i from j to the median, and m + sum ... above it: a free form
        gaussian    q_j = m + softplus(a) z_j          z: the quantiles of the standard normal distribution
        student_t   the same with those of Student's t with `freedom` degrees of freedom: heavier tails
        point       q_j = m

    levels: ascending probabilities, 0.5 among them.
    `layer.parameters` says how many numbers a distribution takes.
    call(parameters): (..., parameters) -> (..., levels).

    >>> layer = OrderedQuantiles([0.1, 0.5, 0.9])
    >>> layer(keras.ops.convert_to_tensor([[4.0, -100.0, -100.0]])).numpy().tolist()
    [[4.0, 4.0, 4.0]]
    >>> OrderedQuantiles([0.5, 0.9], "gaussian").standard.astype(float).round(2).tolist()
    [0.0, 1.28]
    """

    def __init__(self, levels: Sequence[float], family: str = "quantiles", freedom: float = 5.0, **layer_options: Any):
        super().__init__(**layer_options)
        self.levels = [float(level) for level in levels]
        if (
            0.5 not in self.levels
            or self.levels != sorted(set(self.levels))
            or not 0 < self.levels[0] <= self.levels[-1] < 1
        ):
            raise ValueError(f"levels: expected ascending probabilities, 0.5 among them, received {list(levels)}")
        self.family = checks.one_of("family", family, FAMILIES)
        self.freedom = float(freedom)
        self.median = self.levels.index(0.5)

    @property
    def parameters(self) -> int:
        """How many numbers say a distribution."""
        return {"quantiles": len(self.levels), "point": 1}.get(self.family, 2)

    @property
    def standard(self) -> np.ndarray:
        """The quantiles of the standard distribution of a family that has one, (levels,)."""
        if self.family == "gaussian":
            return np.array([statistics.NormalDist().inv_cdf(level) for level in self.levels], "float32")
        return np.array([student_t_quantile(level, self.freedom) for level in self.levels], "float32")

    def build(self, parameters_shape):
        checks.same_size("parameters", "the last axis", self.parameters, parameters_shape[-1])

    def call(self, parameters: Tensor) -> Tensor:
        middle = parameters[..., :1]
        if self.family == "point":
            return keras.ops.repeat(middle, len(self.levels), axis=-1)
        widths = _softplus(parameters[..., 1:])
        if self.family != "quantiles":
            return middle + widths * keras.ops.cast(self.standard, widths.dtype)
        below, above = [middle], [middle]
        for index in range(self.median):
            below.append(below[-1] - widths[..., index : index + 1])
        for index in range(self.median, len(self.levels) - 1):
            above.append(above[-1] + widths[..., index : index + 1])
        return keras.ops.concatenate([*below[::-1], *above[1:]], axis=-1)

    def compute_output_shape(self, parameters_shape):
        return (*parameters_shape[:-1], len(self.levels))

    def get_config(self):
        return {**super().get_config(), "levels": self.levels, "family": self.family, "freedom": self.freedom}


def _softplus(a):
    """log(1 + e^a) by operations that LiteRT has, where e^a may not overflow either."""
    return keras.ops.relu(a) + keras.ops.log(1 + keras.ops.exp(-keras.ops.abs(a)))


def student_t_quantile(level: float, freedom: float) -> float:
    """The quantile of Student's t distribution, by bisection of its integrated density (Simpson's rule).

    >>> round(student_t_quantile(0.9, 5.0), 4)
    1.4759
    """
    if level < 0.5:
        return -student_t_quantile(1 - level, freedom)
    low, high = 0.0, 1e4
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_t_mass(middle, freedom) < level - 0.5 else (low, middle)
    return (low + high) / 2


def _student_t_mass(x, freedom):
    """The probability between 0 and x: with x = tan(a) sqrt(freedom) its density is a power of cos(a)."""
    angles = np.linspace(0, np.arctan(x / np.sqrt(freedom)), 2001)
    whole = np.linspace(0, np.pi / 2, 2001)
    weights = np.ones(2001)
    weights[1:-1:2], weights[2:-1:2] = 4, 2

    def area(a):
        return (weights * np.cos(a) ** (freedom - 1)).sum() * (a[1] - a[0])

    return 0.5 * area(angles) / area(whole)
