"""How far back the error reaches: the norm of dL/dh_t at each time step, as numbers, a callback and a plot.

    norms = layers.gradient_norms(model, x, y)                    # (time,)
    layers.plot_gradient_flow({"LSTM": norms, "RNN": others})    # falls by decades in a plain RNN, stays in an LSTM

Each hidden state is h_t + e_t with e_t = 0; the gradient with respect to e_t is the whole dL/dh_t, through the output
at t and through all later states (Bengio et al. 1994, https://doi.org/10.1109/72.279181).
"""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from layers.annotations import Nested, Tensor
from layers.masking import resolve_mask


def gradient_norms(
    model: keras.Model,
    x: Nested,
    y: Tensor,
    layer: keras.layers.Layer | str | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> np.ndarray:
    """The norm of the loss's gradient with respect to the hidden state, at each time step.

    Args:
        model: any built model with a recurrent layer whose `cell` steps over time, from `layers` or from Keras.
        x, y: one batch.
        layer: that recurrent layer, or its name; the first one of the model by default.
        loss: `loss(y, predictions)`, reduced or not; the model's compiled loss by default.

    Returns:
        A NumPy array (time,): norm over batch and units; 0 where every row is masked. Dropout is off. Norms are in
        the order of the sequence: with `go_backwards` the first is the last computed.

    Example:

    >>> inputs = keras.Input((5, 2))
    >>> model = keras.Model(inputs, keras.layers.SimpleRNN(3)(inputs))
    >>> norms = gradient_norms(model, np.ones((4, 5, 2)), np.zeros((4, 3)), loss=keras.losses.mean_squared_error)
    >>> norms.shape
    (5,)
    """
    layer = _recurrent_layer(model, layer)
    loss = loss or _compiled_loss(model)
    shape = _perturbation_shape(model, layer, x)

    def perturbed_loss(perturbation):
        with _stepwise(layer, lambda sequences: perturbation):
            return keras.ops.mean(loss(y, model(x, training=False)))

    gradient = _gradient(perturbed_loss, keras.ops.zeros(shape))  # (time, batch, units)
    return np.sqrt(np.square(keras.ops.convert_to_numpy(gradient).astype("float64")).sum(axis=(1, 2)))


class GradientFlow(keras.callbacks.Callback):
    """Records `gradient_norms` before training and after every epoch, in `norms`: one (time,) array each.

    Example:

    >>> inputs = keras.Input((5, 2))
    >>> model = keras.Model(inputs, keras.layers.SimpleRNN(3)(inputs))
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((4, 5, 2)), np.zeros((4, 3))
    >>> flow = GradientFlow(x, y)
    >>> _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[flow])
    >>> len(flow.norms), flow.norms[0].shape
    (3, (5,))
    """

    def __init__(self, x: Nested, y: Tensor, layer: keras.layers.Layer | str | None = None):
        super().__init__()
        self.x, self.y, self.layer, self.norms = x, y, layer, []

    def on_train_begin(self, logs=None):
        self.norms = []
        self._record()

    def on_epoch_end(self, epoch, logs=None):
        self._record()

    def plot(self, axes: Any = None) -> Any:
        """A line for the start and each epoch; returns matplotlib's axes."""
        return plot_gradient_flow({f"epoch {epoch}": norms for epoch, norms in enumerate(self.norms)}, axes)

    def _record(self):
        self.norms.append(gradient_norms(self.model, self.x, self.y, self.layer))


def plot_gradient_flow(norms: Tensor | dict[str, Tensor], axes: Any = None) -> Any:
    """Draw norms (time,), or a dictionary of them by label, on a logarithmic axis; returns matplotlib's axes."""
    import matplotlib.pyplot

    axes = matplotlib.pyplot.subplots()[1] if axes is None else axes
    for label, line in (norms if isinstance(norms, dict) else {None: norms}).items():
        line = np.asarray(line)
        axes.plot(np.arange(len(line)), np.where(line > 0, line, np.nan), marker=".", label=label)
    axes.set(yscale="log", xlabel="time step t", ylabel="norm of dL/dh at t")
    if isinstance(norms, dict):
        axes.legend()
    return axes


def _recurrent_layer(model, layer):
    inside = model._flatten_layers(include_self=False)
    recurrent = [part for part in inside if hasattr(getattr(part, "cell", None), "state_size")]
    names = [part.name for part in recurrent]
    if layer is None and recurrent:
        return recurrent[0]
    if isinstance(layer, str) and layer in names:
        return recurrent[names.index(layer)]
    if any(layer is part for part in recurrent):
        return layer
    raise ValueError(
        f"layer: expected a recurrent layer of {model.name} or its name, one of {', '.join(names) or 'none'}, "
        f"received {layer!r}"
    )


def _compiled_loss(model):
    if not model.compiled:
        raise ValueError(
            f"{model.name}: expected a compiled model, received none; call `model.compile(loss=...)`, or pass `loss=`"
        )
    return lambda y, predictions: model.compute_loss(y=y, y_pred=predictions)


def _perturbation_shape(model, layer, x):
    """(time, batch, units) of what `layer` meets when the model runs on x."""
    shapes = []

    def note(sequences):
        batch, time, _ = sequences.shape
        shapes.append((time, batch, keras.tree.flatten(layer.cell.state_size)[0]))
        return keras.ops.zeros(shapes[-1])

    with _stepwise(layer, note):
        model(x, training=False)
    if len(shapes) != 1:
        raise ValueError(f"{layer.name}: expected the model to call it once, received {len(shapes)} calls")
    return shapes[0]


def _stepwise(layer, perturbation):
    """While it lasts, `layer` steps its cell by hand and adds `perturbation(sequences)`, (time, batch, units), to h."""

    def call(sequences, initial_state=None, mask=None, lengths=None, training=False, **options):
        mask = resolve_mask(mask, lengths, sequences)  # (batch, time) or None
        states = initial_state
        if states is None:
            states = keras.tree.flatten(layer.cell.get_initial_state(batch_size=sequences.shape[0]))
        states = list(states) if isinstance(states, (list, tuple)) else [states]
        added = perturbation(sequences)
        output, outputs = keras.ops.zeros_like(states[0]), []
        times = range(sequences.shape[1])
        for t in reversed(times) if layer.go_backwards else times:
            real = None if mask is None else mask[:, t, None]  # (batch, 1)
            output, states = _step(layer.cell, sequences[:, t], output, states, added[t], real)
            outputs.append(output)
        output = keras.ops.stack(outputs, axis=1) if layer.return_sequences else output
        return (output, *states) if layer.return_state else output

    return _replaced(layer, call)


def _step(cell, inputs, last_output, states, perturbation, real):
    output, following = cell(inputs, states)
    following = list(following) if isinstance(following, (list, tuple)) else [following]
    hidden = following[0] + perturbation
    output = hidden if output is following[0] else output
    following = [hidden, *following[1:]]
    if real is None:
        return output, following
    kept = [keras.ops.where(real, new, old) for new, old in zip(following, states, strict=True)]
    return keras.ops.where(real, output, last_output), kept


@contextlib.contextmanager
def _replaced(layer, call):
    """`layer.call` is `call` for a while; not by `setattr`, which Keras would take for a new part of the layer."""
    object.__setattr__(layer, "call", call)
    try:
        yield
    finally:
        object.__delattr__(layer, "call")


def _gradient(function, point):
    """The gradient of a scalar function of one tensor."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(point)
            value = function(point)
        return tape.gradient(value, point, unconnected_gradients="zero")
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(function)(point)
    point = point.requires_grad_()
    function(point).backward()
    return point.grad
