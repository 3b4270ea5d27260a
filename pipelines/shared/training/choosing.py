"""Settings that nobody set, chosen from the training split by the task's own rule, and said in one line.

    config, line = settled(task, splits["train"], config)
    25,000 texts of 230 words: gru 64, word dropout 0.6, epochs 8

A setting whose default is None is open: `settings_for` of the task's network names its value, one that was set stays.
What is chosen is in the artifact's config.json, so that whatever comes later, such as `evaluate`, has it. Work that was
cut off goes on with what was chosen when it began, whatever the rule would choose by now.
"""

import dataclasses
import importlib

import pipelines
from pipelines import settings
from pipelines.shared import defaults


def settled(task, examples, config, before=None):
    """(the config with its open settings filled, one line that says so, empty if there are none).

    `settings_for` gives {setting: value}, or that and what it looked at in words, with which the line begins. A value
    of None leaves a setting open.

    before: {setting: value} of the work that is gone on with, whose values stand above the rule's. A setting that is
    not in it, since the version that began the work did not have it, stays open.

    >>> import types
    >>> from pipelines import settings
    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Config(settings.Settings):
    ...     units: int | None = settings.option(None, "size")
    ...     depth: int | None = settings.option(None, "layers")
    >>> rule = types.SimpleNamespace(settings_for=lambda examples, config: ({"units": 64, "depth": 1}, "2 short texts"))
    >>> settled(types.SimpleNamespace(network=rule), {"text": ["a", "b"]}, Config(depth=2))
    (Config(units=64, depth=2), '2 short texts: units 64')
    """
    values, looked_at = _parted(_rule(task)(examples, config))
    values = _open(type(config), before) if before else values
    chosen = {name: value for name, value in values.items() if value is not None and getattr(config, name) is None}
    if not chosen:
        return config, ""
    config = dataclasses.replace(config, **chosen)
    looked_at = looked_at or counted(len(next(iter(examples.values()))), "training example")
    return config, f"{looked_at}: {in_words({name: getattr(config, name) for name in chosen})}"


def _rule(task):
    """The task's own rule, or where its network has none that of the built-in task from which its settings come."""
    own = task.network.settings_for
    if own is not defaults.settings_for:
        return own
    packages = [part.__module__.rpartition(".")[0] for part in task.Config.__mro__]
    of_tasks = [name for name in packages if name.removeprefix("pipelines.") in pipelines.TASKS]
    return importlib.import_module(f"{of_tasks[0]}.network").settings_for if of_tasks else own


def _open(config_class, values):
    """Those of the values whose setting is open where nobody sets it."""
    untold = settings.defaults(config_class)
    return {name: values[name] for name in values if name in untold and untold[name] is None}


def _parted(chosen):
    """(values, words) of what a rule gave, with words or without."""
    return chosen if isinstance(chosen, tuple) else (chosen, "")


def counted(number, noun):
    """A number of things in words, rounded to a whole one.

    >>> counted(25_000, "text"), counted(1, "word"), counted(230.4, "word")
    ('25,000 texts', '1 word', '230 words')
    """
    return f"{number:,.0f} {noun}{'' if round(number) == 1 else 's'}"


def in_words(chosen):
    """Settings as they are read aloud: a cell with its size, names without underscores, whole numbers with commas.

    >>> in_words({"cell": "gru", "units": 64, "word_dropout": 0.6, "crf": True, "tied": False, "max_length": 1000})
    'gru 64, word dropout 0.6, crf, no tied, max length 1,000'
    """
    together = {"cell", "units"} <= chosen.keys()
    listed = [f"{chosen['cell']} {chosen['units']:,}"] if together else []
    listed += [_setting(name, value) for name, value in chosen.items() if not (together and name in ("cell", "units"))]
    return ", ".join(listed)


def _setting(name, value):
    name = name.replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"no {name}"
    written = {int: ",", float: "g"}.get(type(value), "")
    return f"{name} {value:{written}}"
