"""In which order measures are played: repeats, endings, da capo and dal segno.

    order([Marks(), Marks(backward=2), Marks()])      [0, 1, 0, 1, 2]

A repeat without a beginning goes back to the end of the one before, or to the first measure. After a jump (da capo, dal
segno) repeats are not played again, of several endings the last one is, and `fine` and `to_coda` count.
"""

import dataclasses
import itertools

LONGEST = 50_000  # measures played; a damaged file may ask for a repeat a billion times


@dataclasses.dataclass
class Marks:
    """The marks of a measure.

    forward: a repeated section begins with it. backward: how often the section that ends with it is played; 0 for no
    mark. ending: the times, 1 for the first, that an ending which it belongs to is played; empty if it is in none.
    """

    forward: bool = False
    backward: int = 0
    ending: frozenset = frozenset()
    da_capo: bool = False
    dal_segno: bool = False
    segno: bool = False
    to_coda: bool = False
    coda: bool = False
    fine: bool = False


def order(measures):
    """The numbers of the measures, 0 for the first, in the order in which they are played.

    Raises:
        ValueError: more than `LONGEST`.

    >>> order([Marks(), Marks(ending=frozenset([1]), backward=2), Marks(ending=frozenset([2]))])
    [0, 1, 0, 2]
    """
    return _Player(measures).played()


class _Player:
    def __init__(self, measures):
        self.measures, self.last = measures, _last_times(measures)
        self.at = self.start = 0  # the measure, and the first of the section that may be repeated
        self.time, self.jumped = 1, False  # which time the section is played

    def played(self):
        numbers = []
        while self.at < len(self.measures):
            self._enter()
            here = self.at
            if self._plays():
                numbers.append(here)
                self._go_on()
            else:
                self.at += 1
            if len(numbers) > LONGEST:
                raise ValueError(f"expected up to {LONGEST:,} measures with their repeats")
        return numbers

    def _enter(self):
        """Begins a section, where one begins."""
        here, before = self.measures[self.at], self.measures[self.at - 1]
        after_endings = self.at and self.last[self.at - 1] and not here.ending and before.ending
        if self.at != self.start and (here.forward or after_endings):
            self.start, self.time = self.at, 1

    def _plays(self):
        """Whether the measure is played this time."""
        last = self.last[self.at]
        return not last or (last if self.jumped else self.time) in self.measures[self.at].ending

    def _go_on(self):
        """To the measure after this one."""
        here = self.measures[self.at]
        if here.backward and not self.jumped:
            if self.time < (self.last[self.at] or here.backward):
                self.at, self.time = self.start, self.time + 1
                return
            if not self.last[self.at]:
                self.start, self.time = self.at + 1, 1
        if self.jumped and here.fine:
            self.at = len(self.measures)
        elif self.jumped and here.to_coda and self._first("coda", self.at + 1) is not None:
            self.at = self._first("coda", self.at + 1)
        elif not self.jumped and (here.da_capo or here.dal_segno):
            self.jumped = True
            self.at = self.start = (self._first("segno", 0) or 0) if here.dal_segno else 0
        else:
            self.at += 1

    def _first(self, mark, start):
        """The first measure with a mark, from `start` on, or None."""
        numbers = range(start, len(self.measures))
        return next((number for number in numbers if getattr(self.measures[number], mark)), None)


def _last_times(measures):
    """For each measure how often the section before its endings is played; 0 where no endings count.

    Endings count where one of those that follow one another has a repeat, and one of them is played the first time.
    """
    last = [0] * len(measures)
    numbered = itertools.groupby(enumerate(measures), key=lambda pair: bool(pair[1].ending))
    for _, group in ((ends, list(group)) for ends, group in numbered if ends):
        times = frozenset().union(*(marks.ending for _, marks in group))
        if 1 in times and any(marks.backward for _, marks in group):
            for number, _ in group:
                last[number] = max(2, *times)
    return last
