"""The result of a search for settings."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Result:
    """best: the best trial's values of the searched settings; trials: a dictionary for each; path: of best.json; page:
    the HTML file that shows them."""

    best: dict[str, Any]
    score: float
    trials: list[dict[str, Any]]
    path: str
    page: str = ""

    def _repr_html_(self):
        from pipelines.shared.report import cards  # loads matplotlib

        return cards.of_search(self)

    def __str__(self):
        lines = [
            f"trial {trial['trial']}  {trial['status']:9}  {_shown(trial['score'])}  {trial['settings']}"
            for trial in self.trials
        ]
        lines += [f"best  {_shown(self.score)}  {self.best}", f"train with it: --config {self.path}"]
        return "\n".join([*lines, f"page  {self.page}"] if self.page else lines)


def _shown(score):
    return "-" if score is None else f"{score:.4f}"
