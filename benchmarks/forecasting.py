"""Forecasts beside the baselines on public sets; long series: rows read a second, windows a second, and their memory.

    python benchmarks/forecasting.py etth1 --folder FOLDER --ahead 96    ETTh1.csv, 12/4/4 months, all columns
    python benchmarks/forecasting.py pressure --folder FOLDER            blood_pressure.csv, patients never seen
    python benchmarks/forecasting.py stocks --folder FOLDER              stocks/*.csv, the next day's adjusted close
    python benchmarks/forecasting.py reading --rows 10_000_000           a CSV of 8 columns of numbers

The first three train with nothing set but columns, steps ahead and the split, and `length` where a protocol fixes it;
`--set name=value` sets more. They print the test split's numbers, which nothing was chosen by.

ETTh1: Zhou et al. 2021, rows 0-8640 train, 2,880 each validation and test, all windows. Blood pressure: 1,000 patients
of PhysioNet/CinC 2012, 12 hours to look at, 6 ahead, the last 15 % of the patients are the test. Stocks: Xu & Cohen
2018, 70 of the United States, 2012-2015 train, 2016 validation, 2017 test.

reading: the file is made here, seeded: random walks with four decimals, with a column of times if asked (--times).
Memory is the highest resident one above that of the imports; each way runs in a process of its own.
"""

import argparse
import ast
import csv
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


def etth1(options):
    """ETTh1, multivariate, on scaled data as the literature reports it."""
    settings = {"limit": 14400, "valid_fraction": 0.2, "test_fraction": 0.2, "ahead": options.ahead}
    _train(options, options.folder / "ETTh1.csv", ("mse_scaled", "mae_scaled"), **settings)


def pressure(options):
    """The mean blood pressure of patients never seen, in mmHg."""
    settings = {
        "series_column": "patient", "time_column": "hour", "target_columns": "mean_pressure", "length": 12, "ahead": 6,
        "split": "series", "valid_fraction": 0.15, "test_fraction": 0.15,
    }  # fmt: skip
    _train(options, options.folder / "blood_pressure.csv", ("mae", "coverage_80"), **settings)


def stocks(options):
    """The next day's adjusted close, and whether it goes up."""
    table = {"stock": [], "Date": [], "Adj Close": []}
    for path in sorted((options.folder / "stocks").glob("*.csv")):
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                table["stock"].append(path.stem)
                table["Date"].append(row["Date"])
                table["Adj Close"].append(None if row["Adj Close"] == "null" else float(row["Adj Close"]))
    settings = {"series_column": "stock", "time_column": "Date", "target_columns": "Adj Close", "ahead": 1}
    dates = {"valid_from": "2016-01-01", "test_from": "2017-01-01"}
    told = (
        "mae",
        "direction_accuracy",
        "direction_low",
        "direction_high",
        "always_up",
        "coverage_80",
        "volatility_qlike",
    )
    _train(options, table, told, **settings, **dates)


def _train(options, data, told, **settings):
    """Trains and prints a row of README's table, then the baselines of the same windows."""
    import pipelines

    settings |= dict(pair.split("=", 1) for pair in options.set)
    settings = {name: _plain(value) for name, value in settings.items()}
    started, processor = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        artifact = pipelines.forecasting.train(data, directory=options.directory or folder, **settings)
    numbers = artifact.metrics
    print(f"{machine.machine()}; {time.process_time() - processor:.0f} s of processor time")
    taken = f"{artifact.facts['training_seconds']:.0f} s of {time.perf_counter() - started:.0f} s"
    reached = ", ".join(f"{name} {numbers[name]:.4f}" for name in told if name in numbers)
    print(f"| {options.command} | {reached} | {taken} |")
    compared = (told[0], "volatility_qlike")
    for name in sorted(name for name in numbers if name.startswith("baseline_") and name.endswith(compared)):
        print(f"| {name.removeprefix('baseline_')} | {numbers[name]:.4f} |")


def _plain(text):
    """A number or a truth value that a text says; or the text."""
    try:
        return ast.literal_eval(text) if isinstance(text, str) else text
    except (ValueError, SyntaxError):
        return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_reading = commands.add_parser("reading")
    of_reading.add_argument("--rows", type=int, default=10_000_000)
    of_reading.add_argument("--times", action="store_true")
    of_reading.add_argument("--runs", type=int, default=3)
    for name in ("etth1", "pressure", "stocks"):
        of_set = commands.add_parser(name)
        of_set.add_argument("--folder", type=pathlib.Path, required=True, help="holds the files")
        of_set.add_argument("--ahead", type=int, default=96, help="of etth1: 24, 96 or 720")
        of_set.add_argument("--directory", help="keep the artifact here")
        of_set.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="settings besides")
    of_measure = commands.add_parser("measure")
    of_measure.add_argument("way")
    of_measure.add_argument("path")
    options = parser.parse_args()
    if options.command == "measure":
        measure(options.way, options.path)
    elif options.command in ("etth1", "pressure", "stocks"):
        {"etth1": etth1, "pressure": pressure, "stocks": stocks}[options.command](options)
    else:
        reading(options.rows, options.times, options.runs)


if __name__ == "__main__":
    main()
