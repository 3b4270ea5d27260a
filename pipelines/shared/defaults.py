"""Defaults for what a task's room must hold. A room takes them by name.

In a task from outside this package, a room that lacks one of these names gets it from here.
"""

from pipelines.shared.command_line import terminal

FORMER_RULES = {}  # of `rooms.Data`
VERBS = {}  # of `rooms.Answers`
LOOKS_BACK = {}  # of `rooms.Network`
WORTH_A_WARNING = {}  # of `rooms.Scores`
MEANINGS = {}  # of `rooms.Signatures`
PADDED = {}  # of `rooms.Signatures`
HELP = {}  # of `rooms.Command`
OPTIONS = ACTIONS = FILES = BOUNDS = {}  # of `rooms.Page`
EXAMPLE = {"words": ("predict", "{input}"), "call": "predict([{input}])"}  # of `rooms.Command`


def watch(model, preprocessor, examples, config):
    """No numbers besides those of `keras.Model.evaluate`."""
    return []


def axis_names(preprocessor):
    """No weights whose rows stand for anything that has a name."""
    return {}


def settings_for(examples, config):
    """No settings that are chosen by the data."""
    return {}


def calibrate(model, preprocessor, baseline, examples, config):
    """The model as it was trained."""
    return model


def completed(model, preprocessor, examples):
    """The calibrated model: nothing is learned from the validation split."""
    return model


def retrained(task, splits, config, folder):
    """No trainings besides that of the artifact."""
    return {}


def outcomes_of(artifact, examples, answered):
    """No outcomes, and so no verdict."""
    return None


def further(artifact, inputs):
    """No signatures besides "ids" and "serving_default"."""
    return {}


def alike(artifact, tensors):
    """Nothing besides their sizes."""
    return None


def browser(artifact):
    """No page in the browser without a server."""
    return None


def golden(artifact, inputs, answers):
    """Nothing besides tensors and answers."""
    return {}


def columns(inputs, answers):
    """Answers that are not for a table."""
    return {}


def illustrate(artifact, examples, answered, folder):
    """No files besides those that every artifact has."""


def from_json(artifact, values):
    """Nothing that is known to be safe."""
    raise ValueError(f"inputs: the task {artifact.task.name} has no room `page`, which says what strangers may send")


def to_json(artifact, answers):
    """The answers, of which numbers that are not finite are None."""
    return terminal.plain(answers)


def examples(artifact):
    """No examples."""
    return []


def quicken(artifact):
    """Nothing that pays with many small calls alone."""


def listed(config, facts):
    """Nothing besides what is said of every artifact."""
    return {}


def card(artifact):
    """Nothing besides what is said of every artifact."""
    return {}
