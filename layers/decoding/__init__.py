"""Sequences out of any `step(token, state) -> logits, state`: teacher forcing, greedy, sampling and beam search.

    token (batch,) integers, logits (batch, vocabulary), state any nested structure of tensors (batch, ...)

Each is one loop in the graph, in `keras.ops`; on TensorFlow it converts to LiteRT with builtin operations alone,
for any batch and with `max_length` an input. The end token is part of a sequence and of its length; `pad_id`
follows it. `end_id` is one id, or a list or an array (ids,) of which any ends a sequence; one that no token has, such
as -1, for none. A row of which no continuation is possible, all logits -inf, ends before it and has the score -inf.
"""
