"""Decoding: what stands beside a sentence changes nothing, and each way of searching keeps its promises."""

import numpy as np
import pytest
from conftest import pairs

from pipelines.shared.batches import pairing
from pipelines.shared.text.subwords import END, PADDING
from pipelines.translation import answers as translation_answers
from pipelines.translation import decoding


@pytest.fixture(scope="module")
def texts():
    """Sentences of many lengths."""
    sources = pairs()[0]
    return [" ".join(sources[place : place + 1 + place % 3]) for place in range(40)]


@pytest.fixture(scope="module")
def sources(bilingual, texts):
    return bilingual.preprocessor.sources(texts)


def decoded(artifact, sources, **how):
    """tokens, a list of arrays, and scores, (sources, n_best), in order."""
    options = translation_answers.asked(artifact.config, how)
    tokens, scores = {}, {}
    for places, _, found in translation_answers.decoded(artifact, sources, options):
        for row, place in enumerate(places):
            tokens[place] = [each[each != PADDING].tolist() for each in found.tokens[row]]
            scores[place] = found.scores[row]
    return [tokens[place] for place in range(len(sources))], np.array([scores[place] for place in range(len(sources))])


@pytest.mark.parametrize("how", [{"method": "greedy"}, {"beams": 3}, {"method": "sample", "seed": 4}])
def test_batch_and_padding_change_nothing(how, bilingual, sources):
    tokens, scores = decoded(bilingual, sources, **how)
    for place in (0, 17, 38):
        alone, score = decoded(bilingual, [sources[place]], **how)
        assert alone == [tokens[place]]
        np.testing.assert_allclose(score[0], scores[place], rtol=1e-5)
    backwards, _ = decoded(bilingual, sources[::-1], **how)
    assert backwards[::-1] == tokens


def test_padding_of_the_source_changes_nothing(bilingual, sources):
    source, lengths = pairing.rows(sources[:5]), np.array([len(ids) for ids in sources[:5]], "int32")
    padded = np.pad(source, [(0, 0), (0, 9)], constant_values=PADDING)
    one, other = (bilingual.infer.greedy(each, lengths, 25) for each in (source, padded))
    np.testing.assert_array_equal(one.tokens, other.tokens)
    np.testing.assert_allclose(one.scores, other.scores, rtol=1e-5)


def test_one_beam_is_greedy(bilingual, sources):
    greedy, _ = decoded(bilingual, sources, method="greedy")
    source, lengths = pairing.rows(sources[:8]), np.array([len(ids) for ids in sources[:8]], "int32")
    found = bilingual.infer.beam(1, 1, 0.0)(source, lengths, 120)
    long = bilingual.infer.greedy(source, lengths, 120)
    np.testing.assert_array_equal(found.tokens[:, 0], long.tokens)
    np.testing.assert_allclose(found.scores[:, 0], long.scores, rtol=1e-4)
    assert decoded(bilingual, sources, beams=1)[0] == greedy


def test_beams_find_nothing_worse_than_greedy_on_the_whole(bilingual, sources):
    """With the same normalisation of length; of a single sentence a beam may lose the greedy path."""
    penalty = bilingual.config.length_penalty
    greedy, scores = decoded(bilingual, sources, method="greedy")
    lengths = np.array([len(each[0]) for each in greedy])
    _, found = decoded(bilingual, sources, beams=5)
    assert found[:, 0].mean() >= (scores[:, 0] / ((5 + lengths) / 6) ** penalty).mean() - 1e-4


def test_scores_are_log_probabilities_of_teacher_forcing(bilingual, sources):
    """The model of training, given the translation, gives its subwords the probabilities that greedy search added."""
    (tokens, *_), (score, *_) = decoded(bilingual, sources[:1], method="greedy")
    labels = np.array(tokens[0])
    inputs, _, _ = pairing.padded(sources[:1], [labels[:-1] if labels[-1] == END else labels])
    logits = bilingual.model(inputs).numpy()[0, : len(labels)]
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(logs[np.arange(len(labels)), labels].sum(), score[0], rtol=1e-4)


def test_attention_is_the_decoders_own(bilingual, sources):
    """Weights of teacher forcing are those of the decoder's steps, and none of them is on padding."""
    source, lengths = pairing.rows(sources[:4]), np.array([len(ids) for ids in sources[:4]], "int32")
    network = bilingual.infer
    tokens = network.greedy(source, lengths, 12).tokens.numpy()
    weights = network.attention(source, lengths, tokens).numpy()
    memory, keys, mask, state = network.encode(source, lengths)
    token = np.full(4, decoding.START, "int32")
    for step in range(tokens.shape[1]):
        _, state, stepped = network.step(token, state, memory, keys, mask)
        np.testing.assert_allclose(weights[:, step], stepped, atol=1e-5)
        token = tokens[:, step]
    for row, length in enumerate(lengths):
        assert (weights[row, :, length:] == 0).all()
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)


def test_sources_of_like_lengths_stand_together_and_long_ones_in_small_batches():
    sequences = [np.ones(length, "int32") for length in (3, 900, 5, 8, 9, 3)]
    batches = list(decoding.in_batches(sequences))
    assert [sorted(places.tolist()) for places, _, _ in batches] == [[1], [4], [0, 2, 3, 5]]
    lengths = [source.shape for _, source, _ in decoding.in_batches([np.ones(4000, "int32")] * 20)]
    assert max(rows * time for rows, time in lengths) <= decoding.TOKENS_AT_ONCE
    assert sum(rows for rows, _ in lengths) == 20


def test_draws_differ_by_seed_and_number_and_come_again(bilingual, sources):
    one, scores = decoded(bilingual, sources[:6], method="sample", n_best=3, seed=1)
    assert decoded(bilingual, sources[:6], method="sample", n_best=3, seed=1)[0] == one
    assert decoded(bilingual, sources[:6], method="sample", n_best=3, seed=2)[0] != one
    assert any(each[0] != each[1] for each in one)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_one_likeliest_token_is_greedy(bilingual, sources):
    assert decoded(bilingual, sources, method="sample", top_k=1)[0] == decoded(bilingual, sources, method="greedy")[0]
