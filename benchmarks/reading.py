"""Files larger than memory: rows read a second beside pandas, and the memory that a training on them takes.

    python benchmarks/reading.py rows --gigabytes 0.5          rows a second: this package, csv, pandas.read_csv
    python benchmarks/reading.py train --gigabytes 4           peak of resident memory of `unroll TASK train`
    python benchmarks/reading.py same --gigabytes 0.05         the same vocabulary, splits and baseline as in memory
    python benchmarks/reading.py train --task translation      of pairs of sentences; so with rows and same

The file is made here, seeded: reviews of 20 to 300 words, drawn from 200,000 by Zipf's law, in which some words go with
one of two labels; or sentences of 4 to 20 such words and another word for each, backwards. Every eighth sentence has a
second translation. Memory is that of the process and of all that it starts, looked at every 0.2 s.
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


def words_of(draw):
    """All words that texts are made of, an array."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return np.array(["".join(draw.choice(letters, 3 + number % 9)) for number in range(WORDS)])


def write(path, gigabytes, seed=0):
    """Writes a file of reviews; -> its rows."""
    draw = np.random.default_rng(seed)
    words = words_of(draw)
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


def write_pairs(path, gigabytes, seed=0):
    """Writes a file of pairs of sentences; -> its rows."""
    draw = np.random.default_rng(seed)
    words = words_of(draw)
    meanings = np.random.default_rng(seed + 1).permutation(words)
    rows, most = 0, gigabytes * 2**30
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "target"])
        while file.tell() < most:
            for length in draw.integers(4, 21, BLOCK).tolist():
                ranks = np.minimum(draw.zipf(1.2, length), WORDS) - 1
                source, target = " ".join(words[ranks]), " ".join(meanings[ranks[::-1]])
                several = [f"{target}.", f"{target}, {rows}!"][: 1 + (rows % 8 == 0)]
                writer.writerows([f"{source} {rows}.", translation] for translation in several)
                rows += len(several)
    return rows


def rows(task, path, count):
    """Rows a second of this package, of the csv module and of pandas, in turn, best of three."""
    import pandas

    import pipelines

    task = getattr(pipelines, task).task

    def ours():
        task.data.load_examples(path, task.Config())

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
    """Bytes of a process and of all that it has started; libraries that several map count in each of them."""
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
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Rss:"))
    return 1024 * total


def train(task, path, count, options, directory):
    """Trains on the file as a user does, and prints the peak of resident memory."""
    command = [sys.executable, "-m", "pipelines", task, "train", "--data", str(path), "--directory", directory]
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


def same(task, path):
    """Compares the vocabulary, the splits and the baseline of streams with those of columns in memory."""
    import pipelines
    from pipelines.shared.data import provenance, stored
    from pipelines.shared.text import counting

    task = getattr(pipelines, task).task
    config = task.Config()
    made = []
    for limits in (2**40, 2**40), (2**16, 1_000):
        stored.IN_MEMORY, counting.IN_MEMORY = limits
        splits = task.load_splits(path, None, None, config)
        preprocessor = task.preprocessor.prepare(splits["train"], config)
        with tempfile.TemporaryDirectory() as folder:
            task.baselines.fit(preprocessor, splits["train"]).save(pathlib.Path(folder))
            with np.load(pathlib.Path(folder, "baselines.npz")) as arrays:
                baseline = {name: arrays[name].tobytes() for name in arrays.files}
        made.append((provenance.fingerprint(splits), preprocessor.state(), baseline))
    for name, one, other in zip(("splits", "vocabulary", "baseline"), *made, strict=True):
        print(f"{name} the same: {one == other}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["rows", "train", "same"])
    parser.add_argument("--task", choices=["sentiment", "translation"], default="sentiment")
    parser.add_argument("--gigabytes", type=float, default=0.2)
    parser.add_argument("--file", type=pathlib.Path, help="where the file is, or is made (default: a temporary one)")
    parser.add_argument("--settings", default="", help="of `unroll TASK train`, such as '--epochs 1 --units 8'")
    options = parser.parse_args()
    print(machine.machine(), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or pathlib.Path(folder, "rows.csv")
        if path.exists():
            with open(path, "rb") as file:
                count = sum(1 for _ in file) - 1
        else:
            count = {"sentiment": write, "translation": write_pairs}[options.task](path, options.gigabytes)
        if options.what == "rows":
            rows(options.task, path, count)
        elif options.what == "same":
            same(options.task, path)
        else:
            directory = str(pathlib.Path(folder, "saved"))
            sys.exit(train(options.task, path, count, options.settings.split(), directory))


if __name__ == "__main__":
    main()
