"""The steps ahead as plain values: their times, as the series has them, and their quantiles by name."""

import numpy as np

from pipelines.forecasting.levels import levels
from pipelines.shared.metrics import forecasts

DAY = 24 * 60 * 60
OURS = ("series", "time", "step")  # names in an answer; a target of such a name gets a _ behind it
ENOUGH = 10  # rows that tell whether a series leaves weekends out


def described(artifact, series, time, dates, quantiles):
    """The answer of one series.

    Args:
        time: int64 (rows,), of the series, the last row being the last one looked at; of no row where none is known.
        dates: whether they are seconds since 1970. quantiles: (ahead, targets, levels).
    """
    preprocessor, chosen = artifact.preprocessor, levels(artifact.config)
    ahead = times(time, preprocessor) if len(time) else None
    plain = {"series": series, "time": [None] * len(quantiles) if ahead is None else written(ahead, time, dates)}
    plain["step"] = list(range(1, len(quantiles) + 1))
    for number, target in enumerate(preprocessor.columns[: preprocessor.targets]):
        name = f"{target}_" if target in OURS else target
        plain[name] = quantiles[:, number, chosen.index(0.5)].tolist()
        for level, values in zip(chosen, quantiles[:, number].T, strict=True):
            if level != 0.5:
                plain[f"{name}_q{forecasts.percent(level)}"] = values.tolist()
    return plain


def times(time, preprocessor):
    """The times of the steps ahead, int64 (ahead,) as those of the series are; None where they cannot be told.

    Without a common step, days that leave weekends out go on from weekday to weekday; holidays are not known.

    Args:
        time: int64 (rows,), of a series. preprocessor: tells .step, .months, .dates and .ahead.
    """
    steps = np.arange(1, preprocessor.ahead + 1)
    if preprocessor.months:
        return _months(time[-1], steps * preprocessor.months)
    if preprocessor.step:
        return time[-1] + steps * preprocessor.step
    if preprocessor.dates and _on_weekdays(time):
        last = np.datetime64(int(time[-1] // DAY), "D")
        return np.busday_offset(last, steps, roll="backward").astype(np.int64) * DAY + time[-1] % DAY
    return None


def _months(last, months):
    """So many months after a time; the last day of a month stays one, other days that a month lacks become its last."""
    day = np.datetime64(int(last // DAY), "D")
    month = day.astype("datetime64[M]")
    ends = (month + months + 1).astype("datetime64[D]") - 1
    same = (month + months).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    is_end = day + 1 == (month + 1).astype("datetime64[D]")
    return np.where(is_end, ends, np.minimum(same, ends)).astype(np.int64) * DAY + last % DAY


def _on_weekdays(time):
    days = time // DAY
    weekdays = (days + 3) % 7  # 1 January 1970 was a Thursday; Monday is 0
    return len(time) >= ENOUGH and (np.diff(time) % DAY == 0).all() and (weekdays < 5).all()


def written(times, like, dates):
    """Times as they are written: numbers as they are, dates as in ISO 8601, without a time of day where all of `like`
    and of themselves are midnight.

    >>> written(np.array([86400]), np.array([0]), True), written(np.array([3660]), np.array([0]), True)
    (['1970-01-02'], ['1970-01-01 01:01:00'])
    """
    if not dates:
        return times.tolist()
    unit = "D" if not (np.concatenate([times, like]) % DAY).any() else "s"
    return [str(one).replace("T", " ") for one in times.astype("datetime64[s]").astype(f"datetime64[{unit}]")]
