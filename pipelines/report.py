"""The page that says how good a trained model is: one HTML file, its style and pictures inside, for any screen.

    write(folder / "index.html", "Sentiment", "IMDB, 2,500 reviews the model has not seen.", [
        Section("Result", numbers({"accuracy": 0.91}) + table("Beside the baselines", ["model", "accuracy"], rows)),
        Section("Training", learning_curves(history)),
        Section("Mistakes", confusion_matrix(labels, matrix) + examples("Most wrong", wrong)),
    ])

Every builder returns HTML and escapes what it is given; a task adds pictures of its own with `figure`, or any HTML
in a `Section`. The page loads nothing and runs nothing (its policy forbids both); `data:` pictures and sound play.
Pictures are drawn with matplotlib's objects, never pyplot. Black and white in them stand for ink and paper and
change places in the reader's dark mode; a picture that means black says "#010101".
"""

import dataclasses
import html
import io
import os
import pathlib
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence

import matplotlib
import matplotlib.figure
import matplotlib.ticker
import numpy as np

LONGEST_TEXT = 900  # characters shown of a text; a longer one loses its middle
TRAINING, VALIDATION, GRID = "#e08a1e", "#2f7fe0", "#8a94a6"  # seen on light and on dark

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6577; --paper: #ffffff; --desk: #f3f5f8;
  --line: #dfe4ec; --link: #1f66c2; --right: 47 127 224; --wrong: 224 112 30; --strong: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf1; --soft: #9ba6b8; --paper: #171c25; --desk: #0e1218;
  --line: #2a3240; --link: #7db4ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem; background: var(--desk); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
header { padding: 0 .25rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -.02em; }
header p { margin: .4rem 0 1rem; color: var(--soft); max-width: 46rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 1.25rem; padding: 0; list-style: none; }
a { color: var(--link); text-underline-offset: .2em; }
section { margin: 0 0 1.25rem; padding: 1.25rem 1.5rem 1.5rem; background: var(--paper); border-radius: .9rem;
  border: 1px solid var(--line); }
h2 { margin: 0 0 1rem; font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.5rem 0 .75rem; font-size: 1rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
.numbers div { padding: .7rem .9rem; background: var(--desk); border-radius: .6rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; }
.numbers dd { font-size: 1.6rem; font-weight: 650; line-height: 1.25; letter-spacing: -.01em; }
.scroll { overflow-x: auto; margin: 0 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { caption-side: top; position: sticky; left: 0; padding: 0 0 .5rem; text-align: left; font-weight: 650; }
th, td { padding: .4rem .9rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .85rem; font-weight: 500; white-space: nowrap; vertical-align: bottom; }
tbody th { position: sticky; left: 0; z-index: 1; background: var(--paper); font-weight: 500; }
th:first-child { padding-left: 0; }
.number { text-align: right; white-space: nowrap; }
.confusion { border-collapse: separate; border-spacing: 2px; }
.confusion th, .confusion td { border: 0; padding: .3rem; text-align: center; vertical-align: middle; }
.confusion tbody th { max-width: 9rem; padding-right: .6rem; text-align: right; }
.confusion td.hit, .confusion td.miss { min-width: 2.1rem; height: 2.1rem; border-radius: .3rem; }
.hit { background: rgb(var(--right) / var(--share)); }
.miss { background: rgb(var(--wrong) / var(--share)); }
.zero { color: var(--soft); }
.full { color: var(--strong); }
.few td.hit, .few td.miss { min-width: 6rem; height: 4.2rem; font-size: 1.15rem; }
.many { font-size: .8rem; }
.many thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 9rem; white-space: normal; }
.confusion td.recall { color: var(--soft); padding-left: .6rem; }
figure { margin: 0; }
figcaption { color: var(--soft); font-size: .85rem; }
figure .scroll { margin: 0; }
svg { display: block; width: 100%; max-width: var(--width); min-width: calc(.7 * var(--width)); height: auto;
  fill: currentColor; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem; }
.examples { margin: 0; padding: 0; list-style: none; }
.examples li { padding: .9rem 0; border-top: 1px solid var(--line); }
.examples dl { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0; font-size: .9rem; }
.examples dl div { display: flex; gap: .4rem; align-items: baseline; }
.examples dd { font-weight: 600; }
blockquote { margin: 0 0 .5rem; padding: 0; white-space: pre-line; }
@media (max-width: 40rem) { body { padding-top: 1.25rem; } section { padding: 1rem; } th, td { padding: .4rem .6rem; } }
@media print { body { max-width: none; background: none; } section { break-inside: avoid-page; } }
"""


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page. html: from the builders below or your own, put in as it is."""

    title: str
    html: str


def numbers(values: Mapping[str, object]) -> str:
    """The few numbers to read first, large."""
    return f'<dl class="numbers">{_facts(values)}</dl>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence]) -> str:
    """Rows of strings and numbers; the first cell of each names the row, None is shown as a dash.

    >>> "0.9100" in table("Models", ["model", "accuracy"], [["ours", 0.91], ["majority", 0.5]])
    True
    """
    rows = [list(row) for row in rows]
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"Expected {len(header)} cells a row under {list(header)}, received {rows}.")
    kinds = [
        "number" if all(_is_number(cell) for cell in column) else "text" for column in zip(*rows, strict=True)
    ]
    kinds = kinds or ["text"] * len(header)
    head = "".join(
        f'<th scope="col" class="{kind}">{_escape(name)}</th>'
        for kind, name in zip(kinds, header, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row" dir="auto">{_value(row[0])}</th>'
        + "".join(
            f'<td class="{kind}" dir="auto">{_value(cell)}</td>'
            for kind, cell in zip(kinds[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return _table(caption, "plain", head, body)


def confusion_matrix(labels: Sequence, matrix) -> str:
    """Counts (classes, classes), rows = truth, columns = prediction; a cell's shade is its share of the row."""
    matrix = np.asarray(matrix)
    if matrix.shape != (len(labels), len(labels)):
        raise ValueError(
            f"Expected a matrix of {len(labels)} x {len(labels)}, one row a label, received {matrix.shape}."
        )
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)  # (classes, classes)
    names = [_escape(shorten(str(label), 40)) for label in labels]
    head = "".join(f'<th scope="col"><span dir="auto">{name}</span></th>' for name in [*names, "recall"])
    body = "".join(
        f'<tr><th scope="row" dir="auto">{name}</th>'
        + "".join(_shaded(matrix[true, said], shares[true, said], true == said) for said in range(len(names)))
        + f'<td class="recall">{shares[true, true]:.1%}</td></tr>'
        for true, name in enumerate(names)
    )
    caption = "Confusion matrix: rows are the truth, columns what the model said"
    return _table(caption, f"confusion {'few' if len(names) <= 5 else 'many'}", f"<td></td>{head}", body)


def examples(caption: str, rows: Iterable[tuple[str, Mapping[str, object]]]) -> str:
    """Texts, each with facts about it: `("Not bad.", {"truth": "positive", "predicted": "negative"})`."""
    items = "".join(
        f'<li><blockquote dir="auto">{_value(text) or "<em>(empty)</em>"}</blockquote><dl>{_facts(facts)}</dl></li>'
        for text, facts in rows
    )
    return f"<h3>{_escape(caption)}</h3>" + (
        f'<ol class="examples">{items}</ol>' if items else "<p>None.</p>"
    )


def learning_curves(history: Mapping[str, Sequence[float]]) -> str:
    """One panel a metric: its value by epoch in training and, under `val_<metric>`, in validation."""
    metrics = dict.fromkeys(name.removeprefix("val_") for name, values in history.items() if len(values))
    panels = (
        _curves(metric, history.get(metric, ()), history.get(f"val_{metric}", ())) for metric in metrics
    )
    return f'<div class="panels">{"".join(panels)}</div>' if metrics else "<p>No epoch was finished.</p>"


def figure(drawing: matplotlib.figure.Figure, alt: str, caption: str = "") -> str:
    """A matplotlib figure as SVG in the page. alt: what it shows, for a reader who cannot see it.

    >>> drawing = matplotlib.figure.Figure(figsize=(4, 1))
    >>> _ = drawing.subplots().plot([1, 2, 3])
    >>> "A rising line" in figure(drawing, "A rising line")
    True
    """
    note = f"<figcaption>{_escape(caption)}</figcaption>" if caption else ""
    return f'<figure><div class="scroll">{_svg(drawing, alt)}</div>{note}</figure>'


def shorten(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text, or its beginning and its end and how much is left out between.

    >>> shorten("a" * 1_000_000, longest=6)
    'aaaa […999,994 characters…] aa'
    """
    if len(text) <= longest:
        return text
    start, end = longest - longest // 3, longest // 3
    return f"{text[:start]} […{len(text) - longest:,} characters…] {text[len(text) - end :]}"


def write(path, title: str, summary: str, sections: Sequence[Section]) -> pathlib.Path:
    """Writes the page beside `path` and renames it: the file there is the old page or the new one, always whole."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(_page(title, summary, sections), encoding="utf-8", errors="replace")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _page(title: str, summary: str, sections: Sequence[Section]) -> str:
    titles = [_escape(section.title) for section in sections]
    links = "".join(f'<li><a href="#part-{number}">{name}</a></li>' for number, name in enumerate(titles, 1))
    parts = "".join(
        f'<section aria-labelledby="part-{number}"><h2 id="part-{number}">{name}</h2>{section.html}</section>\n'
        for number, (name, section) in enumerate(zip(titles, sections, strict=True), 1)
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{_escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:">
<style>{STYLE}</style></head>
<body><header><h1>{_escape(title)}</h1><p dir="auto">{_escape(summary)}</p>
<nav aria-label="Sections"><ul>{links}</ul></nav></header>
<main>{parts}</main></body></html>
"""


def _curves(metric: str, training: Sequence[float], validation: Sequence[float]) -> str:
    drawing = matplotlib.figure.Figure(figsize=(4.6, 2.7), layout="constrained")
    axes = drawing.subplots()
    axes.set_title(metric, loc="left", fontweight="bold", fontsize=11, parse_math=False)
    told = []
    for name, values, color, style in (
        ("training", training, TRAINING, "--"),
        ("validation", validation, VALIDATION, "-"),
    ):
        if len(values):
            axes.plot(
                range(1, len(values) + 1),
                values,
                style,
                color=color,
                linewidth=2,
                marker="o",
                markersize=4,
                label=name,
            )
            told.append(f"{name} {_value(values[0])} → {_value(values[-1])}")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.grid(axis="y", color=GRID, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure(drawing, f"{metric} by epoch", "; ".join(told))


_SVG_CHANGES = [
    (r"(?s)^.*?(?=<svg)|<style.*?</style>", ""),
    (r' xmlns(:xlink)?="[^"]*"| version="1.1"', ""),
    (r'(<svg) width="[^"]*" height="[^"]*"', r"\1"),
    (r'<g id="[^"]*"', "<g"),
    (r"<(use|image) xlink:href=", r"<\1 href="),
    (r" ?font-family: 'DejaVu Sans',[^;\"]*;?", ""),
    (r"\b(fill|stroke): #000000", r"\1: currentColor"),
    (r"\b(fill|stroke): #ffffff", r"\1: var(--paper)"),
]


def _svg(drawing: matplotlib.figure.Figure, alt: str) -> str:
    """The figure's SVG element: text as text, no address, colours of ink and paper left to the page."""
    stream = io.StringIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": alt}):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's fonts draw the text
        drawing.savefig(stream, format="svg", metadata=dict.fromkeys(["Creator", "Date", "Format", "Type"]))
    element = stream.getvalue()
    for pattern, replacement in _SVG_CHANGES:
        element = re.sub(pattern, replacement, element)
    width = drawing.get_figwidth() * 96  # inches to CSS pixels
    return element.replace(
        "<svg", f'<svg role="img" aria-label="{_escape(alt)}" style="--width: {width:.0f}px"', 1
    )


def _table(caption: str, kind: str, head: str, body: str) -> str:
    return (
        f'<div class="scroll" role="group" aria-label="{_escape(caption)}" tabindex="0"><table class="{kind}">'
        f"<caption>{_escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _shaded(count, share: float, right: bool) -> str:
    kinds = ["hit" if right else "miss", "zero" if not count else "", "full" if share > 0.6 else ""]
    return f'<td class="{" ".join(filter(None, kinds))}" style="--share: {share:.3f}">{int(count):,}</td>'


def _facts(values: Mapping[str, object]) -> str:
    return "".join(
        f'<div><dt>{_escape(name)}</dt><dd dir="auto">{_value(value)}</dd></div>'
        for name, value in values.items()
    )


def _is_number(value) -> bool:
    return value is None or (isinstance(value, (int, float, np.number)) and not isinstance(value, bool))


def _value(value) -> str:
    """HTML of one value: whole numbers with separators, others with four digits, strings shortened and escaped."""
    if value is None or value != value:
        return "–"
    if not _is_number(value):
        return _escape(shorten(str(value)))
    if float(value).is_integer() and (abs(value) > 1 or isinstance(value, (int, np.integer))):
        return f"{value:,.0f}"
    return f"{value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{value:.2e}"


def _escape(text) -> str:
    return html.escape(str(text))
