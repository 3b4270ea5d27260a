"""Paths as examples: from any source to windows of seen and predicted points, checked at the door.

    load_splits("paths.csv", None, None, config)["train"]     -> {"paths": Windows, "scene", "agent", "frame"}

A window is `observed` + `predicted` points of one agent at frames one step apart; every `stride`-th is taken. Columns:
paths, float64 (observed + predicted, 2) each; the file it is from; the agent; the frame of the last seen point.
"""

import dataclasses
import logging
from collections.abc import Mapping

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.data import provenance, sources, splits, stored
from pipelines.shared.messages import listed, shown
from pipelines.trajectory import reading, sample
from pipelines.trajectory.windows import CLOSE, Table, Windows

log = logging.getLogger("unroll")

SPLIT_RULE = 1  # raised with each change of what falls in which split; see `shared.data.original_splits`
FORMER_RULES = defaults.FORMER_RULES


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """What `predict` answers: the last points of an agent, and who is there beside the last of them.

    points: float64 (observed, 2). neighbours: float64 (others, 2, 2), where each was a step before and then.
    scene: the name of the file, or "". step: of frames.
    """

    points: np.ndarray
    neighbours: np.ndarray
    scene: str
    agent: str
    frame: float
    step: float


def load_examples(data, config, download=False, role="data"):
    """The columns of all windows of a source; agents without one are counted and named."""
    table, called = _table(data, config, download, role), _called(data, role)
    length = config.observed + config.predicted
    windows = Windows(table, table.starts(length, config.stride), length)
    _say_short(table, np.setdiff1d(np.arange(len(table.paths[0])), windows.path_of), length, called)
    if not len(windows):
        longest = int((table.ends - table.begins).max(initial=0))
        raise ValueError(
            f"{called}: expected agents with {length} points in a row (observed={config.observed} and "
            f"predicted={config.predicted}), received none, the longest has {longest}; lower observed or predicted, or "
            "give the step of the frames (--step)"
        )
    rows = windows.starts + config.observed - 1
    return {"paths": windows, **_described(table, rows)}


def _called(data, role):
    return provenance.called(data, role) if isinstance(data, sources.PATHS) else role


def _described(table, rows):
    """The columns scene, agent and frame of rows of a table."""
    scenes, agents = table.scene_of[rows].tolist(), table.agent_of[rows].tolist()
    return {
        "scene": stored.Labels.of(table.scenes[scene].name for scene in scenes),
        "agent": stored.Labels.of(
            table.scenes[scene].names[agent] for scene, agent in zip(scenes, agents, strict=True)
        ),
        "frame": table.frames[rows].tolist(),
    }


def _table(data, config, download, role):
    """The `Table` of a source; gaps and files of different steps are said."""
    source = sample.generate() if data is None else data
    scenes = reading.scenes(source, config, download, role)
    table = Table.of(scenes if config.step is None else _sampled(scenes, config.step), config.step)
    steps = {step: scene for step, scene in zip(table.steps, table.scenes, strict=True) if np.isfinite(step)}
    if len(steps) > 1:
        said = listed([f"{step:g} in {scene.called}" for step, scene in steps.items()], 3, str)
        log.warning(
            "%s: frames of different steps: %s; each file is read by its own, step (--step) names one for all",
            _called(data, role), said,
        )  # fmt: skip
    _say_gaps(table, _called(data, role))
    return table


def _sampled(scenes, step):
    """Yields the scenes with only the frames that are whole steps from their first; how many are not is said."""
    for scene in scenes:
        steps = (scene.frames - scene.frames.min(initial=np.inf)) / step
        whole = np.abs(steps - np.round(steps)) <= CLOSE
        if not whole.all():
            log.info("%s: step=%g: %d of %d points are between", scene.called, step, (~whole).sum(), len(whole))
        yield dataclasses.replace(
            scene, frames=scene.frames[whole], agents=scene.agents[whole], points=scene.points[whole]
        )


def _say_gaps(table, called):
    """Says which agents are cut at frames that are not one step apart."""
    first, last = table.paths
    cut = np.flatnonzero(table.ends[first] < last) if len(first) else first
    if len(cut):
        row = table.ends[first[cut[0]]]
        log.warning(
            "%s: %d of %d agents have gaps, frames that are not one step apart, and are cut there: %s, first from "
            "frame %g to %g", called, len(cut), len(first), _named(table, first[cut]), table.frames[row - 1],
            table.frames[row],
        )  # fmt: skip


def _say_short(table, paths, length, called):
    """Says which agents have too few points in a row for a window."""
    first, last = table.paths
    if len(paths):
        log.warning(
            "%s: %d of %d agents have fewer than %d points in a row and are left out: %s, first with %d points",
            called, len(paths), len(first), length, _named(table, first[paths]),
            last[paths[0]] - first[paths[0]],
        )  # fmt: skip


def _named(table, rows):
    """The agents of rows in words, the first few of them."""
    scenes = [table.scenes[scene] for scene in table.scene_of[rows[:4]]]
    names = [f"agent {scene.names[agent]}" + (f" of {scene.name}" if scene.name else "")
             for scene, agent in zip(scenes, table.agent_of[rows[:4]], strict=True)]  # fmt: skip
    return listed([*names[:3], *rows[3:]], 3, str)


def load_splits(data, valid, test, config, download=False):
    """The splits; what is not given is cut off by time, whole paths together: of each file the agents who come last are
    the test, those before them the validation.

    A test split that is not given and of which the fraction is 0 is left out.
    """
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    loaded = _cut(load_examples(data, config, download), parts)
    loaded |= {name: load_examples(source, config, download, name) for name, source in own.items()}
    splits.check(loaded, "windows", _keys, "windows stand in the training split too")
    return loaded


def _keys(part):
    return ((path.tobytes(),) for path in part["paths"])


def _cut(examples, parts):
    """{name: columns}: paths by their first frame, in each file, or in all of them if that leaves a split empty."""
    windows = examples["paths"]
    table = windows.table
    paths = np.unique(windows.path_of)
    first = table.paths[0][paths]
    order = np.lexsort([table.agent_of[first], table.frames[first], table.scene_of[first]])
    ranks = np.empty(len(paths), np.int64)
    ranks[order] = np.arange(len(paths))
    scenes = table.scene_of[first]
    begins = np.array([ranks[scenes == scene].min() for scene in range(scenes.max() + 1) if (scenes == scene).any()])
    sizes = np.bincount(scenes)
    sizes = sizes[sizes > 0]
    numbers = np.unique(scenes, return_inverse=True)[1]
    chosen = _parts((ranks - begins[numbers] + 0.5) / sizes[numbers], parts)
    if len(np.unique(chosen)) <= len(parts):
        chosen = _parts((ranks + 0.5) / len(paths), parts)
    rows = np.searchsorted(paths, windows.path_of)
    return {
        name: splits.picked(examples, np.flatnonzero(chosen[rows] == part))
        for part, name in enumerate(("train", *parts))
    }


def _parts(shares, parts):
    """int64 (paths,): 0 for "train", or the number of the part; shares: where a path stands from 0 to 1."""
    chosen, bound = np.zeros(len(shares), np.int64), 1.0
    for number, (_, fraction) in reversed([*enumerate(parts.items(), 1)]):
        chosen[(shares > bound - fraction) & (shares <= bound)] = number
        bound -= fraction
    return chosen


def read_inputs(inputs, config):
    """A list of `Seen`: of each agent of a table or a file the last `observed` points, of paths alone their last ones.

    An input may also be {"points": [[x, y], ...], "neighbours": [[[x, y], [x, y]], ...]}, the neighbours where they
    were a step before, and then.
    """
    if isinstance(inputs, Mapping) and "points" in inputs:
        inputs = [inputs]
    if isinstance(inputs, (list, tuple)) and all(map(_is_seen, inputs)):
        numbered = enumerate(inputs, 1)
        return [one if isinstance(one, Seen) else _of_mapping(one, number, config) for number, one in numbered]
    table = _table(inputs, config, False, "predict")
    first, last = table.paths
    lengths = last - table.begins[last - 1]
    short = np.flatnonzero(lengths < config.observed)
    if len(short) and (len(short) == len(first) or reading.are_tracks(inputs)):
        raise ValueError(
            f"{table.scenes[table.scene_of[first[short[0]]]].called}: expected {config.observed} points in a row up to "
            f"the last of an agent, received {lengths[short[0]]} of {_named(table, first[short[:1]])}"
        )
    _say_short(table, short, config.observed, _called(inputs, "predict"))
    return _seen(table, last[lengths >= config.observed] - 1, config)


def _is_seen(value):
    return isinstance(value, Seen) or (isinstance(value, Mapping) and "points" in value)


def _of_mapping(value, number, config):
    """The `Seen` of {"points", "neighbours"}."""
    (scene,) = reading.scenes([value["points"]], config, role=f"predict, input {number}")
    if len(scene.points) < config.observed:
        raise ValueError(f"{scene.called}: expected {config.observed} points or more, received {len(scene.points)}")
    others = value.get("neighbours")
    others = np.zeros((0, 2, 2)) if others is None or not len(others) else np.asarray(others, np.float64)
    if others.shape[1:] != (2, 2) or not np.isfinite(others).all():
        raise ValueError(
            f"predict, input {number}: expected two finite points [[x, y], [x, y]] of each neighbour, received "
            f"{shown(value['neighbours'])}"
        )
    seen, near = scene.points[-config.observed :], np.linalg.norm(others[:, 1] - scene.points[-1], axis=1)
    others = others[np.argsort(near, kind="stable")[: config.neighbours]]
    return Seen(seen, others, "", str(value.get("agent", number)), float(value.get("frame", 0)), 1.0)


def _seen(table, rows, config):
    """The `Seen` up to these rows."""
    points = table.points[rows[:, None] + np.arange(1 - config.observed, 1)]
    beside = table.beside(rows, config.neighbours) if config.neighbours else np.zeros((len(rows), 0), np.int64)
    columns, steps = _described(table, rows), [table.steps[scene] for scene in table.scene_of[rows]]
    others = [row[row >= 0] for row in beside]
    neighbours = [np.stack([table.points[row - 1], table.points[row]], axis=1) for row in others]
    return [*map(Seen, points, neighbours, columns["scene"], columns["agent"], columns["frame"], steps)]
