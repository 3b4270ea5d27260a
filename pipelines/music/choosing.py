"""The rule by which a music network's open settings are chosen, from the training split alone.

What is looked at: the number of pieces and their steps; of events, the tokens, about three a note. Pieces longer than a
window count as several.

    units        128 for less than `LITTLE` steps in all, 512 from `MUCH` on, 256 between
    dropout      0.5 for 2,000 steps in all or fewer, 0.3 for 14,000, 0.2 from a million on
    transpose    five half tones for 50 pieces or fewer, two from 200 on
    rate         the larger the network, the lower: 4e-3 up to 256 units, 2e-3 with 512
    batch_size   16 pieces, or windows of longer ones; fewer of small sets, 32 of large ones
    epochs       as many as `UPDATES` of the weights take, from 4 to 100; of more than 14,000 steps the updates grow
                 with the fourth root of the steps, to `MOST_TIMES` as many

The numbers were found good on the validation part of the JSB chorales (229 pieces of 60 steps), with all training
pieces and with some; what lies between is interpolated. More updates for more steps come from the validation part of
850 tunes of 337 steps (Ryan's Mammoth Collection): 26 epochs, as of chorales, gave 1.45 nats a step, twice as many
1.30.
"""

import math
import typing

import numpy as np

from pipelines.music.forms import piano_roll
from pipelines.shared.training.choosing import counted

LITTLE, MUCH = 3_000, 2_000_000  # steps
TOKENS_A_NOTE = 3
UPDATES, MOST_TIMES = 1_500, 2.5  # of the weights, in all epochs
FEW_STEPS = 14_000
EPOCHS = (4, 100)
MANY_WINDOWS = 4_000


class Looked(typing.NamedTuple):
    """What the rule looks at."""

    pieces: int
    steps: int  # of all pieces, or tokens of events
    windows: int


def settings_for(examples, config):
    """({setting: value} for each setting that may be open, what was looked at in words); see above."""
    looked = look(examples, config)
    unit = "token" if config.model == "events" else "step"
    return _chosen(looked, config), f"{counted(looked.pieces, 'piece')} of {counted(_mean(looked), unit)}"


def look(examples, config):
    """What the rule looks at, of a training split."""
    if config.model == "events":
        lengths = TOKENS_A_NOTE * np.array(list(map(len, examples["notes"])))
    else:
        per_quarter = config.steps_per_quarter or piano_roll.grid(examples["notes"])
        lengths = np.ceil(np.array(examples["quarters"]) * per_quarter)
    return Looked(len(lengths), int(lengths.sum()), int(np.ceil(lengths / config.window).sum()))


def _mean(looked):
    return looked.steps / max(1, looked.pieces)


def _chosen(looked, config):
    units = config.units or (128 if looked.steps < LITTLE else 256 if looked.steps < MUCH else 512)
    batch_size = config.batch_size or _batch_size(looked)
    epochs = config.epochs or _epochs(looked, batch_size)
    dropout = np.interp(np.log(max(1, looked.steps)), np.log([2_000, FEW_STEPS, 1_000_000]), [0.5, 0.3, 0.2])
    return {
        "units": units,
        "dropout": round(20 * float(dropout)) / 20,
        "transpose": round(float(np.interp(np.log(looked.pieces), np.log([50, 200]), [5, 2]))),
        "learning_rate": float(np.clip(1.024 / units, 5e-4, 4e-3)),
        "batch_size": batch_size,
        "epochs": epochs,
        "patience": epochs,
    }


def _batch_size(looked):
    return 32 if looked.windows >= MANY_WINDOWS else int(np.clip(looked.windows // 14, 4, 16))


def _epochs(looked, batch_size):
    times = np.clip((looked.steps / FEW_STEPS) ** 0.25, 1, MOST_TIMES)
    return int(np.clip(round(times * UPDATES / math.ceil(looked.windows / batch_size)), *EPOCHS))
