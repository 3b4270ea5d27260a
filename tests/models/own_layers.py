"""Layers and cells as people write them for themselves."""

import keras
from keras import ops

K = keras.layers
registered = keras.saving.register_keras_serializable(package="zoo")


@registered
class SentenceAttention(K.Layer):
    """softmax(u tanh(x W + b)) as weights of the steps, Yang et al. 2016."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.context = self.add_weight(shape=(self.units, 1), name="context")

    def call(self, x):
        scores = ops.matmul(ops.tanh(ops.matmul(x, self.kernel) + self.bias), self.context)
        return ops.sum(x * ops.softmax(scores, axis=1), axis=1)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@registered
class AttentionPooling(K.Layer):
    """A weighted mean over the steps that the mask leaves."""

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True
        self.score = K.Dense(1, activation="tanh")

    def build(self, shape):
        self.score.build(shape)

    def call(self, x, mask=None):
        scores = ops.squeeze(self.score(x), -1)
        if mask is not None:
            scores = ops.where(mask, scores, -1e9)
        return ops.einsum("bt,btd->bd", ops.softmax(scores, axis=-1), x)

    def compute_mask(self, x, mask=None):
        return None


@registered
class LengthMask(K.Layer):
    """True for the steps that are within the length of their row."""

    def call(self, inputs):
        tensor, size = inputs
        return ops.arange(ops.shape(tensor)[1])[None] < size[:, None]


@registered
class GraphConvolution(K.Layer):
    """Every node takes the mean of its neighbours: x (batch, time, nodes, features)."""

    def __init__(self, adjacency, units, **options):
        super().__init__(**options)
        self.adjacency, self.units = adjacency, units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")

    def call(self, x):
        near = ops.convert_to_tensor(self.adjacency, "float32")
        near = near / ops.sum(near, axis=-1, keepdims=True)
        return ops.relu(ops.matmul(ops.einsum("mn,btnf->btmf", near, x), self.kernel))

    def get_config(self):
        return {**super().get_config(), "adjacency": self.adjacency, "units": self.units}


@registered
class GreedyDecoder(K.Layer):
    """Feeds the most probable token back, so many times."""

    def __init__(self, vocabulary, units, steps, **options):
        super().__init__(**options)
        self.vocabulary, self.units, self.steps = vocabulary, units, steps
        self.embedding, self.cell = K.Embedding(vocabulary, units), K.GRUCell(units)
        self.readout = K.Dense(vocabulary)

    def build(self, shape):
        self.embedding.build((None,))
        self.cell.build((None, self.units))
        self.readout.build((None, self.units))

    def call(self, state):
        token, tokens = ops.zeros_like(state[:, 0], dtype="int32"), []
        for _ in range(self.steps):
            output, (state,) = self.cell(self.embedding(token), [state])
            token = ops.argmax(self.readout(output), axis=-1)
            tokens.append(token)
        return ops.stack(tokens, axis=1)

    def get_config(self):
        return {**super().get_config(), "vocabulary": self.vocabulary, "units": self.units, "steps": self.steps}


@registered
class Sampling(K.Layer):
    """A draw from the normal distribution of (mean, logarithm of the variance)."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seed = keras.random.SeedGenerator(7)

    def call(self, inputs):
        mean, logarithm = inputs
        return mean + ops.exp(0.5 * logarithm) * keras.random.normal(ops.shape(mean), seed=self.seed)


@registered
class PeepholeCell(K.Layer):
    """An LSTM cell whose gates see the memory, Gers and Schmidhuber 2000."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units, self.state_size, self.output_size = units, [units, units], units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1] + self.units, 4 * self.units), name="kernel")
        self.peepholes = self.add_weight(shape=(3, self.units), name="peepholes")

    def call(self, x, states):
        h, c = states
        i, f, g, o = ops.split(ops.matmul(ops.concatenate([x, h], axis=-1), self.kernel), 4, axis=-1)
        c, before = ops.sigmoid(f + self.peepholes[1] * c) * c, c
        c = c + ops.sigmoid(i + self.peepholes[0] * before) * ops.tanh(g)
        h = ops.sigmoid(o + self.peepholes[2] * c) * ops.tanh(c)
        return h, [h, c]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@registered
class DecayingGRUCell(K.Layer):
    """GRU-D, Che et al. 2018: x holds values, whether they were measured, and how long ago the last was."""

    def __init__(self, units, features, **options):
        super().__init__(**options)
        self.units, self.features = units, features
        self.state_size, self.output_size = [units, features], units
        self.cell = K.GRUCell(units)

    def build(self, shape):
        self.decay_x = self.add_weight(shape=(self.features,), name="decay_x")
        self.decay_h = self.add_weight(shape=(self.features, self.units), name="decay_h")
        self.cell.build((None, 2 * self.features))

    def call(self, inputs, states, training=False):
        (h, last), (x, there, since) = states, ops.split(inputs, 3, axis=-1)
        faded = ops.exp(-ops.maximum(0.0, since * self.decay_x))
        last = ops.where(there > 0.5, x, last)
        x = ops.where(there > 0.5, x, faded * last)
        h = h * ops.exp(-ops.relu(ops.matmul(since, self.decay_h)))
        output, (h,) = self.cell(ops.concatenate([x, there], axis=-1), [h], training=training)
        return output, [h, last]

    def get_config(self):
        return {**super().get_config(), "units": self.units, "features": self.features}


@registered
class Reversed(K.Layer):
    """The steps in the opposite order."""

    def call(self, x):
        return ops.flip(x, axis=1)
