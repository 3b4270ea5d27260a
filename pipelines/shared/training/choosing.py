"""Settings that nobody set, chosen from the training split by the task's own rule.

    config, words = settled(task, splits["train"], config)

A setting whose default is None is open: `settings_for` of the task's network names its value, one that was set stays.
What is chosen is in the artifact's config.json, so that whatever comes later, such as `evaluate`, has it.
"""

import dataclasses


def settled(task, examples, config):
    """(the config with its open settings filled, one line that says so, empty if there are none).

    >>> import types
    >>> from pipelines import settings
    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Config(settings.Settings):
    ...     units: int | None = settings.option(None, "size")
    ...     depth: int | None = settings.option(None, "layers")
    >>> rule = types.SimpleNamespace(settings_for=lambda examples, config: {"units": 64, "depth": 1})
    >>> settled(types.SimpleNamespace(network=rule), {"text": ["a"] * 1200}, Config(depth=2))
    (Config(units=64, depth=2), 'chosen by the 1,200 rows of training: units 64')
    """
    chosen = {
        name: value
        for name, value in task.network.settings_for(examples, config).items()
        if getattr(config, name) is None
    }
    if not chosen:
        return config, ""
    rows = len(next(iter(examples.values())))
    listed = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in chosen.items()
    )
    return dataclasses.replace(config, **chosen), f"chosen by the {rows:,} rows of training: {listed}"
