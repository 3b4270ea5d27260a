"""Series to windows: the statistics of each column, the step, what repeats, and batches.

preprocessor = prepare(splits["train"], config)
windows = preprocessor.windows(splits["test"], complete=True)
"""

import itertools
import logging

import numpy as np

from pipelines.forecasting import data, states
from pipelines.forecasting.tables import seasons, series, steps
from pipelines.forecasting.tables.times import A_SECOND
from pipelines.forecasting.windows import Shape, Windows, latest, origins, plain, spans
from pipelines.shared.messages import listed, shown

log = logging.getLogger("unroll")

BATCH = 64  # windows, where no setting says how many
MOST = 2**17  # windows of an epoch; of more, others are drawn each time, and evenly drawn ones for validation
SHORTEST = 24  # steps looked at, where no setting says how many
STATE = (
    "columns", "targets", "known", "series", "step", "months", "dates", "length", "ahead", "stride", "season",
    "calendar", "missing",
)  # fmt: skip


class Preprocessor:
    """What is known of the columns from the training split.

    columns: their names, targets first, then those known ahead, then the others. targets, known: how many.
    means, scales: float32 (columns,), or with statistics of each series float32 (series, columns).
    series: the names of the series that have statistics of their own, or None.
    step: seconds of a step, or what numbers of steps grow by; 0, where rows count as steps. months: of a step by the
    calendar, or 0. dates: whether times are seconds since 1970. season: steps after which it repeats, 1 for never.
    missing: whether the training split has gaps.
    """

    module = None

    def __init__(self, means, scales, **facts):
        self.means, self.scales = np.asarray(means, np.float32), np.asarray(scales, np.float32)
        for name in STATE:
            setattr(self, name, facts[name])

    def state(self):
        """Plain JSON."""
        numbers = {"means": self.means.tolist(), "scales": self.scales.tolist()}
        return {name: getattr(self, name) for name in STATE} | numbers

    @property
    def shape(self):
        return Shape(self.length, self.ahead, self.targets, self.known, self.calendar)

    def windows(self, examples, complete=False):
        """The `Windows` of a split; complete: those that are scored, with all targets and something to look at."""
        examples = self.fitting(examples)
        rows = origins(examples, self.shape, self.stride, complete)
        return Windows(examples, rows, self.shape, self.numbers(examples["series"]))

    def latest(self, examples):
        """(inputs of a batch of one, the row of its last step) of the newest window of a single series.

        What a series lacks in front, and what is not known ahead, is NaN.
        """
        examples = self.fitting(examples)
        return latest(examples, self.shape, self.numbers(examples["series"]))

    def fitting(self, examples):
        """The examples with the columns of the training, in their order.

        Raises:
            ValueError: a column that is missing.
        """
        names = list(examples["values"].dtype.names)
        if names == self.columns:
            return examples
        lacking = [name for name in self.columns if name not in names]
        if lacking:
            raise ValueError(
                f"data: expected the columns of the training, received none called {listed(lacking)}; it has "
                f"{listed(names)}"
            )
        return {**examples, "values": data.structured(examples["values"], self.columns)}

    def numbers(self, labels):
        """int32 (rows,), the number of each row's series; None if they share the statistics.

        Raises:
            ValueError: a series that the training split does not have.
        """
        if self.series is None:
            return None
        places = {name: number for number, name in enumerate(self.series)}
        unseen = [str(value) for value in labels.counts() if str(value) not in places]
        if unseen:
            raise ValueError(
                f"data: scaling='series' has no statistics of {len(unseen)} series that the training split does not "
                f"have: {listed(unseen, 3)}; train with scaling='global', or cut with split='time'"
            )
        return np.array([places.get(str(value), 0) for value in labels.values], np.int32)[labels.codes]


def prepare(examples, config):
    """A `Preprocessor`, from the training split alone.

    Raises:
        ValueError: a target that is constant or has no value, a calendar without dates, no window.
    """
    columns = list(examples["values"].dtype.names)
    chosen = data.roles(columns, config)
    targets = len(chosen.targets)
    values, bounds = plain(examples["values"]), list(zip(*spans(examples["series"].codes), strict=True))
    means, scales = _checked(columns, targets, *_statistics(values, examples["scored"]))
    dates, step, months = step_of(examples)
    season = config.season or seasons.season(values[:, :targets], bounds, step, months, dates)
    facts = {
        "columns": columns, "targets": targets, "known": len(chosen.known), "series": None, "step": step,
        "months": months, "dates": dates, "length": config.length or _length(bounds, season, config.ahead),
        "ahead": config.ahead, "stride": config.stride, "season": season,
        "calendar": _calendar(config.calendar, dates, step, season), "missing": _has_gaps(values),
    }  # fmt: skip
    if config.instance == "last_moves":
        means[:targets] = 0  # a series that stands low keeps its digits beside one that stands high
    if config.scaling == "series":
        means, scales, facts["series"] = _of_each(examples, values, bounds, means, scales)
    _say_short(bounds, facts["length"] + config.ahead, examples)
    return Preprocessor(means, scales, **facts)


def _statistics(values, scored):
    """(means, scales), float64 (columns,), of what is there; a column without values has NaN, a constant one 0."""
    means, scales = np.full(values.shape[1], np.nan), np.zeros(values.shape[1])
    every = scored.all()
    for column in range(values.shape[1]):
        one = values[:, column] if every else values[scored, column]
        one = one[~np.isnan(one)]
        if len(one):
            means[column] = one.mean(dtype=np.float64)
            scales[column] = one.std(dtype=np.float64) if one.min() < one.max() else 0
    return means, scales


def _checked(columns, targets, means, scales):
    """(means, scales) with 1 as the scale of a column that does not vary.

    Raises:
        ValueError: a target that does not vary.
    """
    for name, mean, scale in zip(columns[:targets], means, scales, strict=False):
        if np.isnan(mean) or not scale:
            what = "has no value" if np.isnan(mean) else f"is {mean:g} throughout"
            raise ValueError(
                f"data: expected a target that varies, received {shown(name)}, which {what} in the training split; "
                "leave it out of target_columns (--target-columns)"
            )
    constant = [name for name, scale in zip(columns[targets:], scales[targets:], strict=True) if not scale]
    if constant:
        log.warning(
            "columns that do not vary in the training split tell nothing: %s; leave them out with past_columns "
            "(--past-columns)", listed(constant)
        )  # fmt: skip
    return np.nan_to_num(means), np.where(scales > 0, scales, 1)


def _of_each(examples, values, bounds, means, scales):
    """(means, scales), float64 (series, columns), and the names of the series; what does not vary in a series has the
    scale of all."""
    labels, made, names = examples["series"], [], []
    for start, end in bounds:
        mean, scale = _statistics(values[start:end], examples["scored"][start:end])
        made.append((np.where(np.isnan(mean), means, mean), np.where(scale > 0, scale, scales)))
        names.append(str(labels[int(start)]))
    return np.array([mean for mean, _ in made]), np.array([scale for _, scale in made]), names


def step_of(examples):
    """(whether times are dates, the step or 0, its months or 0)."""
    time, dates = examples["time"], series.are_dates(examples["time"])
    starts, _ = spans(examples["series"].codes)
    between = steps.differences(time, starts)
    if not len(between):
        return dates, 0, 0
    if between.min() == between.max():
        return dates, int(between[0]), 0
    if dates and between.min() >= 27 * steps.DAY:
        step = steps.told(between * A_SECOND, time * A_SECOND, dates, starts)
        return dates, 0, step.months if step is not None else 0
    return dates, 0, 0


def season_of(examples, targets):
    """The steps after which the first columns, the targets, repeat; 1 if they do not."""
    dates, step, months = step_of(examples)
    values, bounds = plain(examples["values"]), list(zip(*spans(examples["series"].codes), strict=True))
    return seasons.season(values[:, :targets], bounds, step, months, dates)


def _calendar(setting, dates, step, season):
    """Whether the network gets the time: as set, or else if times are dates with a step, and something repeats.

    Raises:
        ValueError: set where there are no dates with a step.
    """
    if setting and not (dates and step):
        raise ValueError("calendar: expected times that are dates with a common step, received others; leave it out")
    return bool(dates and step and season > 1) if setting is None else setting


def _length(bounds, season, ahead):
    """Steps to look at: two seasons, or twice what is forecast, as far as half of the series have as many."""
    rows = int(np.median([end - start for start, end in bounds]))
    return int(max(1, min(max(2 * season, 2 * ahead, SHORTEST), (rows - ahead) // 2)))


def _has_gaps(values):
    return any(np.isnan(values[:, column]).any() for column in range(values.shape[1]))


def _say_short(bounds, needed, examples):
    """Says which series are too short for a window.

    Raises:
        ValueError: all are.
    """
    short = [int(start) for start, end in bounds if end - start < needed]
    if len(short) == len(bounds):
        longest = max((int(end - start) for start, end in bounds), default=0)
        raise ValueError(
            f"data: expected series of length + ahead = {needed:,} rows, received at the most {longest:,} in the "
            "training split; give more rows, or a smaller length (--length) or ahead (--ahead)"
        )
    if short:
        log.warning(
            "%d of %d series of the training split are shorter than length + ahead = %d rows, and left out: %s",
            len(short), len(bounds), needed, listed([examples["series"][row] for row in short], 3),
        )  # fmt: skip


def restore(state):
    """The preprocessor of a state.

    Raises:
        ValueError, KeyError, TypeError: what no training writes.
    """
    return Preprocessor(**states.checked(state))


def batches(preprocessor, examples, config, training):
    """Batches of ({"values": (batch, length, columns), ...}, targets (batch, ahead, targets)); see `Windows.batch`.

    Raises:
        ValueError: no window.
    """
    windows = preprocessor.windows(examples)
    if not len(windows):
        raise ValueError(
            f"data: expected a window with a target, received none: {int(examples['scored'].sum()):,} rows are scored, "
            f"a window is {preprocessor.length:,} rows and {preprocessor.ahead:,} behind them; give more rows, or a "
            "smaller length (--length) or ahead (--ahead)"
        )
    return stream(windows, config.batch_size or BATCH, config.seed if training else None)


def stream(windows, batch_size, seed=None):
    """A `tf.data.Dataset` of the windows in batches, in a new order every epoch, the same one for the same seed.

    Of more than `MOST` windows an epoch has as many: others each time, or without a seed evenly drawn ones.
    """
    import tensorflow as tf  # data is read, and refused, before it is loaded

    count, epochs = len(windows), itertools.count()
    used = min(count, MOST)
    inputs, targets = windows.batch(np.arange(min(1, count)))

    def batches():
        epoch = next(epochs)
        chosen = np.arange(count, dtype=np.uint32)
        if seed is not None:
            np.random.default_rng([seed, epoch]).shuffle(chosen)
        elif used < count:
            chosen = np.linspace(0, count - 1, used).astype(np.int64)
        for start in range(0, used, batch_size):
            yield windows.batch(chosen[start : min(start + batch_size, used)])

    def spec(array):
        return tf.TensorSpec([None, *array.shape[1:]], array.dtype)

    specs = ({name: spec(array) for name, array in inputs.items()}, spec(targets))
    cardinality = tf.data.experimental.assert_cardinality(-(-used // batch_size))
    return tf.data.Dataset.from_generator(batches, output_signature=specs).apply(cardinality).prefetch(4)
