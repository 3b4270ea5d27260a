"""What a model and its baselines make of each example: what verdicts and comparisons are tested on.

    outcomes = of_values("accuracy", {"": right, "linear": linear_right}, noun="texts")
    outcomes.score(), outcomes.score("linear")            the metric, from sums over the rows
    outcomes.save(folder); load(folder)                   one file of plain arrays

A metric is a function of sums over rows, `FORMULAS`: a mean, BLEU of a corpus, F1. Rows that are not independent, such
as windows of one series, have the same group.
"""

import dataclasses
import io
import json
import pathlib
from collections.abc import Mapping

import numpy as np

from pipelines.shared.storage import damage

FILE_NAME = "outcomes.npz"
MODEL = ""  # the model's name among those of the baselines


def mean(sums):
    """sums (..., 2): of values and of what they are a mean of."""
    return sums[..., 0] / np.maximum(sums[..., 1], 1e-300)


def f1(sums):
    """sums (..., 3): how many are right, how many are true, how many were said.

    >>> float(f1(np.array([2.0, 4.0, 4.0])))
    0.5
    """
    return 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1e-300)


def bleu(sums):
    """BLEU, 0 to 100, smoothed as sacreBLEU does by default.

    sums (..., 10): words, words of the references, right n-grams by order from 1 to 4, all n-grams by order.
    """
    right, total = sums[..., 2:6], sums[..., 6:10]
    missed = (right == 0) & (total > 0)
    right = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), right)
    precisions = right / np.maximum(total, 1)
    with np.errstate(divide="ignore"):
        logs = np.log(precisions).mean(axis=-1)
    brevity = np.minimum(1 - sums[..., 1] / np.maximum(sums[..., 0], 1), 0)
    return np.where(sums[..., 2] > 0, 100 * np.exp(brevity + logs), 0.0)


FORMULAS = {"mean": mean, "f1": f1, "bleu": bleu}


@dataclasses.dataclass(frozen=True, eq=False)
class Outcomes:
    """The rows of a model and of its baselines.

    metric: its name among the metrics. called: in words. formula: of `FORMULAS`. lower: whether lower is better.
    noun: what groups are, such as "texts" or "series".
    sums: {name: float (rows, sums)}, "" for the model. names: {baseline: in words}.
    groups: int (rows,), rows of the same group depend on one another. keys: int (rows,), which example a row is of.
    """

    metric: str
    called: str
    formula: str
    lower: bool
    noun: str
    sums: Mapping[str, np.ndarray]
    names: Mapping[str, str]
    groups: np.ndarray
    keys: np.ndarray

    def score(self, name: str = MODEL) -> float:
        """The metric of the model, or of a baseline."""
        return float(FORMULAS[self.formula](self.sums[name].sum(axis=0, dtype=np.float64)))

    def best_baseline(self) -> str | None:
        """The name of the best baseline; None if there is none whose metric is a number."""
        scores = {name: self.score(name) for name in self.sums if name != MODEL}
        scores = {name: score if self.lower else -score for name, score in scores.items() if np.isfinite(score)}
        return min(scores, key=scores.get) if scores else None

    def grouped(self, name: str = MODEL) -> np.ndarray:
        """float64 (groups, sums): of each group, in the order of their numbers."""
        _, groups = np.unique(self.groups, return_inverse=True)
        return np.stack([np.bincount(groups, column) for column in self.sums[name].T.astype(np.float64)], axis=1)

    def save(self, folder: pathlib.Path) -> None:
        """Writes one file into the folder."""
        texts = {"metric", "called", "formula", "lower", "noun", "names"}
        described = {name: getattr(self, name) for name in texts} | {"order": list(self.sums)}
        arrays = {f"sums_{number}": rows.astype(np.float32) for number, rows in enumerate(self.sums.values())}
        described = np.frombuffer(json.dumps(described).encode(), np.uint8)
        np.savez_compressed(folder / FILE_NAME, described=described, groups=self.groups, keys=self.keys, **arrays)


def load(folder: pathlib.Path) -> Outcomes | None:
    """What `save` wrote into the folder; None if there is no file, as in artifacts of earlier versions.

    Raises:
        ValueError: a damaged file.
    """
    path = pathlib.Path(folder) / FILE_NAME
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            described = json.loads(file["described"].tobytes())
            sums = {name: file[f"sums_{number}"] for number, name in enumerate(described.pop("order"))}
            return Outcomes(**described, sums=sums, groups=file["groups"], keys=file["keys"])
    except (*damage.ARRAYS, TypeError) as error:
        raise ValueError(f"{path} is damaged; train the artifact again") from error


def of_values(
    metric: str, values: Mapping[str, np.ndarray], *, counts=None, called: str | None = None, lower: bool = False,
    noun: str = "examples", names: Mapping[str, str] | None = None, groups=None, keys=None,
) -> Outcomes:  # fmt: skip
    """Outcomes of a metric that is a mean: of values (rows,), sums over as many things as `counts` (rows,) says.

    >>> of_values("accuracy", {"": np.array([1, 0, 1, 1])}).score()
    0.75
    >>> of_values("mae", {"": np.array([3.0, 1.0])}, counts=np.array([3, 1])).score()
    1.0
    """
    values = {name: np.asarray(own, np.float64) for name, own in values.items()}
    rows = len(values[MODEL])
    counts = np.ones(rows) if counts is None else np.asarray(counts, np.float64)
    sums = {name: np.stack([own, counts], axis=1) for name, own in values.items()}
    return of_sums(metric, "mean", sums, called=called, lower=lower, noun=noun, names=names, groups=groups, keys=keys)


def of_sums(
    metric: str, formula: str, sums: Mapping[str, np.ndarray], *, called: str | None = None, lower: bool = False,
    noun: str = "examples", names: Mapping[str, str] | None = None, groups=None, keys=None,
) -> Outcomes:  # fmt: skip
    """Outcomes of a metric that is a formula of sums; sums: {name: (rows, sums)}, "" for the model."""
    rows = len(sums[MODEL])
    groups, keys = (np.arange(rows) if numbers is None else np.asarray(numbers) for numbers in (groups, keys))
    names = {name: (names or {}).get(name, name.replace("_", " ")) for name in sums if name != MODEL}
    return Outcomes(metric, called or metric, formula, lower, noun, dict(sums), names, groups, keys)
