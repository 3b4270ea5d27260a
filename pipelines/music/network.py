"""The network of either form of music, which gives the log-probability of each step; see `forms`."""

import tensorflow as tf

from pipelines.music import choosing, forms
from pipelines.shared import defaults
from pipelines.shared.metrics import likelihood

settings_for = choosing.settings_for
axis_names = defaults.axis_names
calibrate = defaults.calibrate
completed = defaults.completed
LOOKS_BACK = defaults.LOOKS_BACK
watch = defaults.watch


def build(preprocessor, config):
    """The network: {a piece in its form, "lengths"} -> log p of each step given those before (batch, steps)."""
    return forms.FORMS[config.model].build(preprocessor, config)


def compiled(config):
    return {"loss": likelihood.loss, "metrics": [likelihood.NegativeLogLikelihood()]}


def infer(artifact):
    """The network as a function: its inputs -> {"likelihood": log p of each step (batch, steps)}, traced once."""
    names = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in artifact.model.inputs}

    @tf.function(autograph=False, input_signature=[names[name] for name in artifact.model.input])
    def likelihood(*tensors):
        return {"likelihood": artifact.model(dict(zip(artifact.model.input, tensors, strict=True)))}

    return likelihood
