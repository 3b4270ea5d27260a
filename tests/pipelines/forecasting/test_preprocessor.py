import json
import logging

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from pipelines.forecasting import data, preprocessor
from pipelines.forecasting.config import Config
from pipelines.forecasting.tables import seasons

DRAW = np.random.default_rng(0)


def table(rows=200, **columns):
    made = {"y": DRAW.normal(5, 3, rows), "z": DRAW.normal(-1, 0.1, rows), **columns}
    return {name: values for name, values in made.items() if values is not None}


def config(**options):
    return Config(**{"length": 8, "ahead": 2, **options})


def prepared(source, settings):
    splits = data.load_splits(source, None, None, settings)
    return preprocessor.prepare(splits["train"], settings), splits


def test_statistics_are_those_of_the_training_split():
    source = table()
    made, _ = prepared(source, config())
    scaler = StandardScaler().fit(np.stack([source["y"][:160], source["z"][:160]], 1))
    np.testing.assert_allclose(made.means, scaler.mean_, rtol=1e-5)
    np.testing.assert_allclose(made.scales, scaler.scale_, rtol=1e-5)


def test_what_comes_later_changes_nothing():
    source = table()
    made, _ = prepared(source, config())
    source["y"][160:] = 1e6
    assert prepared(source, config())[0].state() == made.state()


def test_a_state_is_plain_json_and_comes_back():
    made, splits = prepared(table(), config())
    again = preprocessor.restore(json.loads(json.dumps(made.state())))
    assert again.state() == made.state()
    one, other = (one.windows(splits["test"]).batch([0, 1]) for one in (made, again))
    np.testing.assert_array_equal(one[0]["values"], other[0]["values"])


@pytest.mark.parametrize("scaling", ["global", "series"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("columns", ["y", 5]), ("columns", ["y", "y"]), ("columns", {}), ("targets", 0), ("targets", 9), ("known", -1),
        ("length", "12"), ("length", 10**12), ("ahead", 1.5), ("ahead", True), ("step", float("nan")), ("dates", 1),
        ("season", None), ("calendar", "no"), ("means", [1.0]), ("means", ["x"]), ("scales", 0), ("series", [[]]),
    ],
)  # fmt: skip
def test_a_state_that_no_training_writes_is_refused(name, value, scaling):
    source = {"who": np.repeat(["a", "b"], 100), **table()}
    settings = config(series_column="who", target_columns="y", past_columns="z", scaling=scaling, split="time")
    made = prepared(source, settings)[0].state()
    assert preprocessor.restore(made).state() == made
    with pytest.raises((ValueError, TypeError)):
        preprocessor.restore({**made, name: value})


def test_statistics_of_each_series():
    ids, y = np.repeat([3, 1, 2], 60), DRAW.normal(size=180) + np.repeat([0, 10, 20], 60)
    settings = config(series_column="who", scaling="series", split="time")
    made, splits = prepared({"who": ids, "y": y}, settings)
    assert made.series == ["3", "1", "2"]
    np.testing.assert_allclose(made.means[:, 0], [y[:48].mean(), y[60:108].mean(), y[120:168].mean()], rtol=1e-4)
    windows = made.windows(splits["test"])
    inputs, _ = windows.batch(np.arange(len(windows)))
    assert set(inputs["series"].tolist()) == {0, 1, 2}
    assert made.scales.shape == (3, 1)


def test_a_series_that_was_not_seen():
    settings = config(series_column="who", scaling="series", split="series")
    source = {"who": np.repeat([1, 2, 3], 60), "y": DRAW.normal(size=180)}
    made, splits = prepared(source, settings)
    with pytest.raises(ValueError, match=r"no statistics of 1 series .*'3'; train with scaling='global'"):
        made.windows(splits["test"])


def test_a_constant_target_is_refused_and_another_column_said(caplog):
    with pytest.raises(ValueError, match=r"'z', which is 4 throughout .* leave it out of target_columns"):
        prepared(table(z=np.full(200, 4.0)), config())
    caplog.set_level(logging.WARNING, "unroll")
    made, _ = prepared(table(z=np.full(200, 4.0)), config(target_columns="y"))
    assert "tell nothing: 'z'" in caplog.text
    assert made.scales[1] == 1


def test_short_series_are_counted_and_named(caplog):
    caplog.set_level(logging.WARNING, "unroll")
    ids = np.repeat([f"p{number}" for number in range(12)], [5] * 4 + [40] * 8)
    source = {"who": ids, "y": DRAW.normal(size=len(ids))}
    prepared(source, config(series_column="who", split="series", valid_fraction=0.2, test_fraction=0.2))
    assert "shorter than length + ahead = 10 rows, and left out" in caplog.text
    assert "of 8 series" in caplog.text


def test_batches_differ_from_epoch_to_epoch_and_agree_for_a_seed():
    settings = config(batch_size=16, valid_fraction=0.2, test_fraction=0.2)
    made, splits = prepared(table(), settings)

    def epochs(training):
        batches = preprocessor.batches(made, splits["train"], settings, training)
        assert len(batches) == 7
        return [np.concatenate([targets.numpy() for _, targets in batches]) for _ in range(2)]

    first, again = epochs(True), epochs(True)
    assert first[0].shape == (111, 2, 2)
    assert not np.array_equal(first[0], first[1])
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(np.sort(first[0], axis=0), np.sort(epochs(False)[0], axis=0))
    np.testing.assert_array_equal(*epochs(False))


def test_columns_in_another_order_and_missing_ones():
    source = table()
    made, splits = prepared(source, config())
    turned = data.load_examples({"w": source["y"], "z": source["z"], "y": source["y"]}, config())
    one = made.windows(splits["train"]).batch([0])[0]["values"]
    np.testing.assert_array_equal(made.windows(turned).batch([0])[0]["values"], one)
    with pytest.raises(ValueError, match="none called 'z'"):
        made.windows(data.load_examples({"y": source["y"]}, config()))


def hours(rows, first="2020-01-01", step="h"):
    return np.datetime64(first, "s") + np.arange(rows) * np.timedelta64(1, step)


def test_the_season_is_told_by_step_and_correlation():
    rows = np.arange(960)
    day = np.sin(2 * np.pi * rows / 24) + DRAW.normal(0, 0.3, len(rows))
    made, _ = prepared({"time": hours(960), "y": day}, config())
    assert (made.season, made.step, made.calendar, made.dates) == (24, 3600, True, True)
    walk, _ = prepared({"time": hours(960), "y": DRAW.normal(size=960).cumsum()}, config())
    assert (walk.season, walk.calendar) == (1, False)
    set_by_hand, _ = prepared({"time": hours(960), "y": day}, config(season=7, calendar=False))
    assert (set_by_hand.season, set_by_hand.calendar) == (7, False)


@pytest.mark.parametrize(
    ("step", "months", "expected"),
    [(900, 0, 96), (86_400, 0, 7), (0, 1, 12), (0, 3, 4), (0, 0, 5), (7 * 86_400, 0, 52)],
)
def test_seasons_of_other_steps(step, months, expected):
    rows = np.arange(8 * expected)
    values = (
        np.tile(DRAW.normal(size=expected), 8)[:, None] + 0.05 * rows[:, None] + DRAW.normal(0, 0.2, (len(rows), 1))
    )
    assert seasons.season(values.astype(np.float32), [(0, len(rows))], step, months) == expected


def test_a_week_where_it_tells_clearly_more_than_a_day():
    week = DRAW.normal(size=168)
    values = np.tile(week, 6)[:, None].astype(np.float32)
    assert seasons.season(values, [(0, len(values))], 3600) == 168


def test_a_calendar_needs_dates():
    with pytest.raises(ValueError, match="calendar: expected times that are dates"):
        prepared(table(), config(calendar=True))


def test_months_are_a_step():
    made, _ = prepared(
        {"ds": np.arange("2000-01", "2010-01", dtype="datetime64[M]"), "y": DRAW.normal(size=120)}, config()
    )
    assert (made.step, made.months) == (0, 1)
