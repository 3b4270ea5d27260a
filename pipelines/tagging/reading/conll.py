"""Sentences in CoNLL files: a word a line, its columns between tabs or blanks, a blank line behind each sentence.

    CoNLL-U         10 columns between tabs; comments begin with #; ranges of words (1-2) and empty nodes (1.1) are no
                    words: a tag belongs to each word of a range
    other CoNLL     2 columns or more, as many in each line; -DOCSTART- lines are passed over

A fault is said with its line; with `skip_bad` its sentence is left out.
"""

import dataclasses
import itertools
import re

from pipelines.shared.messages import listed, shown
from pipelines.tagging.reading.sentence import Sentence, wrong

FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
TOKENS = ("token", "tokens", "word", "words", "form", "text")
TAGS = ("tag", "tags", "ner", "ner_tag", "ner_tags", "pos", "pos_tag", "pos_tags", "upos", "xpos", "label", "labels")
LOOKED_AT = 400  # lines by which a file is told
_BLANKS = " \t\r\ufeff"  # others, such as U+00A0, may be words
_COMMENT = re.compile(r"#\s*(id|global|newdoc|newpar|sent_id|text|source|meta|doc)\b|#\s*[\w.:-]+\s*=\s")
_ID = re.compile(r"(\d+)(?:-(\d+)|(\.\d+))?")


class Fault(ValueError):
    """What is wrong with a line: (its number, what)."""

    def __init__(self, number, what):
        super().__init__(what)
        self.number, self.what = number, what


@dataclasses.dataclass(frozen=True)
class Layout:
    """How the lines of a file are read.

    universal: whether it is CoNLL-U. tabs: whether tabs alone are between columns. columns: how many there are.
    token, tag: the places of the columns, from 0 on; tag is None where only words are read. header: the line with the
    names of the columns, 0 where there is none.
    """

    universal: bool
    tabs: bool
    columns: int
    token: int
    tag: int | None
    header: int = 0

    def cells(self, line):
        """The cells of a line."""
        line = line.strip("\r\n\ufeff")
        return line.split("\t") if self.tabs else re.split("[ \t]+", line.strip(_BLANKS))


def blocks(lines):
    """Yields lists of (number from 1, line) between blank lines."""
    block = []
    for number, line in enumerate(lines, 1):
        if line.strip(_BLANKS + "\n"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def is_universal(lines, suffix):
    """Whether lines are CoNLL-U: by the name of their file, or by ten columns of which the first is an id."""
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    cells = first.rstrip("\r\n").split("\t")
    return suffix == ".conllu" or (len(cells) == len(FIELDS) and bool(_ID.fullmatch(cells[0])))


def told(lines, suffix, config, called, tagged=True):
    """The `Layout` of a file.

    Args:
        lines: the first ones. suffix: of the file's name. config: settings with `tag_column` and `token_column`.
        called: what errors call the file. tagged: whether tags are read too.

    Raises:
        ValueError: columns that it does not have, or a single one.
    """
    if is_universal(lines, suffix):
        token = _place(config.token_column or "form", FIELDS, called, "token_column")
        tag = _place(config.tag_column or "upos", FIELDS, called, "tag_column") if tagged else None
        return Layout(True, True, len(FIELDS), token, tag)
    return _told(lines, config, called, tagged)


def _told(lines, config, called, tagged):
    """The `Layout` of other CoNLL."""
    block = [(number, line) for number, line in itertools.chain(*blocks(lines)) if not _passed(line)]
    if not block:
        raise ValueError(f"{called}: expected a word and its tag a line, received none")
    tabs = "\t" in block[0][1].strip(_BLANKS)
    plain = Layout(False, tabs, 0, 0, None)
    first = plain.cells(block[0][1])
    if len(first) < 1 + tagged:
        raise ValueError(
            f"{called}, line {block[0][0]}: expected columns between tabs or blanks, a word and its tag, received one, "
            f"{shown(block[0][1].strip())}"
        )
    names = [cell.strip().lower() for cell in first]
    header = config.header == "yes" or (config.header is None and names[0] in TOKENS and names[-1] in TAGS)
    names = [cell.strip() for cell in first] if header else len(first)
    token = config.token_column or str(1 + (len(first) > 2 and _are_counted(lines, plain)))
    token = _place(token, names, called, "token_column")
    tag = _place(config.tag_column or str(len(first)), names, called, "tag_column") if tagged else None
    if token == tag:
        raise ValueError(f"{called}: expected another column of tags than that of words, received {tag + 1} for both")
    return Layout(False, tabs, len(first), token, tag, block[0][0] if header else 0)


def _are_counted(lines, plain):
    """Whether the first column counts the words of each sentence, as in CoNLL-2009."""
    sentences = [[line for _, line in block if not _passed(line)] for block in blocks(lines)]
    return all(plain.cells(line)[0] == str(number) for sentence in sentences for number, line in enumerate(sentence, 1))


def _place(name, names, called, setting):
    """The place of a column by its name or its number; names: of the columns, or how many there are."""
    count = names if isinstance(names, int) else len(names)
    if name.isdecimal() and 1 <= int(name) <= count:
        return int(name) - 1
    known = [] if isinstance(names, int) else [other.lower() for other in names]
    if name.lower() in known:
        return known.index(name.lower())
    held = f"{count} columns without names; give a number" if isinstance(names, int) else listed(list(names), 12)
    raise ValueError(f"{called}: no column {shown(name)} (--{setting.replace('_', '-')}); it has {held}")


def _passed(line):
    """Whether a line is no word: a comment in front of a sentence, or the mark of a document."""
    return line.startswith("-DOCSTART-") or bool(_COMMENT.match(line))


def sentences(lines, layout, faults):
    """Yields the `Sentence`s of a file; those with a fault are not among them."""
    for block in blocks(lines):
        try:
            sentence = _universal(block, layout) if layout.universal else _columns(block, layout)
        except Fault as fault:
            faults.add(f"line {fault.number}", fault.what)
            continue
        if sentence:
            faults.read += 1
            yield sentence


def _columns(block, layout):
    """The `Sentence` of a block of other CoNLL; None of one without words."""
    tokens, tags = [], []
    for number, line in block:
        cells = layout.cells(line)
        if number == layout.header or line.startswith("-DOCSTART-"):
            continue
        if not tokens and _passed(line) and (len(cells) != layout.columns or _COMMENT.match(line)):
            continue
        if len(cells) != layout.columns:
            hint = "; is a tab missing?" if len(cells) == 1 else ""
            raise Fault(
                number, f"expected {layout.columns} columns, received {len(cells)}, {shown(line.strip())}{hint}"
            )
        tokens.append(_word(cells[layout.token].strip(_BLANKS), number))
        if layout.tag is not None:
            tags.append(_word(cells[layout.tag].strip(_BLANKS), number, "a tag"))
    return Sentence(tokens, tags if layout.tag is not None else None) if tokens else None


def _word(cell, number, what="a word"):
    fault = wrong(cell, what)
    # A blank that is none of ASCII may be a word of a corpus.
    if fault and not (cell and not cell.strip() and not cell.isascii()):
        raise Fault(number, fault)
    return cell


def _universal(block, layout):
    """The `Sentence` of a block of CoNLL-U; None of one without words."""
    text, words = "", _Words(layout)
    for number, line in block:
        if line.startswith("#"):
            key, _, value = line[1:].partition("=")
            text = value if key.strip() == "text" else text
            continue
        cells = layout.cells(line)
        if len(cells) != layout.columns:
            hint = "; the tabs became blanks" if len(re.split(" +", line.strip())) == layout.columns else ""
            raise Fault(number, f"expected 10 columns between tabs, as CoNLL-U has, received {len(cells)}{hint}")
        words.add(number, cells)
    if words.end > len(words.tokens):
        received = f"received {len(words.tokens)}"
        raise Fault(block[-1][0], f"expected words up to {words.end}, as a range says, {received}")
    if not words.tokens:
        return None
    parts, sizes = words.parts(" ".join(text.split()))
    return Sentence(words.tokens, words.tags if layout.tag is not None else None, " ".join(parts), tuple(sizes))


class _Words:
    """The words of a sentence of CoNLL-U, line by line.

    end: the last word of the range that is read. surfaces: [form, how many words, whether a blank follows].
    """

    def __init__(self, layout):
        self.layout, self.tokens, self.tags, self.surfaces, self.end = layout, [], [], [], 0

    def add(self, number, cells):
        match, following = _ID.fullmatch(cells[0]), len(self.tokens) + 1
        if not match:
            raise Fault(number, f"expected the number of a word, such as 1, 1-2 or 1.1, received {shown(cells[0])}")
        if match[3]:  # an empty node
            return
        backwards = match[2] and (int(match[2]) < int(match[1]) or self.end >= following)
        if int(match[1]) != following or backwards:
            raise Fault(number, f"expected word {following}, received {shown(cells[0])}")
        spaced = "SpaceAfter=No" not in cells[9].split("|")
        if match[2]:
            self.end = int(match[2])
            self.surfaces.append([_word(cells[1], number), self.end + 1 - following, spaced])
            return
        self.tokens.append(_word(cells[self.layout.token], number))
        if self.layout.tag is not None:
            self.tags.append(_word(cells[self.layout.tag], number, "a tag"))
        if following > self.end:
            self.surfaces.append([cells[1], 1, spaced])

    def parts(self, text):
        """(what stands between blanks, how many words of each); two empty lists where the text is not known, or where
        the forms do not make it."""
        told = text or not all(spaced for *_, spaced in self.surfaces)
        parts, sizes = _parts(self.surfaces) if told and self.layout.token == 1 else ([], [])
        return (parts, sizes) if not text or " ".join(parts) == text else ([], [])


def _parts(surfaces):
    """(what stands between blanks, how many words of each)."""
    parts, sizes, open_part = [], [], False
    for form, size, spaced in surfaces:
        if " " in form:  # of a word with a blank in it, text cannot be told
            return [], []
        if open_part:
            parts[-1], sizes[-1] = parts[-1] + form, sizes[-1] + size
        else:
            parts.append(form)
            sizes.append(size)
        open_part = not spaced
    return parts, sizes
