"""Recurrent cells as users write them, for the tests of the layers and of the export."""

import keras


class Matrix(keras.layers.Layer):
    """A cell with a matrix and a nest of vectors as states, which starts from ones, and an output of another size."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units, self.output_size = units, units + 1
        self.state_size = [(units, units), [{"kept": units}]]

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.readout = self.add_weight(shape=(self.units, self.output_size), name="readout")

    def get_initial_state(self, batch_size=None):
        matrix = keras.ops.ones((batch_size, self.units, self.units))
        return [matrix, [{"kept": keras.ops.zeros((batch_size, self.units))}]]

    def call(self, inputs, states):
        matrix, [nest] = states
        matrix = matrix / 2 + keras.ops.expand_dims(keras.ops.tanh(inputs @ self.kernel), -1)
        kept = nest["kept"] / 2 + keras.ops.sum(matrix, axis=1) / 9
        return keras.ops.tanh(kept) @ self.readout, [matrix, [{"kept": kept}]]

    def get_config(self):
        return {**super().get_config(), "units": self.units}
