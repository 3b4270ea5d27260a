"""A label for each frame as it comes, from a network that only looks back.

    live = artifact.stream()
    live.step(frame)["label"]          frame: an array (height, width) or (height, width, 3), of any size

Its answers are those of `predict` to the whole clip: the states of the recurrent layers, and the frames that the
encoder sees beside each, go from step to step.
"""

import numpy as np
import tensorflow as tf

from pipelines.shared.export import streaming
from pipelines.shared.export.models import signatures as model_signatures
from pipelines.video.clips import arrays


def function(model):
    """The tf.function of one step: frames (batch, ...), state_0 ... -> probabilities (batch, classes), state_0 ..."""
    step = streaming.function(model, model_signatures.specification(model), ["scores"])
    specification = [one for one in step.input_signature if one.name != "lengths"]

    @tf.function(autograph=False, input_signature=specification)
    def of_one_frame(*tensors):
        outputs = dict(step(*tensors))
        return {"probabilities": tf.nn.softmax(outputs.pop("scores")), **outputs}

    return of_one_frame


def beginning(step, rows):
    """{name: zeros}: the states before the first frame."""
    states = [one for one in step.input_signature if one.name.startswith("state_")]
    return {one.name: np.zeros((rows, *one.shape[1:]), np.float32) for one in states}


class Live:
    """Keeps the states of one clip, and answers to each new frame.

    artifact: of a causal network.
    """

    def __init__(self, artifact):
        if not artifact.config.causal:
            raise ValueError(
                "stream: expected a network that looks back only, received causal=False; train with causal=True"
            )
        if artifact.config.precision != "float32":
            raise ValueError(f"stream: expected precision='float32', received {artifact.config.precision!r}")
        self._artifact, self._step = artifact, function(artifact.model)
        self.reset()

    def reset(self):
        """Begins a new clip."""
        self._states = beginning(self._step, 1)

    def step(self, frame):
        """{"label", "probability", "probabilities": {label: probability}} of a frame, given those before.

        Raises:
            ValueError: a frame of another kind than those of the training.
        """
        preprocessor = self._artifact.preprocessor
        clip = arrays.of_array(np.asarray(frame)[None], "the frame")
        preprocessor.check(clip)
        outputs = self._step(clip.read(0, 1, preprocessor.shape), *self._states.values())
        self._states = {name: outputs[name] for name in self._states}
        row = outputs["probabilities"].numpy()[0]
        labels = [str(label) for label in preprocessor.labels]
        best = int(row.argmax())
        by_label = {label: float(value) for label, value in zip(labels, row, strict=True)}
        return {"label": labels[best], "probability": float(row[best]), "probabilities": by_label}
