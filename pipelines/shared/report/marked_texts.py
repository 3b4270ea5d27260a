"""Texts whose words are marked by what they did to an answer, on the page of a report.

    marked("so good", [{"word": "good", "start": 3, "end": 7, "part": 1.5}, ...])

A word for the answer has a blue ground and a solid line below, one against it an orange ground and a dotted line; the
strongest of both are also listed, so that nothing is told by colour alone and a screen reader says it.
"""

import html

from pipelines.shared.explanation import strongest

LONGEST = 900  # characters of a text that are shown; of a longer one those around its strongest words
AROUND = 70  # characters shown on either side of a strong word
LEAST = 0.08  # of a text's greatest part, below which a word is not marked


def marked(text, words):
    """HTML of a text with its words marked, and of a list of the strongest for and against.

    Args:
        words: [{"word", "start", "end", "part"}], in the order of the text; a part of None stands for a word not read.
    """
    greatest = strongest.greatest(words)
    pieces = [_piece(text, words, start, end, greatest) for start, end in _windows(text, words)]
    quote = '<span class="left-out"> […] </span>'.join(pieces) or "<em>(empty)</em>"
    return f'<blockquote class="marked" dir="auto">{quote}</blockquote>{_listed(words)}'


def _piece(text, words, start, end, greatest):
    """HTML of characters [start, end) of the text."""
    pieces, at = [], start
    for one in words:
        if start <= one["start"] and one["end"] <= end and one["part"] and abs(one["part"]) >= LEAST * greatest:
            side = "for" if one["part"] > 0 else "against"
            shade = f"{0.15 + 0.5 * abs(one['part']) / greatest:.2f}"
            word = _escaped(text[one["start"] : one["end"]])
            title = f"{one['part']:+.2f}"
            mark = f'<mark class="{side}" style="--shade: {shade}" title="{title}">{word}</mark>'
            pieces += [_escaped(text[at : one["start"]]), mark]
            at = one["end"]
    return "".join([*pieces, _escaped(text[at:end])])


def _windows(text, words):
    """[(start, end)] of the characters that are shown: all of them, or those around the strongest words."""
    if len(text) <= LONGEST:
        return [(0, len(text))]
    windows = []
    for one in sorted((one for one in words if one["part"]), key=lambda one: -abs(one["part"])):
        start = max(0, one["start"] - AROUND)
        wider = _joined([*windows, (start, min(len(text), one["end"] + AROUND, start + LONGEST))])
        if windows and sum(end - start for start, end in wider) > LONGEST:
            break
        windows = wider
    return windows or [(0, LONGEST)]


def _joined(windows):
    joined = []
    for start, end in sorted(windows):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _listed(words):
    sides = zip(("for it", "against it"), strongest.speaking(words), strict=True)
    facts = [
        f'<div><dt>{name}</dt><dd dir="auto">{_escaped(strongest.listed(several))}</dd></div>'
        for name, several in sides
        if several
    ]
    return f"<dl>{''.join(facts)}</dl>" if facts else ""


def examples(caption, rows):
    """Explained texts, each with facts about it: (text, its words, {name: value})."""
    items = "".join(f"<li>{_facts(facts)}{marked(text, words)}</li>" for text, words, facts in rows)
    listed = f'<ol class="examples">{items}</ol>' if items else "<p>None.</p>"
    return f"<h3>{_escaped(caption)}</h3>{listed}"


def _facts(facts):
    written = (
        f'<div><dt>{_escaped(name)}</dt><dd dir="auto">{_escaped(value)}</dd></div>' for name, value in facts.items()
    )
    return f"<dl>{''.join(written)}</dl>"


def _escaped(text):
    return html.escape(str(text))
