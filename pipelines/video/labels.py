"""Labels of frames: from tables of frames or of segments to a label for each frame of each clip.

    tables = read("labels.csv", config)             what the rows say, by the name of the clip
    labels = tables.labels(clips)                   {name: Labels}, as many as the clip has frames

A row names a frame, counted from 0, or a segment, in frames or in seconds; the header says which.
"""

import collections
import dataclasses
import itertools
import logging

import numpy as np

from pipelines.shared.data import columns, sources
from pipelines.shared.data.faults import Faults
from pipelines.shared.messages import CONTROLS, brief, listed
from pipelines.video import segments

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


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """The labels of a clip's frames. codes: int32 (frames,), numbers of `names`, -1 where there is none."""

    codes: np.ndarray
    names: tuple

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return self.names[self.codes[index]] if self.codes[index] >= 0 else None

    def __eq__(self, other):
        return list(self) == list(other)

    def __repr__(self):
        return f"<Labels of {len(self)} frames: {self[:3]}...>"

    def tobytes(self):
        """What a fingerprint of examples depends on."""
        names = [str(name).encode() for name in self.names]
        return b"".join(names[code] + b"/" if code >= 0 else b"//" for code in self.codes.tolist())

    def counts(self):
        """A Counter of the names."""
        numbers = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names)).tolist()
        return collections.Counter({str(name): count for name, count in zip(self.names, numbers, strict=True) if count})


class Names(dict):
    """{label as text: its number}, in the order in which they come."""

    def number(self, label):
        return self.setdefault(label.strip() if isinstance(label, str) else str(label), len(self))


def of_values(values, called, names=None):
    """The `Labels` of a list of labels, in which None stands for none.

    Raises:
        ValueError: what is no label.

    >>> of_values(["a", None, "b"], "data")[:]
    ['a', None, 'b']
    """
    values = values.tolist() if hasattr(values, "tolist") else list(values)
    names = Names() if names is None else names
    codes = []
    for number, value in enumerate(values):
        if not sources.missing(value) and value != "" and (what := wrong(value)):
            raise ValueError(f"{called}, frame {number}: {what}")
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        codes.append(-1 if sources.missing(value) or value == "" else names.number(value))
    return Labels(np.array(codes, np.int32), tuple(names))


def wrong(label):
    """What is wrong with a label, or None."""
    if isinstance(label, str):
        if CONTROLS.search(label.strip()):
            return f"expected a label in one line, without control characters, received {label!r:.60}"
        return None
    if isinstance(label, (bytes, bool, np.bool_)) or hasattr(label, "__index__"):
        return None
    return f"expected a string or an integer as the label, received {type(label).__name__} {label!r:.60}"


@dataclasses.dataclass(eq=False)
class Table:
    """What a table says: {name of a clip: rows}, each (number of the row, first, end, number of the label).

    called: what errors call it. unit: what its rows are, "row" or "line". seconds: whether segments are in seconds.
    """

    called: str
    unit: str
    rows: dict
    names: Names
    seconds: bool
    faults: Faults

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

    def _codes(self, name, clip):
        """int32 (frames,) of a clip, -1 where no row labels the frame."""
        codes, owner = np.full(clip.frames, -1, np.int32), np.full(clip.frames, -1, np.int64)
        for number, start, end, label in self.rows.get(name, ()):
            first, last = segments.in_frames(start, end, clip.times) if self.seconds else (int(start), int(end))
            late = end > clip.times[-1] + LATE if self.seconds else last > clip.frames
            if first >= clip.frames or late:
                beyond = max(start, end) if self.seconds else max(first, last - 1)
                what = f"second {beyond:g}" if self.seconds else f"frame {beyond}"
                self._fault(number, f"{what} of {brief(name)}, which has {_spoken(clip)}")
                continue
            taken = owner[first:last]
            if (taken >= 0).any():
                before = int(taken[taken >= 0][0])
                frame = first + int((taken >= 0).argmax())
                self._fault(number, f"frame {frame} of {brief(name)} has the label of {self.unit} {before} already; "
                            "expected segments that do not overlap, a frame once")  # fmt: skip
                continue
            codes[first:last], owner[first:last] = label, number
        return codes

    def _fault(self, number, what):
        self.faults.read -= 1
        self.faults.add(f"{self.unit} {number}", what)

    def _count_from_one(self, clips):
        """Moves rows of frames that are counted from 1 on: none is 0, and the last is the number of frames."""
        bounds = [(min(row[1] for row in rows), max(row[2] for row in rows), clips[name].frames)
                  for name, rows in self.rows.items() if name in clips and rows]  # fmt: skip
        if self.seconds or not bounds or any(first < 1 or last > count + 1 for first, last, count in bounds):
            return
        if any(last == count + 1 for _, last, count in bounds):
            log.info("%s: frames are counted from 1 on", self.called)
            self.rows = {name: [(number, start - 1, end - 1, label) for number, start, end, label in rows]
                         for name, rows in self.rows.items()}  # fmt: skip


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
            table = Table(rows.called, rows.unit, {}, Names(), False, Faults(rows.called, config.skip_bad))
        if len(kinds) > 1:
            raise ValueError(f"{rows.called}: expected tables of frames alone or of segments alone, received both")
        _add(table, rows, places, framed, config)
    if table is None or not any(table.rows.values()):
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
            f"{listed(rows.names)}; video_column, frame_column, start_column, end_column and label_column name others"
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
    cells = itertools.islice(rows.cells(places), None)
    kept, gaps, fractions = [], 0, False
    for number, (video, label, *numbers) in cells:
        if sources.missing(video) or sources.missing(label) or str(video).strip() == "" or str(label).strip() == "":
            gaps += 1
            continue
        values, what = segments.numbers(numbers, framed)
        what = what or wrong(label)
        if what:
            rows.fault(number, what)
            continue
        fractions |= any(not value.is_integer() for value in values)
        kept.append((str(video).strip(), number, values, table.names.number(label)))
    if gaps:
        log.warning("%s: %d rows lack a video or a label and are left out", rows.called, gaps)
    if framed:
        for video, number, (frame,), label in kept:
            table.rows.setdefault(video, []).append((number, frame, frame + 1, label))
        return
    named = [rows.names[place] for place in places[2:]]
    table.seconds = segments.in_seconds(named, fractions, config, rows.called)
    included = 0 if table.seconds else segments.end_included(kept, config, rows.called)
    for video, number, (start, end), label in kept:
        table.rows.setdefault(video, []).append((number, start, end + included, label))
