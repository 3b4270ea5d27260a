"""What a page in the browser needs to draw tunes there, token by token; its JavaScript is `site/model.js`."""

import numpy as np
import tensorflow as tf

from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.music.tunes import sampling
from pipelines.shared.browser import contents

CHORD = 16  # keys of a first chord at the most
FIRST, STEPS = [60, 64, 67], 8  # the tune to compare
GIVEN = [[0.0, 1.0, 60], [0.0, 1.0, 64], [1.0, 0.5, 62], [2.0, 1.0, 67]]  # notes to go on from, in quarter notes


def browser(artifact):
    """The `Contents`: `start` with one step, `step`, what the tokens mean, and a tune to compare with."""
    steps, facts = sampling.drawer_of(artifact).steps, artifact.preprocessor
    tensors = artifact.task.signatures.further(artifact, [FIRST])
    beginning = steps.beginning_specification.name
    first = [1, 1, CHORD + 1] if beginning == "chords" else [1, 1]
    return contents.Contents(
        module="music/model.js",
        calls={
            "start": ("start", {beginning: first}),
            "step": ("step", {name: [1, *tensor.shape[1:]] for name, tensor in tensors["step"][0].items()}),
        },
        verbs={"predict": [], "generate": ["first", "notes", "length", "temperature", "seed"]},
        card={"steps_per_quarter": facts.steps_per_quarter, "tempo": facts.tempo},
        golden=[*_golden(artifact, steps)],
        settings={
            "form": artifact.config.model, "lowest": LOWEST, "keys": KEYS, "voices": facts.voices,
            "steps_per_quarter": facts.steps_per_quarter, "tempo": facts.tempo, "stop": steps.stop, "chord": CHORD,
            "tokens_per_step": steps.tokens(1), **_meanings(artifact),
        },
        files={},
    )  # fmt: skip


def _meanings(artifact):
    """Of events, what each token stands for: a pitch, a duration or a time shift in steps, else 0."""
    facts = artifact.preprocessor
    if artifact.config.model == "piano_roll":
        return {}
    kinds = {"pitches": "Pitch", "durations": "Duration", "shifts": "TimeShift"}
    return {"usual_duration": facts.duration} | {name: facts.values(kind).tolist() for name, kind in kinds.items()}


def _golden(artifact, steps):
    """Tokens drawn in Python: the logits of each, and the notes that they are; the beginning that notes become."""
    drawer, beginning = sampling.drawer_of(artifact), steps.from_pitches(FIRST)
    length = STEPS + steps.given_steps(beginning)
    (tokens,) = drawer.draw(beginning, drawer.noise(1, STEPS, 0), length)
    token, state = steps.begin(tf.constant(beginning))
    keys, logits = np.ones((1, KEYS), "float32"), []
    for following in tokens:
        row, state = steps.step(token, state, np.array([length], "int32"), keys)
        token = tf.constant([following])
        logits.append(row.numpy()[0].tolist())
    yield "logits", {"first": FIRST, "tokens": tokens.tolist(), "length": length}, logits
    notes = steps.notes(beginning[0], tokens, length).tolist()
    yield (
        "notes",
        {"first": FIRST, "tokens": tokens.tolist(), "length": length},
        [[*map(float, note)] for note in notes],
    )
    if artifact.config.model == "events":
        yield "given", {"notes": GIVEN}, artifact.preprocessor.tokens(np.array(GIVEN)).tolist()
