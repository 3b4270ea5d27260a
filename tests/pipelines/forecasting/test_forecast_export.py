"""The exports of a forecaster: raw units in and out, gaps as NaN, any number of steps, and row by row."""

import json

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from conftest import TINY_FORECASTING, readings

import pipelines
from pipelines.forecasting import signatures
from pipelines.shared.export import comparison


@pytest.fixture
def interpreter(foresighted_exported):
    return Interpreter(str(foresighted_exported.path / "mobile" / "model.tflite"), num_threads=1)


def tensors(artifact, rows=40, length=12):
    """What a model takes of a series that ends where `readings(rows)` does."""
    table = readings(rows + 3, 5)
    columns = np.array([table[name] for name in ("load", "temperature", "price")], np.float32).T
    given = {
        "values": columns[rows - length : rows][None], "known": columns[None, rows:, 2:],
        "series": np.zeros(1, np.int32),
        "time": np.array([np.datetime64(table["time"][rows - 1], "s").astype(np.int64)]),
    }  # fmt: skip
    return {name: given[name] for name in artifact.model.input}


def test_mobile_takes_any_number_of_steps(foresighted_exported, interpreter):
    artifact = foresighted_exported
    run = interpreter.get_signature_runner("serving_default")
    whole = artifact.infer(tensors(artifact))["quantiles"]
    for length in (12, 30):
        outputs = run(**tensors(artifact, length=length))
        np.testing.assert_allclose(outputs["quantiles"], whole, rtol=1e-5)
        np.testing.assert_allclose(outputs["forecast"], whole[..., 1], rtol=1e-5)
    short = tensors(artifact, length=4)
    padded = {**short, "values": np.pad(short["values"], ((0, 0), (8, 0), (0, 0)), constant_values=np.nan)}
    np.testing.assert_allclose(run(**short)["quantiles"], artifact.infer(padded)["quantiles"], rtol=1e-5)


def rows_of(artifact, count):
    """The inputs of `step` but its window, row by row of `readings`."""
    table = readings(43, 5)
    for row in range(count):
        beside = {name: value for name, value in tensors(artifact, row + 1, 1).items() if name != "values"}
        if "known" in beside:
            beside["known"] = np.array(table["price"][row + 1 : row + 4], np.float32)[None, :, None]
        if "time" in beside:
            beside["time"] = np.array([np.datetime64(table["time"][row], "s").astype(np.int64)])
        values = np.array([[table[name][row] for name in ("load", "temperature", "price")]], np.float32)
        yield {"row": values, **beside}


@pytest.mark.parametrize("resolver", ["AUTO", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"])
def test_mobile_step_by_step_is_the_whole_window(foresighted_exported, resolver):
    """With XNNPACK and without: the window keeps the NaN of what came before the first row."""
    artifact = foresighted_exported
    path, kind = str(artifact.path / "mobile" / "model.tflite"), getattr(OpResolverType, resolver)
    step = Interpreter(path, num_threads=1, experimental_op_resolver_type=kind).get_signature_runner("step")
    window = np.full((1, 12, 3), np.nan, np.float32)
    for inputs in rows_of(artifact, 40):
        expected = np.concatenate([window[:, 1:], inputs["row"][:, None]], axis=1)
        outputs = step(**inputs, window=window)
        window = outputs["window"]
        np.testing.assert_array_equal(window, expected)
        beside = {name: inputs[name] for name in artifact.model.input if name != "values"}
        whole = artifact.infer({"values": expected, **beside})["quantiles"]
        np.testing.assert_allclose(outputs["quantiles"], whole, rtol=1e-5)
        np.testing.assert_allclose(outputs["forecast"], whole[..., 1], rtol=1e-5)
    np.testing.assert_array_equal(window, tensors(artifact)["values"])


def test_mobile_answers_alike_call_after_call(foresighted_exported):
    """In many interpreters, signature after signature: where memory stands differs from one to the next."""
    artifact, window, calls = foresighted_exported, np.full((1, 12, 3), np.nan, np.float32), []
    for inputs in rows_of(artifact, 18):
        rolled = np.concatenate([window[:, 1:], inputs["row"][:, None]], axis=1)
        beside = {name: inputs[name] for name in inputs if name != "row"}
        whole = artifact.infer({"values": rolled, **beside})["quantiles"]
        calls.append(("step", {**inputs, "window": window}, whole))
        calls.append(("serving_default", {"values": rolled, **beside}, whole))
        window = rolled
    path, interpreters = str(artifact.path / "mobile" / "model.tflite"), []
    for number in range(40):
        if number % 2:  # memory that was written to; the others get memory that no one had
            junk = [np.full(size, np.nan if number % 4 == 1 else 1e30, np.float32) for size in (100, 3000, 50_000)]
            del junk
        interpreters.append(Interpreter(path, num_threads=1))
        for name, inputs, whole in calls[12 if number % 3 else 13 :][: 24 if number % 3 else 9]:
            answer = interpreters[-1].get_signature_runner(name)(**inputs)
            np.testing.assert_allclose(answer["quantiles"], whole, rtol=1e-5)


def test_gaps_huge_and_constant_windows_are_answered_alike(foresighted_exported, interpreter):
    artifact = foresighted_exported
    run = interpreter.get_signature_runner("serving_default")
    given, expected = signatures.encode(artifact, signatures.probes(artifact))
    outputs = run(**given)
    for name, values in expected.items():
        assert np.isfinite(values).all()
        assert comparison.difference(outputs[name], values, of_row=True) < 1e-5
    alone = [run(**{name: tensor[row : row + 1] for name, tensor in given.items()})["forecast"] for row in range(8)]
    assert comparison.difference(np.concatenate(alone), outputs["forecast"], of_row=True) < 1e-5


@pytest.mark.slow
def test_series_of_their_own_scale_in_half_precision(tmp_path):
    """Files compute in float32; each series has its own statistics, by its number."""
    table = readings()
    rows, both = len(table["time"]), {name: values * 2 for name, values in table.items()}
    both["load"] = [value * (1 if row < rows else 10) for row, value in enumerate(both["load"])]
    both["sensor"] = ["a"] * rows + ["b"] * rows
    options = {"precision": "mixed_float16", "scaling": "series", "series_column": "sensor"}
    artifact = pipelines.forecasting.train(
        both, directory=tmp_path, name="half", **{**TINY_FORECASTING, **options}
    )  # fmt: skip
    artifact.export("tflite")  # compared with the network in float32
    interpreter = Interpreter(str(artifact.path / "mobile" / "model.tflite"), num_threads=1)
    given = {**tensors(artifact), "series": np.array([1], np.int32)}
    given["values"] = given["values"] * np.array([10, 1, 1], np.float32)
    answer = interpreter.get_signature_runner("serving_default")(**given)["quantiles"]
    expected = artifact.infer(given)["quantiles"]
    assert comparison.difference(answer, expected, of_row=True) < comparison.TOLERANCE["mixed_float16"]
    before = np.concatenate([np.full((1, 1, 3), np.nan, np.float32), given["values"][:, :-1]], axis=1)
    beside = {name: given[name] for name in given if name != "values"}
    step = interpreter.get_signature_runner("step")(row=given["values"][:, -1], window=before, **beside)
    np.testing.assert_allclose(step["quantiles"], answer, rtol=1e-5)


def test_the_saved_model_takes_raw_numbers(foresighted_exported):
    loaded = tf.saved_model.load(str(foresighted_exported.path / "serving" / "1"))
    outputs = loaded.signatures["serving_default"](
        **{name: tf.constant(value) for name, value in tensors(foresighted_exported, length=20).items()}
    )
    expected = foresighted_exported.infer(tensors(foresighted_exported))["quantiles"]
    np.testing.assert_allclose(outputs["quantiles"], expected, rtol=1e-5)


def test_files_for_the_app(foresighted_exported):
    folder = foresighted_exported.path / "mobile"
    facts = json.loads((folder / "columns.json").read_text())
    assert facts["columns"] == ["load", "temperature", "price"]
    assert facts["targets"] == ["load", "temperature"] and facts["known"] == ["price"]
    assert (facts["length"], facts["ahead"], facts["step_seconds"]) == (12, 3, 3600)
    assert facts["quantiles"] == [0.1, 0.5, 0.9]

    def refuse(word):
        raise AssertionError(f"golden.json holds {word}, which is no JSON")

    golden = json.loads((folder / "golden.json").read_text(), parse_constant=refuse)
    assert golden["values"][0][0] == [None, None, None]
    described = json.loads((folder / "signature.json").read_text())["signatures"]
    for sides in described.values():
        for tensor in (*sides["inputs"].values(), *sides["outputs"].values()):
            assert tensor["meaning"]


def test_exports_are_verified(foresighted_exported):
    verification = pipelines.verify(foresighted_exported.path)
    assert verification.passed, str(verification)
