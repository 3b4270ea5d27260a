"""What a training with texts without labels does ahead of it: it learns from them, and starts from what that gave."""

import dataclasses
import math

from pipelines import settings
from pipelines.shared import durations, messages
from pipelines.shared.training import starting

NEEDED = {"input": "embedding", "vectors": None, "activation": "tanh"}  # of the settings that a task has


def taken(task, options):
    """(the texts without labels, the seconds to learn from them) out of the options of a training, each None for none.

    Raises:
        ValueError: a time that is none, or one without texts.
    """
    if not issubclass(task.Config, settings.Text):
        return None, None
    source, time = options.pop("unlabelled", None), options.pop("pretraining_time", None)
    seconds = durations.parsed(time) if isinstance(time, str) else time
    if time is None:
        return source, None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
        raise ValueError(f"pretraining_time: expected a time such as 10m or 1h, received {messages.shown(time)}")
    if source is None:
        raise ValueError("pretraining_time: is the time to learn from texts without labels; give unlabelled=... too")
    return source, float(seconds)


def check(config):
    """Refuses settings of a network that cannot start from what the texts teach.

    Raises:
        ValueError: vectors from a file or none at all, another activation.
    """
    for name, needed in NEEDED.items():
        value = getattr(config, name, needed)
        if value != needed:
            raise ValueError(
                f"unlabelled: teaches vectors of its own and recurrent layers with tanh, received {name}={value!r}; "
                f"leave {name} out, or train without unlabelled"
            )


def pretrained(task, path, splits, source, seconds, config, asked):
    """(the config, the `starting.Start`) of a training that first learns from texts without labels; see `training`."""
    from pipelines.shared.pretraining import training  # TensorFlow

    check(config)
    name = training.pretrained(path, splits, source, config, asked, seconds)
    start = starting.opened(task, name, path.parent)
    return start.settled(dataclasses.replace(config, start_from=name), asked), start
