"""A setting: its type, default, help and bounds, and the check of its value, with one error wherever it comes from.

    class Config(Settings):
        units: int = option(64, "size of the recurrent state", at_least=1, search=(32, 256))

`settings` has those that tasks share, and makes them from keywords, mappings and files.
"""

import dataclasses
import difflib
import inspect
import itertools
import math
import numbers
import pathlib
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any

from pipelines.shared.elsewhere import ELSEWHERE
from pipelines.shared.messages import shown

_BOUNDS = {
    "at_least": (lambda value, bound: value >= bound, "of at least {}"),
    "above": (lambda value, bound: value > bound, "above {}"),
    "at_most": (lambda value, bound: value <= bound, "of at most {}"),
    "below": (lambda value, bound: value < bound, "below {}"),
}
MOST_NAMES, LONGEST = 10_000, 100  # names, and letters of a name, that `near` compares at most
# type: (its name, the classes accepted for it); a NumPy number is accepted and becomes a plain one
_KINDS = {
    int: ("an integer", numbers.Integral),
    float: ("a number", numbers.Real),
    str: ("a string", (str, pathlib.PurePath)),
    bool: ("true or false", bool),
}


def option(
    default: Any,
    help: str,
    *,
    choices: tuple | None = None,
    search: tuple | list | None = None,
    written: tuple[Callable[[str], Any], str] | None = None,
    words: tuple[str, ...] = (),
    **bounds: float,
) -> Any:
    """A field of a settings class.

    Args:
        default: the value if the user sets none.
        help: one line, shown by `--help`.
        choices: the allowed values.
        search: what a tuner tries by default: a tuple (low, high), or a list of values.
        written: (a function that reads the value of a string, or returns None; what such a string is, for errors).
        words: strings that are allowed besides numbers.
        **bounds: any of `at_least`, `above`, `at_most`, `below`.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "choices": choices,
            "search": search,
            "written": written,
            "words": words,
            "bounds": bounds,
        },
    )


def by_data(config_class: type, name: str) -> Any:
    """The option `name` of another class of settings, here left to the data: None, until a task's rule chooses it.

    >>> from pipelines import settings
    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Config(settings.Training):
    ...     epochs: int | None = by_data(settings.Training, "epochs")
    >>> Config().epochs, dataclasses.fields(Config)[0].metadata["help"]
    (None, 'passes over the training split at the most (default: by the data)')
    """
    (field,) = (field for field in dataclasses.fields(config_class) if field.name == name)
    help = f"{field.metadata['help']} (default: by the data)"
    return dataclasses.field(default=None, metadata={**field.metadata, "help": help})


def kind(config_class: type, name: str) -> tuple[type, bool]:
    """(type, optional) of a field: `float | None` gives (float, True).

    >>> from pipelines import settings
    >>> kind(settings.Training, "clip_norm")
    (<class 'float'>, True)
    """
    hint = typing.get_type_hints(config_class)[name]
    if isinstance(hint, types.UnionType):
        return next(part for part in typing.get_args(hint) if part is not type(None)), True
    return hint, False


def groups(config_class: type) -> dict[str, list[dataclasses.Field]]:
    """{title: fields}, as help shows them: by the class that defines a field, whose docstring is the title.

    >>> from pipelines import settings
    >>> [field.name for field in groups(settings.Data)["Data"]]
    ['text_column', 'label_column', 'join_labels', 'valid_fraction', 'test_fraction']
    """
    owners = {name: owner for owner in reversed(config_class.__mro__) for name in inspect.get_annotations(owner)}
    fields_of = {}
    for field in dataclasses.fields(config_class):
        fields_of.setdefault(_title(owners[field.name]), []).append(field)
    return fields_of


def _title(config_class):
    """The first line of the class's docstring, or its name if it has only the docstring that dataclasses generate."""
    title = (config_class.__doc__ or "").strip().split("\n")[0]
    return title if title and not title.startswith(f"{config_class.__name__}(") else config_class.__name__


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Checks each value against its field; see `option`.

    SAME_IN_TRIALS: whether the settings of a class decide on data, vocabulary or scores, so that no search varies them.
    OF_EVALUATION: whether `evaluate` takes the settings of a class too, from their defaults, not from the artifact.
    """

    SAME_IN_TRIALS = False
    OF_EVALUATION = False

    def __post_init__(self):
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(type(self), field, getattr(self, field.name)))


def _checked(config_class, field, value):
    expected, optional = kind(config_class, field.name)
    if value is None and optional:
        return value
    choices, bounds, written = (field.metadata.get(name) for name in ("choices", "bounds", "written"))
    received, words = value, field.metadata.get("words", ())
    if isinstance(value, str) and value in words:
        return value
    if written and isinstance(value, str):
        value = written[0](value)
    if not _fits(value, expected, choices, bounds):
        wanted = (f"{written[1]}, or " if written else "") + _wanted(expected, optional, choices, bounds, words)
        hint = near(value, choices or words) if isinstance(value, str) else ""
        raise ValueError(f"{field.name}: expected {wanted}, received {shown(received)}{hint and '.' + hint}")
    return expected(value)


def _fits(value, expected, choices, bounds):
    if not isinstance(value, _KINDS[expected][1]) or (isinstance(value, bool) and expected is not bool):
        return False
    if expected is float and not math.isfinite(value):
        return False
    return (not choices or value in choices) and all(_BOUNDS[name][0](value, bound) for name, bound in bounds.items())


def _wanted(expected, optional, choices, bounds, further=()):
    if choices:
        words = "one of " + ", ".join(map(str, choices))
    else:
        limits = " and ".join(_BOUNDS[name][1].format(bound) for name, bound in bounds.items())
        words = f"{_KINDS[expected][0]} {limits}".strip()
    return "".join([words, *(f" or {word}" for word in further), " or none" if optional else ""])


def near(name: str, names: Iterable, written: Callable[[str], str] = shown) -> str:
    """A question that suggests the one of `names` closest to `name`; empty if none is close.

    written: a function that writes the suggested name.

    >>> near("unit", ["units", "depth"])
    " Did you mean 'units'?"
    """
    # Only names that could come of a typing error, and not all of them: a table may have a million columns.
    candidates = [
        candidate
        for candidate in itertools.islice(names, MOST_NAMES)
        if isinstance(candidate, str) and len(candidate) < LONGEST
    ]
    matches = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6) if len(name) < LONGEST else []
    return f" Did you mean {written(matches[0])}?" if matches else ""


def hint(name: str, names: Iterable, written: Callable[[str], str] = shown) -> str:
    """A sentence for a name that is not in `names`: what other toolkits' name is called here, or the closest name.

    >>> hint("lr", ["learning_rate"]), hint("unit", ["units", "depth"])
    (" Its name here is 'learning_rate'.", " Did you mean 'units'?")
    """
    ours = ELSEWHERE.get(name.lower(), "") if isinstance(name, str) else ""
    if " " in ours:
        return f" {ours}."
    if ours in names:
        return f" Its name here is {written(ours)}."
    return near(name, names, written)


def defaults(config_class: type) -> dict[str, Any]:
    """{setting: its default}."""
    return {field.name: field.default for field in dataclasses.fields(config_class)}


def described(field: dataclasses.Field, space: str = " ") -> str:
    """A setting's help with its default, if the help does not say what stands for none; `space` is before the default.

    >>> from pipelines import settings
    >>> [described(field) for field in dataclasses.fields(settings.Training) if field.name == "warmup"]
    ['steps in which the learning rate rises from zero (default: 0)']
    """
    help = field.metadata["help"]
    if field.default is None and "(default:" in help:
        return help
    return f"{help} (default:{space}{'none' if field.default is None else field.default})"


def changed(config: Settings) -> dict[str, Any]:
    """{setting: value} of those that are not at their defaults."""
    return {name: getattr(config, name) for name, default in defaults(type(config)).items()
            if getattr(config, name) != default}  # fmt: skip


def names(config_class: type) -> set[str]:
    """The names of the settings."""
    return {field.name for field in dataclasses.fields(config_class)}
