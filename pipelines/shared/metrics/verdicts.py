"""The verdict on outcomes: a model against the best of its baselines, by the test that suits the metric."""

from pipelines.shared.metrics import significance
from pipelines.shared.report.verdict import Verdict


def judged(outcomes) -> Verdict:
    """The `Verdict` on an `Outcomes`.

    >>> import numpy as np
    >>> from pipelines.shared.metrics.outcomes import of_values
    >>> right, wrong = np.ones(8), np.zeros(8)
    >>> print(judged(of_values("accuracy", {"": right, "linear": wrong}, names={"linear": "the linear baseline"})))
    Better than the linear baseline: accuracy 1.000 against 0.000 (sure, p = 0.008).
    """
    best, ours = outcomes.best_baseline(), outcomes.grouped()
    value, error = outcomes.score(), significance.standard_error(ours, outcomes.formula)
    about = {"metric": outcomes.metric, "called": outcomes.called, "lower": outcomes.lower, "noun": outcomes.noun}
    about |= {"model": value, "model_error": error, "groups": len(ours), "baseline": best}
    if best is None:
        nothing = dict.fromkeys(("baseline_value", "baseline_error", "difference", "error", "p_value"))
        return Verdict(**about, **nothing, baseline_called="", test="")
    theirs = outcomes.grouped(best)
    tested = significance.compared(ours, theirs, outcomes.formula)
    return Verdict(
        **about,
        baseline_called=outcomes.names[best],
        baseline_value=outcomes.score(best),
        baseline_error=significance.standard_error(theirs, outcomes.formula),
        difference=tested.difference,
        error=tested.error,
        p_value=tested.p_value,
        test=tested.test,
    )
