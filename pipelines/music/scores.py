"""How good a music model is: likelihood beside the baselines, and its tunes beside real ones."""

import collections
import functools

import numpy as np

from pipelines.music import answers, forms
from pipelines.music.forms import piano_roll
from pipelines.music.tunes import measures as music_measures
from pipelines.music.tunes import sampling
from pipelines.shared import defaults
from pipelines.shared.export import quantized_scores
from pipelines.shared.metrics import outcomes

SAMPLES = 24  # tunes drawn to be measured
SHOWN = 3  # tunes drawn for the report
STEPS = 64  # length of each tune drawn
SEED = 0
TEMPERATURE = 0.9  # at which the chorales drawn come nearest to Bach's
WORTH_A_WARNING = defaults.WORTH_A_WARNING
retrained = defaults.retrained
BASELINES = {
    "markov": "the Markov chain",
    "copy": "the chord before",
    "independent": "keys by themselves",
}


class Answered:
    """What an artifact makes of examples, for the metrics and the report.

    logs, steps: as `likelihoods` gives them; rolls: as `drawn_rolls` gives them.
    """

    def __init__(self, artifact, examples):
        self.logs, self.steps = likelihoods(artifact, examples)
        self.rolls = drawn_rolls(artifact, examples)
        self._artifact, self._beginnings = artifact, examples["notes"][:SHOWN]

    @functools.cached_property
    def samples(self):
        """Tunes for the report, which begin as the first of the examples do."""
        return [
            answers.generate(self._artifact, first_pitches(notes), length=STEPS, seed=number)[0]
            for number, notes in enumerate(self._beginnings)
        ]


def likelihoods(artifact, examples):
    """(log-probabilities, steps), arrays with an entry for every step of every piece; steps count from 0 in a piece."""
    logs, steps = [], []
    for inputs, real in artifact.task.preprocessor.batches(artifact.preprocessor, examples, artifact.config, False):
        likelihood = artifact.infer(*inputs.values())["likelihood"]  # (batch, steps)
        rows, real_steps = np.nonzero(real.numpy())
        logs.append(np.asarray(likelihood)[rows, real_steps])
        steps.append(real_steps)
    return np.concatenate(logs), np.concatenate(steps)


def answered(artifact, examples):
    return Answered(artifact, examples)


def score(artifact, examples, answered):
    """The metrics: a flat dictionary of floats.

    nll is the negative log-likelihood of a step, in nats, summed over the keys: the mean over all steps but the first
    of each piece (Bai et al. 2018). nll_with_first is the mean over all steps. With events a step is a token.
    """
    form = forms.FORMS[artifact.config.model]
    numbers = {
        "pieces": len(examples["notes"]),
        **likelihood_measures(answered.logs, answered.steps),
        **artifact.baseline.metrics(form.baseline_data(artifact.preprocessor, examples)),
        **tune_measures(artifact, examples, answered.rolls),
    }
    return {name: float(value) for name, value in numbers.items()}


def outcomes_of(artifact, examples, answered):
    """The negative log-likelihood of each piece, the model's and each baseline's, over all steps but the first."""
    form = forms.FORMS[artifact.config.model]
    pieces = form.baseline_data(artifact.preprocessor, examples)
    own = by_piece(answered.logs, answered.steps, list(map(len, pieces)))
    logs = {"": [one[1:] for one in own], **artifact.baseline.logs(pieces)}
    sums = {name: [-one.sum() for one in parts] for name, parts in logs.items()}
    counts = [len(piece) - 1 for piece in pieces]
    called = "nats a token" if artifact.config.model == "events" else "nats a step"
    return outcomes.of_values("nll", sums, counts=counts, called=called, lower=True, noun="pieces", names=BASELINES)


def by_piece(logs, steps, lengths):
    """The log-probabilities of each piece, in the order of the pieces; those of equal length come in their order.

    >>> by_piece(np.array([1, 1, 5, 2, 2]), np.array([0, 1, 0, 0, 1]), [2, 2, 1])
    [array([1, 1]), array([2, 2]), array([5])]
    """
    parts = np.split(logs, np.flatnonzero(steps == 0)[1:])
    waiting = collections.defaultdict(collections.deque)
    for part in parts:
        waiting[len(part)].append(part)
    return [waiting[length].popleft() for length in lengths]


def likelihood_measures(logs, steps):
    """steps, nll and nll_with_first."""
    return {"steps": len(logs), "nll": -logs[steps > 0].mean(), "nll_with_first": -logs.mean()}


def score_tflite(artifact, interpreter, examples):
    """nll and nll_with_first by a `.tflite`."""
    network = quantized_scores.of_same_inputs(artifact, interpreter)
    measures = likelihood_measures(*likelihoods(quantized_scores.with_network(artifact, network), examples))
    return {name: float(measures[name]) for name in ("nll", "nll_with_first")}


def drawn_rolls(artifact, examples, count=SAMPLES):
    """The piano rolls of `count` tunes that begin as randomly chosen examples do, the same in every call."""
    drawer = sampling.drawer_of(artifact)
    chosen = np.random.default_rng(SEED).permutation(len(examples["notes"]))
    beginnings = [drawer.steps.from_pitches(first_pitches(examples["notes"][row])) for row in np.resize(chosen, count)]
    noise, rolls = drawer.noise(count, STEPS, SEED), [None] * count
    for shape in {beginning.shape for beginning in beginnings}:  # those with equally many notes are drawn together
        rows = [row for row in range(count) if beginnings[row].shape == shape]
        batch = np.concatenate([beginnings[row] for row in rows])
        for row, tokens in zip(rows, drawer.draw(batch, noise[rows], STEPS, TEMPERATURE), strict=True):
            notes = drawer.steps.notes(beginnings[row][0], tokens, STEPS)
            rolls[row] = piano_roll.roll(notes, STEPS, 1)
    return rolls


def first_pitches(notes):
    """The pitches that begin together with the first note."""
    return [int(pitch) for start, _, pitch in notes if start == notes[0, 0]]


def tune_measures(artifact, examples, rolls):
    """`sample_...` of the tunes drawn, and `real_..._low` and `real_..._high`, the range for as many real pieces."""
    reference = artifact.baseline
    drawn = music_measures.compared(rolls, reference)
    real = music_measures.spread(piano_roll.rolls(artifact.preprocessor, examples), reference, SAMPLES, STEPS)
    ranges = {
        f"real_{name}_{end}": value
        for name, pair in real.items()
        for end, value in zip(("low", "high"), pair, strict=True)
    }
    return {f"sample_{name}": value for name, value in drawn.items()} | ranges
