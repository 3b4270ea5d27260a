"""Files larger than memory: rows read a second beside pandas, and the memory that a training on them takes.

    python benchmarks/reading.py rows --gigabytes 0.5          rows a second: this package, csv, pandas.read_csv
    python benchmarks/reading.py train --gigabytes 4           peak of resident memory of `unroll sentiment train`
    python benchmarks/reading.py same --gigabytes 0.05         the same vocabulary, splits and baseline as in memory

The file is made here, seeded: reviews of 20 to 300 words, drawn from 200,000 by Zipf's law, in which some words go with
one of two labels. Memory is that of the process and of all that it starts, looked at every 0.2 s.
"""

import argparse
import contextlib
import csv
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks import machine

WORDS, MEAN = 200_000, 160
BLOCK = 2_000  # rows made at once


def write(path, gigabytes, seed=0):
    """Writes the file; -> its rows."""
    draw = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(draw.choice(letters, 3 + number % 9)) for number in range(WORDS)])
    rows, most = 0, gigabytes * 2**30
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        while file.tell() < most:
            labels = draw.integers(0, 2, BLOCK)
            for label, length in zip(labels.tolist(), draw.integers(20, 2 * MEAN - 20, BLOCK).tolist(), strict=True):
                ranks = np.minimum(draw.zipf(1.2, length), WORDS) - 1
                told = draw.random(length) < 0.05
                ranks[told] = ranks[told] // 2 * 2 + label
                text = " ".join(words[np.minimum(ranks, WORDS - 1)])
                writer.writerow([f"{text}, {rows}.", ("bad", "good")[label]])
                rows += 1
    return rows


def rows(path, count):
    """Rows a second of this package, of the csv module and of pandas, in turn, best of three."""
    import pandas

    from pipelines.sentiment import data
    from pipelines.sentiment.config import Config

    def ours():
        data.load_examples(path, Config())

    def strict():
        with open(path, newline="", encoding="utf-8") as file:
            for _ in csv.reader(file, strict=True):
                pass

    ways = {"this package, checked and stored": ours, "csv, nothing kept": strict}
    ways["pandas.read_csv"] = lambda: pandas.read_csv(path, dtype=str)
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(3):
        for name, read in ways.items():
            start = time.perf_counter()
            read()
            best[name] = min(best[name], time.perf_counter() - start)
    for name, seconds in best.items():
        print(f"| {name} | {count / seconds:,.0f} rows a second | {path.stat().st_size / 2**20 / seconds:.0f} MB |")


def resident(pid):
    """Bytes of a process and of all that it has started."""
    pids = [pid]
    for one in pids:
        for task in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            pids += map(int, task.read_text().split())
    sizes = [pathlib.Path(f"/proc/{one}/smaps_rollup") for one in pids]
    total = 0
    for path in sizes:
        try:
            lines = path.read_text().splitlines()
        except OSError:  # it has ended
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return 1024 * total


def train(path, count, options, directory):
    """Trains on the file as a user does, and prints the peak of resident memory."""
    command = [sys.executable, "-m", "pipelines", "sentiment", "train", "--data", str(path), "--directory", directory]
    start, peak = time.perf_counter(), 0
    with subprocess.Popen([*command, *options]) as child:
        while child.poll() is None:
            with contextlib.suppress(OSError):  # it ends just now
                peak = max(peak, resident(child.pid))
            time.sleep(0.2)
    size = path.stat().st_size / 2**30
    seconds = time.perf_counter() - start
    print(f"| {size:.2f} GB, {count:,} rows | peak {peak / 2**30:.2f} GB resident | {seconds:,.0f} s |")
    return child.returncode


def same(path):
    """Compares the vocabulary, the splits and the baseline of streams with those of plain lists."""
    from pipelines.sentiment import baselines, data, preprocessor
    from pipelines.sentiment.config import Config
    from pipelines.shared.data import provenance, sources, stored
    from pipelines.shared.text import counting

    config = Config()
    columns = sources.read(path, ["text", "label"])
    in_memory = data.load_splits((columns["text"], columns["label"]), None, None, config)
    stored.IN_MEMORY, counting.IN_MEMORY = 2**16, 1_000
    streamed = data.load_splits(path, None, None, config)
    print("splits the same:", provenance.fingerprint(streamed) == provenance.fingerprint(in_memory))
    made = [preprocessor.prepare(splits["train"], config) for splits in (in_memory, streamed)]
    print("vocabulary the same:", made[0].state() == made[1].state(), len(made[0].text.vocabulary))
    fitted = [baselines.fit(made[0], splits["train"]) for splits in (in_memory, streamed)]
    print(
        "baseline the same:", np.array_equal(fitted[0].weights, fitted[1].weights), fitted[0].terms == fitted[1].terms
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["rows", "train", "same"])
    parser.add_argument("--gigabytes", type=float, default=0.2)
    parser.add_argument("--file", type=pathlib.Path, help="where the file is, or is made (default: a temporary one)")
    parser.add_argument("--settings", default="", help="of `unroll sentiment train`, such as '--epochs 1 --units 8'")
    options = parser.parse_args()
    print(machine.machine(), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or pathlib.Path(folder, "reviews.csv")
        if path.exists():
            with open(path, "rb") as file:
                count = sum(1 for _ in file) - 1
        else:
            count = write(path, options.gigabytes)
        if options.what == "rows":
            rows(path, count)
        elif options.what == "same":
            same(path)
        else:
            sys.exit(train(path, count, options.settings.split(), str(pathlib.Path(folder, "saved"))))


if __name__ == "__main__":
    main()
