"""The report of a music model: likelihood beside the baselines, and tunes to see and hear beside real pieces."""

from pipelines.music import scores
from pipelines.music.tunes import files as tunes
from pipelines.music.tunes import players
from pipelines.shared.report import headline, pages

BASELINES = {
    "first-order Markov chain of chords": "markov",
    "the chord before": "copy",
    "each key by itself": "independent",
}
MEASURES = {
    "pitch_class_distance": "pitch classes, distance to training data",
    "interval_distance": "intervals of the highest voice, distance to training data",
    "in_key": "notes in the best key",
    "repetition": "four steps that have come before",
}


def sections(artifact, examples, answered):
    """The report's sections."""
    numbers = artifact.metrics
    titles = {"nats a step": "nll", "pieces": "pieces", "notes in key": "sample_in_key"}
    return [
        pages.Section("Result on the test split", pages.numbers(headline.of(artifact, titles)) + _beside(artifact)),
        pages.Section("Tunes", _tunes(artifact, examples, answered.samples)),
        pages.Section("Tunes and real pieces", _measures(numbers)),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
    ]


def _beside(artifact):
    numbers = artifact.metrics
    names = {f"baseline_{key}_nll": name for name, key in BASELINES.items()}
    rows = [[name, numbers[key]] for key, name in names.items() if key in numbers]
    rows += [[key, value] for key, value in numbers.items() if key.startswith("baseline_") and key not in names]
    caption = "Negative log-likelihood of a step given those before, in nats (lower is better)"
    rows = [["this model", numbers["nll"]], *rows]
    return pages.table(caption, ["model", "nats"], rows, headline.error(artifact))


def _measures(numbers):
    rows = [
        [words, numbers[f"sample_{name}"], numbers[f"real_{name}_low"], numbers[f"real_{name}_high"]]
        for name, words in MEASURES.items()
    ]
    caption = f"{scores.SAMPLES} drawn tunes, and where as many real pieces lie 19 times in 20"
    return pages.table(caption, ["measure", "drawn tunes", "real, low", "real, high"], rows)


def _tunes(artifact, examples, samples):
    parts = []
    for number, drawn in enumerate(samples, 1):
        parts.append(_shown(f"Drawn {number}", drawn.notes, drawn.quarters, drawn.tempo, drawn.given))
    per = artifact.preprocessor.steps_per_quarter
    for row in range(min(len(samples), len(examples["notes"]))):
        notes, quarters = beginning(examples["notes"][row], examples["quarters"][row], scores.STEPS / per)
        parts.append(_shown(f"Real {row + 1}", notes, quarters, artifact.preprocessor.tempo))
    return "".join(parts)


def illustrate(artifact, examples, answered, folder):
    """Tunes of the artifact as samples/1.mid, 1.png, 1.wav, ..."""
    for number, drawn in enumerate(answered.samples, 1):
        for suffix in (".mid", ".png", ".wav"):
            drawn.write(folder / "samples" / f"{number}{suffix}")


def beginning(notes, quarters, most):
    """The notes of the first `most` quarter notes, and their length in quarter notes."""
    cut = [(start, min(duration, most - start), pitch) for start, duration, pitch in notes if start < most]
    return cut, min(quarters, most)


def _shown(title, notes, quarters, tempo, given_quarters=0.0):
    """HTML of a picture of the notes, a player of their sound, and a link to them as MIDI."""
    drawing = tunes.picture(notes, quarters, given_quarters, title)
    picture = pages.figure(drawing, f"{title}: {len(notes)} notes in {quarters:g} quarter notes")
    sound = players.player(tunes.sound(notes, tempo, players.RATE), title)
    return f"{picture}{sound}{players.midi_link(notes, tempo, title)}"
