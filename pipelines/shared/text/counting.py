"""Counts of words, however many different words there are: those that are too many for memory are merged from disk.

counts = Counts()
counts.add(["good", "film"], [2, 1])
counts.most_common(20_000)          [("good", 2), ("film", 1)]: by count, equal ones by word
"""

import collections
import heapq
import itertools
import tempfile
import weakref

IN_MEMORY = 1_000_000  # different words; about 150 MB


class Counts:
    """A count a word, exact. What does not fit is written out, sorted, and added up when it is read."""

    def __init__(self):
        self._counts, self._files = collections.Counter(), []

    def add(self, words, times):
        """Counts each word as many times as the number beside it says."""
        for word, count in zip(words, times, strict=True):
            self._counts[word] += count
        if len(self._counts) > IN_MEMORY:
            self._write()

    def _write(self):
        file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - read in `items`
        weakref.finalize(self, file.close)
        file.writelines(f"{word}\t{count}\n" for word, count in sorted(self._counts.items()))
        self._files.append(file)
        self._counts = collections.Counter()

    def items(self):
        """Yields (word, count) of each word, in the order of the words; words hold neither tabs nor line feeds."""
        parts = [map(_parsed, _from_start(file)) for file in self._files]
        merged = heapq.merge(*parts, sorted(self._counts.items()))
        for word, same in itertools.groupby(merged, key=lambda counted: counted[0]):
            yield word, sum(count for _, count in same)

    def most_common(self, number=None):
        """[(word, count)] of so many words, the most frequent first, equal ones by word; None is all.

        >>> counts = Counts()
        >>> counts.add(["b", "a", "c"], [1, 1, 5])
        >>> counts.most_common(2)
        [('c', 5), ('a', 1)]
        """
        if number is None:
            return sorted(self.items(), key=_rank)
        return heapq.nsmallest(number, self.items(), key=_rank)


def _rank(counted):
    return -counted[1], counted[0]


def _from_start(file):
    file.seek(0)
    return file


def _parsed(line):
    word, _, count = line.rstrip("\n").rpartition("\t")
    return word, int(count)
