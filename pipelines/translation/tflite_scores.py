"""Scores of a translator's `.tflite`, by its own translations."""

import tensorflow as tf

import layers
from pipelines.shared.export import quantized_scores


class FromTflite:
    """A .tflite where a `translator.Translator` is expected, for beam search and greedily."""

    def __init__(self, interpreter):
        self._interpreter = interpreter
        self._beam, self._generate = map(interpreter.get_signature_runner, ("beam", "generate"))

    def greedy(self, source, lengths, limit):
        return self._decoded(self._generate, source, lengths)

    def beam(self, beams, best, length_penalty):
        """The file's own beams and length penalty, which are those of the artifact's settings."""

        def beam(source, lengths, limit):
            return layers.Decoded(*(part[:, :best] for part in self._decoded(self._beam, source, lengths)))

        return beam

    def _decoded(self, run, source, lengths):
        found = run(source=source, source_lengths=lengths)
        return layers.Decoded(*(tf.constant(found[name]) for name in layers.Decoded._fields))


def score_tflite(artifact, interpreter, examples):
    """The metrics of `translation.score` with the translations of a `.tflite`."""
    return artifact.task.score(quantized_scores.with_network(artifact, FromTflite(interpreter)), examples)
