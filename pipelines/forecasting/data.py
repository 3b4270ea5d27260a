"""Series of numbers: from any source to the splits of a forecast, checked at the door.

load_splits("ETTh1.csv", None, None, config)["train"]     -> {"series", "time", "scored", "values"}

series      stored.Labels (rows,)     whose row it is; the rows of a series stand together, in the order of time
time        int64 (rows,)             seconds since 1970, or the number of the step
scored      bool (rows,)              False: a row before the split's own, there to be looked at alone
values      float32 (rows,), a field a column: targets, then what is known ahead, then the others; NaN is missing
"""

import dataclasses

import numpy as np

from pipelines.forecasting import sample
from pipelines.shared.data import provenance, splits, stored

SPLIT_RULE = 1
FORMER_RULES = {}


@dataclasses.dataclass(frozen=True)
class Roles:
    """The names of the columns to forecast, of those known ahead, and of those only looked at."""

    targets: list
    known: list
    past: list

    @property
    def names(self):
        return [*self.targets, *self.known, *self.past]


def named(setting):
    """The names in a setting with commas between.

    >>> named("high, low"), named(None)
    (['high', 'low'], [])
    """
    return [name.strip() for name in (setting or "").split(",") if name.strip()]


def roles(names, config):
    """The `Roles` of columns of numbers: targets are those of `target_columns`, or else all that are nothing else."""
    targets, known, past = named(config.target_columns), named(config.known_columns), named(config.past_columns)
    others = [name for name in names if name not in (*targets, *known, *past)]
    if not targets:
        return Roles(others, known, past)
    return Roles(targets, known, past or others)


def structured(values, names):
    """The fields `names` of a structured array as one of its own, contiguous."""
    made = np.empty(len(values), [(name, np.float32) for name in names])
    for name in names:
        made[name] = values[name]
    return made


def load_examples(data, config, download=False, role="data"):
    """The examples of one source, all of them scored."""
    import pyarrow.csv

    table = pyarrow.csv.read_csv(data).slice(0, config.limit)
    time_column = config.time_column or next(
        (n for n in table.column_names if n.lower() in ("date", "time", "hour")), None
    )
    names = [n for n in table.column_names if n not in (time_column, config.series_column)]
    chosen = roles(names, config)
    values = np.empty(len(table), [(name, np.float32) for name in chosen.names])
    for name in chosen.names:
        values[name] = table[name].to_numpy()
    time = np.arange(len(table)) if time_column is None else table[time_column].to_numpy()
    time = time.astype("datetime64[s]").astype(np.int64)
    series = stored.Labels.of(table[config.series_column].to_pylist() if config.series_column else [""] * len(table))
    return {"series": series, "time": time, "scored": np.ones(len(table), bool), "values": values}


def load_splits(data, valid, test, config, download=False):
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    loaded = load_examples(data, config, download)
    rows = len(loaded["time"])
    ids = sorted(loaded["series"].counts(), key=lambda x: (len(str(x)), str(x)))
    made = {}
    if len(ids) > 1 and config.split != "time":
        first = 0
        sizes = [round(len(ids) * parts.get(n, 0)) for n in ("valid", "test")]
        cuts = np.cumsum([len(ids) - sum(sizes), *sizes])
        for name, start, end in zip(("train", "valid", "test"), [0, *cuts], cuts, strict=False):
            chosen = np.isin(loaded["series"].codes, [loaded["series"].values.index(i) for i in ids[start:end]])
            made[name] = {
                k: stored.picked(v, np.flatnonzero(chosen)) if k == "series" else v[chosen] for k, v in loaded.items()
            }
        return made
    sizes = [round(rows * parts.get(n, 0)) for n in ("valid", "test")]
    cuts = np.cumsum([rows - sum(sizes), *sizes])
    for name, start, end in zip(("train", "valid", "test"), [0, *cuts], cuts, strict=False):
        scored = np.arange(end) >= start
        made[name] = {
            "series": loaded["series"].picked(np.arange(end)),
            "time": loaded["time"][:end],
            "scored": scored,
            "values": loaded["values"][:end],
        }
    return made
