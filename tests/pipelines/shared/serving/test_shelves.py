"""Artifacts in memory: loaded once, replaced by what is trained anew, gone when removed, put back by memory."""

import asyncio
import os
import shutil
import time

import pytest
from artifacts_on_disk import sealed

from pipelines.shared.serving import batching, shelves
from pipelines.shared.serving.refusals import Refused


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A shelf of an artifact called words, whose loading only is told in `loads`."""
    shelf = shelves.Shelf(tmp_path, None, 2**40, batching.Sizes())
    shelf.loads = []
    monkeypatch.setattr(shelf, "_loaded_apart", lambda standing: (shelf.loads.append(standing) or standing, {}, 100))
    sealed(tmp_path / "words")
    return shelf


def run(shelf, steps):
    """Runs a coroutine, and closes the shelf."""

    async def closing():
        try:
            return await steps
        finally:
            await shelf.close(5)

    return asyncio.run(closing())


def names(shelf):
    return [one.standing.name for one in shelf.loaded]


def test_it_is_loaded_once_however_many_ask_at_once(shelf):
    async def steps():
        return await asyncio.gather(*(shelf.get("words") for _ in range(20)))

    served = run(shelf, steps())
    assert len(shelf.loads) == 1 and len({id(one) for one in served}) == 1


@pytest.mark.parametrize("seen", ["when it is asked for", "by a look at the disk"])
def test_what_is_trained_anew_takes_its_place_while_the_one_before_answers(shelf, seen):
    async def steps():
        before = await shelf.get("words")
        sealed(shelf.directory / "words")
        if seen == "by a look at the disk":
            shelf.look()
        else:
            assert await shelf.get("words") is before
        await asyncio.gather(*shelf._loading.values())
        return before, await shelf.get("words"), await shelf.get("words", 1)

    before, after, kept = run(shelf, steps())
    assert [one.standing.version for one in (before, after, kept)] == [1, 2, 1]
    assert shelf.versions("words") == [1, 2] and before not in shelf.loaded and {after, kept} == {*shelf.loaded}


def test_what_is_removed_is_gone_and_leaves_memory(shelf):
    async def steps():
        await shelf.get("words")
        shutil.rmtree(shelf.directory / "words")
        with pytest.raises(Refused, match="no artifact 'words' is served; there are none") as refused:
            await shelf.get("words")
        shelf.look()
        return refused.value.status

    assert run(shelf, steps()) == 404 and not shelf.loaded


def test_one_that_cannot_be_loaded_says_so_without_its_path_and_is_not_tried_at_each_request(shelf, caplog):
    real = shelves.Shelf(shelf.directory, None, 2**40, batching.Sizes())
    os.truncate(shelf.directory / "words" / "model.keras", 3)

    async def steps():
        for _ in range(3):
            with pytest.raises(Refused, match="words: version 1 cannot be loaded") as refused:
                await real.get("words")
            assert refused.value.status == 503 and str(shelf.directory) not in refused.value.message

    run(real, steps())
    assert caplog.text.count("model.keras is damaged") == 1


def test_a_new_version_that_is_damaged_leaves_the_one_before(shelf, monkeypatch):
    async def steps():
        before = await shelf.get("words")
        sealed(shelf.directory / "words")
        monkeypatch.setattr(shelf, "_loaded_apart", lambda standing: [][0])
        for _ in range(3):
            assert await shelf.get("words") is before
            await asyncio.gather(*shelf._loading.values(), return_exceptions=True)
            shelf.look()

    run(shelf, steps())
    assert names(shelf) == ["words"]


def test_the_one_asked_longest_ago_leaves_where_memory_is_short_unless_it_is_busy(shelf):
    for name in ("second", "third"):
        sealed(shelf.directory / name)
    shelf.memory = 250

    async def steps():
        for name in ("words", "second", "words", "third"):
            await shelf.get(name)
        assert names(shelf) == ["words", "third"]
        slow = batching.Call(lambda payloads: time.sleep(0.5) or payloads, None)
        shelf.loaded[0].batcher.submit(slow)
        await shelf.get("second")
        assert names(shelf) == ["words", "second"]
        shelf.memory = 0
        await shelf.get("third")

    run(shelf, steps())
    assert names(shelf)[-1] == "third"


@pytest.mark.parametrize("name", ["", ".", "..", "../words", "a/b", "words.versions", "x" * 300, "a\0b", "\ud800", 1])
def test_a_name_that_no_artifact_can_have_is_none(shelf, name):
    with pytest.raises(Refused) as refused:
        shelf.standing(name)
    assert refused.value.status == 404 and "words" in refused.value.message


def test_only_those_that_were_named_are_served(shelf):
    sealed(shelf.directory / "other")
    assert shelf.names() == ["other", "words"]
    shelf.chosen = ["words"]
    assert shelf.names() == ["words"]
    with pytest.raises(Refused, match="no artifact 'other' is served; there are: words"):
        shelf.standing("other")
