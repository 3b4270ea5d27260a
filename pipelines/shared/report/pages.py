"""The page that shows how good a trained model is: one HTML file with its style and pictures, for any screen.

    write("report/index.html", "Sentiment", "IMDB, 2,500 reviews the model has not seen.", [
        Section("Result", numbers({"accuracy": 0.91}) + table("Baselines", ["model", "accuracy"], rows)),
        Section("Training", learning_curves(history)),
        Section("Mistakes", confusion_matrix(labels, matrix) + examples("Most wrong", wrong)),
    ])

Every builder returns HTML and escapes its arguments; a task adds its own pictures with `figure`, or any HTML in a
`Section`. The page loads nothing and runs nothing (its policy forbids both); pictures and sound come from `data:`
addresses. Pictures are drawn with matplotlib's objects, never pyplot. Black and white in them stand for ink and
paper, and are exchanged in the reader's dark mode; to stay black, a picture uses "#010101".
"""

import dataclasses
import html
import io
import pathlib
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence

import matplotlib
import matplotlib.figure
import matplotlib.ticker
import numpy as np

from pipelines.shared.report import digits
from pipelines.shared.report.style import CARD, STYLE
from pipelines.shared.storage import disk

LONGEST_TEXT = 900  # characters shown of a text; a longer one loses its middle
CONFUSED = 24  # classes in a confusion matrix
TRAINING, VALIDATION, GRID = "#d9801a", "#2f7fe0", "#8a94a6"  # visible on light and on dark


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page. html: from the builders below or your own; it is not escaped."""

    title: str
    html: str


def numbers(values: Mapping[str, object]) -> str:
    """The few most important numbers, in large type."""
    return f'<dl class="numbers">{_facts(values)}</dl>'


def note(text: str) -> str:
    """A sentence in a paragraph of its own; nothing for an empty one.

    >>> note("No example of '<b>'"), note("")
    ('<p dir="auto">No example of &#x27;&lt;b&gt;&#x27;</p>', '')
    """
    return f'<p dir="auto">{_escape(text)}</p>' if text else ""


def commands(lines: Iterable[str]) -> str:
    """Lines to be copied into a shell or a Python session."""
    return f"<pre><code>{_escape(chr(10).join(lines))}</code></pre>"


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence], error: float | None = None) -> str:
    """Rows of strings and numbers; the first cell of a row is its name, None is shown as a dash.

    error: the standard error that decides on the digits of numbers; see `digits.beside`.

    >>> "0.9100" in table("Models", ["model", "accuracy"], [["ours", 0.91], ["majority", 0.5]])
    True
    """
    rows = [list(row) for row in rows]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"Expected {len(header)} cells a row, one for each of {list(header)}, received {row}.")
    kinds = ["number" if rows and all(map(_is_number, column)) else "text" for column in zip(*rows, strict=True)]
    kinds = kinds or ["text"] * len(header)
    head = "".join(
        f'<th scope="col" class="{kind}">{_value(name)}</th>' for kind, name in zip(kinds, header, strict=True)
    )
    body = []
    for name, *cells in rows:
        filled = zip(kinds[1:], (_value(cell, error) for cell in cells), strict=True)
        cells = "".join(f'<td class="{kind}" dir="auto">{cell}</td>' for kind, cell in filled)
        body.append(f'<tr><th scope="row" dir="auto">{_value(name)}</th>{cells}</tr>')
    return _table(caption, "plain", head, "".join(body))


def confusion_matrix(labels: Sequence, matrix) -> str:
    """Counts (classes, classes), rows = truth, columns = prediction; of many classes the CONFUSED with most mistakes.

    A cell's shade is the square root of its share of the row, so that a few mistakes in a hundred show too.
    """
    matrix = np.asarray(matrix)
    if matrix.shape != (len(labels), len(labels)):
        raise ValueError(f"Expected one row and one column for each of {len(labels)} labels, received {matrix.shape}.")
    sizes = matrix.sum(axis=1)
    shares = matrix / np.maximum(sizes[:, None], 1)  # (classes, classes)
    kept, left_out = np.arange(len(labels)), ""
    if len(labels) > CONFUSED:
        wrong = matrix.sum(axis=0) + sizes - 2 * matrix.diagonal()
        kept = np.sort(np.argsort(-wrong, kind="stable")[:CONFUSED])
        left_out = note(f"The {CONFUSED} of {len(labels):,} classes with the most mistakes.")
    names = [str(labels[place]) for place in kept]
    names = [_escape(name if len(name) <= 24 else f"{name[:15]}…{name[-8:]}") for name in names]
    head = "".join(f'<th scope="col"><span dir="auto">{name}</span></th>' for name in [*names, "recall"])
    body = []
    for true, name in zip(kept, names, strict=True):
        cells = "".join(_shaded(matrix[true, said], shares[true, said], true == said) for said in kept)
        recall = f"{shares[true, true]:.1%}" if sizes[true] else "–"
        body.append(f'<tr><th scope="row" dir="auto">{name}</th>{cells}<td class="recall">{recall}</td></tr>')
    kind = "few" if len(names) <= 5 else "many"
    caption = "Confusion matrix: rows are the truth, columns what the model said"
    return left_out + _table(caption, f"confusion {kind}", f"<td></td>{head}", "".join(body))


def examples(caption: str, rows: Iterable[tuple[str, Mapping[str, object]]]) -> str:
    """Texts, each with facts about it: `("Not bad.", {"truth": "positive", "predicted": "negative"})`."""
    items = []
    for text, facts in rows:
        quote = _value(re.sub(r"\s*\n\s*", "\n", text.strip())) or "<em>(empty)</em>"
        items.append(f'<li><blockquote dir="auto">{quote}</blockquote><dl>{_facts(facts)}</dl></li>')
    listed = f'<ol class="examples">{"".join(items)}</ol>' if items else "<p>None.</p>"
    return f"<h3>{_escape(caption)}</h3>{listed}"


def learning_curves(history: Mapping[str, Sequence[float]]) -> str:
    """One panel for each metric: its value by epoch in training and, from `val_<metric>`, in validation."""
    metrics = dict.fromkeys(name.removeprefix("val_") for name, values in history.items() if len(values))
    if not metrics:
        return "<p>No epoch was finished.</p>"
    panels = [_panel(metric, history.get(metric, ()), history.get(f"val_{metric}", ())) for metric in metrics]
    return f'<div class="panels">{"".join(panels)}</div>'


def figure(drawing: matplotlib.figure.Figure, alt: str, caption: str = "") -> str:
    """A matplotlib figure as SVG in the page. alt: what it shows, for a reader who cannot see it.

    >>> drawing = matplotlib.figure.Figure(figsize=(4, 1))
    >>> _ = drawing.subplots().plot([1, 2, 3])
    >>> "A rising line" in figure(drawing, "A rising line")
    True
    """
    note = f"<figcaption>{_escape(caption)}</figcaption>" if caption else ""
    return f'<figure><div class="scroll">{_svg(drawing, alt)}</div>{note}</figure>'


def card(content: str) -> str:
    """A piece of a page for a notebook: it takes the notebook's colours, loads nothing and runs nothing."""
    return f'<div class="unroll-card"><style>{CARD}</style>{content}</div>'


def shorten(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text, or two thirds of `longest` characters from its beginning and one third from its end.

    >>> shorten("a" * 1_000_000, longest=6)
    'aaaa […999,994 characters…] aa'
    """
    if len(text) <= longest:
        return text
    end = len(text) - longest // 3
    return f"{text[: longest - longest // 3]} […{len(text) - longest:,} characters…] {text[end:]}"


def write(path, title: str, summary: str, sections: Sequence[Section]) -> pathlib.Path:
    """Writes the page; at any moment the file is either the old one or the new one, whole."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk.aside(path) as partial:
        partial.write_text(_page(title, summary, sections), encoding="utf-8", errors="replace")
    return path


def _page(title: str, summary: str, sections: Sequence[Section]) -> str:
    links, parts = [], []
    for number, section in enumerate(sections, 1):
        name, anchor = _escape(section.title), f"section-{number}"
        links.append(f'<li><a href="#{anchor}">{name}</a></li>')
        heading = f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{name}</h2>'
        parts.append(f"{heading}{section.html}</section>\n")
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{_escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:">
<style>{STYLE}</style></head>
<body><header><h1>{_escape(title)}</h1><p dir="auto">{_escape(summary)}</p>
<nav aria-label="Sections"><ul>{"".join(links)}</ul></nav></header>
<main>{"".join(parts)}</main></body></html>
"""


def _panel(metric: str, training: Sequence[float], validation: Sequence[float]) -> str:
    drawing = matplotlib.figure.Figure(figsize=(4.6, 2.7), layout="constrained")
    axes = drawing.subplots()
    axes.set_title(metric, loc="left", fontweight="bold", fontsize=11, parse_math=False)
    dashes = "--" if len(validation) else "-"
    lines = {"training": (training, dashes, TRAINING), "validation": (validation, "-", VALIDATION)}
    lines = {name: line for name, line in lines.items() if len(line[0])}
    for name, (values, style, color) in lines.items():
        epochs = range(1, len(values) + 1)
        axes.plot(epochs, values, style, color=color, label=name, linewidth=2, marker="o", markersize=4)
    if len(lines) > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    if max(len(line[0]) for line in lines.values()) == 1:
        axes.set_xticks([1])
    axes.set_xlabel("epoch")
    axes.grid(axis="y", color=GRID, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    told = "; ".join(f"{name} {_value(line[0][0])} → {_value(line[0][-1])}" for name, line in lines.items())
    return figure(drawing, f"{metric} by epoch", told if len(lines) > 1 else told.split(" ", 1)[1])


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
    """The figure's SVG element: its text is text, it loads nothing, and the page's colours replace black and white."""
    stream = io.StringIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": alt}):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's fonts draw the text
        warnings.filterwarnings("ignore", message="constrained_layout not applied")  # words wider than the picture
        drawing.savefig(stream, format="svg", metadata=dict.fromkeys(["Creator", "Date", "Format", "Type"]))
    element = stream.getvalue()
    for pattern, replacement in _SVG_CHANGES:
        element = re.sub(pattern, replacement, element)
    width = drawing.get_figwidth() * 96  # inches to the screen's pixels
    return element.replace("<svg", f'<svg role="img" aria-label="{_escape(alt)}" style="--width: {width:.0f}px"', 1)


def _table(caption: str, kind: str, head: str, body: str) -> str:
    return (
        f'<div class="scroll" role="group" aria-label="{_escape(caption)}" tabindex="0"><table class="{kind}">'
        f"<caption><span>{_escape(caption)}</span></caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _shaded(count, share: float, right: bool) -> str:
    tone = " full" if share > 0.65 else "" if count else " zero"
    return f'<td class="{"hit" if right else "miss"}{tone}" style="--shade: {share**0.5:.2f}">{int(count):,}</td>'


def _facts(values: Mapping[str, object]) -> str:
    return "".join(
        f'<div><dt>{_escape(name)}</dt><dd dir="auto">{_value(value)}</dd></div>' for name, value in values.items()
    )


def _is_number(value) -> bool:
    return value is None or (isinstance(value, int | float | np.number) and not isinstance(value, bool))


def _value(value, error=None) -> str:
    """Whole numbers with separators, others with four digits or those of an error; strings shortened and escaped."""
    if value is None or value != value:
        return "–"
    if not _is_number(value):
        return _escape(shorten(str(value)))
    if isinstance(value, int | np.integer) or (abs(value) > 1 and value % 1 == 0):
        return f"{value:,.0f}"
    if error:
        return digits.beside(value, error)
    return f"{value:.4f}" if abs(value) >= 0.01 or value == 0 else f"{value:.3g}"


def _escape(text) -> str:
    return html.escape(str(text))
