"""Training, validation and test: cut by time or by series before there is any window.

    cut(examples, {"valid": 0.1, "test": 0.1}, config)       {"train": {...}, "valid": {...}, "test": {...}}

By time a later split keeps all rows before its own, to be looked at and not scored (`scored` False), so that its first
window ends where the split begins, whatever its length is. These rows are shared, not copied, as far as they lie one
behind another.

The rule, where `split` is None: by series if there are three or more, and their times are numbers or none, or cannot be
cut, since half of them have fewer than `SHORT` times `1 + ahead` rows. Else by time.
"""

import itertools

import numpy as np

from pipelines.forecasting.tables import times
from pipelines.forecasting.tables.series import are_dates
from pipelines.forecasting.windows import spans
from pipelines.shared.data import stored
from pipelines.shared.messages import shown

SHORT = 5


def by_series(examples, config):
    """Whether the examples are cut by series; see above.

    Raises:
        ValueError: settings that fit one another not.
    """
    starts, ends = spans(examples["series"].codes)
    dated = [name for name in ("valid_from", "test_from") if getattr(config, name) is not None]
    if config.split == "series":
        if dated:
            raise ValueError(f"{dated[0]}: cuts by time, and split='series' does not; leave out one")
        if len(starts) < 2:
            raise ValueError("split='series': expected several series, received one; series_column tells them apart")
        return True
    if config.split == "time" or dated or len(starts) < 3:
        return False
    return not are_dates(examples["time"]) or np.median(ends - starts) < SHORT * (1 + config.ahead)


def cut(examples, parts, config):
    """{name: examples} of "train" and the `parts`, {name: fraction}."""
    if not parts:
        return {"train": examples}
    if by_series(examples, config):
        return _by_series(examples, parts)
    return _by_time(examples, parts, config)


def ordered(ids):
    """Ids in the order in which they are cut: as numbers if all are, else as texts.

    >>> ordered(["10", "9"]), ordered(["b", "10", "9"])
    (['9', '10'], ['10', '9', 'b'])
    """
    try:
        return sorted(ids, key=lambda one: (float(one), str(one)))
    except (TypeError, ValueError):
        return sorted(ids, key=str)


def sizes(total, parts):
    """{name: count} of "train" and the parts of so many; a part has one at least where there are enough.

    >>> sizes(14_400, {"valid": 0.2, "test": 0.2}), sizes(3, {"valid": 0.1, "test": 0.1})
    ({'train': 8640, 'valid': 2880, 'test': 2880}, {'train': 1, 'valid': 1, 'test': 1})
    """
    counts = {name: round(total * fraction) for name, fraction in parts.items()}
    if total > len(parts):
        counts = {name: max(1, count) for name, count in counts.items()}
    return {"train": total - sum(counts.values()), **counts}


def _by_series(examples, parts):
    series = examples["series"]
    starts, ends = spans(series.codes)
    of = {series.values[series.codes[start]]: (start, end) for start, end in zip(starts, ends, strict=True)}
    names, made, first = ordered(of), {}, 0
    for name, count in sizes(len(names), parts).items():
        bounds = sorted(of[one] for one in names[first : first + count])
        made[name] = picked(examples, bounds)
        first += count
    return made


def picked(examples, bounds, scored=None):
    """The rows between bounds, (start, end) in their order; without a copy, if they lie one behind another.

    scored: bool (rows of examples,), in place of theirs.
    """
    columns = {**examples, "scored": examples["scored"] if scored is None else scored}
    bounds = [(start, end) for start, end in bounds if end > start]
    if not bounds:
        rows = slice(0, 0)
    elif all(end == start for (_, end), (start, _) in itertools.pairwise(bounds)):
        rows = slice(bounds[0][0], bounds[-1][1])
    else:
        rows = np.concatenate([np.arange(start, end) for start, end in bounds])
    labels = columns.pop("series")
    return {"series": stored.Labels(labels.codes[rows], labels.values)} | {
        name: array[rows] for name, array in columns.items()
    }


def _by_time(examples, parts, config):
    starts, ends = spans(examples["series"].codes)
    cuts = _cuts(examples, starts, ends, parts, config)  # int64 (series, parts + 1): the first row of each, and the end
    made, names = {}, ["train", *parts]
    for number, name in enumerate(names):
        first = starts if number == 0 else cuts[:, number - 1]
        end = ends if number == len(names) - 1 else cuts[:, number]
        made[name] = _of_rows(examples, starts, first, end)
    return made


def _of_rows(examples, starts, first, end):
    """The rows of each series up to `end`, of which those from `first` on are scored."""
    if (first == starts).all():
        return picked(examples, list(zip(starts, end, strict=True)))
    scored = np.zeros(len(examples["time"]), bool)
    for one, other in zip(first, end, strict=True):
        scored[one:other] = True
    if len(starts) == 1:
        return picked(examples, [(0, int(end[0]))], scored)
    return {**examples, "scored": scored}  # rows behind are neither scored nor looked at


def _cuts(examples, starts, ends, parts, config):
    """int64 (series, parts): the row of each series at which each part begins."""
    time = examples["time"]
    given = {"valid": config.valid_from, "test": config.test_from}
    given = {name: given[name] for name in parts}
    if any(given.values()):
        points = _points(given, parts, np.unique(time), are_dates(time))
    elif len(starts) > 1 and are_dates(time) and _overlap(time, starts, ends):
        steps = np.unique(time)
        counts = np.cumsum(list(sizes(len(steps), parts).values()))[:-1]
        points = [steps[min(count, len(steps) - 1)] for count in counts]
    else:
        bounds = zip(starts, ends, strict=True)
        return np.array(
            [start + np.cumsum(list(sizes(int(end - start), parts).values()))[:-1] for start, end in bounds]
        )
    return np.array([start + np.searchsorted(time[start:end], points) for start, end in zip(starts, ends, strict=True)])


def _points(given, parts, steps, dates):
    """The times at which the parts begin: those that are given, and where one is not, by its fraction of the steps.

    Raises:
        ValueError: a validation behind the test.
    """
    points = {name: _point(name, text, steps, dates) for name, text in given.items() if text is not None}
    end = len(steps)
    for name in reversed(parts):
        if name not in points:
            points[name] = steps[max(0, end - max(1, round(len(steps) * parts[name])))]
        end = int(np.searchsorted(steps, points[name]))
    points = [points[name] for name in parts]
    if points != sorted(set(points)):
        begin = ", ".join(f"{name} {times.written(point, dates)}" for name, point in zip(parts, points, strict=True))
        raise ValueError(f"valid_from, test_from: expected the validation to begin before the test, received {begin}")
    return points


def _overlap(time, starts, ends):
    """Whether the series lie in one span of time, for the most part."""
    first, last = np.median(time[starts]), np.median(time[ends - 1])
    return bool(((time[starts] <= last) & (time[ends - 1] >= first)).mean() > 0.5)


def _point(name, text, steps, dates):
    """A time that a setting gives, as those of examples.

    Raises:
        ValueError: no time, or one outside the data.
    """
    try:
        tick = times.Way("iso" if dates else "number").one(text)
    except ValueError:
        way = times.told([text])
        tick = way.one(text) if dates and way and way.dates else None
    first, last = times.written(steps[0], dates), times.written(steps[-1], dates)
    if tick is None or not steps[0] < tick // times.A_SECOND <= steps[-1]:
        raise ValueError(f"{name}_from: expected a time between {first} and {last}, received {shown(text)}")
    return tick // times.A_SECOND
