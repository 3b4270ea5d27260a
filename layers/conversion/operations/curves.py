"""Functions of single numbers: inverse and hyperbolic functions, and those of the normal distribution.

What has no closed form is a polynomial through its values, computed in double precision where the graph is made.
"""

import math
import statistics

import numpy as np
import tensorflow as tf

LN_2 = math.log(2)
LARGE = 1e8  # from where on 1 is nothing beside the square


def polynomial(function, low, high, degree):
    """The polynomial through `function` at Chebyshev's points, to be called with a tensor between `low` and `high`."""
    chebyshev = np.polynomial.Chebyshev.interpolate(np.vectorize(function), degree, [low, high])
    coefficients = np.polynomial.chebyshev.cheb2poly(chebyshev.coef)  # of t, between -1 and 1
    middle, width = (low + high) / 2, (high - low) / 2

    def value(x):
        t, result = (x - middle) / width, tf.fill(tf.shape(x), tf.cast(coefficients[-1], x.dtype))
        for coefficient in coefficients[-2::-1]:
            result = result * t + tf.cast(coefficient, x.dtype)
        return result

    return value


def arctangent(x):
    return tf.atan2(x, tf.ones_like(x))


def arcsine(x):
    return tf.atan2(x, tf.sqrt((1 - x) * (1 + x)))


def arccosine(x):
    return tf.atan2(tf.sqrt((1 - x) * (1 + x)), x)


def tangent(x):
    return tf.sin(x) / tf.cos(x)


def hyperbolic_cosine(x):
    half = tf.exp(tf.abs(x) / 2)  # not squared at once: cosh(89) is a number, exp(89) is none
    return 0.5 * half * half + 0.5 / half / half


def hyperbolic_sine(x):
    return tf.tanh(x) * hyperbolic_cosine(x)  # e^x - e^-x is 0 for small x


def log1p(x):
    """log(1 + x), as exact for small x: what 1 + x loses, the quotient gives back."""
    sum_ = 1 + x
    rest = tf.where(sum_ == 1, tf.ones_like(x), sum_ - 1)
    return tf.where(tf.logical_or(sum_ == 1, x == np.inf), x, tf.math.log(sum_) * (x / rest))


def area_sine(x):
    size = tf.abs(x)
    small = tf.minimum(size, LARGE)
    near = log1p(small + small * small / (1 + tf.sqrt(small * small + 1)))
    return tf.sign(x) * tf.where(size < LARGE, near, tf.math.log(size) + LN_2)


def area_cosine(x):
    above = tf.minimum(x, LARGE) - 1
    near = log1p(above + tf.sqrt(above * (above + 2)))
    return tf.where(x > LARGE, tf.math.log(x) + LN_2, near)


def area_tangent(x):
    return 0.5 * (log1p(x) - log1p(-x))


def _complement(size):
    """erfc of numbers from 0 on: exp(-x^2) by a polynomial in 1 / (1 + x / 2)."""

    def scaled(t):
        x = 2 / t - 2
        return math.exp(x * x) * math.erfc(x)

    t = 1 / (1 + size / 2)
    whole = tf.floor(size * 16) / 16  # x^2 = w^2 + (x - w) (x + w), of which exp keeps more digits
    power = tf.exp(-whole * whole) * tf.exp(-(size - whole) * (size + whole))
    return power * polynomial(scaled, 1 / 6.5, 1, 14)(t)


def _error_near_0(x):
    """erf between -1 and 1: x by a polynomial in x^2."""

    def quotient(square):
        x = math.sqrt(square)
        return math.erf(x) / x if x > 1e-8 else 2 / math.sqrt(math.pi)

    return x * polynomial(quotient, 0, 1, 8)(x * x)


def error_function(x):
    size = tf.minimum(tf.abs(x), 10.0)
    far = tf.sign(x) * (1 - _complement(size))
    return tf.where(size < 1, _error_near_0(tf.clip_by_value(x, -1, 1)), tf.where(x == x, far, x))


def complementary_error_function(x):
    near = 1 - _error_near_0(tf.clip_by_value(x, -0.5, 0.5))
    beyond = _complement(tf.minimum(tf.abs(x), 10.0))
    far = tf.where(x < 0, 2 - beyond, beyond)
    return tf.where(tf.abs(x) < 0.5, near, tf.where(x == x, far, x))


def _inverse_error(x, rest):
    """erfinv of x with rest = 1 - x^2, by polynomials in w = -log(rest): x P(w) near 0, x Q(sqrt w) near 1."""
    normal = statistics.NormalDist()

    def quotient(w):
        x = math.sqrt(-math.expm1(-w))
        if x < 1e-6:
            return math.sqrt(math.pi) / 2
        return -normal.inv_cdf(math.exp(-w) / (1 + x) / 2) / math.sqrt(2) / x  # 1 - x = (1 - x^2) / (1 + x)

    w = -tf.math.log(tf.maximum(rest, 1e-38))
    w = tf.where(w < 0.1, -log1p(-x * x), w)
    near = polynomial(quotient, 0, 5, 12)(tf.clip_by_value(w, 0, 5))
    far = polynomial(lambda root: quotient(root * root), 2.2, 9.4, 18)(tf.clip_by_value(tf.sqrt(w), 2.2, 9.4))
    value = x * tf.where(w < 5, near, far)
    nowhere = tf.fill(tf.shape(x), tf.cast(np.nan, x.dtype))
    return tf.where(rest > 0, value, tf.where(rest == 0, tf.sign(x) * np.inf, nowhere))


def inverse_error_function(x):
    return _inverse_error(x, (1 - x) * (1 + x))


def normal_quantile(x):
    return math.sqrt(2) * _inverse_error(2 * x - 1, 4 * x * (1 - x))


def _in_single(function):
    """`function` in float32, whatever the type of its number: LiteRT computes in no other."""

    def replacement(operation):
        (x,) = operation.inputs
        return tf.cast(function(tf.cast(x, tf.float32)), x.dtype)

    return replacement


REPLACEMENTS = {
    "Acos": _in_single(arccosine),
    "Acosh": _in_single(area_cosine),
    "Asin": _in_single(arcsine),
    "Asinh": _in_single(area_sine),
    "Atan": _in_single(arctangent),
    "Atanh": _in_single(area_tangent),
    "Cosh": _in_single(hyperbolic_cosine),
    "Erf": _in_single(error_function),
    "Erfc": _in_single(complementary_error_function),
    "Erfinv": _in_single(inverse_error_function),
    "Ndtri": _in_single(normal_quantile),
    "Sinh": _in_single(hyperbolic_sine),
    "Tan": _in_single(tangent),
}
