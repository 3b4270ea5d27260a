"""Requests that wait for one model are joined, and none spoils or holds up another."""

import threading
import time

import pytest

from pipelines.shared.serving.batching import Batcher, Call, Full, Sizes


class Model:
    """Counts the batches it is asked for; the first one waits until `go` is set."""

    def __init__(self):
        self.batches, self.go = [], threading.Event()

    def __call__(self, payloads):
        self.batches.append(list(payloads))
        self.go.wait(10)
        if "bad" in payloads:
            raise ValueError("bad")
        return [payload.upper() for payload in payloads]

    def call(self, payload, joined_by="one", rows=1):
        return Call(self, payload, rows, joined_by)


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def batcher(model):
    batcher = Batcher("test", Sizes(rows=4, wait=0.01, waiting=8))
    yield batcher
    model.go.set()
    batcher.close()
    batcher.join(10)


def until(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    assert condition()


def held(batcher, model):
    """The future of a call that is being answered."""
    first = batcher.submit(model.call("first"))
    until(lambda: model.batches)
    return first


def test_those_that_wait_are_joined_by_what_they_have_in_common(batcher, model):
    first = held(batcher, model)
    waiting = [batcher.submit(model.call(name, joined_by)) for name, joined_by in
               (("a", 1), ("b", 2), ("c", 1), ("d", None), ("e", 2), ("f", None), ("g", 1))]  # fmt: skip
    model.go.set()
    assert [future.result(10) for future in [first, *waiting]] == ["FIRST", "A", "B", "C", "D", "E", "F", "G"]
    assert model.batches == [["first"], ["a", "c", "g"], ["b", "e"], ["d"], ["f"]]


def test_a_batch_has_no_more_rows_than_it_may(batcher, model):
    held(batcher, model)
    futures = [batcher.submit(model.call(name, rows=rows)) for name, rows in (("a", 2), ("b", 3), ("c", 2), ("d", 9))]
    model.go.set()
    assert [future.result(10) for future in futures] == ["A", "B", "C", "D"]
    assert model.batches[1:] == [["a", "c"], ["b"], ["d"]]


def test_one_that_fails_spoils_no_other(batcher, model):
    held(batcher, model)
    futures = [batcher.submit(model.call(name)) for name in ("a", "bad", "c")]
    model.go.set()
    assert futures[0].result(10) == "A" and futures[2].result(10) == "C"
    with pytest.raises(ValueError, match="bad"):
        futures[1].result(10)


def test_one_that_nobody_waits_for_is_dropped(batcher, model):
    held(batcher, model)
    gone, other = batcher.submit(model.call("gone", 1)), batcher.submit(model.call("other", 2))
    assert gone.cancel()
    model.go.set()
    assert other.result(10) == "OTHER" and ["gone"] not in model.batches


def test_more_than_may_wait_are_refused_and_those_that_wait_are_answered_at_the_end(batcher, model):
    held(batcher, model)
    futures = [batcher.submit(model.call(str(number))) for number in range(8)]
    with pytest.raises(Full):
        batcher.submit(model.call("more"))
    assert batcher.busy == 9
    batcher.close()
    with pytest.raises(Full):
        batcher.submit(model.call("late"))
    model.go.set()
    assert [future.result(10) for future in futures] == [str(number) for number in range(8)]
    batcher.join(10)
    assert batcher.busy == 0
