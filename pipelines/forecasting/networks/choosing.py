"""The rule by which a forecast's open settings are chosen, from the training split alone.

    windows    length: `SEASONS` seasons, or where nothing repeats as many steps as are forecast; `LEAST` to `LONGEST`
               steps, and no more than a quarter of a series
    model      segments where a window is `FEW` steps or more; below that, one_shot, which reads all columns at once
    segment    a season or a whole part of one, so that a window is 10 to 30 segments
    instance   the last value, since series drift; and the spread of the moves where most series vary by less than a
               `APART`th of what all do; none where `MANY` series or more stand at one level, for the most part, so that
               the level itself tells where they go back to
    calendar   where the training split covers `YEARS` years: of one year, the time of the year is the row itself
    decay      of the weights, where training has fewer than `STRETCHES` windows without a step ahead in common
    epochs     as many as `UPDATES` updates take

Chosen on validation parts of ETTh1 (hourly, three horizons) and of blood pressures (1,000 short series).
"""

import numpy as np

from layers.calendar_features import YEAR
from pipelines.forecasting.preprocessor import MOST, season_of, step_of
from pipelines.forecasting.tables.roles import roles
from pipelines.forecasting.windows import Shape, plain, ranges, spans

SEASONS, LEAST, LONGEST = 14, 96, 720  # seasons looked at; steps, at the least and at the most
MANY, APART, YEARS = 20, 4, 4  # series; times the spread of one; years of training
FEW = 36  # steps of a window below which segments are too few
PAIRS = 256, 128  # windows times targets in a batch of segments, windows in one of all columns
UPDATES = 2_000  # of the weights, in all epochs
STRETCHES = 30


def settings_for(examples, config):
    """{setting: value} for each setting that may be open; see above."""
    chosen = roles(list(examples["values"].dtype.names), config)
    targets = len(chosen.targets)
    starts, ends = spans(examples["series"].codes)
    season = config.season or season_of(examples, targets)
    length = config.length or _length(int(np.median(ends - starts)), season, config.ahead)
    model = config.model or ("segments" if length >= FEW else "one_shot")
    segment = config.segment or _segment(length, season, config.ahead)
    if model == "segments" and config.length is None:
        length = max(segment, length // segment * segment)
    origins = ranges(examples, Shape(length, config.ahead, 1))
    windows = min(MOST, sum(last - first + 1 for first, last in origins) // config.stride)
    batch_size = config.batch_size or _batch_size(windows, PAIRS[0] // targets if model == "segments" else PAIRS[1])
    return {
        "model": model,
        "length": length,
        "segment": segment,
        "instance": _instance(examples, targets, starts, model),
        "calendar": season > 1 and _years(examples) >= YEARS,
        "units": _units(model, windows * targets),
        "dropout": 0.5 if model == "segments" else 0.3,
        "learning_rate": 1e-3 if model == "segments" else 2e-3,
        "weight_decay": 1.0 if model == "segments" and windows < STRETCHES * config.ahead else 0.0,
        "batch_size": batch_size,
        "epochs": int(np.clip(round(UPDATES * batch_size / max(1, windows)), 2, 30)),
    }


def _length(rows, season, ahead):
    """Steps to look at in series of so many rows."""
    wanted = max(SEASONS * season if season > 1 else ahead, LEAST)
    return int(max(1, min(wanted, LONGEST, max(rows // 4, 1))))


def _years(examples):
    """Years that the training split covers; 0 where times are no dates with a common step."""
    dates, step, _ = step_of(examples)
    time = examples["time"][examples["scored"]]
    return float(time.max() - time.min()) / YEAR if dates and step else 0.0


def _instance(examples, targets, starts, model):
    """What is subtracted from a window, by how series differ."""
    values = plain(examples["values"])[:, :targets].astype(np.float64)
    there = ~np.isnan(values)
    from_middle = np.where(there, values - np.where(there, values, 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1), 0)
    counts = np.maximum(np.add.reduceat(there, starts, dtype=np.float64), 1)  # (series, targets)
    squares, sums = np.add.reduceat(from_middle**2, starts), np.add.reduceat(from_middle, starts)
    whole, between = squares.sum(axis=0), (sums**2 / counts).sum(axis=0)
    own = np.sqrt(np.maximum(squares / counts - (sums / counts) ** 2, 0))
    if (APART * np.median(own, axis=0) < np.sqrt(whole / counts.sum(axis=0))).any():
        return "last_moves"
    one_level = len(starts) >= MANY and (between < whole / 2).all()
    return "none" if one_level and model != "segments" else "last"


def _segment(length, season, ahead):
    """Steps of a segment: a whole part of a season."""
    most = max(1, min(48, length // 10, max(ahead, 4)))
    parts = [part for part in range(1, most + 1) if season % part == 0] if season > 1 else [most]
    return parts[-1] if parts[-1] * 30 >= length else most


def _batch_size(windows, wanted):
    """Windows a step, so few that an epoch has 50 steps."""
    return int(max(4, min(max(8, wanted), windows // 50)))


def _units(model, pairs):
    """Fewer where there is little to learn from."""
    return 128 if pairs >= 20_000 else 64 if pairs >= 2_000 else 32
