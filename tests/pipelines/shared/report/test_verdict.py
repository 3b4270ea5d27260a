"""The verdict says whether a model is better than the best of its baselines, and no more than its test can tell."""

import pytest

from pipelines.shared.report import verdict

BASELINES = {"baseline_linear_mae": 7.5, "baseline_last_value_mae": 8.8, "baseline_linear_rmse": 1.0}


@pytest.mark.parametrize(
    ("ours", "error", "beginning"),
    [
        (7.3, 0.05, "Better than the best baseline, linear,"),
        (7.3, 0.15, "Not better than the best baseline, linear,"),
        (7.7, 0.05, "Worse than the best baseline, linear,"),
        (7.7, 0.15, "Not better"),
        (7.3, None, "Better"),
        (7.49, None, "Not better"),
        (7.3, float("nan"), "Better"),
        (7.9, None, "Worse"),
        (float("nan"), None, "Of no use"),
    ],
)
def test_it_says_as_much_as_the_test_can_tell(ours, error, beginning):
    said = verdict.against({"mae": ours, **BASELINES}, "mae", error)
    assert said.startswith(beginning)
    assert "7.500" in said
    assert ("standard error" in said) == (error is not None and error == error)
    assert said.endswith(".")


def test_higher_may_be_better():
    metrics = {"accuracy": 0.9, "baseline_majority_accuracy": 0.5, "baseline_linear_accuracy": 0.85}
    assert verdict.best(metrics, "accuracy", lower=False) == "linear"
    said = verdict.against(metrics, "accuracy", 0.01, lower=False, names={"linear": "a linear model"})
    assert said.startswith("Better than the best baseline, a linear model, on the test split: accuracy 0.9000 against")
    worse = verdict.against({**metrics, "accuracy": 0.8}, "accuracy", 0.01, lower=False)
    assert worse.startswith("Worse") and worse.endswith("Use linear instead.")


def test_without_a_baseline_nothing_is_said():
    assert verdict.against({"mae": 1.0}, "mae") == ""
    assert verdict.best({"baseline_linear_mae": float("nan")}, "mae") is None


@pytest.mark.parametrize("size", [1e-9, 0.01, 3.0, 5e4, 1e12])
def test_numbers_of_any_size_differ_where_they_differ(size):
    said = verdict.against({"mae": 0.9 * size, "baseline_linear_mae": size}, "mae", 0.01 * size)
    ours = said.split("mae ")[1].split(" against ")[0]
    assert float(ours.replace(",", "")) == pytest.approx(0.9 * size, rel=1e-2)
    assert "10.0 % lower" in said
