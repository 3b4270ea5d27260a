"""What people have, container by dialect by task: each small file has the rows it gives, or the line it is answered.

The files are made here. What pandas, pyarrow, openpyxl and Python write is read back equal, whatever the texts are.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile

import hypothesis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import strategies

import pipelines
from pipelines import sentiment, settings
from pipelines.sentiment import data as labelled_texts
from pipelines.shared.data import delimited, sources
from pipelines.translation import data as sentence_pairs

NAMES = ["text", "label"]
ROWS = [("good, really", "1"), ('a "quote"; and more', "0"), ("schön", "1")]
SIMPLE = [("good", "1"), ("bad", "0")]


def read(path, **options):
    columns = sources.read(path, NAMES, settings.Data(**options))
    return list(zip(columns["text"], columns["label"], strict=True))


def plain(value):
    """What a value is called in the name of a test; bytes may hold the time of day."""
    return "bytes" if isinstance(value, bytes) else None


def table(delimiter=",", rows=ROWS, header=NAMES, **dialect):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n", **dialect).writerows([header, *rows])
    return file.getvalue()


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def zstandard(content):
    return pa.Codec("zstd").compress(content.encode(), asbytes=True)


CSV = table()
COLUMNS = {"text": [text for text, _ in ROWS], "label": [label for _, label in ROWS]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV.replace("\n", "\r\n")),
        ("a.csv", "\ufeff" + CSV),
        ("a.csv", CSV.replace("\n", "\r")),
        ("a.csv", table(";")),
        ("a.csv", "sep=;\r\n" + table(";")),
        ("a.csv", table("\t")),
        ("a.csv", table("|")),
        ("a.txt", table("\t")),
        ("reviews", table("\t")),
        ("a.tsv", table("\t")),
        ("a.tab", table("\t")),
        ("a.tsv", table("\t", quoting=csv.QUOTE_ALL)),
        ("a.tsv", table("\t", quoting=csv.QUOTE_NONE, quotechar=None)),
        ("a.csv", table(quoting=csv.QUOTE_ALL)),
        ("a.csv", table(doublequote=False, escapechar="\\")),
        ("a.csv", table(quotechar="'")),
        ("a.csv", CSV.replace(",", ", ").replace("good, ", "good,")),
        ("a.csv", CSV.encode("cp1252")),
        ("a.csv", CSV.encode("utf-16")),
        ("a.csv", CSV.encode("utf-16-be")),
        ("a.csv", CSV.encode("utf-32")),
        ("a.csv.gz", gzip.compress(CSV.encode())),
        ("a.csv", gzip.compress(CSV.encode())),
        ("a.csv.bz2", bz2.compress(CSV.encode())),
        ("a.csv.xz", lzma.compress(CSV.encode())),
        ("a.csv.zst", zstandard(CSV)),
        ("a.tsv.zst", zstandard(table("\t"))),
        ("a.zip", zipped({"d/a.csv": CSV, "__MACOSX/._a.csv": b"\0\1", "d/.DS_Store": b"x"})),
        ("a.jsonl", "\n".join(json.dumps({"text": text, "label": label}) for text, label in ROWS)),
        ("a.ndjson", "\n".join(json.dumps({"label": label, "id": 1, "text": text}) for text, label in ROWS) + "\n\n"),
        ("a.json", "\n".join(json.dumps({"text": text, "label": label}) for text, label in ROWS)),
        ("a.json", json.dumps([{"text": text, "label": label} for text, label in ROWS])),
        ("a.json", json.dumps([{"text": text, "label": label} for text, label in ROWS], indent=2)),
        ("a.json", json.dumps(COLUMNS)),
        ("a.json", pd.DataFrame(COLUMNS).to_json()),
        ("a.json", pd.DataFrame(COLUMNS).to_json(orient="split")),
        ("a.json", pd.DataFrame(COLUMNS).to_json(orient="records")),
        ("a.json", json.dumps({"data": [{"text": text, "label": label} for text, label in ROWS]})),
        ("a.json.gz", gzip.compress(json.dumps(COLUMNS).encode())),
        ("a.json", json.dumps({"version": 1, "reviews": [{"text": text, "label": label} for text, label in ROWS]})),
        ("a.jsonl", json.dumps([{"text": text, "label": label} for text, label in ROWS], indent=2)),
        ("a.txt", json.dumps([{"text": text, "label": label} for text, label in ROWS])),
        ("a.csv", "\n".join(json.dumps({"text": text, "label": label}) for text, label in ROWS)),
        ("a.csv", "\ufeff\ufeff" + CSV),
        ("a.zip", zipped({"README": "Read me.\nThis, too.\n", "d/a.csv": CSV, "LICENSE.txt": "As is."})),
        ("a.csv", zipped({"a.csv": CSV})),
        ("a.zip", zipped({"a.csv.gz": gzip.compress(CSV.encode())})),
        ("a.csv.gz", gzip.compress(CSV[:30].encode()) + gzip.compress(CSV[30:].encode())),
    ],
    ids=plain,
)
def test_containers_and_dialects(write, name, content):
    assert read(write(name, content)) == ROWS


FILES_OF_LIBRARIES = [
    "a.parquet", "a.arrow", "a.feather", "stream.arrow", "a.xlsx", "a.parquet.gz", "zipped.zip", "called.csv",
    "binary.parquet", "parquet.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES_OF_LIBRARIES)
def test_files_of_libraries(tmp_path, name):
    frame, path = pd.DataFrame({"id": range(3), **COLUMNS}), tmp_path / name
    if name == "a.parquet.gz":
        frame.to_parquet(tmp_path / "a.parquet")
        path.write_bytes(gzip.compress((tmp_path / "a.parquet").read_bytes()))
    elif name == "a.parquet":
        frame.to_parquet(path)
    elif name == "a.feather":
        frame.to_feather(path)
    elif name == "a.xlsx":
        frame.to_excel(path, index=False)
    elif name in ("zipped.zip", "called.csv"):
        frame.to_excel(tmp_path / "a.xlsx", index=False)
        content = (tmp_path / "a.xlsx").read_bytes()
        path.write_bytes(zipped({"a.xlsx": content}) if name == "zipped.zip" else content)
    elif name == "binary.parquet":
        pa.parquet.write_table(pa.table({name: [text.encode() for text in COLUMNS[name]] for name in NAMES}), path)
    elif name == "parquet.csv":
        frame.to_parquet(path)
    else:
        opener = pa.ipc.new_stream if name.startswith("stream") else pa.ipc.new_file
        with opener(path, pa.Table.from_pandas(frame).schema) as writer:
            writer.write_table(pa.Table.from_pandas(frame))
    assert read(path) == ROWS


def test_sheets_of_a_workbook(tmp_path, caplog):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as writer:
        pd.DataFrame().to_excel(writer, sheet_name="Empty")
        pd.DataFrame({"About": ["this file"]}).to_excel(writer, sheet_name="About", index=False)
        rows = {" text ": ["good", "#N/A"], "label": ["1", "0"]}
        pd.DataFrame(rows).to_excel(writer, sheet_name="Rows", index=False)
    assert read(tmp_path / "a.xlsx") == [("good", "1"), (None, "0")]
    assert "read is the sheet 'Rows' of 'Empty', 'About', 'Rows'" in caplog.text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "iso2022_jp", "mac-roman", "cp874"])
def test_encodings_that_are_told(write, encoding):
    text = {"mac-roman": "déjà vu, très bien, ça va été", "cp874": "หนังเรื่องนี้ดีมาก"}.get(
        encoding, "この映画はとても良かった"
    )
    assert read(write("a.csv", table(rows=[(text, "1")]).encode(encoding))) == [(text, "1")]


# (name, content, options, rows)
QUOTES = [
    # Quotes between tabs are letters, in corpora that nobody quoted ...
    ("a.tsv", 'text\tlabel\n"Hello," he said.\t1\nSo "good"\t0\n', [('"Hello," he said.', "1"), ('So "good"', "0")]),
    ("a.tsv", 'text\tlabel\n"Hello\t1\nand bye"\t0\n', [('"Hello', "1"), ('and bye"', "0")]),
    ("a.tsv", 'text\tlabel\n"Hello."\t1\nBye\t0\n', [('"Hello."', "1"), ("Bye", "0")]),
    ("a.tsv", 'text\tlabel\na 5" pipe\t1\n7"\t0\n', [('a 5" pipe', "1"), ('7"', "0")]),
    # ... and those of a writer of CSV where the whole file is quoted so.
    ("a.tsv", 'text\tlabel\n"say ""no"""\t1\nbad\t0\n', [('say "no"', "1"), ("bad", "0")]),
    ("a.tsv", 'text\tlabel\n"two\nlines"\t1\n"a\ttab"\t0\n', [("two\nlines", "1"), ("a\ttab", "0")]),
    ("a.tsv", '"text"\t"label"\n"good"\t"1"\n"bad"\t"0"\n', SIMPLE),
    # Between commas they are a writer's; an apostrophe is none.
    ("a.csv", "text,label\nit's,1\n'tis,0\n", [("it's", "1"), ("'tis", "0")]),
    ("a.csv", 'text,label\na 5" pipe,1\nbad,0\n', [('a 5" pipe', "1"), ("bad", "0")]),
]


@pytest.mark.parametrize(("name", "content", "rows"), QUOTES)
def test_quotes_mean_what_the_file_means_by_them(write, name, content, rows):
    assert read(write(name, content)) == rows


@pytest.mark.parametrize("letters", [60, 100, 1000])
def test_a_dialect_is_told_by_the_first_part_of_a_long_file(write, monkeypatch, letters):
    monkeypatch.setattr(delimited, "SAMPLE", letters)
    monkeypatch.setattr(delimited, "LONG_SAMPLE", letters)
    rows = [(f'line {number}\nand "the" next\n\n', str(number % 2)) for number in range(100)]
    for name, delimiter in (("a.tsv", "\t"), ("a.csv", ","), ("b.csv", ";")):
        assert read(write(name, table(delimiter, rows))) == rows


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        ('text\tlabel\n"good"\t1\nbad\t0\n', {"quoting": "double"}, SIMPLE),
        ('text,label\n"so" bad,0\n', {"quoting": "none"}, [('"so" bad', "0")]),
        ("text:label\ngood:1\nbad:0\n", {"delimiter": ":"}, SIMPLE),
        ("text;label\ngood;1\nbad;0\n", {"delimiter": "semicolon"}, SIMPLE),
        ("good,1\nbad,0\n", {"text_column": "1", "label_column": "2"}, SIMPLE),
        ("1,good\n0,bad\n", {"text_column": "2", "label_column": "1", "header": "no"}, SIMPLE),
        ("text,label\ngood,1\nbad,0\n", {"text_column": "1", "label_column": "2", "header": "yes"}, SIMPLE),
        ("text,label\ngood,1\nbad,0,9\n,\nbad,0\n", {"skip_bad": True}, [("good", "1"), ("", ""), ("bad", "0")]),
        ("text,label\nsch\xf6n,1\n".encode("cp1252"), {"encoding": "cp1252"}, [("schön", "1")]),
        ("text,label\nsch\xf6n,1\n".encode("cp1250"), {"encoding": "windows-1250"}, [("schön", "1")]),
    ],
    ids=plain,
)
def test_options_say_how_a_file_is_written(write, content, options, rows):
    path = write("a.csv", content)
    config = sentiment.Config(**options)
    names = [config.text_column, config.label_column]
    columns = sources.read(path, names, config)
    assert list(zip(columns[names[0]], columns[names[1]], strict=True)) == rows


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_ends_with_a_line_feed_alone(write, end):
    stray = "one\rtwo\u2028three\x85four\x0bfive"
    for name, delimiter in (("a.tsv", "\t"), ("a.csv", ",")):
        content = end.join([f"text{delimiter}label", f"{stray}{delimiter}1", f"x{delimiter}0", ""])
        assert read(write(name, content)) == [(stray, "1"), ("x", "0")]
    assert sources.read_lines(write("a.txt", f"{stray}{end}{end}x{end}")) == [stray, "", "x"]
    pairs = [write("t.en", f"a\rb{end}c{end}"), write("t.es", f"x\u2028{end}y{end}")]
    examples = sentence_pairs.load_examples(pairs, pipelines.translation.Config())
    assert examples == {"source": ["a\rb", "c"], "target": ["x\u2028", "y"]}


def test_hidden_files_are_passed_over(write, tmp_path):
    for name in (
        "pos/a.txt",
        "neg/b.TXT",
        "pos/._a.txt",
        "pos/.DS_Store",
        ".ipynb_checkpoints/c.txt",
        "__MACOSX/d.txt",
    ):
        write(f"d/{name}", "x")
    assert sources.read(tmp_path / "d", NAMES)["label"] == ["neg", "pos"]


def test_folders(write, tmp_path, caplog):
    for name in ("news/pos/10001", "news/neg/10002", "news/other/a.md", "both/train/pos/1.txt", "tables/a/b.csv"):
        write(name, "x")
    assert sources.read(tmp_path / "news", NAMES)["label"] == ["neg", "pos"]
    assert "passed over, for they hold no texts: other" in caplog.text
    with pytest.raises(ValueError, match=r"received train, which hold sub-folders themselves; give '.*train'"):
        sources.read(tmp_path / "both", NAMES)
    with pytest.raises(ValueError, match=r"received a; '.*\*\.csv' is all tables in it"):
        sources.read(tmp_path / "tables", NAMES)


def test_patterns_and_lists(write, tmp_path):
    for number in (2, 10, 1):
        write(f"part-{number:02d}.csv", f"text,label\nrow {number},1\n")
    write(".part-03.csv", "text,label\nhidden,1\n")
    pattern = str(tmp_path / "part-*.csv")
    assert [text for text, _ in read(pattern)] == ["row 1", "row 2", "row 10"]
    assert len(read([pattern, tmp_path / "part-01.csv"])) == 4
    with pytest.raises(FileNotFoundError, match=r"no file fits .*none-\*"):
        read(str(tmp_path / "none-*.csv"))
    (tmp_path / "a[1].csv").write_text("text,label\nliteral,1\n")
    assert read(tmp_path / "a[1].csv") == [("literal", "1")]
    write("d [1]/b.csv", "text,label\nin brackets,1\n")
    assert read(tmp_path / "d [1]" / "*.csv") == [("in brackets", "1")]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("https://x.org/a.csv", "an address is not followed: download it"),
        ("~/a.csv", "give '/"),
        ("x" * 9999, "no file"),
    ],
)
def test_names_that_are_no_files(name, hint):
    with pytest.raises(FileNotFoundError, match=hint) as raised:
        read(name)
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv.gz", gzip.compress(CSV.encode() * 100)[:-30], "cannot be unpacked, it is damaged"),
        ("a.csv.bz2", bz2.compress(CSV.encode())[:-9], "cannot be unpacked|received an empty|received none"),
        ("a.zip", zipped({"a.csv": CSV})[:-9], "expected a .zip, received a damaged one"),
        ("a.zip", zipped({"__MACOSX/x": b"1"}), "expected a file of data in it"),
        ("a.tar.gz", gzip.compress(b"x"), "received an archive; unpack it"),
        ("a.parquet", b"PAR1" + b"\0" * 99, "expected parquet, received a damaged file"),
        ("a.arrow", b"ARROW1" + b"\0" * 99, "expected arrow, received a damaged file"),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 99, "expected xlsx, received a damaged file"),
        ("a.csv", bytes(range(128, 256)) * 9, "no column 'text'|received none|cannot be read"),
        ("a.json", '[{"text": "a", "label": 1}, {"text": ', "example 2: expected JSON"),
        ("a.json", '[{"text": "a", "label": 1}', "example 1|an array without end"),
        ("a.json", "{", "expected JSON"),
        ("a.json", "[1, 2]", "expected an array of objects or of rows, received 1 in it"),
        ("a.json", '{"text": "a", "label": 1}', "expected rows, or an object of columns"),
        ("a.json", '{"text": ["a"], "label": [1, 2]}', "expected columns of one length"),
        (
            "a.csv",
            "text,label\n" + "good,1\n" * 5 + "a\nb,1,2\nc\n",
            "3 of 8 rows cannot be read: line 7: .*line 8: .*1 more",
        ),
        ("a.json", '[{"text": "a", "label": 1}] [{"text": "b", "label": 1}]', "received .* behind its 1 values"),
        ("a.json", "[]", "expected rows of text, label, received none"),
        ("a.csv", "<!DOCTYPE html>\n<html></html>\n", "received a page of the web"),
        ("a.csv", b"SQLite format 3\0" + b"\0" * 99, "received a data base; give its rows"),
        ("a.parquet", "version https://git-lfs.github.com/spec/v1\n", "received a pointer of Git LFS"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 99, "save it as .xlsx"),
        ("a.csv", b"7z\xbc\xaf\x27\x1c" + b"\0" * 99, "received a .7z; unpack it"),
        (
            "a.csv.gz",
            gzip.compress(b"a.csv".ljust(257, b"\0") + b"ustar\0" + b"\0" * 999),
            "received a .tar; unpack it",
        ),
        ("a.zip", zipped({"pos/1.txt": "Good.", "neg/1.txt": "Bad."}), "unpack it if it holds a folder"),
        ("a.csv", "Text,Label\ngood,1\n", "no column 'text'; it has 'Text', 'Label'. Did you mean 'Text'"),
        ("a.csv", "good,1\nbad,0\n", "no column 'text'; .*if its first line is data, give the numbers of columns"),
    ],
    ids=plain,
)
def test_what_cannot_be_read_is_one_line(write, name, content, message):
    path = write(name, content)
    with pytest.raises(ValueError, match=message) as raised:
        read(path)
    assert path.name in str(raised.value) and len(str(raised.value)) < 600 and "\n" not in str(raised.value)


@pytest.mark.parametrize("options", [{"encoding": "utf-8"}, {"delimiter": ","}, {"quoting": "none"}, {"header": "no"}])
def test_options_of_files_are_refused_for_what_is_none(options):
    with pytest.raises(ValueError, match="has an effect on files alone, and data is none"):
        sources.read({"text": ["a"], "label": [1]}, NAMES, settings.Data(**options))


def test_options_that_are_none_of_the_kind(write):
    with pytest.raises(ValueError, match="encoding: expected the name of one"):
        read(write("a.csv", CSV), encoding="utf-99")
    with pytest.raises(ValueError, match="quoting: expected one of double, backslash, single, none"):
        read(write("a.csv", CSV), quoting="triple")
    with pytest.raises(ValueError, match="delimiter: expected one letter, or one of comma, "):
        read(write("a.csv", CSV), delimiter="commas")


TEXT = strategies.text(alphabet=strategies.characters(codec="utf-8", exclude_characters="\0\ufdd0"), max_size=12)
TABLES = strategies.lists(strategies.tuples(TEXT, TEXT), min_size=1, max_size=6)


@hypothesis.given(rows=TABLES, delimiter=strategies.sampled_from(",;|\t"), quoting=strategies.sampled_from([0, 1]))
@hypothesis.settings(deadline=None, max_examples=150)
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows, delimiter, quoting):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=quoting).writerows([NAMES, *rows])
    options = {"quoting": "double"} if delimiter == "\t" else {}
    assert read(path, delimiter=delimiter, **options) == rows


@hypothesis.given(rows=TABLES)
@hypothesis.settings(deadline=None, max_examples=40)
def test_what_pandas_writes_is_read_back(tmp_path_factory, rows):
    # It leaves a carriage return unquoted: at a line's end that reads as part of the end.
    rows = [tuple(text.replace("\r", "") for text in row) for row in rows]
    folder, frame = tmp_path_factory.mktemp("pandas"), pd.DataFrame(rows, columns=NAMES, dtype=object)
    frame.to_csv(folder / "a.csv", index=False)
    frame.to_csv(folder / "a.csv.gz", index=False)
    frame.to_json(folder / "a.json", orient="records")
    frame.to_json(folder / "a.jsonl", orient="records", lines=True)
    frame.to_parquet(folder / "a.parquet")
    for path in sorted(folder.iterdir()):
        assert read(path) == rows, path.name


@hypothesis.given(
    lines=strategies.lists(TEXT.filter(lambda text: "\n" not in text and not text.endswith("\r")), min_size=1)
)
@hypothesis.settings(deadline=None, max_examples=60)
def test_lines_are_read_back(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_bytes("".join(f"{line}\n" for line in ["first", *lines]).encode("utf-8"))
    assert sources.read_lines(path) == ["first", *lines]


def test_labels_that_may_be_the_same_are_said_or_joined(write, caplog):
    config = sentiment.Config()
    content = "text,label\n" + "".join(f"{letter},{label}\n" for letter, label in zip("abcdefg", LABELS, strict=True))
    examples = labelled_texts.load_examples(write("a.csv", content), config)
    assert examples["label"] == LABELS
    assert any("Positive/positive" in message and "join_labels" in message for message in caplog.messages)
    assert any("1 rows have the label 'nan'" in message for message in caplog.messages)
    joined = labelled_texts.load_examples(write("a.csv", content), sentiment.Config(join_labels=True))
    assert joined["label"] == ["Positive", "Positive", "Positive", "1", "1", "1", "nan"]


LABELS = ["Positive", "positive", "Positive", "1", "1.0", "1", "nan"]


def test_a_header_that_could_be_a_row_is_refused(write):
    columns = {"text_column": "1", "label_column": "2"}
    path = write("a.csv", "review,stars\ngood,1\nbad,0\nfine,1\n")
    with pytest.raises(ValueError, match="with the label 'stars', could be a header or a row"):
        labelled_texts.load_examples(path, sentiment.Config(**columns))
    examples = labelled_texts.load_examples(path, sentiment.Config(header="yes", **columns))
    assert examples["label"] == ["1", "0", "1"]
    assert len(labelled_texts.load_examples(path, sentiment.Config(header="no", **columns))["label"]) == 4


def test_a_header_in_the_middle_is_no_row(write):
    path = write("a.csv", "text,label\ngood,1\n\ufefftext,label\nbad,0\n")
    with pytest.raises(ValueError, match="line 3: expected a row, received the names of the columns again"):
        labelled_texts.load_examples(path, sentiment.Config())


def test_rows_left_out_are_said_once(write, caplog):
    path = write("a.csv", "text,label\ngood,1\nbad\nfine,1\n")
    assert labelled_texts.read_inputs(path, sentiment.Config(skip_bad=True)) == ["good", "fine"]
    assert sum("are left out" in message for message in caplog.messages) == 1
    with pytest.raises(ValueError, match="line 3: expected 2 fields, received 1"):
        labelled_texts.read_inputs(path, sentiment.Config())


def test_a_limit_reads_so_many_rows(write):
    path = write("a.csv", "text,label\n" + "good,1\nbad,0\n" * 50)
    assert len(labelled_texts.load_examples(path, sentiment.Config(limit=7))["text"]) == 7
    assert labelled_texts.read_inputs(path, sentiment.Config(limit=3)) == ["good", "bad", "good"]


TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header/><body>
<tu><tuv xml:lang="en"><seg>Go <b>now</b>.</seg></tuv><tuv xml:lang="es"><seg>Ve.</seg></tuv></tu>
<tu><tuv xml:lang="EN"><seg>Hi.</seg></tuv><tuv xml:lang="es"><seg>Hola.</seg></tuv>
<tuv lang="es"><seg>Buenas.</seg></tuv></tu>
</body></tmx>"""
REGIONS = "".join(
    [
        "<tmx><body>",
        "<tu><tuv xml:lang='en'><seg>Alone.</seg></tuv></tu>",
        "<tu><tuv xml:lang='en-US'><seg>Go.</seg></tuv><tuv xml:lang='es'><seg>Ve.</seg></tuv></tu>",
        "<tu><tuv xml:lang='en-GB'><seg>Hi.</seg></tuv><tuv xml:lang='es-MX'><seg>Hola.</seg></tuv></tu>",
        "</body></tmx>",
    ]
)
ATTRIBUTED = "".join(
    f"{pair}\tCC-BY 2.0 (France) Attribution: tatoeba.org #1 (CM) & #2 (x)\n"
    for pair in ('"Go!" he said.\tVe.', "Hi.\tHola.")
)


@pytest.mark.parametrize(
    ("name", "content", "options", "pairs"),
    [
        ("a.tmx", TMX, {}, [("Go now.", "Ve."), ("Hi.", "Hola."), ("Hi.", "Buenas.")]),
        ("a.tmx.gz", gzip.compress(TMX.encode()), {"source": "spanish"}, [("Ve.", "Go now."), ("Hola.", "Hi.")]),
        ("spa.txt", ATTRIBUTED, {}, [('"Go!" he said.', "Ve."), ("Hi.", "Hola.")]),
        ("spa.tsv", ATTRIBUTED, {"source": "2"}, [("Ve.", '"Go!" he said.'), ("Hola.", "Hi.")]),
        (
            "a.tsv",
            "12\tGo.\t13\tVe.\n14\tHi.\t15\tHola.\n",
            {"source": "2", "target": "4"},
            [("Go.", "Ve."), ("Hi.", "Hola.")],
        ),
        ("a.csv", "de;en\nJa;Yes\nNein;No\n", {"source": "german"}, [("Ja", "Yes"), ("Nein", "No")]),
        ("a.json", '[{"en": "Go.", "es": "Ve."}]', {"source": "es"}, [("Ve.", "Go.")]),
        ("a.csv", "src,tgt\nGo.,Ve.\n", {}, [("Go.", "Ve.")]),
        ("a.csv", "sentence_en,sentence_es\nGo.,Ve.\n", {"source": "es"}, [("Ve.", "Go.")]),
        ("a.tmx", REGIONS, {"skip_bad": True}, [("Go.", "Ve."), ("Hi.", "Hola.")]),
    ],
    ids=plain,
)
def test_pairs_of_sentences(write, name, content, options, pairs):
    config = pipelines.translation.Config(**options)
    examples = sentence_pairs.load_examples(write(name, content), config)
    assert list(zip(examples["source"], examples["target"], strict=True)) == pairs


@pytest.mark.parametrize("names", [("left.txt", "right.txt"), ("a.en.gz", "a.es"), ("train_en.txt", "train_es.txt")])
def test_aligned_files_of_any_name(write, names):
    contents = ["Go.\nHi.\n", "Ve.\nHola.\n"]
    paths = [
        write(name, gzip.compress(text.encode()) if name.endswith(".gz") else text)
        for name, text in zip(names, contents, strict=True)
    ]
    examples = sentence_pairs.load_examples(paths, pipelines.translation.Config())
    assert examples == {"source": ["Go.", "Hi."], "target": ["Ve.", "Hola."]}


@pytest.mark.parametrize(
    "content",
    [TMX[:300], "<tmx><body/></tmx>", "x", '<tmx><body><tu><tuv xml:lang="en"><seg>a</seg></tuv></tu></body></tmx>'],
)
def test_translation_memories_that_are_none(write, content):
    with pytest.raises(ValueError, match=r"a\.tmx: expected (TMX|units of two languages)"):
        sentence_pairs.load_examples(write("a.tmx", content), pipelines.translation.Config())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.po", 'msgid "Go."\nmsgstr "Ve."\n', r"received \.po, which is not read; save it as \.tmx or \.csv"),
        (
            "a.zip",
            zipped({"a.one": "Go.\n", "a.other": "Ve.\n"}),
            "an archive without a table, and without text files named by two languages",
        ),
        ("a.txt", "Go.\n", "one text file, which holds one language; give two files"),
    ],
    ids=plain,
)
def test_files_without_pairs(write, name, content, message):
    with pytest.raises(ValueError, match=message):
        sentence_pairs.load_examples(write(name, content), pipelines.translation.Config())


def test_a_pattern_of_aligned_files_and_inputs_in_a_translation_memory(write, tmp_path):
    write("t.en-es.en", "Go.\n"), write("t.en-es.es", "Ve.\n")
    config = pipelines.translation.Config()
    examples = sentence_pairs.load_examples(str(tmp_path / "t.en-es.*"), config)
    assert examples == {"source": ["Go."], "target": ["Ve."]}
    assert list(sentence_pairs.read_inputs(write("a.tmx", TMX), config)) == ["Go now.", "Hi."]
