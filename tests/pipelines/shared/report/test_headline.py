"""Headlines show the digits that the verdict's error leaves, whatever units a metric is in."""

import types

import pytest

from pipelines.shared.report import headline, pages, verdict


def artifact(model_error, **metrics):
    """One whose verdict is on accuracy."""
    values = {"metric": "accuracy", "called": "accuracy", "lower": False, "model": 0.92134,
              "model_error": model_error, "baseline": None, "baseline_called": "", "baseline_value": None,
              "baseline_error": None, "difference": None, "error": None, "p_value": None, "test": "", "groups": 99,
              "noun": "texts"}  # fmt: skip
    return types.SimpleNamespace(verdict=verdict.Verdict(**values), metrics={"accuracy": 0.92134, **metrics})


@pytest.mark.parametrize(
    ("error", "name", "value", "wanted"),
    [
        (0.0042, "accuracy", 0.92134, "0.921 ± 0.004"),
        (0.0042, "macro_f1", 0.91871, "0.919"),
        (0.0042, "macro_f1", 1.0, "1.000"),
        (0.0042, "pieces", 250.0, 250.0),
        (0.0042, "rmse", 1234.5678, "1,235"),
        (3.0, "miss_rate", 0.3519, "0.352"),
        (None, "macro_f1", 0.91871, "0.9187"),
        (0.0, "macro_f1", 0.0, "0.000"),
    ],
)
def test_digits(error, name, value, wanted):
    assert headline.of(artifact(error, **{name: value}), {"shown": name}) == {"shown": wanted}


def test_what_is_missing_is_none_and_no_verdict_leaves_four_digits():
    plain = types.SimpleNamespace(verdict=None, metrics={"accuracy": 0.92134})
    assert headline.of(plain, {"accuracy": "accuracy", "AUC": "auc"}) == {"accuracy": "0.9213", "AUC": None}
    assert headline.error(plain) is None


def test_a_table_shows_the_same_digits():
    rows = [["this model", 0.92134, None, 7], ["linear", 0.90049, 0.5, 12_000]]
    assert ">0.921<" in pages.table("Models", ["model", "accuracy", "F1", "texts"], rows, 0.0042)
    assert ">0.900<" in pages.table("Models", ["model", "accuracy", "F1", "texts"], rows, 0.0042)
    assert ">12,000<" in pages.table("Models", ["model", "accuracy", "F1", "texts"], rows, 0.0042)
    assert ">0.9213<" in pages.table("Models", ["model", "accuracy", "F1", "texts"], rows)
