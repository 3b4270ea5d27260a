"""The numbers of the trajectory pipeline, one command each; each prints lines for README's table.

    python benchmarks/trajectory.py sample                          the built-in sample
    python benchmarks/trajectory.py baselines --folder ETH_UCY      windows and baselines of each scene, no training
    python benchmarks/trajectory.py eth_ucy --folder ETH_UCY        leave one scene out: a training a scene

ETH_UCY holds <scene>/{train,val,test}/*.txt for eth, hotel, univ, zara1 and zara2: frame, pedestrian, x, y in metres,
as Gupta et al. (2018) split them. Each training is what `unroll trajectory train --data 'scene/train/*.txt' --valid
'scene/val/*.txt' --test 'scene/test/*.txt'` does, with defaults alone but for the seed. Numbers are means over windows,
and then over scenes.
"""

import argparse
import pathlib
import sys
import tempfile
import time

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pipelines
from benchmarks.machine import machine

SCENES = ("eth", "hotel", "univ", "zara1", "zara2")
KINDS = {
    "this model": "",
    "constant velocity": "baseline_constant_velocity_",
    "linear": "baseline_linear_",
    "standing still": "baseline_still_",
    "this model, best of 20": "best_of_20_",
    "20 directions, best": "baseline_turned_best_of_20_",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--folder", type=pathlib.Path, help="holds eth/, hotel/, univ/, zara1/ and zara2/")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=SCENES)
    arguments = parser.parse_args()
    if arguments.folder is None and arguments.what != "sample":
        parser.error(f"{arguments.what}: expected --folder with {', '.join(SCENES)} in it")
    BENCHMARKS[arguments.what](arguments)


def sources(arguments, scene):
    """{"data", "valid", "test"}: the patterns of the files of a scene's parts."""
    parts = {"data": "train", "valid": "val", "test": "test"}
    return {role: str(arguments.folder / scene / part / "*.txt") for role, part in parts.items()}


def trained(arguments, **data):
    """(metrics, seconds in all, seconds of training, epochs) of a training with defaults, in a temporary folder."""
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        artifact = pipelines.trajectory.train(**data, directory=directory, seed=arguments.seed)
        seconds = time.perf_counter() - started
    return artifact.metrics, seconds, artifact.facts["training_seconds"], len(artifact.history["loss"])


def told(name, metrics, kinds=KINDS):
    """Prints a line of ADE and FDE of each kind."""
    values = "  ".join(f"{kind} {metrics[f'{key}ade']:.3f}/{metrics[f'{key}fde']:.3f}" for kind, key in kinds.items())
    print(f"{name}: {values}", flush=True)


def sample(arguments):
    metrics, seconds, training, epochs = trained(arguments)
    told(f"sample, test ({metrics['windows']:.0f} windows)", metrics)
    print(f"{epochs} epochs, training {training:.0f} s, all {seconds:.0f} s, seed {arguments.seed}, {machine()}")


def baselines(arguments):
    """Windows and baselines alone."""
    from pipelines.trajectory import baselines, preprocessor

    task, config, every = pipelines.trajectory.task, pipelines.trajectory.Config(), []
    for scene in arguments.scenes:
        splits = task.load_splits(*sources(arguments, scene).values(), config)
        prepared = preprocessor.prepare(splits["train"], config)
        array = splits["test"]["paths"].array
        seen, real = array[:, : config.observed], array[:, config.observed :]
        last = seen[:, -1:]
        every.append(baselines.fit(prepared, splits["train"]).metrics(seen, real - last))
        told(f"{scene} ({len(array):,} windows)", every[-1], _of_baselines())
    told("mean", _mean(every), _of_baselines())


def _of_baselines():
    return {kind: key for kind, key in KINDS.items() if key.startswith("baseline_")}


def _mean(every):
    return {name: sum(metrics[name] for metrics in every) / len(every) for name in every[0]}


def eth_ucy(arguments):
    """Trains with each scene left out in turn, and prints rows of a table."""
    every, total = [], 0.0
    for scene in arguments.scenes:
        metrics, seconds, training, epochs = trained(arguments, **sources(arguments, scene))
        every.append(metrics)
        total += seconds
        told(f"{scene} ({metrics['windows']:,.0f} windows)", metrics)
        print(f"{scene}: {epochs} epochs, training {training:.0f} s, all {seconds:.0f} s", flush=True)
    told("mean", _mean(every))
    print(f"\n| ADE/FDE, m | {' | '.join(arguments.scenes)} | mean |\n|---|{'---|' * (len(every) + 1)}")
    for kind, key in KINDS.items():
        cells = [f"{metrics[f'{key}ade']:.3f}/{metrics[f'{key}fde']:.3f}" for metrics in (*every, _mean(every))]
        print(f"| {kind} | {' | '.join(cells)} |")
    print(f"\nall {total:.0f} s, seed {arguments.seed}, {machine()}")


BENCHMARKS = {"sample": sample, "baselines": baselines, "eth_ucy": eth_ucy}

if __name__ == "__main__":
    main()
