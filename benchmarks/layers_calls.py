"""Recurrent layers called without `training=True`, beside stock Keras's: gradients, and inference at nine shapes.

    python benchmarks/layers_calls.py                       # about 8 minutes on two processors
    python benchmarks/layers_calls.py --cells GRU --runs 3

Both libraries run in turn. Each run gives one ratio of Keras's time to ours, from the medians of a few calls. The table
shows the least, the median and the greatest ratio.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

GRADIENTS = ((64, 128, 128, 256), (32, 64, 64, 64), (64, 200, 128, 128))
INFERENCES = tuple((batch, steps, 64, 64) for batch in (1, 32, 256) for steps in (10, 100, 1000))
CALLS = 2


def gradient_ways(layer, x):
    """{how a gradient is asked for: a function without arguments}"""
    import tensorflow as tf

    weights = [weight.value for weight in layer.trainable_weights]
    function = tf.function(layer, autograph=False, input_signature=[tf.TensorSpec([None, None, x.shape[2]])])
    function(x)  # traced while no tape is open

    def gradient(call, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_mean(tf.square(call(x)))
        return tape.gradient(loss, [x, *weights])

    whole = tf.function(lambda x: gradient(layer, x), autograph=False, input_signature=function.input_signature)
    return {
        "tape in a function": lambda: whole(x),
        "function in a tape": lambda: gradient(function, x),
        "eager tape": lambda: gradient(layer, x),
    }


def inference_ways(layer, x):
    """{how a layer is called: a function without arguments}"""
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input([None, x.shape[2]]), layer])
    compiled, array = tf.function(layer, autograph=False, jit_compile=True), x.numpy()
    return {
        "eager": lambda: layer(x),
        "predict": lambda: model.predict(array, batch_size=len(array), verbose=0),
        "XLA": lambda: compiled(x),
    }


def seconds(run):
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ratios(cell, shape, ways, runs):
    """{way: the ratios of Keras's time to ours, one for each run}"""
    import keras
    import tensorflow as tf

    import layers

    x = tf.random.stateless_normal(shape[:3], [0, 0])
    both = []
    for library in (keras.layers, layers):
        layer = getattr(library, cell)(shape[3], return_sequences=True)
        layer.build(x.shape)
        both.append(ways(layer, x))
    by_way = {}
    for way in both[0]:
        pair = [calls[way] for calls in both]
        for call in pair:
            call()
        by_way[way] = [seconds(pair[0]) / seconds(pair[1]) for _ in range(runs)]
    return by_way


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cells", nargs="+", choices=["LSTM", "GRU"], default=["LSTM", "GRU"])
    options = parser.parse_args()
    print("| layer | batch, time, features, units | call | least | median | greatest |\n|---|---|---|---|---|---|")
    for cell in options.cells:
        for shapes, ways in ((GRADIENTS, gradient_ways), (INFERENCES, inference_ways)):
            for shape in shapes:
                for way, values in ratios(cell, shape, ways, options.runs).items():
                    numbers = min(values), statistics.median(values), max(values)
                    cells = " | ".join(f"{number:.2f}" for number in numbers)
                    print(f"| {cell} | {', '.join(map(str, shape))} | {way} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
