"""How a token is drawn out of logits (batch, vocabulary): temperature, the k likeliest, the likeliest of probability p.

chosen(logits, noise, temperature=0.8, top_k=40)      # (batch, vocabulary), of which the highest is drawn
"""

import numbers

import keras
import numpy as np

from layers import checks
from layers.decoding.stepping import IMPOSSIBLE
from layers.masking import concrete

_COLDEST = 1e-30  # the temperature of `top_p` in place of 0


def chosen(logits, noise, temperature=1.0, top_k=None, top_p=None):
    """float32 logits plus `temperature` times Gumbel's noise, -inf for what is cut: the highest is drawn."""
    temperature = not_below_zero(temperature)
    if top_k is not None:
        count = min(top_k, logits.shape[-1])
        least = keras.ops.top_k(logits, count)[0][:, -1:]  # (batch, 1)
        logits = keras.ops.where(first(logits, least, count), logits, IMPOSSIBLE)
    if top_p is not None and top_p < 1 < logits.shape[-1]:
        falling = keras.ops.top_k(logits, logits.shape[-1])[0]  # (batch, vocabulary), likeliest first
        shares = keras.ops.softmax((falling - falling[:, :1]) / keras.ops.maximum(temperature, _COLDEST))
        inside = keras.ops.cumsum(shares, axis=-1) - shares < top_p
        least = keras.ops.min(keras.ops.where(inside, falling, float("inf")), axis=-1, keepdims=True)
        count = keras.ops.sum(keras.ops.cast(inside, "int32"), axis=-1, keepdims=True)
        logits = keras.ops.where(first(logits, least, count), logits, IMPOSSIBLE)
    return logits + temperature * noise


def not_below_zero(temperature):
    """The temperature in float32; 0 where it is negative or NaN."""
    temperature = keras.ops.cast(temperature, "float32")
    return keras.ops.where(temperature > 0, temperature, 0.0)


def first(logits, least, count):
    """Whether each is one of the `count` highest of its row, of which `least` (batch, 1) is the lowest.

    The lowest ids win ties, so that there are never more than `count`, a number or (batch, 1).
    """
    above, equal = logits > least, keras.ops.cast(logits == least, "int32")
    room = count - keras.ops.sum(keras.ops.cast(above, "int32"), axis=-1, keepdims=True)
    return above | ((equal > 0) & (keras.ops.cumsum(equal, axis=-1) <= room))


def checked_temperature(temperature):
    """A number or a scalar tensor of at least 0; a tensor whose value is known only in the graph passes.

    Raises:
        ValueError: below 0, infinite, or no number.
    """
    known = concrete(temperature)
    if known is not None and (known.ndim or known.dtype.kind not in "iuf" or not 0 <= known < np.inf):
        raise ValueError(f"temperature: expected a number of at least 0, received {temperature!r}; 0 is greedy")
    if known is None:
        checks.rank("temperature", temperature.shape, ())
    return temperature


def check_cuts(top_k, top_p):
    if top_k is not None:
        checks.positive("top_k", top_k)
    if top_p is not None and not (isinstance(top_p, numbers.Real) and 0 < top_p <= 1):
        raise ValueError(f"top_p: expected a number above 0 and at most 1, received {top_p!r}")
