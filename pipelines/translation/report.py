"""The report of a translator: scores beside the baselines, curves, attention, the best and worst translations."""

import numpy as np
import sacrebleu

from pipelines.shared import defaults
from pipelines.shared.report import headline, pages
from pipelines.translation import bleu_tokenizers, heat_maps, scores, word_attention

illustrate = defaults.illustrate
PICTURES = 4
LONGEST_PICTURE = 22  # subwords of a source
SHOWN = 8  # translations, of the best and of the worst
COMPARED = {"this model": "", "dictionary, word by word": "baseline_dictionary_", "source copied": "baseline_copy_"}


def sections(artifact, examples, answered):
    """The sections of the report on the test split."""
    numbers = artifact.metrics
    texts, references, translations = answered
    rows = [[name, numbers[f"{key}sacrebleu"], numbers[f"{key}chrf"]] for name, key in COMPARED.items()]
    shown = {**headline.of(artifact, {"BLEU": "sacrebleu", "chrF": "chrf"}), "sentences": len(texts)}
    header = ["translator", "BLEU (sacreBLEU)", "chrF"]
    beside = pages.table("Beside the baselines", header, rows, headline.error(artifact))
    tokenize = bleu_tokenizers.usable(artifact.preprocessor.bleu_tokenize)
    signatures = scores.signatures(translations, references, tokenize)
    signed = pages.table("What the numbers depend on", ["score", "signature"], list(signatures.items()))
    chrf = _sentence_scores(references, translations)
    return [
        pages.Section("Result on the test split", pages.numbers(shown) + beside + signed),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
        pages.Section("What was looked at", _looked_at(artifact, texts, chrf)),
        pages.Section("Translations", _extremes(*answered, chrf)),
    ]


def _sentence_scores(references, translations):
    """chrF of each translation."""
    judge = sacrebleu.CHRF()
    return [judge.sentence_score(text, several).score for text, several in zip(translations, references, strict=True)]


def _looked_at(artifact, texts, chrf):
    """Attention by whole words: of long sentences, and of the worst translations."""
    lengths = np.array([len(ids) for ids in artifact.preprocessor.sources(texts)], int)
    fitting = np.flatnonzero((lengths <= LONGEST_PICTURE) & (lengths > 1))  # more than the end
    longest = fitting[np.argsort(lengths[fitting], kind="stable")][-PICTURES:]
    worst = fitting[np.argsort(np.array(chrf)[fitting], kind="stable")]
    worst = [row for row in worst if row not in longest][:PICTURES]
    said = "A row a word of the translation, a column a word of the source; the darker, the more it was looked at."
    return (
        pages.note(said)
        + pictures(artifact, "Long sentences", texts, longest, chrf)
        + pictures(artifact, "The worst translations, by chrF", texts, worst, chrf)
    )


def pictures(artifact, caption, texts, rows, chrf):
    """Heat maps of the attention, by whole words, of the texts of some rows; nothing if there are none."""
    answers = artifact.predict([texts[row] for row in rows], attention=True) if len(rows) else []
    drawn = [
        pages.figure(heat_map(word_attention.where_there_are_words(answer["attention"])), f"Attention of: {texts[row]}",
                      f"{texts[row]} → {answer['translation']} (chrF {chrf[row]:.1f})")
        for row, answer in zip(rows, answers, strict=True)
        if answer["translation"]
    ]  # fmt: skip
    return f"<h3>{caption}</h3>{''.join(drawn)}" if drawn else ""


def heat_map(attention):
    """A `matplotlib.figure.Figure` of an attention."""
    return heat_maps.heat_map(*word_attention.labels(attention), attention.weights)


def _extremes(texts, references, translations, chrf):
    """The best and the worst translations by chrF, beside their references."""
    order = np.argsort(chrf, kind="stable")

    def shown(indices):
        return [
            (texts[index], {"translation": translations[index], "reference": " | ".join(references[index]),
                            "chrF": round(chrf[index], 1)})
            for index in indices
        ]  # fmt: skip

    longest = sorted(order[::-1], key=lambda index: (-round(chrf[index], 1), -len(texts[index])))
    worst, best = order[:SHOWN], longest[:SHOWN]
    return pages.examples("The worst, by chrF", shown(worst)) + pages.examples("The best", shown(best))
