"""A full disk, a full temporary folder, a read-only disk and a used-up quota during train, tune, export, predict and
convert.

If this process may mount (root on Linux), the disk is a tmpfs of a random size between nothing and what the command
needs; otherwise only a limit on the number of files is tried. What was there must stay whole, the command must end with
one clear line, and once there is space the same command (train: with --resume if there is an epoch) must succeed.
"""

import contextlib
import errno
import os
import random
import shutil
import subprocess
import sys

from benchmarks.breaking import artifacts, children, kills, material

TASK = "sentiment"
ROOM = 256 * 2**20  # bytes; enough for anything here
WRITING = os.O_WRONLY | os.O_RDWR


def run(options, scratch):
    """[(row, how it ended, what went wrong)]"""
    plan = kills.prepared(TASK, scratch / "template", verbs=("train",))
    material_model(plan["place"])
    ways = WAYS if mountable(scratch) else {"quota used up": quota}
    rows = [(verb, way) for verb in COMMANDS for way in ways]
    rows = [row for row in rows if not options.only or any(word in " ".join(row) for word in options.only)]
    cases = [(verb, way, number) for number in range(options.count or 5) for verb, way in rows]

    def work(case):
        verb, way, number = case
        folder = scratch / f"{verb}-{way.replace(' ', '-')}-{number}"
        folder.mkdir()
        kind, wrong = ways[way](verb, folder, plan, random.Random(f"{options.seed} {case}"))
        shutil.rmtree(folder, ignore_errors=True)
        return f"{way}: {verb}", kind, wrong and f"{number} ({kind}): {wrong}"

    return children.share(cases, work, options.jobs)


def mountable(scratch):
    with contextlib.suppress(OSError, subprocess.CalledProcessError), mounted(scratch / "tried", 2**20):
        return True
    return False


@contextlib.contextmanager
def mounted(folder, size):
    """Mounts a tmpfs of `size` bytes at `folder`."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def _mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True, capture_output=True)


def _remount(folder, option):
    _mount("-o", f"remount,{option}", folder)


def material_model(folder):
    """Writes a model for `convert`, of a tenth of a megabyte."""
    done = children.run(_keras, folder / "model.keras")
    if done.code:
        raise RuntimeError(done.errors[-2000:])


def _keras(path):
    import keras

    model = keras.Sequential([keras.Input([None, 40]), keras.layers.LSTM(60), keras.layers.Dense(2)])
    model.save(path)
    return 0, None


def used(folder):
    """Bytes in use on a tmpfs."""
    system = os.statvfs(folder)
    return (system.f_blocks - system.f_bfree) * system.f_frsize


def full(verb, folder, plan, draw):
    """The disk that holds artifacts, answers and the converted file becomes full at some moment."""
    with mounted(folder / "disk", ROOM):
        furnish(folder / "disk", plan)
        free = int(NEEDS[verb] * draw.random() ** 2)
        _remount(folder / "disk", f"size={used(folder / 'disk') + free}")
        return tried(verb, folder / "disk", folder / "tmp", plan, lambda: _remount(folder / "disk", f"size={ROOM}"))


def full_temporary(verb, folder, plan, draw):
    """The folder of temporary files becomes full."""
    furnish(folder, plan)
    with mounted(folder / "small", int(max(4096, NEEDS[verb] * draw.random() ** 2))):
        return tried(verb, folder, folder / "small", plan, lambda: _remount(folder / "small", f"size={ROOM}"))


def read_only(verb, folder, plan, draw):
    with mounted(folder / "disk", ROOM):
        furnish(folder / "disk", plan)
        _remount(folder / "disk", "ro")
        return tried(verb, folder / "disk", folder / "tmp", plan, lambda: _remount(folder / "disk", "rw"))


def quota(verb, folder, plan, draw):
    """After a random number of files, no other can be opened for writing."""
    furnish(folder, plan)
    return tried(verb, folder, folder / "tmp", plan, lambda: None, draw.randrange(FILES[verb]))


def furnish(folder, plan):
    shutil.copytree(plan["place"], folder, dirs_exist_ok=True)


def tried(verb, folder, temporary, plan, relieve, files=None):
    """Runs the command without space, checks what is there then, and runs it again with space."""
    words, models = COMMANDS[verb](folder), folder / "models"
    child = children.run(_command, str(folder), files, *words, temporary=temporary)
    problems = {}
    if child.code:
        problems["message"] = artifacts.refusal(child) or unclear(child)
        problems["what was there"] = artifacts.damaged(models, TASK) or artifacts.verify(models / material.NAME)
    relieve()
    again = [*words, "--resume"] if verb == "train" and list(models.glob("*.training/last-*")) else words
    done = children.run(children.command, *again, temporary=temporary)
    problems["again"] = artifacts.success(done)
    problems["then"] = artifacts.verify(models / material.NAME)
    if verb == "train" and not done.code:
        problems["numbers"] = kills.same(artifacts.answers(TASK, models), plan["after"])
    left = artifacts.leftovers(models, folder / "nowhere")
    problems["left"] = ", ".join(left[:4])
    return "refused" if child.code else "had room", artifacts.words(problems)


def unclear(child):
    """What is wrong with an error that does not say why the command failed; "" if it does."""
    line = next(line for line in child.errors.splitlines() if line.startswith("unroll: error: "))
    known = ("full", "space", "quota", "read-only", "writable")
    return "" if any(word in line for word in known) else f"does not say why: {line[:300]}"


def _command(folder, files, *words):
    if files is not None:
        _limit(folder, files)
    return children.command(*words)


def _limit(folder, files):
    """Lets only the first `files` files below the folder be opened for writing."""
    opened = []

    def event(name, arguments):
        if name != "open" or not isinstance(arguments[0], (str, bytes)) or not (arguments[2] or 0) & WRITING:
            return
        path = os.fsdecode(arguments[0])
        if path.startswith(folder):
            opened.append(path)
            if len(opened) > files:
                raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), path)

    sys.addaudithook(event)


COMMANDS = {
    "train": lambda folder: material.train(TASK, folder, folder / "models"),
    "tune": lambda folder: material.tune(TASK, folder, folder / "models", 2),
    "export": lambda folder: material.export(TASK, folder / "models"),
    "predict": lambda folder: material.predict(folder, folder / "models", folder / "answers.csv"),
    "convert": lambda folder: ["convert", folder / "model.keras", folder / "model.tflite", "--overwrite"],
}
# approximate number of bytes
NEEDS = {"train": 900_000, "tune": 400_000, "export": 900_000, "predict": 8_000, "convert": 150_000}
# files opened for writing, at least
FILES = {"train": 12, "tune": 12, "export": 12, "predict": 1, "convert": 1}
WAYS = {"disk full": full, "TMPDIR full": full_temporary, "read-only": read_only, "quota used up": quota}
