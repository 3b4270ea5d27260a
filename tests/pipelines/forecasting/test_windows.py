"""Windows against a count in plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.forecasting import windows
from pipelines.shared.data import stored


def examples(sizes, values, scored=None):
    """Series of these sizes; values: rows of lists, None where missing."""
    numbers = np.array([[math.nan if one is None else one for one in row] for row in values], np.float32)
    names = [f"column {number}" for number in range(numbers.shape[1])]
    return {
        "series": stored.Labels.of([name for name, size in enumerate(sizes) for _ in range(size)]),
        "time": np.concatenate([np.arange(size) for size in sizes]),
        "scored": np.ones(sum(sizes), bool) if scored is None else np.array(scored),
        "values": numbers.view([(name, np.float32) for name in names]).reshape(len(numbers)),
    }


def counted(sizes, values, scored, shape, stride, complete):
    """The last rows that windows look at, row by row."""
    chosen, start = [], 0
    for size in sizes:
        possible = []
        for last in range(start, start + size):
            looked_at = range(last - shape.length + 1, last + 1)
            ahead = range(last + 1, last + 1 + shape.ahead)
            inside = looked_at[0] >= start and ahead[-1] < start + size
            if inside and all(scored[row] for row in ahead):
                possible.append((last, looked_at, ahead))
        for last, looked_at, ahead in possible[::stride]:
            targets = [values[row][column] is not None for row in ahead for column in range(shape.targets)]
            seen = [any(values[row][column] is not None for row in looked_at) for column in range(shape.targets)]
            if (all(targets) and all(seen)) if complete else any(targets):
                chosen.append(last)
        start += size
    return chosen


@st.composite
def situations(draw):
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    columns = draw(st.integers(1, 3))
    targets = draw(st.integers(1, columns))
    cell = st.one_of(st.none(), st.integers(-9, 9)) if draw(st.booleans()) else st.integers(-9, 9)
    values = [[draw(cell) for _ in range(columns)] for _ in range(sum(sizes))]
    scored = []
    for size in sizes:  # one run of each series
        first = draw(st.integers(0, size))
        end = draw(st.integers(first, size))
        scored += [first <= row < end for row in range(size)]
    shape = windows.Shape(draw(st.integers(1, 5)), draw(st.integers(1, 4)), targets)
    return sizes, values, scored, shape, draw(st.integers(1, 3)), draw(st.booleans())


@given(situations())
@settings(deadline=None, max_examples=200)
def test_windows_are_those_that_plain_python_counts(situation):
    sizes, values, scored, shape, stride, complete = situation
    rows = windows.origins(examples(sizes, values, scored), shape, stride, complete)
    assert rows.tolist() == counted(sizes, values, scored, shape, stride, complete)


@given(situations())
@settings(deadline=None, max_examples=50)
def test_batches_hold_what_the_rows_hold(situation):
    sizes, values, _, shape, _, _ = situation
    given_examples = examples(sizes, values)
    rows = windows.origins(given_examples, shape)
    made = windows.Windows(given_examples, rows, shape)
    inputs, targets = made.batch(np.arange(len(made)))
    numbers = [[math.nan if one is None else float(one) for one in row] for row in values]
    looked_at = [numbers[last + 1 - shape.length : last + 1] for last in rows]
    ahead = [[row[: shape.targets] for row in numbers[last + 1 : last + 1 + shape.ahead]] for last in rows]
    np.testing.assert_array_equal(inputs["values"].tolist(), looked_at)
    np.testing.assert_array_equal(targets.tolist(), ahead)
    assert inputs["values"].dtype == targets.dtype == np.float32


def test_what_is_known_ahead_the_time_and_the_series_come_along():
    table = examples([6, 6], [[row, 10 * row, 100 * row] for row in range(12)])
    shape = windows.Shape(length=2, ahead=3, targets=1, known=1, calendar=True)
    rows = windows.origins(table, shape)
    inputs, targets = windows.Windows(table, rows, shape, np.repeat([7, 8], 6).astype(np.int32)).batch([0, -1])
    assert rows.tolist() == [1, 2, 7, 8]
    assert inputs["known"][..., 0].tolist() == [[20, 30, 40], [90, 100, 110]]
    assert inputs["time"].tolist() == [1, 2]
    assert inputs["series"].tolist() == [7, 8]
    assert targets[..., 0].tolist() == [[2, 3, 4], [9, 10, 11]]


def test_nothing_is_copied_before_a_batch_is_read():
    table = examples([5000], [[row] for row in range(5000)])
    rows = windows.origins(table, windows.Shape(1000, 1, 1))
    made = windows.Windows(table, rows, windows.Shape(1000, 1, 1))
    table["values"]["column 0"][999] = -1
    assert made.batch([0])[0]["values"][0, -1, 0] == -1
    assert rows.nbytes == 8 * len(rows)


@pytest.mark.parametrize("count", [0, 1])
def test_no_window_and_one(count):
    table = examples([4 + count], [[row] for row in range(4 + count)])
    made = windows.Windows(table, windows.origins(table, windows.Shape(3, 2, 1)), windows.Shape(3, 2, 1))
    inputs, targets = made.batch(np.arange(len(made)))
    assert (len(made), inputs["values"].shape, targets.shape) == (count, (count, 3, 1), (count, 2, 1))


def test_the_newest_window_lacks_what_a_short_series_lacks():
    table = examples([2], [[1, 5], [2, 6]])
    inputs, last = windows.latest(table, windows.Shape(3, 2, 1))
    np.testing.assert_array_equal(inputs["values"], [[[np.nan, np.nan], [1, 5], [2, 6]]])
    assert last == 1


def test_the_newest_window_ends_where_the_future_begins():
    table = examples([4], [[1, 5], [2, 6], [None, 7], [None, 8]])
    inputs, last = windows.latest(table, windows.Shape(2, 3, targets=1, known=1))
    assert last == 1
    np.testing.assert_array_equal(inputs["values"], [[[1, 5], [2, 6]]])
    np.testing.assert_array_equal(inputs["known"], [[[7], [8], [np.nan]]])
