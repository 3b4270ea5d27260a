"""The exports of a trained music model: a SavedModel and a .tflite, which draw the same tunes from the same noise.

serving_default   first (batch,) MIDI pitches, seed, length, temperature (batch,) -> tokens, lengths
ids               the inputs of `generate` in the .tflite -> tokens, lengths

mobile/model.tflite
    generate      beginnings, noise, length, temperature, top_k, top_p, allowed_keys -> tokens (batch, tokens), lengths
    start         beginnings -> token, state_0, state_1, ...
    step          token, length, allowed_keys, state_0, state_1, ... -> logits, state_0, state_1, ...
    likelihood    pieces, as the network takes them, and lengths -> log-probability of each step (batch, steps)

The tensor of the beginnings is `chords` (batch, steps, voices) for piano rolls and `tokens` (batch, time) for events. A
token is the number of a line of vocabulary.txt. An app that draws the tokens itself calls `start` once, then `step` for
each token.
"""

import json

import numpy as np
import tensorflow as tf

from pipelines.music.browser import browser as browser
from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.music.tunes import generation, sampling
from pipelines.shared import defaults

golden = defaults.golden
PADDED, alike = defaults.PADDED, defaults.alike
MEANINGS = {
    "chords": "keys of each step from the lowest up, then 88",
    "length": "steps of the whole tune",
    "allowed_keys": "1 for a piano key that may be struck, else 0",
}
PROBES = [[60], [57], [64]]
PROBED_STEPS = 12  # length of the tune drawn from each probe


def generate(artifact):
    """The function of `generate`, and of the signature `ids`."""
    drawer = sampling.drawer_of(artifact)

    @tf.function(autograph=False, input_signature=drawer.signature)
    def drawn(*arguments):
        tokens, lengths = generation.drawn(drawer.steps, *arguments)
        return {"tokens": tokens, "lengths": lengths}

    return drawn


def start(artifact):
    """The function of `start`."""
    steps = sampling.drawer_of(artifact).steps

    @tf.function(autograph=False, input_signature=[steps.beginning_specification])
    def started(beginnings):
        token, state = steps.begin(beginnings)
        return {"token": token, **{f"state_{number}": tensor for number, tensor in enumerate(state)}}

    return started


def step(artifact):
    """The function of `step`."""
    drawer = sampling.drawer_of(artifact)
    _, _, length, *_, keys = drawer.signature
    example = drawer.steps.begin(drawer.steps.from_pitches([60]))[1]
    states = [
        tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype, f"state_{number}")
        for number, tensor in enumerate(example)
    ]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.int32, "token"), length, keys, *states])
    def stepped(token, length, allowed_keys, *state):
        logits, following = drawer.steps.step(token, list(state), length, allowed_keys)
        return {"logits": logits, **{f"state_{number}": tensor for number, tensor in enumerate(following)}}

    return stepped


def serving(artifact):
    """The signatures of the SavedModel."""
    drawer = sampling.drawer_of(artifact)
    kinds = {"first": tf.int32, "seed": tf.int32, "length": tf.int32, "temperature": tf.float32}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], kind, name) for name, kind in kinds.items()])
    def from_first(first, seed, length, temperature):
        size = drawer.steps.tokens(tf.reduce_max(length)), drawer.steps.vocabulary
        noise = tf.map_fn(
            lambda row_seed: generation.gumbel(row_seed, 0, *size), seed,
            fn_output_signature=tf.TensorSpec([None, drawer.steps.vocabulary], tf.float32),
        )  # fmt: skip
        rows = tf.ones_like(first)
        keys = tf.ones([tf.shape(first)[0], KEYS])
        cuts = rows * generation.NO_CUT, 1.1 * tf.cast(rows, tf.float32)
        beginnings = drawer.steps.beginning_by_pitch(first)
        tokens, lengths = generation.drawn(drawer.steps, beginnings, noise, length, temperature, *cuts, keys)
        return {"tokens": tokens, "lengths": lengths}

    return {"serving_default": from_first, "ids": generate(artifact)}


def mobile(artifact):
    """The signatures of the .tflite, and the files beside it."""
    steps, preprocessor = sampling.drawer_of(artifact).steps, artifact.preprocessor
    facts = {
        "steps_per_quarter": preprocessor.steps_per_quarter,
        "tempo": preprocessor.tempo,
        "tokens_per_step": steps.tokens(1),
        "lowest_pitch": LOWEST,
    }
    files = {"vocabulary.txt": steps.names(), "music.json": [json.dumps(facts)]}
    drawing = {"generate": generate(artifact), "start": start(artifact), "step": step(artifact)}
    return {**drawing, "likelihood": artifact.task.network.infer(artifact)}, files


def preparation(artifact):
    """How an app gets from a first note to sound, in sentences."""
    steps, facts = sampling.drawer_of(artifact).steps, artifact.preprocessor
    first, after = _READING[artifact.config.model]
    return [
        first,
        f"noise (batch, {steps.tokens(1)} for each step to draw, {steps.vocabulary}) is Gumbel's; length is the whole "
        "tune's in steps, the given ones included.",
        f"temperature 0.9, top_k {generation.NO_CUT}, top_p 1.1 and allowed_keys of ones draw from everything.",
        "Call `generate`, or `start` once and `step` for each token drawn from its logits.",
        after,
        f"A step is 1/{facts.steps_per_quarter} of a quarter note; {facts.tempo:g} quarter notes a minute is usual.",
    ]


# How the beginning is written, and how the tokens drawn are read.
_READING = {
    "piano_roll": (
        f"chords: the steps given, each its keys (MIDI pitch - {LOWEST}) from the lowest up, then {KEYS} once or more: "
        f"a middle C is [[[39, {KEYS}]]].",
        f"A token below {KEYS} is a key of the step (MIDI pitch - {LOWEST}), {KEYS} ends the step. A key that sounds "
        "at steps one after another is one note.",
    ),
    "events": (
        "tokens: the numbers of the tokens given, lines of vocabulary.txt counted from 0, such as one Pitch.",
        "Each Pitch and the Duration after it are a note, at the time that the TimeShifts before add up to.",
    ),
}


def probes(artifact):
    """Beginnings with which exports are compared with the model."""
    return PROBES


def encode(artifact, inputs):
    """The tensors of `generate` for tunes of a few steps that begin as `inputs`, and the tokens drawn."""
    drawer = sampling.drawer_of(artifact)
    beginnings = np.concatenate([drawer.steps.from_pitches(pitches) for pitches in inputs])
    noise = drawer.noise(len(inputs), PROBED_STEPS, 0)
    arguments = drawer.arguments(beginnings, noise, PROBED_STEPS, 0.9, 20, 0.98)
    tokens, lengths = drawer.drawn(*arguments)
    names = [part.name for part in drawer.signature]
    tensors = {name: tensor.numpy() for name, tensor in zip(names, arguments, strict=True)}
    return tensors, {"tokens": tokens.numpy(), "lengths": lengths.numpy()}


def further(artifact, inputs):
    """The tensors of `start`, `step` and `likelihood`, and the answers of the network."""
    steps = sampling.drawer_of(artifact).steps
    beginnings = np.concatenate([steps.from_pitches(pitches) for pitches in inputs])
    token, state = steps.begin(tf.constant(beginnings))
    length, keys = np.full(len(beginnings), PROBED_STEPS, "int32"), np.ones((len(beginnings), KEYS), "float32")
    logits, following = steps.step(token, state, length, keys)
    pieces, lengths = np.repeat(beginnings, 3, axis=1), 1 + np.arange(len(beginnings), dtype="int32") % 3
    before, after = (
        {f"state_{number}": tensor.numpy() for number, tensor in enumerate(states)} for states in (state, following)
    )
    return {
        "start": ({steps.beginning_specification.name: beginnings}, {"token": token.numpy(), **before}),
        "step": (
            {"token": token.numpy(), "length": length, "allowed_keys": keys, **before},
            {"logits": logits.numpy(), **after},
        ),
        "likelihood": (
            {steps.beginning_specification.name: pieces, "lengths": lengths},
            {"likelihood": artifact.infer(pieces, lengths)["likelihood"].numpy()},
        ),
    }


def serve(artifact, inputs):
    """The tensors of `serving_default` for tunes that begin with the lowest pitch of each input, and their tokens."""
    drawer = sampling.drawer_of(artifact)
    first = np.array([pitches[0] for pitches in inputs], "int32")
    rows = np.ones(len(first), "int32")
    tensors = {
        "first": first,
        "seed": np.arange(len(first), dtype="int32"),
        "length": PROBED_STEPS * rows,
        "temperature": np.float32(0.9) * rows.astype("float32"),
    }
    beginnings = np.concatenate([drawer.steps.from_pitches([pitch]) for pitch in first])
    noise = np.stack([drawer.noise(1, PROBED_STEPS, seed)[0] for seed in tensors["seed"]])
    tokens, lengths = drawer.drawn(*drawer.arguments(beginnings, noise, PROBED_STEPS, 0.9))
    return tensors, {"tokens": tokens.numpy(), "lengths": lengths.numpy()}
