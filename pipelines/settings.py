"""Settings of a task: one frozen dataclass defines keywords, flags, help, config.json and the search space.

    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Config(Settings):
    ...     units: int = option(64, "size of the recurrent state", at_least=1, search=(32, 256))
    >>> create(Config, {"units": 128})
    Config(units=128)
    >>> create(Config, {"units": 0})
    Traceback (most recent call last):
    ValueError: units: expected an integer of at least 1, received 0

Each field's `option` holds all checks of its value, so Python, the command line, a JSON file and a tuner get the same
errors.
"""

import dataclasses
import inspect
import json
import logging
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pipelines.options import Settings as Settings
from pipelines.options import by_data as by_data
from pipelines.options import changed as changed
from pipelines.options import defaults as defaults
from pipelines.options import described as described
from pipelines.options import groups as groups
from pipelines.options import hint as hint
from pipelines.options import kind as kind
from pipelines.options import names as names
from pipelines.options import near as near
from pipelines.options import option as option
from pipelines.shared import durations
from pipelines.shared.messages import brief, shown

log = logging.getLogger("unroll")

# What `train` and `tune` take besides the settings.
KEYWORDS = ("data", "valid", "test", "name", "directory", "resume", "download", "config", "keep", "callbacks", "quiet")
Config = TypeVar("Config", bound=Settings)


def check_class(config_class: Any) -> None:
    """Refuses a class that cannot be a task's settings.

    Raises:
        TypeError: not a class of settings, or one with new options that are not dataclass fields.
    """
    if not isinstance(config_class, type) or not issubclass(config_class, Training):
        raise TypeError(f"Config: expected a subclass of settings.Training, received {shown(config_class)}")
    for part in config_class.__mro__:
        written = inspect.get_annotations(part).items()
        lost = [name for name, kind in written if name not in names(config_class) and "ClassVar" not in str(kind)]
        if issubclass(part, Settings) and lost:
            raise TypeError(
                f"Config: {part.__name__} has {', '.join(lost)} that is no setting yet; write "
                "@dataclasses.dataclass(frozen=True, kw_only=True) above the class"
            )
    for field in dataclasses.fields(config_class):
        if "help" not in field.metadata:
            raise TypeError(f"Config: {field.name}: expected settings.option(default, help), received another field")


def create(
    config_class: type[Config],
    options: Mapping[str, Any],
    base: Settings | dict[str, Any] | str | pathlib.PurePath | None = None,
) -> Config:
    """The settings: the defaults, changed by `base` (settings, a mapping or a JSON file of them), then by `options`.

    Raises:
        TypeError: an option that the task does not have; the error suggests the closest name.
        ValueError: a value that is out of range or of another type, or a file that is not JSON.
        FileNotFoundError: no such file.

    >>> create(Training, {"seed": 7}, base={"seed": 1, "epochs": 3}).seed
    7
    """
    known = names(config_class)
    values = dict(_mapping(base), **options)
    for name in values:
        if name not in known:
            others = KEYWORDS if issubclass(config_class, Training) else ()
            raise TypeError(
                f"unknown option {shown(name)}.{hint(name, [*known, *others])} "
                f"The options are: {', '.join(sorted(known))}"
            )
    return config_class(**values)


def _mapping(base):
    if base is None:
        return {}
    if isinstance(base, Settings):
        return dataclasses.asdict(base)
    values = _from_file(pathlib.Path(base)) if isinstance(base, (str, pathlib.PurePath)) else base
    if not isinstance(values, dict):
        source = "config" if values is base else f"config {str(base)!r}"
        raise TypeError(
            f"{source}: expected settings, a mapping or a JSON file of one, received {type(values).__name__}"
        )
    return values


def _from_file(path):
    if not path.is_file():
        raise FileNotFoundError(f"config: no file {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # json raises a ValueError for a number of thousands of digits too
        raise ValueError(f"config {str(path)!r}: expected a JSON file of settings; {brief(error, 200)}") from error


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training(Settings):
    """Training"""

    epochs: int = option(10, "passes over the training split at the most", at_least=1)
    batch_size: int = option(64, "examples a step", at_least=1, search=[32, 64, 128])
    learning_rate: float = option(2e-3, "of Adam, at its highest", above=0, at_most=10, search=(3e-4, 1e-2))
    schedule: str = option("constant", "of the learning rate", choices=("constant", "cosine"))
    warmup: int = option(0, "steps in which the learning rate rises from zero", at_least=0)
    weight_decay: float = option(0.0, "AdamW's decoupled decay of the weights", at_least=0)
    clip_norm: float | None = option(1.0, "global norm to which gradients are clipped", above=0)
    time: float | None = option(
        None,
        "in which the whole training has to end, such as 30m, 90s or 2h: fewer epochs, a smaller network if need be",
        written=(durations.parsed, "a time such as 30m, 90s or 2h"),
        above=0,
    )
    patience: int = option(3, "epochs without improvement before training stops", at_least=1)
    monitor: str = option("val_accuracy", "what decides on the best epoch", choices=("val_accuracy", "val_loss"))
    average: int = option(1, "best epochs whose weights are averaged at the end", at_least=1)
    buckets: int = option(8, "lengths to which batches are padded, chosen for the least padding", at_least=1)
    precision: str = option("float32", "of the computation", choices=("float32", "mixed_float16", "mixed_bfloat16"))
    seed: int = option(0, "of the weights, the order of examples and dropout", at_least=0)
    start_from: str | None = option(
        None,
        "an earlier artifact to start from: its name, NAME@VERSION or folder; or a .keras file",
    )
    freeze: str | None = option(
        None,
        "parts that stay as they are: embedding, recurrent, all_but_last or names of layers, with commas between",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recurrent(Settings):
    """Network"""

    cell: str = option("lstm", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int = option(64, "size of the recurrent state", at_least=1, search=[32, 64, 128])
    depth: int = option(1, "recurrent layers one on another", at_least=1, search=[1, 2])
    dropout: float = option(0.3, "part of the outputs dropped in training", at_least=0, below=1, search=(0.0, 0.6))
    recurrent_dropout: float = option(0.0, "part of the recurrent state dropped in training", at_least=0, below=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(Settings):
    """Text"""

    SAME_IN_TRIALS = True

    tokens: str = option("word", "what a text is split into", choices=("word", "wordpiece"))
    vocabulary_size: int = option(20_000, "tokens kept, the most frequent of the training split", at_least=3)
    minimum_count: int = option(1, "times that a word must stand in the training split to be kept", at_least=1)
    lowercase: bool = option(True, "drop letter case")
    max_length: int = option(400, "tokens kept of a text", at_least=1)
    keep: str = option("end", "which part of a longer text is kept", choices=("start", "end"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading(Settings):
    """Reading files"""

    SAME_IN_TRIALS = True

    encoding: str | None = option(None, "of files of text, such as cp1252 (default: told by their bytes)")
    delimiter: str | None = option(
        None,
        "between columns: a letter, or comma, semicolon, tab, bar, space, blanks, none (default: told by the lines)",
    )
    quoting: str | None = option(
        None, "of fields: double, as in CSV; backslash, \\\" inside; single, '...'; none, quotes are letters (default: "
        "told by the lines)", choices=("double", "backslash", "single", "none"),
    )  # fmt: skip
    header: str | None = option(
        None,
        "whether a first line names the columns (default: if the names asked for are in it)",
        choices=("yes", "no"),
    )
    limit: int | None = option(None, "read so many examples of each source alone, for a quick look", at_least=1)
    skip_bad: bool = option(False, "leave out rows that cannot be read, and say how many")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Splitting(Settings):
    """Data"""

    SAME_IN_TRIALS = True

    valid_fraction: float = option(0.1, "cut off for validation when none is given", above=0, below=1)
    test_fraction: float = option(0.1, "cut off for the test when none is given", at_least=0, below=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Columns(Reading):
    """Data"""

    text_column: str = option("text", "the column that holds the texts: its name, or its number from 1 on")
    label_column: str = option("label", "the column that holds the labels")
    join_labels: bool = option(False, "take labels for one that differ in letter case, spaces or as 1 and 1.0 alone")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data(Splitting, Columns):
    """Data"""


def of_reading(config_class: type) -> list[str]:
    """The names of the settings that say how a source is read: of its files, and of its columns.

    >>> of_reading(Data)[:2], of_reading(Data)[-2:]
    (['encoding', 'delimiter'], ['label_column', 'join_labels'])
    """
    owners = [part for part in config_class.__mro__ if issubclass(part, Reading) and not issubclass(part, Training)]
    own = {name for owner in owners for name in inspect.get_annotations(owner)}
    return [field.name for field in dataclasses.fields(config_class) if field.name in own]


def of_evaluation(config_class: type) -> list[str]:
    """The names of the settings that `evaluate` takes besides those of reading."""
    owners = [part for part in config_class.__mro__ if vars(part).get("OF_EVALUATION")]
    return [name for owner in owners for name in inspect.get_annotations(owner)]


def parted(options: Mapping[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the options of these names, the others).

    >>> parted({"limit": 1, "beams": 5}, ["limit"])
    ({'limit': 1}, {'beams': 5})
    """
    chosen = {name: value for name, value in options.items() if name in names}
    return chosen, {name: value for name, value in options.items() if name not in chosen}


def read_anew(config: Config, options: Mapping[str, Any], verb: str) -> Config:
    """The settings of an artifact for a source that it was not trained on.

    Its columns are called as in training, if `options` do not say otherwise, which is said; how its files are written
    is told anew.

    >>> read_anew(Data(encoding="cp1252", text_column="review"), {"limit": 9}, "evaluate")
    Data(encoding=None, delimiter=None, quoting=None, header=None, limit=9, skip_bad=False, text_column='review', \
label_column='label', join_labels=False, valid_fraction=0.1, test_fraction=0.1)
    """
    names = of_reading(type(config))
    for name in options:
        if name not in names:
            raise TypeError(
                f"{verb}: unknown option {shown(name)}.{hint(name, names)} Those of data are: {', '.join(names)}"
            )
    of_files = {field.name: field.default for field in dataclasses.fields(config) if field.name in _FILES}
    changed = create(type(config), {**of_files, **options}, base=config)
    for name in set(names) - _FILES:
        if getattr(changed, name) != getattr(config, name):
            log.info("%s: %s=%r, in training %r", verb, name, getattr(changed, name), getattr(config, name))
    return changed


def differing(before: Config, after: Config, names: Iterable[str] | None = None) -> list[str]:
    """The names of settings, of all or of these, that differ.

    >>> differing(Training(), Training(epochs=3, seed=1))
    ['epochs', 'seed']
    """
    names = [field.name for field in dataclasses.fields(before)] if names is None else names
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def evaluated_anew(config: Config, options: Mapping[str, Any]) -> Config:
    """The settings of an artifact, with those that `evaluate` takes as it was asked for, or at their defaults."""
    untold = {name: defaults(type(config))[name] for name in of_evaluation(type(config))}
    return create(type(config), {**untold, **options}, base=config)


_FILES = {field.name for field in dataclasses.fields(Reading)}
