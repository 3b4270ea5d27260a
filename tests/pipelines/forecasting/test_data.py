import datetime
import logging
import math
import pathlib

import numpy as np
import pandas
import polars
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.forecasting import data, windows
from pipelines.forecasting.config import Config
from pipelines.forecasting.tables import numerals, pieces, reading, steps, times

ROWS = 60
DRAW = np.random.default_rng(0)
Y, Z = np.round(DRAW.normal(size=(2, ROWS)).cumsum(axis=1), 3)
HOURS = [str(hour).replace("T", " ") for hour in np.datetime64("2020-01-01T00", "s") + 3600 * np.arange(ROWS)]
LINES = [f"{hour},{y},{z}" for hour, y, z in zip(HOURS, Y.tolist(), Z.tolist(), strict=True)]
HEAD = "date,y,z"
SECONDS = np.datetime64("2020-01-01", "s").astype(int) + 3600 * np.arange(ROWS)


def config(**options):
    return Config(**{"length": 4, "ahead": 2, **options})


def written(path, lines, head=HEAD):
    path = pathlib.Path(path)
    path.write_text("\n".join([*([head] if head else []), *lines]) + "\n")
    return path


def changed(row, line):
    return [*LINES[:row], line, *LINES[row + 1 :]]


def read(source, **options):
    return data.load_examples(source, config(**options))


def numbers(examples):
    return windows.plain(examples["values"])


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, "unroll")
    return caplog


@pytest.fixture
def csv(tmp_path):
    def write(lines=LINES, head=HEAD, name="a.csv"):
        return written(tmp_path / name, lines, head)

    return write


@pytest.fixture
def row_by_row(monkeypatch):
    """Every source is read the slow way."""

    def odd(self, piece, sheet):
        raise pieces.Odd

    monkeypatch.setattr(reading._Collection, "_quickly", odd)


def frame():
    return pandas.DataFrame({"date": pandas.to_datetime(HOURS), "y": Y, "z": Z})


def as_file(table, path, suffix):
    path = pathlib.Path(path) / f"a{suffix}"
    if suffix == ".parquet":
        table.to_parquet(path)
    elif suffix == ".arrow":
        polars.from_pandas(table).write_ipc(path)
    elif suffix == ".xlsx":
        table.to_excel(path, index=False)
    elif suffix == ".json":
        table.to_json(path, orient="records", date_format="iso")
    elif suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True, date_format="iso")
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_damaged_file_of_columns_is_one_line_that_names_it(suffix, tmp_path):
    path = tmp_path / f"new{suffix}"
    table = pyarrow.table({"date": HOURS, "y": Y, "z": Z})
    if suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        pyarrow.feather.write_feather(table, str(path), "uncompressed")
    whole, refused = path.read_bytes(), 0
    for at in range(8, len(whole), len(whole) // 40):
        path.write_bytes(whole[:at] + bytes(byte ^ 0x5A for byte in whole[at : at + 8]) + whole[at + 8 :])
        try:
            read(path)
        except ValueError as error:
            assert path.name in str(error) and "\n" not in str(error)
            refused += 1
    assert refused > 10


KINDS = (".csv", ".tsv", ".csv.gz", ".parquet", ".arrow", ".xlsx", ".json", ".jsonl")


@pytest.mark.parametrize("suffix", KINDS)
def test_all_kinds_of_files_give_the_same(tmp_path, suffix):
    examples = read(as_file(frame(), tmp_path, suffix))
    np.testing.assert_array_equal(examples["time"], SECONDS)
    np.testing.assert_array_equal(numbers(examples), np.stack([Y, Z], 1).astype(np.float32))
    assert examples["values"].dtype.names == ("y", "z")
    assert examples["scored"].all()


SOURCES = {
    "pandas": frame,
    "polars": lambda: polars.from_pandas(frame()),
    "pyarrow": lambda: pyarrow.Table.from_pandas(frame()),
    "an index of times": lambda: frame().set_index("date"),
    "lists": lambda: {"date": HOURS, "y": Y.tolist(), "z": Z.tolist()},
    "arrays": lambda: {"date": np.array(HOURS, "datetime64[s]"), "y": Y, "z": Z},
    "dictionaries": lambda: frame().to_dict("records"),
    "a generator": lambda: (row for row in frame().to_dict("records")),
    "datetimes": lambda: {"when": [datetime.datetime.fromisoformat(hour) for hour in HOURS], "y": Y, "z": Z},
    "nullable": lambda: frame().convert_dtypes(),
    "objects": lambda: frame().astype({"y": object}),
}


@pytest.mark.parametrize("name", SOURCES)
def test_tables_in_memory_give_the_same(name):
    examples = read(SOURCES[name]())
    np.testing.assert_array_equal(examples["time"], SECONDS)
    np.testing.assert_array_equal(numbers(examples), np.stack([Y, Z], 1).astype(np.float32))


def test_arrays_and_lists_of_numbers_have_no_times():
    for source in (np.stack([Y, Z], 1), np.stack([Y, Z], 1).tolist(), (Y.tolist(), Z.tolist())):
        examples = read(source)
        np.testing.assert_array_equal(numbers(examples), np.stack([Y, Z], 1).astype(np.float32))
        np.testing.assert_array_equal(examples["time"], np.arange(ROWS))
    np.testing.assert_array_equal(numbers(read(Y))[:, 0], Y.astype(np.float32))


CELLS = st.one_of(
    st.floats(-1e6, 1e6, width=32).map(lambda number: repr(float(number))), st.integers(-9999, 9999).map(str),
    st.sampled_from(["", "NA", "nan", "null", "-", "?", " 1.5", "1e3"]),
)  # fmt: skip


@given(st.lists(st.tuples(CELLS, CELLS, st.sampled_from("ab")), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_the_quick_way_reads_what_the_checked_one_reads(tmp_path_factory, rows):
    lines = [f"{number},{one},{other},{name}" for number, (one, other, name) in enumerate(rows)]
    path = written(tmp_path_factory.mktemp("same") / "a.csv", lines, "step,y,z,series")
    asked = config(target_columns="y,z")
    quick = reading.read(path, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_of_text", lambda *_: (_ for _ in ()).throw(pieces.Odd))
        checked = reading.read(path, asked)
    np.testing.assert_array_equal(quick.values, checked.values)
    np.testing.assert_array_equal(quick.ticks, checked.ticks)
    np.testing.assert_array_equal(quick.codes, checked.codes)
    assert quick.ids == checked.ids
    assert quick.where(len(rows) - 1) == checked.where(len(rows) - 1)


def test_blocks_end_where_lines_end(csv, monkeypatch):
    path = csv()
    whole = read(path)
    for block in (1, 7, 100, 1000):
        monkeypatch.setattr(pieces.csv_blocks, "BLOCK", block)
        np.testing.assert_array_equal(numbers(read(path)), numbers(whole))
    path.write_text(path.read_text().rstrip("\n"))
    np.testing.assert_array_equal(numbers(read(path)), numbers(whole))


def test_a_clean_file_is_read_the_quick_way(csv, monkeypatch):
    monkeypatch.setattr(reading._Collection, "_row_by_row", None)
    read(csv())


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("oops", r"expected a number, received 'oops'; leave it blank"),
        ('"1,234.5"', r"received '1,234\.5'; write it without separators of thousands"),
        ('"1,5"', r"received '1,5'; write a point for the decimal comma"),
        ("inf", r"expected a finite number .* received 'inf'"),
        ("1e99", r"expected a finite number .* received '1e99'"),
        ("12 %", r"write the number alone"),
    ],
)
def test_what_is_no_number_is_named_with_its_row_and_column(csv, cell, what, said):
    path = csv(changed(8, f"{HOURS[8]},{cell},1.0"))
    with pytest.raises(ValueError, match=rf"a\.csv, line 10: column 'y': .*{what}.*--skip-bad"):
        read(path)
    examples = read(path, skip_bad=True)
    assert math.isnan(numbers(examples)[8, 0])  # the gap is filled
    assert "1 of 60 rows are left out: line 10" in said.text


def test_bad_rows_are_counted_and_the_first_named(csv):
    lines = [line.replace(hour, hour) if number % 2 else f"{hour},x{number},1" for number, (hour, line) in
             enumerate(zip(HOURS[20:], LINES[20:], strict=True))]  # fmt: skip
    with pytest.raises(ValueError, match=r"a\.csv: 20 of 60 rows cannot be read: line 22: .* and 17 more"):
        read(csv(LINES[:20] + lines))


def test_missing_values(csv):
    path = csv([*LINES[:5], f"{HOURS[5]},NA,-", f"{HOURS[6]},?,null", f"{HOURS[7]},,NaN", *LINES[8:]])
    np.testing.assert_array_equal(np.isnan(numbers(read(path))).any(axis=1).nonzero()[0], [5, 6, 7])


def test_decimal_commas_between_semicolons(csv, said):
    lines = [line.replace(",", ";").replace(".", ",") for line in LINES]
    np.testing.assert_array_equal(numbers(read(csv(lines, "date;y;z")))[:, 0], Y.astype(np.float32))


@pytest.mark.parametrize(
    ("column", "first", "second", "kind"),
    [
        ("date", "2016-07-01 00:00:00", "2016-07-01 01:00:00", "iso"),
        ("Datum", "01.07.2016 00:00", "01.07.2016 01:00", "format"),
        ("when", "7/31/2016 12:00:00 AM", "7/31/2016 1:00:00 AM", "format"),
        ("ds", "20160701", "20160702", "day"),
        ("timestamp", "1467331200", "1467334800", "epoch"),
        ("time", "1467331200000", "1467334800000", "epoch"),
        ("TIME", "3", "4", "number"),
        ("hour", "0", "1", "number"),
        ("quarter", "2010Q1", "2010Q2", "quarter"),
        ("Month", "1949-01", "1949-02", "format"),
    ],
)
def test_columns_of_times(column, first, second, kind):
    table = reading.read({column: [first, second], "y": [1.0, 2.0]}, config())
    assert (table.time_name, table.way.kind) == (column, kind)
    if kind not in ("number", "epoch"):
        form = {"day": "%Y%m%d", "Datum": "%d.%m.%Y %H:%M", "when": "%m/%d/%Y %I:%M:%S %p"}
        if kind == "quarter":
            expected = pandas.PeriodIndex([first, second], freq="Q").to_timestamp()
        else:
            expected = pandas.to_datetime([first, second], format=form.get(column if kind == "format" else kind))
        np.testing.assert_array_equal(table.ticks // times.A_SECOND, expected.astype("datetime64[s]").astype(np.int64))


def test_days_before_months_where_a_day_says_so():
    assert times.told(["1/7/2016", "31/7/2016"]).format == "%d/%m/%Y"
    assert times.told(["7/1/2016", "7/31/2016"]).format == "%m/%d/%Y"
    assert times.told(["1/1/2016", "1/2/2016", "1/3/2016"]).format == "%m/%d/%Y"


@given(st.lists(st.datetimes(datetime.datetime(1800, 1, 1), datetime.datetime(2200, 1, 1)), min_size=1, max_size=9))
@settings(deadline=None, max_examples=50)
def test_ticks_are_those_of_single_values(dates):
    texts = [str(date) for date in dates]
    way = times.told(texts)
    expected = [(date - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1) for date in dates]
    assert [way.one(text) for text in texts] == way.ticks(texts).tolist() == expected


def test_times_with_a_zone_become_utc(csv):
    lines = [line.replace(",", "+02:00,", 1) for line in LINES]
    np.testing.assert_array_equal(read(csv(lines))["time"], SECONDS - 7200)
    berlin = frame().assign(date=frame().date.dt.tz_localize("Europe/Berlin"))
    np.testing.assert_array_equal(read(berlin)["time"], SECONDS - 3600)


def test_zones_that_are_mixed(csv):
    lines = [line.replace(",", "+01:00," if row % 2 else "+05:00,", 1) for row, line in enumerate(LINES)]
    with pytest.raises(ValueError, match=r"times of one zone, received those of \+1 h, \+5 h; write all in UTC"):
        read(csv(lines))
    lines = [line.replace(",", "+01:00,", 1) if row > 57 else line for row, line in enumerate(LINES)]
    with pytest.raises(ValueError, match=r"2 of 60 rows .* with a zone, the first has none"):
        read(csv(lines))


def test_winter_and_summer_are_one_zone(csv):
    autumn = ["2020-10-25T02:00:00+02:00,1,1", "2020-10-25T02:00:00+01:00,2,2", "2020-10-25T03:00:00+01:00,3,3"]
    assert np.diff(read(csv(autumn), ahead=1)["time"]).tolist() == [3600, 3600]


def test_times_out_of_order(csv, said):
    path = csv([*LINES[:5], LINES[6], LINES[5], *LINES[7:]])
    with pytest.raises(
        ValueError, match=r"a\.csv, line 8: time 2020-01-01 05:00:00 stands behind .*sort the rows by time"
    ):
        read(path)
    assert len(read(path, skip_bad=True)["time"]) == ROWS
    assert "1 of 60 rows are left out" in said.text


def test_a_source_that_runs_backwards_is_turned_round(csv, said):
    np.testing.assert_array_equal(numbers(read(csv(LINES[::-1]))), numbers(read(csv())))
    assert "its times run backwards" in said.text


@pytest.mark.parametrize("names", [["A", "B", "C"], [1, 2, 3]])
def test_repeated_times_ask_for_the_column_of_series(names):
    long = pandas.concat([frame().assign(store=name) for name in names])
    with pytest.raises(ValueError, match=r"120 of 180 rows .* is repeated; give series_column='store'"):
        read(long)
    examples = read(long, series_column="store")
    assert examples["series"].values == names
    assert examples["values"].dtype.names == ("y", "z")


def test_a_repeated_time_asks_for_a_step(csv):
    path = csv([*LINES[:5], LINES[4], *LINES[5:]])
    with pytest.raises(ValueError, match=r"a\.csv, line 7: time .* is repeated; give time_step"):
        read(path)
    assert len(read(path, time_step="1h")["time"]) == ROWS


def test_usual_names_of_series_are_taken(said):
    long = pandas.concat([frame().assign(unique_id=name) for name in "AB"]).sort_values(["date", "unique_id"])
    examples = read(long)
    assert "series_column: 'unique_id' says whose row it is" in said.text
    assert list(examples["series"]) == ["A"] * ROWS + ["B"] * ROWS
    np.testing.assert_array_equal(numbers(examples)[:, 0], np.tile(Y, 2).astype(np.float32))
    both = read(long.set_index(["unique_id", "date"]))
    np.testing.assert_array_equal(numbers(both), numbers(examples))


def test_gaps_of_few_steps_are_filled(csv, said):
    examples = read(csv([*LINES[:20], *LINES[23:]]))
    expected = frame().drop(index=[20, 21, 22]).set_index("date").asfreq("h")
    np.testing.assert_array_equal(numbers(examples), expected.to_numpy(np.float32))
    np.testing.assert_array_equal(examples["time"], SECONDS)
    assert "a step is 1 h; 3 missing ones are added" in said.text


def test_months_are_filled_by_the_calendar():
    dates = pandas.date_range("2000-01-31", periods=30, freq="ME").delete([4, 5])
    examples = read(pandas.DataFrame({"ds": dates, "y": np.arange(28.0)}))
    expected = pandas.Series(np.arange(28.0), dates).asfreq("ME")
    np.testing.assert_array_equal(numbers(examples)[:, 0], expected.to_numpy(np.float32))


def test_trading_days_count_as_steps(said):
    days = pandas.bdate_range("2020-01-01", periods=100)
    assert len(read({"date": days, "y": np.arange(100.0)})["time"]) == 100
    assert "gaps at weekends: these are trading days; rows count as steps" in said.text


def test_days_of_rest_are_no_gaps(said):
    days = pandas.date_range("2020-01-01", periods=140)
    days = days[days.day_of_week != 6]
    assert len(read({"date": days, "y": np.arange(float(len(days)))})["time"]) == len(days) == 120
    assert "there are none on Sundays; rows count as steps" in said.text


def test_irregular_times_count_as_steps_and_can_be_given_one(said):
    moments = pandas.to_datetime(HOURS) + pandas.to_timedelta(DRAW.integers(0, 3000, ROWS), "s")
    source = pandas.DataFrame({"date": moments, "y": np.where(np.arange(ROWS) % 7, Y, np.nan)})
    assert len(read(source)["time"]) == ROWS
    assert "no common step; rows count as steps; time_step" in said.text
    examples = read(source, time_step="2h")
    expected = source.set_index("date").y.resample("2h").mean()
    np.testing.assert_allclose(numbers(examples)[:, 0], expected.to_numpy(), rtol=1e-5)
    np.testing.assert_array_equal(examples["time"], expected.index.astype("datetime64[s]").astype(np.int64))


@pytest.mark.parametrize(("step", "rule"), [("1D", "D"), ("1W", "W-MON"), ("1mo", "MS"), ("1Q", "QS")])
def test_longer_steps_are_those_of_the_calendar(step, rule):
    days = pandas.date_range("2020-01-03", periods=200, freq="12h")
    examples = read({"date": days, "y": np.arange(200.0)}, time_step=step, ahead=1)
    sides = {"closed": "left", "label": "left"} if rule == "W-MON" else {}
    expected = pandas.Series(np.arange(200.0), days).resample(rule, **sides).mean()
    np.testing.assert_allclose(numbers(examples)[:, 0], expected.to_numpy(), rtol=1e-5)
    np.testing.assert_array_equal(examples["time"], expected.index.astype("datetime64[s]").astype(np.int64))


@pytest.mark.parametrize(("step", "what"), [("2x", "expected a length such as 1h"), ("1s", "would make .* rows of 60")])
def test_steps_that_are_none(step, what):
    with pytest.raises(ValueError, match=f"time_step: .*{what}"):
        read(frame(), time_step=step)


def test_times_that_follow():
    hours = SECONDS[:5]
    assert steps.following(hours, 2).tolist() == (hours[-1] + np.array([3600, 7200])).tolist()
    ends = pandas.date_range("2020-01-31", periods=15, freq="ME").astype("datetime64[s]").astype(np.int64).to_numpy()
    np.testing.assert_array_equal(steps.following(ends[:12], 3), ends[12:])
    days = pandas.bdate_range("2020-01-01", periods=15).astype("datetime64[s]").astype(np.int64).to_numpy()
    np.testing.assert_array_equal(steps.following(days[:12], 3), days[12:])


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (
            {"target_columns": "y", "known_columns": "y"},
            "expected column 'y' once, since a column whose future is known",
        ),
        ({"target_columns": "y,y"}, "target_columns: expected column 'y' once"),
        ({"target_columns": "Y"}, r"no column 'Y' for target_columns; .* Did you mean 'y'\?"),
        ({"series_column": "sotre"}, "no column 'sotre' for series_column"),
        ({"time_column": "y2"}, "no column 'y2' for time_column"),
        ({"target_columns": "date"}, "expected numbers in column 'date'"),
        ({"time_column": "z", "target_columns": "z"}, "column 'z' cannot be forecast"),
        ({"split": "series"}, "expected several series, received one"),
        ({"valid_from": "2021-01-01"}, "valid_from: expected a time between 2020-01-01 00:00:00 and"),
        ({"valid_from": "soon"}, "valid_from: expected a time between"),
        ({"valid_from": "2020-01-03", "test_from": "2020-01-02"}, "expected the validation to begin before the test"),
        ({"valid_fraction": 0.6, "test_fraction": 0.5}, "expected a sum below 1"),
        (
            {"ahead": 40},
            r"expected a window in the split 'valid': 40 rows to forecast .* received 6; .* valid_fraction",
        ),
        ({"length": 60}, r"expected a window in the split 'train': 62 rows .* received 48"),
    ],
)
def test_settings_that_do_not_fit(options, what):
    with pytest.raises(ValueError, match=what):
        data.load_splits(frame(), None, None, config(**options))


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ({"date": HOURS, "y": [math.nan] * ROWS}, "expected numbers in column 'y', received none: all 60 are missing"),
        ({"name": ["a"] * ROWS}, "expected a column of numbers to forecast, received 'name'"),
        (np.zeros((2, 3, 4)), r"expected an array \(rows,\) or \(rows, columns\)"),
        ([{"item_id": "a", "target": [1, 2, 3]}], "give a row for each step of a series"),
        ([], "expected rows, received none"),
        (5, "received int"),
        ([[1.0, 2.0], [1.0]], "example 2: expected 2 values"),
        ({"time": ["2020-01-01", "x", "2020-01-03"], "y": [1.0, 2.0, 3.0]}, "example 2: column 'time': expected"),
    ],
)  # fmt: skip
def test_sources_that_are_none(source, what):
    with pytest.raises((ValueError, TypeError), match=what):
        data.load_splits(source, None, None, config())


def test_files_without_rows(csv, tmp_path):
    with pytest.raises(ValueError, match=r"a\.csv: expected rows of numbers, received none"):
        read(csv([]))
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        read(tmp_path / "nope.csv")


def test_columns_without_a_header(csv):
    assert read(csv(head=None))["values"].dtype.names == ("2", "3")
    assert read(csv(head=None), target_columns="3")["values"].dtype.names == ("3", "2")
    single = csv([str(y) for y in Y.tolist()], None, "y.txt")
    np.testing.assert_array_equal(numbers(read(single))[:, 0], Y.astype(np.float32))


def test_texts_and_numbers_of_rows_are_left_out(tmp_path, said):
    frame().assign(note="fine").to_csv(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv")["values"].dtype.names == ("y", "z")
    assert "columns that hold no numbers are left out: 'note'" in said.text


def test_several_files_go_on_or_are_several_series(tmp_path, said):
    written(tmp_path / "a1.csv", LINES[:30])
    written(tmp_path / "a2.csv", LINES[30:])
    np.testing.assert_array_equal(numbers(read(str(tmp_path / "a*.csv"))), numbers(read(frame())))
    written(tmp_path / "a2.csv", LINES)
    assert read(tmp_path)["series"].values == ["a1", "a2"]
    assert "2 files are as many series" in said.text
    written(tmp_path / "a2.csv", LINES[30:], "date,y,w")
    with pytest.raises(ValueError, match=r"a2\.csv: expected the columns of .*a1\.csv, received none called 'z'"):
        read(tmp_path)


def test_the_number_of_rows_can_be_limited(csv):
    assert len(read(csv(), limit=40)["time"]) == 40
    assert len(read(frame(), limit=40)["time"]) == 40


def test_cuts_by_time_are_those_of_the_fractions():
    rows = 14_400
    source = {"date": np.datetime64("2016-07-01", "s") + 3600 * np.arange(rows), "y": DRAW.normal(size=rows)}
    splits = data.load_splits(source, None, None, config(length=336, ahead=96, valid_fraction=0.2, test_fraction=0.2))
    scored = {name: np.flatnonzero(part["scored"])[[0, -1]].tolist() for name, part in splits.items()}
    assert scored == {"train": [0, 8639], "valid": [8640, 11519], "test": [11520, 14399]}
    shape = windows.Shape(336, 96, 1)
    assert len(windows.origins(splits["test"], shape, complete=True)) == 2785
    assert splits["test"]["values"].base is not None  # shared, not copied


def test_no_target_of_a_window_is_in_two_splits():
    splits = data.load_splits(frame(), None, None, config())
    seen = {}
    for name, part in splits.items():
        rows = windows.origins(part, windows.Shape(4, 2, 1))
        seen[name] = {int(part["time"][row + ahead]) for row in rows for ahead in (1, 2)}
    assert not (seen["train"] & seen["valid"] or seen["valid"] & seen["test"] or seen["train"] & seen["test"])
    assert len(splits["train"]["time"]) == 48
    assert sum(map(len, seen.values())) == ROWS - 4  # all but those that only the first window looks at


def several(count=10, rows=30, first=0):
    dates = np.datetime64("2020-01-01", "D") + np.arange(first, first + rows)
    ids = [str(number) for number in range(count, 0, -1)]
    return pandas.concat([pandas.DataFrame({"who": one, "ds": dates, "y": DRAW.normal(size=rows)}) for one in ids])


def test_cuts_by_series_are_by_sorted_numbers():
    settings_of_series = config(series_column="who", split="series", valid_fraction=0.2, test_fraction=0.3)
    splits = data.load_splits(several(), None, None, settings_of_series)
    assert {name: sorted(set(part["series"]), key=int) for name, part in splits.items()} == {
        "train": ["1", "2", "3", "4", "5"], "valid": ["6", "7"], "test": ["8", "9", "10"]
    }  # fmt: skip


def test_cuts_by_time_of_several_series_are_at_one_date():
    uneven = pandas.concat([several(2, 100), several(1, 50, first=50).assign(who="late")])
    splits = data.load_splits(uneven, None, None, config(series_column="who", valid_fraction=0.2, test_fraction=0.2))
    days = (np.datetime64("2020-01-01", "s").astype(int) + 86_400 * np.array([0, 60, 80, 100])).tolist()
    for number, part in enumerate(splits.values()):
        scored = part["time"][part["scored"]]
        assert (scored.min(), scored.max()) == (days[number], days[number + 1] - 86_400)
        assert len(set(part["series"])) == 3
    assert len(splits["train"]["time"]) == 60 + 60 + 10


def test_the_rule_by_which_a_cut_is_chosen():
    by_number = several().assign(ds=np.tile(np.arange(30), 10))
    cases = [
        (several(), {}, "time"),
        (by_number, {}, "series"),
        (several(), {"ahead": 6}, "series"),
        (frame(), {}, "time"),
    ]
    for source, options, expected in cases:
        column = "who" if "who" in source else None
        splits = data.load_splits(source, None, None, config(series_column=column, length=1, **options))
        whole = set(splits["train"]["series"]) & set(splits["test"]["series"])
        assert bool(whole) == (expected == "time")


def test_dates_at_which_to_cut():
    splits = data.load_splits(frame(), None, None, config(valid_from="2020-01-02", test_from="2020-01-03 00:00"))
    assert {name: int(part["scored"].sum()) for name, part in splits.items()} == {"train": 24, "valid": 24, "test": 12}
    splits = data.load_splits(frame(), None, None, config(test_from="2020-01-03"))
    assert {name: int(part["scored"].sum()) for name, part in splits.items()} == {"train": 42, "valid": 6, "test": 12}


def test_sources_of_their_own():
    later = frame().assign(date=frame().date + pandas.Timedelta("60h"))
    splits = data.load_splits(frame(), None, later[["z", "date", "y"]], config())
    assert {name: int(part["scored"].sum()) for name, part in splits.items()} == {"train": 54, "valid": 6, "test": 60}
    np.testing.assert_array_equal(numbers(splits["test"]), numbers(read(frame())))
    with pytest.raises(ValueError, match="valid: expected the columns of the data, received none called 'z'"):
        data.load_splits(frame(), later[["date", "y"]], None, config())


def test_one_window_is_enough():
    splits = data.load_splits(frame()[:10], None, None, config(valid_fraction=0.2, test_fraction=0.2))
    assert [len(windows.origins(part, windows.Shape(4, 2, 1))) for part in splits.values()] == [1, 1, 1]


def test_inputs_of_predict_are_a_list_of_series():
    inputs = data.read_inputs(several(3, 5), config(series_column="who"))
    assert [part["series"][0] for part in inputs] == ["3", "2", "1"]
    assert [len(part["time"]) for part in inputs] == [5, 5, 5]


@pytest.mark.parametrize("way", ["quick", "checked"])
def test_ids_are_as_they_are_written(way, request, csv):
    if way == "checked":
        request.getfixturevalue("row_by_row")
    lines = [f"{name},{row},{row}.5" for name in ("007", "x y", "12") for row in range(20)]
    examples = read(csv(lines, "who,step,y"), series_column="who")
    assert examples["series"].values == ["007", "x y", "12"]


def test_numbers_of_texts():
    assert numerals.read(" -1.5e3 ") == -1500
    with pytest.raises(ValueError, match="received '1_000'"):
        numerals.read("1_000")
