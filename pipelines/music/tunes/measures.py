"""How much a tune resembles music: measures of piano rolls (steps, 88), to compare samples with real pieces.

pitch_classes   how much of the time each of the twelve notes sounds
intervals       how far the highest voice moves when it moves
in_key          the share of the sounding keys that lie in the best of the twelve diatonic scales
repetition      the share of the stretches of four steps that have occurred before in the same piece

Two histograms are compared by their total variation distance, from 0 (the same) to 1 (nothing in common).
"""

import numpy as np

from pipelines.music.reading.files import KEYS, LOWEST

WIDEST = 12  # half tones; wider intervals count as this
STRETCH = 4  # steps
_CLASSES = np.eye(12)[(np.arange(KEYS) + LOWEST) % 12]  # (88, 12)
_DIATONIC = np.array([np.isin(np.arange(12), [(tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)]) for tonic in
                      range(12)]).T.astype(float)  # (12 classes, 12 scales)  # fmt: skip


def pitch_classes(rolls):
    """(12,) the share of each pitch class in the sounding time; C is the first.

    >>> pitch_classes([np.eye(88)[[39, 39, 39, 46]]]).tolist()       # C4 for three steps, G4 for one
    [0.75, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0]
    """
    counts = sum((roll.sum(axis=0) @ _CLASSES for roll in rolls), np.zeros(12))
    return counts / max(1, counts.sum())


def intervals(rolls):
    """(25,) the share of each interval among the moves of the highest voice, from an octave down to an octave up."""
    counts = np.zeros(2 * WIDEST + 1)
    for roll in rolls:
        tops = KEYS - 1 - np.argmax(roll[roll.any(axis=1), ::-1], axis=1)
        moves = np.clip(np.diff(tops), -WIDEST, WIDEST)
        counts += np.bincount(moves[moves != 0] + WIDEST, minlength=len(counts))
    return counts / max(1, counts.sum())


def distance(shares, others):
    """The total variation distance of two histograms.

    >>> distance(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    0.5
    """
    return float(np.abs(shares - others).sum() / 2)


def in_key(roll):
    """The share of the sounding keys that lie in the best scale; 1 for silence."""
    counts = roll.sum(axis=0) @ _CLASSES
    return float((counts @ _DIATONIC).max() / counts.sum()) if counts.sum() else 1.0


def repetition(roll):
    """The share of the stretches of four steps that have occurred before.

    >>> round(repetition(np.eye(88)[[39, 40, 41, 42, 39, 40, 41, 42]]), 3)
    0.2
    """
    steps = [step.tobytes() for step in np.packbits(np.asarray(roll, bool), axis=1)]
    stretches = [tuple(steps[start : start + STRETCH]) for start in range(len(steps) - STRETCH + 1)]
    return 1 - len(set(stretches)) / len(stretches) if stretches else 0.0


def compared(rolls, reference):
    """The four measures of some rolls; the histograms as distances to `reference.pitch_classes` and `.intervals`."""
    return {
        "pitch_class_distance": distance(pitch_classes(rolls), reference.pitch_classes),
        "interval_distance": distance(intervals(rolls), reference.intervals),
        "in_key": float(np.mean([in_key(roll) for roll in rolls])),
        "repetition": float(np.mean([repetition(roll) for roll in rolls])),
    }


def spread(rolls, reference, size, steps, draws=200, seed=0):
    """The range of each measure over groups of `size` real pieces, 19 times in 20: {name: (low, high)}.

    The groups are drawn from the pieces with replacement; of each piece the first `steps` steps count.
    """
    rng, beginnings = np.random.default_rng(seed), [roll[:steps] for roll in rolls]
    groups = [compared([beginnings[row] for row in rng.integers(0, len(rolls), size)], reference) for _ in range(draws)]
    return {
        name: tuple(float(bound) for bound in np.quantile([group[name] for group in groups], (0.025, 0.975)))
        for name in groups[0]
    }
