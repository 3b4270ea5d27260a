"""The report of a translator: scores beside the baselines, curves, attention, the best and worst translations."""

import matplotlib.figure
import numpy as np
import sacrebleu

from pipelines.shared import defaults
from pipelines.shared.report import pages
from pipelines.translation import bleu_tokenizers, scores

illustrate = defaults.illustrate
PICTURES = 4
LONGEST_PICTURE = 22  # subwords of a side
SHOWN = 8  # translations, of the best and of the worst
COMPARED = {"this model": "", "dictionary, word by word": "baseline_dictionary_", "source copied": "baseline_copy_"}


def sections(artifact, examples, answered):
    """The sections of the report on the test split."""
    numbers = artifact.metrics
    texts, references, translations = answered
    rows = [[name, numbers[f"{key}sacrebleu"], numbers[f"{key}chrf"]] for name, key in COMPARED.items()]
    headline = {"BLEU": numbers["bleu"], "chrF": numbers["chrf"], "sentences": len(texts)}
    beside = pages.table("Beside the baselines", ["translator", "BLEU (sacreBLEU)", "chrF"], rows)
    tokenize = bleu_tokenizers.usable(artifact.preprocessor.bleu_tokenize)
    signatures = scores.signatures(translations, references, tokenize)
    signed = pages.table("What the numbers depend on", ["score", "signature"], list(signatures.items()))
    return [
        pages.Section("Result on the test split", pages.numbers(headline) + beside + signed),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
        pages.Section("What was looked at", pictures(artifact, texts)),
        pages.Section("Translations", _extremes(*answered)),
    ]


def pictures(artifact, texts):
    """Heat maps of the attention of some texts: the longest ones whose picture can still be read."""
    lengths = [len(ids) for ids in artifact.preprocessor.sources(texts)]
    shortest = sorted(range(len(texts)), key=lambda index: lengths[index])
    fitting = [index for index in shortest if lengths[index] <= LONGEST_PICTURE]
    chosen = fitting[-PICTURES:] or shortest[:PICTURES]
    answers = artifact.predict([texts[index] for index in chosen], attention=True) if chosen else []
    drawn = [
        pages.figure(heat_map(answer["attention"]), f"Attention of: {texts[index]}",
                      f"{texts[index]} → {answer['translation']}")
        for index, answer in zip(chosen, answers, strict=True)
    ]  # fmt: skip
    return "".join(drawn)


def heat_map(attention):
    """A `matplotlib.figure.Figure`: a row for each piece of the target, a column for each piece of the source."""
    rows, columns = attention.weights.shape
    drawing = matplotlib.figure.Figure(figsize=(1.6 + 0.36 * columns, 1.2 + 0.26 * rows), layout="constrained")
    axes = drawing.subplots()
    axes.imshow(attention.weights, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_xticks(range(columns), attention.source, rotation=60, ha="left", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(range(rows), attention.target, parse_math=False)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    return drawing


def _extremes(texts, references, translations):
    """The best and the worst translations by chrF, beside their references."""
    judge = sacrebleu.CHRF()
    chrf = [judge.sentence_score(text, several).score for text, several in zip(translations, references, strict=True)]
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
