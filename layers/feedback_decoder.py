"""Forecasts step by step, each from the one before, with or without attention to what was read.

decoder = layers.FeedbackDecoder(64, ahead=24, attention=True)
parameters = decoder(last, states=[h], memory=outputs)      # (batch, 24, targets, 1)
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

from layers import checks, loops
from layers.annotations import Tensor
from layers.attention import BahdanauAttention
from layers.carry_forward import CarryForward
from layers.segment_forecaster import CELLS, recurrent_layer


@keras.saving.register_keras_serializable(package="unroll")
class FeedbackDecoder(keras.layers.Layer):
    """A recurrent cell that is fed its own last forecast.

        h_k = cell([y_{k-1}, future_k], h_{k-1});   c_k = attention of h_k to the memory, if asked
        parameters_k = W [h_k, c_k] + b;            y_k = the first parameter of each target

    Inside `with decoder.taught(truth)` a call in training reads the true value for y_{k-1} (teacher forcing), the one
    before where it is missing, so that all steps run as one sequence. With `sampling` a part of them, drawn anew each
    time, is what the network itself forecast from the true values before (scheduled sampling, Bengio et al. 2015, with
    both passes over whole sequences, Mihaylova and Martins 2019).

    call(last, states, memory=None, future=None, offset=None, factor=None, training=False)
    -> (batch, ahead, targets, parameters)
        last    (batch, targets): y_0, the value before the first step
        states  the states of the cell to begin with, each (batch, units)
        memory  (batch, time, features): what attention looks at
        future  (batch, ahead, known): what is known of the steps ahead
        offset, factor  (batch, 1, targets): the units of the truth; y = (truth - offset) / factor

    Reference: Bahdanau et al. 2014, https://arxiv.org/abs/1409.0473; Bengio et al. 2015,
    https://arxiv.org/abs/1506.03099; Mihaylova and Martins 2019, https://arxiv.org/abs/1906.07651.
    """

    def __init__(
        self, units: int, ahead: int, parameters: int = 1, cell: str = "gru", attention: bool = False,
        sampling: float = 0.0, dropout: float = 0.0, **layer_options: Any,
    ):  # fmt: skip
        super().__init__(**{"autocast": False, **layer_options})  # what scales the truth stays in float32
        self.units, self.ahead = checks.positive("units", units), checks.positive("ahead", ahead)
        self.parameters, self.cell = checks.positive("parameters", parameters), checks.one_of("cell", cell, CELLS)
        if not 0 <= sampling <= 1:
            raise ValueError(f"sampling: expected a number from 0 to 1, received {sampling!r}")
        self.attention, self.sampling, self.dropout = (
            bool(attention),
            float(sampling),
            checks.fraction("dropout", dropout),
        )
        policy = {"dtype": self.dtype_policy}
        self.recurrent = recurrent_layer(cell, units, return_sequences=True, return_state=True, **policy)
        self.attend = BahdanauAttention(units, **policy) if attention else None
        self.drop = keras.layers.Dropout(dropout, **policy)
        self.readout = keras.layers.Dense(1, name="readout", **policy)  # `build` knows how many
        self.carry = CarryForward(dtype="float32")
        self._truth = None
        self.seeds = keras.random.SeedGenerator()

    @contextlib.contextmanager
    def taught(self, truth: Tensor) -> Iterator[None]:
        """Inside, calls in training read the true values (batch, ahead, targets); NaN is a missing one."""
        self._truth = truth
        try:
            yield
        finally:
            self._truth = None

    def build(
        self, last_shape, states_shape=None, memory_shape=None, future_shape=None, offset_shape=None, factor_shape=None
    ):
        checks.rank("last", last_shape, ("batch", "targets"))
        if self.attention and memory_shape is None:
            raise ValueError("memory: expected the outputs that attention looks at, received none")
        self.targets = last_shape[1]
        features = self.targets + (future_shape[2] if future_shape is not None else 0)
        self.recurrent.build((None, self.ahead, features))
        width = self.units
        if self.attention:
            self.attend.build((None, self.units), tuple(memory_shape))
            width += memory_shape[2]
        self.drop.build((None, width))
        self.readout.units = self.targets * self.parameters
        self.readout.build((None, width))

    def call(
        self,
        last: Tensor,
        states: list[Tensor],
        memory: Tensor | None = None,
        future: Tensor | None = None,
        offset: Tensor | None = None,
        factor: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        states, memory, future = keras.tree.map_structure(self._in_policy, [states, memory, future])
        keys = self.attend.project(memory) if self.attention else None
        if self._truth is None or not training:
            return self._rolled_out(last, states, memory, keys, future)
        before = self._before(last, offset, factor)
        if self.sampling:
            own = self._at_once(before, states, memory, keys, future, training)[..., 0]
            own = keras.ops.stop_gradient(keras.ops.concatenate([before[:, :1], own[:, :-1]], axis=1))
            drawn = keras.random.uniform(keras.ops.shape(before[:, :, :1]), seed=self.seeds) < self.sampling
            before = keras.ops.where(drawn, own, before)
        return self._at_once(before, states, memory, keys, future, training)

    def _in_policy(self, tensor):
        return None if tensor is None else keras.ops.cast(tensor, self.compute_dtype)

    def _before(self, last, offset, factor):
        """The true values one step late, (batch, ahead, targets); a missing one is that before it."""
        truth = keras.ops.cast(self._truth, "float32")
        if offset is not None:
            truth = (truth - keras.ops.cast(offset, "float32")) / keras.ops.cast(factor, "float32")
        last = keras.ops.cast(keras.ops.expand_dims(last, 1), "float32")
        filled, _ = self.carry(keras.ops.concatenate([last, truth[:, :-1]], axis=1))
        return keras.ops.cast(keras.ops.reshape(filled, (-1, self.ahead, self.targets)), self.compute_dtype)

    def _at_once(self, before, states, memory, keys, future, training):
        """All steps from the values before them (batch, ahead, targets)."""
        inputs = before if future is None else keras.ops.concatenate([before, future], axis=-1)
        outputs = self.recurrent(inputs, initial_state=states, training=training)[0]
        return self._shaped(self._read(outputs, memory, keys, training))

    def _rolled_out(self, last, states, memory, keys, future):
        """Each step from the forecast of the one before."""
        cell, last = self.recurrent.cell, keras.ops.cast(last, self.compute_dtype)
        if future is None:
            future = keras.ops.zeros((keras.ops.shape(last)[0], self.ahead, 0), dtype=self.compute_dtype)

        def step(known, states):
            *states, before = states
            inputs = keras.ops.concatenate([before, known], axis=-1)
            output, states = cell(inputs, states)
            y = self._read(output, memory, keys, False)
            return y, [*states, self._shaped(y)[..., 0]]

        by_time = keras.ops.transpose(future, (1, 0, 2))  # (ahead, batch, known)
        width = self.targets * self.parameters
        outputs, _ = loops.run(step, by_time, [*states, last], None, (width,), True)
        return self._shaped(keras.ops.transpose(outputs, (1, 0, 2)))

    def _read(self, outputs, memory, keys, training):
        """The parameters of a step or of all, from the outputs of the cell."""
        if self.attention:
            context, _ = self.attend(outputs, memory, keys=keys)
            outputs = keras.ops.concatenate([outputs, context], axis=-1)
        return self.readout(self.drop(outputs, training=training))

    def _shaped(self, y):
        """(..., targets x parameters) -> (..., targets, parameters)"""
        between = [] if len(y.shape) == 2 else [self.ahead]
        return keras.ops.reshape(y, (-1, *between, self.targets, self.parameters))

    def compute_output_spec(self, last, states, memory=None, future=None, offset=None, factor=None, training=False):
        return keras.KerasTensor((last.shape[0], self.ahead, last.shape[1], self.parameters), self.compute_dtype)

    def get_config(self):
        names = ("units", "ahead", "parameters", "cell", "attention", "sampling", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
