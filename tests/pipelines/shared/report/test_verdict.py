"""The verdict says whether a model is better than the best of its baselines, and no more than its test can tell."""

import numpy as np
import pytest

from pipelines.shared.metrics import verdicts
from pipelines.shared.metrics.outcomes import of_values
from pipelines.shared.report import digits, verdict


def outcomes(ours, theirs, **options):
    values = {"": np.asarray(ours, float), "linear": np.asarray(theirs, float)}
    return of_values("accuracy", values, noun="texts", names={"linear": "the linear baseline"}, **options)


@pytest.mark.parametrize(
    ("ours", "theirs", "winner", "said"),
    [
        (900, 850, "model", "Better than the linear baseline: accuracy 0.900 against 0.850 (sure, p < 0.001)."),
        (850, 900, "baseline", "The linear baseline is better: accuracy 0.900 against the network's 0.850 (sure, "),
        (
            851,
            850,
            "neither",
            "Ahead of the linear baseline, but not surely: accuracy 0.8510 against 0.8500 (p = 1.00 on 1,000 te",
        ),
        (
            850,
            851,
            "neither",
            "Not better than the linear baseline: accuracy 0.8500 against 0.8510 (p = 1.00 on 1,000 te",
        ),
        (
            850,
            850,
            "neither",
            "The linear baseline is as good: accuracy 0.850 each (p = 1.00 on 1,000 texts). Use it, ",
        ),
        (858, 850, "model", "Better than the linear baseline: accuracy 0.858 against 0.850 (sure, p = 0.008)."),
        (857, 850, "model", "Better than the linear baseline: accuracy 0.857 against 0.850 (fairly sure, p = 0.016)."),
    ],
)
def test_the_winner_is_said_first(ours, theirs, winner, said):
    judged = verdicts.judged(outcomes(np.arange(1000) < ours, np.arange(1000) < theirs))
    assert judged.winner == winner
    assert str(judged).startswith(said)
    ahead = "neither" if ours == theirs else "model" if ours > theirs else "baseline"
    assert judged.ahead == ahead and judged.plain()["ahead"] == ahead
    assert (" Use " in str(judged)) == (ahead != "model")
    assert judged.how.startswith("McNemar's exact test on 1,000 texts, two-sided.")


def test_lower_may_be_better_and_few_groups_tell_nothing():
    ours, theirs = np.linspace(1, 2, 40), np.linspace(1.5, 2.6, 40)
    judged = verdicts.judged(outcomes(ours, theirs, lower=True))
    assert judged.winner == "model" and judged.difference < 0
    assert verdicts.judged(outcomes(theirs, ours, lower=True)).winner == "baseline"
    few = verdicts.judged(outcomes(ours, theirs, lower=True, groups=np.arange(40) // 10))
    assert few.winner == "neither" and few.groups == 4 and "(too few texts to tell: 4)" in str(few)
    assert few.ahead == "model"


def test_a_model_of_no_number_has_lost():
    judged = verdicts.judged(outcomes(np.full(30, np.nan), np.ones(30)))
    assert judged.winner == "baseline" and "against no number. Use it." in str(judged)


def test_it_is_kept_as_it_is(tmp_path):
    for number, judged in enumerate(
        [
            verdicts.judged(outcomes(np.arange(50) < 40, np.arange(50) < 20)),
            verdicts.judged(of_values("accuracy", {"": np.ones(3)})),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        judged.save(folder)
        assert verdict.load(folder) == judged and str(verdict.load(folder)) == str(judged)
    assert "no baseline to beat" in str(judged) and judged.how == ""


@pytest.mark.parametrize("content", ["{}", "[1]", "no json", '{"metric": 1}'])
def test_a_damaged_one_is_named(tmp_path, content):
    (tmp_path / "verdict.json").write_text(content)
    with pytest.raises(ValueError, match=r"verdict\.json is damaged"):
        verdict.load(tmp_path)


@pytest.mark.parametrize(
    ("value", "error", "wanted"),
    [
        (0.92134, 0.0042, "0.921 ± 0.004"),
        (0.92134, 0.0142, "0.921 ± 0.014"),
        (27.318, 0.96, "27.3 ± 1.0"),
        (12345.6, 310.0, "12,346 ± 310"),
        (0.5, None, "0.5000"),
        (0.5, float("nan"), "0.5000"),
        (0.0, 0.0, "0.000"),
        (float("nan"), 0.1, "nan"),
    ],
)
def test_digits_are_those_that_the_error_leaves(value, error, wanted):
    assert digits.with_error(value, error) == wanted
