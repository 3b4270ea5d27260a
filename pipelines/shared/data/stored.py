"""Long columns that take a few bytes a row of memory: texts, labels and sequences of ids, on disk once they are many.

    texts = Texts.of(["good", "bad"])       a Sequence: texts[1], texts[0:2], len(texts), iteration, texts.picked([1])
    labels = Labels.of(["pos", 1, "pos"])   likewise; each distinct value is held once
    ids = Arrays.of(np.int32 arrays)        likewise, of arrays (time,); ids.lengths (rows,)

What they hold is written to a temporary file without a name as soon as it is larger than `IN_MEMORY`, so that it is
gone with the process, however that ends. A column picked from another shares its content.
"""

import array
import collections
import itertools
import os
import tempfile
import weakref
from collections.abc import Iterable, Sequence

import numpy as np

IN_MEMORY = 2**26  # bytes of content that stay in memory
BLOCK = 4096  # rows that are read together where all are


class _Content:
    """Bytes that are appended and then read anywhere."""

    def __init__(self):
        self._memory, self._file, self.size = bytearray(), None, 0

    def append(self, part):
        self._memory += part
        self.size += len(part)
        if len(self._memory) > (IN_MEMORY if self._file is None else 2**20):
            self._spill()

    def _spill(self):
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lives as long as the content
            weakref.finalize(self, self._file.close)
        written = memoryview(self._memory)
        while written:
            written = written[self._file.write(written) :]
        self._memory = bytearray()

    def finish(self):
        if self._file is not None:
            self._spill()

    def read(self, start, end):
        if self._file is None:
            return bytes(self._memory[start:end])
        return os.pread(self._file.fileno(), end - start, start)


class _Values(Sequence):
    """What is read block by block, and equals any sequence of the same values."""

    def __iter__(self):
        for start in range(0, len(self), BLOCK):
            yield from self[start : start + BLOCK]

    def __eq__(self, other):
        return (
            len(self) == len(other) and all(map(_same, self, other)) if isinstance(other, Sequence) else NotImplemented
        )

    __hash__ = None

    def __repr__(self):
        return f"<{type(self).__name__} of {len(self)}: {self[:3]}...>"


class _Column(_Values):
    """A column whose rows are spans of a content; `_decoded` makes a value of the bytes of a row."""

    def __init__(self, content, ends, rows=None):
        self._content, self._ends, self._rows = content, ends, rows

    def __len__(self):
        return len(self._ends) if self._rows is None else len(self._rows)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self._at(range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        return self._at([index % len(self)])[0]

    @property
    def sizes(self):
        """int64 (rows,), in bytes"""
        sizes = np.diff(self._ends, prepend=0)
        return sizes if self._rows is None else sizes[self._rows]

    def picked(self, rows):
        """The column of these rows, which shares the content."""
        rows = np.asarray(rows, np.int64)
        return type(self)(self._content, self._ends, rows if self._rows is None else self._rows[rows])

    def _at(self, places):
        """A list of the values at places."""
        rows = np.asarray(places, np.int64)
        rows = rows if self._rows is None else self._rows[rows]
        if not len(rows):
            return []
        ends = self._ends[rows]
        starts = np.where(rows > 0, self._ends[rows - 1], 0)
        if (starts[1:] == ends[:-1]).all():  # one behind another: read at once
            whole, first = self._content.read(int(starts[0]), int(ends[-1])), int(starts[0])
            return [self._decoded(whole[start - first : end - first]) for start, end in _pairs(starts, ends)]
        return [self._decoded(self._content.read(start, end)) for start, end in _pairs(starts, ends)]


def _pairs(starts, ends):
    return zip(starts.tolist(), ends.tolist(), strict=True)


def _same(one, other):
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


class Texts(_Column):
    """Texts, as UTF-8."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        """The column of these texts; itself, if they are one.

        >>> texts = Texts.of(["good", "", "schön"])
        >>> texts[-1], texts[:2], len(texts), texts.picked([2, 0]) == ["schön", "good"]
        ('schön', ['good', ''], 3, True)
        """
        return texts if isinstance(texts, cls) else _built(_Spans(cls), texts)

    @staticmethod
    def _encoded(text):
        return text.encode("utf-8", "surrogatepass")

    def _decoded(self, content):
        return content.decode("utf-8", "surrogatepass")


class Arrays(_Column):
    """Arrays int32 (time,)."""

    @classmethod
    def of(cls, arrays: Iterable) -> "Arrays":
        """The column of these arrays; itself, if they are one.

        >>> arrays = Arrays.of([[1, 2], [], [3]])
        >>> arrays[0].tolist(), arrays.lengths.tolist()
        ([1, 2], [2, 0, 1])
        """
        return arrays if isinstance(arrays, cls) else _built(_Spans(cls), arrays)

    @classmethod
    def joined(cls, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> "Arrays":
        """The column of the arrays of several parts: (all their values one after another, the length of each array).

        >>> Arrays.joined([(np.array([1, 2, 3]), np.array([2, 0, 1]))])[0].tolist()
        [1, 2]
        """
        builder = _Spans(cls)
        for values, lengths in parts:
            builder.extend(values, 4 * np.asarray(lengths, np.int64))
        return builder.column()

    @staticmethod
    def _encoded(values):
        return np.asarray(values, np.int32).tobytes()

    @property
    def lengths(self):
        """int32 (rows,)"""
        return (self.sizes // 4).astype(np.int32)

    def _decoded(self, content):
        return np.frombuffer(content, np.int32)


class _Spans:
    """Builds a `_Column` value by value."""

    def __init__(self, kind):
        self._kind, self._content, self._ends = kind, _Content(), array.array("q")

    def append(self, value):
        self._content.append(self._kind._encoded(value))
        self._ends.append(self._content.size)

    def extend(self, values, sizes):
        """Appends values that lie one after another, each of so many bytes."""
        ends = self._content.size + np.cumsum(sizes)
        self._content.append(self._kind._encoded(values))
        self._ends.frombytes(ends.astype(np.int64).tobytes())

    def column(self):
        self._content.finish()
        return self._kind(self._content, np.array(self._ends, np.int64))


def _built(builder, values):
    for value in values:
        builder.append(value)
    return builder.column()


def columns(rows, *kinds):
    """A list of columns of these kinds, read from rows in one pass.

    >>> columns([("good", 1), ("bad", 0)], Texts, Labels)
    [<Texts of 2: ['good', 'bad']...>, <Labels of 2: [1, 0]...>]
    """
    builders = [_Codes() if kind is Labels else _Spans(kind) for kind in kinds]
    for row in rows:
        for builder, value in zip(builders, row, strict=True):
            builder.append(value)
    return [builder.column() for builder in builders]


def picked(column, rows):
    """These rows of a column, of this module or a list."""
    return column.picked(rows) if hasattr(column, "picked") else [column[row] for row in rows]


def joined(columns):
    """Columns of one kind, of this module or lists, one behind another.

    >>> joined([[1], [2]]), joined([Texts.of(["a"]), Texts.of(["b"])])
    ([1, 2], <Texts of 2: ['a', 'b']...>)
    """
    if len(columns) == 1:
        return columns[0]
    values, kind = itertools.chain.from_iterable(columns), type(columns[0])
    return kind.of(values) if hasattr(kind, "of") else list(values)


class Labels(_Values):
    """Values of which few are distinct: each is held once, and a row takes four bytes.

    codes: int32 (rows,), of `values`.
    """

    def __init__(self, codes, values):
        self.codes, self.values = codes, values

    @classmethod
    def of(cls, labels: Iterable) -> "Labels":
        """The column of these labels, itself if they are one; 1, True and "1" are distinct.

        >>> labels = Labels.of(["pos", 1, "pos"])
        >>> labels[0], list(labels), labels.picked([1]) == [1], labels.counts()
        ('pos', ['pos', 1, 'pos'], True, Counter({'pos': 2, 1: 1}))
        """
        return labels if isinstance(labels, cls) else _built(_Codes(), labels)

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self.values[code] for code in self.codes[index].tolist()]
        return self.values[self.codes[index]]

    def picked(self, rows):
        """The labels of these rows."""
        return Labels(self.codes[np.asarray(rows, np.int64)], self.values)

    def mapped(self, function):
        """The labels that `function` makes of these."""
        return Labels(self.codes, list(map(function, self.values)))

    def counts(self):
        """How often each label stands here, a Counter."""
        numbers = np.bincount(self.codes, minlength=len(self.values)).tolist()
        total = collections.Counter()
        for value, number in zip(self.values, numbers, strict=True):
            if number:
                total[value] += number
        return total


class _Codes:
    """Builds `Labels` value by value."""

    def __init__(self):
        self._codes, self._known = array.array("i"), {}

    def append(self, label):
        self._codes.append(self._known.setdefault((type(label), label), len(self._known)))

    def column(self):
        return Labels(np.array(self._codes, np.int32), [label for _, label in self._known])
