"""What a served classifier of texts may be asked for."""

from pipelines.sentiment import inside
from pipelines.shared import defaults
from pipelines.shared.explanation import as_json
from pipelines.shared.serving import arguments
from pipelines.shared.site import beginnings

LETTERS = 20_000  # of a text
OPTIONS = {"threshold": arguments.number(0, 1), "explain": arguments.switch}
FILES, BOUNDS = defaults.FILES, defaults.BOUNDS
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


def _gates(artifact, asked):
    return as_json.of_gates(inside.gates(artifact, **asked))


def _nearest(artifact, asked):
    return {"words": inside.nearest(artifact, **asked)}


ACTIONS = {
    "gates": ({"text": arguments.text(as_json.LETTERS)}, ["text"], _gates),
    "nearest": ({"word": arguments.text(200), "count": arguments.whole(1, 100)}, ["word"], _nearest),
}
