"""Cuts off a save, an export and a trial at each of their file events, without a new process, and runs them again.

An event is one that Python audits: opening a file for writing, making, renaming and removing files and folders, links.
From that event on nothing more happens on disk, as after a kill: every later event is cut off too, even in a clean-up.
Opening a file anew is cut off twice, before it and just after it, when the file is empty. After each cut the old or the
new artifact must be there whole, and the next run must succeed and leave what a clean run leaves.

What TensorFlow writes by itself, SavedModels and the converter's file, is copied from a first run.
"""

import contextlib
import csv
import dataclasses
import gc
import os
import pathlib
import shutil
import sys

from benchmarks.breaking import artifacts, children, kills, material

# event: (index of a path among its arguments, index of the descriptor of the folder that it is relative to), ...
PATHS = {
    "os.rename": ((0, 2), (1, 3)), "os.remove": ((0, 1),), "os.mkdir": ((0, 2),), "os.rmdir": ((0, 1),),
    "os.link": ((0, 2), (1, 3)), "os.symlink": ((1, 2),), "os.truncate": ((0, None),), "os.chmod": ((0, 2),),
    "os.utime": ((0, 3),),
}  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR


class Cut(BaseException):
    """The process counts as killed."""


class Scissors:
    """Counts the file events below a folder and cuts at one of them; `seen` lists the events so far."""

    def __init__(self):
        self.folder, self.at, self.seen, self.dead = None, None, [], False
        sys.addaudithook(self._event)

    @contextlib.contextmanager
    def cutting(self, folder, at=None):
        self.folder, self.at, self.seen, self.dead = str(folder), at, [], False
        try:
            yield
        except Cut:
            pass
        finally:
            folder, self.folder = self.folder, None
            if self.dead:
                _let_go(folder)

    def _event(self, name, arguments):
        if self.folder is None:
            return
        path, emptied = self._written(name, arguments)
        if path is None:
            return
        if self.dead:
            raise Cut
        self._count(f"{name} {path}", None)
        if emptied:
            self._count(f"{name} {path}, opened", path)

    def _count(self, what, emptied):
        self.seen.append(what.replace(self.folder, ""))
        if len(self.seen) - 1 == self.at:
            self.dead = True
            if emptied:
                folder, self.folder = self.folder, None  # its own opening is no event
                pathlib.Path(emptied).write_bytes(b"")
                self.folder = folder
            raise Cut

    def _written(self, name, arguments):
        """(the path below the folder that the event writes, or None; whether it empties a file)"""
        if name == "open":
            path, mode, flags = arguments
            if not isinstance(path, (str, bytes, os.PathLike)) or not (flags or 0) & WRITING:
                return None, False
            return self._below(path), "w" in (mode or "") or bool((flags or 0) & os.O_TRUNC)
        paths = [
            self._below(arguments[path_index], -1 if folder_index is None else arguments[folder_index])
            for path_index, folder_index in PATHS.get(name, ())
        ]
        return next(filter(None, paths), None), False

    def _below(self, path, folder=-1):
        if not isinstance(path, (str, bytes, os.PathLike)):
            return None
        above = os.readlink(f"/proc/self/fd/{folder}") if folder >= 0 else os.getcwd()
        path = os.path.abspath(os.path.join(above, os.fsdecode(path)))
        return path if path.startswith(self.folder) else None


def _let_go(folder):
    """Closes the files and releases the locks of what was cut off, as the end of its process would."""
    gc.collect()
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/self/fd/{descriptor}").startswith(folder):
                os.close(int(descriptor))
    if "pipelines.shared.storage.locks" in sys.modules:
        sys.modules["pipelines.shared.storage.locks"]._held.clear()


def run(options, scratch):
    """[(row, what was cut off, what went wrong)]"""
    plan = kills.prepared("sentiment", scratch / "template", verbs=("train",))
    wanted = [verb for verb in VERBS if not options.only or any(word in verb for word in options.only)]
    shares = [(verb, share) for verb in wanted for share in range(options.jobs)]

    def work(case):
        verb, share = case
        folder = scratch / f"{verb}-{share}"
        shutil.copytree(plan["place"], folder)
        child = children.run(
            _cut_all, verb, folder, plan, share, options, seconds=children.DAY, temporary=folder / "tmp"
        )
        if child.code:
            raise RuntimeError(child.errors[-3000:])
        return child.result

    return [outcome for outcomes in children.share(shares, work, options.jobs) for outcome in outcomes]


def _cut_all(verb, folder, plan, share, options):
    """In a child: cuts the verb off at every `jobs`-th event, or of `count` events spread over all of them."""
    scissors = Scissors()
    act, check = VERBS[verb](folder, plan)
    pristine = folder.with_name(f"{folder.name}-pristine")
    shutil.copytree(folder / "models", pristine, symlinks=True)
    with scissors.cutting(folder / "models"):
        act()
    events = scissors.seen
    clean = len(artifacts.leftovers(folder / "models", folder / "none"))
    chosen = range(len(events)) if options.count is None else _spread(len(events), options.count)
    outcomes = []
    for number in chosen[share :: options.jobs]:
        shutil.rmtree(folder / "models")
        shutil.copytree(pristine, folder / "models", symlinks=True)
        with scissors.cutting(folder / "models", number):
            act()
        where = scissors.seen[-1] if scissors.dead else "none"
        problems = {"what is there": check(folder / "models")}
        problems["next run"] = _again(act)
        problems["then"] = check(folder / "models")
        left = artifacts.leftovers(folder / "models", folder / "none")
        problems["left"] = ", ".join(left[:4]) if len(left) > clean else ""
        wrong = artifacts.words(problems)
        outcomes.append(
            (f"event of a {verb}", where.split()[0], wrong and f"{number} of {len(events)}, {where}: {wrong}")
        )
    return 0, outcomes


def _spread(length, count):
    """`count` numbers below `length`, evenly spread."""
    return sorted({index * length // count for index in range(count)})


def _again(act):
    try:
        act()
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    return ""


def save(folder, plan):
    """Saving a trained artifact over one of the same name; the training's folder is made again each time."""

    import pipelines

    models = folder / "models"
    for words in (material.train("sentiment", folder, folder / "other", 1),):
        done = children.run(children.command, *words, temporary=folder / "tmp")
        if done.code:
            raise RuntimeError(done.errors[-2000:])
    artifact = pipelines.sentiment.load(material.NAME, directory=folder / "other")
    examples = artifact._own_test_split()
    answered = artifact.task.scores.answered(artifact, examples)
    metrics = artifact.task.scores.score(artifact, examples, answered)
    sections = artifact.task.report.sections(artifact, examples, answered)
    own = {
        "scores": {"answered": lambda *_: None, "score": lambda *_: dict(metrics)},
        "report": {"sections": lambda *_: sections},
    }
    artifact.task = dataclasses.replace(artifact.task, own=own)
    artifact.path = models / material.NAME
    training = models / f"{material.NAME}.training"

    def train():
        shutil.copytree(folder / "other" / material.NAME / "logs", training)

    def act():
        if not training.exists():  # it does before the cut
            train()
        artifact.save(training)

    train()

    return act, lambda models: _one_of(models, plan)


def _one_of(models, plan):
    """Why neither the old nor the new artifact is there whole, or what is wrong with a version kept beside it."""
    damage = artifacts.damaged(models, "sentiment")
    if damage:
        return damage
    with open(models / material.NAME / "logs" / "log.csv", newline="") as file:
        losses = [float(row["val_loss"]) for row in csv.DictReader(file)]
    known = (plan[which]["history"]["val_loss"] for which in ("before", "after"))
    return "" if any(not artifacts.difference(losses, one) for one in known) else "neither the old one nor the new one"


def export(folder, plan):
    """Exporting over existing exports."""
    import tensorflow as tf

    import pipelines
    from pipelines.shared.export import conversion

    artifact = pipelines.sentiment.load(material.NAME, directory=folder / "models")
    kept = folder / "kept"
    _record(kept, tf, conversion)
    artifact.export()
    before = artifacts.content(artifact.path)

    def act():
        pipelines.sentiment.load(material.NAME, directory=folder / "models")
        artifact.export()

    def check(models):
        after = artifacts.content(models / material.NAME)
        gone = [f"{name} is gone" for name in before if name not in after and not name.startswith("mobile/")]
        served = [name for name in before if name.startswith("serving") and name in after]
        changed = [f"{name} changed" for name in served if after[name] != before[name] and name.count("/") > 1]
        there = (models / material.NAME / "mobile" / "model.tflite").exists()
        return ", ".join([*gone, *changed][:4]) or ("" if there else "mobile/ is gone")

    return act, check


def _record(kept, tf, conversion):
    """Keeps what TensorFlow and the converter write in a first run, and copies it from then on."""
    saves, calls = [], {}
    save, load, convert = tf.saved_model.save, tf.saved_model.load, conversion.convert

    def recorded_save(module, folder, signatures=None, **options):
        key = "-".join(sorted(signatures))
        if key not in calls:
            calls[key] = kept / f"saved-{len(calls)}"
            save(module, str(calls[key]), signatures=signatures, **options)
            saves.append(key)
        shutil.copytree(calls[key], folder, dirs_exist_ok=True)

    def recorded_convert(saved, path, quantize=None):
        if not (kept / "model.tflite").exists():
            kept.mkdir(exist_ok=True)
            convert(saved, kept / "model.tflite", quantize)
        shutil.copyfile(kept / "model.tflite", path)

    loaded = {}

    def recorded_load(folder, **options):
        key = (pathlib.Path(folder) / "saved_model.pb").stat().st_size
        if key not in loaded:
            loaded[key] = load(folder, **options)
        return loaded[key]

    tf.saved_model.save, tf.saved_model.load, conversion.convert = recorded_save, recorded_load, recorded_convert


def tune(folder, plan):
    """A search of two trials; only the first trial is trained, later ones get its history."""
    import pipelines
    from pipelines.shared.training import fitting

    fit, histories = fitting.fit, []

    def recorded_fit(model, train, valid, config, folder, *rest, **options):
        if not histories:
            histories.append(fit(model, train, valid, config, folder, *rest, **options))
        return histories[0]

    fitting.fit = recorded_fit
    settings = {name.replace("-", "_"): value for name, value in material.TRAINING["sentiment"].items()}
    data = folder / material.DATA["sentiment"]

    def act():
        result = pipelines.sentiment.tune(
            data, name=material.NAME, directory=folder / "models", algorithm="random", trials=2,
            space={"units": [3, 4]}, bidirectional=False, **settings,
        )  # fmt: skip
        whole = [trial for trial in result.trials if trial["score"] is not None]
        if len(whole) < 2:
            raise RuntimeError(f"expected 2 trials with a score, received {len(whole)} of {len(result.trials)}")

    return act, lambda models: _one_of(models, plan)


VERBS = {"save": save, "export": export, "trial": tune}
