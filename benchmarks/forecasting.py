"""Long series: rows read a second beside pyarrow, windows a second, and the memory that both take.

    python benchmarks/forecasting.py reading --rows 10_000_000      a CSV of 8 columns of numbers

The file is made here, seeded: random walks with four decimals, without a column of times and with one (--times).
Memory is the highest resident one above that of the imports; each way runs in a process of its own.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks import machine

COLUMNS, LENGTH, AHEAD = 8, 96, 24
BLOCK = 250_000  # rows made at once


def write(path, rows, times, seed=0):
    """Writes the file."""
    import pyarrow
    import pyarrow.csv

    draw, last = np.random.default_rng(seed), np.zeros(COLUMNS)
    names = [f"column {number}" for number in range(1, COLUMNS + 1)]
    with open(path, "wb") as file:
        for start in range(0, rows, BLOCK):
            count = min(BLOCK, rows - start)
            walks = last + draw.normal(size=(count, COLUMNS)).cumsum(axis=0)
            last = walks[-1]
            columns = dict(zip(names, np.round(walks.T, 4), strict=True))
            if times:
                seconds = np.datetime64("2000-01-01", "s") + 60 * np.arange(start, start + count)
                columns = {"time": seconds, **columns}
            options = pyarrow.csv.WriteOptions(include_header=start == 0)
            pyarrow.csv.write_csv(pyarrow.table(columns), file, options)


def highest():
    """The highest resident memory of this process so far, in bytes."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def measure(way, path):
    """Prints the seconds of one way and the bytes that it took above the imports."""
    import pyarrow.csv

    from pipelines.forecasting import data, preprocessor
    from pipelines.forecasting.config import Config

    if way == "windows":
        import tensorflow  # noqa: F401 - counts as an import
    config = Config(length=LENGTH, ahead=AHEAD, valid_fraction=0.1, test_fraction=0.1)
    before, start = highest(), time.perf_counter()
    if way == "pyarrow":
        pyarrow.csv.read_csv(path)
    elif way == "examples":
        data.load_examples(path, config)
    elif way == "splits":
        data.load_splits(path, None, None, config)
    else:
        train = data.load_splits(path, None, None, config)["train"]
        windows = preprocessor.prepare(train, config).windows(train)
        batches, count = iter(preprocessor.stream(windows, 256, seed=0).take(401)), 0
        next(batches)  # draws the order of an epoch
        start = time.perf_counter()
        for _, targets in batches:
            count += len(targets)
        print(count / (time.perf_counter() - start), highest() - before)
        return
    print(time.perf_counter() - start, highest() - before)


def reading(rows, times, runs):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "walks.csv"
        write(path, rows, times)
        raw = rows * COLUMNS * 8
        print(
            f"{machine.machine()}\n{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB, as float64 {raw / 1e6:,.0f} MB"
        )
        best = {}
        for way in ("pyarrow", "examples", "splits", "windows"):
            told = [_apart(way, path) for _ in range(1 if way == "windows" else runs)]
            best[way] = min(seconds for seconds, _ in told)
            memory = max(memory for _, memory in told)
            speed = best[way] if way == "windows" else rows / best[way]
            beside = "" if way in ("pyarrow", "windows") else f", {best['pyarrow'] / best[way]:.2f} of pyarrow's"
            print(
                f"| {way} | {speed:,.0f} a second{beside} | {memory / 1e6:,.0f} MB, {memory / raw:.2f} of the numbers |"
            )


def _apart(way, path):
    command = [sys.executable, __file__, "measure", way, str(path)]
    last = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-2:]
    return tuple(map(float, last))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_reading = commands.add_parser("reading")
    of_reading.add_argument("--rows", type=int, default=10_000_000)
    of_reading.add_argument("--times", action="store_true")
    of_reading.add_argument("--runs", type=int, default=3)
    of_measure = commands.add_parser("measure")
    of_measure.add_argument("way")
    of_measure.add_argument("path")
    options = parser.parse_args()
    if options.command == "measure":
        measure(options.way, options.path)
    else:
        reading(options.rows, options.times, options.runs)


if __name__ == "__main__":
    main()
