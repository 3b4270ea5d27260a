"""Keras's layers that loop over time, for export: a `TimeDistributed` in one call, and no dropout drawn for nothing.

with layers_in_time.in_one_call(model), layers_in_time.without_dropout(model):
    concrete = tf.function(model).get_concrete_function(specification)
"""

import contextlib

import keras

from layers import time_distributed
from layers.conversion.replacing import replaced


@contextlib.contextmanager
def without_dropout(model):
    """Inside, Keras's recurrent layers draw no masks of dropout, as they do outside of training too, and use none.

    What draws them counts on in a variable, which a `.tflite` does not keep.
    """
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.RNN):
                changed.enter_context(replaced(layer, "_maybe_config_dropout_masks", lambda *_: None))
        yield


@contextlib.contextmanager
def in_one_call(model):
    """Inside, each `keras.layers.TimeDistributed` of the model folds time into the batch, as this package's does.

    Its layer is then called once, where Keras calls it once a step, or cannot say for how many steps.
    """
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.TimeDistributed) and calls_as_keras(layer, "call"):
                changed.enter_context(replaced(layer, "call", _folded_call(layer)))
        yield


def calls_as_keras(layer, method):
    """Whether a method is Keras's own, and not one of a user's class."""
    return getattr(type(layer), method).__module__.startswith("keras.")


def _folded_call(layer):
    def call(inputs, training=None, mask=None):
        options = {"training": training} if layer.layer._call_has_training_arg else {}
        if mask is not None and layer.layer._call_has_mask_arg:
            options["mask"] = time_distributed.folded(mask)
        outputs = layer.layer.call(time_distributed.folded(inputs), **options)
        return time_distributed.unfolded(outputs, inputs)

    return call
