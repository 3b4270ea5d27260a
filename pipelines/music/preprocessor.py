"""Converts pieces to the tensors of a network, in one of two forms; see `forms`."""

import logging

from pipelines.music import forms
from pipelines.music.config import Config

log = logging.getLogger("unroll")

# The settings that have no effect with each form.
IDLE = {"piano_roll": ("embedding_size",), "events": ("output", "readout_units", "decoder_units")}


def prepare(examples, config):
    """The preprocessor of a training split."""
    _say_without_effect(config)
    return forms.FORMS[config.model].prepare(examples, config)


def _say_without_effect(config):
    """Warns of settings that have no effect."""
    others = IDLE[config.model]
    if config.model == "piano_roll" and config.output == "independent":
        others = (*others, "decoder_units")
    idle = [name for name in others if getattr(config, name) != getattr(Config(), name)]
    if idle:
        log.warning("%s: no effect with model=%s, output=%s", ", ".join(idle), config.model, config.output)


def restore(state):
    return forms.FORMS[state["form"]].restore(state)


def batches(preprocessor, examples, config, training):
    """Batches of (inputs of `network.build`, real steps (batch, steps) as 1 and 0)."""
    return forms.FORMS[config.model].batches(preprocessor, examples, config, training)
