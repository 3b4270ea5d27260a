"""What a search may try, checked before anything is read or loaded.

    checked(Config, {"units": [32, 64], "dropout": (0.0, 0.5)})     the same, or an error

Settings of a class with `SAME_IN_TRIALS` decide on vocabulary, splits and scores, which are the same in every trial.
"""

import dataclasses
import inspect

from pipelines import settings
from pipelines.shared.messages import shown

ALGORITHMS = ("random", "bayesian", "hyperband")


def fixed(config_class):
    """The names of the settings that cannot be tuned.

    >>> sorted(fixed(settings.Training))
    ['epochs', 'monitor', 'seed', 'start_from']
    """
    same = (part for part in config_class.__mro__ if _same(part) and not issubclass(part, settings.Training))
    return {
        "monitor",
        "epochs",
        "seed",
        "start_from",
        *(name for part in same for name in inspect.get_annotations(part)),
    }


def _same(part):
    return getattr(part, "SAME_IN_TRIALS", False)


def check(algorithm, trials):
    """Refuses an algorithm that there is not, and no trials."""
    if algorithm not in ALGORITHMS:
        near = settings.near(str(algorithm), ALGORITHMS)
        raise ValueError(f"algorithm: expected one of {', '.join(ALGORITHMS)}, received {shown(algorithm)}.{near}")
    if not isinstance(trials, int) or isinstance(trials, bool) or trials < 1:
        raise ValueError(f"trials: expected an integer of at least 1, received {shown(trials)}")


def checked(config_class, space):
    """The space, each of its values checked as a setting."""
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    if space is None:
        return {name: field.metadata["search"] for name, field in fields.items() if field.metadata["search"]}
    if not isinstance(space, dict) or not space:
        raise ValueError(
            f"space: expected a mapping of fields to (low, high) or a list of values, received {shown(space)}"
        )
    for name, values in space.items():
        if name not in fields or name in fixed(config_class):
            tunable = [field for field in fields if field not in fixed(config_class)]
            near = settings.near(name, tunable)
            raise ValueError(f"space: {shown(name)} cannot be tuned.{near} It can hold: {', '.join(tunable)}")
        _check_values(config_class, name, values)
    return space


def _check_values(config_class, name, values):
    if not isinstance(values, (list, tuple)) or not values:
        raise ValueError(f"space: {name}: expected (low, high) or a list of values, received {shown(values)}")
    for value in values:
        settings.create(config_class, {name: value})
    if isinstance(values, list):
        return
    numbers = settings.kind(config_class, name)[0] in (int, float)
    if not numbers or len(values) != 2 or None in values or not values[0] < values[1]:
        raise ValueError(
            f"space: {name}: expected two numbers (low, high) or a list of values, received {shown(values)}"
        )


def chosen(space, values):
    """The settings that a trial's values stand for."""
    return {name: tried[values[name]] if isinstance(tried, list) else values[name] for name, tried in space.items()}
