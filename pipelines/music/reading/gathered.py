"""The pieces read from one source so far, and what is to be said of it: files and pieces skipped, notes left out."""

import logging

log = logging.getLogger("unroll")

NAMED = 20  # skipped files and pieces of a source that are named one by one


class Gathered:
    """Pieces of a source, by split.

    limit: how many are wanted of each split; None for all.
    """

    def __init__(self, limit=None):
        self.by_split, self.limit = {}, limit
        self.read = self.files = 0  # pieces, files or parts that were read or skipped
        self.errors, self.pieces_skipped, self._named = [], 0, 0
        self._left_out = {}  # what: [how many, names of the files]

    def add(self, name, parsed):
        """Adds what `reader.Reader` made of a file: its pieces, skipped ones, what was left out."""
        for split, pieces in parsed["pieces"].items():
            self.by_split.setdefault(split, []).extend(pieces)
            self.read += len(pieces)
        self.skip_pieces(parsed["skipped"])
        for what, number in parsed["left_out"].items():
            total = self._left_out.setdefault(what, [0, {}])
            total[0] += number
            total[1][name] = True

    def skip(self, error):
        """Notes the error of a file that cannot be read."""
        self.errors.append(error)
        self._name(error)

    def skip_pieces(self, messages):
        """Notes the errors of single pieces of a file."""
        self.pieces_skipped += len(messages)
        for message in messages:
            self._name(message)

    def _name(self, message):
        self._named += 1
        if self._named <= NAMED:
            log.warning("skipped: %s", message)

    def enough(self, more=0):
        """Whether as many pieces as are wanted have been read, with `more` besides; splits are read whole."""
        return self.limit is not None and not set(self.by_split) - {""} and self.read + more >= self.limit

    def limited(self):
        """{split: [Piece, ...]}, without splits of none."""
        return {split: pieces[: self.limit] for split, pieces in self.by_split.items() if pieces}

    def say(self, source, unit="files"):
        """Warns, in a line each, of what was skipped and of what was left out."""
        if self.errors:
            log.warning("%s: %d of %d %s skipped", source, len(self.errors), self.files, unit)
        if self.pieces_skipped:
            log.warning("%s: %d of %d pieces skipped", source, self.pieces_skipped, self.pieces_skipped + self.read)
        if self._left_out:
            parts = (f"{number:,} {what}{self._where(names)}" for what, (number, names) in self._left_out.items())
            log.warning("%s: left out: %s", source, "; ".join(parts))

    def _where(self, names):
        """In how many of several files, and in which first."""
        if self.files == 1:
            return ""
        return f" in {len(names):,} of {self.files:,} (first in {next(iter(names))})"
