"""Pairs of sentences: reads any source, checks it, and splits it for a translator.

    load_splits("pairs.tsv", None, None, config)["train"]       -> {"source": [...], "target": [...]}
    grouped(examples)                                           -> (sources, lists of references)

A source can be:

    pairs.tsv, pairs.csv            two columns; a first row of names (source, target, or languages) is a header
    (train.en, train.es)            aligned text files, one sentence a line; the endings are the languages; several
                                    files of the target language (test.0.es, test.1.es) are several references
    pairs.jsonl                     one object a line; its target may be a list of references
    tfds:<name>, tfds:<name>/<split>    a set with a translation feature
    (sources, targets), a list of pairs, a list of dictionaries, a tf.data.Dataset of any of these; a target may be a
                                    list of references
    a DataFrame of pandas or polars, a table of pyarrow, a dictionary of columns
    several of the .tsv, .csv, .jsonl and tfds kinds, one after another; None is the built-in sample

`config.source` and `config.target` name columns or languages and so choose the direction: "en" also finds "english",
and "2" the second column. Without them the first is translated to the second. In lists without names the source comes
first.
Each reference is an example of its own. 112,580 pairs are read in 1 s and split in 2 s.
"""

import array
import hashlib
import itertools
import logging
import operator

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.data import connected, provenance, sources, splits, stored, texts
from pipelines.translation import pair_rows, sample
from pipelines.translation.pair_rows import SIDES

log = logging.getLogger("unroll")

SPLIT_RULE = 1  # raised with each change of what falls in which split; see `shared.data.original_splits`
FORMER_RULES = defaults.FORMER_RULES


def load_examples(data, config, download=False, role="data"):
    """{"source": [...], "target": [...]}; pairs with an empty side are left out with a warning.

    Raises:
        FileNotFoundError: there is no such file, or the tfds set is not prepared. TypeError: data has another type.
        ValueError: a line cannot be read, the columns or languages are unclear, sources and targets differ in number,
            or there are no pairs.
    """
    if data is None:
        parts = _sample(config).values()
        return {side: stored.Texts.of(text for part in parts for text in part[side]) for side in SIDES}
    pairs = itertools.islice(_pairs(data, config, download, role), config.limit)
    source, target = stored.columns(pairs, stored.Texts, stored.Texts)
    if not source:
        called = provenance.called(data, role)
        raise ValueError(f"{called}: expected pairs of sentences, received none of which both sides hold a text")
    return {"source": source, "target": target}


def _pairs(data, config, download, role):
    """Yields the pair (source, reference) of each reference of each row."""
    empty = read = 0
    for rows, places in pair_rows.opened(data, config, download, role):
        for number, (source, target) in rows.cells(places):
            references = (target or [""]) if isinstance(target, (list, tuple)) else [target]
            pairs = [(sources.filled(source), sources.filled(reference)) for reference in references]
            what = next(filter(None, (texts.wrong(text) for pair in pairs for text in pair)), None)
            if what:
                rows.fault(number, what)
                continue
            kept = [pair for pair in pairs if all(text.strip() for text in pair)]
            read, empty = read + len(pairs), empty + len(pairs) - len(kept)
            if not rows.faults.fatal:
                yield from kept
    if empty:
        log.warning("%d of %d pairs have an empty source or target and are left out", empty, read)


def _sample(config):
    """The splits of the built-in sample, in the direction asked for."""
    languages = {"en": "source", "es": "target"}
    sides = [languages[name] for name in pair_rows.chosen(list(languages), config, "the built-in sample")]
    return {
        name: {side: columns[own] for side, own in zip(SIDES, sides, strict=True)}
        for name, columns in sample.generate().items()
    }


def load_splits(data, valid, test, config, download=False):
    """The splits; those not given are cut off so that no source and no target falls in two of them.

    Without a test split and with a `test_fraction` of 0 there is none. The built-in sample has its own splits.
    """
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    loaded = _sample(config) if data is None else split(load_examples(data, config, download), parts)
    loaded |= {name: load_examples(source, config, download, name) for name, source in own.items()}
    splits.check(loaded, "pairs", _sentences, "pairs share a sentence with the training split")
    return loaded


def _sentences(part):
    """The sentences of each pair, each with its side."""
    return (tuple(zip(SIDES, pair, strict=True)) for pair in zip(part["source"], part["target"], strict=True))


def split(examples, parts):
    """Cuts off the fractions `parts`: {"train": {...}, name: {...}, ...}, every split in the order of the examples.

    Pairs that share a source or a target, and those that share one with these, and so on, stay together; letter case,
    white space and the Unicode composition of letters do not count. Such groups are drawn in the order of a hash of
    their text. A group too large for the rest of a fraction goes to "train".

    >>> examples = {"source": list("aabcdefghi"), "target": list("rsstuvwxyz")}
    >>> {name: "".join(part["source"]) for name, part in split(examples, {"test": 0.3}).items()}
    {'train': 'aabdghi', 'test': 'cef'}
    """
    groups, order = _groups(examples)
    sizes = np.bincount(groups)  # (groups,)
    rooms = [max(1, round(fraction * len(groups))) for fraction in parts.values()]
    chosen = np.zeros(len(sizes), np.int8)  # the part of each group
    for group in order:
        if not any(rooms):
            break
        part = next((part for part, room in enumerate(rooms) if sizes[group] <= room), None)
        if part is not None:
            rooms[part] -= sizes[group]
            chosen[group] = part + 1
    return splits.cut(examples, chosen[groups], parts)


def _groups(examples):
    """(the number of each row's group (rows,), the groups in the order of their hashes (groups,))."""
    *sides, hashes = _hashes(examples)
    groups = connected.groups(sides)
    del sides  # of which the next step needs the memory
    return groups, np.argsort(_first_hashes(examples, groups, hashes), kind="stable")


def _hashes(examples):
    """uint64 (rows,) three times: hashes of what a split sees of the source, of the target and of both."""
    hashes = [array.array("Q") for _ in range(3)]
    contents = [map(splits.content, examples[side]) for side in SIDES]
    for source, target in zip(*contents, strict=True):
        for column, text in zip(hashes, (source, target, f"{source}\0{target}"), strict=True):
            column.append(_hash(text))
    return list(map(np.asarray, hashes))


def _hash(text):
    """The first 8 bytes of SHA-256, as a number."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


def _first_hashes(examples, groups, hashes):
    """uint64 (groups,): the hash of that pair of each group whose texts come first in the alphabet."""
    sizes = np.bincount(groups)
    firsts = np.zeros(len(sizes), np.uint64)
    firsts[groups] = hashes
    rows = np.flatnonzero(sizes[groups] > 1)
    rows = rows[np.argsort(groups[rows], kind="stable")]
    contents = [map(splits.content, stored.picked(examples[side], rows)) for side in SIDES]
    for group, several in itertools.groupby(zip(groups[rows], *contents, strict=True), operator.itemgetter(0)):
        firsts[group] = _hash("\0".join(min(pair for _, *pair in several)))
    return firsts


def grouped(examples, most=None):
    """(sources, references): each distinct source once, in order of appearance, and the list of its translations.

    most: only so many sources, the first.

    >>> grouped({"source": ["Go.", "Hi.", "Go."], "target": ["Ve.", "Hola.", "Vete."]})
    (['Go.', 'Hi.'], [['Ve.', 'Vete.'], ['Hola.']])
    """
    references = {}
    for source, target in zip(examples["source"], examples["target"], strict=True):
        if source in references or most is None or len(references) < most:
            references.setdefault(source, []).append(target)
    return list(references), list(references.values())


def read_inputs(inputs, config):
    """A list of sentences, from one of them, a list or a Series, a table that has the source language, or a file: a
    table of any kind, or .txt and others with one sentence a line.

    Blank lines of a text file are kept, so that the answers stay aligned with it.
    """
    if isinstance(inputs, str) and not texts.names_a_file(inputs):
        inputs = [inputs]
    if isinstance(inputs, sources.PATHS) and pair_rows.is_memory(inputs):
        inputs = [row[0] for rows, places in pair_rows.opened(inputs, config) for _, row in rows.cells(places)]
    elif isinstance(inputs, sources.PATHS) and not pair_rows.is_table(inputs):
        return texts.read_lines(inputs, config)
    return texts.read_inputs(inputs, lambda rows: pair_rows.placed(rows, config, SIDES[:1]), config)
