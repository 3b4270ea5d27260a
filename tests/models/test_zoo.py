"""Every model of the zoo, through the export, the comparison with Keras, `verify`, and `layers.convert` and back."""

import re

import keras
import numpy as np
import pytest
import table
import zoo
from ai_edge_litert.interpreter import Interpreter

import layers
import pipelines
from pipelines.shared.export.models import accepted_models
from pipelines.shared.export.models import signatures as model_signatures

MODELS = zoo.every()
every_model = pytest.mark.parametrize("name", MODELS)
every_fifth_model = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if number % 5 == 0 or model.refused else pytest.mark.slow)
        for number, (name, model) in enumerate(MODELS.items())
    ],
)


def arrays(inputs):
    """In the order of the model's inputs, as a file takes them, which knows no numbers of 64 bits but whole ones."""
    tensors = keras.tree.flatten(inputs)
    return [tensor.astype("float32") if tensor.dtype == "float64" else tensor for tensor in tensors]


def answers(model, inputs):
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):
            layer.reset_state()
    outputs = model(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs), training=False)
    return [keras.ops.convert_to_numpy(output) for output in keras.tree.flatten(outputs)]


def assert_close(one, other, tolerance):
    """Equal to `tolerance` of the greatest number above one; whole numbers exactly."""
    assert one.shape == other.shape
    limit = tolerance * max(1.0, np.abs(other).max(initial=0)) if other.dtype.kind == "f" else 0
    np.testing.assert_allclose(one, other, rtol=0, atol=limit)


def assert_all_close(some, others, tolerance):
    for one, other in zip(some, others, strict=True):
        assert_close(one, other, tolerance)


@every_fifth_model
def test_export(name, tmp_path):
    specimen, path = MODELS[name], tmp_path / "model.tflite"
    model = specimen.model()
    if specimen.refused:
        with pytest.raises((ValueError, RuntimeError)) as error:
            pipelines.export_keras(model, path)
        assert specimen.refused in str(error.value)
        assert not path.exists()
        return
    pipelines.export_keras(model, path, streaming=specimen.streams)
    assert_same_answers(path, model, specimen)
    if specimen.streams:
        assert_same_answers_step_by_step(path, model, specimen)
    verification = pipelines.verify(path)
    assert verification.passed, str(verification)


def signature(model, run):
    """The names of its inputs and outputs, in the order in which the model has them."""
    if accepted_models.is_symbolic(model):
        functional = accepted_models.functional(model)
        return [tensor.name for tensor in model.inputs], model_signatures.output_names(functional)
    return list(run.get_input_details()), list(run.get_output_details())


def assert_same_answers(path, model, specimen):
    """Call after call: other rows and steps, then the first ones again, twice."""
    run = Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")
    names, outputs = signature(model, run)
    first, second = specimen.calls()
    for inputs in (first, second, first, first):
        received = run(**dict(zip(names, arrays(inputs), strict=True)))
        assert len(received) == len(outputs)
        assert_all_close([received[output] for output in outputs], answers(model, inputs), specimen.tolerance)


def assert_same_answers_step_by_step(path, model, specimen):
    """The answers to frame after frame are those to the whole sequence, with states that are zeros at first."""
    run = Interpreter(str(path), num_threads=1).get_signature_runner("step")
    inputs = specimen.calls()[1]
    names, outputs = signature(model, run)
    whole = dict(zip(names, arrays(inputs), strict=True))
    timed = [tensor.name for tensor in model.inputs if len(run.get_input_details()[tensor.name]["shape"]) < tensor.ndim]
    rows, steps = whole[timed[0]].shape[:2]
    states = {
        name: np.zeros([rows, *detail["shape_signature"][1:]], detail["dtype"])
        for name, detail in run.get_input_details().items()
        if name not in whole
    }
    frames = []
    for step in range(steps):
        now = {name: tensor[:, step] if name in timed else tensor for name, tensor in whole.items()}
        frames.append(run(**now, **states))
        states = {name: frames[-1][name] for name in states}
    for output, expected, tensor in zip(outputs, answers(model, inputs), model.outputs, strict=True):
        received = [frame[output] for frame in frames]
        in_time = received[0].ndim < tensor.ndim
        assert_close(np.stack(received, 1) if in_time else received[-1], expected, specimen.tolerance)


@every_model
def test_convert_and_back(name):
    specimen = MODELS[name]
    model, inputs = specimen.model(), specimen.calls()[1]
    expected = answers(model, inputs)
    ours = layers.convert(model)
    assert not [layer for layer in ours._flatten_layers() if isinstance(layer, keras.layers.RNN)]
    assert_all_close(answers(ours, inputs), expected, specimen.tolerance)
    stock = layers.convert(ours, to="keras")
    assert_all_close(answers(stock, inputs), expected, specimen.tolerance)


def test_the_table_of_the_docs():
    assert table.parts(table.PAGE.read_text("utf-8"))[1] == table.table(), "run python tests/models/table.py"


def test_the_code_of_the_docs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    series = np.random.default_rng(0).normal(size=(1, 6, 8)).astype("float32")
    names = {"series": series}
    for code in re.findall(r"```python\n(.*?)```", table.PAGE.read_text("utf-8"), re.DOTALL):
        exec(code, names)
    whole = names["run"](series=series)["scores"]
    np.testing.assert_allclose(names["answers"]["scores"], whole, atol=1e-6)
    np.testing.assert_allclose(whole, names["model"](series), atol=1e-6)
