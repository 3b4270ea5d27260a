"""States that stay from call to call: what `stateful=True` gives a recurrent layer.

    layer = layers.LSTM(64, stateful=True)
    first, second = layer(x[:, :50]), layer(x[:, 50:])     # as over all of x, (batch, time, features)
    layer.reset_state()

They are not weights: `get_weights`, `count_params` and optimizers do not see them, so that weights move between layers
that keep states of other batches, or none. Files hold them and restore them to a layer of the same batch.
"""

import keras
from keras.src.utils.tracking import no_automatic_dependency_tracking


class KeepsStates(keras.layers.Layer):
    """A layer with `states`, a list of variables (batch, ...), or None before it is built. To be subclassed."""

    states = None

    @no_automatic_dependency_tracking
    def keep_states(self, batch, shapes):
        """Makes the variables. shapes: without the batch.

        Raises:
            ValueError: the batch is unknown.
        """
        if batch is None:
            raise ValueError(
                f"{self.name}: expected a known batch size with stateful=True, received an unknown one; give it by "
                "`keras.Input(batch_shape=...)`"
            )
        options = {"dtype": self.variable_dtype, "trainable": False}
        # Under a strategy each replica has its own rows, and so its own states.
        options |= {"synchronization": "on_read", "aggregation": "only_first_replica"}
        self.states = [
            keras.Variable("zeros", shape=(batch, *shape), name=f"state_{i}", **options)
            for i, shape in enumerate(shapes)
        ]

    @property
    def variables(self):
        """All that restores a run, the states included; `weights` are without them."""
        return [*super().variables, *(self.states or ())]

    def reset_state(self):
        """Forget the states kept by `stateful`."""
        for state in self.states or ():
            state.assign(keras.ops.zeros(state.shape, dtype=state.dtype))

    def reset_states(self):
        """Keras's other name for `reset_state`."""
        self.reset_state()

    def of_kept_batch(self, sequences):
        """The sequences, held to the batch of the states.

        Raises:
            ValueError: they are of another. tf.errors.InvalidArgumentError where that is known only at run time.
        """
        expected, received = self.states[0].shape[0], sequences.shape[0]
        if received is None and keras.backend.backend() == "tensorflow":
            return _held_to(sequences, expected, _OTHER_BATCH.format(self.name, expected, "another size"))
        if received != expected:
            raise ValueError(_OTHER_BATCH.format(self.name, expected, received))
        return sequences

    def kept(self, sequences):
        """The states to start from, as many as there are sequences; no gradient flows into the call before."""
        batch = keras.ops.shape(sequences)[0]
        states = [keras.ops.stop_gradient(keras.ops.convert_to_tensor(state)) for state in self.states]
        return [keras.ops.reshape(state, (batch, *state.shape[1:])) for state in states]

    def save_own_variables(self, store):
        super().save_own_variables(store)
        first = len(store.keys())
        for number, state in enumerate(self.states or (), first):
            store[str(number)] = state

    def load_own_variables(self, store):
        """Weights, and behind them the states of a file; for states of another batch the layer keeps its own."""
        count = len(self._trainable_variables + self._non_trainable_variables)
        names = list(store.keys())
        super().load_own_variables({name: store[name] for name in names if int(name) < count})
        saved = [store[str(number)] for number in range(count, len(names))]
        states = self.states or []
        if [tuple(value.shape) for value in saved] == [tuple(state.shape) for state in states]:
            for state, value in zip(states, saved, strict=True):
                state.assign(value)


_OTHER_BATCH = (
    "{}: expected a batch of {} rows, whose states stateful=True keeps, received a batch of {}; keep to one batch size "
    "(`drop_remainder=True`), or build the layer for the other one and give it these weights by `set_weights`"
)


def _held_to(sequences, batch, message):
    """XLA drops assertions and wants loops of fixed sizes; there a wrong shape is the error."""
    import tensorflow as tf

    from layers.on_tensorflow.loops import compiles_with_xla

    if compiles_with_xla():
        return tf.ensure_shape(sequences, [batch, *sequences.shape[1:]])
    with tf.control_dependencies([tf.debugging.assert_equal(tf.shape(sequences)[0], batch, message)]):
        return tf.identity(sequences)
