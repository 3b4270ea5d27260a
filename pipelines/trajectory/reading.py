"""From any source to scenes: who was where at which frame, checked row by row at the door.

    for scene in scenes("eth.txt", config): scene.agents, scene.frames, scene.points

A source is whatever `shared.data.sources` opens with columns of frames, agents, x and y; a folder of such files; an
array (rows, 4) of these columns; a file of Trajnet++ (.ndjson); or paths alone: an array (agents, time, 2), or a list
of arrays (time, 2).
"""

import array
import dataclasses
import itertools
import json
import logging
import math
import pathlib
import re

import numpy as np

from pipelines.shared.data import columns, containers, sources
from pipelines.shared.data.cells import as_number
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import Rows, finishing
from pipelines.shared.messages import shown

log = logging.getLogger("unroll")

# What columns are called in files of others, for each setting at its default.
CALLED = {
    "frame_column": ("frame", "frame_id", "frame_number", "frame_num", "frameid", "time", "timestamp", "t", "f"),
    "agent_column": (
        "agent", "agent_id", "pedestrian", "pedestrian_id", "ped", "ped_id", "pid", "person", "person_id", "track",
        "track_id", "trackid", "object_id", "node_id", "id", "p",
    ),
    "x_column": ("x", "pos_x", "x_pos", "x_m", "px", "xcenter", "x_center"),
    "y_column": ("y", "pos_y", "y_pos", "y_m", "py", "ycenter", "y_center"),
}  # fmt: skip
_TRAJNET = re.compile(r'\s*\{\s*"(scene|track)"\s*:\s*\{')
GAPS = ("", "?", "nan", "na", "null", "none")  # cells of a table that stand for no value


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """The points of one file or table, ordered by agent and then by frame.

    called: what errors call it. name: the file's name, or "" of what is in memory.
    frames: float64 (points,). agents: int64 (points,), numbers of `names`. points: float64 (points, 2), x and y.
    """

    called: str
    name: str
    frames: np.ndarray
    agents: np.ndarray
    names: list[str]
    points: np.ndarray


def scenes(source, config, download=False, role="data"):
    """Yields the `Scene` of each file or table of a source.

    Raises:
        ValueError: a cell that is no finite number, an agent twice at one frame, columns that are missing, no rows.
        TypeError: a source of another type. FileNotFoundError: no such file.
    """
    tracks = _tracks(source, role)
    if tracks is not None:
        yield from (_of_track(number, track, role) for number, track in enumerate(tracks, 1))
        return
    if getattr(source, "ndim", 0) == 2:
        source = np.asarray(source).tolist()
    names, read = [getattr(config, setting) for setting in CALLED], 0
    for rows in _opened(_files(source), names, config, download, role):
        rows, places = placed(rows, config)
        cells = itertools.islice(rows.cells(places), None if config.limit is None else config.limit - read)
        scene = _scene(rows, cells, "" if rows.called == role else pathlib.PurePath(rows.called).name)
        read += len(scene.frames)
        yield scene


def _opened(source, names, config, download, role):
    """As `sources.opened`, and of files of Trajnet++ the rows of tracks."""
    paths = [source] if isinstance(source, sources.PATHS) else source
    files = isinstance(paths, (list, tuple)) and all(isinstance(path, sources.PATHS) for path in paths)
    if not files or not any(str(path).endswith(".ndjson") for path in paths):
        yield from sources.opened(source, names, config, download, role)
        return
    for path in itertools.chain.from_iterable(map(containers.expanded, paths)):
        if path.is_file() and _TRAJNET.match(next(sources.lines_in(path, config.encoding), "")):
            yield from finishing([_of_trajnet(path, config)])
        else:
            yield from sources.opened(path, names, config, download, role)


def _of_trajnet(path, config):
    """The rows of tracks of a file in the form of Trajnet++, {"track": {"f", "p", "x", "y"}} a line."""
    faults = Faults(str(path), config.skip_bad)

    def cells(places):
        for number, line in enumerate(sources.lines_in(path, config.encoding), 1):
            try:
                track = json.loads(line).get("track") if line.strip() else None
                if track is not None:
                    yield number, [track["fpxy"[place]] for place in places]
            except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
                faults.add(f"line {number}", f'expected {{"track": {{"f", "p", "x", "y"}}}}, received {shown(line)}')

    return Rows(str(path), list("fpxy"), faults.counting(cells), faults, "line")


def _tracks(source, role):
    """The paths of a source that holds no frames and agents; None of any other source."""
    shape = getattr(source, "shape", None)
    if shape is not None and len(shape) == 3 and shape[2] == 2:
        return list(np.asarray(source))
    if shape is not None and len(shape) == 2 and shape[1] == 2 and not hasattr(source, "columns"):
        return [np.asarray(source)]
    if isinstance(source, (list, tuple)) and source:
        if _is_track(source):
            return [source]
        if all(map(_is_track, source)):
            return list(source)
    if shape is not None and not hasattr(source, "columns") and shape[1:] != (4,):
        raise ValueError(
            f"{role}: expected an array (rows, 4) of frame, agent, x, y, or (agents, time, 2) of paths, received one "
            f"of shape {tuple(shape)}"
        )
    return None


def are_tracks(source):
    """Whether a source holds paths alone."""
    return _tracks(source, "data") is not None


def _is_track(value):
    """Whether a value is a path: rows of two numbers, in an array or in lists."""
    if hasattr(value, "shape"):
        return len(value.shape) == 2 and value.shape[1] == 2
    pairs = isinstance(value, (list, tuple)) and value
    return bool(pairs) and all(isinstance(pair, (list, tuple, np.ndarray)) and _is_point(pair) for pair in value)


def _is_point(pair):
    return len(pair) == 2 and not any(hasattr(number, "__len__") and not isinstance(number, str) for number in pair)


def _of_track(number, track, role):
    try:
        points = np.asarray(track, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{role}, path {number}: expected numbers, received {shown(track)}") from error
    wrong = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(wrong):
        raise ValueError(
            f"{role}, path {number}, point {wrong[0] + 1}: expected two finite numbers, received "
            f"{shown(points[wrong[0]].tolist())}"
        )
    rows = np.arange(len(points), dtype=np.float64)
    return Scene(f"{role}, path {number}", "", rows, np.zeros(len(points), np.int64), [str(number)], points)


def _files(source):
    """The files of a folder, in the order of their names; any other source as it is."""
    if isinstance(source, sources.PATHS) and pathlib.Path(source).is_dir():
        paths = [path for path in sorted(pathlib.Path(source).iterdir()) if path.is_file()]
        paths = [path for path in paths if not containers.hidden(path.name)]
        if not paths:
            raise ValueError(f"{source}: expected a folder with files of frame, agent, x, y, received none in it")
        return paths
    return source


def placed(rows, config):
    """(rows, the places of frame, agent, x and y in them).

    Four columns without names are these in this order. Names of `CALLED` count where the settings are not changed.

    Raises:
        ValueError: a column that is missing or stands twice.
    """
    wanted = {setting: getattr(config, setting) for setting in CALLED}
    plain = [name for name, others in zip(wanted.values(), CALLED.values(), strict=True) if name == others[0]]
    if len(plain) == len(wanted) and not set(wanted.values()) <= set(rows.names):
        if rows.first is not None and all(as_number(cell) is not None for cell in rows.first[1]):
            return _by_number(rows)
        if rows.names == ["1", "2", "3", "4"]:
            return rows, [0, 1, 2, 3]
    names = [_name_in(rows.names, name, others) for name, others in zip(wanted.values(), CALLED.values(), strict=True)]
    return columns.placed(rows, names)


def _by_number(rows):
    rows = rows.without_header()
    if len(rows.names) != 4:
        raise ValueError(
            f"{rows.called}: expected four columns (frame, agent, x, y) where they have no names, received "
            f"{len(rows.names)}; give their numbers, such as frame_column='1' (--frame-column 1)"
        )
    return rows, [0, 1, 2, 3]


def _name_in(header, name, others):
    """The name of a column in a header: the one asked for, or else the only one of the others that is there."""
    if name in header or name != others[0]:
        return name
    known = [column for column in header if column.strip().lower() in others]
    return known[0] if len(known) == 1 else name


def _is_gap(value):
    return sources.missing(value) or (isinstance(value, str) and value.strip().lower() in GAPS)


def _agent(value):
    """What an agent is called: numbers without a fraction of zero, so that 1, "1" and 1.0 are the same.

    >>> _agent(1.0), _agent(" 12 "), _agent("1.0"), _agent("anna")
    ('1', '12', '1', 'anna')
    """
    number = as_number(value)
    if number is not None and math.isfinite(number) and number.is_integer():
        return str(int(number))
    return str(value).strip()


def _scene(rows, cells, name):
    """The `Scene` of rows; what is wrong with them is among their faults."""
    codes, gaps = {}, 0
    kept = [array.array("d") for _ in range(3)]
    agents, numbers = array.array("q"), array.array("q")
    for number, (frame, agent, x, y) in cells:
        if any(map(_is_gap, (frame, agent, x, y))):
            gaps += 1
            continue
        values = [as_number(value) for value in (frame, x, y)]
        what = _wrong(rows, values, (frame, x, y))
        if what:
            rows.fault(number, what)
            continue
        for column, value in zip(kept, values, strict=True):
            column.append(value)
        agents.append(codes.setdefault(_agent(agent), len(codes)))
        numbers.append(number)
    if gaps:
        log.warning("%s: %d rows lack a frame, an agent, x or y and are left out", rows.called, gaps)
    kept = [np.array(column) for column in kept]
    return _ordered(rows, name, kept, np.array(agents, np.int64), list(codes), np.array(numbers, np.int64))


def _wrong(rows, values, cells):
    """What is wrong with the numbers of a row, or None."""
    for column, value, cell in zip(("frame", "x", "y"), values, cells, strict=True):
        if value is None:
            return f"expected a number as {column}, received {shown(cell)}"
        if not math.isfinite(value):
            return f"expected a finite number as {column}, received {shown(cell)}"
    return None


def _ordered(rows, name, kept, agents, names, numbers):
    """The `Scene` of columns, without a second point of an agent at a frame, which is a fault."""
    frames, x, y = kept
    falling = {names[agent] for agent in _falling(frames, agents)}
    if falling:
        log.info("%s: rows of %d agents are not in the order of frames and are sorted", rows.called, len(falling))
    order = np.lexsort([numbers, frames, agents])
    frames, agents, numbers = frames[order], agents[order], numbers[order]
    again = np.concatenate([[False], (np.diff(agents) == 0) & (np.diff(frames) == 0)])[: len(order)]
    for row in np.flatnonzero(again):
        first = row - 1 - int(np.argmin(again[:row][::-1]))
        rows.fault(
            int(numbers[row]),
            f"expected an agent once a frame, received agent {shown(names[agents[row]])} at frame {frames[row]:g} as "
            f"in {rows.unit} {numbers[first]}",
        )
    points, keep = np.stack([x, y], axis=1)[order], ~again
    return Scene(rows.called, name, frames[keep], agents[keep], names, points[keep])


def _falling(frames, agents):
    """The agents of whom a row stands behind one of a later frame."""
    order = np.argsort(agents, kind="stable")
    falls = (np.diff(frames[order]) < 0) & (np.diff(agents[order]) == 0)
    return np.unique(agents[order][1:][falls]).tolist()
