"""Rows that cannot be read: counted through a whole source, the first few named at its end, or left out if asked.

faults = Faults("reviews.csv", skip=False)
faults.add("line 4", "expected 2 fields, received 3")
faults.finish()               # raises; with skip=True it warns instead
"""

import logging

from pipelines.shared.messages import within

log = logging.getLogger("unroll")

NAMED = 3
LONGEST = 120  # letters of one fault where several are named
SKIP = "skip_bad (--skip-bad) goes on without"


class Faults:
    """The faults of one source.

    Args:
        called: what errors call the source.
        skip: whether rows with a fault are left out.
    """

    def __init__(self, called, skip=False):
        self.called, self.skip, self.count, self.read = called, skip, 0, 0
        self._first = []

    def add(self, where, what):
        """A row at `where`, such as "line 4", that is left out or ends the reading once all is read."""
        self.count += 1
        if len(self._first) < NAMED and what not in (said for _, said in self._first):
            self._first.append((where, what))

    @property
    def fatal(self):
        """Whether the source will be refused, so that no more of its rows need be kept."""
        return self.count > 0 and not self.skip

    def counting(self, cells):
        """`rows.Rows.cells` that counts the rows read."""

        def counted(places):
            for row in cells(places):
                self.read += 1
                yield row

        return counted

    def finish(self):
        """Says what was left out.

        Raises:
            ValueError: there are faults and they are not to be skipped.
        """
        if not self.count:
            return
        total = self.count + self.read
        if self.skip:
            log.warning("%s: %d of %d rows are left out: %s", self.called, self.count, total, self._named())
        elif self.count == 1:
            where, what = self._first[0]
            raise ValueError(f"{self.called}, {where}: {what}; {SKIP} it")
        else:
            raise ValueError(
                f"{self.called}: {self.count:,} of {total:,} rows cannot be read: {self._named()}; {SKIP} them"
            )

    def _named(self):
        """The first of each kind, and how many more there are."""
        named = "; ".join(f"{where}: {within(what, LONGEST)}" for where, what in self._first)
        more = self.count - len(self._first)
        return f"{named}; and {more:,} more" if more else named
