"""Models of series of numbers: weather, sensors, prices, traffic."""

import keras
import tensorflow as tf
from keras import ops
from own_layers import DecayingGRUCell, GraphConvolution, PeepholeCell, Reversed
from zoo import asked, ids, lengths, numbers, padded

K = keras.layers


@asked(numbers(12, 7), steps=(12, 12))
def weather_lstm():
    """Weather: twelve hours of seven numbers, LSTM, the next temperature"""
    return keras.Sequential([keras.Input([12, 7]), K.LSTM(6), K.Dense(1)])


@asked(numbers(15, 1), steps=(15, 15))
def prices_stacked_lstm():
    """Prices: three LSTMs with Dropout between them"""
    return keras.Sequential([
        keras.Input([15, 1]),
        K.LSTM(5, return_sequences=True), K.Dropout(0.2),
        K.LSTM(5, return_sequences=True), K.Dropout(0.2),
        K.LSTM(5), K.Dropout(0.2),
        K.Dense(1),
    ])  # fmt: skip


@asked(numbers(None, 3), streams=True)
def wavenet_then_gru():
    """Dilated causal Conv1D with gates and a residual, then GRU"""
    series = keras.Input([None, 3])
    x = K.Conv1D(4, 1)(series)
    for dilation in (1, 2, 4):
        gate, value = (K.Conv1D(4, 2, padding="causal", dilation_rate=dilation, activation=name)(x)
                       for name in ("sigmoid", "tanh"))  # fmt: skip
        x = K.Add()([x, K.Multiply()([gate, value])])
    return keras.Model(series, K.Dense(2)(K.GRU(4, return_sequences=True)(x)))


ROADS = [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]


@asked(numbers(6, 4, 2), steps=(6, 6))
def traffic_graph_lstm():
    """Traffic: a graph convolution of one's own with einsum, then an LSTM for each road"""
    speeds = keras.Input([6, 4, 2])
    x = ops.transpose(GraphConvolution(ROADS, 5)(speeds), [0, 2, 1, 3])
    x = K.LSTM(6)(ops.reshape(x, [-1, 6, 5]))
    return keras.Model(speeds, ops.reshape(K.Dense(3)(x), [-1, 4, 3]))


@asked([numbers(None, 2), ids(9)], streams=True)
def demand_deep_ar():
    """Demand as DeepAR has it: the id of the series at every step, mean and softplus scale out"""
    series, shop = keras.Input([None, 2], name="series"), keras.Input([], dtype="int32", name="shop")
    of_shop = ops.expand_dims(K.Embedding(9, 3)(shop), 1) + ops.zeros_like(series[:, :, :1])
    x = K.LSTM(5, return_sequences=True)(K.concatenate([series, of_shop]))
    return keras.Model([series, shop], {"mean": K.Dense(1)(x), "scale": K.Dense(1, activation="softplus")(x)})


@asked(padded(None, 3, value=-1.0), streams=True)
def sensors_masked():
    """Sensors of different lengths: Masking(-1), LSTM"""
    return keras.Sequential([
        keras.Input([None, 3]), K.Masking(-1.0), K.LSTM(5, return_sequences=True), K.LSTM(4), K.Dense(2, "softmax"),
    ])  # fmt: skip


@asked(numbers(None, 9), streams=True)
def patients_gru_d():
    """Patients with missing values: a GRU-D cell of one's own"""
    return keras.Sequential([keras.Input([None, 9]), K.RNN(DecayingGRUCell(5, 3)), K.Dense(1, activation="sigmoid")])


@asked(numbers(None, 8, 9))
def activities_cnn_lstm():
    """Activities on a phone: Conv1D, pooling and Flatten inside TimeDistributed, then LSTM"""
    return keras.Sequential([
        keras.Input([None, 8, 9]),
        K.TimeDistributed(K.Conv1D(6, 3, activation="relu")),
        K.TimeDistributed(K.Dropout(0.5)),
        K.TimeDistributed(K.MaxPooling1D(2)),
        K.TimeDistributed(K.Flatten()),
        K.LSTM(5),
        K.Dense(6, activation="softmax"),
    ])  # fmt: skip


@asked([numbers(None, 3), numbers(4)])
def sensors_beside_facts():
    """A series beside numbers that stay: joined at the end"""
    series, facts = keras.Input([None, 3], name="series"), keras.Input([4], name="facts")
    x = K.concatenate([K.GRU(5)(series), K.Dense(3, activation="relu")(facts)])
    return keras.Model([series, facts], K.Dense(1)(x))


@asked({"future": numbers(4, 2), "past": numbers(None, 3)})
def loads_known_future():
    """Loads: the encoder's states start a decoder of what is known ahead"""
    inputs = {"past": keras.Input([None, 3], name="past"), "future": keras.Input([4, 2], name="future")}
    _, *states = K.LSTM(5, return_state=True)(inputs["past"])
    x = K.LSTM(5, return_sequences=True)(inputs["future"], initial_state=states)
    return keras.Model(inputs, {"load": K.TimeDistributed(K.Dense(1))(x)})


@asked(numbers(None, 1), steps=(400, 523))
def heartbeats_deep_convolution():
    """Heartbeats: Conv1D of kernel 16, strides, four poolings, LSTM; needs long series"""
    series = x = keras.Input([None, 1])
    for filters in (4, 4, 8, 8):
        x = K.BatchNormalization()(K.Conv1D(filters, 16, padding="same", activation="relu")(x))
        x = K.MaxPooling1D(2)(x)
    x = K.Conv1D(8, 16, strides=2)(x)
    return keras.Model(series, K.Dense(5, activation="softmax")(K.Bidirectional(K.LSTM(3))(x)))


@asked(numbers(None, 3))
def peephole_cell():
    """A peephole LSTM cell of one's own in RNN, in both directions"""
    return keras.Sequential([
        keras.Input([None, 3]), K.Bidirectional(K.RNN(PeepholeCell(4), return_sequences=True)), K.Dense(2),
    ])  # fmt: skip


@asked(numbers(None, 3), streams=True)
def stacked_cells_with_dropout():
    """An RNN of stacked cells with dropout and recurrent dropout"""
    cells = [K.LSTMCell(4, dropout=0.3), K.GRUCell(5, recurrent_dropout=0.2), K.SimpleRNNCell(3)]
    return keras.Sequential([keras.Input([None, 3]), K.RNN(cells, return_sequences=True), K.Dense(2)])


@asked({"b": numbers(None, 2), "a": numbers(None, 3)})
def two_series_two_answers():
    """Two series in a dictionary, two answers in a list"""
    inputs = {"a": keras.Input([None, 3], name="a"), "b": keras.Input([None, 2], name="b")}
    a, b = K.GRU(4)(inputs["a"]), K.LSTM(3)(inputs["b"])
    both = K.concatenate([a, b])
    return keras.Model(inputs, [K.Dense(1, name="price")(both), K.Dense(2, activation="softmax", name="trend")(both)])


@asked(numbers(None, 4))
def normalized_and_rescaled():
    """Normalization with learned statistics, GaussianNoise, GRU, Rescaling back"""
    return keras.Sequential([
        keras.Input([None, 4]),
        K.Normalization(mean=[1.0, 2.0, 0.0, -1.0], variance=[1.0, 4.0, 2.0, 0.5]),
        K.GaussianNoise(0.1),
        K.GRU(5, reset_after=False),
        K.Dense(1),
        K.Rescaling(3.0, offset=2.0),
    ])  # fmt: skip


@asked(numbers(None, 4), streams=True)
def residual_layer_norm_grus():
    """GRUs with residuals and LayerNormalization"""
    series = keras.Input([None, 4])
    x = K.Dense(5)(series)
    for _ in range(2):
        x = K.LayerNormalization()(x + K.GRU(5, return_sequences=True)(x))
    return keras.Model(series, K.Dense(1)(x[:, -1]))


@asked(numbers(None, 3))
def forwards_and_backwards_by_hand():
    """Reversed series by ops.flip, go_backwards, slices of time"""
    series = keras.Input([None, 3])
    back = K.SimpleRNN(4, return_sequences=True, go_backwards=True)(series)
    x = K.concatenate([K.GRU(4, return_sequences=True)(series), Reversed()(back), series * 0.5])
    return keras.Model(series, K.Dense(2)(K.concatenate([x[:, 0, :], x[:, -1, :], ops.mean(x, axis=1)])))


@asked([numbers(None, 3), lengths()])
def mean_within_lengths():
    """A mean over the steps there are: tf.sequence_mask in a Lambda"""
    series, size = keras.Input([None, 3], name="series"), keras.Input([], dtype="int32", name="lengths")
    x = K.GRU(4, return_sequences=True)(series)
    mask = K.Lambda(lambda pair: tf.sequence_mask(pair[1], tf.shape(pair[0])[1])[..., None], output_shape=(None, 1))
    there = K.Lambda(lambda tensor: tf.cast(tensor, "float32"))(mask([series, size]))
    mean = K.Lambda(lambda pair: tf.reduce_sum(pair[0] * pair[1], 1) / tf.maximum(tf.reduce_sum(pair[1], 1), 1))
    return keras.Model([series, size], K.Dense(1)(mean([x, there])))


@asked(numbers(24, 3), steps=(24, 24))
def lstnet():
    """LSTNet: Conv1D, GRU, a GRU over every sixth step by reshapes, an autoregressive part"""
    series = keras.Input([24, 3])
    x = K.Conv1D(5, 3, padding="same", activation="relu")(series)
    skipped = K.Permute((2, 1, 3))(K.Reshape([4, 6, 5])(x))
    skipped = K.GRU(3)(ops.reshape(skipped, [-1, 4, 5]))
    both = K.concatenate([K.GRU(4)(x), ops.reshape(skipped, [-1, 18])])
    linear = K.Flatten()(K.Dense(1)(K.Permute((2, 1))(series[:, -8:, :])))
    return keras.Model(series, K.Dense(3)(both) + linear)


@asked(numbers(None, 3))
def quantiles_in_order():
    """Quantiles that cannot cross: cumsum of softplus"""
    series = keras.Input([None, 3])
    x = K.Dense(5)(K.LSTM(4)(series))
    return keras.Model(series, ops.cumsum(ops.concatenate([x[:, :1], ops.softplus(x[:, 1:])], axis=-1), axis=-1))


@asked(numbers(None, 6), streams=True)
def gated_variables():
    """Variables chosen by gates, as of a temporal fusion transformer: softmax weights, GLU, LSTM"""
    series = keras.Input([None, 6])
    weights = K.Softmax()(K.Dense(6)(K.Dense(6, activation="elu")(series)))
    x = K.LSTM(4, return_sequences=True)(weights * series)
    x = K.LayerNormalization()(K.Dense(4)(series) + K.Dense(4)(x) * K.Dense(4, activation="sigmoid")(x))
    return keras.Model(series, K.Dense(3)(x), name="chosen")


@asked(numbers(None, 3), steps=(8, 12))
def series_shrunk_and_stretched():
    """Cropping, padding, AveragePooling1D, LSTM, UpSampling1D: as many steps out as in"""
    series = keras.Input([None, 3])
    x = K.AveragePooling1D(2)(K.ZeroPadding1D(1)(K.Cropping1D(1)(series)))
    x = K.UpSampling1D(2)(K.LSTM(4, return_sequences=True)(x))
    return keras.Model(series, K.Conv1D(2, 3, padding="same")(K.PReLU(shared_axes=[1])(x)))


@asked(numbers(None, 3))
def mixture_density():
    """A mixture of normals at every step: weights, means, scales side by side"""
    series = keras.Input([None, 3])
    x = K.GRU(5, return_sequences=True)(series)
    parts = K.Softmax()(K.Dense(3)(x)), K.Dense(3)(x), ops.exp(ops.clip(K.Dense(3)(x), -5, 5))
    return keras.Model(series, K.Concatenate()(parts))
