"""Windows, neighbours, splits and the sample, against plain Python that counts them one by one."""

import numpy as np
import pytest
from conftest import walks

import pipelines
from pipelines import settings
from pipelines.trajectory import data, sample
from pipelines.trajectory.windows import Windows


def config(**options):
    return settings.create(pipelines.trajectory.Config, options)


def crowd(seed=0, agents=12, frames=40):
    """Columns of agents who come and go, with gaps; frames ten apart, shuffled."""
    draw, rows = np.random.default_rng(seed), []
    for agent in range(agents):
        first, last = sorted(draw.integers(0, frames, 2).tolist())
        rows += [(10 * frame, agent, *draw.normal(size=2)) for frame in range(first, last + 1) if draw.random() > 0.05]
    rows = [rows[row] for row in draw.permutation(len(rows))]
    return dict(zip(("frame", "agent", "x", "y"), map(list, zip(*rows, strict=True)), strict=True))


def counted(columns, length, stride):
    """{(agent, first frame): points} of all windows, by looking for each frame in turn."""
    rows = zip(*(columns[name] for name in ("frame", "agent", "x", "y")), strict=True)
    points, windows = {(agent, frame): (x, y) for frame, agent, x, y in rows}, {}
    for agent in set(columns["agent"]):
        run = 0
        for frame in range(0, 10 * 45, 10):
            if (agent, frame) not in points:
                run = 0
                continue
            frames = [frame + 10 * step for step in range(length)]
            if run % stride == 0 and all((agent, one) in points for one in frames):
                windows[agent, frame] = [points[agent, one] for one in frames]
            run += 1
    return windows, points


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_windows_are_those_that_plain_python_counts(seed, stride):
    columns = crowd(seed)
    wanted, _ = counted(columns, 6, stride)
    examples = data.load_examples(columns, config(observed=4, predicted=2, stride=stride))
    keys = [(int(agent), frame - 30) for agent, frame in zip(examples["agent"], examples["frame"], strict=True)]
    assert sorted(keys) == sorted(wanted)
    for key, window in zip(keys, examples["paths"], strict=True):
        np.testing.assert_array_equal(window, wanted[key])


def test_neighbours_are_the_nearest_who_were_there_a_step_before():
    columns = crowd()
    _, points = counted(columns, 6, 1)
    examples = data.load_examples(columns, config(observed=4, predicted=2))
    neighbours, counts = examples["paths"].neighbours(4, 3)
    assert counts.max() == 3 and counts.min() < 3
    for row, (agent, frame) in enumerate(zip(examples["agent"], examples["frame"], strict=True)):
        own = np.array(points[int(agent), frame])
        others = set(columns["agent"]) - {int(agent)}
        there = [other for other in others if {(other, frame), (other, frame - 10)} <= points.keys()]
        there.sort(key=lambda other: np.linalg.norm(np.subtract(points[other, frame], own)))
        nearest = [[points[other, frame - 10], points[other, frame]] for other in there[:3]]
        assert counts[row] == len(nearest)
        np.testing.assert_array_equal(neighbours[row][: len(nearest)], np.reshape(nearest, (-1, 2, 2)))
        assert not neighbours[row][len(nearest) :].any()


def test_a_column_of_windows_is_a_sequence():
    windows = Windows.of(np.arange(40.0).reshape(5, 4, 2))
    np.testing.assert_array_equal(windows.array, [*windows])
    assert len(windows[1:3]) == 2 and windows.picked([4, 0])[0].tolist() == windows[4].tolist()
    assert windows == [*windows] and windows != windows[::-1]


def test_no_path_falls_in_two_splits_and_later_paths_are_the_test():
    config_ = config()
    splits = data.load_splits(walks(), None, None, config_)
    agents = {name: set(part["agent"]) for name, part in splits.items()}
    assert not agents["train"] & agents["valid"] and not agents["valid"] & agents["test"]
    assert not agents["train"] & agents["test"]
    columns = walks()
    begins = {str(agent): min(f for f, a in zip(columns["frame"], columns["agent"], strict=True) if a == agent)
              for agent in set(columns["agent"])}  # fmt: skip
    first = {name: [begins[agent] for agent in names] for name, names in agents.items()}
    assert max(first["train"]) <= min(first["valid"]) and max(first["valid"]) <= min(first["test"])


def test_splits_do_not_depend_on_the_order_of_rows():
    columns = walks()
    order = np.random.default_rng(0).permutation(len(columns["x"]))
    shuffled = {name: [values[row] for row in order] for name, values in columns.items()}
    one, other = (data.load_splits(source, None, None, config()) for source in (columns, shuffled))
    for name in one:
        assert sorted(map(str, one[name]["paths"])) == sorted(map(str, other[name]["paths"]))


def test_few_paths_are_split_over_all_files():
    tracks = np.cumsum(np.random.default_rng(0).normal(size=(6, 25, 2)), axis=1)
    splits = data.load_splits(list(tracks), None, None, config(valid_fraction=0.2, test_fraction=0.2))
    assert {name: len(part["paths"]) for name, part in splits.items()} == {"train": 24, "valid": 6, "test": 6}
    with pytest.raises(ValueError, match=r"too few windows, the split .* is empty"):
        data.load_splits(list(tracks[:1]), None, None, config())


def test_the_sample_is_seeded_and_its_walkers_keep_apart():
    one, other, third = sample.generate(60), sample.generate(60), sample.generate(60, seed=1)
    assert one == other and one != third
    points, frames = np.stack([one["x"], one["y"]], axis=1), np.array(one["frame"])
    nearest = []
    for frame in set(one["frame"]):
        inside = points[frames == frame]
        inside = inside[(abs(inside) < 10).all(axis=1)]  # at a gate two may come in at once
        apart = np.linalg.norm(inside[:, None] - inside, axis=-1) + 99 * np.eye(len(inside))
        nearest += apart.min(axis=1).tolist() if len(inside) > 1 else []
    assert np.mean(np.array(nearest) < 0.3) < 0.02
    assert abs(points).max() < 20
