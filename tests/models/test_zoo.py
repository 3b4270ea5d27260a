"""Every model of the zoo, through the export, the comparison with Keras, `verify`, and `layers.convert` and back."""

import importlib
import pathlib

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from zoo import MODELS

import layers
import pipelines
from pipelines.shared.export import keras_models

for path in sorted(pathlib.Path(__file__).parent.glob("*.py")):
    if path.stem not in ("zoo", "test_zoo"):
        importlib.import_module(path.stem)

every_model = pytest.mark.parametrize("name", MODELS)


def flat(answers):
    return [keras.ops.convert_to_numpy(answer) for answer in keras.tree.flatten(answers)]


def answers(model, inputs):
    return flat(model(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs), training=False))


def close(one, other, tolerance):
    """Equal to `tolerance` of the greatest number above one; whole numbers exactly."""
    assert one.shape == other.shape
    if other.dtype.kind != "f":
        np.testing.assert_array_equal(one, other)
    else:
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * max(1.0, np.abs(other).max(initial=0)))


@every_model
def test_export(name, tmp_path):
    specimen, path = MODELS[name], tmp_path / "model.tflite"
    model = specimen.model()
    if specimen.refused:
        with pytest.raises((ValueError, RuntimeError)) as error:
            pipelines.export_keras(model, path)
        assert specimen.refused in str(error.value)
        assert not path.exists()
        return
    pipelines.export_keras(model, path)
    run = Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")
    calls = specimen.calls()
    for inputs in (*calls, calls[0], calls[0]):
        _same(run, model, inputs, specimen.tolerance)
    verification = pipelines.verify(path)
    assert verification.passed, str(verification)


def _same(run, model, inputs, tolerance):
    tensors, names = keras.tree.flatten(inputs), [tensor.name for tensor in model.inputs]
    outputs = run(**dict(zip(names, tensors, strict=True)))
    expected = answers(model, inputs)
    for output, answer in zip(keras_models.output_names(keras_models.functional(model)), expected, strict=True):
        close(outputs[output], answer, tolerance)


@every_model
def test_convert(name):
    specimen = MODELS[name]
    model, inputs = specimen.model(), specimen.calls()[1]
    expected = answers(model, inputs)
    ours = layers.convert(model)
    stock = layers.convert(ours, to="keras")
    for converted in (ours, stock):
        for one, other in zip(answers(converted, inputs), expected, strict=True):
            close(one, other, max(specimen.tolerance, 1e-5))
