"""Models of two sequences, and parts of them: encoders, decoders, autoencoders."""

import keras
from keras import ops
from own_layers import GreedyDecoder, Sampling
from zoo import asked, ids, numbers, presence

K = keras.layers


@asked(numbers(7, 12), steps=(7, 7))
def addition():
    """Sums as text: LSTM, RepeatVector, LSTM, Dense"""
    return keras.Sequential([
        keras.Input([7, 12]), K.LSTM(6), K.RepeatVector(4), K.LSTM(6, return_sequences=True),
        K.Dense(12, activation="softmax"),
    ])  # fmt: skip


@asked([numbers(None, 8), numbers(None, 9)])
def letters_teacher_forcing():
    """Translation of letters: the encoder's states start the decoder; one-hot inputs"""
    source, target = keras.Input([None, 8], name="source"), keras.Input([None, 9], name="target")
    _, *states = K.LSTM(5, return_state=True)(source)
    x, _, _ = K.LSTM(5, return_sequences=True, return_state=True)(target, initial_state=states)
    return keras.Model([source, target], K.Dense(9, activation="softmax")(x))


@asked([ids(30, None), ids(40, None)])
def words_both_directions():
    """Translation of words: a bidirectional encoder, its states side by side, masked Embeddings"""
    source, target = (keras.Input([None], dtype="int32", name=name) for name in ("source", "target"))
    x = K.Embedding(30, 5, mask_zero=True)(source)
    _, forward, backward = K.Bidirectional(K.GRU(3, return_state=True))(x)
    state = K.Concatenate()([forward, backward])
    x = K.GRU(6, return_sequences=True)(K.Embedding(40, 5, mask_zero=True)(target), initial_state=state)
    return keras.Model([source, target], K.Dense(40)(x))


@asked([ids(30, None), ids(40, 5)])
def luong_attention():
    """Attention by Dot and softmax between the decoder and the encoder"""
    source, target = keras.Input([None], dtype="int32", name="source"), keras.Input([5], dtype="int32", name="target")
    memory, *states = K.LSTM(5, return_sequences=True, return_state=True)(K.Embedding(30, 5)(source))
    x = K.LSTM(5, return_sequences=True)(K.Embedding(40, 5)(target), initial_state=states)
    weights = K.Activation("softmax")(K.Dot(axes=[2, 2])([x, memory]))
    context = K.Dot(axes=[2, 1])([weights, memory])
    x = K.Dense(5, activation="tanh")(K.concatenate([context, x]))
    return keras.Model([source, target], [K.Dense(40, name="words")(x), weights])


@asked([ids(30, None), ids(40, None)])
def bahdanau_attention():
    """AdditiveAttention over a masked encoder, scores returned too"""
    source, target = (keras.Input([None], dtype="int32", name=name) for name in ("source", "target"))
    memory = K.Bidirectional(K.LSTM(3, return_sequences=True))(K.Embedding(30, 5, mask_zero=True)(source))
    x = K.GRU(6, return_sequences=True)(K.Embedding(40, 5)(target))
    context, scores = K.AdditiveAttention()([x, memory], return_attention_scores=True)
    return keras.Model([source, target], {"words": K.Dense(40)(K.concatenate([x, context])), "scores": scores})


@asked(ids(30, None))
def encoder_for_inference():
    """An encoder alone: the states of two LSTMs are the answers"""
    source = keras.Input([None], dtype="int32", name="source")
    x, *first = K.LSTM(4, return_sequences=True, return_state=True)(K.Embedding(30, 5)(source))
    _, *second = K.LSTM(3, return_state=True)(x)
    return keras.Model(source, [*first, *second])


@asked([ids(40, 1), numbers(5), numbers(5)])
def decoder_step():
    """One step of a decoder: a token and states in, scores and states out"""
    token = keras.Input([1], dtype="int32", name="token")
    states = [keras.Input([5], name="h"), keras.Input([5], name="c")]
    x, h, c = K.LSTM(5, return_sequences=True, return_state=True)(K.Embedding(40, 4)(token), initial_state=states)
    return keras.Model([token, *states], {"scores": K.Dense(40)(x), "next_h": h, "next_c": c})


@asked(ids(30, None))
def greedy_decoding_inside():
    """A decoder of one's own in the model: argmax fed back six times"""
    source = keras.Input([None], dtype="int32", name="source")
    state = K.GRU(5)(K.Embedding(30, 5, mask_zero=True)(source))
    return keras.Model(source, GreedyDecoder(20, 5, 6)(state))


@asked([numbers(10), ids(40, None)])
def captions_merged():
    """Captions of pictures: features and a partial caption, added"""
    picture, caption = keras.Input([10], name="picture"), keras.Input([None], dtype="int32", name="caption")
    x = K.LSTM(5)(K.Dropout(0.5)(K.Embedding(40, 5, mask_zero=True)(caption)))
    x = K.Dense(5, activation="relu")(K.add([K.Dense(5, activation="relu")(picture), x]))
    return keras.Model([picture, caption], K.Dense(40, activation="softmax")(x))


@asked([numbers(10), ids(40, None)], streams=True)
def captions_from_states():
    """Captions of pictures: features are the first states of an LSTM"""
    picture, caption = keras.Input([10], name="picture"), keras.Input([None], dtype="int32", name="caption")
    states = [K.Dense(5, activation="tanh")(picture), K.Dense(5)(picture)]
    x = K.LSTM(5, return_sequences=True)(K.Embedding(40, 5)(caption), initial_state=states)
    return keras.Model([picture, caption], K.TimeDistributed(K.Dense(40))(x))


@asked(numbers(10, 3), steps=(10, 10))
def anomalies_autoencoder():
    """Anomalies: an autoencoder, LSTM, RepeatVector, LSTM, TimeDistributed(Dense)"""
    return keras.Sequential([
        keras.Input([10, 3]), K.LSTM(4, activation="relu"), K.RepeatVector(10),
        K.LSTM(4, activation="relu", return_sequences=True), K.TimeDistributed(K.Dense(3)),
    ])  # fmt: skip


@asked(numbers(8, 3), steps=(8, 8), refused="it draws no numbers of a seed; take the noise as an input of the model")
def variational_autoencoder():
    """A variational autoencoder that draws random numbers when it is asked"""
    series = keras.Input([8, 3])
    x = K.LSTM(4)(series)
    x = Sampling()([K.Dense(2)(x), K.Dense(2)(x)])
    return keras.Model(series, K.Dense(3)(K.LSTM(4, return_sequences=True)(K.RepeatVector(8)(x))))


@asked([numbers(8, 3), numbers(2)], steps=(8, 8))
def variational_autoencoder_given_noise():
    """The same with its noise as an input"""
    series, noise = keras.Input([8, 3], name="series"), keras.Input([2], name="noise")
    x = K.LSTM(4)(series)
    x = K.Dense(2)(x) + ops.exp(0.5 * K.Dense(2)(x)) * noise
    return keras.Model([series, noise], K.Dense(3)(K.LSTM(4, return_sequences=True)(K.RepeatVector(8)(x))))


@asked([numbers(None, 2), presence(None)])
def pointer():
    """A pointer: scores over the input's own steps, masked by a boolean input"""
    points, there = keras.Input([None, 2], name="points"), keras.Input([None], dtype="bool", name="there")
    memory, state = K.GRU(5, return_sequences=True, return_state=True)(points, mask=there)
    scores = ops.einsum("bd,btd->bt", K.Dense(5)(state), K.Dense(5)(memory))
    return keras.Model([points, there], ops.softmax(ops.where(there, scores, -1e9), axis=-1))
