"""Sequences out of any `step(token, state) -> logits, state`: teacher forcing, greedy, sampling and beam search.

    token (batch,) integers, logits (batch, vocabulary), state any nested structure of tensors (batch, ...)

Each is one loop in the graph, in `keras.ops`; on TensorFlow it converts to LiteRT with builtin operations alone,
for any batch and with `max_length` an input. The end token is part of a sequence and of its length; `pad_id`
follows it. `end_id` is one id, or a list or an array (ids,), any of which ends a sequence; an id of no token, such as
-1, means that nothing does. A row that cannot continue, all logits -inf, ends there and has the score -inf.
"""
