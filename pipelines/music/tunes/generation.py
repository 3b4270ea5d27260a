"""Tunes drawn token by token from a network: the same graph in Python, in a SavedModel and in a .tflite.

    draw = tune_drawer(steps)                                     # of `piano_roll.Steps` or `music_events.Steps`
    tokens, lengths = draw(given, noise, length, temperature, top_k, top_p, keys)

A network gives the logits of the next token; before one is drawn

    what is impossible goes     keys outside `keys` (a scale), a chord fuller than any, silence or one chord for longer
                                than the training split has it: a tune is never silent and never stuck
    the tail goes               all but the `top_k` likeliest tokens, all beyond the probability `top_p`
    noise comes                 argmax(logits + temperature * noise), noise of Gumbel's distribution: with equal noise
                                equal tunes everywhere, with temperature 0 the likeliest token, whatever the noise
"""

import tensorflow as tf

import layers
from layers.decoding import draws

NO_CUT = 2**31 - 1  # top_k that cuts nothing
IMPOSSIBLE = -1e9


def gumbel(seed, row, tokens, vocabulary):
    """Noise float32 (tokens, vocabulary) of one tune, by TensorFlow's stateless random numbers (Philox).

    The same for the same seed and row, whatever else is drawn, and in its beginning for any number of tokens.

    >>> import numpy as np
    >>> np.array_equal(gumbel(1, 0, 3, 5)[:2], gumbel(1, 0, 2, 5))
    True
    """
    uniform = tf.random.stateless_uniform([tokens, vocabulary], tf.stack([seed, row]), 1e-7, 1 - 1e-7, alg="philox")
    return -tf.math.log(-tf.math.log(uniform))


def drawn(steps, given, noise, length, temperature, top_k, top_p, keys):
    """Tokens of tunes that begin as `given`.

    Args:
        steps: what a network does with a token; it has `begin(given) -> state`, `step(token, state, length, keys) ->
            logits (batch, vocabulary), state`, `start` and `stop`, the tokens before the first and after the last, and
            `padding`.
        given: the beginning of each tune, as `steps` takes it.
        noise: float32 (batch, tokens, vocabulary); as many tokens are drawn at the most.
        length: (batch,) steps of the whole tune, given ones included.
        temperature: (batch,) at least 0.
        top_k, top_p: (batch,) of the tokens to draw from.
        keys: (batch, 88) 1 for a key that may be struck, else 0.

    Returns:
        tokens int32 (batch, tokens), lengths (batch,), as of `layers.sample`.
    """

    def step(token, state):
        logits, state = steps.step(token, state, length, keys)
        return without_tail(logits, temperature, top_k, top_p), state

    start, state = steps.begin(given)
    temperature = draws.not_below_zero(temperature)
    noise = noise * tf.expand_dims(tf.expand_dims(temperature, 1), 2)
    found = layers.sample(step, start, state, noise, end_id=steps.stop, pad_id=steps.padding)
    return tf.cast(found.tokens, tf.int32), found.lengths


def without_tail(logits, temperature, top_k, top_p):
    """Logits (batch, vocabulary) with -1e9 for all but the `top_k` likeliest and what lies beyond `top_p`.

    Of equals the lower ids stay. The probabilities that add up to `top_p` are those at `temperature` (Holtzman et al.
    2020, arXiv:1904.09751).
    """
    vocabulary = logits.shape[-1]
    temperature, top_k, top_p = (tf.expand_dims(value, 1) for value in (temperature, top_k, top_p))  # (batch, 1)
    falling = tf.math.top_k(logits, vocabulary).values  # (batch, vocabulary), likeliest first
    shares = tf.nn.softmax(falling / tf.maximum(temperature, 1e-2))
    before = tf.cumsum(shares, axis=-1) - shares
    kept = (tf.range(vocabulary) < top_k) & (before < top_p)
    least = tf.reduce_min(tf.where(kept, falling, falling[:, :1]), axis=-1, keepdims=True)
    count = tf.maximum(tf.reduce_sum(tf.cast(kept, tf.int32), axis=-1, keepdims=True), 1)
    return tf.where(draws.first(logits, least, count), logits, IMPOSSIBLE)


def likeliest(steps, given, most_tokens, length, keys, beams, best):
    """Tokens (best, tokens) and log-probabilities (best,) of the likeliest tunes that are found.

    A beam compares tunes by what they have of tokens, not of steps, and may lose one that is likelier in the end; so
    the tune that takes the likeliest token each time is among those found, wherever it belongs.

    given: the beginning of one tune; length (1,), keys (1, 88): as of `drawn`.
    """

    def step(token, state):
        return steps.step(token, state, length, keys)

    start, state = steps.begin(given)
    found = layers.beam_search(
        step, start, state, most_tokens, steps.stop, steps.padding, beams=beams, best=best, length_penalty=0.0
    )
    simple = layers.greedy(step, start, state, most_tokens, steps.stop, steps.padding)
    missed = simple.scores[0] > found.scores[0, 0]
    tokens = tf.where(missed, tf.concat([simple.tokens, found.tokens[0, :-1]], 0), found.tokens[0])
    return tokens, tf.where(missed, tf.concat([simple.scores, found.scores[0, :-1]], 0), found.scores[0])
