"""XNNPACK leaves out none of the copies of an export: none has one end in its block of memory and one outside."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import pipelines
from pipelines.shared.export import copies, flat_files


def converted(function, *specifications):
    """A .tflite of the converter alone."""
    concrete = tf.function(function, input_signature=specifications).get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()


def graphs(content):
    """Of each subgraph, (operation, its inputs, its outputs) in order, and the tables."""
    model = flat_files.opened(content)
    return model, [
        [(flat_files.kind(model, one), [*one.inputs], [*one.outputs], one) for one in graph.operators]
        for graph in model.subgraphs
    ]


def answer(content, *tensors, kernels=OpResolverType.AUTO):
    interpreter = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=kernels)
    for detail, tensor in zip(interpreter.get_input_details(), tensors, strict=True):
        interpreter.resize_tensor_input(detail["index"], tensor.shape)
    interpreter.allocate_tensors()
    for detail, tensor in zip(interpreter.get_input_details(), tensors, strict=True):
        interpreter.set_tensor(detail["index"], tensor)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


# In a process that has done nothing else the fault is always there: in each seventh interpreter.
WRONG = """
import collections, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

path, draw, held, wrong = sys.argv[1], np.random.default_rng(0), collections.deque(maxlen=50), 0
content = open(path, "rb").read()
calls = [draw.integers(0, 50, size).astype("int32") for size in [(3, 5), (1, 1), (1, 30)]]  # the last needs more memory
plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
run = Interpreter(model_content=content, experimental_op_resolver_type=plain).get_signature_runner()
((key, _),) = run.get_input_details().items()
expected = [[*run(**{key: ids}).values()][0].copy() for ids in calls]
for _ in range(1000):
    run = Interpreter(model_content=content, num_threads=1).get_signature_runner()
    held.append(np.empty(int(draw.integers(1, 200_000)), "u1"))  # memory stands elsewhere for each
    given = [[*run(**{key: ids}).values()][0] for ids in calls]
    wrong += any(np.abs(one - other).max() > 1e-6 for one, other in zip(given, expected, strict=True))
print(wrong)
"""


@pytest.fixture(scope="module")
def bidirectional(tmp_path_factory):
    """(a file as exported, the same with its FULLY_CONNECTED as the converter makes them)"""
    keras.utils.set_random_seed(0)
    inputs = keras.Input([None], dtype="int32")
    lstm = keras.layers.LSTM(4, return_sequences=True)
    model = keras.Model(inputs, keras.layers.Bidirectional(lstm)(keras.layers.Embedding(50, 8)(inputs)))
    path = tmp_path_factory.mktemp("copies") / "model.tflite"
    pipelines.export_keras(model, path)
    file, found = graphs(path.read_bytes())
    for graph, table in zip(found, file.subgraphs, strict=True):
        for name, inputs, _, operator in graph:
            if name == "FULLY_CONNECTED":
                operator.builtinOptions.keepNumDims = len(table.tensors[inputs[0]].shape) > 2
    return path.read_bytes(), flat_files.packed(file)


def test_the_fault_and_its_end(bidirectional, tmp_path):
    counts = []
    for content in bidirectional:
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        printed = subprocess.run([sys.executable, "-c", WRONG, path], capture_output=True, text=True, check=True).stdout
        counts.append(int(printed.split()[-1]))
    exported, before = counts
    assert exported == 0 < before


def test_one_change_is_enough(bidirectional):
    exported, before = bidirectional
    assert copies.kept(copies.kept(before)) == copies.kept(before)
    assert copies.kept(exported) == exported


def test_no_product_flattens(bidirectional):
    exported, _ = bidirectional
    _, found = graphs(exported)
    products = [operator for graph in found for name, _, _, operator in graph if name == "FULLY_CONNECTED"]
    assert len(products) == 4 and all(product.builtinOptions.keepNumDims for product in products)


def test_flattened_product_answers_the_same():
    """An input of three axes, which the operation itself flattens in a file of others."""
    weights = np.random.default_rng(0).normal(size=(12, 5)).astype("float32")
    specification = tf.TensorSpec([None, 12], tf.float32)
    file, ((name, inputs, _, product), *_) = (lambda pair: (pair[0], pair[1][0]))(
        graphs(converted(lambda x: x @ tf.constant(weights), specification))
    )
    assert name == "FULLY_CONNECTED" and not product.builtinOptions.keepNumDims
    tensor = file.subgraphs[0].tensors[inputs[0]]
    tensor.shape, tensor.shapeSignature = np.array([1, 3, 4], np.int32), np.array([-1, 3, 4], np.int32)
    x = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
    content = flat_files.packed(file)
    changed = copies.kept(content)
    assert [name for name, *_ in graphs(changed)[1][0]] == ["RESHAPE", "FULLY_CONNECTED"]
    for kernels in (OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        for file in (content, changed):
            np.testing.assert_allclose(answer(file, x, kernels=kernels), x.reshape(2, 12) @ weights, atol=1e-5)


def loop(step):
    """The converter's file of a loop of three steps over rows."""

    def function(x):
        return tf.while_loop(lambda t, _: t < 3, lambda t, y: (t + 1, step(y)), (0, x))[1]

    return converted(function, tf.TensorSpec([None, 8], tf.float32))


STEPS = {  # a step of a loop: (what it computes, the operation that copies)
    "joined, then multiplied": (lambda y: tf.concat([y, y * 2], 1) @ tf.ones([16, 8]) / 16, "CONCATENATION"),
    "taken apart": (lambda y: tf.concat(tf.split(y, 2, 1)[::-1], 1) + 1, "SPLIT"),
    "reshaped between products": (
        lambda y: tf.reshape(tf.reshape(tf.tanh(y), [-1, 4]) @ tf.eye(4), [-1, 8]) / 2,
        "RESHAPE",
    ),
    "an axis more": (lambda y: tf.reduce_sum(tf.expand_dims(y, 1) * tf.ones([1, 3, 8]), 1) / 3, "EXPAND_DIMS"),
}


@pytest.mark.parametrize("name", STEPS)
def test_ends_of_copies_in_a_loop(name):
    step, copy = STEPS[name]
    before = loop(step)
    changed = copies.kept(before)
    file, found = graphs(changed)
    assert any(kind == copy for graph in found for kind, *_ in graph)
    for graph, table in zip(found, file.subgraphs, strict=True):
        makers = {index: kind for kind, _, outputs, _ in graph for index in outputs}
        for kind, inputs, outputs, _ in graph:
            if kind in copies.COPIES:
                ends = [i for i in (*inputs, *outputs) if table.tensors[i].type == schema.TensorType.FLOAT32]
                computed = [i for i in ends if i in makers or i in table.inputs]
                readers = {i: {k for k, used, _, _ in graph if i in used} for i in computed}
                held = [
                    i in table.inputs or i in table.outputs or makers.get(i) in copies.NEVER or bool(
                        readers[i] & {*copies.NEVER}
                    )
                    for i in computed
                ]  # fmt: skip
                inside = all(readers[i] <= {*copies.UNARY} for i in outputs) and all(
                    makers.get(i) in copies.INSIDE and readers[i] == {kind} for i in inputs if i in computed
                )
                assert all(held) or inside
    x = np.random.default_rng(0).normal(size=(2, 8)).astype("float32")
    expected = x
    for _ in range(3):
        expected = np.asarray(step(tf.constant(expected)))
    for kernels in (OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        np.testing.assert_allclose(answer(changed, x, kernels=kernels), expected, rtol=1e-5, atol=1e-5)


def test_gates_that_are_taken_apart_within_a_run_stay_as_they_are(bidirectional):
    """Sum, split, sigmoids and tanh of an LSTM are all inside: nothing more is read at each step."""
    exported, _ = bidirectional
    _, found = graphs(exported)
    steps = [graph for graph in found if any(name == "SPLIT" for name, *_ in graph)]
    assert len(steps) == 2
    for graph in steps:
        assert not any(name == "SHAPE" for name, *_ in graph)


def test_without_loops_only_products_change():
    def function(x):
        return tf.concat([tf.reshape(x, [-1, 4]), tf.reshape(x * 2, [-1, 4])], 1) @ tf.ones([8, 2])

    before = converted(function, tf.TensorSpec([None, 2, 2], tf.float32))
    names = lambda content: [name for name, *_ in graphs(content)[1][0]]  # noqa: E731
    assert names(copies.kept(before)) == names(before)
