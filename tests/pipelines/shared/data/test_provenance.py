import hashlib

import numpy as np
import pytest

from pipelines.shared.data import provenance, stored

DRAW = np.random.default_rng(0)
RECORDS = np.zeros(5, [("a", np.float32), ("b", np.float32)])
RECORDS["b"] = np.arange(5)
COLUMNS = {
    "float32": DRAW.normal(size=70_000).astype(np.float32),
    "int64": np.arange(70_000),
    "bool": np.arange(9) % 2 == 0,
    "records": RECORDS,
    "every second": np.arange(20, dtype=np.int32)[::2],
    "two axes": DRAW.normal(size=(6, 3)).T,
    "texts of NumPy": np.array(["a", "longer"]),
    "objects": np.array([1, "a", None], object),
    "list": [1, "a", None],
    "texts": stored.Texts.of(["good", "bad"]),
    "arrays": stored.Arrays.of([[1, 2], []]),
    "labels": stored.Labels.of(["a", 1, "a", 2.5]),
    "picked labels": stored.Labels.of(["a", "b", "c"]).picked([2, 0]),
}


def value_by_value(splits):
    total = hashlib.sha256()
    for split, columns in sorted(splits.items()):
        for name, values in sorted(columns.items()):
            total.update(f"{split}/{name}".encode())
            for value in values:
                total.update(value.tobytes() if hasattr(value, "tobytes") else repr(value).encode())
    return total.hexdigest()[:16]


@pytest.mark.parametrize("name", COLUMNS)
def test_a_fingerprint_is_that_of_one_value_behind_another(name):
    splits = {"train": {"column": COLUMNS[name]}, "test": {"column": COLUMNS[name]}}
    assert provenance.fingerprint(splits) == value_by_value(splits)


@pytest.mark.parametrize("row", [0, 65_536, 69_999])
def test_each_value_counts(row):
    changed = COLUMNS["float32"].copy()
    changed[row] += 1
    before = provenance.fingerprint({"train": {"values": COLUMNS["float32"]}})
    assert provenance.fingerprint({"train": {"values": changed}}) != before
