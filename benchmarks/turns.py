"""Calls of one `.tflite` in many interpreters, beside Keras: how many answers are wrong, with XNNPACK and without.

    python benchmarks/turns.py --seconds 60

Two bidirectional LSTMs of 4 units (`film_reviews_bilstm` of tests/models), exported, and with their products as the
converter writes them (`pipelines.shared.export.copies`). Each interpreter is called with eight inputs of other batches
and lengths, in an order of its own; blocks of memory are taken and given back between them, since the fault that is
looked for depends on addresses. A call is wrong whose difference from Keras is above 1e-5.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

SIZES = (2, 7), (1, 1), (3, 12), (3, 5), (1, 30), (4, 16), (2, 3), (3, 40)  # texts, ids


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each of the three ways")
    parser.add_argument("--models", type=int, default=3, help="of other weights")
    options = parser.parse_args()
    from ai_edge_litert.interpreter import OpResolverType

    from benchmarks.machine import machine

    for seed in range(options.models):
        file, calls, expected = exported(seed)
        for way, content, kernels in (
            ("XNNPACK", file, OpResolverType.AUTO),
            ("without", file, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
            ("XNNPACK, products as converted", as_converted(file), OpResolverType.AUTO),
        ):
            wrong, count, worst = called(content, calls, expected, kernels, options.seconds / options.models)
            print(f"seed {seed}, {way}: {wrong} of {count:,} calls wrong, by {worst:.1e} at most", flush=True)
    print(machine())


def exported(seed):
    """(the file's bytes, inputs, Keras's answers)"""
    import keras
    import numpy as np

    import pipelines

    keras.utils.set_random_seed(seed)
    lstm = keras.layers.LSTM
    model = keras.Sequential([
        keras.Input([None], dtype="int32"),
        keras.layers.Embedding(50, 8),
        keras.layers.Bidirectional(lstm(4, return_sequences=True)),
        keras.layers.Bidirectional(lstm(4)),
        keras.layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    draw = np.random.default_rng(seed)
    calls = [draw.integers(0, 50, size).astype("int32") for size in SIZES]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.tflite"
        pipelines.export_keras(model, path)
        return path.read_bytes(), calls, [np.asarray(model(call)) for call in calls]


def as_converted(file):
    """The file with each product of rows and a matrix as one that could flatten."""
    from pipelines.shared.export import flat_files

    model = flat_files.opened(file)
    for graph in model.subgraphs:
        for operator in graph.operators:
            if hasattr(operator.builtinOptions, "keepNumDims"):
                operator.builtinOptions.keepNumDims = len(graph.tensors[operator.inputs[0]].shape) > 2
    return flat_files.packed(model)


def called(file, calls, expected, kernels, seconds):
    """(wrong calls, calls, the greatest difference)"""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    draw, started, blocks = np.random.default_rng(0), time.perf_counter(), []
    wrong, count, worst = 0, 0, 0.0
    while time.perf_counter() - started < seconds:
        threads = int(draw.integers(1, 5))
        interpreter = Interpreter(model_content=file, num_threads=threads, experimental_op_resolver_type=kernels)
        run = interpreter.get_signature_runner()
        (name,) = run.get_input_details()
        blocks = [*blocks[-50:], np.empty(int(draw.integers(1, 200_000)), "u1")]
        for number in draw.permutation(len(calls)):
            (answer,) = run(**{name: calls[number]}).values()
            difference = float(np.abs(answer - expected[number]).max())
            wrong, count, worst = wrong + (difference > 1e-5), count + 1, max(worst, difference)
    return wrong, count, worst


if __name__ == "__main__":
    main()
