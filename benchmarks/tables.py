"""How table libraries deal with messy files: right, refused with the line, refused, or read wrongly.

    pip install pandas polars pyarrow
    python benchmarks/tables.py                 # about a minute
    python benchmarks/tables.py --rows 100000   # of the file that is timed

Every library is asked for strings alone, without guessing types or gaps, as far as its options allow. `Unroll` is the
reader of `pipelines/shared/data/delimited.py`, based on Python's csv module in its strict mode.
"""

import argparse
import importlib.metadata
import pathlib
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

BLOCK = 2**20  # bytes that pyarrow parses at once
HEADER = b"text,label\n"
TWO = [("good", "1"), ("bad", "0")]

# name: (content, the right rows, or None if the file has to be refused)
FILES = {
    "doubled quotes, commas in quotes": (HEADER + b'"say ""no"", or so",1\n', [('say "no", or so', "1")]),
    "line ends in quotes": (HEADER + b'"two\nlines",1\n"x\r\ny",0\n', [("two\nlines", "1"), ("x\r\ny", "0")]),
    "CR LF in quotes, at the end of a block": (
        HEADER + b'"' + b"z" * (BLOCK - len(HEADER) - 2) + b'\r\nend",1\n',
        [("z" * (BLOCK - len(HEADER) - 2) + "\r\nend", "1")],
    ),
    "byte order mark, CR LF": (b"\xef\xbb\xbftext,label\r\ngood,1\r\nbad,0\r\n", TWO),
    "lone CR": (b"text,label\rgood,1\rbad,0\r", TWO),
    "NA, null, NaN as texts": (HEADER + b"NA,null\nNaN,None\n", [("NA", "null"), ("NaN", "None")]),
    "leading zeros, 30 digits": (HEADER + b"007," + b"9" * 30 + b"\n", [("007", "9" * 30)]),
    "mixed types": (HEADER + b"1,1\nx,2.5\ntrue,\n", [("1", "1"), ("x", "2.5"), ("true", "")]),
    "one column, with empty texts": (b'text\na\n""\nb\n', [("a",), ("",), ("b",)]),
    "header alone": (HEADER, []),
    "empty file": (b"", None),
    "the same name twice": (b"text,text\na,b\n", None),
    "row with a field too few": (HEADER + b"good,1\nbad\nfine,1\n", None),
    "row with a field too many": (HEADER + b"good,1\nbad,0,0\nfine,1\n", None),
    "comma at the end of each row": (HEADER + b"good,1,\nbad,0,\n", None),
    "quote that never ends": (HEADER + b'"good,1\nbad,0\n', None),
    "text behind a quoted field": (HEADER + b'"so" bad,0\nfine,1\n', None),
    "Latin-1": (HEADER + b"ok,1\ncaf\xe9,0\n", [("ok", "1"), ("café", "0")]),
    "UTF-16": ("text,label\ngood,1\n".encode("utf-16"), TWO[:1]),
    "NUL byte": (HEADER + b"ok,1\na\0b,0\n", None),
}


def of_pandas(path):
    import pandas

    frame = pandas.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False)
    return list(frame.columns), [list(frame.iloc[:, number]) for number in range(frame.shape[1])]


def of_polars(path):
    import polars

    frame = polars.read_csv(path, infer_schema=False, empty_string_is_null=False)
    return frame.columns, [column.to_list() for column in frame.get_columns()]


def of_pyarrow(path):
    import pyarrow
    from pyarrow import csv

    names = csv.open_csv(path, parse_options=csv.ParseOptions(newlines_in_values=True)).schema.names
    table = csv.read_csv(
        path, parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string())),
    )  # fmt: skip
    return table.column_names, [column.to_pylist() for column in table.columns]


def of_unroll(path):
    from pipelines.shared.data import sources

    names = ["text", "label"] if b"label" in path.read_bytes()[:60].replace(b"\0", b"") else ["text"]
    columns = sources.read(path, names)
    return names, list(columns.values())


READERS = {"pandas": of_pandas, "polars": of_polars, "pyarrow": of_pyarrow, "Unroll": of_unroll}


def outcome(reader, path, right):
    """How a reader deals with a file, in words."""
    try:
        header, columns = reader(path)
    except TypeError:  # this version of the library lacks an option
        raise
    except Exception as error:
        if right:
            return "**refused**"
        line = re.search(r"(line|row)\W*\d+", str(error), re.IGNORECASE)
        return "refused, with the line" if line else "refused"
    rows = list(zip(*columns, strict=True))
    if right is not None and len(set(header)) == len(header) and rows == right:
        return "right"
    return "**" + ("wrong" if right is not None else "read") + f"**: {shown(header, rows)}"


def shown(header, rows):
    cells = [*header, *(cell for row in rows[:2] for cell in row)]
    return "`" + " ".join(repr(cell)[:14] for cell in cells[:6]).replace("|", "") + "`"


def speed(reader, path, count):
    """Seconds to read a file of `count` rows of 50 letters into columns of Python strings; the best of three."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("text,label\n")
        file.writelines(f'"the film {row}, seen twice, was ""fine"" and long",{row % 2}\n' for row in range(count))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        reader(path)
        times.append(time.perf_counter() - start)
    return min(times)


def size(name, counted=None):
    """Megabytes on disk of a distribution and those that it requires."""
    counted = set() if counted is None else counted
    if name in counted:
        return 0
    counted.add(name)
    distribution = importlib.metadata.distribution(name)
    paths = {path.locate() for path in distribution.files or ()}
    needed = [
        re.match(r"[\w.-]+", requirement)[0] for requirement in distribution.requires or () if ";" not in requirement
    ]
    own = sum(path.stat().st_size for path in paths if path.exists())
    return own / 2**20 + sum(size(requirement, counted) for requirement in needed)


def pythons(name):
    """The versions of Python that a distribution supports, by its metadata."""
    classifiers = importlib.metadata.metadata(name).get_all("Classifier") or []
    versions = [classifier.rpartition(" ")[2] for classifier in classifiers if re.search(r":: 3\.\d+$", classifier)]
    return f"{versions[0]} to {versions[-1]}" if versions else importlib.metadata.metadata(name)["Requires-Python"]


def main(arguments):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        table = []
        for number, (name, (content, right)) in enumerate(FILES.items()):
            path = folder / f"{number}.csv"
            path.write_bytes(content)
            table.append([name, *(outcome(reader, path, right) for reader in READERS.values())])
        times = [f"{speed(reader, folder / 'large.csv', arguments.rows):.2f} s" for reader in READERS.values()]
    libraries = list(READERS)[:-1]
    table.append([f"{arguments.rows:,} rows", *times])
    table.append(["on disk, with what it needs", *(f"{size(name):,.0f} MB" for name in libraries), "-"])
    table.append(["Python", *map(pythons, libraries), "-"])
    versions = [f"{name} {importlib.metadata.version(name)}" for name in libraries]
    print("|", " | ".join(["file", *versions, "Unroll"]), "|")
    print("|" + "---|" * (len(READERS) + 1))
    for row in table:
        print("|", " | ".join(row), "|")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the file that is timed (default 1000000)")
    main(parser.parse_args())
