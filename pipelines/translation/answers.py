"""Translations as `predict` gives them: by beam search, greedy search or sampling, with scores and attention.

    artifact.predict("Not bad.")                                     # [{"translation": ..., "score": ...}]
    artifact.predict(texts, n_best=3)                                # and "translations", the three best of each
    artifact.predict(texts, method="sample", top_p=0.9, seed=1)
    artifact.predict(texts, attention="words")                       # and "attention", what was looked at

A score is the log-probability of a translation's subwords; beam search divides it by ((5 + subwords) / 6) to the power
of `length_penalty`. Sources of similar lengths are translated together, and the answers come in the order of the texts.
The other texts change nothing in the translation of a text. The translation of a blank text is empty.

The n best are n different texts, if so many are found. Where several sequences of subwords spell the same text, the
likeliest that the beam found counts, or the first that was drawn, and the score is that of this sequence alone.

Texts of up to LONGEST subwords are translated in full, and longer ones refused. A warning counts the translations that
reach their limit (`length_ratio`) without an end: the decoder never loops for ever.
"""

import dataclasses
import logging
import time
import zlib
from typing import Any, NotRequired, TypedDict

import numpy as np

import layers
from pipelines import settings
from pipelines.shared import keywords
from pipelines.shared.text import subwords
from pipelines.translation import decoding, inside, word_attention
from pipelines.translation.config import Asked

log = logging.getLogger("unroll")

VERBS = {"gates": inside.gates, "nearest": inside.nearest}
LONGEST = 5000  # subwords of a source
NOISE_AT_ONCE = 2**24  # numbers, 64 MiB
# Options that have an effect with only one method.
OF_ONE_METHOD = {"sample": ("temperature", "top_k", "top_p", "seed"), "beam": ("beams", "length_penalty")}
WIDER = (1, 4, 16)  # times n_best: the hypotheses searched, one after another, for n_best different texts


class Translation(TypedDict):
    """A translation of a text."""

    translation: str
    score: float


class Answer(Translation):
    """What `predict` gives for a text: the best translation, and what else was asked for."""

    translations: NotRequired[list[Translation]]
    attention: NotRequired[word_attention.Attention]


def asked(config, how):
    """The options of `predict`, completed from the artifact's settings and checked against each other.

    Raises:
        TypeError: an option is unknown. ValueError: a value is bad, or options do not go together.
    """
    if isinstance(how.get("attention"), bool):
        how = {**how, "attention": "subwords" if how["attention"] else None}
    options = settings.create(Asked, how)
    _check_method(options)
    completed = {
        name: getattr(config, name) for name in ("beams", "length_penalty") if getattr(options, name) is None
    }  # fmt: skip
    options = dataclasses.replace(options, **completed)
    most = {"beam": options.beams, "greedy": 1}.get(options.method)
    if most and options.n_best > most:
        raise ValueError(
            f"n_best: expected at most {most} with method={options.method!r}"
            f"{f' and beams={most}' if options.method == 'beam' else ''}, received {options.n_best}"
        )
    return options


def _check_method(options):
    defaults = Asked()
    for method, names in OF_ONE_METHOD.items():
        changed = [name for name in names if getattr(options, name) != getattr(defaults, name)]
        if changed and options.method != method:
            raise ValueError(
                f"{', '.join(changed)}: expected only with method={method!r}, received method={options.method!r}"
            )


def translated(artifact, texts):
    """The best translation of each text, with the artifact's own settings of decoding."""
    return [translation["translation"] for translation in answer(artifact, texts)]


def columns(inputs, answers):
    """source, translation, score and rank, a row a translation."""
    rows = [
        (text, translation["translation"], translation["score"], rank)
        for text, answer in zip(inputs, answers, strict=True)
        for rank, translation in enumerate(answer.get("translations", [answer]), 1)
    ]
    values = zip(*rows, strict=True) if rows else [()] * 4
    return dict(zip(("source", "translation", "score", "rank"), map(list, values), strict=True))


@keywords.taking(keywords.of_settings(Asked))
def answer(artifact: Any, inputs: list[str], **how: Any) -> list[Answer]:
    """A list of {"translation", "score"}, one per text.

    With n_best above 1 each also has "translations", a list of {"translation", "score"}, best first; with attention,
    "attention", a `word_attention.Attention` of the best translation.
    """
    options = asked(artifact.config, how)
    sources = artifact.preprocessor.sources(inputs)
    _check_lengths(sources, artifact.config)
    written = [index for index, text in enumerate(inputs) if text.strip()]
    answers = [_without_words(text, options) for text in inputs]
    started, cut = time.perf_counter(), 0
    for indices, source, hypotheses in decoded(artifact, [sources[index] for index in written], options):
        indices = [written[index] for index in indices]
        cut += _cut(hypotheses)
        for index, described in zip(
            indices, _described(artifact, indices, inputs, source, hypotheses, options), strict=True
        ):
            answers[index] = described
    if written:
        seconds = time.perf_counter() - started
        log.info("%d sentences in %.1f s, %.0f a second", len(written), seconds, len(written) / seconds)
    if cut:
        log.warning(
            "%d translations of %d reached their limit, %g times the source's subwords, before their end; train with a "
            "higher length_ratio if they should go on", cut, len(written), artifact.config.length_ratio,
        )  # fmt: skip
    return answers


def _check_lengths(sources, config):
    lengths = [len(ids) for ids in sources]
    longest = max(lengths, default=0)
    if longest > LONGEST:
        raise ValueError(
            f"predict, text {lengths.index(longest) + 1}: expected at most {LONGEST} subwords, received {longest}; "
            "give its sentences one by one"
        )
    longer = sum(length > config.max_length for length in lengths)
    if longer:
        log.warning(
            "%d of %d texts are longer than the %d subwords (max_length) that training went to; they are translated in "
            "full, but sentence by sentence would be better", longer, len(sources), config.max_length,
        )  # fmt: skip


def _without_words(text, options):
    """The answer to a blank text."""
    translation = {"translation": "", "score": 0.0}
    several = {"translations": [dict(translation)]} if options.n_best > 1 else {}
    looked = {"attention": word_attention.Attention([], [], np.zeros((0, 0), "float32"))} if options.attention else {}
    return {**translation, **several, **looked}


def decoded(artifact, sources, options):
    """Yields (indices, (source, lengths), `layers.Decoded` of tokens (batch, n_best, time), best first) per batch."""
    search = _drawn if options.method == "sample" else _searched
    return search(artifact, sources, options)


def _searched(artifact, sources, options):
    """`decoded` by beam search or greedy search."""
    network = artifact.infer
    beams = options.beams if options.method == "beam" else 1
    for indices, source, lengths in decoding.in_batches(sources, beams):
        limit = decoding.limit(source.shape[1], artifact.config)
        if beams > 1:
            arrays = _different_of_beam(artifact, beams, options, (source, lengths, limit))
        else:
            arrays = [part.numpy()[:, None] for part in network.greedy(source, lengths, limit)]
        yield indices, (source, lengths), _together(arrays)


def _different_of_beam(artifact, beams, options, inputs):
    """The arrays of `layers.Decoded` for `n_best` different texts; the beam search widens while a row has fewer."""
    for wider in WIDER if options.n_best > 1 else (1,):
        best = wider * options.n_best
        arrays = [part.numpy() for part in artifact.infer.beam(beams, best, options.length_penalty)(*inputs)]
        several = arrays if best == 1 else different(artifact, arrays, options.n_best)
        if np.isfinite(several[2]).all() or not np.isfinite(arrays[2][:, -1]).any():
            break
    return several


def _drawn(artifact, sources, options):
    """`decoded` by sampling, subword by subword; the noise of a text depends on the text, not on its index."""
    network = artifact.infer
    vocabulary, count = len(artifact.preprocessor.target), options.n_best
    draw = network.sample(options.temperature, options.top_k, options.top_p)
    most = decoding.limit(max(map(len, sources), default=0), artifact.config)
    at_once = max(1, NOISE_AT_ONCE // (most * vocabulary))
    for indices, source, lengths in decoding.in_batches(sources, count, at_once):
        limit = decoding.limit(source.shape[1], artifact.config)

        def drawn(numbers, indices=indices, source=source, lengths=lengths, limit=limit):
            noise = [_noise(sources[index], number, options.seed, (limit, vocabulary))
                     for index in indices for number in numbers]  # fmt: skip
            arrays = draw(np.repeat(source, count, 0), np.repeat(lengths, count), np.stack(noise))
            return [part.numpy().reshape(len(indices), count, *part.shape[1:]) for part in arrays]

        arrays = _different_of_draws(artifact, drawn, options)
        order = np.argsort(-arrays[2], axis=1, kind="stable")  # (batch, count)
        rows_of = np.arange(len(indices))[:, None]
        yield indices, (source, lengths), _together([part[rows_of, order] for part in arrays])


def _different_of_draws(artifact, drawn, options):
    """The first `n_best` draws that spell different texts; it draws again while any row has fewer."""
    count, arrays = options.n_best, None
    if count == 1:
        return drawn(range(1))
    for start in range(0, WIDER[-1] * count, count):
        draws = drawn(range(start, start + count))
        arrays = draws if not start else [np.concatenate(parts, 1) for parts in zip(arrays, draws, strict=True)]
        several = different(artifact, arrays, count)
        if np.isfinite(several[2]).all() or not options.temperature:
            break
    return several


def different(artifact, arrays, count):
    """The first `count` hypotheses of each row that spell different texts, as arrays like those that came in.

    arrays: tokens (batch, hypotheses, time), lengths and scores (batch, hypotheses). A row with fewer is filled up with
    hypotheses of no tokens and the score -inf.
    """
    tokens, _, scores = arrays
    missing = scores.shape[1]  # the number of the hypothesis that fills rows
    chosen = np.full((len(tokens), count), missing)
    for row, texts in enumerate(_spelt(artifact, tokens)):
        firsts = {text: number for number, text in reversed([*enumerate(texts)]) if np.isfinite(scores[row, number])}
        numbers = sorted(firsts.values())[:count]
        chosen[row, : len(numbers)] = numbers
    return [
        np.concatenate([part, np.full_like(part[:, :1], nothing)], 1)[np.arange(len(part))[:, None], chosen]
        for part, nothing in zip(arrays, (subwords.PADDING, 0, -np.inf), strict=True)
    ]


def _spelt(artifact, tokens):
    """The texts that tokens (batch, hypotheses, time) spell, an array (batch, hypotheses)."""
    texts = artifact.preprocessor.target.detokenize(tokens.reshape(-1, tokens.shape[2])).numpy()
    return np.array([text.decode("utf-8") for text in texts], object).reshape(tokens.shape[:2])


def _together(parts):
    return layers.Decoded(*parts)


def _noise(ids, number, seed, shape):
    """Gumbel noise, float32 (time, vocabulary), for the `number`-th translation of a source."""
    chance = np.random.default_rng([seed, zlib.crc32(ids.tobytes()), number])
    uniform = np.clip(chance.random(shape, "float32"), 1e-7, 1 - 1e-7)
    return -np.log(-np.log(uniform))


def _cut(hypotheses):
    """How many of the best translations reached their limit without an end."""
    best, lengths = hypotheses.tokens[:, 0], hypotheses.lengths[:, 0]
    last = best[np.arange(len(best)), np.maximum(lengths - 1, 0)]
    return int(((lengths == best.shape[1]) & (last != subwords.END)).sum())


def _described(artifact, indices, texts, source, hypotheses, options):
    """Yields the answer of each text of a batch."""
    translations = _spelt(artifact, hypotheses.tokens)
    looking = _looking(artifact, source, hypotheses, options)
    for row, index in enumerate(indices):
        seen = [_looked_at(artifact, texts[index], hypotheses, row, number, weights) for number, weights in looking]
        if options.copy_unknown:
            known = set(artifact.preprocessor.source.pieces)
            translations[row] = [word_attention.copied(attention, known) for attention in seen]
        scores = {}
        for translation, score in zip(translations[row], hypotheses.scores[row], strict=True):
            if np.isfinite(score):  # not so where fewer translations were found than asked for
                scores.setdefault(translation, float(score))  # two may be the same once words are copied
        several = [{"translation": translation, "score": score} for translation, score in scores.items()]
        answer = dict(several[0]) | ({"translations": several} if options.n_best > 1 else {})
        if options.attention:
            words = options.attention == "words"
            answer["attention"] = word_attention.by_word(seen[0]) if words else seen[0]
        yield answer


def _looking(artifact, source, hypotheses, options):
    """[(number of a translation, its weights (batch, time, source time))] for those whose attention is needed."""
    needed = hypotheses.tokens.shape[1] if options.copy_unknown else 1 if options.attention else 0
    return [
        (number, artifact.infer.attention(*source, hypotheses.tokens[:, number]).numpy()) for number in range(needed)
    ]


def _looked_at(artifact, text, hypotheses, row, number, weights):
    """The `Attention` by subword of one translation of a batch."""
    preprocessor = artifact.preprocessor
    pieces = [*preprocessor.source.tokens([text])[0], word_attention.THE_END]
    tokens = hypotheses.tokens[row, number, : hypotheses.lengths[row, number]]
    spelt = [subwords.UNKNOWN_TEXT if id == subwords.UNKNOWN else preprocessor.target.pieces[id] for id in tokens]
    return word_attention.Attention(pieces, spelt, weights[row, : len(tokens), : len(pieces)])
