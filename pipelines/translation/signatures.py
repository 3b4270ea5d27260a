"""The exports of a trained translator: a SavedModel of texts and of ids, and a .tflite of ids.

serving_default   text (batch,) -> translation, score (batch,); translations, scores (batch, beams), different texts,
                  best first, then "" with the score -inf where there are fewer; and of the best: tokens (batch, time),
                  source_tokens (batch, source time), attention (batch, time, source time)
ids               source (batch, source time), source_lengths (batch,)
                  -> tokens (batch, beams, time), lengths, scores (batch, beams); two may spell the same text
encode            source, source_lengths -> memory (batch, source time, features), keys (batch, source time, units),
                  state_0, state_1, ... (batch, size)
step              token (batch,), state_0, ..., memory, keys, source_lengths
                  -> logits (batch, vocabulary), state_0, ..., attention (batch, source time)

mobile/model.tflite has encode, step, beam, which is the same as `ids`, and
generate          source, source_lengths -> tokens (batch, time), lengths, scores (batch,); greedy

The ids of a source end with END. A loop over `step` begins with the token START and the states of `encode`. It ends at
END, or after limit + limit_per_stride * ceil(longest source of the batch / stride) tokens; translation.json holds these
numbers. Inputs and outputs are float32 in half precision too.
"""

import base64
import contextlib
import json

import numpy as np
import tensorflow as tf

import layers
from pipelines.shared.batches import pairing
from pipelines.shared.text import subwords
from pipelines.translation import answers as translation_answers
from pipelines.translation import decoding
from pipelines.translation.browser import browser as browser

PROBES = 6  # sentences
MEANINGS = {
    "source": "numbers of the source's tokens, the end among them; behind a row's length anything, say 0",
    "source_lengths": "how many numbers of each source count",
    "memory": "what the encoder made of the source",
    "keys": "what attention compares with",
    "attention": "how much each step of the source was looked at",
}
PADDED = {
    "serving_default": {
        "tokens": ("tokens",),
        "source_tokens": ("source_tokens",),
        "attention": ("tokens", "source_tokens"),
    },
    "encode": {},
    "step": {},
}
UNSURE = 1e-6  # a relative change of the weights that must not change the translation of a probe


def serving(artifact):
    """The signatures of the SavedModel."""
    parts = decoding.Translator(artifact.model)
    return {"serving_default": _texts(artifact, parts), "ids": _beam(artifact, parts), **_by_step(parts)}


def mobile(artifact):
    """The signatures of the .tflite, and the files beside it."""
    parts = decoding.Translator(artifact.model)
    signatures = {"beam": _beam(artifact, parts), "generate": _generate(artifact, parts), **_by_step(parts)}
    return signatures, _files(artifact)


def _files(artifact):
    """The vocabularies, as lists of pieces and as models of sentencepiece, and the numbers that a `step` loop needs."""
    config, files = artifact.config, {}
    for side in ("source", "target"):
        vocabulary = getattr(artifact.preprocessor, side)
        files |= {
            f"{side}_vocabulary.txt": vocabulary.pieces,
            f"{side}.model": base64.b64decode(vocabulary.state()["model"]),
        }
    facts = {name: getattr(subwords, name.upper()) for name in ("padding", "unknown", "start", "end")}
    facts |= {"beams": config.beams, "length_penalty": config.length_penalty, **decoding.limits(config)}
    return files | {"translation.json": [json.dumps(facts)]}


def alike(artifact, tensors):
    """How far the longest text may be translated, which all texts of a call have in common."""
    if "text" not in tensors:
        return None
    texts = [text.decode("utf-8", "replace") for text in tensors["text"]]
    return decoding.limit(max(map(len, artifact.preprocessor.sources(texts)), default=1), artifact.config)


def _searched(artifact, parts, source, lengths):
    """`layers.Decoded` with the hypotheses of each source on the second axis, best first."""
    config, limit = artifact.config, _limit(artifact, lengths)
    if config.beams == 1:
        arrays = layers.greedy(*parts.start(source, lengths), limit, subwords.END)
        return layers.Decoded(*(tf.expand_dims(part, 1) for part in arrays))
    return layers.beam_search(
        *parts.start(source, lengths, config.beams), limit, subwords.END,
        beams=config.beams, best=config.beams, length_penalty=config.length_penalty,
    )  # fmt: skip


def _limit(artifact, lengths):
    return decoding.limit(tf.reduce_max(tf.maximum(lengths, 1)), artifact.config)


def _beam(artifact, parts):
    @tf.function(autograph=False, input_signature=decoding.SOURCE)
    def beam(source, source_lengths):
        return _searched(artifact, parts, source, source_lengths)._asdict()

    return beam


def _generate(artifact, parts):
    @tf.function(autograph=False, input_signature=decoding.SOURCE)
    def generate(source, source_lengths):
        limit = _limit(artifact, source_lengths)
        return layers.greedy(*parts.start(source, source_lengths), limit, subwords.END)._asdict()

    return generate


def _by_step(parts):
    """`encode`, and `step`, which takes what `encode` gives."""
    encode = _encode(parts)
    return {"encode": encode, "step": _step(parts, encode.get_concrete_function().structured_outputs)}


def _encode(parts):
    @tf.function(autograph=False, input_signature=decoding.SOURCE)
    def encode(source, source_lengths):
        memory, keys, _, state = parts.encode(source, source_lengths)
        return {"memory": _whole(memory), "keys": _whole(keys), **_named(state)}

    return encode


def _step(parts, encoded):
    """The function of `step`; `encoded` is {name: specification of a tensor that `encode` gives}."""
    states = [f"state_{number}" for number in range(len(encoded) - 2)]
    floats = [
        tf.TensorSpec([None] * (len(encoded[name].shape) - 1) + [encoded[name].shape[-1]], tf.float32, name)
        for name in ("memory", "keys", *states)
    ]

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec([None], tf.int32, "token"), decoding.SOURCE[1], *floats]
    )
    def step(token, source_lengths, memory, keys, *state):
        mask = layers.sequence_mask(source_lengths, tf.shape(memory)[1])
        inside = [tf.cast(tensor, parts.decoder.compute_dtype) for tensor in (memory, keys, *state)]
        logits, state, attention = parts.step(token, inside[2:], *inside[:2], mask)
        return {"logits": _whole(logits), "attention": _whole(attention), **_named(state)}

    return step


def _named(state):
    return {f"state_{number}": _whole(tensor) for number, tensor in enumerate(state)}


def _whole(tensor):
    return tf.cast(tensor, tf.float32)


def _texts(artifact, parts):
    """The signature of texts."""
    preprocessor = artifact.preprocessor

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def texts(text):
        source, lengths = _ids(preprocessor.source, text)
        hypotheses = _without_words(_searched(artifact, parts, source, lengths), lengths)
        best = hypotheses.tokens[:, 0, : tf.reduce_max(hypotheses.lengths[:, 0])]  # (batch, time)
        shape = tf.shape(hypotheses.tokens)
        flat = preprocessor.target.detokenize(tf.reshape(hypotheses.tokens, [shape[0] * shape[1], shape[2]]))
        translations, scores = _different(tf.reshape(flat, shape[:2]), hypotheses.scores)  # (batch, beams)
        return {
            "translation": translations[:, 0],
            "score": hypotheses.scores[:, 0],
            "translations": translations,
            "scores": scores,
            "tokens": tf.gather(tf.constant(_spelt(preprocessor.target)), best),
            "source_tokens": tf.gather(tf.constant(_spelt(preprocessor.source)), source),
            "attention": _attention(parts, source, lengths, best),
        }

    return texts


def _different(translations, scores):
    """Of equal texts in a row (batch, beams) the first stays; the others become "" with the score -inf, at the end."""
    count = tf.shape(scores)[1]
    same = tf.expand_dims(translations, 2) == tf.expand_dims(translations, 1)  # (batch, beams, beams)
    earlier = tf.range(count) < tf.expand_dims(tf.range(count), 1)  # (beams, beams)
    again = tf.reduce_any(same & earlier, axis=2)
    order = tf.argsort(tf.cast(again, tf.int32), axis=1, stable=True)
    parts = tf.where(again, "", translations), tf.where(again, -np.inf, scores)
    return [tf.gather(part, order, batch_dims=1) for part in parts]


def _without_words(hypotheses, lengths):
    """`layers.Decoded` in which a source of END alone has no tokens and the score 0."""
    some = tf.cast(tf.expand_dims(lengths > 1, 1), tf.int32)  # (batch, 1)
    scores = tf.where(some > 0, hypotheses.scores, 0.0)
    return layers.Decoded(hypotheses.tokens * tf.expand_dims(some, 2), hypotheses.lengths * some, scores)


def _attention(parts, source, lengths, tokens):
    """The attention weights (batch, time, source time) of each of `tokens` (batch, time); 0 for padding."""
    return parts.attention(source, lengths, tokens) * _whole(tf.expand_dims(tokens != subwords.PADDING, 2))


def _ids(vocabulary, text):
    """Ids of strings (batch,) with END, padded (batch, time), and their lengths (batch,)."""
    ids = vocabulary(text)  # ragged (batch, None)
    ends = tf.fill([tf.shape(text)[0], 1], subwords.END)
    ids = tf.concat([ids, tf.RaggedTensor.from_tensor(ends)], axis=1)
    return ids.to_tensor(subwords.PADDING), tf.cast(ids.row_lengths(), tf.int32)


def _spelt(vocabulary):
    """The pieces, with nothing for padding."""
    return ["", *vocabulary.pieces[1:]]


def probes(artifact):
    """Sentences of words of the training split, one of letters that it lacks, and an empty one.

    In float32, if enough are left, only sentences whose translations do not depend on the last digits of the weights,
    since no export keeps these.
    """
    chance, known = np.random.default_rng(0), sorted(artifact.baseline.entries)
    counts = [1, 2, 3, 5, 8, 13] * 4
    texts = ["", "漢字", *(" ".join(chance.choice(known, count)) for count in counts)]
    sure = [text for text, agrees in zip(texts, _sure(artifact, texts), strict=True) if agrees]
    return (sure if len(sure) > 2 else texts)[: PROBES + 2]


def _sure(artifact, texts):
    """For each text, whether its translations stay the same when the weights change a little."""
    if artifact.config.precision != "float32":
        return [True] * len(texts)
    tokens = []
    for amount in (0.0, UNSURE):
        with _moved(artifact.model, amount):
            tokens.append([encode(artifact, texts)[1]["tokens"], further(artifact, texts)["generate"][1]["tokens"]])
    return [all((old[row] == new[row]).all() for old, new in zip(*tokens, strict=True)) for row in range(len(texts))]


@contextlib.contextmanager
def _moved(model, amount):
    """Inside the context, each weight is changed by at most `amount` of itself, up or down."""
    chance, weights = np.random.default_rng(0), model.get_weights()
    try:
        model.set_weights([(weight * (1 + amount * chance.uniform(-1, 1, weight.shape))).astype(weight.dtype)
                           for weight in weights])  # fmt: skip
        yield
    finally:
        model.set_weights(weights)


def _inputs(artifact, texts):
    """The input tensors of the signatures of ids."""
    ids = artifact.preprocessor.sources(texts)
    return {"source": pairing.rows(ids), "source_lengths": np.array([len(sequence) for sequence in ids], "int32")}


def _decoded(artifact, tensors, beams):
    """The result of the network that `predict` uses: `layers.Decoded` with `beams` hypotheses per source."""
    network, config = artifact.infer, artifact.config
    limit = decoding.limit(int(tensors["source_lengths"].max()), config)
    if beams > 1:
        return network.beam(beams, beams, config.length_penalty)(*tensors.values(), limit)
    return layers.Decoded(*(tf.expand_dims(part, 1) for part in network.greedy(*tensors.values(), limit)))


def encode(artifact, inputs):
    """The tensors of `ids`, and the model's answers."""
    tensors = _inputs(artifact, inputs)
    return tensors, _arrays(_decoded(artifact, tensors, artifact.config.beams)._asdict())


def serve(artifact, inputs):
    """The tensors of `serving_default`, and the model's answers."""
    tensors = _inputs(artifact, inputs)
    hypotheses = _without_words(_decoded(artifact, tensors, artifact.config.beams), tensors["source_lengths"])
    tokens, lengths, scores = (part.numpy() for part in hypotheses)
    _, _, merged = translation_answers.different(artifact, (tokens, lengths, scores), artifact.config.beams)
    best = tokens[:, 0, : lengths[:, 0].max()]
    answers = {
        "translation": _detokenized(artifact, tokens[:, 0]),
        "score": scores[:, 0],
        "scores": merged,
        "attention": _attention(artifact.infer, *map(tf.constant, tensors.values()), best).numpy(),
    }
    return {"text": np.array(inputs, object)}, answers


def further(artifact, inputs):
    """{signature: (tensors, the model's answers)} of the other signatures."""
    tensors = _inputs(artifact, inputs)
    (source, lengths), network = tensors.values(), artifact.infer
    greedy = {name: part[:, 0] for name, part in _decoded(artifact, tensors, 1)._asdict().items()}
    memory, keys, mask, state = network.encode(source, lengths)
    encoded = {"memory": memory, "keys": keys}
    _, second, _ = network.step(tf.fill(lengths.shape, subwords.START), state, memory, keys, mask)
    step_inputs = {"token": greedy["tokens"][:, 0], "source_lengths": lengths, **encoded, **_named(second)}
    logits, third, attention = network.step(step_inputs["token"], second, memory, keys, mask)
    return {
        "generate": (tensors, _arrays(greedy)),
        "encode": (tensors, _arrays(encoded | _named(state))),
        "step": (_arrays(step_inputs), _arrays({"logits": logits, "attention": attention, **_named(third)})),
    }


def golden(artifact, inputs, answers):
    """What golden.json also holds: the best translations as texts."""
    hypotheses = _without_words(layers.Decoded(**answers), _inputs(artifact, inputs)["source_lengths"])
    return {"translation": _detokenized(artifact, hypotheses.tokens[:, 0])}


def preparation(artifact):
    """How an app gets from a text to a text."""
    return [
        "Normalise the text and take it apart into ids: by the library sentencepiece with `source.model`; or by hand "
        "with `source_vocabulary.txt`: a \u2581 before the text and for each space, the letters one by one, then join "
        "again and again the two neighbours whose joined piece has the lowest id (from 4 on), the left ones first "
        "among equals. Letters that are no piece are 1, a run of them one 1.",
        "Add 3, the end. A text without a word is its own translation.",
        "`beam` gives the translations, best first; `generate` the likeliest token each time, quicker and a little "
        "worse. A translation one token after another, with what is looked at: `encode`, then `step` with token 2 and "
        "the states of `encode`, then with the likeliest token and the states that `step` gave, to token 3 or the "
        "limit: limit + limit_per_stride * ceil(source length / stride), of `translation.json`.",
        "Join the pieces of `target_vocabulary.txt` of the tokens before 3, without 0 and 2; a \u2581 is a space, the "
        "first one goes; 1 is shown as \u2047.",
    ]


def _detokenized(artifact, tokens):
    return [text.decode("utf-8") for text in artifact.preprocessor.target.detokenize(tokens).numpy()]


def _arrays(tensors):
    """The tensors as arrays, of whole numbers or float32, as the signatures take and give them."""
    arrays = {name: np.asarray(tensor) for name, tensor in tensors.items()}
    return {name: array if array.dtype.kind == "i" else array.astype("float32") for name, array in arrays.items()}
