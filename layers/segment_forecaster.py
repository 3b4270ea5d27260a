"""Forecasts of many columns by one recurrent layer that reads segments in place of steps (SegRNN).

forecast = layers.SegmentForecaster(128, ahead=96, segment=24)(series)   # (batch, time, 7) -> (batch, 96, 7, 1)
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor
from layers.cells import RNNCell
from layers.deep import Deep
from layers.recurrent import GRU, LSTM, RNN

CELLS = ("rnn", "lstm", "gru")


def recurrent_layer(cell: str, units: int, **options: Any) -> keras.layers.Layer:
    """The recurrent layer of a name."""
    if checks.one_of("cell", cell, CELLS) == "rnn":
        returned = {
            name: options.pop(name) for name in ("return_sequences", "return_state", "dtype") if name in options
        }
        return RNN(RNNCell(units, **options), **returned)
    return {"lstm": LSTM, "gru": GRU}[cell](units, **options)


@keras.saving.register_keras_serializable(package="unroll")
class SegmentForecaster(keras.layers.Layer):
    """Each column by itself, by weights that all share, `segment` steps as one step of a recurrent layer.

        x_n = relu(W segment_n + b);   h = recurrent layer over x_1 ... x_N
        y_m = W_o cell([position_m, column_c], h)         all M segments ahead from the same h, beside one another

    A long window becomes few steps, and errors do not pile up as they do where forecasts are fed back. The input of the
    decoding step is learned vectors of the segment's number and of the column, so that its product with the cell's
    weights is done once for all rows, as is the product with h for all M segments.

    call(series, present=None, beside=None, level=None, future=None, training=False)
    -> (batch, ahead, columns, parameters)
        series   (batch, time, columns); zeros are put in front up to whole segments
        present  (batch, time, columns), 1 where a value was measured: read beside the values
        beside   (batch, time, others): what all columns look at
        level    (batch, 1, columns): a number of each column, such as what was subtracted from it
        future   (batch, ahead, known): what is known of the steps ahead

    Args:
        units: size of the state. ahead: steps to forecast. segment: steps of a segment.
        parameters: numbers for each step and column. cell: "rnn", "lstm" or "gru".
        depth: recurrent layers one on another; the top one decodes. dropout: between them, and of what is read out.

    Reference: Lin et al. 2023, https://arxiv.org/abs/2308.11200.
    """

    def __init__(
        self, units: int, ahead: int, segment: int, parameters: int = 1, cell: str = "gru", depth: int = 1,
        dropout: float = 0.0, recurrent_dropout: float = 0.0, **layer_options: Any,
    ):  # fmt: skip
        super().__init__(**layer_options)
        self.units, self.ahead = checks.positive("units", units), checks.positive("ahead", ahead)
        self.segment, self.parameters = checks.positive("segment", segment), checks.positive("parameters", parameters)
        self.cell, self.depth = checks.one_of("cell", cell, CELLS), checks.positive("depth", depth)
        self.dropout, self.recurrent_dropout = checks.fraction("dropout", dropout), recurrent_dropout
        policy = {"dtype": self.dtype_policy}
        self.own = keras.layers.Dense(units, name="own", **policy)
        self.others = keras.layers.Dense(units, use_bias=False, name="others", **policy)
        options = {"recurrent_dropout": recurrent_dropout, "return_state": True, **policy}
        levels = [recurrent_layer(cell, units, return_sequences=level < depth - 1, **options) for level in range(depth)]
        self.stack = Deep(levels, dropout=dropout, **policy)
        self.ahead_others = keras.layers.Dense(units, use_bias=False, name="ahead_others", **policy)
        self.drop = keras.layers.Dropout(dropout, **policy)
        self.readout = keras.layers.Dense(segment * parameters, name="readout", **policy)

    @property
    def segments_ahead(self):
        return -(-self.ahead // self.segment)

    def build(self, series_shape, present_shape=None, beside_shape=None, level_shape=None, future_shape=None):
        checks.rank("series", series_shape, ("batch", "time", "columns"))
        time, self.columns = series_shape[1:]
        if time is None or self.columns is None:
            raise ValueError(f"series: expected time and columns of known size, received {tuple(series_shape)}")
        self.segments = -(-time // self.segment)
        features = self.segment * (1 + (present_shape is not None)) + (level_shape is not None)
        self.own.build((None, features))
        if beside_shape is not None:
            self.others.build((None, self.segment * beside_shape[2]))
        self.stack.build((None, self.segments, self.units))
        if future_shape is not None:
            self.ahead_others.build((None, self.segment * future_shape[2]))
        self.drop.build((None, self.units))
        self.readout.build((None, self.units))
        half = (self.units + 1) // 2
        start = keras.initializers.RandomNormal(stddev=1.0)
        self.positions = self.add_weight((1, self.segments_ahead, half), name="positions", initializer=start)
        self.of_columns = self.add_weight((self.columns, 1, self.units - half), name="of_columns", initializer=start)

    def call(
        self,
        series: Tensor,
        present: Tensor | None = None,
        beside: Tensor | None = None,
        level: Tensor | None = None,
        future: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        states = self._read(series, present, beside, level, training)
        projected = self._ahead(future)  # (1 or batch, columns, segments ahead, gates x units)
        states = [keras.ops.reshape(state, (-1, self.columns, 1, self.units)) for state in states]
        y, _ = self.stack.layers[-1].cell.recur(projected, states)  # (batch, columns, segments ahead, units)
        y = self.readout(self.drop(y, training=training))
        y = keras.ops.reshape(y, (-1, self.columns, self.segments_ahead * self.segment, self.parameters))
        return keras.ops.transpose(y[:, :, : self.ahead], (0, 2, 1, 3))

    def _read(self, series, present, beside, level, training):
        """The last states of the top layer, each (batch x columns, units)."""
        parts = [self._segments(part, self.segments, "front") for part in (series, present) if part is not None]
        if level is not None:
            level = keras.ops.expand_dims(keras.ops.transpose(level, (0, 2, 1)), 2)  # (batch, columns, 1, 1)
            parts.append(keras.ops.repeat(level, self.segments, axis=2))
        x = self.own(keras.ops.concatenate(parts, axis=-1))  # (batch, columns, segments, units)
        if beside is not None:
            x = x + keras.ops.expand_dims(self.others(self._joined(beside, self.segments, "front")), 1)
        x = keras.ops.reshape(keras.ops.relu(x), (-1, self.segments, self.units))
        _, *states = self.stack(x, training=training)
        return states[-len(self.stack.layers[-1].state_size) :]

    def _ahead(self, future):
        """What the decoding step gets in place of x W + b."""
        cell, shape = self.stack.layers[-1].cell, (self.columns, self.segments_ahead)
        positions = keras.ops.broadcast_to(self.positions, (*shape, self.positions.shape[-1]))
        of_columns = keras.ops.broadcast_to(self.of_columns, (*shape, self.of_columns.shape[-1]))
        x = keras.ops.expand_dims(keras.ops.concatenate([positions, of_columns], axis=-1), 0)
        x = keras.ops.cast(x, self.compute_dtype)
        if future is not None:
            x = x + keras.ops.expand_dims(self.ahead_others(self._joined(future, self.segments_ahead, "back")), 1)
        return cell.project(x)

    def _filled_up(self, sequence, count, side):
        """Zeros in front of or behind (batch, time, features), up to `count` segments."""
        more = count * self.segment - sequence.shape[1]
        return keras.ops.pad(sequence, ((0, 0), (more, 0) if side == "front" else (0, more), (0, 0)))

    def _segments(self, sequence, count, side):
        """(batch, time, columns) -> (batch, columns, count, segment)"""
        by_column = keras.ops.transpose(self._filled_up(sequence, count, side), (0, 2, 1))
        return keras.ops.reshape(by_column, (-1, by_column.shape[1], count, self.segment))

    def _joined(self, sequence, count, side):
        """(batch, time, features) -> (batch, count, segment x features)"""
        filled = self._filled_up(sequence, count, side)
        return keras.ops.reshape(filled, (-1, count, self.segment * filled.shape[2]))

    def compute_output_shape(
        self, series_shape, present_shape=None, beside_shape=None, level_shape=None, future_shape=None
    ):
        return (series_shape[0], self.ahead, series_shape[2], self.parameters)

    def get_config(self):
        names = ("units", "ahead", "segment", "parameters", "cell", "depth", "dropout", "recurrent_dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
