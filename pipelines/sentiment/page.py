"""What a served classifier of texts may be asked for."""

from pipelines.shared import defaults
from pipelines.shared.explanation.actions import actions
from pipelines.shared.serving import arguments
from pipelines.shared.site import beginnings

LETTERS = 20_000  # of a text
OPTIONS = {"threshold": arguments.number(0, 1), "explain": arguments.switch}
FILES, BOUNDS = defaults.FILES, defaults.BOUNDS
ACTIONS = actions()
to_json, listed = defaults.to_json, defaults.listed


def from_json(artifact, values):
    """Texts."""
    return arguments.texts(values, LETTERS)


def examples(artifact):
    """Texts of the data that it was trained on, or one of nothing in particular."""
    return beginnings.texts(artifact, "text", "not bad at all")


def quicken(artifact):
    """Traces how texts become ids."""
    artifact.preprocessor.trace()


def card(artifact):
    """{"target", "labels"}: what is predicted, and the names of the classes."""
    preprocessor = artifact.preprocessor
    return {"target": preprocessor.target, "labels": [str(label) for label in preprocessor.labels or []]}
