"""One token after another, each the likeliest or drawn, until every row has ended."""

from collections.abc import Sequence

import keras

from layers import checks
from layers.annotations import Nested, Step, Tensor
from layers.decoding import draws, stepping
from layers.decoding.stepping import IMPOSSIBLE, Decoded


def greedy(
    step: Step, start: Tensor, state: Nested, max_length: int | Tensor, end_id: int | Tensor, pad_id: int = 0
) -> Decoded:
    """The likeliest token at each step; the lowest id wins ties.

    Args:
        start: first token of each row, (batch,).
        max_length: the most tokens of a row; an integer or, on TensorFlow, a scalar tensor.
        end_id: the end, or a list of ends.

    Returns:
        `Decoded(tokens (batch, max_length), lengths (batch,), scores (batch,))`; a score is the log-probability.

    >>> count = lambda token, state: (keras.ops.one_hot(token + 1, 5), state)
    >>> decoded = greedy(count, keras.ops.convert_to_tensor([0, 2]), [], max_length=4, end_id=4)
    >>> keras.ops.convert_to_numpy(decoded.tokens).tolist()
    [[1, 2, 3, 4], [3, 4, 0, 0]]
    """
    return _roll_out(step, start, state, lambda logits, t: logits, stepping.checked_length(max_length), end_id, pad_id)


def sample(
    step: Step,
    start: Tensor,
    state: Nested,
    noise: Tensor,
    end_id: int | Tensor,
    pad_id: int = 0,
    temperature: float | Tensor = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Decoded:
    """Draw each token from softmax(logits / temperature), cut to the likeliest.

    The draw is argmax(logits + temperature noise), the Gumbel-max trick: no random operation is in the graph, so it
    can be exported, and equal noise gives equal tokens everywhere.

    Args:
        noise: `gumbel_noise((batch, max_length, vocabulary))`; its time axis is the most tokens a row can have.
        end_id: the end, or a list of ends.
        temperature: below 1 stays nearer to the likeliest, 0 takes it, as `greedy` does; a number or a scalar tensor,
            which counts as 0 where it is negative or NaN and its value is known only in the graph.
        top_k: draw from the k likeliest tokens; the lowest ids win ties.
        top_p: draw from the fewest tokens whose probabilities add up to p (Holtzman et al. 2020,
            https://arxiv.org/abs/1904.09751), after `top_k`.

    Returns:
        `Decoded`, as `greedy` does; a score is the log-probability before temperature and cuts.
    """
    start, noise = stepping.first_tokens(start), keras.ops.cast(noise, "float32")
    checks.rank("noise", noise.shape, ("batch", "time", "vocabulary"))
    checks.same_size("noise", "a batch", start.shape[0], noise.shape[0])
    temperature = draws.checked_temperature(temperature)
    draws.check_cuts(top_k, top_p)

    def choose(logits, t):
        checks.same_size("noise", "a vocabulary", logits.shape[-1], noise.shape[-1])
        return draws.chosen(logits, keras.ops.take(noise, t, axis=1), temperature, top_k, top_p)

    return _roll_out(step, start, state, choose, keras.ops.shape(noise)[1], end_id, pad_id)


def gumbel_noise(shape: Sequence[int], seed: int | None = None) -> Tensor:
    """Noise for `sample`: -log(-log(u)), u uniform.

    >>> tuple(gumbel_noise((2, 10, 50), seed=1).shape)
    (2, 10, 50)
    """
    uniform = keras.random.uniform(shape, 1e-7, 1.0 - 1e-7, dtype="float32", seed=seed)
    return -keras.ops.log(-keras.ops.log(uniform))


def _roll_out(step, start, state, choose, max_length, end_id, pad_id):
    """One token after another, each the argmax of `choose(logits, t)`, until every row has ended."""
    start, is_end = stepping.first_tokens(start, state), stepping.is_end(end_id)
    structure, times = state, keras.ops.arange(max_length, dtype="int32")

    def unfinished(t, token, ended, *rest):
        return (t < max_length) & ~keras.ops.all(ended)

    def body(t, token, ended, tokens, lengths, scores, *state):
        logits, following = step(token, keras.tree.pack_sequence_as(structure, list(state)))
        logits = stepping.checked_logits(logits)
        # Not `argmax`: Keras guards it against -0.0 with a bitwise operation that LiteRT lacks.
        token = keras.ops.cast(keras.ops.top_k(choose(logits, t), 1)[1][:, 0], "int32")  # (batch,)
        chosen = keras.ops.one_hot(token, logits.shape[-1], dtype="bool")
        gained = keras.ops.sum(keras.ops.where(chosen, stepping.log_softmax(logits), 0.0), axis=-1)
        scores = scores + keras.ops.where(ended, 0.0, gained)
        ended = ended | (gained == IMPOSSIBLE)
        lengths = lengths + keras.ops.cast(~ended, "int32")
        token = keras.ops.where(ended, pad_id, token)
        tokens = stepping.written(tokens, token, t, times)
        return (t + 1, token, ended | is_end(token), tokens, lengths, scores, *stepping.tensors_of(following, state))

    token = keras.ops.cast(start, "int32")
    zeros = keras.ops.zeros_like(token)  # (batch,)
    tokens = keras.ops.full((keras.ops.shape(token)[0], max_length), pad_id, dtype="int32")
    beginning = (stepping.zero(), token, zeros > 0, tokens, zeros, keras.ops.cast(zeros, "float32"))
    _, _, _, tokens, lengths, scores = stepping.loop(unfinished, body, (*beginning, *stepping.tensors_of(state)))[:6]
    return Decoded(tokens, lengths, scores)
