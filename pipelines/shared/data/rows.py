"""Rows with the names of their columns: what every source is at the door, whatever it was.

rows = Rows("reviews.csv", ["id", "text", "label"], cells, faults)
for number, (text, label) in rows.cells([1, 2]): ...
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pipelines.shared.data.faults import Faults

Cells = Callable[[Sequence[int]], Iterator[tuple[int, Sequence[Any]]]]


@dataclasses.dataclass
class Rows:
    """The rows of one part of a source.

    Args:
        called: what errors call it, such as "reviews.csv".
        names: of the columns, from a first line or of the source itself; None where they have none.
        cells: a function of the places of columns, from 0 on, that yields (number, the cells at these places); once.
        faults: gets what is wrong with single rows.
        unit: what the numbers count: "line", "row" or "example".
        first: (number, cells) of the line that the names are from, where it might be a row of data as well.
        doubtful: whether the first row might be a header as well.
    """

    called: str
    names: list[str] | None
    cells: Cells
    faults: Faults
    unit: str = "line"
    first: tuple[int, Sequence[Any]] | None = None
    doubtful: bool = False

    def where(self, number: int) -> str:
        """A row as errors call it: "reviews.csv, line 4"."""
        return f"{self.called}, {self.unit} {number}"

    def fault(self, number: int, what: str) -> None:
        """Something is wrong with a row that was read."""
        self.faults.read -= 1
        self.faults.add(f"{self.unit} {number}", what)

    def without_header(self) -> "Rows":
        """The same with the names as a first row of data; the columns are then called "1", "2" and so on."""
        if self.first is None:
            return self

        def cells(places):
            number, values = self.first
            self.faults.read += 1
            yield number, [values[place] for place in places]
            yield from self.cells(places)

        names = [str(number) for number in range(1, len(self.names) + 1)]
        return dataclasses.replace(self, names=names, cells=cells, first=None, doubtful=True)


def finishing(parts: Iterable[Rows]) -> Iterator[Rows]:
    """Yields each of the parts; once it was read, its faults are said, or raised."""
    for rows in parts:
        yield rows
        rows.faults.finish()


def choosing(rows: Iterable[tuple[int, Sequence[Any]]]) -> Cells:
    """`Rows.cells` of an iterator of whole rows."""

    def cells(places):
        for number, values in rows:
            yield number, [values[place] for place in places]

    return cells
