"""What a notebook shows of an artifact and of a search: HTML that takes the notebook's colours, and runs nothing."""

import html
import itertools
import urllib.parse

from pipelines.shared.report import digits, headline, pages

MOST = 5  # numbers
NOT_FIRST = ("baseline_", "confusion_", "sample_", "real_")
CURVES = ("loss",)  # besides the number that decides


def of_artifact(artifact) -> str:
    """Verdict, numbers, curves, and a link to the report."""
    version = artifact.facts.get("version")
    numbered = f", version {version}" if version else ""
    title = f"<h3>{html.escape(f'{artifact.task.name}: {artifact.name}{numbered}')}</h3>"
    verdict = artifact.verdict
    said = "" if verdict is None else f'<div class="verdict">{pages.note(str(verdict))}</div>'
    monitored = str(artifact.config.monitor).removeprefix("val_")
    names = dict.fromkeys([monitored, *CURVES])
    history = {key: values for key, values in artifact.history.items() if key.removeprefix("val_") in names}
    curves = pages.learning_curves(history or artifact.history)
    return pages.card(f"{title}{said}{pages.numbers(_numbers(artifact))}{curves}{_link(artifact)}")


def of_metrics(metrics) -> str:
    """The verdict on some examples, and a table of the numbers, but for those of many classes."""
    said = "" if metrics.verdict is None else f'<div class="verdict">{pages.note(str(metrics.verdict))}</div>'
    shown, left_out = headline.without_crowds(metrics)
    rows = [[name.replace("_", " "), value] for name, value in shown.items()]
    return pages.card(said + pages.table("", ["metric", "value"], rows) + pages.note(left_out))


def _numbers(artifact):
    """The first metrics."""
    own = itertools.takewhile(lambda name: not name.startswith(NOT_FIRST), artifact.metrics)
    return headline.of(artifact, {name.replace("_", " "): name for name in itertools.islice(own, MOST)})


def _link(artifact):
    page = artifact.path / "report" / "index.html"
    address = urllib.parse.quote(str(page))
    return (
        f'<p>Report: <a href="{html.escape(address)}" target="_blank" rel="noopener">{html.escape(str(page))}</a></p>'
    )


def of_search(result) -> str:
    """The best settings and a table of the trials, the best first."""
    best = ", ".join(f"{name} {value}" for name, value in result.best.items())
    said = pages.note(f"Best: {digits.shown(result.score)} with {best}")
    return pages.card(said + trials(result) + pages.commands([f"train with it: --config {result.path}"]))


def trials(result) -> str:
    """A table: each trial's settings, state and score, those with the best score first."""
    names = list(dict.fromkeys(name for trial in result.trials for name in trial["settings"]))
    scored = [trial["score"] for trial in result.trials if trial["score"] is not None]
    lower = bool(scored) and result.score <= min(scored)
    order = sorted(result.trials, key=lambda trial: _rank(trial["score"], lower))
    epochs = ["epochs"] if any("epochs" in trial for trial in order) else []
    rows = [
        [trial["trial"], trial["score"], trial["status"], *(trial.get(name) for name in epochs),
         *(str(trial["settings"].get(name, "")) for name in names), trial["error"] or ""]
        for trial in order
    ]  # fmt: skip
    return pages.table("Trials", ["trial", "score", "state", *epochs, *names, "error"], rows)


def _rank(score, lower):
    return (1, 0.0) if score is None else (0, score if lower else -score)
