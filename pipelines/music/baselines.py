"""What a model of music has to beat: independent keys, a repeat of the chord before, a Markov chain of chords.

    baseline = learn(rolls)                   # booleans (steps, 88) per piece, of the training split
    baseline.metrics(test_rolls)              # {"baseline_independent_nll": ..., ...}
    baseline.save(folder); load(folder)

Each gives the probability of a step's chord given the step before, and so a negative log-likelihood per step:

    independent   p_k = (n_k + s) / (steps + 2 s)              how often key k sounds
    copy          the same, counted separately for keys that sounded at the step before and keys that did not
    markov        n(c, c') / (n(c) + t(c)) + t(c) / (n(c) + t(c)) copy(c' | c)     t(c): distinct chords seen after c

with s = 1/2, and the last one smoothed as in Witten and Bell (1991). The first step of a piece is not scored, since
nothing precedes it (Bai et al. 2018). On the JSB chorales: 11.09, 10.49 and 7.54 nats a step.
"""

import dataclasses

import numpy as np

from pipelines.music.forms import events, piano_roll
from pipelines.music.reading.files import KEYS
from pipelines.music.tunes import measures as music_measures
from pipelines.shared.storage import baseline_files

SMOOTHING = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class ChordBaseline:
    """The three baselines as plain arrays.

    independent, after_silence, after_sound: float64 (88,) probabilities that a key sounds: at any step, after a step at
        which it did not sound, and after one at which it did.
    before, after: uint8 (pairs, 11), chords as packed bits.
    counts: (pairs,) how often `after` followed `before`.
    pitch_classes, intervals: of the training split, as in `tunes.measures`.
    """

    independent: np.ndarray
    after_silence: np.ndarray
    after_sound: np.ndarray
    before: np.ndarray
    after: np.ndarray
    counts: np.ndarray
    pitch_classes: np.ndarray
    intervals: np.ndarray

    def metrics(self, rolls):
        """`baseline_{independent,copy,markov}_nll` of piano rolls: the mean over all steps but the first of each."""
        return _means(self.logs(rolls))

    def logs(self, rolls):
        """{baseline: a list of the log-probabilities (steps - 1,) of each roll's steps but the first}."""
        logs, chain = {"independent": [], "copy": [], "markov": []}, self._chain()
        for roll in rolls:
            before, after = roll[:-1], roll[1:]
            copied = _log_bernoulli(np.where(before, self.after_sound, self.after_silence), after)
            logs["independent"].append(_log_bernoulli(self.independent, after))
            logs["copy"].append(copied)
            logs["markov"].append(_mixed(chain, before, after, copied))
        return logs

    def _chain(self):
        """{chord: {chord after it: count}}, chords as bytes."""
        chain = {}
        for before, after, count in zip(self.before, self.after, self.counts, strict=True):
            chain.setdefault(before.tobytes(), {})[after.tobytes()] = int(count)
        return chain

    def save(self, folder):
        """Writes one file of plain arrays into the folder; see `baseline_files`."""
        baseline_files.save(folder, dataclasses.asdict(self))


def _means(logs):
    return {f"baseline_{name}_nll": float(-np.mean(np.concatenate(parts))) for name, parts in logs.items()}


def _log_bernoulli(probabilities, roll):
    """The log-probability of each step of a roll (steps, 88)."""
    return np.log(np.where(roll, probabilities, 1 - probabilities)).sum(axis=1)


def _mixed(chain, before, after, copied):
    """The log-probabilities of the Markov chain, which backs off to `copied`, those of the copy baseline."""
    logs = np.empty(len(after))
    for step, (chord, following) in enumerate(zip(packed(before), packed(after), strict=True)):
        followers = chain.get(chord.tobytes(), {})
        total, kinds = sum(followers.values()), len(followers)
        back = kinds / (total + kinds) if followers else 1.0
        seen = followers.get(following.tobytes(), 0) / (total + kinds) if followers else 0.0
        logs[step] = np.log(seen + back * np.exp(copied[step]))
    return logs


def packed(roll):
    """A roll (steps, 88) as uint8 (steps, 11), eight keys to a byte."""
    return np.packbits(roll, axis=1)


def fit(preprocessor, examples):
    """The baselines of a training split, of chords or of events."""
    rolls = piano_roll.rolls(preprocessor, examples)
    if isinstance(preprocessor, events.Preprocessor):
        return learn_tokens(events.sequences(preprocessor, examples), len(preprocessor.vocabulary), rolls)
    return learn(rolls)


def learn(rolls):
    """The baselines of the piano rolls of a training split.

    >>> steady = learn([np.eye(88, dtype=bool)[[39, 39, 39, 46, 46]]] * 20)
    >>> numbers = steady.metrics([np.eye(88, dtype=bool)[[39, 46, 46, 46]]])
    >>> numbers["baseline_markov_nll"] < numbers["baseline_copy_nll"] < numbers["baseline_independent_nll"]
    True
    """
    before = np.concatenate([roll[:-1] for roll in rolls])
    after = np.concatenate([roll[1:] for roll in rolls])
    pairs, counts = np.unique(np.hstack([packed(before), packed(after)]), axis=0, return_counts=True)
    bits = KEYS // 8
    return ChordBaseline(
        independent=_share(np.concatenate(rolls), True),
        after_silence=_share(after, ~before),
        after_sound=_share(after, before),
        before=pairs[:, :bits],
        after=pairs[:, bits:],
        counts=counts,
        pitch_classes=music_measures.pitch_classes(rolls),
        intervals=music_measures.intervals(rolls),
    )


def _share(roll, where):
    """(88,) the smoothed share of the steps selected by `where` at which a key sounds."""
    steps = np.broadcast_to(where, roll.shape).sum(axis=0)
    return ((roll & where).sum(axis=0) + SMOOTHING) / (steps + 2 * SMOOTHING)


@dataclasses.dataclass(frozen=True, eq=False)
class TokenBaseline:
    """Independent tokens, and a first-order Markov chain of tokens, smoothed as that of chords.

    counts: (vocabulary, vocabulary), how often a token (column) followed another (row).
    """

    counts: np.ndarray
    pitch_classes: np.ndarray
    intervals: np.ndarray

    def metrics(self, sequences):
        """`baseline_{independent,markov}_nll` of sequences of ids: the mean over all tokens but the first of each."""
        return _means(self.logs(sequences))

    def logs(self, sequences):
        """{baseline: a list of the log-probabilities (tokens - 1,) of each sequence's tokens but the first}."""
        totals = self.counts.sum(axis=0) + SMOOTHING
        alone = totals / totals.sum()  # (vocabulary,)
        before, after = _pairs(sequences)
        seen, kinds = self.counts[before].sum(axis=1), (self.counts[before] > 0).sum(axis=1)
        chained = (self.counts[before, after] + kinds * alone[after]) / np.maximum(seen + kinds, 1)
        chained = np.where(seen > 0, chained, alone[after])
        ends = np.cumsum([len(sequence) - 1 for sequence in sequences])[:-1]
        densities = {"independent": alone[after], "markov": chained}
        return {name: np.split(np.log(density), ends) for name, density in densities.items()}

    save = ChordBaseline.save


def _pairs(sequences):
    return (np.concatenate([sequence[part] for sequence in sequences]) for part in (slice(None, -1), slice(1, None)))


def learn_tokens(sequences, vocabulary, rolls):
    """The baselines of sequences of token ids; `rolls` are the piano rolls of the same pieces.

    >>> steady = learn_tokens([np.array([3, 4, 3, 4, 3, 4])] * 9, 5, [np.eye(88)[[39, 40]]])
    >>> numbers = steady.metrics([np.array([3, 4, 3])])
    >>> numbers["baseline_markov_nll"] < numbers["baseline_independent_nll"]
    True
    """
    counts = np.zeros((vocabulary, vocabulary))
    np.add.at(counts, tuple(_pairs(sequences)), 1)
    return TokenBaseline(counts, music_measures.pitch_classes(rolls), music_measures.intervals(rolls))


def load(folder):
    """The baselines that `save` wrote into the folder."""
    return baseline_files.load(folder, _of_arrays)


def _of_arrays(arrays):
    kind = ChordBaseline if "independent" in arrays else TokenBaseline
    return kind(**{field.name: arrays[field.name] for field in dataclasses.fields(kind)})
