"""Segments of clips: what their numbers mean, and frames that none of them labels."""

import collections
import itertools
import logging
import math
import re

import numpy as np

from pipelines.shared.messages import brief, shown

log = logging.getLogger("unroll")

SECONDS = ("time", "second", "seconds", "s", "sec", "secs", "onset", "offset")  # last words of a column's name


def numbers(cells, framed):
    """(the floats of cells: a frame, or start and end; what is wrong with them, or None).

    >>> numbers(["3"], framed=True), numbers(["2", "1"], framed=False)[1]
    (([3.0], None), 'expected an end behind the start, received 2 to 1')
    """
    values = [_number(cell) for cell in cells]
    kind = "a frame, a whole number from 0 on" if framed else "a start and an end, numbers from 0 on"
    for value, cell in zip(values, cells, strict=True):
        if value is None or not math.isfinite(value) or value < 0 or (framed and not value.is_integer()):
            return values, f"expected {kind}, received {shown(cell)}"
    if not framed and values[1] < values[0]:
        return values, f"expected an end behind the start, received {values[0]:g} to {values[1]:g}"
    return values, None


def _number(cell):
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):
        return None
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def in_seconds(names, fractions, config, called):
    """Whether segments are in seconds: as the settings say, else the names of the columns, else their numbers."""
    if config.segment_unit is not None:
        return config.segment_unit == "seconds"
    words = {re.split(r"[\W_]+", name.strip().lower())[-1] for name in names}
    seconds = words <= set(SECONDS) or (fractions and "frame" not in words)
    log.info(
        "%s: segments are in %s; segment_unit (--segment-unit) says otherwise",
        called,
        "seconds" if seconds else "frames",
    )
    return seconds


def end_included(rows, config, called):
    """1 if a segment's last frame is its end, else 0: as the settings say, else as most that follow another do.

    rows: {name of a clip: `label_tables.Spans`}.
    """
    if config.end_included is not None:
        return int(config.end_included)
    steps, points = collections.Counter(), False
    for spans in rows.values():
        _, starts, ends, _ = spans.arrays
        order = np.argsort(starts, kind="stable")
        steps.update((starts[order][1:] - ends[order][:-1]).tolist())
        points |= bool((starts == ends).any())
    included = steps[1] > steps[0] or (not steps and points)
    words = "its last frame" if included else "the frame behind its last"
    log.info("%s: a segment's end is %s; end_included (--end-included) says otherwise", called, words)
    return int(included)


def frames_at(seconds, times):
    """int64 of seconds: the first frame at or behind each, by the time of each frame.

    >>> frames_at(np.array([0.0, 0.3, 9.0]), np.array([0.0, 0.04, 0.5])).tolist()
    [0, 2, 3]
    """
    return np.searchsorted(times, np.asarray(seconds) - 1e-6)


def check_all_labelled(codes, called, config, fill):
    """Refuses frames without a label, or gives them the label `fill`, or leaves them without; changes `codes`.

    Args:
        codes: {name of a clip: int32 (frames,)}, -1 for none. fill: the number of a label, or None.

    Raises:
        ValueError: frames without a label, where neither fill_label nor skip_bad is set.
    """
    total = sum(map(len, codes.values()))
    bare = {name: np.flatnonzero(part < 0) for name, part in codes.items() if (part < 0).any()}
    if not bare:
        return
    count, (name, frames) = sum(map(len, bare.values())), next(iter(bare.items()))
    where = f"frame {frames[0]} of {brief(name)} first" if len(bare) < 2 else (
        f"in {len(bare)} of {len(codes)} clips, frame {frames[0]} of {brief(name)} first"
    )  # fmt: skip
    if fill is not None:
        log.info("%s: %d of %d frames have no label and get %r", called, count, total, config.fill_label)
        for part in codes.values():
            part[part < 0] = fill
    elif config.skip_bad:
        log.warning("%s: %d of %d frames have no label and do not count: %s", called, count, total, where)
    else:
        raise ValueError(
            f"{called}: {count:,} of {total:,} frames have no label, {where}; fill_label (--fill-label) names theirs, "
            "skip_bad (--skip-bad) leaves them out of training and scores"
        )


def runs(codes):
    """[(start, end, value)] of runs of equal values, `end` behind the last.

    >>> runs([5, 5, 7])
    [(0, 2, 5), (2, 3, 7)]
    """
    codes = np.asarray(codes)
    if not len(codes):
        return []
    edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    return [(start, end, codes[start].item()) for start, end in itertools.pairwise(edges)]
