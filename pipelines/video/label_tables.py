"""Labels of frames: from tables of frames or of segments to a label for each frame of each clip.

    table = read("labels.csv", config)              what the rows say, by the name of the clip
    labels = table.labels(clips, config)            {name: Labels}, as many as the clip has frames

A row names a frame, counted from 0, or a segment, in frames or in seconds; the header says which. Rows take some thirty
bytes of memory.
"""

import array
import collections
import dataclasses
import logging

import numpy as np

from pipelines.shared.data import columns, sources
from pipelines.shared.data.faults import Faults
from pipelines.shared.messages import brief, listed
from pipelines.video import segments
from pipelines.video.labels import Labels, Names, wrong

log = logging.getLogger("unroll")

# What columns are called in files of others, for each setting at its default.
CALLED = {
    "video_column": ("video", "clip", "file", "filename", "file_name", "name", "video_id", "video_name", "path", "id"),
    "label_column": ("label", "class", "action", "activity", "word", "tag", "phase", "annotation"),
    "frame_column": ("frame", "frame_id", "frame_number", "frame_index", "index", "t"),
    "start_column": ("start", "begin", "from", "start_frame", "begin_frame", "start_time", "start_seconds",
                     "start_second", "start_s", "start_sec", "onset"),
    "end_column": ("end", "stop", "to", "end_frame", "stop_frame", "end_time", "end_seconds", "end_second", "end_s",
                   "end_sec", "offset"),
}  # fmt: skip
LATE = 1.0  # seconds behind the last frame at which a segment may end


class Spans:
    """The rows of a clip: the number of each, its first frame or second, its end, the number of its label."""

    def __init__(self):
        self._columns = array.array("q"), array.array("d"), array.array("d"), array.array("i")

    def append(self, *row):
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)

    def __len__(self):
        return len(self._columns[0])

    @property
    def arrays(self):
        """(numbers, starts, ends, labels)"""
        return tuple(map(np.array, self._columns))


@dataclasses.dataclass(eq=False)
class Table:
    """What a table says: {name of a clip: its `Spans`}.

    called: what errors call it. unit: what its rows are, "row" or "line". seconds: whether segments are in seconds.
    included: 1 if the last frame of a segment is its end, else 0. first: the number of a clip's first frame.
    """

    called: str
    unit: str
    faults: Faults
    rows: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(Spans))
    names: Names = dataclasses.field(default_factory=Names)
    seconds: bool = False
    included: int = 0
    first: int = 0

    def labels(self, clips, config):
        """{name: `Labels`} of clips {name: Clip}.

        Raises:
            ValueError: a label beyond the last frame, segments that overlap, frames without a label.
        """
        self._check_times(clips)
        self._count_from_one(clips)
        fill = None if config.fill_label is None else self.names.number(config.fill_label)
        coded = {name: self._codes(name, clip) for name, clip in clips.items()}
        self.faults.finish()
        segments.check_all_labelled(coded, self.called, config, fill)
        return {name: Labels(codes, tuple(self.names)) for name, codes in coded.items()}

    def _check_times(self, clips):
        still = [name for name, clip in clips.items() if clip.times is None]
        if self.seconds and still:
            raise ValueError(
                f"{self.called}: segments are in seconds, and the frames of {brief(still[0])} have no times; give "
                "frames, and segment_unit='frames' (--segment-unit frames) where numbers have fractions"
            )

    def _count_from_one(self, clips):
        """Sees whether frames are counted from 1 on: none is 0, and the last is the number of frames."""
        bounds = []
        for name in clips.keys() & self.rows.keys():
            _, starts, ends, _ = self.rows[name].arrays
            bounds.append((starts.min(), ends.max() + self.included, clips[name].frames))
        if self.seconds or not bounds or any(first < 1 or last > count + 1 for first, last, count in bounds):
            return
        if any(last == count + 1 for _, last, count in bounds):
            log.info("%s: frames are counted from 1 on", self.called)
            self.first = 1

    def _codes(self, name, clip):
        """int32 (frames,) of a clip, -1 where no row labels the frame."""
        numbers, starts, ends, labels = self.rows[name].arrays
        if self.seconds:
            firsts, lasts = (segments.frames_at(side, clip.times) for side in (starts, ends))
            late = ends > clip.times[-1] + LATE
        else:
            firsts, lasts = (starts - self.first).astype(int), (ends + self.included - self.first).astype(int)
            late = lasts > clip.frames
        codes, late = np.full(clip.frames, -1, np.int32), late | (firsts >= clip.frames)
        if not late.any() and (lasts - firsts == 1).all() and len(np.unique(firsts)) == len(firsts):
            codes[firsts] = labels  # a row a frame, all of them right
            return codes
        owner = np.full(clip.frames, -1, np.int64)
        for row, (first, last) in enumerate(zip(firsts.tolist(), lasts.tolist(), strict=True)):
            if late[row]:
                what = f"second {max(starts[row], ends[row]):g}" if self.seconds else f"frame {max(first, last - 1)}"
                self._fault(numbers[row], f"{what} of {brief(name)}, which has {_spoken(clip)}")
            elif (taken := np.flatnonzero(owner[first:last] >= 0)).size:
                frame = first + int(taken[0])
                self._fault(numbers[row], f"frame {frame} of {brief(name)} has the label of {self.unit} {owner[frame]} "
                            "already; expected segments that do not overlap, a frame once")  # fmt: skip
            else:
                codes[first:last], owner[first:last] = labels[row], numbers[row]
        return codes

    def _fault(self, number, what):
        self.faults.read -= 1
        self.faults.add(f"{self.unit} {number}", what)


def _spoken(clip):
    if clip.frames == 1:
        return "1 frame, 0"
    seconds = f" in {clip.times[-1]:.2f} s" if clip.times is not None else ""
    return f"{clip.frames} frames, 0 to {clip.frames - 1}{seconds}"


def read(source, config, download=False, role="data"):
    """The `Table` of a source, whatever `shared.data.sources` opens.

    Raises:
        ValueError: columns that are missing, a cell that is no frame, no second or no label, a frame twice.
    """
    wanted = [config.video_column, config.label_column, config.frame_column]
    table, kinds = None, set()
    for rows in sources.opened(source, wanted, config, download, role):
        rows, places, framed = _placed(rows, config)
        kinds.add(framed)
        if table is None:
            table = Table(rows.called, rows.unit, Faults(rows.called, config.skip_bad))
        if len(kinds) > 1:
            raise ValueError(f"{rows.called}: expected tables of frames alone or of segments alone, received both")
        _add(table, rows, places, framed, config)
    if table is None or not table.rows:
        raise ValueError(f"{role}: expected rows of video, frame, label or video, start, end, label, received none")
    table.faults.read = sum(map(len, table.rows.values()))
    return table


def _placed(rows, config):
    """(rows, the places of video, label and frame, or of video, label, start and end; whether they are frames)."""
    names = {setting: _name_in(rows.names, getattr(config, setting), CALLED[setting]) for setting in CALLED}
    common = [names["video_column"], names["label_column"]]
    framed = names["frame_column"] in rows.names or config.frame_column.isdecimal()
    further = [names["frame_column"]] if framed else [names["start_column"], names["end_column"]]
    if not framed and not set(further) <= set(rows.names) and not config.start_column.isdecimal():
        raise ValueError(
            f"{rows.called}: expected the columns video, frame, label or video, start, end, label, received "
            f"{listed(rows.names)}; video_column, frame_column, start_column, end_column and label_column name others, "
            "or give the numbers of columns without names, such as '1'"
        )
    rows, places = columns.placed(rows, [*common, *further])
    return rows, places, framed


def _name_in(header, name, others):
    """The name of a column in a header: the one asked for, or else the only one of the others that is there."""
    if name in header or name != others[0]:
        return name
    known = [column for column in header if column.strip().lower() in others]
    return known[0] if len(known) == 1 else name


def _add(table, rows, places, framed, config):
    """Adds rows to a table."""
    gaps, fractions = 0, False
    for number, (video, label, *cells) in rows.cells(places):
        if any(sources.missing(one) or not str(one).strip() for one in (video, label)):
            gaps += 1
            continue
        values, what = segments.numbers(cells, framed)
        what = what or wrong(label)
        if what:
            rows.fault(number, what)
            continue
        fractions |= not all(map(float.is_integer, values))
        end = values[0] + 1 if framed else values[1]
        table.rows[str(video).strip()].append(number, values[0], end, table.names.number(label))
    if gaps:
        log.warning("%s: %d rows lack a video or a label and are left out", rows.called, gaps)
    if not framed and table.rows:
        named = [rows.names[place] for place in places[2:]]
        table.seconds = segments.in_seconds(named, fractions, config, rows.called)
        table.included = 0 if table.seconds else segments.end_included(table.rows, config, rows.called)
