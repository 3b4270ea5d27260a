"""What a room of a task holds where there is nothing peculiar to say; a room takes it by name.

Of a task that is not of this package, a room that lacks one of these has it from here.
"""

VERBS = {}  # of `rooms.Answers`
LOOKS_BACK = {}  # of `rooms.Network`
WORTH_A_WARNING = {}  # of `rooms.Scores`
MEANINGS = {}  # of `rooms.Signatures`
HELP = {}  # of `rooms.Command`


def watch(model, preprocessor, examples, config):
    """No numbers but those of `keras.Model.evaluate`."""
    return []


def further(artifact, inputs):
    """No signatures but "ids" and "serving_default"."""
    return {}


def golden(artifact, inputs, answers):
    """Nothing beside tensors and answers."""
    return {}


def illustrate(artifact, examples, answered, folder):
    """No files but those that every artifact has."""
