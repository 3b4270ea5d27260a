"""The page of a comparison: who is best, what else was measured, and in which settings they differ."""

from pipelines.shared.report import pages

MOST = 60  # metrics


def write(comparison, candidates, file):
    """Writes the page; the candidates in any order."""
    by_label = {one.label: one for one in candidates}
    ordered = [by_label[row.name] for row in comparison.rows]
    task = ordered[0].facts["task"]
    sections = [
        pages.Section("Result", _result(comparison)),
        pages.Section("Other numbers, each of its own test", _metrics(ordered)),
        pages.Section("Where their settings differ", _settings(ordered)),
    ]
    names = ", ".join(one.label for one in ordered)
    pages.write(file, f"{task}: {names}", f"{comparison.called} on {comparison.scored}.", sections)


def _result(comparison):
    header, rows = comparison.table
    test = f"{comparison.test[:1].upper()}{comparison.test[1:]}"
    how = f"{test} on {comparison.groups:,} {comparison.noun}, two-sided, each against the best."
    raised = " P-values are raised for the number of tests (Holm 1979)." if len(rows) > 2 else ""
    said = f'<div class="verdict">{pages.note(comparison.said)}</div>'
    return said + pages.table("The best first", header, rows) + pages.note(how + raised)


def _metrics(candidates):
    metrics = [one.metrics for one in candidates]
    names = [name for name in metrics[0] if not name.startswith(("confusion_", "baseline_", "real_"))][:MOST]
    rows = [[name, *(own.get(name) for own in metrics)] for name in names]
    return pages.table("Metrics", ["metric", *(one.label for one in candidates)], rows)


def _settings(candidates):
    configs = [one.config for one in candidates]
    names = dict.fromkeys(name for config in configs for name in config)
    rows = [[name, *(str(config.get(name, "–")) for config in configs)] for name in names
            if len({str(config.get(name)) for config in configs}) > 1]  # fmt: skip
    facts = [one.facts for one in candidates]
    rows += [[name.replace("_", " "), *(f"{own[name]:,}" for own in facts)] for name in
             ("parameters", "training_seconds") if all(name in own for own in facts)]  # fmt: skip
    return pages.table("Settings", ["setting", *(one.label for one in candidates)], rows)


def card(comparison):
    """HTML of a comparison for a notebook."""
    header, rows = comparison.table
    return pages.card(pages.note(comparison.said) + pages.table("The best first", header, rows))
