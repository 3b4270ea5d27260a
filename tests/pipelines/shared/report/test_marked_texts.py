"""Texts on a page whose words are marked: nothing by colour alone, nothing unescaped, long ones around strong words."""

import re

from pipelines.shared.report import marked_texts


def words_of(text, parts):
    spans = [(match.start(), match.end()) for match in re.finditer(r"\S+", text)]
    return [
        {"word": text[start:end], "start": start, "end": end, "part": parts.get(text[start:end], 0.0)}
        for start, end in spans
    ]


def test_words_are_marked_and_listed_and_escaped():
    text = "<b> was fun & good"
    html = marked_texts.marked(text, words_of(text, {"<b>": -2.0, "fun": 1.0, "good": 0.01}))
    assert '<mark class="against" style="--shade: 0.65" title="-2.00">&lt;b&gt;</mark> was ' in html
    assert '<mark class="for" style="--shade: 0.40" title="+1.00">fun</mark> &amp; good' in html
    assert '<dt>for it</dt><dd dir="auto">fun +1.00, good +0.01</dd>' in html
    assert '<dt>against it</dt><dd dir="auto">&lt;b&gt; -2.00</dd>' in html
    assert "<em>(empty)</em>" in marked_texts.marked("", [])


def test_where_nothing_decides_nothing_is_strong():
    html = marked_texts.marked("so what", words_of("so what", {"so": 0.002, "what": 0.02}))
    assert re.findall("--shade: ([0-9.]+)", html) == ["0.25"]


def test_of_long_texts_what_is_around_strong_words_is_shown():
    text = "start " + "dull " * 400 + "superb " + "dull " * 400 + "awful " + "dull " * 300
    html = marked_texts.marked(text, words_of(text, {"superb": 3.0, "awful": -2.0}))
    assert ">superb</mark>" in html and ">awful</mark>" in html and "[…]" in html and "start" not in html
    assert len(re.sub("<[^>]*>", "", html)) < marked_texts.LONGEST + 100
    long = "a" * 5000
    assert len(marked_texts.marked(long, words_of(long, {long: 1.0}))) < 1500
