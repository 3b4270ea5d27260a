"""How good a music model is: likelihood beside the baselines, and its tunes beside real ones."""

import functools

import numpy as np

from pipelines.music import answers, forms
from pipelines.music.forms import piano_roll
from pipelines.music.tunes import measures as music_measures
from pipelines.music.tunes import sampling
from pipelines.shared import defaults
from pipelines.shared.export import quantized_scores

SAMPLES = 24  # tunes drawn to measure
SHOWN = 3  # tunes drawn for the report
STEPS = 64  # of each of them
SEED = 0
TEMPERATURE = 0.9  # at which chorales drawn are nearest to Bach's
WORTH_A_WARNING = defaults.WORTH_A_WARNING


class Answered:
    """What an artifact makes of examples, for the metrics and for the report.

    logs, places: as of `likelihoods`; rolls: as of `drawn_rolls`.
    """

    def __init__(self, artifact, examples):
        self.logs, self.places = likelihoods(artifact, examples)
        self.rolls = drawn_rolls(artifact, examples)
        self._artifact, self._beginnings = artifact, examples["notes"][:SHOWN]

    @functools.cached_property
    def samples(self):
        """Tunes, to be seen and heard, that begin as the first of the examples do."""
        return [
            answers.generate(self._artifact, first_pitches(notes), length=STEPS, seed=number)[0]
            for number, notes in enumerate(self._beginnings)
        ]


def likelihoods(artifact, examples):
    """(log-probability, step of the piece) of every step of the examples, each an array (steps,)."""
    logs, places = [], []
    for inputs, real in artifact.task.preprocessor.batches(artifact.preprocessor, examples, artifact.config, False):
        found = artifact.infer(*inputs.values())["likelihood"]  # (batch, steps)
        row, place = np.nonzero(real.numpy())
        logs.append(np.asarray(found)[row, place])
        places.append(place)
    return np.concatenate(logs), np.concatenate(places)


def answered(artifact, examples):
    return Answered(artifact, examples)


def score(artifact, examples, answered):
    """The metrics: a flat dictionary of floats.

    nll is the negative log-likelihood of a step, in nats, summed over the keys; the mean is over all steps but each
    piece's first (Bai et al. 2018), and over all of them in nll_with_first. Of events it is that of a token.
    """
    form = forms.FORMS[artifact.config.model]
    numbers = {
        "pieces": len(examples["notes"]),
        **likelihood_measures(answered.logs, answered.places),
        **artifact.baseline.metrics(form.baseline_data(artifact.preprocessor, examples)),
        **tune_measures(artifact, examples, answered.rolls),
    }
    return {name: float(value) for name, value in numbers.items()}


def likelihood_measures(logs, places):
    """steps, nll and nll_with_first."""
    return {"steps": len(logs), "nll": -logs[places > 0].mean(), "nll_with_first": -logs.mean()}


def score_tflite(artifact, interpreter, examples):
    """nll and nll_with_first by a `.tflite`."""
    network = quantized_scores.of_same_inputs(artifact, interpreter)
    found = likelihood_measures(*likelihoods(quantized_scores.with_network(artifact, network), examples))
    return {name: float(found[name]) for name in ("nll", "nll_with_first")}


def drawn_rolls(artifact, examples, count=SAMPLES):
    """The piano rolls of tunes that begin as examples chosen by chance do; with the same seed the same."""
    drawer = sampling.drawer_of(artifact)
    chosen = np.random.default_rng(SEED).permutation(len(examples["notes"]))
    beginnings = [drawer.steps.from_pitches(first_pitches(examples["notes"][row])) for row in np.resize(chosen, count)]
    noise, found = drawer.noise(count, STEPS, SEED), [None] * count
    for shape in {each.shape for each in beginnings}:  # those with as many notes are drawn together
        rows = [row for row in range(count) if beginnings[row].shape == shape]
        given = np.concatenate([beginnings[row] for row in rows])
        for row, tokens in zip(rows, drawer.draw(given, noise[rows], STEPS, TEMPERATURE), strict=True):
            notes = drawer.steps.notes(beginnings[row][0], tokens, STEPS)
            found[row] = piano_roll.roll(notes, STEPS, 1)
    return found


def first_pitches(notes):
    """The pitches that begin together, first of all."""
    return [int(pitch) for start, _, pitch in notes if start == notes[0, 0]]


def tune_measures(artifact, examples, rolls):
    """`sample_...` of drawn tunes and `real_...` of as many beginnings of real pieces, the latter as a range."""
    reference = artifact.baseline
    drawn = music_measures.compared(rolls, reference)
    real = music_measures.spread(piano_roll.rolls(artifact.preprocessor, examples), reference, SAMPLES, STEPS)
    ranges = {
        f"real_{name}_{end}": value
        for name, pair in real.items()
        for end, value in zip(("low", "high"), pair, strict=True)
    }
    return {f"sample_{name}": value for name, value in drawn.items()} | ranges
