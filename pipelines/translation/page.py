"""What a served translator may be asked for."""

import pathlib

from pipelines.shared import defaults
from pipelines.shared.command_line import terminal
from pipelines.shared.explanation.actions import actions
from pipelines.shared.serving import arguments
from pipelines.shared.site import beginnings
from pipelines.translation import word_attention

LETTERS = 3_000  # of a text
MOST = 16  # beams, or translations of a text
OPTIONS = {
    "method": arguments.choice("beam", "greedy", "sample"),
    "beams": arguments.whole(1, MOST),
    "n_best": arguments.whole(1, MOST),
    "length_penalty": arguments.number(0, 10),
    "temperature": arguments.number(0, 100),
    "top_k": arguments.whole(1, 1_000_000),
    "top_p": arguments.number(0, 1),
    "seed": arguments.whole(0, 2**31 - 1),
    "copy_unknown": arguments.switch,
    "attention": arguments.choice("words", "subwords"),
}
FILES, quicken = defaults.FILES, defaults.quicken
BOUNDS = {"text": (0, 2 * LETTERS), "source_lengths": (0, LETTERS)}


def from_json(artifact, values):
    """Texts."""
    return arguments.texts(values, LETTERS)


def to_json(artifact, answers):
    """The answers; attention as {"source", "target", "weights"}."""
    return [terminal.plain({**one, **_attention(one)}) for one in answers]


def _attention(answer):
    return {"attention": answer["attention"]._asdict()} if "attention" in answer else {}


def examples(artifact):
    """Sentences of the data that it was trained on, or one of nothing in particular."""
    return beginnings.texts(artifact, "source", "How are you?")


def listed(config, facts):
    """{"source_language", "target_language"}: as the settings or the files call them; None where nothing does."""
    data = facts.get("source", {}).get("data")
    source, target = config.get("source"), config.get("target")
    if data is None:
        source, target = source or ("es" if target == "en" else "en"), target or ("en" if source == "es" else "es")
    elif isinstance(data, list) and len(data) == 2 and all(isinstance(one, str) for one in data):
        endings = [pathlib.PurePath(one).suffix.removeprefix(".") or None for one in data]
        source, target = source or endings[0], target or endings[1]
    return {"source_language": source, "target_language": target}


def card(artifact):
    """{"beams", "max_length"}: as it was trained."""
    return {"beams": artifact.config.beams, "max_length": artifact.config.max_length}


def _words(artifact, asked):
    """{"words": [{"word", "pieces", "known"}]}: which words of a text have letters that were never seen."""
    vocabulary = artifact.preprocessor.source
    known, pieces = set(vocabulary.pieces), vocabulary.tokens([asked["text"]])[0]
    return {
        "words": [
            {"word": word, "pieces": parts, "known": all(part in known for part in parts)}
            for word, places in word_attention.words(pieces)
            for parts in [[pieces[place] for place in places]]
        ]
    }


ACTIONS = {
    "words": ({"text": arguments.text(LETTERS)}, ["text"], _words),
    **actions(side=arguments.choice("source", "target")),
}
