"""Pairs of sentences: from any source to the splits of a translator, checked at the door.

    load_splits("pairs.tsv", None, None, config)["train"]       -> {"source": [...], "target": [...]}
    grouped(examples)                                           -> (sources, lists of references)

A source can be:

    pairs.tsv, pairs.csv            two columns; a first row of names (source, target, or languages) is a header
    (train.en, train.es)            aligned text files, a sentence a line; the endings are the languages; several
                                    files of the target language (test.0.es, test.1.es) are several references
    pairs.jsonl                     an object a line; its target may be a list of references
    tfds:<name>, tfds:<name>/<split>    a set with a translation feature
    (sources, targets), a list of pairs, a dictionary of lists, a list of dictionaries, a tf.data.Dataset of any of
                                    these; a target may be a list of references
    several of the .tsv, .csv, .jsonl and tfds kinds, one after another; None is the built-in sample

`config.source` and `config.target` name columns or languages and so choose the direction: "en" also finds "english",
and "2" the second column. Without them the first is translated to the second. Lists without names are source first.
Each reference is an example of its own. 112,580 pairs are read in 1 s and split in 2 s.
"""

import hashlib
import logging
import os
import pathlib

from pipelines.shared.data import files, sources
from pipelines.shared.data.texts import checked_text
from pipelines.translation import pair_rows, sample
from pipelines.translation.pair_rows import SIDES

log = logging.getLogger("unroll")


def load_examples(data, config, download=False):
    """{"source": [...], "target": [...]}; pairs with an empty side are left out, and said.

    Raises:
        FileNotFoundError: no such file, or a tfds set that is not prepared. TypeError: data of another type.
        ValueError: a line that cannot be read, columns or languages that cannot be told, sources and targets of
            different number, no pairs.
    """
    if data is None:
        splits = _sample(config).values()
        return {side: [text for split in splits for text in split[side]] for side in SIDES}
    pairs = [pair for row in pair_rows.rows(data, config, download) for pair in _pairs(*row)]
    kept = [pair for pair in pairs if all(text.strip() for text in pair)]
    if len(kept) < len(pairs):
        log.warning(
            "%d of %d pairs have an empty source or target and are left out", len(pairs) - len(kept), len(pairs)
        )
    if not kept:
        received = f"{len(pairs)}, each with an empty side" if pairs else "none"
        raise ValueError(f"data: expected pairs of sentences, received {received}")
    return {side: [pair[place] for pair in kept] for place, side in enumerate(SIDES)}


def _pairs(place, source, target):
    """Yields the checked pair (source, reference) of each reference of a row."""
    source = checked_text(_given(source), place)
    for reference in (target or [""]) if isinstance(target, (list, tuple)) else [target]:
        yield source, checked_text(_given(reference), place)


def _given(value):
    return "" if sources.missing(value) else value


def _sample(config):
    """The splits of the built-in sample, in the direction asked for."""
    languages = {"en": "source", "es": "target"}
    sides = [languages[name] for name in pair_rows.chosen(list(languages), config, "the built-in sample")]
    splits = sample.generate()
    return {
        name: {side: columns[own] for side, own in zip(SIDES, sides, strict=True)} for name, columns in splits.items()
    }


def load_splits(data, valid, test, config, download=False):
    """The splits; what is not given is cut off so that no source and no target stands in two of them.

    A test split that is not given and of which the fraction is 0 is left out. The built-in sample has its own splits.
    """
    given = {"valid": valid, "test": test}
    fractions = {"valid": config.valid_fraction, "test": config.test_fraction}
    cut = {name: fractions[name] for name, part in given.items() if part is None and fractions[name]}
    if sum(cut.values()) >= 1:
        raise ValueError(f"valid_fraction, test_fraction: expected a sum below 1, received {sum(cut.values()):g}")
    splits = _sample(config) if data is None else split(load_examples(data, config, download), cut)
    splits |= {name: load_examples(part, config, download) for name, part in given.items() if part is not None}
    _check(splits)
    return splits


def split(examples, parts):
    """Cuts off the fractions `parts`: {"train": {...}, name: {...}, ...}, every split in the order of the examples.

    Pairs that share a source or a target, and those that share one with these, and so on, stay together; letter case,
    white space and the composition of letters do not count. Such groups are drawn in the order of a hash of what they
    say. A group too large for what is left of the fraction goes to "train".

    >>> examples = {"source": list("aabcdefghi"), "target": list("rsstuvwxyz")}
    >>> {name: "".join(part["source"]) for name, part in split(examples, {"test": 0.3}).items()}
    {'train': 'aabdghi', 'test': 'cef'}
    """
    groups = _groups(examples)
    chosen = {name: [] for name in ("train", *parts)}
    room = {name: max(1, round(fraction * len(examples["source"]))) for name, fraction in parts.items()}
    for group in groups:
        name = next((name for name in parts if len(group) <= room[name] - len(chosen[name])), "train")
        chosen[name] += group
    return {
        name: {side: [examples[side][row] for row in sorted(rows)] for side in SIDES} for name, rows in chosen.items()
    }


def _groups(examples):
    """Lists of rows that share sentences, in the order of their hashes."""
    contents = {side: list(map(sources.content, examples[side])) for side in SIDES}
    pairs = list(zip(contents["source"], contents["target"], strict=True))
    above = {}  # sentence: one of the same group, nearer to the group's first

    def first(sentence):
        while above.setdefault(sentence, sentence) != sentence:
            above[sentence] = sentence = above[above[sentence]]
        return sentence

    for source, target in pairs:
        above[first(("target", target))] = first(("source", source))
    groups = {}
    for row, (source, _) in enumerate(pairs):
        groups.setdefault(first(("source", source)), []).append(row)
    return sorted(groups.values(), key=lambda rows: _digest(min(pairs[row] for row in rows)))


def _digest(pair):
    return hashlib.sha256("\0".join(pair).encode("utf-8")).digest()


def _check(splits):
    sizes = ", ".join(f"{len(columns['source'])} {name}" for name, columns in splits.items())
    for name, columns in splits.items():
        if not columns["source"]:
            advice = "give more" + (f", or give {name}=" if name != "train" else "")
            raise ValueError(f"data: too few pairs, the split {name!r} is empty ({sizes}); {advice}")
    seen = {side: set(splits["train"][side]) for side in SIDES}
    for name in splits.keys() - {"train"}:
        pairs = list(zip(splits[name]["source"], splits[name]["target"], strict=True))
        shared = sum(source in seen["source"] or target in seen["target"] for source, target in pairs)
        if shared:
            log.warning("%s: %d of %d pairs share a sentence with the training split", name, shared, len(pairs))


def grouped(examples):
    """(sources, references): each distinct source once, in order of appearance, and the list of its translations.

    >>> grouped({"source": ["Go.", "Hi.", "Go."], "target": ["Ve.", "Hola.", "Vete."]})
    (['Go.', 'Hi.'], [['Ve.', 'Vete.'], ['Hola.']])
    """
    references = {}
    for source, target in zip(examples["source"], examples["target"], strict=True):
        references.setdefault(source, []).append(target)
    return list(references), list(references.values())


def read_inputs(inputs, config):
    """A list of sentences, from one, a list of them, or a file: .csv, .tsv, .jsonl, or text with a sentence a line.

    Blank lines of a text file stay, so that answers stand in line with it.
    """
    if isinstance(inputs, str) and not _names_a_file(inputs):
        inputs = [inputs]
    elif isinstance(inputs, (str, pathlib.PurePath)):
        table = pathlib.PurePath(inputs).suffix.lower() in files.SUFFIXES
        inputs = pair_rows.sources_of_file(inputs, config) if table else files.read_lines(inputs)
    if isinstance(inputs, (bytes, dict)) or not hasattr(inputs, "__iter__"):
        raise TypeError(f"predict: expected a text, a list of texts or a file, received {type(inputs).__name__}")
    return [checked_text(text, f"predict, text {number}") for number, text in enumerate(inputs, 1)]


def _names_a_file(text):
    return pathlib.PurePath(text).suffix.lower() in (*files.SUFFIXES, ".txt") or os.path.isfile(text)
