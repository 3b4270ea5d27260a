"""How many commands survive faults: kills, interruptions, two at once, full disks, damaged files.

    python benchmarks/faults.py kills        30 real `kill -9` each of train, tune and export
    python benchmarks/faults.py events       a save, an export and a trial, cut off at each of their file events
    python benchmarks/faults.py pairs        two commands on the same artifact at once
    python benchmarks/faults.py disk         full, read-only, a quota used up
    python benchmarks/faults.py mutations    300 damaged files for each reader, 1 GB of memory for each file
    python benchmarks/faults.py all          all of these; hours on two cores

`--count N` runs N of each instead of the numbers above, for a quick look. `--seed` seeds all random choices.
Everything happens in a temporary folder, with tiny models of each task, in processes forked from this one, which has
imported everything, so that a kill hits the work. The exit code is 1 unless all survived.
"""

import argparse
import collections
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks.breaking import children, disk, events, kills, mutations, pairs

PARTS = {"kills": kills, "events": events, "pairs": pairs, "disk": disk, "mutations": mutations}


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("parts", nargs="+", choices=[*PARTS, "all"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="of each kind (default: as a part says)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default 2)")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="rows with one of these words in their name")
    parser.add_argument("--keep", metavar="FOLDER", help="where damaged files that did not survive are copied to")
    return parser.parse_args(arguments)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder is removed
    children.warm()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
    tempfile.tempdir, os.environ["TMPDIR"] = str(scratch), str(scratch)
    rows = []
    try:
        for name, part in PARTS.items():
            if name in options.parts or "all" in options.parts:
                started = time.perf_counter()
                (scratch / name).mkdir()
                outcomes = part.run(options, scratch / name)
                rows += summed(outcomes)
                print(f"{name}: {len(outcomes)} in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print("| what | survived | of which |\n|---|---|---|")
    for row, survived, count, kinds in rows:
        shown = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        print(f"| {row} | {survived} of {count} | {shown} |")
    sys.exit(any(survived < count for _, survived, count, _ in rows))


def summed(outcomes):
    """(row, how many survived, of how many, {kind: how many}) for each row."""
    rows = {}
    for row, kind, wrong in outcomes:
        survived, kinds = rows.setdefault(row, ([], collections.Counter()))
        survived.append(not wrong)
        kinds[kind] += 1
    return [(row, sum(survived), len(survived), kinds) for row, (survived, kinds) in rows.items()]


if __name__ == "__main__":
    main()
