"""How fast one training step and one inference of a recurrent layer are, beside stock Keras and torch.nn, on this CPU.

    python benchmarks/layers.py                              # LSTM and GRU, three shapes, 15 rounds: about 3 minutes
    python benchmarks/layers.py --rounds 5 --cells LSTM --threads 1

A step is forward and backward with the gradients of inputs and weights, float32, all outputs returned. Everything is
compiled first (its first call is the column "first"), then timed in turn, round after round, so that a busy machine
slows all alike. Three ways to run each: as `fit` does on batches of a tf.data pipeline ("fit": batch and time unknown
while the graph is made, no XLA), the same with both known ("fixed sizes"), and with XLA, which needs them known. The
table gives the median, its ratio to stock Keras as `fit` runs it, and the rate of floating-point operations as a share
of this machine's own matrix-product rate, which no layer can pass.
With one thread the clock is the process's CPU time, which other programs hardly disturb.
torch is timed when it is installed.

Tried, with two threads of an AMD EPYC, and what came of it:

- BlockLSTMV2 and LSTMBlockCellGrad, TensorFlow's own kernels: their products run at a quarter of tf.matmul's rate.
- Two halves of the batch as two loops side by side: 1.2 to 1.5 times faster than one loop.
- Blocks of 32 steps compiled by XLA, the loop over blocks and the large products left to TensorFlow: 1.15 to 1.5 times
  faster than TensorFlow alone from 64 steps on. Blocks of 16 and 64 take a few percent more.
- XLA alone: each step's product runs on one processor, and its products for the weights' gradients at half the rate.
- One XLA kernel for all gates is not vectorised and takes 33 microseconds, where one for each takes 8 in all: what the
  way back needs is kept activated, not as sums. As one tensor of all gates it is 5 to 10 % slower.
- XLA's flags (oneDNN, XNNPACK, YNNPACK, vectors of 512 bits): 7 % at the most, and only from the environment.
- The gradient of a step by hand in TensorFlow's loop: 5 to 8 % faster than by its tape. LSTMBlockCellGrad for it, or
  TensorLists pushed and popped instead of TensorArrays: nothing.
- Gates kept as elements of TensorArrays instead of one tensor: 5 to 10 % less time; all outputs of a loop in place
  (InplaceUpdate) is no better.
- The elementwise part of a step as an XLA kernel inside of TensorFlow's loop: no faster than its single operations.
- A product with a transposed right side is up to 3 times slower: the weights are transposed once, before the loop.
- A loop's `maximum_iterations` costs a counter and two operations a step; 4 to 8 % at the smallest shape.
- Unrolling 2 or 4 steps: nothing. One product of [x, h] a step instead of projecting all x first: slower but for XLA.
- tf.reverse_sequence, 3 times the time of gathering rows, whose gradient can be a gather too.
- The rate of stock Keras depends on what else the machine does: (64, 200, 128, 128) took its LSTM 52 to 77 ms within an
  hour, this package's 37 to 45, as threads are woken for each of its small products. Read ratios of one run.
"""

import argparse
import importlib.util
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SHAPES = ((64, 128, 128, 256), (32, 64, 64, 64), (64, 200, 128, 128))
GATES = {"LSTM": 4, "GRU": 3}
WAYS = ("fit", "fixed sizes", "XLA")


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=15, help="timings of each (default 15)")
    parser.add_argument("--cells", nargs="+", choices=GATES, default=list(GATES))
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of one operation (default: all)")
    parser.add_argument("--shapes", type=int, nargs="+", choices=range(len(SHAPES)), default=range(len(SHAPES)))
    return parser.parse_args(arguments)


def tensorflow_runs(layer, x, how):
    """(inference, training step) as functions without arguments; how: one of WAYS."""
    import tensorflow as tf

    x = tf.constant(x)
    layer.build(x.shape)
    weights = [weight.value for weight in layer.trainable_weights]
    traced = {"autograph": False, "jit_compile": True if how == "XLA" else None}
    if how == "fit":
        traced["input_signature"] = [tf.TensorSpec([None, None, x.shape[2]])]

    @tf.function(**traced)
    def infer(x):
        return layer(x, training=False)

    @tf.function(**traced)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_mean(tf.square(layer(x, training=True)))
        return tape.gradient(loss, [x, *weights])

    return lambda: infer(x), lambda: step(x)  # on a CPU either returns when it is done


def torch_runs(cell, x, units, threads):
    import torch

    torch.set_num_threads(threads)
    layer, x = getattr(torch.nn, cell)(x.shape[2], units, batch_first=True), torch.tensor(x, requires_grad=True)

    def infer():
        with torch.no_grad():
            layer(x)

    def step():
        layer.zero_grad()
        x.grad = None
        (layer(x)[0] ** 2).mean().backward()

    return infer, step


def contestants(cell, shape, threads):
    """{name: (inference, training step)}"""
    import keras
    import numpy as np

    import layers

    batch, steps, features, units = shape
    x = np.random.default_rng(0).normal(size=(batch, steps, features)).astype("float32")
    runs = {}
    for name, library in (("Keras", keras.layers), ("Unroll", layers)):
        for how in WAYS:
            layer = getattr(library, cell)(units, return_sequences=True)
            runs[f"{name}, {how}"] = tensorflow_runs(layer, x, how)
    if importlib.util.find_spec("torch"):
        runs["torch.nn"] = torch_runs(cell, x, units, threads)
    return runs


def timings(runs, rounds, clock):
    """{name: (seconds of the first step, those of inferences, those of steps)}, timed in turn."""
    taken = {}
    for name, (infer, step) in runs.items():
        infer()
        start = time.perf_counter()
        step()
        taken[name] = (time.perf_counter() - start, [], [])
    for _ in range(rounds):
        for name, both in runs.items():
            for run, times in zip(both, taken[name][1:], strict=True):
                start = clock()
                run()
                times.append(clock() - start)
    return taken


def matrix_rate(clock):
    """Floating-point operations per second of a large matrix product."""
    import tensorflow as tf

    a, times = tf.random.normal([1536, 1536]), []
    for _ in range(10):
        start = clock()
        tf.matmul(a, a).numpy()
        times.append(clock() - start)
    return 2 * 1536**3 / statistics.median(times[2:])


def main():
    options = parse()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    clock = time.process_time if options.threads == 1 else time.perf_counter
    ratios = {}
    print(f"{options.threads} threads, {options.rounds} rounds; ms, median")
    print("| layer | batch, time, features, units | | inference | step | x Keras | GFLOP/s | of the product | first |")
    print("|---|---|---|---|---|---|---|---|---|")
    for cell in options.cells:
        for shape in (SHAPES[number] for number in options.shapes):
            rate = matrix_rate(clock)
            batch, steps, features, units = shape
            operations = 3 * 2 * batch * steps * (features + units) * GATES[cell] * units
            taken = timings(contestants(cell, shape, options.threads), options.rounds, clock)
            stock = statistics.median(taken["Keras, fit"][2])
            for name, (first, *both) in taken.items():
                infer, step = (statistics.median(times) for times in both)
                ratios.setdefault((cell, name), []).append(stock / step)
                print(
                    f"| {cell} | {', '.join(map(str, shape))} | {name} | {1e3 * infer:.2f} | {1e3 * step:.2f} | "
                    f"{stock / step:.2f} | {operations / step / 1e9:.0f} | {operations / step / rate:.0%} | "
                    f"{first:.1f} s |",
                    flush=True,
                )
    for (cell, name), values in ratios.items():
        print(f"{cell} {name}: {statistics.geometric_mean(values):.2f} x Keras in the geometric mean")


if __name__ == "__main__":
    main()
