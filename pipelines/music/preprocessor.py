"""Pieces to what a network takes, written down in one of two ways; see `forms`."""

import logging

from pipelines.music import forms
from pipelines.music.config import Config

log = logging.getLogger("unroll")

# Settings of the other way to write music down.
IDLE = {"piano_roll": ("embedding_size",), "events": ("output", "readout_units", "decoder_units")}


def prepare(examples, config):
    """What the training split alone decides."""
    _say_without_effect(config)
    return forms.FORMS[config.model].prepare(examples, config)


def _say_without_effect(config):
    """A warning for settings that change nothing."""
    others = IDLE[config.model]
    if config.model == "piano_roll" and config.output == "independent":
        others = (*others, "decoder_units")
    idle = [name for name in others if getattr(config, name) != getattr(Config(), name)]
    if idle:
        log.warning("%s: no effect with model=%s, output=%s", ", ".join(idle), config.model, config.output)


def restore(state):
    return forms.FORMS[state["form"]].restore(state)


def batches(preprocessor, examples, config, training):
    """Batches of the inputs of `network.build` and of which steps are real, 1 and 0 (batch, steps)."""
    return forms.FORMS[config.model].batches(preprocessor, examples, config, training)
