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


def arctangent(operation):
    (x,) = operation.inputs
    return tf.atan2(x, tf.ones_like(x))


def arcsine(operation):
    (x,) = operation.inputs
    return tf.atan2(x, tf.sqrt((1 - x) * (1 + x)))


def arccosine(operation):
    (x,) = operation.inputs
    return tf.atan2(tf.sqrt((1 - x) * (1 + x)), x)


def tangent(operation):
    (x,) = operation.inputs
    return tf.sin(x) / tf.cos(x)


def _cosh(x):
    half = tf.exp(tf.abs(x) / 2)  # not squared at once: cosh(89) is a number, exp(89) is none
    return 0.5 * half * half + 0.5 / half / half


def hyperbolic_cosine(operation):
    return _cosh(operation.inputs[0])


def hyperbolic_sine(operation):
    (x,) = operation.inputs
    return tf.tanh(x) * _cosh(x)  # e^x - e^-x is 0 for small x


def log1p(x):
    """log(1 + x), as exact for small x: what 1 + x loses, the quotient gives back."""
    sum_ = 1 + x
    rest = tf.where(sum_ == 1, tf.ones_like(x), sum_ - 1)
    return tf.where(tf.logical_or(sum_ == 1, tf.math.is_inf(x)), x, tf.math.log(sum_) * (x / rest))


def area_sine(operation):
    (x,) = operation.inputs
    size = tf.abs(x)
    small = tf.minimum(size, LARGE)
    near = log1p(small + small * small / (1 + tf.sqrt(small * small + 1)))
    return tf.sign(x) * tf.where(size < LARGE, near, tf.math.log(size) + LN_2)


def area_cosine(operation):
    (x,) = operation.inputs
    above = tf.minimum(x, LARGE) - 1
    near = log1p(above + tf.sqrt(above * (above + 2)))
    return tf.where(x > LARGE, tf.math.log(x) + LN_2, near)


def area_tangent(operation):
    (x,) = operation.inputs
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


def error(x):
    size = tf.minimum(tf.abs(x), 10.0)
    far = tf.sign(x) * (1 - _complement(size))
    return tf.where(size < 1, _error_near_0(tf.clip_by_value(x, -1, 1)), tf.where(x == x, far, x))


def error_function(operation):
    return error(operation.inputs[0])


def complementary_error_function(operation):
    (x,) = operation.inputs
    near = 1 - _error_near_0(tf.clip_by_value(x, -0.5, 0.5))
    beyond = _complement(tf.minimum(tf.abs(x), 10.0))
    far = tf.where(x < 0, 2 - beyond, beyond)
    return tf.where(tf.abs(x) < 0.5, near, tf.where(x == x, far, x))


def _inverse_error(x):
    """erfinv by polynomials in w = -log(1 - x^2): x P(w) near 0, x Q(sqrt w) where x is nearly 1."""
    normal = statistics.NormalDist()

    def quotient(w):
        rest = math.exp(-w)  # 1 - x^2
        x = math.sqrt(-math.expm1(-w))
        if x < 1e-6:
            return math.sqrt(math.pi) / 2
        return -normal.inv_cdf(rest / (1 + x) / 2) / math.sqrt(2) / x  # 1 - x = (1 - x^2) / (1 + x), of all digits

    square = x * x
    w = -log1p(-tf.minimum(square, 1 - 6e-8))
    near = polynomial(quotient, 0, 5, 12)(tf.minimum(w, 5.0))
    far = polynomial(lambda root: quotient(root * root), 2.2, 4.2, 12)(tf.clip_by_value(tf.sqrt(w), 2.2, 4.2))
    value = x * tf.where(w < 5, near, far)
    infinite = tf.sign(x) * np.inf
    nowhere = tf.fill(tf.shape(x), tf.cast(np.nan, x.dtype))
    return tf.where(square < 1, value, tf.where(square == 1, infinite, nowhere))


def inverse_error_function(operation):
    return _inverse_error(operation.inputs[0])


def normal_quantile(operation):
    (x,) = operation.inputs
    return math.sqrt(2) * _inverse_error(2 * x - 1)


REPLACEMENTS = {
    "Acos": arccosine,
    "Acosh": area_cosine,
    "Asin": arcsine,
    "Asinh": area_sine,
    "Atan": arctangent,
    "Atanh": area_tangent,
    "Cosh": hyperbolic_cosine,
    "Erf": error_function,
    "Erfc": complementary_error_function,
    "Erfinv": inverse_error_function,
    "Ndtri": normal_quantile,
    "Sinh": hyperbolic_sine,
    "Tan": tangent,
}
