"""Series to windows: the statistics of each column, what repeats, and batches.

preprocessor = prepare(splits["train"], config)
windows = preprocessor.windows(splits["test"], complete=True)
"""

import itertools
import logging

import numpy as np

from pipelines.forecasting import data
from pipelines.forecasting.windows import Shape, Windows, origins, plain
from pipelines.shared.messages import listed

log = logging.getLogger("unroll")

BATCH = 64  # windows, where no setting says how many
STATE = (
    "columns", "targets", "known", "series", "step", "length", "ahead", "stride", "season", "calendar", "missing",
)  # fmt: skip


class Preprocessor:
    """What is known of the columns from the training split.

    columns: their names, targets first, then those known ahead, then the others. targets, known: how many.
    means, scales: float32 (columns,), or with statistics of each series float32 (series, columns).
    series: the names of the series that have statistics of their own, or None. step: seconds of a step; 0, where rows
    count as steps. season: steps after which it repeats, 1 for never. missing: whether the training split has gaps.
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

    def numbers(self, series):
        """int32 (rows,), the number of each row's series; None if they share the statistics.

        Raises:
            ValueError: a series that the training split does not have.
        """
        if self.series is None:
            return None
        places = {name: number for number, name in enumerate(self.series)}
        unseen = [value for value in series.counts() if str(value) not in places]
        if unseen:
            raise ValueError(
                f"data: scaling='series' has no statistics of {len(unseen)} series, {listed(unseen)}, which the "
                "training split does not have; train with scaling='global', or leave them out"
            )
        return np.array([places.get(str(value), 0) for value in series.values], np.int32)[series.codes]


def prepare(examples, config):
    """A `Preprocessor`, from the training split alone."""
    columns = list(examples["values"].dtype.names)
    roles = data.roles(columns, config)
    means, scales = _statistics(plain(examples["values"])[examples["scored"]])
    return Preprocessor(
        means, scales, columns=columns, targets=len(roles.targets), known=len(roles.known), series=None, step=0,
        length=config.length or 24, ahead=config.ahead, stride=config.stride, season=config.season or 1,
        calendar=bool(config.calendar), missing=bool(np.isnan(plain(examples["values"])).any()),
    )  # fmt: skip


def _statistics(values):
    """(means, scales), float32 (columns,), of what is there; a column that does not vary has the scale 1."""
    means = np.nanmean(values, axis=0, dtype=np.float64)
    scales = np.nanstd(values, axis=0, dtype=np.float64)
    return means.astype(np.float32), np.where(scales > 0, scales, 1).astype(np.float32)


def restore(state):
    return Preprocessor(**state)


def batches(preprocessor, examples, config, training):
    """Batches of ({"values": (batch, length, columns), ...}, targets (batch, ahead, targets)); see `Windows.batch`.

    Raises:
        ValueError: no window.
    """
    windows = preprocessor.windows(examples)
    if not len(windows):
        raise ValueError("data: too few rows")
    return stream(windows, config.batch_size or BATCH, config.seed if training else None)


def stream(windows, batch_size, seed=None):
    """A `tf.data.Dataset` of the windows in batches, in a new order every epoch, the same one for the same seed."""
    import tensorflow as tf

    count, epochs = len(windows), itertools.count()
    inputs, targets = windows.batch(np.arange(min(1, count)))

    def batches():
        epoch = next(epochs)
        chosen = np.arange(count) if seed is None else np.random.default_rng([seed, epoch]).permutation(count)
        for start in range(0, count, batch_size):
            yield windows.batch(chosen[start : start + batch_size])

    def spec(array):
        return tf.TensorSpec([None, *array.shape[1:]], array.dtype)

    specs = ({name: spec(array) for name, array in inputs.items()}, spec(targets))
    steps = tf.data.experimental.assert_cardinality(-(-count // batch_size))
    return tf.data.Dataset.from_generator(batches, output_signature=specs).apply(steps).prefetch(4)
