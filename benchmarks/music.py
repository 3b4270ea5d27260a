"""The numbers of the music pipeline, one command each; each prints a line for README's table.

    python benchmarks/music.py sample                         the built-in sample
    python benchmarks/music.py joint --data FOLDER            JSB chorales, the keys of a step one given the other
    python benchmarks/music.py independent --data FOLDER      the same, each key by itself

FOLDER holds music/jsb-chorales-quarter.json. Numbers are nats a step: 88 keys, summed over keys, mean over steps.
"""

import argparse
import pathlib
import sys
import tempfile

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks.machine import machine

SETTINGS = {
    "sample": {},
    "joint": {"epochs": 100, "patience": 100},
    "independent": {
        "output": "independent", "epochs": 100, "patience": 100, "units": 200, "input_dropout": 0.1,
        "learning_rate": 8e-3, "transpose": 3,
    },
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=SETTINGS)
    parser.add_argument("--data", type=pathlib.Path, metavar="FOLDER", help="holds music/")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.data is None and arguments.what != "sample":
        parser.error(f"{arguments.what}: expected --data FOLDER with music/ in it")
    from pipelines import music

    data = None if arguments.what == "sample" else str(arguments.data / "music" / "jsb-chorales-quarter.json")
    with tempfile.TemporaryDirectory() as directory:
        artifact = music.train(data, directory=directory, seed=arguments.seed, **SETTINGS[arguments.what])
    found = artifact.metrics
    beside = "  ".join(f"{name} {found[f'baseline_{name}_nll']:.2f}" for name in ("independent", "copy", "markov"))
    real = [found[f"real_in_key_{end}"] for end in ("low", "high")]
    print(
        f"{arguments.what}: {found['nll']:.3f} nats a step  {beside}; in key {found['sample_in_key']:.3f} (real "
        f"{real[0]:.3f} to {real[1]:.3f}), training {artifact.facts['training_seconds']:.0f} s, "
        f"{artifact.facts['parameters']:,} parameters, seed {arguments.seed}, {machine()}"
    )


if __name__ == "__main__":
    main()
