"""Series of numbers: from any source to the splits of a forecast, checked at the door.

    load_splits("ETTh1.csv", None, None, config)["train"]     -> {"series", "time", "scored", "values"}

    series      stored.Labels (rows,)     whose row it is; the rows of a series stand together, in the order of time
    time        int64 (rows,)             seconds since 1970 (UTC), or the number of the step
    scored      bool (rows,)              False: a row before the split's own, there to be looked at alone
    values      float32 (rows,), a field a column: targets, then what is known ahead, then the others; NaN is missing

A source is read by `reading.read`, made regular by `series.arranged`, and cut by `splitting.cut`. Nothing of it loads
TensorFlow.
"""

import numpy as np

from pipelines.forecasting import sample
from pipelines.forecasting.tables import reading, series, splitting
from pipelines.forecasting.tables.roles import roles as roles
from pipelines.forecasting.tables.several import parts
from pipelines.forecasting.windows import Shape, ranges, spans
from pipelines.shared.data import provenance, splits
from pipelines.shared.defaults import FORMER_RULES as FORMER_RULES
from pipelines.shared.messages import listed

SPLIT_RULE = 1  # raised with each change of what falls in which split; see `shared.data.original_splits`


def load_examples(data, config, download=False, role="data"):
    """The examples of one source, all of them scored; None is the built-in sample."""
    data = sample.generate() if data is None else data
    return series.arranged(reading.read(data, config, role, download), config)


def load_splits(data, valid, test, config, download=False):
    """The splits; what is not given is cut off as `splitting` says, by time or by series.

    A test split that is not given and of which the fraction is 0 is left out.

    Raises:
        ValueError: a split without a window, besides what is wrong with a source.
    """
    own = splits.own_sources(valid, test)
    _check_given(own, config)
    parts = splits.fractions(config, own)
    examples = load_examples(data, config, download)
    loaded = splitting.cut(examples, parts, config)
    for name, source in own.items():
        loaded[name] = _as_columns(load_examples(source, config, download, name), examples, name)
    loaded = {name: loaded[name] for name in ("train", "valid", "test") if name in loaded}
    for name, part in loaded.items():
        check_windows(name, part, config, provenance.called(data))
    return loaded


def _check_given(own, config):
    for name in own:
        if getattr(config, f"{name}_from") is not None:
            raise ValueError(f"{name}_from: has no effect beside {name}=; leave out one")


def _as_columns(examples, others, name):
    """The examples with the columns of others, in their order.

    Raises:
        ValueError: a column is missing; times are dates in one of the two alone.
    """
    names, there = others["values"].dtype.names, examples["values"].dtype.names
    lacking = [one for one in names if one not in there]
    if lacking:
        raise ValueError(
            f"{name}: expected the columns of the data, received none called {listed(lacking)}; it has {listed(there)}"
        )
    if series.are_dates(examples["time"]) != series.are_dates(others["time"]):
        raise ValueError(f"{name}: expected dates as times where the data has them, and numbers where it has numbers")
    return examples if names == there else {**examples, "values": structured(examples["values"], names)}


def check_windows(name, examples, config, called):
    """Refuses a split in which no series has room for a window."""
    length = config.length or 1
    shape = Shape(length, config.ahead, 1)
    if next(ranges(examples, shape), None) is not None:
        return
    codes, scored = examples["series"].codes, examples["scored"]
    starts, ends = spans(codes)
    rows = max((int(scored[start:end].sum()) for start, end in zip(starts, ends, strict=True)), default=0)
    longest = max((int(end - start) for start, end in zip(starts, ends, strict=True)), default=0)
    before = "" if scored.all() else " to forecast behind those that are looked at"
    needed = config.ahead if before else length + config.ahead
    advice = {
        "train": "give more rows, or a smaller ahead or length",
        "valid": "give more rows, a greater valid_fraction, a smaller ahead, or valid=",
        "test": "give more rows, a greater test_fraction (0 for no test), a smaller ahead, or test=",
    }[name]
    settings = f"ahead={config.ahead}" + (f" and length={length}" if config.length else "")
    received = f"{rows if before else longest:,}" + (f", the longest of {len(starts)} series" * (len(starts) > 1))
    raise ValueError(
        f"{called}: expected a window in the split {name!r}: {needed:,} rows{before} of one series for {settings}, "
        f"received {received}; {advice}"
    )


def structured(values, names):
    """The fields `names` of an array of records as one of its own, contiguous."""
    made = np.empty(len(values), [(name, np.float32) for name in names])
    for name in names:
        made[name] = values[name]
    return made


def read_inputs(inputs, config):
    """What `predict` goes on from: a list of the examples of each series, whole, in the order of the source.

    A series may be shorter than a window, and its last rows may have values in the columns known ahead alone: these
    are the future. A list of tables or arrays has a series, or some, in each.
    """
    several = parts(inputs)
    if several is not None:
        return [one for source in several for one in read_inputs(source, config)]
    examples = load_examples(inputs, config, role="predict")
    bounds = zip(*spans(examples["series"].codes), strict=True)
    return [splitting.picked(examples, [(int(start), int(end))]) for start, end in bounds]
