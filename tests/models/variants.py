"""Models that are made in other ways: number types, batch sizes, classes of one's own."""

import warnings

import keras
import numpy as np
from keras import ops
from zoo import asked, numbers

K = keras.layers


@asked(numbers(8, 2), steps=(8, 8))
def unrolled_relu_lstm():
    """LSTM with unroll=True, relu, hard_sigmoid and recurrent dropout"""
    recurrent = K.LSTM(5, "relu", "hard_sigmoid", unroll=True, recurrent_dropout=0.2, unit_forget_bias=False)
    return keras.Sequential([keras.Input([8, 2]), recurrent, K.Dense(1)])


@asked(numbers(10, 3), rows=(2, 2), steps=(10, 10))
def batch_of_two():
    """A batch size that the model fixes"""
    return keras.Sequential([keras.Input(batch_shape=[2, 10, 3]), K.LSTM(4), K.Dense(1)])


@asked(numbers(6, 3), rows=(2, 2), steps=(6, 6))
def batch_in_a_reshape():
    """A batch size that the model fixes and reshapes by"""
    series = keras.Input(batch_shape=[2, 6, 3])
    return keras.Model(series, K.Dense(1)(ops.reshape(K.LSTM(4, return_sequences=True)(series), [2, 24])))


@asked(numbers(None, 3, kind="float64"))
def double_precision():
    """Inputs and layers in float64"""
    series = keras.Input([None, 3], dtype="float64")
    return keras.Model(series, K.Dense(2, dtype="float64")(K.LSTM(4, dtype="float64")(series)))


@asked(numbers(None, 3), tolerance=3e-3)
def half_precision():
    """mixed_float16 with a Lambda and a float32 head"""
    series = keras.Input([None, 3])
    x = K.LSTM(5, dtype="mixed_float16")(series)
    x = K.Lambda(lambda tensor: tensor * 2, dtype="mixed_float16")(K.Dense(4, dtype="mixed_float16")(x))
    return keras.Model(series, K.Dense(1, dtype="float32")(x))


@asked(numbers(None, 3), tolerance=0.05)
def quantized_by_keras():
    """model.quantize("int8"): Dense layers around an LSTM"""
    model = keras.Sequential([keras.Input([None, 3]), K.Dense(8), K.LSTM(5), K.Dense(2)])
    with warnings.catch_warnings(action="ignore"):  # of layers that Keras leaves as they are
        model.quantize("int8")
    return model


class Forecaster(keras.Model):
    """A model of a class of one's own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.recurrent, self.readout = K.GRU(4), K.Dense(1)

    def call(self, x):
        return self.readout(self.recurrent(x))


@asked(numbers(None, 3))
def subclassed():
    """A model of a class of one's own, called once"""
    model = Forecaster()
    model(np.zeros([1, 5, 3], "float32"))
    return model


@asked(numbers(None, 3))
def subclassed_wrapped():
    """A model of a class of one's own, called on a keras.Input"""
    series = keras.Input([None, 3])
    return keras.Model(series, Forecaster()(series))
