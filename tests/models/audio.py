"""Models of sound: keywords, speech, speakers, music."""

import keras
from keras import ops
from zoo import asked, ids, numbers

K = keras.layers


@asked(numbers(None, 16, 1), steps=(20, 31))
def keywords_crnn():
    """Keywords: spectrograms of open length, Conv2D and pooling over frequency, GRU"""
    sound = keras.Input([None, 16, 1], name="spectrogram")
    x = K.BatchNormalization()(K.Conv2D(4, 3, padding="same", activation="relu")(sound))
    x = K.MaxPooling2D((1, 4))(x)
    x = K.Bidirectional(K.GRU(4))(K.Reshape([-1, 16])(x))
    return keras.Model(sound, K.Dense(5, activation="softmax")(x))


@asked(numbers(16, 8), rows=(1, 1), steps=(16, 16), streams=True)
def wake_word():
    """A wake word: a batch of one, sixteen frames, GRU"""
    return keras.Sequential([
        keras.Input(batch_shape=[1, 16, 8]), K.GRU(4, return_sequences=True), K.GRU(4), K.Dense(1, "sigmoid"),
    ])  # fmt: skip


@asked(numbers(None, 16), steps=(40, 63))
def speech_to_letters():
    """Speech as Deep Speech 2 has it: strided Conv2D, bidirectional GRUs, scores of letters"""
    sound = keras.Input([None, 16], name="spectrogram")
    x = K.Reshape([-1, 16, 1])(sound)
    for strides in ((2, 2), (1, 2)):
        x = K.Conv2D(4, (5, 5), strides=strides, padding="same", use_bias=False)(x)
        x = K.ReLU()(K.BatchNormalization()(x))
    x = K.Reshape([-1, 16])(x)
    for _ in range(2):
        x = K.Dropout(0.5)(K.Bidirectional(K.GRU(4, return_sequences=True))(x))
    return keras.Model(sound, K.Dense(10, activation="softmax")(x))


@asked(numbers(None, 8), streams=True)
def speakers():
    """Speakers: three LSTMs, a vector of length one"""
    return keras.Sequential([
        keras.Input([None, 8]), K.LSTM(5, return_sequences=True), K.LSTM(5, return_sequences=True), K.LSTM(5),
        K.Dense(4), K.UnitNormalization(),
    ])  # fmt: skip


@asked(numbers(10, 3), steps=(10, 10))
def notes():
    """Music: three notes' numbers in, pitch, step and duration out"""
    x = inputs = keras.Input([10, 3])
    x = K.LSTM(6)(x)
    outputs = {"pitch": K.Dense(12)(x), "step": K.Dense(1)(x), "duration": K.Dense(1)(x)}
    return keras.Model(inputs, outputs)


@asked(numbers(None, 8))
def phonemes_decoded():
    """Phonemes: argmax at every step and where it changes, for CTC"""
    sound = keras.Input([None, 8], name="features")
    best = ops.argmax(K.Dense(6)(K.Bidirectional(K.LSTM(4, return_sequences=True))(sound)), axis=-1)
    changed = ops.not_equal(best[:, 1:], best[:, :-1])
    return keras.Model(sound, {"best": best, "changed": ops.cast(changed, "int32")})


@asked(numbers(None, 16, 1), steps=(20, 31))
def keywords_attention():
    """Keywords: Conv2D, two LSTMs, attention asked by the last step"""
    sound = keras.Input([None, 16, 1], name="spectrogram")
    x = K.Conv2D(1, (5, 1), activation="relu", padding="same")(K.Conv2D(4, (5, 1), padding="same")(sound))
    x = K.Lambda(lambda tensor: ops.squeeze(tensor, -1))(x)
    x = K.Bidirectional(K.LSTM(3, return_sequences=True))(K.Bidirectional(K.LSTM(3, return_sequences=True))(x))
    query = K.Dense(6)(K.Lambda(lambda tensor: tensor[:, -1])(x))
    weights = K.Softmax(name="weights")(K.Dot(axes=[1, 2])([query, x]))
    return keras.Model(sound, K.Dense(4, activation="softmax")(K.Dot(axes=[1, 1])([weights, x])))


@asked(numbers(None), steps=(800, 1040))
def waveform_spectrogram_inside():
    """A waveform: ops.stft inside the model, magnitudes, GRU"""
    wave = keras.Input([None], name="wave")
    real, imaginary = ops.stft(wave, 64, 32, 64)
    x = ops.log(real * real + imaginary * imaginary + 1e-3)
    return keras.Model(wave, K.Dense(3)(K.GRU(4)(x)))


@asked(numbers(None, 1), steps=(320, 448))
def waveform_strided_convolution():
    """A waveform: strided Conv1D, SeparableConv1D, GroupNormalization, GRU"""
    wave = keras.Input([None, 1], name="wave")
    x = K.Conv1D(4, 32, strides=16, activation="relu")(wave)
    x = K.GroupNormalization(2)(K.SeparableConv1D(4, 3, padding="same")(x))
    return keras.Model(wave, K.Dense(3)(K.GRU(4)(K.LeakyReLU()(x))))


@asked([numbers(None, 8), ids(6)])
def voice_of_speaker():
    """Sound for a speaker: a number a row, its vector repeated by RepeatVector over known time, SimpleRNN"""
    sound, speaker = keras.Input([None, 8], name="sound"), keras.Input([], dtype="int32", name="speaker")
    vector = K.RepeatVector(1)(K.Embedding(6, 8)(speaker))
    return keras.Model([sound, speaker], K.SimpleRNN(5, return_sequences=True)(K.Add()([sound, vector])))


@asked(numbers(320), steps=(320, 320), refused="it has no complex numbers beyond the spectrum of real ones")
def noise_removed():
    """Noise taken out of sound: ops.stft, a mask by an LSTM, ops.istft back to a waveform"""
    wave = keras.Input([320], name="wave")
    real, imaginary = ops.stft(wave, 32, 16, 32)
    loudness = ops.log(real * real + imaginary * imaginary + 1e-3)
    mask = K.Dense(17, activation="sigmoid")(K.LSTM(4, return_sequences=True)(loudness))
    return keras.Model(wave, ops.istft((real * mask, imaginary * mask), 32, 16, 32))
