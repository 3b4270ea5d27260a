"""Models of pictures and their series: video, gestures, text in pictures."""

import keras
from keras import ops
from zoo import asked, numbers, presence

K = keras.layers


@asked([numbers(8, 10), presence(8)], steps=(8, 8))
def videos_of_features():
    """Videos: features of frames, a boolean mask as an input, two GRUs"""
    frames, there = keras.Input([8, 10], name="frames"), keras.Input([8], dtype="bool", name="there")
    x = K.GRU(4)(K.GRU(5, return_sequences=True)(frames, mask=there), mask=there)
    return keras.Model([frames, there], K.Dense(5, activation="softmax")(K.Dropout(0.4)(x)))


@asked(numbers(None, 12, 12, 1), streams=True)
def videos_cnn_lstm():
    """Videos of open length: a CNN inside TimeDistributed, LSTM"""
    return keras.Sequential([
        keras.Input([None, 12, 12, 1]),
        K.TimeDistributed(K.Conv2D(4, 3, activation="relu")),
        K.TimeDistributed(K.BatchNormalization()),
        K.TimeDistributed(K.MaxPooling2D(2)),
        K.TimeDistributed(K.GlobalAveragePooling2D()),
        K.LSTM(4),
        K.Dense(3, activation="softmax"),
    ])  # fmt: skip


@asked(numbers(None, 12, 12, 1))
def videos_pretrained_cnn():
    """Videos: a whole CNN as a model inside TimeDistributed, masked frames, GRU"""
    picture = keras.Input([12, 12, 1])
    x = K.DepthwiseConv2D(3, activation="relu6")(K.Conv2D(4, 3, strides=2, padding="same")(picture))
    cnn = keras.Model(picture, K.GlobalMaxPooling2D()(x), name="cnn")
    video = keras.Input([None, 12, 12, 1], name="video")
    x = K.TimeDistributed(cnn)(K.TimeDistributed(K.Rescaling(1 / 255))(video))
    return keras.Model(video, K.Dense(3)(K.Bidirectional(K.GRU(3))(K.Masking()(x))))


@asked(numbers(None, 8, 8, 1))
def next_frames():
    """Next frames: ConvLSTM2D with BatchNormalization, Conv3D"""
    x = video = keras.Input([None, 8, 8, 1])
    for kernel in (5, 3):
        x = K.ConvLSTM2D(3, kernel, padding="same", return_sequences=True, activation="relu")(x)
        x = K.BatchNormalization()(x)
    return keras.Model(video, K.Conv3D(1, 3, padding="same", activation="sigmoid")(x))


@asked(numbers(5, 8, 8, 2), steps=(5, 5))
def rain_radar():
    """Rain: ConvLSTM2D without sequences, strided, Conv2DTranspose"""
    return keras.Sequential([
        keras.Input([5, 8, 8, 2]),
        K.ConvLSTM2D(3, 3, strides=2, padding="same", recurrent_dropout=0.1),
        K.Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu"),
    ])  # fmt: skip


@asked(numbers(None, 10, 3))
def stations_conv_lstm():
    """Stations in a row: ConvLSTM1D in both directions"""
    recurrent = K.Bidirectional(K.ConvLSTM1D(3, 3, padding="same", return_sequences=False))
    return keras.Sequential([keras.Input([None, 10, 3]), recurrent, K.Flatten(), K.Dense(2)])


@asked(numbers(15, 21), steps=(15, 15))
def signs_of_landmarks():
    """Sign language: fifteen frames of landmarks, three LSTMs with relu"""
    return keras.Sequential([
        keras.Input([15, 21]),
        K.LSTM(4, return_sequences=True, activation="relu"),
        K.LSTM(6, return_sequences=True, activation="relu"),
        K.LSTM(4, activation="relu"),
        K.Dense(4, activation="relu"),
        K.Dense(3, activation="softmax"),
    ])  # fmt: skip


@asked(numbers(24, 12, 1), steps=(24, 24))
def captcha_ocr():
    """Captchas of fixed width: Conv2D, Reshape, bidirectional LSTMs, scores for CTC"""
    picture = x = keras.Input([24, 12, 1], name="image")
    for filters in (4, 6):
        x = K.MaxPooling2D(2)(K.Conv2D(filters, 3, activation="relu", padding="same")(x))
    x = K.Dense(5, activation="relu")(K.Reshape([6, 18])(x))
    x = K.Bidirectional(K.LSTM(4, return_sequences=True, dropout=0.25))(x)
    return keras.Model(picture, K.Dense(8, activation="softmax")(x))


def captcha_decoded(strategy):
    """`captcha_ocr` with what `ops.ctc_decode` reads from its scores."""
    model = captcha_ocr()
    decode = K.Lambda(
        lambda scores: ops.ctc_decode(scores, ops.full([ops.shape(scores)[0]], 6), strategy, mask_index=7)[0][0],
        output_shape=(6,),
    )
    return keras.Model(model.input, decode(model.output))


@asked(numbers(24, 12, 1), steps=(24, 24))
def captcha_greedy():
    """The same, read by ops.ctc_decode in a Lambda"""
    return captcha_decoded("greedy")


@asked(numbers(24, 12, 1), steps=(24, 24), refused="it has no search over beams")
def captcha_beam_search():
    """The same, read by a beam search of ops.ctc_decode"""
    return captcha_decoded("beam_search")


@asked(numbers(8, None, 1), steps=(20, 33))
def handwriting_any_width():
    """Handwriting of any width: Conv2D, Permute, Reshape to open time, LSTM, argmax"""
    picture = keras.Input([8, None, 1], name="picture")
    x = K.MaxPooling2D(2)(K.Conv2D(4, 3, padding="same", activation="relu")(picture))
    x = K.Reshape([-1, 16])(K.Permute((2, 1, 3))(x))
    x = K.Dense(6)(K.Bidirectional(K.LSTM(4, return_sequences=True))(x))
    return keras.Model(picture, [x, K.Lambda(lambda tensor: ops.argmax(tensor, axis=-1))(x)])


@asked(numbers(None, 8, 8, 1))
def lips():
    """Lips: Conv3D and MaxPooling3D, Flatten inside TimeDistributed, bidirectional GRU"""
    x = video = keras.Input([None, 8, 8, 1])
    x = K.MaxPooling3D((1, 2, 2))(K.Conv3D(3, 3, padding="same", activation="relu")(x))
    x = K.Bidirectional(K.GRU(4, return_sequences=True))(K.TimeDistributed(K.Flatten())(x))
    return keras.Model(video, K.Dense(5, activation="softmax")(x))


@asked(numbers(9, 7, 1), steps=(9, 9))
def digits_rows_then_columns():
    """Digits: an LSTM over the pixels of a row inside TimeDistributed, an LSTM over the rows"""
    picture = keras.Input([9, 7, 1])
    return keras.Model(picture, K.Dense(10)(K.LSTM(4)(K.TimeDistributed(K.LSTM(3))(picture))))
