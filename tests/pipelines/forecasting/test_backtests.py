"""A backtest beside a training and an evaluation: its folds are those of the verb; what it needs is checked first."""

import json

import numpy as np
import pytest
from conftest import TINY_FORECASTING, readings

import pipelines
from pipelines.forecasting import backtests, config, data, windows
from pipelines.forecasting.tables import splitting
from pipelines.shared.command_line import program
from pipelines.shared.training import fitting


def settings(**options):
    return config.Config(**{**TINY_FORECASTING, **options})


def wards(series=6, count=40):
    """Readings of some series, one below another, at numbered hours."""
    tables = [readings(count, seed) for seed in range(series)]
    columns = {name: [value for one in tables for value in one[name]] for name in tables[0] if name != "time"}
    names = [f"w{one}" for one in range(series) for _ in range(count)]
    return {"time": [*range(count)] * series, "ward": names, **columns}


@pytest.fixture(scope="module")
def backtested(tmp_path_factory):
    place = {"directory": tmp_path_factory.mktemp("backtested"), "name": "twice"}
    return pipelines.forecasting.train(readings(), backtest=1, **place, **TINY_FORECASTING)


@pytest.fixture(scope="module")
def folds(backtested):
    return backtested.backtest(readings(), folds=1)


def test_a_training_has_the_mean_and_each_fold_of_the_verb(backtested, folds):
    numbers = backtested.metrics
    assert numbers["backtest_folds"] == 1 and numbers["mae"] > 0
    for name in set(folds[0]) - {"fold"}:
        assert numbers[f"backtest_{name}"] == pytest.approx(np.mean([one[name] for one in folds]), rel=1e-4), name
    for one in folds:
        for name in ("windows", "coverage_80", "mae_scaled", "baseline_linear_mae_scaled"):
            assert numbers[f"backtest_{one['fold']}_{name}"] == pytest.approx(one[name], rel=1e-4), (one["fold"], name)
    written = json.loads((backtested.path / "metrics.json").read_text("utf-8"))
    assert written == numbers and all(type(value) is float for value in written.values())
    assert [one["fold"] for one in backtests.of_metrics(written)] == [1]


@pytest.mark.slow
def test_several_folds_are_those_of_the_verb_and_their_mean(tmp_path):
    artifact = pipelines.forecasting.train(readings(), backtest=2, directory=tmp_path, **TINY_FORECASTING)
    folds = artifact.backtest(readings(), folds=2)
    for name in set(folds[0]) - {"fold"}:
        mean = np.mean([one[name] for one in folds])
        assert artifact.metrics[f"backtest_{name}"] == pytest.approx(mean, rel=1e-4), name
    page = (artifact.path / "report" / "index.html").read_text("utf-8")
    assert "Trained anew 2 times" in page


def test_the_report_has_a_row_for_each_fold(backtested, folds):
    page = (backtested.path / "report" / "index.html").read_text("utf-8")
    assert "Backtest" in page and "Trained anew" in page
    columns = backtests.columns([*folds, {**folds[0], "fold": 2, "mae_scaled": 3.0}])
    assert columns["fold"] == ["1", "2", "mean"]
    assert columns["mae_scaled"][2] == pytest.approx(np.mean(columns["mae_scaled"][:2]))


@pytest.mark.slow
def test_an_evaluation_has_one_if_it_is_asked_for(backtested):
    assert not [name for name in backtested.evaluate(readings()) if name.startswith("backtest_")]
    place = {"name": backtested.name, "directory": backtested.path.parent}
    one = pipelines.forecasting.evaluate(readings(150, 7), backtest=1, **place)
    assert one["backtest_folds"] == 1 and one["backtest_mae"] != backtested.metrics["backtest_mae"]
    assert one["backtest_mae_scaled"] == one["backtest_1_mae_scaled"]


def test_without_data_it_is_of_what_the_artifact_was_trained_on(backtested, monkeypatch):
    expected = data.load_examples(readings(), backtested.config)

    def run(task, examples, chosen, folds, folder):
        np.testing.assert_array_equal(examples["time"], expected["time"])
        return [{"fold": 1, "windows": 1.0, "mae_scaled": float(folds)}]

    monkeypatch.setattr(backtests, "run", run)
    numbers = backtested.evaluate(backtest=4)
    assert numbers["backtest_mae_scaled"] == 4 and numbers["mae"] == pytest.approx(backtested.metrics["mae"])


@pytest.fixture
def untrained(monkeypatch):
    """No training may begin."""

    def training(*arguments):
        raise AssertionError("a training began")

    monkeypatch.setattr(pipelines.Task, "_trained", training)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (60, r"backtest, fold 1 of 60: expected a window in the split 'test': 3 rows .*, or fewer folds"),
        (-1, "backtest: expected an integer of at least 0, received -1"),
        (True, "backtest: expected an integer of at least 0, received True"),
        (2.0, "backtest: expected an integer of at least 0, received 2.0"),
    ],
)
def test_too_many_folds_and_none_of_any_are_refused_before_a_training(value, message, untrained, backtested, tmp_path):
    with pytest.raises(ValueError, match=message):
        pipelines.forecasting.train(readings(), directory=tmp_path, **TINY_FORECASTING, backtest=value)
    with pytest.raises(ValueError, match=message):
        backtested.evaluate(readings(), backtest=value)


def test_no_fold_is_no_backtest(backtested):
    assert settings().backtest == 0
    assert backtested.task.scores.retrained(backtested.task, {}, settings(), None) == {}
    assert not [name for name in backtested.evaluate(readings()) if name.startswith("backtest_")]


def test_splits_are_put_together_to_what_they_were_cut_from():
    sources = [
        (readings(), settings()),
        (readings(), settings(test_fraction=0.0)),
        (wards(), settings(series_column="ward", split="time")),
        (wards(), settings(series_column="ward", split="series")),
    ]
    for source, chosen in sources:
        splits = data.load_splits(source, None, None, chosen)
        joined, expected = backtests.whole(splits), data.load_examples(source, chosen)
        assert joined["scored"].all()
        np.testing.assert_array_equal(joined["time"], expected["time"])
        np.testing.assert_array_equal(windows.plain(joined["values"]), windows.plain(expected["values"]))
        assert list(joined["series"]) == list(expected["series"])
    given = data.load_splits(readings(), None, readings(90, 3), settings())
    joined = backtests.whole({name: given[name] for name in ("train", "valid")})
    np.testing.assert_array_equal(joined["time"], data.load_examples(readings(), settings())["time"])


def test_series_are_tested_once_each_and_no_more_often():
    chosen = settings(series_column="ward", split="series", test_fraction=0.1)
    examples = data.load_examples(wards(), chosen)
    tested = [set(splits["test"]["series"]) for splits in backtests._splits(examples, chosen, 6)]
    assert sorted(name for names in tested for name in names) == [f"w{one}" for one in range(6)]
    for splits in backtests._splits(examples, chosen, 3):
        names = [set(part["series"]) for part in splits.values()]
        assert sum(map(len, names)) == len(set.union(*names)) == 6
    with pytest.raises(ValueError, match="backtest: expected at most 6 folds of 6 series, received 7"):
        list(backtests._splits(examples, chosen, 7))
    assert splitting.by_series(examples, chosen)


@pytest.mark.slow
def test_a_backtest_that_was_cut_off_goes_on(tmp_path, monkeypatch):
    keep, epochs = fitting.Keep.on_epoch_end, []

    def counted(self, epoch, logs=None):
        epochs.append(epoch)
        if len(epochs) == 2:
            raise KeyboardInterrupt
        keep(self, epoch, logs)

    monkeypatch.setattr(fitting.Keep, "on_epoch_end", counted)
    options = {"directory": tmp_path, "name": "cut", "backtest": 1, **TINY_FORECASTING}
    with pytest.raises(KeyboardInterrupt):
        pipelines.forecasting.train(readings(), **options)
    artifact = pipelines.forecasting.train(readings(), resume=True, **options)
    assert len(epochs) == 3  # the fold, the network itself, and that again
    assert artifact.metrics["backtest_folds"] == 1 and not (tmp_path / "cut.training").exists()


def test_folds_of_other_seasons_have_the_metrics_that_all_have():
    results = [
        {"fold": 1, "windows": 9.0, "mae_scaled": 1.0, "baseline_seasonal_naive_mae_scaled": 2.0},
        {"fold": 2, "windows": 9.0, "mae_scaled": 3.0},
    ]
    assert backtests.metrics(results)["backtest_mae_scaled"] == 2
    assert "seasonal_naive" not in backtests.columns(results)


def test_on_the_command_line(backtested, monkeypatch, capsys):
    asked = []

    def run(task, examples, chosen, folds, folder):
        asked.append((folds, len(examples["time"])))
        return [{"fold": fold + 1, "windows": 1.0, "mae_scaled": 1.0} for fold in range(folds)]

    monkeypatch.setattr(backtests, "run", run)
    source = backtested.path.parent / "new.csv"
    table = readings(90)
    cells = (["" if value != value else str(value) for value in row] for row in zip(*table.values(), strict=True))
    source.write_text("\n".join(map(",".join, [table, *cells])))
    place = ["--name", backtested.name, "--directory", str(backtested.path.parent), "--data", str(source)]
    assert program.main(["forecasting", "evaluate", *place, "--backtest", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backtest_folds"] == 5 and asked == [(5, 90)]
    assert program.main(["forecasting", "evaluate", *place, "--backtest", "-1"]) == 1
    assert "backtest: expected an integer of at least 0" in capsys.readouterr().err
    for verb in ("train", "evaluate"):
        with pytest.raises(SystemExit):
            program.main(["forecasting", verb, "--help"])
        assert "--backtest INT" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        program.main(["forecasting", "predict", *place, "--backtest", "5"])
