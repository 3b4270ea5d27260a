"""Sentences in tables: a row a sentence, with lists of words and of tags, or a row a word.

{"tokens": [["I", "can"]], "tags": [["PRON", "AUX"]]}                  of JSON, Parquet, DataFrames, data sets
{"sentence": [1, 1], "word": ["I", "can"], "tag": ["PRON", "AUX"]}     a new sentence where `sentence` changes
"""

import ast
import json

from pipelines.shared.data import columns, sources
from pipelines.shared.messages import listed, shown
from pipelines.tagging.reading.sentence import Sentence, wrong

TOKENS = ("tokens", "words", "token", "word", "form")
TAGS = (
    "tags", "ner_tags", "pos_tags", "upos", "ner", "pos", "tag", "labels", "label", "chunk_tags", "xpos", "ner_tag",
    "pos_tag",
)  # fmt: skip
SENTENCES = ("sentence", "sentence_id", "sentence #", "sent_id", "sentence_number", "sentence_idx", "sent")


def sentences(rows, config, tagged=True):
    """Yields the `Sentence`s of `rows.Rows`; rows with a fault are not among them."""
    names = rows.names or []
    token = _chosen(config.token_column, TOKENS, names, rows, "token_column", "the words")
    tag = _chosen(config.tag_column, TAGS, names, rows, "tag_column", "the tags") if tagged else None
    sentence = _chosen(config.sentence_column, SENTENCES, names, rows, "sentence_column", "", optional=True)
    wanted = [token, *([tag] if tagged else []), *([sentence] if sentence else [])]
    rows, places = columns.placed(rows, wanted)
    cells = rows.cells(places)
    first = next(cells, None)
    if first is None:
        return
    everything = _chained(first, cells)
    if _listed(first[1][0]) is not None:
        yield from _of_lists(rows, everything, tagged)
    elif sentence is None:
        raise ValueError(
            f"{rows.where(first[0])}: expected a list of words in {shown(token)}, received {shown(first[1][0])}; of a "
            "table with a row a word, sentence_column (--sentence-column) names what tells sentences apart"
        )
    else:
        yield from _of_words(rows, everything, tagged)


def _chained(first, rest):
    yield first
    yield from rest


def _chosen(asked, known, names, rows, setting, what, optional=False):
    """The name of a column: the one asked for, or the one that is called so."""
    if asked is not None:
        return asked
    lower = {name.strip().lower(): name for name in reversed(names)}
    fits = [lower[name] for name in known if name in lower]
    if optional:
        return fits[0] if fits else None
    if len(fits) == 1 or (fits and fits[0].lower() in ("tokens", "tags", "word")):
        return fits[0]
    flag = f"{setting} (--{setting.replace('_', '-')})"
    if fits and setting == "tag_column":
        raise ValueError(f"{rows.called}: {listed(fits)} could be {what}; {flag} names one")
    if fits:
        return fits[0]
    raise ValueError(
        f"{rows.called}: expected a column of {what}, such as {known[0]!r}, received {listed(names) or 'none'}; "
        f"{flag} names it"
    )


def _listed(value):
    """A list of a cell: itself, or the one that it is written as; None if it is none."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            value = _of_python(value)
        return value if isinstance(value, list) else None
    return None


def _of_python(text):
    """What Python writes of a list, as pandas does into a CSV; None of what is none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _of_lists(rows, cells, tagged):
    for number, values in cells:
        lists = [_listed(value) for value in values[: 1 + tagged]]
        what = _wrong(lists, values)
        if what == "":
            rows.faults.read -= 1  # a sentence without words is none
        elif what:
            rows.fault(number, what)
        elif not rows.faults.fatal:
            yield Sentence(lists[0], [str(tag) for tag in lists[1]] if tagged else None)


def _wrong(lists, values):
    """What is wrong with lists of words and tags; "" of no words, None of nothing."""
    for value, one in zip(values, lists, strict=False):
        if one is None:
            return f"expected a list of words and one of tags, received {shown(value)}"
    if len(lists) > 1 and len(lists[0]) != len(lists[1]):
        return f"expected a tag for each word, received {len(lists[0])} words and {len(lists[1])} tags"
    if not lists[0]:
        return ""
    faults = [wrong(token) for token in lists[0]]
    faults += [wrong(str(tag) if isinstance(tag, int) else tag, "a tag") for tag in (lists[1] if lists[1:] else [])]
    return next((f"{fault} in it" for fault in faults if fault), None)


def _of_words(rows, cells, tagged):
    """Sentences of a table with a row a word; an empty cell in the column of sentences goes on with the one before."""
    before, tokens, tags, bad, seen = None, [], [], False, set()

    def done():
        return Sentence(tokens, tags if tagged else None) if tokens and not bad else None

    for number, values in cells:
        name = values[-1]
        name = before if sources.missing(name) or name == "" else name
        if name != before:
            if done():
                yield done()
            tokens, tags, bad = [], [], False
            if name in seen:
                rows.fault(number, f"sentence {shown(name)} stands in two places; sort the rows")
                bad = True
            seen.add(name)
            before = name
        parts = [str(value) if isinstance(value, (int, float)) and value == value else value for value in values[:-1]]
        what = wrong(parts[0]) or (wrong(parts[1], "a tag") if tagged else None)
        if what:
            rows.fault(number, what)
            bad = True
        tokens.append(parts[0])
        tags += parts[1:]
    if done():
        yield done()
