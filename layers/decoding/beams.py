"""Sequences out of any `step(token, state) -> logits, state`: teacher forcing, greedy, sampling and beam search.

    token (batch,) integers, logits (batch, vocabulary), state any nested structure of tensors (batch, ...)

Each is one loop in the graph, in `keras.ops`; on TensorFlow it converts to LiteRT with builtin operations alone,
for any batch and with `max_length` an input. The end token is part of a sequence and of its length; `pad_id`
follows it. `end_id` is one id, or a list or an array (ids,) of which any ends a sequence; one that no token has, such
as -1, for none. A row of which no continuation is possible, all logits -inf, ends before it and has the score -inf.
"""

import collections

import keras

from layers import checks
from layers.decoding import draws
from layers.masking import concrete

Decoded = collections.namedtuple("Decoded", "tokens lengths scores")

_IMPOSSIBLE = float("-inf")


def teacher_forcing(step, tokens, state):
    """The logits (batch, time, vocabulary) after each of `tokens` (batch, time), and the last state; for training.

    >>> echo = lambda token, state: (keras.ops.one_hot(token, 4), state)
    >>> logits, _ = teacher_forcing(echo, keras.ops.convert_to_tensor([[1, 3]]), [])
    >>> keras.ops.convert_to_numpy(keras.ops.argmax(logits, -1)).tolist()
    [[1, 3]]
    """
    tokens, structure = keras.ops.convert_to_tensor(tokens), state
    checks.rank("tokens", tokens.shape, ("batch", "time"))

    def flat_step(token, state):
        logits, following = step(token, keras.tree.pack_sequence_as(structure, list(state)))
        return logits, tuple(_flat(following, state))

    scan = _tensorflow_scan if keras.backend.backend() == "tensorflow" else _scan
    logits, state = scan(flat_step, keras.ops.transpose(tokens), tuple(_flat(state)))  # (time, batch, vocabulary)
    return keras.ops.swapaxes(logits, 0, 1), keras.tree.pack_sequence_as(structure, list(state))


def greedy(step, start, state, max_length, end_id, pad_id=0):
    """The likeliest token at each step; of equals the lower id.

    Args:
        start: first token of each row, (batch,).
        max_length: most tokens of a row; an integer or, on TensorFlow, a scalar tensor.
        end_id: the end, or a list of ends.

    Returns:
        `Decoded(tokens (batch, max_length), lengths (batch,), scores (batch,))`; a score is the log-probability.

    >>> count = lambda token, state: (keras.ops.one_hot(token + 1, 5), state)
    >>> decoded = greedy(count, keras.ops.convert_to_tensor([0, 2]), [], max_length=4, end_id=4)
    >>> keras.ops.convert_to_numpy(decoded.tokens).tolist()
    [[1, 2, 3, 4], [3, 4, 0, 0]]
    """
    return _roll_out(step, start, state, lambda logits, t: logits, _most(max_length), end_id, pad_id)


def sample(step, start, state, noise, end_id, pad_id=0, temperature=1.0, top_k=None, top_p=None):
    """Draw each token from softmax(logits / temperature), cut to the likeliest.

    The draw is argmax(logits + temperature noise), the Gumbel-max trick: no random operation is in the graph, so it
    exports, and equal noise gives equal tokens everywhere.

    Args:
        noise: `gumbel_noise((batch, max_length, vocabulary))`; its time axis is the most tokens of a row.
        end_id: the end, or a list of ends.
        temperature: below 1 keeps nearer to the likeliest, 0 takes it, as `greedy` does; a number or a scalar tensor,
            which counts as 0 where it is not above it and its value is known in the graph alone.
        top_k: draw from the k likeliest tokens; of equals the lower ids.
        top_p: draw from the fewest tokens whose probabilities add up to p (Holtzman et al. 2020,
            https://arxiv.org/abs/1904.09751), after `top_k`.

    Returns:
        `Decoded`, as `greedy` does; a score is the log-probability before temperature and cuts.
    """
    start, noise = _batch(start), keras.ops.cast(noise, "float32")
    checks.rank("noise", noise.shape, ("batch", "time", "vocabulary"))
    checks.same_size("`noise`", "a batch", start.shape[0], noise.shape[0])
    temperature = draws.checked_temperature(temperature)
    draws.check_cuts(top_k, top_p)

    def choose(logits, t):
        checks.same_size("`noise`", "a vocabulary", logits.shape[-1], noise.shape[-1])
        return draws.chosen(logits, keras.ops.take(noise, t, axis=1), temperature, top_k, top_p)

    return _roll_out(step, start, state, choose, keras.ops.shape(noise)[1], end_id, pad_id)


def gumbel_noise(shape, seed=None):
    """Noise for `sample`: -log(-log(u)), u uniform.

    >>> tuple(gumbel_noise((2, 10, 50), seed=1).shape)
    (2, 10, 50)
    """
    uniform = keras.random.uniform(shape, 1e-7, 1.0 - 1e-7, dtype="float32", seed=seed)
    return -keras.ops.log(-keras.ops.log(uniform))


def beam_search(step, start, state, max_length, end_id, pad_id=0, beams=4, best=1, length_penalty=0.6):
    """The `best` sequences that a beam of `beams` live hypotheses finds, by score

        score = log P(tokens) / ((5 + length) / 6) ^ length_penalty        (Wu et al. 2016)

    At each step the likeliest 2 * beams continuations are taken: those that end join the finished ones, the best of
    the others live on. Hypotheses cut off at `max_length` are scored like finished ones. The loop stops as soon as in
    every row no live hypothesis can beat the worst of the `best`: its log-probability can only fall, so its score can
    never exceed log P / ((5 + max_length) / 6) ^ length_penalty. Stopping there changes no result.

    The state is repeated `beams` times, hypotheses of a row side by side, and follows them as they are reordered. What
    does not change, such as an encoder's outputs, may be left out of it: let `step` use `repeat_rows(values, beams)`.

    Args:
        start: first token of each row, (batch,).
        max_length: most tokens of a row; an integer or, on TensorFlow, a scalar tensor.
        end_id: the end, or a list of ends.
        length_penalty: 0 for none; at least 0.

    Returns:
        `Decoded(tokens (batch, best, max_length), lengths (batch, best), scores (batch, best))`, best first. Where
        fewer sequences exist than asked for, length 0 and score -inf.

    Reference: Wu et al. 2016, https://arxiv.org/abs/1609.08144, section 7.

    >>> count = lambda token, state: (9.0 * keras.ops.one_hot(token + 1, 5), state)
    >>> found = beam_search(count, keras.ops.convert_to_tensor([2]), [], max_length=3, end_id=4, beams=2, best=2)
    >>> keras.ops.convert_to_numpy(found.tokens).tolist()[0][0]
    [3, 4, 0]
    """
    start, ends, max_length = _batch(start, state), _ends(end_id), _most(max_length)
    beams, best = checks.positive("beams", beams), checks.positive("best", best)
    if not length_penalty >= 0:
        raise ValueError(f"`length_penalty` must be at least 0. Received: {length_penalty=}")
    batch, structure = keras.ops.shape(start)[0], state
    steps = keras.ops.arange(max_length, dtype="int32")  # (max_length,)
    longest = _penalty(max_length, length_penalty)

    def unsettled(t, token, live, live_tokens, scores, *rest):
        bound = keras.ops.max(live, axis=1, initial=_IMPOSSIBLE) / longest  # (batch,)
        return (t < max_length) & keras.ops.any(scores[:, -1] < bound)

    def body(t, token, live, live_tokens, scores, tokens, lengths, *state):
        logits, following = step(keras.ops.reshape(token, (-1,)), keras.tree.pack_sequence_as(structure, list(state)))
        continued, parent, word = _continuations(logits, live)  # (batch, 2 * beams) each
        written = _write(_pick(live_tokens, parent), word, t, steps)  # (batch, 2 * beams, max_length)
        ended = ends(word)
        done = keras.ops.where(ended, continued / _penalty(t + 1, length_penalty), _IMPOSSIBLE)
        finished = _merge((scores, tokens, lengths), (done, written, keras.ops.zeros_like(word) + t + 1))
        live, kept = keras.ops.top_k(keras.ops.where(ended, _IMPOSSIBLE, continued), beams)
        rows = _rows(_pick(parent, kept), beams)  # (batch * beams,): where each hypothesis comes from
        state = [keras.ops.take(tensor, rows, axis=0) for tensor in _flat(following, state)]
        return (t + 1, _pick(word, kept), live, _pick(written, kept), *finished, *state)

    def full(shape, value, dtype="int32"):
        return keras.ops.full((batch, *shape), value, dtype=dtype)

    first = keras.ops.arange(beams, dtype="int32") == 0  # all but one start impossible, lest they be copies
    live = full((beams,), 0.0, "float32") + keras.ops.where(first, 0.0, _IMPOSSIBLE)
    token = repeat_rows(keras.ops.cast(start, "int32"), beams)
    finished = (full((best,), _IMPOSSIBLE, "float32"), full((best, max_length), pad_id), full((best,), 0))
    state = [repeat_rows(tensor, beams) for tensor in _flat(state)]
    beginning = (_zero(), keras.ops.reshape(token, (-1, beams)), live, full((beams, max_length), pad_id), *finished)
    _, _, live, live_tokens, *finished = _loop(unsettled, body, (*beginning, *state))[:7]
    # Cut off at max_length; where the loop stopped before, these scores are the bounds, which beat nothing.
    scores, tokens, lengths = _merge(finished, (live / longest, live_tokens, full((beams,), 0) + max_length))
    exists = scores > _IMPOSSIBLE
    tokens = keras.ops.where(keras.ops.expand_dims(exists, -1), tokens, pad_id)
    return Decoded(tokens, keras.ops.where(exists, lengths, 0), scores)


def repeat_rows(tensor, times):
    """(batch, ...) to (batch * times, ...), copies of a row side by side, as `beam_search` lays out its state.

    >>> keras.ops.convert_to_numpy(repeat_rows(keras.ops.convert_to_tensor([7, 8]), 2)).tolist()
    [7, 7, 8, 8]
    """
    tensor = keras.ops.convert_to_tensor(tensor)
    rows = keras.ops.arange(keras.ops.shape(tensor)[0] * times, dtype="int32") // times
    return keras.ops.take(tensor, rows, axis=0)


def _scan(step, tokens, state):
    def carry_on(state, token):
        logits, state = step(token, state)
        return state, logits

    state, logits = keras.ops.scan(carry_on, state, tokens)
    return logits, state


def _tensorflow_scan(step, tokens, state):
    """`keras.ops.scan` of TensorFlow wants outputs shaped like the state; the first step tells what they are like."""
    import tensorflow as tf

    def body(t, logits, state):
        new, following = step(tokens[t], state)
        for old, tensor in zip(state, following, strict=True):
            tensor.set_shape(old.shape)
        return t + 1, logits.write(t, new), following

    time, specification = tf.shape(tokens)[0], []

    def all_steps():
        first, following = step(tokens[0], state)
        specification.append((first.shape, first.dtype))
        logits = tf.TensorArray(first.dtype, time, element_shape=first.shape).write(0, first)
        _, logits, following = tf.while_loop(lambda t, *_: t < time, body, (1, logits, following))
        return logits.stack(), following

    def no_step():
        shape, dtype = specification[0]
        return tf.zeros((0, tf.shape(tokens)[1], *shape[1:]), dtype), state

    if tokens.shape[0] is None:
        return tf.cond(time > 0, all_steps, no_step)
    if not tokens.shape[0]:
        first, _ = step(tf.zeros_like(tf.reduce_sum(tokens, 0)), state)
        specification.append((first.shape, first.dtype))
    return all_steps() if tokens.shape[0] else no_step()


def _roll_out(step, start, state, choose, max_length, end_id, pad_id):
    """One token after another, each the argmax of `choose(logits, t)`, until every row has ended."""
    start, ends = _batch(start, state), _ends(end_id)
    structure = state
    steps = keras.ops.arange(max_length, dtype="int32")

    def unfinished(t, token, ended, *rest):
        return (t < max_length) & ~keras.ops.all(ended)

    def body(t, token, ended, tokens, lengths, scores, *state):
        logits, following = step(token, keras.tree.pack_sequence_as(structure, list(state)))
        logits = _logits(logits)
        # Not `argmax`: Keras guards it against -0.0 with a bitwise operation that LiteRT lacks.
        token = keras.ops.cast(keras.ops.top_k(choose(logits, t), 1)[1][:, 0], "int32")  # (batch,)
        chosen = keras.ops.one_hot(token, logits.shape[-1], dtype="bool")
        gained = keras.ops.sum(keras.ops.where(chosen, _log_softmax(logits), 0.0), axis=-1)
        scores = scores + keras.ops.where(ended, 0.0, gained)
        ended = ended | (gained == _IMPOSSIBLE)
        lengths = lengths + keras.ops.cast(~ended, "int32")
        token = keras.ops.where(ended, pad_id, token)
        tokens = _write(tokens, token, t, steps)
        return (t + 1, token, ended | ends(token), tokens, lengths, scores, *_flat(following, state))

    token = keras.ops.cast(start, "int32")
    zeros = keras.ops.zeros_like(token)  # (batch,)
    tokens = keras.ops.full((keras.ops.shape(token)[0], max_length), pad_id, dtype="int32")
    beginning = (_zero(), token, zeros > 0, tokens, zeros, keras.ops.cast(zeros, "float32"))
    _, _, _, tokens, lengths, scores = _loop(unfinished, body, (*beginning, *_flat(state)))[:6]
    return Decoded(tokens, lengths, scores)


def _continuations(logits, live):
    """The likeliest 2 * beams continuations of the live hypotheses: their log-probabilities, parents and words.

    Of a vocabulary of one token there are no more than `beams`.
    """
    logs = _log_softmax(_logits(logits))
    beams, vocabulary = live.shape[1], logs.shape[-1]
    logs = keras.ops.reshape(logs, (-1, beams, vocabulary)) + keras.ops.expand_dims(live, 2)
    count = min(2, vocabulary) * beams
    scores, index = keras.ops.top_k(keras.ops.reshape(logs, (-1, beams * vocabulary)), count)
    index = keras.ops.cast(index, "int32")
    parent = index // vocabulary
    return scores, parent, index - parent * vocabulary


def _merge(old, new):
    """The best of two lists of (scores, tokens, lengths); the old ones win ties."""
    scores, kept = keras.ops.top_k(keras.ops.concatenate([old[0], new[0]], axis=1), old[0].shape[1])
    joined = [keras.ops.concatenate(pair, axis=1) for pair in zip(old[1:], new[1:], strict=True)]
    return [scores, *(_pick(values, kept) for values in joined)]


def _penalty(length, exponent):
    return keras.ops.power((5.0 + keras.ops.cast(length, "float32")) / 6.0, exponent)


def _rows(index, size):
    """Positions (batch, n) within rows of `size` to positions in all the rows one after another, (batch * n,)."""
    index = keras.ops.cast(index, "int32")
    offsets = keras.ops.arange(keras.ops.shape(index)[0], dtype="int32") * size
    return keras.ops.reshape(index + keras.ops.expand_dims(offsets, 1), (-1,))


def _pick(values, index):
    """values (batch, m, ...) at index (batch, n): (batch, n, ...)."""
    rest = keras.ops.shape(values)[2:]
    flat = keras.ops.reshape(values, (-1, *rest))
    return keras.ops.reshape(keras.ops.take(flat, _rows(index, values.shape[1]), axis=0), (-1, index.shape[1], *rest))


def _write(tokens, token, t, steps):
    """Tokens (..., max_length) with token (...) at step t."""
    return keras.ops.where(steps == t, keras.ops.expand_dims(token, -1), tokens)


def _loop(condition, body, variables):
    """`keras.ops.while_loop`; TensorFlow must be told that each shape stays as it was."""

    def same_shapes(*variables):
        following = body(*variables)
        if keras.backend.backend() == "tensorflow":
            for old, new in zip(variables, following, strict=True):
                new.set_shape(old.shape)
        return following

    return keras.ops.while_loop(condition, same_shapes, variables)


def _zero():
    return keras.ops.zeros((), dtype="int32")


def _flat(state, before=None):
    """The tensors of a state; as many as `before`, if that is given."""
    tensors = keras.tree.flatten(state)
    if before is not None and len(tensors) != len(before):
        raise ValueError(
            "`step` must return a state like the one it takes: "
            f"expected {len(before)} tensors. Received: {len(tensors)}"
        )
    for tensor in tensors:
        if len(tensor.shape) < 1:
            raise ValueError("Each tensor of the state must have the batch as first axis. Received: a scalar")
    return tensors


def _batch(start, state=()):
    """`start` as a tensor (batch,) of int32, with as many rows as the tensors of the state have."""
    start = keras.ops.convert_to_tensor(start)
    checks.rank("start", start.shape, ("batch",))
    if start.shape[0] != 0 and "int" not in keras.backend.standardize_dtype(start.dtype):
        raise ValueError(f"`start` must be integers (batch,). Received: {keras.backend.standardize_dtype(start.dtype)}")
    for tensor in _flat(state):
        checks.same_size("`state`", "a batch", start.shape[0], tensor.shape[0])
    return keras.ops.cast(start, "int32")


def _most(max_length):
    """A positive integer, or a scalar tensor as it is."""
    if keras.ops.is_tensor(max_length):
        checks.rank("max_length", max_length.shape, ())
        return max_length
    return checks.positive("max_length", max_length)


def _ends(end_id):
    """-> a function of tokens: whether each is one of `end_id`."""
    known = concrete(end_id)
    if known is not None and (known.ndim > 1 or known.dtype.kind not in "iu" or not known.size):
        raise ValueError(f"`end_id` must be an integer or a list of integers. Received: {end_id=}")
    if known is not None and known.size == 1:
        return lambda tokens: tokens == int(known.ravel()[0])
    ids = keras.ops.reshape(keras.ops.cast(end_id, "int32"), (-1,))  # (ids,)
    return lambda tokens: keras.ops.any(keras.ops.expand_dims(tokens, -1) == ids, axis=-1)


def _logits(logits):
    """What `step` returned, (batch, vocabulary), in float32."""
    checks.rank("logits", logits.shape, ("batch", "vocabulary"))
    if logits.shape[-1] is None or logits.shape[-1] < 1:
        raise ValueError(
            f"`step` must return logits of a vocabulary of known size. Received: shape {tuple(logits.shape)}"
        )
    return keras.ops.cast(logits, "float32")


def _log_softmax(logits):
    """Of what is impossible, -inf, it is -inf too where nothing is possible."""
    return keras.ops.where(logits == _IMPOSSIBLE, _IMPOSSIBLE, keras.ops.log_softmax(logits))
