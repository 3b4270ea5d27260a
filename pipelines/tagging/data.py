"""Tagged sentences: from any source to the splits of a tagger, checked at the door.

    load_splits("train.conllu", None, None, config)["train"]     -> {"tokens", "tags", "text", "sizes"}

Columns: lists of words; lists of their tags; the running text in parts between blanks, "" where it is not known; how
many words each part holds.
"""

import collections
import itertools
import logging

from pipelines.shared import defaults
from pipelines.shared.data import in_memory, provenance, sources, splits, stored, tables, texts
from pipelines.shared.messages import brief, listed, shown
from pipelines.tagging import sample
from pipelines.tagging.reading import conll, files, rows
from pipelines.tagging.reading.sentence import wrong
from pipelines.tagging.words.columns import Sentences

log = logging.getLogger("unroll")

SPLIT_RULE = 1  # raised with each change of what falls in which split; see `shared.data.original_splits`
FORMER_RULES = defaults.FORMER_RULES
NO_TAG = "_"  # of CoNLL-U
UNKNOWN = 0.2  # part of the words whose tags may be none of the training split


def load_examples(data, config, download=False, role="data"):
    """The columns of all sentences of a source."""
    called = provenance.called(data, role)
    whole = sample.generate() if data is None else files.sentences(data, config, download, role)
    read = ((one.tokens, one.tags, one.text, one.sizes) for one in itertools.islice(whole, config.limit))
    kinds = (Sentences, Sentences, stored.Texts, stored.Arrays)
    examples = dict(zip(("tokens", "tags", "text", "sizes"), stored.columns(read, *kinds), strict=True))
    if not len(examples["tokens"]):
        raise ValueError(f"{called}: expected sentences of words with tags, received none")
    return examples


def counts(examples):
    """How often each tag stands in examples, a Counter."""
    total = collections.Counter()
    for tags in examples["tags"]:
        total.update(tags)
    return total


def load_splits(data, valid, test, config, download=False):
    """The splits; what is not given is cut off by content, so that a sentence never stands in two of them.

    A test split that is not given and of which the fraction is 0 is left out.
    """
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    loaded = splits.by_content(load_examples(data, config, download), "tokens", parts)
    loaded |= {name: load_examples(source, config, download, name) for name, source in own.items()}
    splits.check(
        loaded, "sentences", lambda part: zip(map(tuple, part["tokens"])), "sentences stand in the training split too"
    )
    _check_tags(loaded)
    return loaded


def _check_tags(loaded):
    known = counts(loaded["train"])
    if len(known) < 2:
        raise ValueError(
            f"data: expected two or more tags in the training split, received {listed(list(known))}; check the column "
            "of the tags: tag_column (--tag-column) names another"
        )
    if known[NO_TAG] > sum(known.values()) / 2 and len(known) < 100:
        log.warning("data: %d of %d words have the tag '_', none", known[NO_TAG], sum(known.values()))
    for name in [name for name in loaded if name != "train"]:
        check_known(counts(loaded[name]), known, name)


def check_known(seen, known, called):
    """Says which tags of a split the training split does not have; they count as mistakes.

    Raises:
        ValueError: they are those of many words, so that it is likely another column, or other data.
    """
    unknown = {tag: count for tag, count in seen.items() if tag not in known}
    if not unknown:
        return
    words, total = sum(unknown.values()), sum(seen.values())
    names = listed(sorted(unknown, key=unknown.get, reverse=True), write=brief)
    if words > UNKNOWN * total:
        raise ValueError(
            f"{called}: {words:,} of {total:,} words have tags that the training split does not have: {names}; it has "
            f"{listed(sorted(known), write=brief)}. Is it the same column? tag_column (--tag-column) names another"
        )
    log.warning(
        "%s: %d of %d words have tags that the training split does not have, and count as mistakes: %s",
        called, words, total, names,
    )  # fmt: skip


def read_inputs(inputs, config):
    """What `predict` answers, a list: a text, or a list of words.

    inputs: a text; a list or a Series of texts or of lists of words; a table with a column of texts or of words; a
    file: .txt with a sentence a line, CoNLL, or a table.
    """
    if isinstance(inputs, str) and not texts.names_a_file(inputs) and not inputs.lower().endswith(files.ENDINGS):
        inputs = [inputs]
    limited = itertools.islice(_inputs(inputs, config), config.limit)
    return list(limited)


def _inputs(inputs, config):
    if isinstance(inputs, sources.PATHS):
        return _of_file(inputs, config)
    if tables.is_column(inputs):
        inputs = tables.values(inputs, "texts", "predict")
    inputs = tables.unfolded(inputs, "predict")
    if tables.is_table(inputs):
        return _of_table([in_memory.opened(inputs, ["tokens"], config, "predict")], config)
    if isinstance(inputs, in_memory.NO_ROWS) or not hasattr(inputs, "__iter__"):
        raise TypeError(
            f"predict: expected a text, a list of texts or of lists of words, or a file, received {shown(inputs)}"
        )
    return _of_list(inputs, config)


def _of_list(inputs, config):
    elements = iter(inputs)
    first = list(itertools.islice(elements, 1))
    elements = itertools.chain(first, elements)
    if first and hasattr(first[0], "keys"):
        yield from _of_table([in_memory.opened(elements, ["tokens"], config, "predict")], config)
        return
    for number, one in enumerate(elements, 1):
        one = one if isinstance(one, str) else in_memory.plain(list(one) if isinstance(one, tuple) else one)
        if isinstance(one, list):
            fault = next(filter(None, map(wrong, one)), None)
            if fault:
                raise ValueError(f"predict, sentence {number}: {fault}")
            yield one
        else:
            yield texts.checked_text(one, f"predict, sentence {number}")


def _of_file(path, config):
    """Texts or lists of words of a file."""
    kind = sources.containers.kind(str(path))
    for one in sources.containers.expanded(path):
        with sources.containers.parts(one, empty=True) as parts:
            for part in parts:
                yield from _of_part(part, kind, config)


def _of_part(part, kind, config):
    if kind in sources.columnar.SUFFIXES or kind in sources.json_rows.SUFFIXES or kind == ".csv":
        with sources.of_part(part, [config.token_column or "tokens"], config) as opened:
            yield from _of_table([opened], config)
        return
    survey = files.Survey.of(part, config.encoding)
    lines = files.first_lines(survey)
    if kind in files.ENDINGS or conll.is_universal(lines, kind) or _looks_tagged(lines):
        yield from (sentence.tokens for sentence in files.of_part(part, config, tagged=False))
    elif kind in (".tsv", ".tab"):
        with sources.of_part(part, [config.token_column or "tokens"], config) as opened:
            yield from _of_table([opened], config)
    else:
        yield from sources.lines_of(survey)


def _looks_tagged(lines):
    """Whether lines are a word each, with columns between tabs."""
    counted = {line.count("\t") for line in lines if line.strip() and not line.startswith(("#", "-DOCSTART-"))}
    return len(counted) == 1 and 0 not in counted and any(not line.strip() for line in lines)


def _of_table(parts, config):
    """Texts or lists of words of the rows of a table."""
    for one in files.finishing(parts):
        names = [name.lower() for name in one.names or []]
        if config.token_column is None and "text" in names and not set(rows.TOKENS) & set(names):
            read, places = sources.columns.placed(one, [one.names[names.index("text")]])
            for number, (text,) in read.cells(places):
                text = sources.filled(text)
                what = texts.wrong(text)
                if what:
                    read.fault(number, what)
                else:
                    yield text
        else:
            yield from (sentence.tokens for sentence in rows.sentences(one, config, tagged=False))
