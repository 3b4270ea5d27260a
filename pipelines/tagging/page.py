"""What a served tagger may be asked for."""

from pipelines.shared import defaults
from pipelines.shared.explanation.actions import actions
from pipelines.shared.messages import shown
from pipelines.shared.serving import arguments
from pipelines.shared.serving.refusals import Refused
from pipelines.shared.site import beginnings

LETTERS = 5_000  # of a sentence, or of a list of words
WORDS = 1_000
OPTIONS = {"explain": arguments.switch}
FILES, BOUNDS = defaults.FILES, defaults.BOUNDS
ACTIONS = actions()
to_json, listed, quicken = defaults.to_json, defaults.listed, defaults.quicken


def from_json(artifact, values):
    """Sentences, or lists of words."""
    for number, value in enumerate(values, 1):
        words = value if isinstance(value, list) else [value]
        if not all(isinstance(word, str) for word in words) or len(words) > WORDS or sum(map(len, words)) > LETTERS:
            expected = f"a sentence or a list of words, of at most {WORDS:,} words and {LETTERS:,} letters"
            raise Refused(400, f"inputs, {number}: expected {expected}, received {shown(value)}")
        if isinstance(value, list) and not all(word.strip() for word in value):
            raise Refused(400, f"inputs, {number}: expected words, received an empty one")
    return values


def examples(artifact):
    """Sentences of the data that it was trained on, or one of nothing in particular."""
    return beginnings.texts(artifact, "tokens", "I can fish .")


def card(artifact):
    """{"labels"}: the tags."""
    return {"labels": list(artifact.preprocessor.tags)}
