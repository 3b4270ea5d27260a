"""The built-in sample of the music pipeline: chorales of four voices from a small grammar of our own.

    from pipelines.music import sample
    pieces = sample.generate()          # 300 pieces of 32 quarter notes, in all 24 keys

It holds no composer's notes. A piece is four phrases of eight quarter notes. A phrase is a walk over the functions of
tonal harmony (`FOLLOWING`) that ends in a cadence, the second phrase on the dominant and the last on the tonic. Each
chord is set for soprano, alto, tenor and bass by the textbook: every voice in its range and above the next,
no more than an octave between neighbours of the upper three, the leading note rising, no parallel fifths or octaves.
Of all settings that are left one is drawn; the less the voices move, the likelier it is. Leaps of a third are often
filled with an eighth note in passing. So harmony, voice leading and metre can be learned, but not from one key alone.

Generating takes about a second.
"""

import itertools
import math
import random

from pipelines.music.reading import files as music_files

VERSION = 1  # raised with each change of what `generate` gives
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
TONICS = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "A-", "A", "B-", "B")
# degree: the degrees that may follow it, and how often
FOLLOWING = {
    1: {2: 2, 3: 1, 4: 4, 5: 4, 6: 3},
    2: {5: 6, 7: 1, 1: 1},
    3: {6: 4, 4: 3},
    4: {5: 5, 1: 3, 2: 2},
    5: {1: 6, 6: 2, 4: 1},
    6: {2: 4, 4: 3, 5: 2, 3: 1},
    7: {1: 5, 3: 1},
}
# The last two chords of each phrase.
CADENCES = (((5, 1), (4, 1)), ((2, 5), (4, 5), (1, 5)), ((5, 6), (5, 1)), ((5, 1),))
RANGES = ((60, 79), (55, 72), (48, 67), (40, 60))  # soprano, alto, tenor, bass: lowest and highest pitch
PHRASE = 8  # quarter notes
SIZE = 300


def generate(size=SIZE, seed=0):
    """Writes `size` pieces; the same seed gives the same pieces.

    >>> piece = generate(size=1)[0]
    >>> piece.name, piece.quarters, len(piece.notes) >= 4 * 28
    ('chorale 1 in F# minor', 32.0, True)
    """
    rng = random.Random(seed)
    return [_chorale(number, rng) for number in range(1, size + 1)]


def _chorale(number, rng):
    tonic, mode = rng.randrange(12), rng.choice(list(SCALES))
    chords, degree = [], 1  # (degree, quarter notes)
    for cadences in CADENCES:
        phrase = _phrase(degree, rng.choice(cadences), rng)
        chords += [(chord, 1) for chord in phrase[:-1]] + [(phrase[-1], 2)]
        degree = rng.choice((1, 1, 4, 5, 6)) if phrase[-1] != 5 else 1
    voices = _voices(chords, tonic, mode, rng)
    name = f"chorale {number} in {TONICS[tonic]} {mode}"
    return music_files.piece(name, _notes(voices, chords, tonic, mode, rng), float(PHRASE * len(CADENCES)), 90.0)


def _phrase(first, cadence, rng):
    """Seven degrees, the last two of them the cadence."""
    degrees = [first]
    while len(degrees) < PHRASE - 3:
        following = FOLLOWING[degrees[-1]]
        degrees.append(rng.choices(list(following), list(following.values()))[0])
    return [*degrees, *cadence]


def classes(degree, tonic, mode):
    """The pitch classes of the triad on a degree; the dominant's third is the leading note in minor too.

    >>> classes(5, tonic=9, mode="minor")     # E, G sharp, B
    (4, 8, 11)
    """
    scale = list(SCALES[mode])
    if mode == "minor" and degree in (5, 7):
        scale[6] = 11
    return tuple((scale[(degree - 1 + third) % 7] + tonic) % 12 for third in (0, 2, 4))


def _voices(chords, tonic, mode, rng):
    """A setting (soprano, alto, tenor, bass) of each chord."""
    settings, before = [], None
    leading = (tonic + 11) % 12
    for degree, _ in chords:
        triad = classes(degree, tonic, mode)
        bass = triad[1] if before and rng.random() < 0.25 and degree not in (5,) else triad[0]
        candidates = _settings(triad, bass, leading)
        costs = [_cost(setting, before, leading, tonic) for setting in candidates]
        least = min(costs)
        before = rng.choices(candidates, [math.exp((least - cost) / 2) for cost in costs])[0]
        settings.append(before)
    return settings


def _settings(triad, bass_class, leading):
    """All settings of a triad that hold all its notes, lie within the ranges, and do not double the leading note."""
    pitches = [[pitch for pitch in range(low, high + 1) if pitch % 12 in triad] for low, high in RANGES]
    basses = [pitch for pitch in pitches[3] if pitch % 12 == bass_class]
    return [
        (soprano, alto, tenor, bass)
        for soprano, alto, tenor, bass in itertools.product(*pitches[:3], basses)
        if soprano > alto > tenor > bass
        and soprano - alto <= 12
        and alto - tenor <= 12
        and {pitch % 12 for pitch in (soprano, alto, tenor, bass)} == set(triad)
        and sum(pitch % 12 == leading for pitch in (soprano, alto, tenor, bass)) <= 1
    ]


def _cost(setting, before, leading, tonic):
    """The cost of a setting after the one before: how far the voices move, and which rules they break."""
    if before is None:
        return abs(setting[0] - 69) / 2
    moves = [new - old for new, old in zip(setting, before, strict=True)]
    cost = sum(map(abs, moves)) + 4 * sum(abs(move) > 5 for move in moves[:3]) + (moves[0] == 0)
    for upper, lower in itertools.combinations(range(4), 2):
        interval, old = (setting[upper] - setting[lower]) % 12, (before[upper] - before[lower]) % 12
        cost += 30 * (interval == old and interval in (0, 7) and moves[upper] != 0)
    rises = [new % 12 == tonic for new, old in zip(setting, before, strict=True) if old % 12 == leading]
    return cost + 6 * (tonic in {pitch % 12 for pitch in setting} and not all(rises))


def _notes(settings, chords, tonic, mode, rng):
    """(start, duration, pitch) of every voice; a third is filled in passing three times in ten."""
    scale = {(tonic + step) % 12 for step in SCALES[mode]}
    notes = []
    for voice in range(4):
        start = 0.0
        for position, (setting, (_, quarters)) in enumerate(zip(settings, chords, strict=True)):
            pitch, passing = setting[voice], None
            if quarters == 1 and position + 1 < len(settings) and rng.random() < 0.3:
                passing = _between(pitch, settings[position + 1][voice], scale)
            length = float(quarters) if passing is None else 0.5
            notes.append((start, length, float(pitch)))
            if passing is not None:
                notes.append((start + 0.5, 0.5, float(passing)))
            start += quarters
    return notes


def _between(pitch, following, scale):
    """The note of the scale between two pitches a third apart; None if they are no third apart."""
    if abs(following - pitch) not in (3, 4):
        return None
    inside = range(min(pitch, following) + 1, max(pitch, following))
    return next((note for note in inside if note % 12 in scale), None)
