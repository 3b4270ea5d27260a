"""Beam search: the likeliest sequences that a few hypotheses, kept side by side, lead to."""

import keras

from layers import checks
from layers.annotations import Nested, Step, Tensor
from layers.decoding import stepping
from layers.decoding.stepping import IMPOSSIBLE, Decoded


def beam_search(
    step: Step,
    start: Tensor,
    state: Nested,
    max_length: int | Tensor,
    end_id: int | Tensor,
    pad_id: int = 0,
    beams: int = 4,
    best: int = 1,
    length_penalty: float = 0.6,
) -> Decoded:
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
        max_length: the most tokens of a row; an integer or, on TensorFlow, a scalar tensor.
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
    start, max_length = stepping.first_tokens(start, state), stepping.checked_length(max_length)
    beams, best = checks.positive("beams", beams), checks.positive("best", best)
    if not length_penalty >= 0:
        raise ValueError(f"length_penalty: expected a number of at least 0, received {length_penalty!r}")
    search = _Search(step, state, stepping.is_end(end_id), beams, max_length, length_penalty)
    beginning = _beginning(start, state, beams, best, max_length, pad_id)
    _, _, live, live_tokens, *finished = stepping.loop(search.unsettled, search.advance, beginning)[:7]
    # Cut off at max_length; where the loop stopped before, these scores are the bounds, which beat nothing.
    cut = (live / search.longest, live_tokens, keras.ops.zeros_like(live, dtype="int32") + max_length)
    scores, tokens, lengths = _merge(finished, cut)
    exists = scores > IMPOSSIBLE
    tokens = keras.ops.where(keras.ops.expand_dims(exists, -1), tokens, pad_id)
    return Decoded(tokens, keras.ops.where(exists, lengths, 0), scores)


class _Search:
    """The loop of a beam search, over t, the hypotheses that live on, the best of those that ended, and the state.

    live: token (batch, beams), their log-probabilities (batch, beams), their tokens (batch, beams, max_length)
    finished: scores (batch, best), tokens (batch, best, max_length), lengths (batch, best)
    """

    def __init__(self, step, structure, is_end, beams, max_length, length_penalty):
        self.step, self.structure, self.is_end = step, structure, is_end
        self.beams, self.max_length, self.length_penalty = beams, max_length, length_penalty
        self.times = keras.ops.arange(max_length, dtype="int32")  # (max_length,)
        self.longest = _penalty(max_length, length_penalty)

    def unsettled(self, t, token, live, live_tokens, scores, *rest):
        """Whether in some row a live hypothesis may still beat the worst of the finished ones."""
        bound = keras.ops.max(live, axis=1, initial=IMPOSSIBLE) / self.longest  # (batch,)
        return (t < self.max_length) & keras.ops.any(scores[:, -1] < bound)

    def advance(self, t, token, live, live_tokens, scores, tokens, lengths, *state):
        """Each live hypothesis one token longer."""
        state_of_step = keras.tree.pack_sequence_as(self.structure, list(state))
        logits, following = self.step(keras.ops.reshape(token, (-1,)), state_of_step)
        continued, parent, word = _continuations(logits, live)  # (batch, 2 * beams), as all that follow from them
        longer = stepping.written(_pick(live_tokens, parent), word, t, self.times)  # (batch, 2 * beams, max_length)
        ended = self.is_end(word)
        done = keras.ops.where(ended, continued / _penalty(t + 1, self.length_penalty), IMPOSSIBLE)
        finished = _merge((scores, tokens, lengths), (done, longer, keras.ops.zeros_like(word) + t + 1))
        live, kept = keras.ops.top_k(keras.ops.where(ended, IMPOSSIBLE, continued), self.beams)
        rows = _rows(_pick(parent, kept), self.beams)  # (batch * beams,): where each hypothesis comes from
        state = [keras.ops.take(tensor, rows, axis=0) for tensor in stepping.tensors_of(following, state)]
        return (t + 1, _pick(word, kept), live, _pick(longer, kept), *finished, *state)


def _beginning(start, state, beams, best, max_length, pad_id):
    """What the loop starts from: the first token, and nothing finished."""
    batch = keras.ops.shape(start)[0]

    def full(shape, value, dtype="int32"):
        return keras.ops.full((batch, *shape), value, dtype=dtype)

    first = keras.ops.arange(beams, dtype="int32") == 0  # all but one start impossible, lest they be copies
    live = full((beams,), 0.0, "float32") + keras.ops.where(first, 0.0, IMPOSSIBLE)
    token = keras.ops.reshape(repeat_rows(keras.ops.cast(start, "int32"), beams), (-1, beams))
    finished = (full((best,), IMPOSSIBLE, "float32"), full((best, max_length), pad_id), full((best,), 0))
    state = [repeat_rows(tensor, beams) for tensor in stepping.tensors_of(state)]
    return (stepping.zero(), token, live, full((beams, max_length), pad_id), *finished, *state)


def repeat_rows(tensor: Tensor, times: int) -> Tensor:
    """(batch, ...) to (batch * times, ...), copies of a row side by side, as `beam_search` lays out its state.

    >>> keras.ops.convert_to_numpy(repeat_rows(keras.ops.convert_to_tensor([7, 8]), 2)).tolist()
    [7, 7, 8, 8]
    """
    tensor = keras.ops.convert_to_tensor(tensor)
    rows = keras.ops.arange(keras.ops.shape(tensor)[0] * times, dtype="int32") // times
    return keras.ops.take(tensor, rows, axis=0)


def _continuations(logits, live):
    """The likeliest 2 * beams continuations of the live hypotheses: their log-probabilities, parents and words.

    Of a vocabulary of one token there are no more than `beams`.
    """
    logs = stepping.log_softmax(stepping.checked_logits(logits))
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
