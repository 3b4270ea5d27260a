"""The numbers of the music pipeline, one command each; each prints a line for README's table.

    python benchmarks/music.py sample                                 the main job
    python benchmarks/music.py jsb --data FOLDER                      joint keys: nats per step on the JSB chorales
    python benchmarks/music.py jsb --data FOLDER --output independent     each key by itself, of about 300,000 weights
    python benchmarks/music.py generation --artifact PATH             64 steps by the .tflite on one core

FOLDER holds jsb-chorales-quarter.json (Boulanger-Lewandowski et al. 2012): 229 pieces to train on, 76 to decide on the
epoch, 77 that are scored once. `--directory` keeps the artifact; `--resume` continues an interrupted training.
"""

import argparse
import contextlib
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks.machine import machine

CHORALES = "jsb-chorales-quarter.json"
# Beside those that the data choose; of independent keys, for as many weights as in what is published.
SETTINGS = {
    "joint": {},
    "independent": {
        "output": "independent", "units": 200, "transpose": 3, "learning_rate": 8e-3, "input_dropout": 0.1,
    },
}  # fmt: skip
PUBLISHED = {"joint": "RNN-NADE 5.56", "independent": "GRU 8.43, TCN 8.10"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--data", type=pathlib.Path, metavar="FOLDER", help=f"holds {CHORALES}")
    parser.add_argument("--output", choices=sorted(SETTINGS), default="joint", help="of jsb")
    parser.add_argument("--artifact", type=pathlib.Path, metavar="PATH", help="of generation: a trained artifact")
    parser.add_argument("--directory", type=pathlib.Path, help="keep the artifact here")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.what == "jsb" and arguments.data is None:
        parser.error(f"jsb: expected --data FOLDER with {CHORALES} in it")
    if arguments.what == "generation" and arguments.artifact is None:
        parser.error("generation: expected --artifact PATH")
    BENCHMARKS[arguments.what](arguments)


def train(arguments, what, data=None, **options):
    """Trains and prints a row of README's table."""
    import pipelines

    with contextlib.ExitStack() as stack:
        directory = arguments.directory or stack.enter_context(tempfile.TemporaryDirectory())
        started = time.perf_counter()
        artifact = pipelines.music.train(
            data, directory=directory, name=what, resume=arguments.resume, seed=arguments.seed, **options
        )
        seconds = time.perf_counter() - started
    numbers = artifact.metrics
    baselines = ", ".join(f"{name} {numbers[f'baseline_{name}_nll']:.2f}" for name in ("markov", "copy", "independent"))
    print(
        f"{what}: {numbers['nll']:.3f} nats a step ({numbers['nll_with_first']:.3f} with each piece's first) on "
        f"{numbers['pieces']:.0f} pieces; baselines {baselines}; {artifact.facts['parameters']:,} weights, "
        f"{len(artifact.history['loss'])} epochs, training {artifact.facts['training_seconds']:.0f} s, "
        f"all {seconds:.0f} s, seed {arguments.seed}, {machine()}"
    )
    for name in ("pitch_class_distance", "interval_distance", "in_key", "repetition"):
        low, high = numbers[f"real_{name}_low"], numbers[f"real_{name}_high"]
        print(f"  {name}: tunes {numbers[f'sample_{name}']:.3f}, real pieces {low:.3f} to {high:.3f}")


def sample(arguments):
    train(arguments, "sample")


def jsb(arguments):
    print(f"published: {PUBLISHED[arguments.output]}")
    train(arguments, arguments.output, str(arguments.data / CHORALES), **SETTINGS[arguments.output])


def generation(arguments):
    """Times 64 steps from one note, by the exported file and in Python, with the same noise."""
    from ai_edge_litert.interpreter import Interpreter

    import pipelines
    from pipelines.music.tunes import sampling

    artifact = pipelines.music.load(arguments.artifact.name, directory=arguments.artifact.parent)
    path = artifact.path / "mobile" / "model.tflite"
    if not path.exists():
        artifact.export("tflite")
    drawer = sampling.drawer_of(artifact)
    opening = drawer.steps.from_pitches([60])
    length = 64 + drawer.steps.given_steps(opening)
    tensors = drawer.arguments(opening, drawer.noise(1, 64, arguments.seed), length, 0.9)
    named = {part.name: tensor.numpy() for part, tensor in zip(drawer.signature, tensors, strict=True)}
    run = Interpreter(str(path), num_threads=1).get_signature_runner("generate")
    outputs = run(**named)
    same = np.array_equal(outputs["tokens"], drawer.drawn(*tensors)[0])
    seconds = {"the .tflite": _timed(lambda: run(**named)), "Python": _timed(lambda: drawer.drawn(*tensors))}
    told = ", ".join(f"{name} {value:.3f} s" for name, value in seconds.items())
    print(
        f"generation: 64 steps, {outputs['lengths'][0]} tokens: {told}; the same tokens: {same}; "
        f"{path.stat().st_size / 1024:.0f} KiB, {machine()}"
    )


def _timed(call, rounds=15):
    """The median time of `rounds` calls, in seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


BENCHMARKS = {"sample": sample, "jsb": jsb, "generation": generation}

if __name__ == "__main__":
    main()
