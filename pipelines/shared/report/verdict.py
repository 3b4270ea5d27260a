"""The verdict in words: a model against the best of its baselines, with the doubt that its test leaves.

    verdict = judged(outcomes)            an `Outcomes` of the test split, in `shared.metrics.verdicts`
    print(verdict)      Better than the linear baseline: accuracy 0.921 against 0.900 (sure, p < 0.001).
    verdict.winner                        "model", "baseline" or "neither"
    verdict.ahead                         the same, by the numbers alone
    verdict.save(folder); load(folder)    verdict.json, beside metrics.json

A difference counts if chance alone would make as great a one in less than a twentieth of such tests.
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
    def ahead(self) -> str:
        """Whose number is the better one, "model" or "baseline", or "neither"; "model" without a baseline."""
        if self.baseline is None:
            return "model"
        if not math.isfinite(self.model):
            return "baseline"
        if not self.difference:
            return "neither"
        return "model" if (self.difference < 0) == self.lower else "baseline"

    @property
    def winner(self) -> str:
        """The same, but "neither" where the test cannot tell."""
        told = self.baseline is None or not math.isfinite(self.model) or self._p_value < LEVEL
        return self.ahead if told else "neither"

    @property
    def _error(self):
        """That of the difference, or where it is unknown or there is none the greater one of both."""
        if self.error and math.isfinite(self.error):
            return self.error
        return max(filter(None, (self.model_error, self.baseline_error)), default=None)

    @property
    def _p_value(self):
        return 1.0 if self.p_value is None else self.p_value

    def __str__(self):
        if self.baseline is None:
            return f"{_capital(self.called)} {digits.with_error(self.model, self.model_error)}; no baseline to beat."
        ours, theirs = digits.pair(self.model, self.baseline_value, self._error)
        if not math.isfinite(self.model):
            return f"{_capital(self.baseline_called)} is better: {self.called} {theirs} against no number. Use it."
        if self.winner == "neither":
            return self._undecided(ours, theirs)
        doubt = f"{'sure' if self._p_value < SURE else 'fairly sure'}, {digits.probability(self._p_value)}"
        if self.winner == "model":
            return f"Better than {self.baseline_called}: {self.called} {ours} against {theirs} ({doubt})."
        return (
            f"{_capital(self.baseline_called)} is better: {self.called} {theirs} against the network's {ours} "
            f"({doubt}). Use it, or train with other settings (see tune) or on more examples."
        )

    def _undecided(self, ours, theirs):
        tested = f"{digits.probability(self._p_value)} on {self.groups:,} {self.noun}"
        doubt = f"too few {self.noun} to tell: {self.groups}" if self.groups < FEWEST else tested
        if self.ahead == "neither":
            return (
                f"{_capital(self.baseline_called)} is as good: {self.called} {theirs} each ({doubt}). "
                "Use it, which is simpler, or train on more examples."
            )
        if self.ahead == "model":
            return (
                f"Ahead of {self.baseline_called}, but not surely: {self.called} {ours} against {theirs} ({doubt}). "
                f"Test on more examples, or take either: the network, or {self.baseline_called}, which is simpler."
            )
        return (
            f"Not better than {self.baseline_called}: {self.called} {ours} against {theirs} ({doubt}). "
            "Use that, which is simpler, or train on more examples."
        )

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
        """Plain values for JSON, with who won, who is ahead, and the verdict in words."""
        values = {name: _finite(value) for name, value in dataclasses.asdict(self).items()}
        return {**values, "winner": self.winner, "ahead": self.ahead, "text": str(self)}


class Metrics(dict[str, float]):
    """{metric: value} of some examples. `verdict`: the `Verdict` on the same examples, None where there is none."""

    def __init__(self, values: Mapping[str, float], verdict: Verdict | None):
        super().__init__(values)
        self.verdict = verdict

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from pipelines.shared.report import cards  # loads matplotlib

        return cards.of_metrics(self)


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
