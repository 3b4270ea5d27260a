"""Translations as `predict` gives them: by beam search, greedy or drawn; n best, scores, attention, copies.

    artifact.predict("Not bad.")                                     # [{"translation": ..., "score": ...}]
    artifact.predict(texts, n_best=3)                                # and "translations": the three best of each
    artifact.predict(texts, method="sample", top_p=0.9, seed=1)
    artifact.predict(texts, attention="words")                       # and "attention": what was looked at

A score is the log-probability of a translation's subwords; of beam search it is divided by ((5 + subwords) / 6) to the
power of `length_penalty`. Sources of like lengths are translated together and answers come in the order of the texts;
what stands beside a text changes nothing in its translation. A text without a word is its own translation.

The n best are n different texts, as far as so many are found. Where other subwords spell the same text, the likeliest
that the beam found count, or the first that were drawn, and the score is theirs alone.

Texts of any length are translated in full up to LONGEST subwords, and longer ones refused. A translation that reaches
its limit without an end (`length_ratio`) is said in a warning: the decoder never loops for ever.
"""

import dataclasses
import logging
import time
import zlib
from typing import Any, NotRequired, TypedDict

import numpy as np

import layers
from pipelines import settings
from pipelines.shared import defaults, keywords
from pipelines.shared.text import subwords
from pipelines.translation import decoding, word_attention
from pipelines.translation.config import Asked

log = logging.getLogger("unroll")

VERBS = defaults.VERBS
LONGEST = 5000  # subwords of a source
NOISE_AT_ONCE = 2**24  # numbers, 64 MiB
# Options that have an effect with one method alone.
OF_ONE_METHOD = {"sample": ("temperature", "top_k", "top_p", "seed"), "beam": ("beams", "length_penalty")}
WIDER = (1, 4, 16)  # times n_best hypotheses are looked among for n_best different texts


class Translation(TypedDict):
    """A translation of a text."""

    translation: str
    score: float


class Answer(Translation):
    """What `predict` says of a text: the best translation, and what was asked for besides."""

    translations: NotRequired[list[Translation]]
    attention: NotRequired[word_attention.Attention]


def asked(config, how):
    """The options of `predict`, completed by those of the artifact and checked against each other.

    Raises:
        TypeError: an unknown option. ValueError: a bad value, or options that do not go together.
    """
    if isinstance(how.get("attention"), bool):
        how = {**how, "attention": "subwords" if how["attention"] else None}
    given = settings.create(Asked, how)
    _check_method(given)
    completed = {
        name: getattr(config, name) for name in ("beams", "length_penalty") if getattr(given, name) is None
    }  # fmt: skip
    given = dataclasses.replace(given, **completed)
    most = {"beam": given.beams, "greedy": 1}.get(given.method)
    if most and given.n_best > most:
        raise ValueError(
            f"n_best: expected at most {most} with method={given.method!r}"
            f"{f' and beams={most}' if given.method == 'beam' else ''}, received {given.n_best}"
        )
    return given


def _check_method(given):
    defaults = Asked()
    for method, names in OF_ONE_METHOD.items():
        changed = [name for name in names if getattr(given, name) != getattr(defaults, name)]
        if changed and given.method != method:
            raise ValueError(f"{', '.join(changed)}: expected with method={method!r}, received method={given.method!r}")


def translated(artifact, texts):
    """The best translation of each text, by the artifact's own settings of decoding."""
    return [one["translation"] for one in answer(artifact, texts)]


@keywords.taking(keywords.of_settings(Asked))
def answer(artifact: Any, inputs: list[str], **how: Any) -> list[Answer]:
    """A list of {"translation", "score"}, one a text.

    With n_best above 1 also "translations", a list of {"translation", "score"}, best first; with attention also
    "attention", a `word_attention.Attention` of the best.
    """
    options = asked(artifact.config, how)
    sources = artifact.preprocessor.sources(inputs)
    _check_lengths(sources, artifact.config)
    written = [place for place, text in enumerate(inputs) if text.strip()]
    answers = [_without_words(text, options) for text in inputs]
    started, cut = time.perf_counter(), 0
    for places, source, found in decoded(artifact, [sources[place] for place in written], options):
        places = [written[place] for place in places]
        cut += _cut(found)
        for place, one in zip(places, _described(artifact, places, inputs, source, found, options), strict=True):
            answers[place] = one
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
            "full, sentence by sentence would be better", longer, len(sources), config.max_length,
        )  # fmt: skip


def _without_words(text, options):
    """The answer to a blank text."""
    one = {"translation": "", "score": 0.0}
    several = {"translations": [dict(one)]} if options.n_best > 1 else {}
    looked = {"attention": word_attention.Attention([], [], np.zeros((0, 0), "float32"))} if options.attention else {}
    return {**one, **several, **looked}


def decoded(artifact, sources, options):
    """Yields (places, (source, lengths), `layers.Decoded` of tokens (batch, n_best, time), best first) in batches."""
    search = _drawn if options.method == "sample" else _searched
    return search(artifact, sources, options)


def _searched(artifact, sources, options):
    """By beam search, or greedy."""
    network = artifact.infer
    beams = options.beams if options.method == "beam" else 1
    for places, source, lengths in decoding.in_batches(sources, beams):
        limit = decoding.limit(source.shape[1], artifact.config)
        if beams > 1:
            found = _different_of_beam(artifact, beams, options, (source, lengths, limit))
        else:
            found = [part.numpy()[:, None] for part in network.greedy(source, lengths, limit)]
        yield places, (source, lengths), _together(found)


def _different_of_beam(artifact, beams, options, given):
    """The arrays of `layers.Decoded` of `n_best` different texts, looked for among more while a row lacks any."""
    for wider in WIDER if options.n_best > 1 else (1,):
        best = wider * options.n_best
        found = [part.numpy() for part in artifact.infer.beam(beams, best, options.length_penalty)(*given)]
        several = found if best == 1 else different(artifact, found, options.n_best)
        if np.isfinite(several[2]).all() or not np.isfinite(found[2][:, -1]).any():
            break
    return several


def _drawn(artifact, sources, options):
    """Drawn subword by subword; a text gets the same noise wherever it stands."""
    network = artifact.infer
    vocabulary, count = len(artifact.preprocessor.target), options.n_best
    draw = network.sample(options.temperature, options.top_k, options.top_p)
    most = decoding.limit(max(map(len, sources), default=0), artifact.config)
    at_once = max(1, NOISE_AT_ONCE // (most * vocabulary))
    for places, source, lengths in decoding.in_batches(sources, count, at_once):
        limit = decoding.limit(source.shape[1], artifact.config)

        def drawn(numbers, places=places, source=source, lengths=lengths, limit=limit):
            noise = [_noise(sources[place], number, options.seed, (limit, vocabulary))
                     for place in places for number in numbers]  # fmt: skip
            found = draw(np.repeat(source, count, 0), np.repeat(lengths, count), np.stack(noise))
            return [part.numpy().reshape(len(places), count, *part.shape[1:]) for part in found]

        found = _different_of_draws(artifact, drawn, options)
        order = np.argsort(-found[2], axis=1, kind="stable")  # (batch, count)
        rows_of = np.arange(len(places))[:, None]
        yield places, (source, lengths), _together([part[rows_of, order] for part in found])


def _different_of_draws(artifact, drawn, options):
    """The first `n_best` draws of different texts; it is drawn again while any row lacks some."""
    count, found = options.n_best, None
    if count == 1:
        return drawn(range(1))
    for start in range(0, WIDER[-1] * count, count):
        draws = drawn(range(start, start + count))
        found = draws if not start else [np.concatenate(parts, 1) for parts in zip(found, draws, strict=True)]
        several = different(artifact, found, count)
        if np.isfinite(several[2]).all() or not options.temperature:
            break
    return several


def different(artifact, found, count):
    """Of tokens (batch, hypotheses, time), lengths and scores the first `count` of a row that spell different texts.

    Where a row has fewer, no tokens and the score -inf.
    """
    tokens, _, scores = found
    missing = scores.shape[1]  # the place of a hypothesis that is none
    chosen = np.full((len(tokens), count), missing)
    for row, texts in enumerate(_spelt(artifact, tokens)):
        firsts = {text: place for place, text in reversed([*enumerate(texts)]) if np.isfinite(scores[row, place])}
        places = sorted(firsts.values())[:count]
        chosen[row, : len(places)] = places
    return [
        np.concatenate([part, np.full_like(part[:, :1], nothing)], 1)[np.arange(len(part))[:, None], chosen]
        for part, nothing in zip(found, (subwords.PADDING, 0, -np.inf), strict=True)
    ]


def _spelt(artifact, tokens):
    """The texts of tokens (batch, hypotheses, time), an array (batch, hypotheses)."""
    texts = artifact.preprocessor.target.detokenize(tokens.reshape(-1, tokens.shape[2])).numpy()
    return np.array([text.decode("utf-8") for text in texts], object).reshape(tokens.shape[:2])


def _together(parts):
    return layers.Decoded(*parts)


def _noise(ids, number, seed, shape):
    """Gumbel's noise float32 (time, vocabulary) of the `number`-th translation of a source."""
    chance = np.random.default_rng([seed, zlib.crc32(ids.tobytes()), number])
    uniform = np.clip(chance.random(shape, "float32"), 1e-7, 1 - 1e-7)
    return -np.log(-np.log(uniform))


def _cut(found):
    """How many of the best translations have no end."""
    best, lengths = found.tokens[:, 0], found.lengths[:, 0]
    last = best[np.arange(len(best)), np.maximum(lengths - 1, 0)]
    return int(((lengths == best.shape[1]) & (last != subwords.END)).sum())


def _described(artifact, places, texts, source, found, options):
    """Yields the answer of each text of a batch."""
    translations = _spelt(artifact, found.tokens)
    looking = _looking(artifact, source, found, options)
    for row, place in enumerate(places):
        seen = [_looked_at(artifact, texts[place], found, row, number, weights) for number, weights in looking]
        if options.copy_unknown:
            known = set(artifact.preprocessor.source.pieces)
            translations[row] = [word_attention.copied(one, known) for one in seen]
        scores = {}
        for translation, score in zip(translations[row], found.scores[row], strict=True):
            if np.isfinite(score):  # where there are fewer translations than asked for
                scores.setdefault(translation, float(score))  # two may be the same once words are copied
        several = [{"translation": translation, "score": score} for translation, score in scores.items()]
        answer = dict(several[0]) | ({"translations": several} if options.n_best > 1 else {})
        if options.attention:
            words = options.attention == "words"
            answer["attention"] = word_attention.by_word(seen[0]) if words else seen[0]
        yield answer


def _looking(artifact, source, found, options):
    """[(number of a translation, weights (batch, time, source time))]: of those whose attention is needed."""
    needed = found.tokens.shape[1] if options.copy_unknown else 1 if options.attention else 0
    return [(number, artifact.infer.attention(*source, found.tokens[:, number]).numpy()) for number in range(needed)]


def _looked_at(artifact, text, found, row, number, weights):
    """The `Attention` by subword of one translation of a batch."""
    preprocessor = artifact.preprocessor
    pieces = [*preprocessor.source.tokens([text])[0], word_attention.THE_END]
    tokens = found.tokens[row, number, : found.lengths[row, number]]
    spelt = [subwords.UNKNOWN_TEXT if id == subwords.UNKNOWN else preprocessor.target.pieces[id] for id in tokens]
    return word_attention.Attention(pieces, spelt, weights[row, : len(tokens), : len(pieces)])
