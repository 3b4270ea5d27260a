"""Settings of a task: one frozen dataclass gives the keywords, the command's flags and help, config.json and the search space.

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Config(settings.Training):
        units: int = option(64, "size of the recurrent state", at_least=1, search=(32, 256))

    settings.create(Config, {"units": 0})     # ValueError: units: expected an integer of at least 1, received 0

Every check of a value stands in the field's own `option`, so Python, the command line, a JSON file and a tuner get the same errors.
"""

import dataclasses
import difflib
import json
import pathlib
import types
import typing

_BOUNDS = {
    "at_least": (lambda value, bound: value >= bound, "of at least {}"),
    "above": (lambda value, bound: value > bound, "above {}"),
    "at_most": (lambda value, bound: value <= bound, "of at most {}"),
    "below": (lambda value, bound: value < bound, "below {}"),
}
_KINDS = {int: "an integer", float: "a number", str: "a string", bool: "true or false"}


def option(default, help, *, choices=None, search=None, **bounds):
    """A field of a settings class.

    Args:
        default: the value when none is given.
        help: one line, shown by `--help`.
        choices: the values allowed.
        search: what a tuner tries by default: a tuple (low, high), or a list of values.
        **bounds: any of `at_least`, `above`, `at_most`, `below`.
    """
    return dataclasses.field(
        default=default, metadata={"help": help, "choices": choices, "search": search, "bounds": bounds}
    )


def kind(config_class, name):
    """(type, optional) of a field: `float | None` gives (float, True)."""
    hint = typing.get_type_hints(config_class)[name]
    if isinstance(hint, types.UnionType):
        return next(part for part in typing.get_args(hint) if part is not type(None)), True
    return hint, False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Checks each value against its field; see `option`."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(type(self), field, getattr(self, field.name)))


def _checked(config_class, field, value):
    expected, optional = kind(config_class, field.name)
    if value is None and optional:
        return value
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if expected is str and isinstance(value, pathlib.PurePath):
        value = str(value)
    choices, bounds = field.metadata["choices"], field.metadata["bounds"]
    right = isinstance(value, expected) and (expected is bool or not isinstance(value, bool))
    right = right and all(_BOUNDS[name][0](value, bound) for name, bound in bounds.items())
    if not right or (choices and value not in choices):
        raise ValueError(f"{field.name}: expected {_expected(expected, optional, choices, bounds)}, received {value!r}")
    return value


def _expected(expected, optional, choices, bounds):
    if choices:
        words = "one of " + ", ".join(map(str, choices))
    else:
        words = " ".join(
            [_KINDS[expected], " and ".join(_BOUNDS[name][1].format(bound) for name, bound in bounds.items())]
        )
    return words.strip() + (" or none" if optional else "")


def near(name, names):
    """' Did you mean ...?' when one of `names` is close to `name`, else ''."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def create(config_class, options, base=None):
    """The settings: the defaults, then `base` (settings, a mapping or a JSON file of them), then `options`.

    Raises:
        TypeError: an option that the task does not have; the near one is named.
        ValueError: a value out of its range or of another type.
    """
    names = {field.name for field in dataclasses.fields(config_class)}
    values = dict(_mapping(base), **options)
    for name in values:
        if name not in names:
            raise TypeError(f"unknown option {name!r}.{near(name, names)} The options are: {', '.join(sorted(names))}")
    return config_class(**values)


def _mapping(base):
    if base is None:
        return {}
    if dataclasses.is_dataclass(base):
        return dataclasses.asdict(base)
    if isinstance(base, (str, pathlib.PurePath)):
        try:
            base = json.loads(pathlib.Path(base).read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"{base}: expected a JSON file of settings; {error}") from error
    if not isinstance(base, dict):
        raise TypeError(f"config: expected settings, a mapping or a JSON file, received {type(base).__name__}")
    return base


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training(Settings):
    """Training"""

    epochs: int = option(10, "passes over the training split at the most", at_least=1)
    batch_size: int = option(64, "examples a step", at_least=1, search=[32, 64, 128])
    learning_rate: float = option(2e-3, "of Adam, at its highest", above=0, at_most=10, search=(3e-4, 1e-2))
    schedule: str = option("constant", "of the learning rate", choices=("constant", "cosine"))
    weight_decay: float = option(0.0, "AdamW's decoupled decay of the weights", at_least=0)
    clip_norm: float | None = option(1.0, "global norm to which gradients are clipped", above=0)
    patience: int = option(3, "epochs without improvement before training stops", at_least=1)
    monitor: str = option("val_accuracy", "what decides on the best epoch", choices=("val_accuracy", "val_loss"))
    buckets: int = option(8, "lengths to which batches are padded, at quantiles of the training split", at_least=1)
    precision: str = option("float32", "of the computation", choices=("float32", "mixed_float16", "mixed_bfloat16"))
    seed: int = option(0, "of the weights, the order of examples and dropout", at_least=0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(Settings):
    """Text"""

    tokens: str = option("word", "what a text is split into", choices=("word", "wordpiece"))
    vocabulary_size: int = option(20_000, "tokens kept, the most frequent of the training split", at_least=3)
    minimum_count: int = option(1, "times that a word must stand in the training split to be kept", at_least=1)
    lowercase: bool = option(True, "drop letter case")
    max_length: int = option(400, "tokens kept of a text", at_least=1)
    keep: str = option("end", "which part of a longer text is kept", choices=("start", "end"))
