"""Tunes drawn token by token from a network: the same graph in Python, in a SavedModel and in a .tflite.

    steps = piano_roll_steps.Steps(model, preprocessor)           # or `event_steps.Steps`
    tokens, lengths = drawn(steps, beginnings, noise, length, temperature, top_k, top_p, keys)

A network gives the logits of the next token. Before it is drawn,

    the impossible is excluded  keys outside `keys` (a scale), a chord of more keys than any in the training split,
                                silence or one chord for longer than there: a tune is never silent and never stuck
    the tail is cut             only the `top_k` likeliest tokens stay, and only those within the probability `top_p`
    noise is added              argmax(logits + temperature * noise), with noise of Gumbel's distribution: equal noise
                                gives equal tunes everywhere; temperature 0 takes the likeliest token
"""

import tensorflow as tf

import layers
from layers.decoding import draws

NO_CUT = 2**31 - 1  # the top_k that cuts nothing
IMPOSSIBLE = -1e9


def gumbel(seed, row, tokens, vocabulary):
    """Noise float32 (tokens, vocabulary) of one tune, by TensorFlow's stateless random numbers (Philox).

    The same seed and row give the same noise, whatever else is drawn; more tokens only add rows at its end.

    >>> import numpy as np
    >>> np.array_equal(gumbel(1, 0, 3, 5)[:2], gumbel(1, 0, 2, 5))
    True
    """
    uniform = tf.random.stateless_uniform([tokens, vocabulary], tf.stack([seed, row]), 1e-7, 1 - 1e-7, alg="philox")
    return -tf.math.log(-tf.math.log(uniform))


def drawn(steps, beginnings, noise, length, temperature, top_k, top_p, keys):
    """Draws the tokens of tunes that begin with `beginnings`.

    Args:
        steps: what a network does with a token. It has `begin(beginnings) -> token (batch,), state`,
            `step(token, state, length, keys) -> logits (batch, vocabulary), state`, the token `stop` after the last,
            and `padding`.
        beginnings: the beginning of each tune, as `steps` takes it.
        noise: float32 (batch, tokens, vocabulary); at most so many tokens are drawn.
        length: (batch,) steps of the whole tune, the beginning included.
        temperature: (batch,) at least 0.
        top_k, top_p: (batch,) which tokens to draw from; see `without_tail`.
        keys: (batch, 88) 1 for a key that may be struck, else 0.

    Returns:
        tokens int32 (batch, tokens) and lengths (batch,), as in `layers.sample`.
    """

    def step(token, state):
        logits, state = steps.step(token, state, length, keys)
        return without_tail(logits, temperature, top_k, top_p), state

    start, state = steps.begin(beginnings)
    temperature = draws.not_below_zero(temperature)
    noise = noise * tf.expand_dims(tf.expand_dims(temperature, 1), 2)
    sampled = layers.sample(step, start, state, noise, end_id=steps.stop, pad_id=steps.padding)
    return tf.cast(sampled.tokens, tf.int32), sampled.lengths


def without_tail(logits, temperature, top_k, top_p):
    """Logits (batch, vocabulary) with -1e9 for all but the `top_k` likeliest tokens and for those beyond `top_p`.

    Among equals the lower ids stay. The probabilities that add up to `top_p` are those at `temperature` (Holtzman et
    al. 2020, arXiv:1904.09751).
    """
    vocabulary = logits.shape[-1]
    temperature, top_k, top_p = (tf.expand_dims(choice, 1) for choice in (temperature, top_k, top_p))  # (batch, 1)
    falling = tf.math.top_k(logits, vocabulary).values  # (batch, vocabulary), likeliest first
    shares = tf.nn.softmax(falling / tf.maximum(temperature, 1e-2))
    before = tf.cumsum(shares, axis=-1) - shares
    kept = (tf.range(vocabulary) < top_k) & (before < top_p)
    least = tf.reduce_min(tf.where(kept, falling, falling[:, :1]), axis=-1, keepdims=True)
    count = tf.maximum(tf.reduce_sum(tf.cast(kept, tf.int32), axis=-1, keepdims=True), 1)
    return tf.where(draws.first(logits, least, count), logits, IMPOSSIBLE)


def likeliest(steps, beginning, most_tokens, length, keys, beams, best):
    """Tokens (best, tokens) and log-probabilities (best,) of the likeliest tunes that a beam search finds.

    A beam compares tunes after equally many tokens, not steps, and may lose one that is likelier in the end. So the
    greedy tune, of the likeliest token each time, takes the first rank if it is likelier than all that were found.

    beginning: that of one tune; length (1,), keys (1, 88): as in `drawn`.
    """

    def step(token, state):
        return steps.step(token, state, length, keys)

    start, state = steps.begin(beginning)
    hypotheses = layers.beam_search(
        step, start, state, most_tokens, steps.stop, steps.padding, beams=beams, best=best, length_penalty=0.0
    )
    greedy = layers.greedy(step, start, state, most_tokens, steps.stop, steps.padding)
    missed = greedy.scores[0] > hypotheses.scores[0, 0]
    tokens = tf.where(missed, tf.concat([greedy.tokens, hypotheses.tokens[0, :-1]], 0), hypotheses.tokens[0])
    return tokens, tf.where(missed, tf.concat([greedy.scores, hypotheses.scores[0, :-1]], 0), hypotheses.scores[0])
