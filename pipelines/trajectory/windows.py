"""Windows of paths: points of one agent at frames one step apart, and who else was there.

    table = Table.of(scenes, step=None)         all points, and where unbroken runs of an agent begin
    windows = Windows(table, starts, 20)        a Sequence of float64 (20, 2), cut out of the table when asked for
    windows.array, windows.neighbours(8, most=16)

A window never crosses a file or a gap. Neighbours are the other agents at the frame of the last seen point who were
there a step before too, the nearest first.
"""

import dataclasses
import functools

import numpy as np

from pipelines.shared.data import stored

CLOSE = 1e-3  # of a step, by which frames may miss it
PART = 2**12  # windows whose neighbours are looked for at once


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """The points of scenes one after another, each ordered by agent and then by frame.

    scenes: list of `reading.Scene`. steps: of frames, one a scene; NaN where no agent has two points.
    points: float64 (rows, 2). frames: float64 (rows,). scene_of, agent_of: int64 (rows,).
    begins: int64 (rows,), the row at which the unbroken run that a row is in begins. ends: likewise, behind its last.
    """

    scenes: list
    steps: list[float]
    points: np.ndarray
    frames: np.ndarray
    scene_of: np.ndarray
    agent_of: np.ndarray
    begins: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, scenes, step=None):
        """The table of scenes; step: of frames, by default of each scene the commonest."""
        scenes = list(scenes)
        steps = [common_step(scene) if step is None else float(step) for scene in scenes]
        sizes = [len(scene.frames) for scene in scenes]
        breaks = [_breaks(scene, step) for scene, step in zip(scenes, steps, strict=True)]
        first = np.flatnonzero(np.concatenate([np.zeros(0, bool), *breaks]))
        last = np.append(first[1:], sum(sizes))
        lengths = last - first
        return cls(
            scenes,
            steps,
            np.concatenate([np.zeros((0, 2)), *(scene.points for scene in scenes)]),
            np.concatenate([np.zeros(0), *(scene.frames for scene in scenes)]),
            np.repeat(np.arange(len(scenes)), sizes),
            np.concatenate([np.zeros(0, np.int64), *(scene.agents for scene in scenes)]),
            np.repeat(first, lengths),
            np.repeat(last, lengths),
        )

    @functools.cached_property
    def paths(self):
        """(the first row of each agent, int64 (agents,), in order; the row behind the last)."""
        changes = (np.diff(self.scene_of) != 0) | (np.diff(self.agent_of) != 0)
        first = np.concatenate([np.zeros(min(len(self.frames), 1), np.int64), np.flatnonzero(changes) + 1])
        return first, np.append(first[1:], len(self.frames))[: len(first)]

    @functools.cached_property
    def _moments(self):
        """(rows ordered by scene and frame; for each row where its moment begins in that order, and where it ends)."""
        order = np.lexsort([self.frames, self.scene_of])
        news = (np.diff(self.scene_of[order]) != 0) | (np.diff(self.frames[order]) != 0)
        first = np.concatenate([[0], np.flatnonzero(news) + 1])
        sizes = np.diff(np.append(first, len(order)))
        begins, ends = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
        begins[order], ends[order] = np.repeat(first, sizes), np.repeat(first + sizes, sizes)
        return order, begins, ends

    def starts(self, length, stride=1):
        """int64 (windows,): the rows at which windows of so many points begin, each `stride` rows of a run."""
        rows = np.arange(len(self.frames))
        return rows[(rows + length <= self.ends) & ((rows - self.begins) % stride == 0)]

    def beside(self, rows, most):
        """For each of these rows the rows of its nearest neighbours, int64 (rows, most), -1 where there are no more."""
        parts = [self._beside(rows[at : at + PART], most) for at in range(0, len(rows), PART)]
        return np.concatenate([np.zeros((0, most), np.int64), *parts])

    def _beside(self, rows, most):
        order, begins, ends = self._moments
        counts = ends[rows] - begins[rows]
        own = np.repeat(np.arange(len(rows)), counts)
        others = order[np.repeat(begins[rows], counts) + _count_up(counts)]
        there = (others != rows[own]) & (others > self.begins[others])
        own, others = own[there], others[there]
        distances = np.linalg.norm(self.points[others] - self.points[rows[own]], axis=1)
        nearest = np.lexsort([others, distances, own])
        own, others = own[nearest], others[nearest]
        ranks = _count_up(np.bincount(own, minlength=len(rows)))
        table = np.full((len(rows), most), -1, np.int64)
        near = ranks < most
        table[own[near], ranks[near]] = others[near]
        return table


def _count_up(counts):
    """0, 1, 2 ... anew for each count.

    >>> _count_up(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def common_step(scene):
    """The commonest difference of frames from one point of an agent to the next; NaN if no agent has two points."""
    steps = np.diff(scene.frames)[np.diff(scene.agents) == 0]
    if not len(steps):
        return float("nan")
    values, counts = np.unique(np.round(steps, 6), return_counts=True)
    return float(values[counts.argmax()])


def _breaks(scene, step):
    """Whether a run begins at each point: another agent, or not one step after the point before."""
    missed = np.abs(np.diff(scene.frames) - step) > CLOSE * step
    breaks = (np.diff(scene.agents) != 0) | missed | ~np.isfinite(step)
    return np.concatenate([np.ones(min(len(scene.frames), 1), bool), breaks])


class Windows(stored._Values):
    """Windows of a table, a Sequence of float64 (length, 2).

    starts: int64 (windows,), the row of the first point of each.
    """

    def __init__(self, table, starts, length):
        self.table, self.starts, self.length = table, np.asarray(starts, np.int64), length

    @classmethod
    def of(cls, arrays):
        """The windows of arrays (length, 2), each a scene of its own; itself, if they are such.

        >>> Windows.of([[[0, 0], [1, 0]], [[5, 5], [5, 6]]]).array.shape
        (2, 2, 2)
        """
        if isinstance(arrays, cls):
            return arrays
        points = np.asarray(arrays, np.float64)
        count, length = points.shape[:2]
        rows = np.arange(count * length)
        first = rows // length * length
        table = Table([], [], points.reshape(-1, 2), rows * 1.0, rows * 0, rows // length, first, first + length)
        return cls(table, np.arange(count) * length, length)

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Windows(self.table, self.starts[index], self.length)
        start = self.starts[index]
        return self.table.points[start : start + self.length]

    def __iter__(self):
        for start in range(0, len(self), PART):
            yield from self[start : start + PART].array

    def __repr__(self):
        return f"<Windows of {len(self)} times {self.length} points>"

    def picked(self, rows):
        """The windows of these numbers, which share the table."""
        return Windows(self.table, self.starts[np.asarray(rows, np.int64)], self.length)

    @property
    def array(self):
        """float64 (windows, length, 2)"""
        return self.table.points[self.starts[:, None] + np.arange(self.length)]

    def neighbours(self, observed, most):
        """Who is there beside the last seen point of each window.

        Returns:
            points float64 (windows, most, 2, 2), where each was a step before and then, zeros where there are no more;
            counts int32 (windows,).
        """
        if not most:
            return np.zeros((len(self), 0, 2, 2)), np.zeros(len(self), np.int32)
        rows = self.table.beside(self.starts + observed - 1, most)  # (windows, most)
        there = rows >= 0
        points = np.stack([self.table.points[rows - 1], self.table.points[rows]], axis=2) * there[..., None, None]
        return points, there.sum(axis=1).astype(np.int32)

    @property
    def path_of(self):
        """int64 (windows,): the number of the path that each is cut from, of `Table.paths`."""
        return np.searchsorted(self.table.paths[0], self.starts, side="right") - 1
