"""Size, time and memory of one recurrent layer as a `.tflite`: this package's export beside Keras's and the fused LSTM.

    python benchmarks/export.py convert            # writes the files, about 10 minutes
    python benchmarks/export.py time               # the table, 3 seconds a file
    python benchmarks/export.py convert time --units 256 --steps 256 --cells LSTM
    python benchmarks/export.py cost               # seconds and memory of whole conversions

Batch 1, as many features as units, 1 thread, ai_edge_litert with its default delegate. `unroll` is `export_keras`: any
batch and any number of steps. `fused` is `export_keras(fused=True)`, LiteRT's own LSTM operation: batch 1. `keras` is
`keras.layers` with both sizes known (with the batch unknown it needs Flex operations, which no plain runtime has), and
`unrolled` the same with `unroll=True`, up to 32 steps, since more take minutes to convert. The files of a table row are
timed in turn, round after round, by the process's CPU time, so that a busy machine slows all alike; the table shows the
least. Memory is what loading the file and one call add to a fresh process.

`litert-torch` and `onnx` are the same layers of PyTorch with the same weights, if `export_torch.py` beside this
has written them from what `convert` left in the folder. ONNX is timed where onnxruntime is installed.

`cost` exports models of long sequences, each in a process of its own: seconds, peak memory of that process and of the
converter's.

Tried for returning all outputs of a sequence, LSTM of 256 units, 256 and 1024 steps, ms:

- adding one_hot(t) y_t to a tensor of zeros 6.8, 78; one DYNAMIC_UPDATE_SLICE a step 5.2, 46: the whole tensor is
  copied at each step
- growing by CONCATENATION: fails when the interpreter meets the empty tensor; InplaceUpdate and scatter do not convert
- 8 steps unrolled in the body, one slice written for them 3.9, 17.6; 4 steps 4.4, 21.1; each makes the graph larger
- a loop of 32 steps inside a loop, each writing slices (what is used) 3.6, 15.5; of 16 3.6, 16.7; of 64 3.8, 15.8
- the fused operation 8.3, 34.6
"""

import argparse
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

WAYS = ("unroll", "unroll dynamic", "keras", "unrolled", "fused", "litert-torch", "onnx")
UNROLLED = 32  # steps at most
MEMORY = """
import pathlib, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
def peak():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
before = peak()
run = Interpreter(sys.argv[1], num_threads=1).get_signature_runner()
(name,) = run.get_input_details()
run(**{name: np.zeros([int(size) for size in sys.argv[2:]], "float32")})
print(peak() - before)
"""


COST = """
import resource, sys, time
import keras
import pipelines
name, steps = sys.argv[1], int(sys.argv[2])
l = keras.layers
model = keras.Sequential([keras.Input([steps, 8]), *{
    "LSTM(64)": lambda: [l.LSTM(64)],
    "GRU(64), all outputs": lambda: [l.GRU(64, return_sequences=True)],
    "LSTM(64, unroll=True)": lambda: [l.LSTM(64, unroll=True)],
    "3 LSTM(64)": lambda: [l.LSTM(64, return_sequences=True), l.LSTM(64, return_sequences=True), l.LSTM(64)],
    "Conv1D(16, 5), Bidirectional(LSTM(32))": lambda: [l.Conv1D(16, 5), l.Bidirectional(l.LSTM(32))],
    "TimeDistributed(Dense(8)), GRU(32)": lambda: [l.TimeDistributed(l.Dense(8)), l.GRU(32)],
}[name](), l.Dense(2)])
before = time.perf_counter()
pipelines.export_keras(model, sys.argv[3])
seconds = time.perf_counter() - before
peaks = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(f"{seconds:.0f}", *peaks)
"""
COSTLY = (
    "LSTM(64)", "GRU(64), all outputs", "LSTM(64, unroll=True)", "3 LSTM(64)", "Conv1D(16, 5), Bidirectional(LSTM(32))",
    "TimeDistributed(Dense(8)), GRU(32)",
)  # fmt: skip


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("verbs", nargs="+", choices=("convert", "time", "cost"))
    parser.add_argument("--units", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--steps", type=int, nargs="+", default=[32, 128, 256])
    parser.add_argument("--cells", nargs="+", choices=("LSTM", "GRU"), default=["LSTM", "GRU"])
    parser.add_argument("--seconds", type=float, default=3, help="a file (default 3)")
    folder = pathlib.Path(tempfile.gettempdir()) / "unroll_export"
    parser.add_argument("--folder", type=pathlib.Path, default=folder, help=f"of the files (default {folder})")
    return parser.parse_args(arguments)


def rows(options):
    """Yields (cell, whether all outputs are returned, units, steps, {way: file})."""
    for cell in options.cells:
        for sequences in (False, True):
            for units in options.units:
                for steps in options.steps:
                    name = f"{cell}_{'all' if sequences else 'last'}_{units}"
                    ways = ("unroll", "unroll dynamic", *(["fused"] if cell == "LSTM" else []))
                    files = {way: options.folder / f"{name}_{way.replace(' ', '_')}.tflite" for way in ways}
                    ways = ("keras", *(["unrolled"] if steps <= UNROLLED else []))
                    files |= {way: options.folder / f"{name}_{steps}_{way}.tflite" for way in ways}
                    torch = {"litert-torch": f"{name}_{steps}_torch.tflite"}
                    torch |= {"onnx": f"{name}.onnx"} if importlib.util.find_spec("onnxruntime") else {}
                    files |= {way: path for way, file in torch.items() if (path := options.folder / file).exists()}
                    yield cell, sequences, units, steps, files


def convert(options):
    import keras
    import numpy as np
    import tensorflow as tf

    import pipelines
    from pipelines.shared.export import conversion

    options.folder.mkdir(exist_ok=True)
    ours = ("unroll", "unroll dynamic", "fused")
    for cell, sequences, units, steps, files in rows(options):
        keras.utils.set_random_seed(0)  # rows that differ only in their steps share files
        layer = getattr(keras.layers, cell)(units, return_sequences=sequences, name="y")
        model = keras.Sequential([keras.Input([None, units], name="x"), layer])
        weights = dict(zip(("kernel", "recurrent_kernel", "bias"), layer.get_weights(), strict=True))
        np.savez(options.folder / f"{cell}_{'all' if sequences else 'last'}_{units}.npz", **weights)
        for way, path in files.items():
            if path.exists():
                continue
            if way in ours:
                quantize = "dynamic" if way.endswith("dynamic") else None
                pipelines.export_keras(model, path, quantize=quantize, fused=way == "fused")
                continue
            layer.unroll = way == "unrolled"
            module = tf.Module()
            module.held = [variable.value for variable in layer.variables]
            signature = tf.function(
                lambda x, layer=layer: {"y": layer(x)}, input_signature=[tf.TensorSpec([1, steps, units], name="x")]
            )
            with tempfile.TemporaryDirectory() as saved:
                tf.saved_model.save(module, saved, signatures={"serving_default": signature})
                conversion.convert(saved, path)
        print(cell, sequences, units, steps, flush=True)


def measure(files, shape, seconds):
    """{way: the least seconds that a call takes}"""
    import numpy as np

    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    runs, times = {way: _runner(path, x) for way, path in files.items()}, {way: [] for way in files}
    answers = {way: run() for way, run in runs.items()}
    for way, answer in answers.items():
        tolerance = 0.1 if way.endswith("dynamic") else 1e-4
        if not np.allclose(answer, answers["keras"], atol=tolerance):
            raise RuntimeError(f"{files[way]}: expected the answer of keras, received another")
    end = time.perf_counter() + seconds * len(files)
    while time.perf_counter() < end:
        for way, run in runs.items():
            start = time.process_time()
            run()
            times[way].append(time.process_time() - start)
    return {way: min(times) for way, times in times.items()}


def _runner(path, x):
    """A function that calls a file with x, and gives its answer."""
    if path.suffix == ".onnx":
        import onnxruntime

        one_thread = onnxruntime.SessionOptions()
        one_thread.intra_op_num_threads = one_thread.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, one_thread, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"x": x})[0]
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    run = interpreter.get_signature_runner()
    (name,) = run.get_input_details()
    return lambda: (interpreter, next(iter(run(**{name: x}).values())))[1]


def memory(path, shape):
    """KiB of memory that loading the file and one call add."""
    command = [sys.executable, "-c", MEMORY, str(path), *map(str, shape)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def show(options):
    print("| layer, units, steps | " + " | ".join(f"{way}: ms, KiB, memory KiB" for way in WAYS) + " |")
    print("|---|" + "---|" * len(WAYS))
    for cell, sequences, units, steps, files in rows(options):
        shape = (1, steps, units)
        times = measure(files, shape, options.seconds)
        cells = [_cell(times[way], files[way], shape) if way in files else "-" for way in WAYS]
        print(f"| {cell} {'all' if sequences else 'last'} {units} {steps} | {' | '.join(cells)} |", flush=True)


def _cell(seconds, path, shape):
    used = memory(path, shape) if path.suffix == ".tflite" else "-"
    return f"{1e3 * seconds:.3f}, {path.stat().st_size // 1024}, {used}"


def cost(options):
    print("| model of 4,000 steps | seconds | MiB | MiB of the converter |\n|---|---|---|---|")
    for name in COSTLY:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", COST, name, "4000", f"{folder}/model.tflite"]
            environment = {**os.environ, "PYTHONPATH": sys.path[0]}
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        print(f"| {name} | {' | '.join(done.stdout.split()[-3:])} |", flush=True)


def main():
    options = parse()
    for verb in options.verbs:
        {"convert": convert, "time": show, "cost": cost}[verb](options)


if __name__ == "__main__":
    main()
