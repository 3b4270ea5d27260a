"""What `predict`, `stream` and `backtest` answer."""

import csv
import json
import types

import numpy as np
import pytest
from conftest import output, readings

from pipelines.forecasting import answers, backtests, future, network, preprocessor, signatures

NAMES = ["time", "step", "load", "load_q10", "load_q90", "temperature", "temperature_q10", "temperature_q90"]


def part(table, rows):
    return {name: column[:rows] for name, column in table.items()}


def test_an_answer_is_the_network_on_the_last_window(foresighted):
    table = readings(40, 5)
    (answer,) = foresighted.predict(table)
    assert list(answer) == ["series", *NAMES]
    assert answer["time"] == ["2024-01-02 16:00:00", "2024-01-02 17:00:00", "2024-01-02 18:00:00"]
    window = np.array([table[name][-12:] for name in ("load", "temperature", "price")], np.float32).T[None]
    last = np.array([np.datetime64("2024-01-02T15:00:00").astype("datetime64[s]").astype(int)])
    tensors = {"values": window, "known": np.full((1, 3, 1), np.nan, np.float32), "time": last}
    quantiles = foresighted.infer({name: tensors[name] for name in foresighted.model.input})["quantiles"]
    np.testing.assert_allclose(answer["load"], quantiles[0, :, 0, 1], rtol=1e-6)
    np.testing.assert_allclose(answer["temperature_q90"], quantiles[0, :, 1, 2], rtol=1e-6)


def test_known_columns_ahead_count_and_are_asked_for(foresighted, caplog):
    table = readings(43, 5)
    whole = {**table, **{name: table[name][:40] + [None] * 3 for name in ("load", "temperature")}}
    (told,) = foresighted.predict(whole)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    (untold,) = foresighted.predict(part(table, 40))
    assert "'price': known ahead, and missing in 3 of the 3 steps ahead of 'the series'" in caplog.text
    assert told["time"] == untold["time"]
    assert not np.allclose(told["load"], untold["load"], rtol=1e-4)


def test_a_series_shorter_than_the_window_and_one_without_a_value_are_answered(foresighted, caplog):
    answer, empty = foresighted.predict(
        [part(readings(40, 5), 2), {**part(readings(40, 5), 20), "load": [None] * 19 + [1.0]}]
    )
    assert np.isfinite([*answer["load"], *empty["load"]]).all()
    columns = {**part(readings(40, 5), 30)}
    columns["load"] = columns["load"][:10] + [None] * 20
    (answer,) = foresighted.predict(columns)
    assert np.isfinite(answer["load"]).all()
    assert "no value of a target in the last 12 steps of 'the series'" in caplog.text


def test_live_steps_are_predict_on_the_rows_so_far(foresighted):
    table, live = readings(30, 6), foresighted.stream()
    for row in range(30):
        values = {name: table[name][row] for name in ("load", "temperature", "price")}
        answer = live.step({name: value for name, value in values.items() if value == value}, time=table["time"][row])
        if row in (0, 5, 11, 12, 29):
            (expected,) = foresighted.predict(part(table, row + 1))
            if row == 0:
                assert answer["time"]
            for name in NAMES[1:]:
                np.testing.assert_allclose(answer[name], expected[name], rtol=1e-6)
    assert answer["time"] == expected["time"]


def test_live_steps_take_what_is_known_ahead(foresighted):
    table, live = readings(43, 5), foresighted.stream()
    for row in range(40):
        known = [{"price": table["price"][row + ahead]} for ahead in (1, 2, 3)]
        values = {name: table[name][row] for name in ("load", "temperature", "price")}
        answer = live.step(values, time=table["time"][row], known=known)
    whole = {**table, **{name: table[name][:40] + [None] * 3 for name in ("load", "temperature")}}
    np.testing.assert_allclose(answer["load"], foresighted.predict(whole)[0]["load"], rtol=1e-6)


@pytest.mark.parametrize(
    ("row", "how", "kind", "message"),
    [
        ({"lod": 1.0}, {}, ValueError, r"expected the columns 'load', 'temperature', 'price', received 'lod' too"),
        ({"load": "high"}, {}, ValueError, "load: expected a finite number, NaN or None, received 'high'"),
        ({"load": float("inf")}, {}, ValueError, "load: expected a finite number"),
        ([1.0, 2.0], {}, TypeError, "row: expected a dictionary"),
        ({"load": 1.0}, {"time": "yesterday"}, ValueError, "time: expected an ISO date"),
        ({"load": 1.0}, {"known": [{}] * 4}, ValueError, "known: expected the 3 steps ahead at the most, received 4"),
        ({"load": 1.0}, {"known": [{"cost": 1}]}, ValueError, "received 'cost' too"),
    ],
)
def test_a_wrong_row_is_refused_and_not_kept(foresighted, row, how, kind, message):
    live, table = foresighted.stream(), readings(5, 6)
    how = {"time": "2024-01-01", **how}
    with pytest.raises(kind, match=message):
        live.step(row, **how)
    answer = live.step({name: table[name][0] for name in ("load", "temperature", "price")}, time=table["time"][0])
    np.testing.assert_allclose(answer["load"], foresighted.predict(part(table, 1))[0]["load"], rtol=1e-6)


def test_a_frame_in_a_frame_out(foresighted):
    pandas = pytest.importorskip("pandas")
    frame = foresighted.predict(pandas.DataFrame(readings(40, 5)))
    assert list(frame.columns) == NAMES and len(frame) == 3
    polars = pytest.importorskip("polars")
    assert foresighted.predict(polars.DataFrame(readings(40, 5))).columns == NAMES


@pytest.mark.slow
def test_a_file_in_a_file_out(foresighted, tmp_path):
    table = readings(40, 5)
    with open(tmp_path / "new.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(
            zip(*[["" if value != value else value for value in column] for column in table.values()], strict=True)
        )
    script = "import sys; from pipelines.shared.command_line import program; sys.exit(program.main())"
    script = f"import sys; sys.argv = ['unroll', *sys.argv[1:]]; {script.split('; ', 1)[1]}"
    place = ["--name", foresighted.name, "--directory", foresighted.path.parent]
    arguments = ["forecasting", "predict", "--data", tmp_path / "new.csv", "--output", tmp_path / "next.csv", *place]
    output(script, *arguments)
    with open(tmp_path / "next.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == NAMES and len(rows) == 3
    (expected,) = foresighted.predict(table)
    np.testing.assert_allclose([float(row["load"]) for row in rows], expected["load"], rtol=1e-5)
    assert [row["time"] for row in rows] == expected["time"]
    printed = json.loads(output(script, *arguments[:4], *place, "--json"))
    assert printed["answers"][0]["step"] == [1, 2, 3]


def ahead_of(dates, **facts):
    time = np.array(dates, "datetime64[s]").astype(np.int64)
    told = types.SimpleNamespace(**{"step": 0, "months": 0, "dates": True, "ahead": 3, **facts})
    times = future.times(time, told)
    return times if times is None else future.written(times, time, True)


def test_times_ahead():
    assert ahead_of(["2024-02-28 21:00"], step=3 * 3600) == [
        "2024-02-29 00:00:00",
        "2024-02-29 03:00:00",
        "2024-02-29 06:00:00",
    ]
    assert ahead_of(["2024-02-28"], step=86400) == ["2024-02-29", "2024-03-01", "2024-03-02"]
    assert ahead_of(["2024-01-31"], months=1) == ["2024-02-29", "2024-03-31", "2024-04-30"]
    assert ahead_of(["2023-11-30"], months=3) == ["2024-02-29", "2024-05-31", "2024-08-31"]
    assert ahead_of(["2023-12-01"], months=1) == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert ahead_of(["2023-01-29", "2024-01-29"], months=1) == ["2024-02-29", "2024-03-29", "2024-04-29"]
    weekdays = [str(day) for day in np.arange("2024-06-03", "2024-06-22", dtype="datetime64[D]") if np.is_busday(day)]
    assert ahead_of(weekdays) == ["2024-06-24", "2024-06-25", "2024-06-26"]
    assert ahead_of(["2024-06-03", "2024-06-04", "2024-06-08"]) is None


def test_targets_of_the_names_of_our_columns_are_told_apart():
    told = types.SimpleNamespace(columns=["step", "time"], targets=2, step=1, months=0, dates=False, ahead=2)
    artifact = types.SimpleNamespace(
        preprocessor=told, config=types.SimpleNamespace(quantiles="0.025", output="quantiles")
    )
    answer = future.described(artifact, "x", np.array([7]), False, np.arange(8.0).reshape(2, 2, 2))
    expected = {"time": [8, 9], "step": [1, 2], "step_": [1.0, 5.0], "step__q2.5": [0.0, 4.0], "time_": [3.0, 7.0]}
    assert answer == {"series": "x", **expected, "time__q2.5": [2.0, 6.0]}
    assert answers.columns([], [answer, {**answer, "series": "y"}])["series"] == ["x", "x", "y", "y"]


def test_folds_of_a_backtest_see_nothing_of_what_they_are_scored_on(foresighted):
    examples = foresighted.task.read_examples(readings(200), foresighted.config, False, {})
    ends = []
    for splits in backtests._splits(examples, foresighted.config, 3):
        tested = splits["test"]["time"][splits["test"]["scored"]]
        for name in ("train", "valid"):
            assert splits[name]["time"].max() < tested.min()
        ends.append((tested.min(), tested.max()))
    assert [start for start, _ in ends[1:]] == [end + 3600 for _, end in ends[:-1]]
    assert ends[-1][1] == examples["time"].max()


def test_a_backtest_trains_anew_and_scores_each_fold(foresighted, monkeypatch):
    trained = []

    def training(task, path, config, source, splits, folder, callbacks):
        trained.append(splits)
        return foresighted

    monkeypatch.setattr(type(foresighted.task), "_trained", training)
    results = foresighted.backtest(readings(200), folds=2)
    assert [one["fold"] for one in results] == [1, 2] and len(trained) == 2
    assert results[0]["mae"] != results[1]["mae"]
    lines = backtests.table(results)
    assert lines[0].split()[:2] == ["fold", "windows"] and lines[-1].startswith("mean")
    with pytest.raises(ValueError, match="folds: expected a whole number of at least 1, received 0"):
        foresighted.backtest(readings(200), folds=0)


def test_probes_have_all_that_may_come(foresighted):
    values = [np.array(one["values"], np.float32) for one in signatures.probes(foresighted)]
    assert np.isnan(values[0]).all() and 0 < np.isnan(values[1]).mean() < 1
    assert any(np.ptp(window) and not np.isnan(window).any() for window in values)
    assert any((np.ptp(window, axis=0) == 0).all() for window in values)
    assert not np.isnan(values[-1]).any()


@pytest.mark.parametrize(("name", "value"), [("targets", 1), ("known", 0), ("ahead", 4), ("length", 9)])
def test_the_preprocessor_of_another_network_is_refused(name, value, foresighted):
    other = preprocessor.restore({**foresighted.preprocessor.state(), name: value})
    mixed = types.SimpleNamespace(model=foresighted.model, preprocessor=other)
    with pytest.raises(ValueError, match=r"preprocessor\.json: expected one for the network"):
        network.infer(mixed)
