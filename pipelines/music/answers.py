"""Tunes from a trained artifact: the verb `generate`, which `predict` uses for its answers.

artifact.generate(first="C4", length=64, temperature=0.9)[0].write("tune.mid")
"""

import itertools
import numbers
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.music.config import Beginning, File
from pipelines.music.tunes import beginnings, sampling
from pipelines.music.tunes import files as tunes
from pipelines.shared import defaults, keywords
from pipelines.shared.storage import answer_files

LENGTH = 64  # steps, if no length is asked for
LONGEST = 10_000  # steps
MOST_TUNES, MOST_BEAMS = 256, 64


def generate(
    artifact: Any, first: Beginning = 60, *, length: int | None = None, temperature: float = 0.9,
    top_k: int | None = None, top_p: float | None = None, seed: int = 0, n: int = 1,
    scale: str | Sequence[int] | None = None, tempo: float | None = None, continue_from: File | None = None,
    beams: int | None = None, output: File | Sequence[File] | None = None,
) -> list[tunes.Tune]:  # fmt: skip
    """Tunes that begin with a note or a chord.

    Args:
        first: what sounds first: a MIDI pitch, "C4", notes such as "C4 E4 G4", a chord such as "Am", a list of these,
            or a file of music, of which the first chord counts.
        length: steps of the whole tune, the beginning included; by default 64, or 64 more than the piece continued.
        temperature: below 1 keeps nearer to what is likely, above 1 dares more; 0 takes the likeliest key each time.
        top_k: draws from only so many of the likeliest keys.
        top_p: draws from only the likeliest keys that together have this probability.
        seed: of the noise; the same seed gives the same tunes.
        n: how many tunes, each from its own noise.
        scale: the keys that may be struck, such as "C major"; see `beginnings.scale`.
        tempo: quarter notes a minute; by default that of the training pieces.
        continue_from: a file of music that the tune continues, in place of `first`.
        beams: searches for the n likeliest tunes with so many beams, instead of drawing.
        output: a file that ends in .mid, .png, .svg or .wav, or several; with n above 1 they are numbered.

    Returns:
        A list of n `Tune`s.

    Raises:
        ValueError: a value is out of range, or a piano does not have the note. TypeError: a value has another type.
        FileNotFoundError: there is no such file.
    """
    _check_numbers(length, temperature, top_k, top_p, seed, n, tempo, beams)
    check_files(output or [], n)
    keys, drawer = beginnings.scale(scale), sampling.drawer_of(artifact)
    beginning = _beginning(drawer.steps, artifact.config, first, continue_from)  # (1, steps, ...)
    count = drawer.steps.given_steps(beginning)
    length = int(length or LENGTH + (count if continue_from is not None else 0))
    if not count < length <= LONGEST:
        raise ValueError(
            f"length: expected more than the {count} given steps, {LONGEST:,} at most, received {length:,}"
        )
    if beams is None:
        noise = drawer.noise(int(n), length - count, int(seed))
        tokens = drawer.draw(np.repeat(beginning, n, axis=0), noise, length, temperature, top_k, top_p, keys)
        scores = [None] * len(tokens)
    else:
        tokens, scores = drawer.likeliest(beginning, length, keys, int(beams), int(n))
    generated = [
        tune(artifact.preprocessor, drawer.steps.notes(beginning[0], row, length), length, count, tempo, score)
        for row, score in zip(tokens, scores, strict=True)
    ]
    if output is not None:
        write(generated, output)
    return generated


@keywords.taking(keywords.of_function(generate))
def answer(artifact: Any, inputs: Sequence[Beginning], **how: Any) -> list[tunes.Tune]:
    """A tune for each input, or n of them; the options are those of `generate`:"""
    return [tune for pitches in inputs for tune in generate(artifact, pitches, **how)]


def tune(preprocessor, notes, length, given_steps, tempo, score):
    """A `Tune` from notes (start, duration, pitch) in steps."""
    per = preprocessor.steps_per_quarter
    return tunes.Tune(
        notes=[(float(start / per), float(duration / per), int(pitch)) for start, duration, pitch in notes],
        quarters=length / per,
        tempo=float(tempo or preprocessor.tempo),
        steps=length,
        given=given_steps / per,
        log_probability=None if score is None else float(score),
    )


def _beginning(steps, config, first, continue_from):
    """The beginning of a tune, as the network takes it: (1, ...)."""
    if continue_from is None:
        return steps.from_pitches(beginnings.first(first, config.frames_per_quarter))
    piece = beginnings.piece(continue_from, config.frames_per_quarter, "continue_from")
    if piece.quarters * steps.preprocessor.steps_per_quarter >= LONGEST:
        raise ValueError(f"continue_from: expected a piece of up to {LONGEST:,} steps, received {str(continue_from)!r}")
    return steps.from_piece(piece)


def write(generated, output):
    """Writes tunes to one file or several, and returns the paths."""
    return [
        tune.write(path) for path, tune in zip(paths(output, len(generated)), itertools.cycle(generated), strict=False)
    ]


def check_files(output, count):
    """Refuses files that could not be written, before any tune is drawn."""
    for path in paths(output, min(count, MOST_TUNES)):
        tunes.check_format(path)
        answer_files.check(path, folders=True)


def paths(output, count):
    """The files of `count` tunes: each of `output` in turn, numbered if there are several tunes."""
    outputs = [output] if isinstance(output, (str, pathlib.PurePath)) else list(output)
    numbers = [""] if count == 1 else [f"-{number}" for number in range(1, count + 1)]
    return [path.with_stem(path.stem + number) for path in map(pathlib.Path, outputs) for number in numbers]


def _check_numbers(length, temperature, top_k, top_p, seed, n, tempo, beams):
    _check("length", length, numbers.Integral, 2, LONGEST)
    _check("temperature", temperature, numbers.Real, 0, 100, optional=False)
    _check("top_k", top_k, numbers.Integral, 1)
    _check("top_p", top_p, numbers.Real, 0, 1)
    if top_p == 0:
        raise ValueError("top_p: expected a number above 0 and at most 1, received 0; top_k=1 takes the likeliest")
    _check("seed", seed, numbers.Integral, 0, optional=False)
    _check("n", n, numbers.Integral, 1, MOST_TUNES, optional=False)
    _check("tempo", tempo, numbers.Real, 10, 1000)
    _check("beams", beams, numbers.Integral, 1, MOST_BEAMS)
    if beams is not None and n > beams:
        raise ValueError(f"beams: expected at least n, {n}, received {beams}")


def _check(name, value, kind, least, most=None, optional=True):
    """A number in its range; the error says what was expected."""
    if value is None and optional:
        return
    whole = "a whole number" if kind is numbers.Integral else "a number"
    bounds = f"of at least {least}" if most is None else f"from {least:,} to {most:,}"
    fits = isinstance(value, kind) and not isinstance(value, bool) and value == value
    if not fits or value < least or (most is not None and value > most):
        raise ValueError(f"{name}: expected {whole} {bounds}{' or None' if optional else ''}, received {value!r}")


columns = defaults.columns
VERBS = {"generate": generate}
