"""Rows of delimited text: which delimiter and which quotes a file uses, and its cells.

    dialect = told(survey, ".csv", wanted=["text", "label"])      Dialect(delimiter=",", quoting="double")
    for line, cells in rows(survey, dialect, faults): ...

Quotes are a matter of the file. Between commas, semicolons and bars they join what holds a delimiter or a line's end,
as RFC 4180 says; `"` is doubled inside, or stands behind a backslash. Between tabs most corpora are written without
them, so that a quote there is a letter, unless the file quotes as a writer of CSV does: see `_quoting_between_tabs`.
Cost: 60 MB a second, lines with quotes 30.
"""

import collections
import csv
import dataclasses
import itertools
import re

from pipelines.shared.messages import shown

BLANKS = "\ufdd1"  # no letter: stands for a run of spaces and tabs
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " ", "blanks": BLANKS, "none": ""}
BY_ENDING = {".tsv": "\t", ".tab": "\t"}
QUOTING = ("double", "backslash", "single", "none")
SAMPLE, LONG_SAMPLE = 2**20, 2**25  # letters by which a dialect is told; and what quotes mean between tabs
# One field may hold a whole book; the csv module's own limit is 128 KB.
LONGEST_FIELD = 2**24  # letters
RETURN = "\ufdd0"  # no letter: stands for a carriage return inside a line while the csv module reads it
# How often what follows an open quote is read anew, since the quote is a letter after all.
SECOND_READINGS = 1_000


@dataclasses.dataclass(frozen=True)
class Dialect:
    """delimiter: one letter, `BLANKS`, or "" for a single column. quoting: one of `QUOTING`. space: whether one may
    stand before a quote."""

    delimiter: str
    quoting: str
    space: bool = False

    def reader(self, lines):
        """A strict csv reader of them."""
        return csv.reader(
            lines, delimiter=self.delimiter, strict=True, quotechar="'" if self.quoting == "single" else '"',
            doublequote=self.quoting != "backslash", escapechar="\\" if self.quoting == "backslash" else None,
            skipinitialspace=self.space,
        )  # fmt: skip


def told(survey, suffix, wanted=(), delimiter=None, quoting=None):
    """The `Dialect` of a part; None if it does not look like a table at all.

    Args:
        survey: of the part.
        suffix: of its name; with ".csv" or ".tsv" it is a table whatever it looks like.
        wanted: names that are looked for in its first row.
        delimiter, quoting: where they are known: a letter, or a name of `DELIMITERS`; one of `QUOTING`.
    """
    lines, known = _Sample(survey, SAMPLE), suffix == ".csv" or suffix in BY_ENDING
    first = BY_ENDING.get(suffix, "," if known else "\t")
    delimiters = [first, *(other for other in ("\t", ",", ";", "|") if other != first)]
    named = re.fullmatch("sep=(.)\r?\n", lines.first)  # as Excel writes
    del lines.lines[: bool(named)]
    if delimiter is not None or named:
        delimiters = [named[1] if delimiter is None else _known(delimiter)]
    if not delimiters[0]:
        return Dialect("", "none")
    if delimiters == [BLANKS]:
        return Dialect(BLANKS, "none")
    fits = [_Fit(lines, each, quoting, wanted) for each in delimiters]
    best = max(fits, key=lambda fit: fit.key)
    if len(fits) > 1 and not best.is_table:
        if delimiter is None and quoting in (None, "none") and lines.are_numbers():
            return Dialect(BLANKS, "none")
        best = fits[0] if known else None
    if best and best.dialect.delimiter == "\t" and quoting is None:
        return Dialect("\t", _quoting_between_tabs(_Sample(survey, LONG_SAMPLE)) if survey.quotes else "none")
    return best and best.dialect


def _known(delimiter):
    """The letter of a delimiter, or "" for none.

    Raises:
        ValueError: neither a letter nor a name.
    """
    letter = DELIMITERS.get(delimiter, delimiter)
    if len(letter) > 1 or letter in tuple('"\r\n'):
        names = ", ".join(DELIMITERS)
        raise ValueError(f"delimiter: expected one letter, or one of {names}, received {shown(delimiter)}")
    return letter


class _Sample:
    """The first lines of a survey, whole ones; cut: whether others follow, so that the last row may end behind them."""

    def __init__(self, survey, letters):
        self.lines, self.cut = [], False
        for line in survey.lines():
            if letters < 0:
                self.cut = True
                break
            self.lines.append(line)
            letters -= len(line)

    @property
    def first(self):
        return self.lines[0] if self.lines else ""

    def counts(self, dialect):
        """(the share of the rows that have as many cells as most have, how many that is, the first row)."""
        if dialect.quoting == "none":
            read = [_cells(line.rstrip("\r\n"), dialect) for line in self.lines if line.strip("\r\n")]
        else:
            read = [cells or [] for _, cells, _ in _parsed(iter(self.lines), dialect, self.cut)]
        counts = collections.Counter(map(len, read))
        if not counts:
            return 0.0, 0, []
        ((most, rows),) = counts.most_common(1)
        return rows / len(read), most, read[0]

    def are_numbers(self):
        """Whether nearly all lines are numbers between blanks, as many in each; a first one may hold names."""
        rows = [line.split() for line in self.lines if line.strip()]
        ((columns, _),) = collections.Counter(map(len, rows)).most_common(1) or [(0, 0)]
        good = sum(len(row) == columns and _are_numbers(row) for row in rows[1:])
        return columns > 1 and good > 0.9 * len(rows[1:]) and good > 0


def _are_numbers(cells):
    """Whether cells are numbers; ? stands for one that is unknown."""
    try:
        return len([float(cell) for cell in cells if cell != "?"]) > 0
    except ValueError:
        return False


class _Fit:
    """How well a delimiter fits a sample: with the quotes that make rows of equal length of most of it."""

    def __init__(self, sample, delimiter, quoting, wanted):
        text = "".join(sample.lines)
        choices = [quoting] if quoting else _likely(text, delimiter)
        space = bool(re.search(f"{re.escape(delimiter)} ", sample.first)) and delimiter != " "
        dialects = [Dialect(delimiter, choice, space and choice != "none") for choice in choices]
        if not space and "double" in choices and re.search(f'{re.escape(delimiter)} +"', text):
            dialects.insert(0, Dialect(delimiter, "double", space=True))
        read = {dialect: sample.counts(dialect) for dialect in dialects}
        # The first that is right for all rows, or else the first.
        self.dialect = max(read, key=lambda dialect: read[dialect][0] == 1)
        self.share, self.columns, first = read[self.dialect]
        names = list(map(name_of, first))
        self.key = (sum(name in names for name in wanted), self.is_table, self.share)

    @property
    def is_table(self):
        return self.columns > 1 and self.share > 0.9


def name_of(cell):
    """The name of a column as a cell of a first row writes it, without white space and byte order marks.

    >>> name_of("\ufeff text ")
    'text'
    """
    return cell.strip("\ufeff \t\r\n\xa0")


def _likely(text, delimiter):
    """The quotings that a text may have, the likeliest first."""
    if delimiter == "\t":
        return ["none", "double"]
    backslash = ["backslash"] if '\\"' in text else []
    single = ["single"] if _quotes_once(text, delimiter) else []
    return [*backslash, "double", *single] if '""' not in text else ["double", *backslash, *single]


def _quotes_once(text, delimiter):
    """Whether a cell is in single quotes since it holds a delimiter: apostrophes are not such."""
    d = re.escape(delimiter)
    return bool(re.search(f"(?m)(^|{d})'[^'\n]*{d}[^'\n]*'({d}|\r?$)", text))


def _quoting_between_tabs(sample):
    """Whether quotes between tabs are those of a writer of CSV ("double"), or letters ("none").

    They are a writer's if more rows have as many cells with them than without; or if all have either way, each cell
    with a quote in it is quoted rightly, and one as no one else would write it: with doubled quotes inside, empty, or
    in a column of which every cell is quoted.
    """
    plain, _, _ = sample.counts(Dialect("\t", "none"))
    quoted, _, _ = sample.counts(Dialect("\t", "double"))
    if plain < 1 or quoted < 1:
        return "double" if quoted > plain else "none"
    rows = [line.rstrip("\r\n").split("\t") for line in sample.lines if line.strip("\r\n")]
    cells = [cell for row in rows for cell in row if '"' in cell]
    if not all(map(_is_quoted, cells)):
        return "none"
    evident = any(cell == '""' or '""' in cell[1:-1] for cell in cells)
    columns = zip(*rows[1:] or rows, strict=True)
    return "double" if evident or any(all(map(_is_quoted, column)) for column in columns) else "none"


def _is_quoted(cell):
    return len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")


def rows(survey, dialect, faults):
    """Yields (number of its first line, cells) of each row that is not blank.

    faults: gets the others, such as rows with more or fewer cells than the first, or with quotes that do not match.
    """
    csv.field_size_limit(LONGEST_FIELD)
    first = None
    for number, cells, what in _read(survey, dialect):
        if number == 1 and len(cells or ()) == 2 and cells[0] == "sep=":
            continue
        if what is None:
            first = first or len(cells)
            what = _wrong(cells, first, survey)
        if what is None:
            yield number, cells
        else:
            faults.add(f"line {number}", what)


def _read(survey, dialect):
    """Yields (number of the first line, cells, None) or (number, [], what is wrong) of each row."""
    lines = survey.lines()
    if dialect.quoting != "none":
        return _parsed(lines if survey.clean else map(_without_returns, lines), dialect)
    texts = (line.removesuffix("\n").removesuffix("\r") for line in lines)
    return ((number, _cells(text, dialect), None) for number, text in enumerate(texts, 1) if _holds_any(text, dialect))


def _holds_any(text, dialect):
    return text.strip() if dialect.delimiter == BLANKS else text


def _cells(text, dialect):
    """The cells of a line without quotes."""
    if dialect.delimiter == BLANKS:
        return text.split()
    return text.split(dialect.delimiter) if dialect.delimiter else [text]


def _without_returns(line):
    text = line.removesuffix("\n").removesuffix("\r")
    return text.replace("\r", RETURN) + line[len(text) :] if "\r" in text else line


class _Lines:
    """Lines that can be given back."""

    def __init__(self, lines):
        self._lines, self.number, self.taken = lines, 0, []

    def __iter__(self):
        return self

    def __next__(self):
        line = next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self):
        """All lines taken but the first."""
        back = self.taken[1:]
        self._lines = itertools.chain(back, self._lines) if back else self._lines
        self.number -= len(back)


def _parsed(lines, dialect, cut=False):
    """As `_read`; where a quote has no match, the row is its first line alone, and the next are read anew.

    cut: whether the lines are the first of more, so that what is open at their end is no row at all.
    """
    lines = _Lines(lines)
    reader, columns, again = dialect.reader(lines), None, 0
    while True:
        lines.taken, begin = [], lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if cut and "unexpected end" in str(error):
                return
            cells, what = None, _said(error, dialect)
        else:
            if not cells:
                continue
            columns = columns or len(cells)
            what = None
        if len(lines.taken) > 1 and (what or len(cells) != columns) and again < SECOND_READINGS:
            cells, what, again = None, what or "a quote that opens here joins it with the next lines", again + 1
            lines.give_back()
            reader = dialect.reader(lines)
        yield begin, cells, what


def _said(error, dialect):
    if "field limit" in str(error):
        quotes = "" if dialect.quoting == "none" else "; quoting='none' (--quoting none) takes quotes for letters"
        return f"expected a field of up to {LONGEST_FIELD:,} letters, received a longer one{quotes}"
    return (
        f"{error}; put a field that holds the delimiter, a quote or a line's end in double quotes, and write each "
        "quote in it twice, or give quoting='none' (--quoting none) if quotes are letters"
    )


def _wrong(cells, columns, survey):
    """What is wrong with a row, or None; in place, letters that stood for others become those again."""
    if not survey.clean:
        text = "".join(cells)
        if what := survey.wrong(text):
            return what
        if RETURN in text:
            cells[:] = [cell.replace(RETURN, "\r") for cell in cells]
    if len(cells) != columns:
        return (
            f"expected {columns} fields, received {len(cells)}; put a field that holds the delimiter in double quotes"
        )
    return None
