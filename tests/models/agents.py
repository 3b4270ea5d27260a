"""Models of choices: games and shops."""

import keras
from keras import ops
from zoo import asked, ids, numbers

K = keras.layers


@asked({"c": numbers(5), "h": numbers(5), "seen": numbers(None, 6)})
def player_with_states():
    """A player with memory: states in and out, two heads, the best move by argmax"""
    inputs = {"seen": keras.Input([None, 6], name="seen"),
              **{name: keras.Input([5], name=name) for name in ("h", "c")}}  # fmt: skip
    x, h, c = K.LSTM(5, return_state=True)(inputs["seen"], initial_state=[inputs["h"], inputs["c"]])
    scores = K.Dense(4)(x)
    outputs = {"move": ops.argmax(scores, axis=-1), "value": K.Dense(1)(x), "h_after": h, "c_after": c}
    return keras.Model(inputs, outputs)


@asked(ids(30, None))
def next_purchase():
    """The next purchase: GRU4Rec, scores by the Embedding's own weights, the best five by top_k"""
    bought = keras.Input([None], dtype="int32", name="bought")
    embedding = K.ReversibleEmbedding(30, 6, mask_zero=True)
    scores = embedding(K.GRU(6)(embedding(bought)), reverse=True)
    values, best = ops.top_k(scores, 5)
    return keras.Model(bought, {"best": best, "values": values})


@asked([numbers(None, 4), ids(9, 3)])
def bag_of_tags():
    """A series beside a set of tags: Embedding summed over tags, HashedCrossing left to the app"""
    series, tags = keras.Input([None, 4], name="series"), keras.Input([3], dtype="int32", name="tags")
    x = ops.sum(K.Embedding(9, 4)(tags), axis=1)
    return keras.Model([series, tags], K.Dense(2)(K.LSTM(4)(series, initial_state=[x, ops.tanh(x)])))
