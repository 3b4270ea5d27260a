"""Versions of an artifact: what takes which place, what is kept, what a kill at any point leaves."""

import json
import os
import shutil
import threading

import artifacts_on_disk
import pytest
from artifacts_on_disk import content, contents, export, old, sealed
from conftest import output

import pipelines
from pipelines.shared.artifacts import layout, listing, succession, versions
from pipelines.shared.storage import disk


@pytest.fixture(params=["exchange", "pointer"])
def mine(request, tmp_path, monkeypatch):
    """The place of an artifact, on a file system that can exchange folders and on one that cannot."""
    if request.param == "pointer":
        monkeypatch.setattr(disk, "exchange", lambda one, other: False)
    return tmp_path / "mine"


def names(folder):
    return sorted(os.listdir(folder))


def test_the_last_three_are_kept(mine):
    for letter in "abcde":
        sealed(mine, letter)
    assert contents(mine) == {3: "c", 4: "d", 5: "e"}
    assert content(mine) == "e"
    assert names(mine.parent) == ["mine", "mine.versions"]
    assert names(mine.parent / "mine.versions") == ["3", "4"]


@pytest.mark.parametrize(("keep", "left"), [(1, "e"), (2, "de"), (4, "bcde"), ("all", "abcde")])
def test_keep(keep, left, mine):
    for letter in "abcde":
        sealed(mine, letter, keep)
    assert "".join(contents(mine).values()) == left


@pytest.mark.parametrize("keep", [0, -1, "3", None, True, 2.0, "none"])
def test_a_keep_that_makes_no_sense(keep):
    with pytest.raises(ValueError, match="keep: expected a number of versions of at least 1, or 'all'"):
        succession.checked_keep(keep)


def test_keep_is_also_a_setting_of_texts():
    config = pipelines.sentiment.Config
    assert succession.kept_or_setting(config, "start", {"units": 8}) == (3, {"units": 8, "keep": "start"})
    assert succession.kept_or_setting(config, 5, {}) == (5, {})
    with pytest.raises(ValueError, match="or 'all', received 'middle'; the setting of that name: 'start' or 'end'"):
        succession.kept_or_setting(config, "middle", {})
    with pytest.raises(ValueError, match=r"or 'all', received 'start'$"):
        succession.kept_or_setting(pipelines.music.Config, "start", {})


def test_what_was_exported_stays(mine):
    sealed(mine, "a")
    export(mine, 1)
    sealed(mine, "b")
    (mine / "mobile").mkdir()
    for letter in "cdef":
        sealed(mine, letter, 2)
    assert contents(mine) == {1: "a", 2: "b", 5: "e", 6: "f"}


def test_it_is_said_what_a_training_will_do(mine, caplog):
    succession.announce(mine, 3)
    assert not caplog.messages
    for letter in "abc":
        sealed(mine, letter)
    export(mine.parent / "mine.versions" / "1", 1)
    succession.announce(mine, 2)
    assert caplog.messages == [
        f"{mine} is there as version 3; the training makes version 4; kept: 3, 1; removed when 4 is in place: 2 (keep)"
    ]
    caplog.clear()
    sealed(mine, "d", 2)
    assert caplog.messages == ["Version 2 of 'mine' goes, as 2 are kept"]
    assert contents(mine) == {1: "a", 3: "c", 4: "d"}


@pytest.mark.parametrize(
    ("previous", "present", "numbers"),
    [
        (None, (0, ()), {1: "b"}),
        (None, (0, (1, 2)), {2: "b"}),
        (None, (7, ()), {8: "b"}),
        ((0, ()), (0, ()), {1: "a", 2: "b"}),
        ((0, (1, 2)), (2, ()), {2: "a", 3: "b"}),
        ((0, (1,)), (1, (2, 3)), {1: "a", 3: "b"}),
        ((4, ()), (4, (5,)), {4: "a", 5: "b"}),
        ((0, ()), (0, (1,)), {0: "a", 1: "b"}),
    ],
)
def test_numbers_of_what_the_first_release_wrote(previous, present, numbers, mine):
    """(last_version, exports) of `mine.previous` and of `mine`."""
    old(mine, "b", *present)
    if previous:
        old(mine.parent / "mine.previous", "a", *previous)
    assert contents(mine) == numbers
    first = max(numbers) + 1
    sealed(mine, "c")
    assert contents(mine) == {**numbers, first: "c"}  # a served number is never another model's
    assert names(mine.parent) == ["mine", "mine.versions"]
    assert json.loads((mine / "artifact.json").read_text())["version"] == first
    sealed(mine, "d", "all")
    assert contents(mine) == {**numbers, first: "c", first + 1: "d"}


def test_what_the_first_release_wrote_is_read_without_being_changed(tmp_path):
    old(tmp_path / "mine", "b")
    old(tmp_path / "mine.previous", "a")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert versions.find(tmp_path / "mine", 1) == tmp_path / "mine.previous"
    assert versions.find(tmp_path / "mine", 2) == versions.find(tmp_path / "mine") == tmp_path / "mine"
    listing.rows(tmp_path)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_numbers_do_not_depend_on_clocks(mine):
    for letter in "abcd":
        sealed(mine, letter)
        for folder in versions.all_of(mine).values():
            os.utime(folder, (1e9 - ord(letter), 1e9 - ord(letter)))
    assert contents(mine) == {2: "b", 3: "c", 4: "d"}


def test_restore_and_back(mine):
    for letter in "abc":
        sealed(mine, letter)
    assert succession.restore(mine, "sentiment", 1) == 1
    assert content(mine) == "a"
    assert contents(mine) == {1: "a", 2: "b", 3: "c"}
    assert names(mine.parent / "mine.versions") == ["2", "3"]
    assert succession.restore(mine, "sentiment") == 3
    assert content(mine) == "c"
    assert succession.restore(mine, "sentiment", 3) == 3  # it is in use
    sealed(mine, "d")
    assert contents(mine) == {2: "b", 3: "c", 4: "d"}


def test_a_training_after_a_restore_gets_a_new_number(mine):
    for letter in "abc":
        sealed(mine, letter)
    succession.restore(mine, "sentiment", 2)
    succession.remove(mine, "sentiment", 3)
    sealed(mine, "d")
    assert contents(mine) == {1: "a", 2: "b", 4: "d"}


def test_restore_where_the_place_is_empty(mine):
    sealed(sealed(mine, "a"), "b")
    shutil.rmtree(mine)
    with pytest.raises(FileNotFoundError, match=r"no artifact 'mine'.*restore version 1: unroll sentiment restore"):
        layout.opened(mine, "sentiment")
    succession.restore(mine, "sentiment")
    assert contents(mine) == {1: "a"}


@pytest.mark.parametrize(
    ("version", "task", "error", "words"),
    [
        (7, "sentiment", FileNotFoundError, "no version 7 of 'mine' in .*; there are: 1, 2"),
        ("two", "sentiment", ValueError, "version: expected a number such as 2, received 'two'"),
        (True, "sentiment", ValueError, "version: expected a number such as 2, received True"),
        (1, "music", ValueError, "expected an artifact of the task music, received one of sentiment"),
    ],
)
def test_what_cannot_be_restored(version, task, error, words, mine):
    sealed(sealed(mine, "a"), "b")
    with pytest.raises(error, match=words):
        succession.restore(mine, task, version)
    assert contents(mine) == {1: "a", 2: "b"}


def test_a_damaged_version_is_not_restored(mine):
    sealed(sealed(mine, "a"), "b")
    (mine.parent / "mine.versions" / "1" / "model.keras").write_text("other")
    with pytest.raises(ValueError, match=r"model\.keras is damaged"):
        succession.restore(mine, "sentiment", 1)
    assert content(mine) == "b"


def test_nothing_to_restore_or_remove(mine):
    for verb in (succession.restore, succession.remove):
        with pytest.raises(FileNotFoundError, match=r"no artifact 'mine'"):
            verb(mine, "sentiment")
    sealed(mine, "a")
    with pytest.raises(FileNotFoundError, match=r"no version of 'mine' in .* but the one in use"):
        succession.restore(mine, "sentiment")


def test_remove(mine):
    for letter in "abcd":
        sealed(mine, letter, "all")
    export(mine.parent / "mine.versions" / "2", 2)
    assert succession.remove(mine, "sentiment", 1) == [1]
    with pytest.raises(ValueError, match=r"version 2 was exported; .* force=True \(--force\)"):
        succession.remove(mine, "sentiment", 2)
    with pytest.raises(FileNotFoundError, match=r"no version 1 of 'mine'"):
        succession.remove(mine, "sentiment", 1)
    with pytest.raises(ValueError, match=r"remove version 2, 3, 4 of 'mine', but .*no other is left"):
        succession.remove(mine, "sentiment")
    with pytest.raises(ValueError, match="is an artifact of the task sentiment"):
        succession.remove(mine, "music", 3)
    assert contents(mine) == {2: "b", 3: "c", 4: "d"}
    assert succession.remove(mine, "sentiment", 4) == [4]
    assert content(mine) == "c"
    assert succession.remove(mine, "sentiment", force=True) == [2, 3]
    assert names(mine.parent) == []


def test_the_one_in_use_is_followed_by_one_that_is_whole(mine):
    for letter in "abc":
        sealed(mine, letter)
    (mine.parent / "mine.versions" / "2" / "model.keras").unlink()
    succession.remove(mine, "sentiment", 3)
    assert content(mine) == "a"
    sealed(mine, "d")
    assert content(mine) == "d"
    assert versions.number(mine) == 4


@pytest.mark.parametrize("relative", [True, False])
def test_links(relative, mine, tmp_path, monkeypatch):
    """saved_models -> there, mine -> elsewhere: time and again, and the link stays."""
    (tmp_path / "there").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "saved_models").symlink_to(tmp_path / "there")
    (tmp_path / "there" / "mine").symlink_to(tmp_path / "disk" / "mine")
    monkeypatch.chdir(tmp_path)
    path = (type(tmp_path)() if relative else tmp_path) / "saved_models" / "mine"
    for number, letter in enumerate("abcd", 1):
        sealed(path, letter)
        assert content(path) == letter
        assert versions.number(versions.located(path)) == number
    assert contents(path) == {2: "b", 3: "c", 4: "d"}
    assert path.is_symlink() and names(tmp_path / "there") == ["mine"]
    succession.restore(path, "sentiment", 2)
    assert content(path) == "b"
    assert [(row.version, row.in_use) for row in listing.rows(path.parent)] == [(4, False), (3, False), (2, True)]
    succession.remove(path, "sentiment", force=True)
    assert names(tmp_path / "disk") == names(tmp_path / "there") == []


def test_a_previous_that_is_a_link(mine, tmp_path):
    """What 0.1.0 left of an artifact that was a link."""
    old(tmp_path / "disk" / "mine", "a", served=[1])
    (tmp_path / "mine.previous").symlink_to("disk/mine")
    old(mine, "b", 1)
    assert contents(mine) == {1: "a", 2: "b"}
    sealed(sealed(mine, "c"), "d")
    assert contents(mine) == {1: "a", 2: "b", 3: "c", 4: "d"}


def test_places_that_are_no_artifacts(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="file: a file stands where a folder should; move it away"):
        succession.check_place(tmp_path / "file")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("")
    with pytest.raises(ValueError, match=r"thesis holds no artifact but chapter\.tex; move it away"):
        succession.check_place(tmp_path / "thesis")
    with pytest.raises(ValueError, match=r"'mine\.previous' is the version before of 'mine'"):
        succession.check_place(tmp_path / "mine.previous")
    old(tmp_path / "mine.versions", "a")
    with pytest.raises(ValueError, match=r"mine\.versions is an artifact; .* rename it"):
        succession.check_place(tmp_path / "mine")
    (tmp_path / "empty").mkdir()
    succession.check_place(tmp_path / "empty")
    sealed(tmp_path / "empty", "a")
    assert contents(tmp_path / "empty") == {1: "a"}


def test_a_damaged_artifact_is_replaced_and_kept(mine):
    sealed(mine, "a")
    (mine / "artifact.json").unlink()
    succession.check_place(mine)
    sealed(mine, "b")
    assert content(mine) == "b"
    assert [(row.version, bool(row.damage)) for row in listing.rows(mine.parent)] == [(2, False), (1, True)]


def test_whoever_writes_into_an_artifact_knows_it(mine, caplog):
    sealed(mine, "a")
    facts = {**layout.opened(mine, "sentiment"), "version": 1}
    versions.check_unchanged(mine, facts, "export")
    sealed(mine, "a")  # the same weights, another training
    words = "export: .*mine changed since it was loaded as version 1: version 2 stands there; load it again"
    with pytest.raises(RuntimeError, match=words):
        versions.check_unchanged(mine, facts, "export")
    versions.check_unchanged(mine.parent / "mine.versions" / "1", facts, "export")
    (mine / "artifact.json").unlink()
    with pytest.raises(RuntimeError, match="it is damaged; load it again"):
        versions.check_unchanged(mine, facts, "export")
    shutil.rmtree(mine)
    versions.check_unchanged(mine, facts, "export")
    assert "mine holds no artifact; what is written will stand there alone" in caplog.text


def test_readers_get_one_or_the_other_whole(mine):
    sealed(mine, "0")
    stop, wrong, read = threading.Event(), [], set()

    def reading():
        folder = versions.find(mine)
        return [(folder / name).read_text().split()[0] for name in layout.CHECKED]

    def loop():
        while not stop.is_set():
            try:
                found = set(versions.steadily(mine, reading))
            except OSError as error:
                wrong.append(repr(error))
                return
            read.update(found)
            if len(found) > 1:
                wrong.append(found)

    threads = [threading.Thread(target=loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 40):
        sealed(mine, str(number))
    succession.restore(mine, "sentiment")
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(read) > 1


# Every file event of a save, a restore and a removal, cut off by a kill or by an error of the disk.
EVENTS = """
import errno, logging, os, pathlib, shutil, sys, tempfile
sys.path.insert(0, sys.argv[1])
from artifacts_on_disk import contents, export, sealed
from pipelines.shared.artifacts import layout, succession, versions
from pipelines.shared.storage import disk
logging.getLogger("unroll").setLevel("ERROR")
exchange = disk.exchange
def audited(one, other):
    sys.audit("exchange")
    return exchange(one, other) if sys.argv[2] == "exchange" else False
disk.exchange = audited
os.fsync = lambda descriptor: None  # slow, and of no effect on what a kill leaves
def exporting(path, word):
    facts = {**layout.opened(path, "sentiment"), "version": versions.number(path)}
    for name in ("serving/4", "serving_ids/4", "mobile"):
        with disk.staged(path, "export") as staged:
            (staged / name).mkdir(parents=True)
            for file in "ab":
                (staged / name / file).write_text(word)
            if name != "mobile":
                (staged / name).with_name("README.md").write_text(word)
            succession.add_exports(path, facts, staged)
def exported(path):
    return {name: {file.read_text() for file in (path / name).iterdir()}
            for name in ("serving/4", "serving_ids/4", "mobile") if (path / name).exists()}
VERBS = {
    "export": lambda path: exporting(path, "new"),
    "save": lambda path: sealed(path, "e"),
    "restore": lambda path: succession.restore(path, "sentiment", 2),
    "remove": lambda path: 4 not in versions.all_of(path) or succession.remove(path, "sentiment", 4),
}
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "exchange")

def changes(event, given):
    return event in CHANGES or event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)

def attempt(verb, path, last, stop):
    # In a child: the events before `last` happen, that one does not. The code: how it ended.
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    count = 0
    def hook(event, given):
        nonlocal count
        if changes(event, given):
            count += 1
            if count == last:
                stop()
    sys.addaudithook(hook)
    try:
        VERBS[verb](path)
    except OSError as error:
        os._exit(0 if error.errno == errno.ENOSPC else 2)
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(3)
    os._exit(9 if count < last else 0)

def full():
    raise OSError(errno.ENOSPC, "No space left on device")

def killed():
    os._exit(0)

def check(verb, path, before, where):
    after = contents(path)
    if verb == "export":
        found = exported(path)
        assert after == before and all(words in ({"old"}, {"new"}) for words in found.values()), (where, found)
        lost = 3 - len(found)
        kept = [rest for rest in path.rglob(".*.replaced")]
        assert not lost or sys.argv[2] == "pointer" and len(kept) == lost, (where, found)
        return
    allowed = {"save": {**before, 5: "e"}, "restore": before, "remove": before}[verb]
    assert after.items() <= allowed.items(), (where, after)
    may_go = {"save": {2}, "restore": set(), "remove": {4}}[verb]
    assert before.keys() - after.keys() <= may_go, (where, after)
    folder = versions.find(path)
    layout.opened(folder, "sentiment")
    assert versions.number(folder) in {"save": (4, 5), "restore": (4, 2), "remove": (4, 3)}[verb], where
    if 2 not in after and verb == "save":
        assert versions.number(folder) == 5, where

points = 0
for verb in VERBS:
    for stop in (killed, full):
        last = 0
        while True:
            last += 1
            root = pathlib.Path(tempfile.mkdtemp(dir=sys.argv[3]))
            path = root / "mine"
            for letter in "abcd":
                sealed(path, letter)
            exporting(path, "old") if verb == "export" else None
            before = contents(path)
            assert before == {2: "b", 3: "c", 4: "d"}
            for again in range(2):  # killed at the same point, again and again
                code = attempt(verb, path, last, stop)
                assert code in (0, 9), (verb, stop, last, code)
                if code == 9:
                    break
                if not again:
                    check(verb, path, before, (verb, stop.__name__, last))
            if code == 9:
                break
            points += 1
            if verb == "export":
                exporting(path, "new")
                assert all(words == {"new"} for words in exported(path).values()) and len(exported(path)) == 3
                assert not [rest for rest in root.rglob(".*")], list(root.rglob(".*"))
                shutil.rmtree(root)
                continue
            sealed(path, "z")
            assert contents(path)[versions.number(path)] == "z"
            assert sorted(os.listdir(root)) == ["mine", "mine.versions"], (verb, last, os.listdir(root))
            kept = os.listdir(root / "mine.versions")
            assert all(name.isdecimal() for name in kept), kept
            assert len(contents(path)) == 3, (verb, last, contents(path))
            shutil.rmtree(root)
print(points)
"""


@pytest.mark.parametrize("how", ["exchange", pytest.param("pointer", marks=pytest.mark.slow)])
def test_a_kill_or_an_error_at_any_point(how, tmp_path):
    """The old one or the new one is there, whole; versions stay; the next save clears up and nothing grows."""
    points = int(output(EVENTS, os.path.dirname(artifacts_on_disk.__file__), how, tmp_path))
    assert points > 80


def test_whoever_looks_during_an_exchange_is_led_to_the_new_one(tmp_path):
    """As a kill leaves it on a file system that cannot exchange; the next save ends it."""
    path = tmp_path / "mine"
    for letter in "ab":
        sealed(path, letter)
    kept = tmp_path / "mine.versions"
    os.rename(path, kept / "2")
    (kept / "in_use").write_text("2")
    assert content(versions.find(path)) == "b"
    assert versions.located(path) == kept / "2"
    assert [(row.version, row.in_use) for row in listing.rows(tmp_path)] == [(2, True), (1, False)]
    sealed(path, "c")
    assert contents(path) == {1: "a", 2: "b", 3: "c"}
    assert names(kept) == ["1", "2"]
