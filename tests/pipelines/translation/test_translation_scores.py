"""The scores of translations, against sacreBLEU used by itself."""

import json

import pytest
import sacrebleu
from conftest import pairs

from pipelines.translation import data as sentence_pairs
from pipelines.translation import scores as translation_scores

FOUND = ["La casa roja es grande.", "¿Dónde está el perro?", "Veo al hombre.", "No."]
REFERENCES = [
    ["La casa roja es grande.", "La casa roja es muy grande."],
    ["¿Dónde está el gato?"],
    ["Veo a el hombre.", "Veo al hombre", "Yo veo al hombre."],
    ["No, gracias."],
]


def test_scores_are_sacrebleus():
    # As its documentation has them: a stream a reference, None where a text has fewer.
    streams = [[several[0] for several in REFERENCES]]
    streams += [[several[at] if len(several) > at else None for several in REFERENCES] for at in (1, 2)]
    scores = translation_scores.judged(FOUND, REFERENCES)
    assert scores["sacrebleu"] == pytest.approx(sacrebleu.corpus_bleu(FOUND, streams).score)
    assert scores["chrf"] == pytest.approx(sacrebleu.corpus_chrf(FOUND, streams).score)
    assert scores["bleu"] == pytest.approx(scores["sacrebleu"], abs=1e-6)


@pytest.mark.parametrize("at_once", [1, 7, 256])
def test_our_bleu_is_sacrebleus_however_it_is_cut(at_once):
    _, targets = pairs(60)
    found = [" ".join(text.split()[::-1]) if place % 3 else text for place, text in enumerate(targets)]
    expected = sacrebleu.corpus_bleu(found, [list(targets)]).score
    assert 10 < expected < 90
    assert translation_scores.bleu(found, [[text] for text in targets], at_once=at_once) == pytest.approx(
        expected, abs=1e-6
    )


def test_signatures_are_sacrebleus():
    signatures = translation_scores.signatures(FOUND, [several[:1] for several in REFERENCES])
    assert signatures["sacrebleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert signatures["chrf"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


def test_metrics_are_flat_numbers_and_those_of_the_predictions(bilingual):
    numbers = json.loads((bilingual.path / "metrics.json").read_text())
    assert all(isinstance(value, float) for value in numbers.values())
    sources, references = sentence_pairs.grouped(bilingual.splits["test"])
    found = [answer["translation"] for answer in bilingual.predict(sources)]
    streams = translation_scores.columns(references)
    assert numbers["sacrebleu"] == pytest.approx(sacrebleu.BLEU(force=True).corpus_score(found, streams).score)
    assert numbers["chrf"] == pytest.approx(sacrebleu.corpus_chrf(found, streams).score)
    copies = sacrebleu.BLEU(force=True).corpus_score(sources, streams).score
    assert numbers["baseline_copy_sacrebleu"] == pytest.approx(copies)
    words = [bilingual.baseline.translate(text) for text in sources]
    expected = sacrebleu.BLEU(force=True).corpus_score(words, streams).score
    assert numbers["baseline_dictionary_sacrebleu"] == pytest.approx(expected)


def test_several_references_of_a_source_count_as_one_sentence(bilingual):
    text = bilingual.splits["test"]["source"][0]
    word_by_word = bilingual.baseline.translate(text)
    alone = bilingual.evaluate({"source": [text], "target": ["Algo muy distinto."]})
    both = bilingual.evaluate({"source": [text, text], "target": ["Algo muy distinto.", word_by_word]})
    assert alone["baseline_dictionary_chrf"] < both["baseline_dictionary_chrf"] == pytest.approx(100)


def test_val_bleu_is_the_bleu_of_greedy_translations(bilingual):
    sources, references = sentence_pairs.grouped(bilingual.splits["valid"])
    count = bilingual.config.validation_sentences
    best = max(range(2), key=lambda epoch: bilingual.history["val_bleu"][epoch])
    found = [answer["translation"] for answer in bilingual.predict(sources[:count], method="greedy")]
    expected = sacrebleu.BLEU(force=True).corpus_score(found, translation_scores.columns(references[:count])).score
    assert bilingual.history["val_bleu"][best] == pytest.approx(expected, abs=1e-4)
