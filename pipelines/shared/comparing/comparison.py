"""Artifacts of one task on the same rows: which is best, and whether that is more than chance.

    pipelines.compare("mine", "mine@2", "other")        a `Comparison`
    unroll compare mine mine@2 other

Each is tested against the best one, paired by example; with several tests their p-values are raised (Holm 1979).
"""

import dataclasses
import pathlib
from typing import Any

import numpy as np

from pipelines.shared import progress
from pipelines.shared.arguments import Path
from pipelines.shared.comparing import candidates as named
from pipelines.shared.comparing import page
from pipelines.shared.metrics import significance
from pipelines.shared.report import digits
from pipelines.shared.report.verdict import LEVEL, SURE


@dataclasses.dataclass(frozen=True)
class Compared:
    """One of the artifacts.

    name: with its version. value, error: of the metric, with its standard error. difference, p_value: to the best one;
    None of itself. baseline, baseline_value: its best baseline in words, and that one's metric.
    """

    name: str
    value: float
    error: float
    difference: float | None
    p_value: float | None
    baseline: str | None
    baseline_value: float | None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """rows: the best first. metric, called, lower: as of a verdict. scored: on what. groups, noun: how many of what.
    test: in words. path: of the page, "" if there is none."""

    metric: str
    called: str
    lower: bool
    scored: str
    groups: int
    noun: str
    test: str
    rows: list[Compared]
    path: str = ""

    @property
    def said(self) -> str:
        """Which is best, in a sentence."""
        best, second = self.rows[0], self.rows[1]
        ours, theirs = digits.pair(best.value, second.value, best.error)
        numbers = f"{self.called} {ours} against {theirs} of {second.name}"
        doubt = digits.probability(second.p_value)
        if second.p_value < LEVEL:
            return f"{best.name} is best: {numbers} ({'sure' if second.p_value < SURE else 'fairly sure'}, {doubt})."
        alike = [row.name for row in self.rows[1:] if row.p_value >= LEVEL]
        end = "it" if len(alike) == 1 else "they"
        return (
            f"{best.name} has the best number, but {', '.join(alike)} may be as good, as far as {self.groups:,} "
            f"{self.noun} can tell: {numbers} ({doubt}). Take whichever is smaller or quicker, unless {end} can be "
            "tested on more."
        )

    @property
    def table(self) -> tuple[list[str], list[list[str]]]:
        """(header, rows) as texts."""
        header = ["artifact", self.called, "less the best", "p", "its best baseline"]
        return header, [self._line(row) for row in self.rows]

    def _line(self, row):
        behind = "" if row.difference is None else f"{row.difference:+.{digits.places(row.error, row.value)}f}"
        doubt = "" if row.p_value is None else digits.probability(row.p_value).removeprefix("p ").removeprefix("= ")
        theirs = "" if row.baseline is None else f"{digits.shown(row.baseline_value, row.error)} ({row.baseline})"
        return [row.name, digits.with_error(row.value, row.error), behind, doubt, theirs]

    def __str__(self):
        header, rows = self.table
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in (header, *rows)]
        how = f"{self.test[:1].upper()}{self.test[1:]} on {self.groups:,} {self.noun}; {self.scored}."
        return "\n".join([*lines, "", self.said, how, *([f"page  {self.path}"] if self.path else [])])

    def _repr_html_(self):
        return page.card(self)


def compare(
    *artifacts: Any, directory: Path = "saved_models", data: Any = None, download: bool = False,
    page_file: Path | None = None, **reading: Any,
) -> Comparison:  # fmt: skip
    """Compares artifacts of a task on the same rows, each with the best of them, by a paired test.

    Args:
        *artifacts: two or more: names, names with a version ("mine@2"), or artifacts that were loaded.
        directory: where artifacts are kept.
        data: what to compare them on, as `evaluate` takes it; by default the test that all of them had.
        download: as `train` takes it.
        page_file: the HTML file to write; by default one in the directory, named by the artifacts.
        **reading: settings that say how `data` is read.

    Raises:
        FileNotFoundError: no such artifact. ValueError: fewer than two, of several tasks or kinds, tested on other rows
        than the others, or damaged.
    """
    chosen = [named.found(one, directory) for one in artifacts]
    _check(chosen)
    if data is None:
        named.same_test(chosen)
        outcomes, scored = [named.own_outcomes(one) for one in chosen], "the test that all of them had"
    else:
        with progress.session():
            outcomes = [one.artifact().outcomes(data, download=download, **reading) for one in chosen]
        scored = "data that was given"
    comparison = _compared([one.label for one in chosen], _aligned(chosen, outcomes), scored)
    file = pathlib.Path(directory) / _file_name(chosen) if page_file is None else pathlib.Path(page_file)
    comparison = dataclasses.replace(comparison, path=str(file))
    page.write(comparison, chosen, file)
    return comparison


def _check(chosen):
    labels = [one.label for one in chosen]
    if len(set(labels)) < 2 or len(set(labels)) < len(labels):
        raise ValueError(f"compare: expected two or more different artifacts, received {', '.join(labels) or 'none'}")
    for one in chosen:
        if one.facts["task"] != chosen[0].facts["task"]:
            raise ValueError(
                f"compare: expected artifacts of one task, received {labels[0]} of {chosen[0].facts['task']} and "
                f"{one.label} of {one.facts['task']}"
            )


def _file_name(chosen):
    names = [one.label for one in chosen]
    shown = names[:3] + [f"{len(names) - 3}-more"] * (len(names) > 3)
    return f"{'+'.join(shown)[:200]}.html"


def _aligned(chosen, outcomes):
    """The outcomes of the rows that all have, in the same order.

    Raises:
        ValueError: outcomes of other kinds, or without a row in common.
    """
    for one, own in zip(chosen, outcomes, strict=True):
        if own is None:
            raise ValueError(f"compare: {one.label} has no outcomes; its task has no `outcomes_of` in the room scores")
        if (own.metric, own.called, own.formula) != (outcomes[0].metric, outcomes[0].called, outcomes[0].formula):
            raise ValueError(
                f"compare: {chosen[0].label} is scored by {outcomes[0].called} and {one.label} by {own.called}; "
                "compare artifacts that answer alike"
            )
    keys = outcomes[0].keys
    for own in outcomes[1:]:
        keys = np.intersect1d(keys, own.keys)
    if not len(keys):
        raise ValueError(f"compare: {', '.join(one.label for one in chosen)} have no row in common")
    aligned = [_picked(own, keys) for own in outcomes]
    first = aligned[0]
    for one, own in zip(chosen, aligned, strict=True):
        if own.formula == "mean" and not np.array_equal(own.sums[""][:, 1], first.sums[""][:, 1]):
            raise ValueError(
                f"compare: {chosen[0].label} and {one.label} count other steps of the same examples; compare artifacts "
                "with the same settings of data"
            )
    return [dataclasses.replace(own, groups=first.groups) for own in aligned]


def _picked(outcomes, keys):
    places = np.searchsorted(outcomes.keys, keys, sorter=(order := np.argsort(outcomes.keys, kind="stable")))
    rows = order[places]
    sums = {name: own[rows] for name, own in outcomes.sums.items()}
    return dataclasses.replace(outcomes, sums=sums, groups=outcomes.groups[rows], keys=outcomes.keys[rows])


def _compared(labels, outcomes, scored):
    lower, formula = outcomes[0].lower, outcomes[0].formula
    values = np.array([own.score() for own in outcomes])
    order = np.argsort(np.where(np.isfinite(values), values if lower else -values, np.inf), kind="stable")
    best = outcomes[order[0]]
    tests = [significance.compared(outcomes[place].grouped(), best.grouped(), formula) for place in order[1:]]
    raised = [None, *significance.raised([test.p_value for test in tests])]
    rows = [
        _row(labels[place], outcomes[place], None if number == 0 else tests[number - 1].difference, raised[number])
        for number, place in enumerate(order)
    ]
    about = {"metric": best.metric, "called": best.called, "lower": lower, "noun": best.noun, "scored": scored}
    return Comparison(**about, groups=tests[0].groups, test=tests[0].test, rows=rows)


def _row(label, own, difference, p_value):
    baseline = own.best_baseline()
    return Compared(
        label, own.score(), significance.standard_error(own.grouped(), own.formula), difference, p_value,
        None if baseline is None else own.names[baseline], None if baseline is None else own.score(baseline),
    )  # fmt: skip
