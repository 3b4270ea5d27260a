"""The verdict in words: a model against the best of its baselines, with the doubt that its test leaves.

    verdict = judged(outcomes)            an `Outcomes` of the test split, in `shared.metrics.verdicts`
    print(verdict)      Better than the linear baseline: accuracy 0.921 against 0.900 (sure, p < 0.001).
    verdict.winner                        "model", "baseline" or "neither"
    verdict.save(folder); load(folder)    verdict.json, beside metrics.json

A difference counts if chance alone would make as great a one in less than a twentieth of such tests. `against` is for
numbers without outcomes: there it counts if it is more than twice its standard error, or where none is known more than
one percent.
"""

import dataclasses
import math
import pathlib
from collections.abc import Mapping

from pipelines.shared.report import digits
from pipelines.shared.storage import disk, plain_json

FILE_NAME = "verdict.json"
LEVEL, SURE = 0.05, 0.01  # of p: below the first a difference counts, below the second it is called sure
FEWEST = 6  # groups; of fewer no exchange of answers is as rare as one in twenty
CERTAIN = 2.0  # standard errors
NOTABLE = 0.01  # of the baseline's number, where no standard error is known


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A model beside the best of its baselines.

    metric, called, lower: the metric's name, what it is in words, whether lower is better.
    model, model_error: its value and the standard error. baseline: the best one's name, None if there is none.
    baseline_called: in words. baseline_value, baseline_error: as the model's.
    difference, error, p_value, test: the model's less the baseline's, its standard error, p, and which test.
    groups, noun: how many independent things were scored, and what they are.
    """

    metric: str
    called: str
    lower: bool
    model: float
    model_error: float | None
    baseline: str | None
    baseline_called: str
    baseline_value: float | None
    baseline_error: float | None
    difference: float | None
    error: float | None
    p_value: float | None
    test: str
    groups: int
    noun: str

    @property
    def winner(self) -> str:
        """ "model", "baseline" or, where the test cannot tell, "neither"; "model" without a baseline."""
        if self.baseline is None:
            return "model"
        if not math.isfinite(self.model):
            return "baseline"
        if self.p_value is None or self.p_value >= LEVEL or not self.difference:
            return "neither"
        return "model" if (self.difference < 0) == self.lower else "baseline"

    def __str__(self):
        if self.baseline is None:
            return f"{_capital(self.called)} {digits.with_error(self.model, self.model_error)}; no baseline to beat."
        ours, theirs = digits.pair(self.model, self.baseline_value, self.error)
        doubt = digits.probability(1.0 if self.p_value is None else self.p_value)
        if not math.isfinite(self.model):
            return f"{_capital(self.baseline_called)} is better: {self.called} {theirs} against no number. Use it."
        if self.winner == "neither":
            return (
                f"{_capital(self.baseline_called)} is as good, as far as {self.groups:,} {self.noun} can tell: "
                f"{self.called} {theirs} against the network's {ours} ({self._too_few or doubt}). "
                "Use it, which is simpler, or train on more examples."
            )
        doubt = f"{'sure' if self.p_value < SURE else 'fairly sure'}, {doubt}"
        if self.winner == "model":
            return f"Better than {self.baseline_called}: {self.called} {ours} against {theirs} ({doubt})."
        return (
            f"{_capital(self.baseline_called)} is better: {self.called} {theirs} against the network's {ours} "
            f"({doubt}). Use it, or train with other settings (see tune) or on more examples."
        )

    @property
    def _too_few(self):
        return "too few for a test" if self.groups < FEWEST else ""

    @property
    def how(self) -> str:
        """How it was tested, in a sentence; empty without a baseline."""
        if self.baseline is None or not self.test:
            return ""
        doubt = f" The standard error of the difference is {self.error:.2g}." if self.error else ""
        return f"{self.test[0].upper()}{self.test[1:]} on {self.groups:,} {self.noun}, two-sided.{doubt}"

    def save(self, folder) -> None:
        """Writes verdict.json into the folder; what is not finite becomes null."""
        disk.write_json(pathlib.Path(folder) / FILE_NAME, self.plain())

    def plain(self) -> dict:
        """Plain values for JSON, with the winner and the verdict in words."""
        values = {name: _finite(value) for name, value in dataclasses.asdict(self).items()}
        return {**values, "winner": self.winner, "text": str(self)}


def load(folder) -> Verdict | None:
    """What `save` wrote; None if there is no file, as in artifacts of earlier versions.

    Raises:
        ValueError: a damaged file.
    """
    path = pathlib.Path(folder) / FILE_NAME
    if not path.exists():
        return None
    values = plain_json.read(path)
    try:
        known = {field.name: values[field.name] for field in dataclasses.fields(Verdict)}
        known["model"] = math.nan if known["model"] is None else float(known["model"])
        return Verdict(**known)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged; train the artifact again") from error


def _finite(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _capital(text):
    return f"{text[:1].upper()}{text[1:]}"


def best(metrics: Mapping[str, float], metric: str, lower: bool = True) -> str | None:
    """The name of the baseline that is best in a metric, `baseline_<name>_<metric>`; None if there is none.

    >>> best({"baseline_linear_mae": 7.5, "baseline_last_value_mae": 8.8}, "mae")
    'linear'
    """
    beginning, end = "baseline_", f"_{metric}"
    values = {
        name[len(beginning) : -len(end)]: value if lower else -value
        for name, value in metrics.items()
        if name.startswith(beginning) and name.endswith(end) and math.isfinite(value)
    }
    return min(values, key=values.get) if values else None


def against(
    metrics: Mapping[str, float], metric: str, error: float | None = None, called: str | None = None,
    names: Mapping[str, str] | None = None, lower: bool = True, scored: str = "the test split",
) -> str:  # fmt: skip
    """One or two sentences about `metric` and the same of the best baseline.

    Args:
        metrics: those of `Scores.score`. error: the standard error of the difference to the best baseline.
        called: the metric in words. names: {baseline: what it is called}. lower: whether lower is better.
        scored: what was scored, as in "on the test split".

    >>> against({"mae": 7.3, "baseline_linear_mae": 7.5}, "mae", error=0.03)
    'Better than the best baseline, linear, on the test split: mae 7.300 against 7.500, 2.7 % lower; the standard error of the difference is 0.030.'
    >>> against({"mae": 7.49, "baseline_linear_mae": 7.5}, "mae", error=0.03)
    'Not better than the best baseline, linear, on the test split as far as it can tell: mae 7.490 against 7.500; the standard error of the difference is 0.030. Prefer linear, which is simpler.'
    """  # noqa: E501 - sentences as they are printed
    name = best(metrics, metric, lower)
    if name is None or metric not in metrics:
        return ""
    ours, theirs = metrics[metric], metrics[f"baseline_{name}_{metric}"]
    baseline, called = (names or {}).get(name, name.replace("_", " ")), called or metric
    if not math.isfinite(ours):
        return f"Of no use: {called} is {ours} on {scored}; {baseline} has {_shown(theirs, theirs)}. Prefer it."
    gain = theirs - ours if lower else ours - theirs
    numbers = f"{called} {_shown(ours, theirs)} against {_shown(theirs, ours)}"
    doubt = _doubt(error, theirs)
    if not _differs(gain, error, theirs):
        return (
            f"Not better than the best baseline, {baseline}, on {scored} as far as it can tell: {numbers}{doubt}. "
            f"Prefer {baseline}, which is simpler."
        )
    change = f"{_change(ours, theirs)}{doubt}."
    if gain > 0:
        return f"Better than the best baseline, {baseline}, on {scored}: {numbers}, {change}"
    return f"Worse than the best baseline, {baseline}, on {scored}: {numbers}, {change} Use {baseline} instead."


def _differs(gain, error, theirs):
    if error is not None and math.isfinite(error):
        return abs(gain) > CERTAIN * error
    return abs(gain) > NOTABLE * abs(theirs)


def _change(ours, theirs):
    direction = "lower" if ours < theirs else "higher"
    return f"{abs(ours / theirs - 1):.1%} {direction}".replace("%", " %") if theirs else direction


def _doubt(error, theirs):
    if error is None or not math.isfinite(error):
        return ""
    return f"; the standard error of the difference is {_shown(error, theirs)}"


def _shown(value, beside):
    """Four digits of the greater of two numbers, and as many places of the other."""
    size = max(abs(value), abs(beside))
    if not size or not math.isfinite(size):
        return f"{value:.3f}"
    if size >= 1e7 or size < 1e-5:
        return f"{value:.3e}"
    return f"{value:,.{max(0, 3 - math.floor(math.log10(size)))}f}"
