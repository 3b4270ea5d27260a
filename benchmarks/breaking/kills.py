"""`kill -9` at random moments of train, tune and export: the old artifact stays, and the work can be continued.

The moment is drawn from the time that the verb takes uninterrupted, or it comes shortly after a sign of a brief phase:
the last epochs, a trial, the files of a save or of an export. After each kill the old artifact must answer as before
(or the new one as it should). The same command again, or with `--resume`, must end with the numbers and the trials of
an uninterrupted run, `verify` must pass, and nothing may be left that a clean run does not leave.
"""

import random
import shutil
import time

from benchmarks.breaking import artifacts, children, material

ORPHANS = 5  # seconds in which the processes that a killed one started have to end
AFTER_A_SIGN = 0.1  # seconds at most
# Patterns of files below the folder of artifacts; for None the moment is drawn from the whole time.
SIGNS = {
    "train": (
        None,
        "*.training/last-1.npz",
        "*.training/last-2.npz",
        ".*.partial/config.json",
        ".*.partial/model.keras",
    ),
    "tune": (None, "*.tuning/trial_*/trial.json", "*.tuning/trial_1/training", "*.tuning/trial_2/training/*"),
    "export": (None, ".*.partial/serving/*", ".*.partial/serving_ids/*/variables/*", ".*.partial/mobile/*"),
}


def run(options, scratch):
    """[(row, phase, what went wrong)]"""
    share = [(verb, number) for number in range(options.count or 30) for verb in ("train", "tune", "export")]
    plans = {task: prepared(task, scratch / f"template-{task}") for task in tasks(options)}
    cases = [(verb, number, list(plans)[number % len(plans)]) for verb, number in share]

    def work(case):
        verb, number, task = case
        draw = random.Random(f"{options.seed} {case}")
        folder = scratch / f"{verb}-{number}"
        shutil.copytree(plans[task]["place"], folder)
        phase, wrong = VERBS[verb](task, folder, plans[task], draw)
        shutil.rmtree(folder)
        return f"kill -9 of {verb}", f"{phase}", wrong and f"{task} {verb} {number} ({phase}): {wrong}"

    return children.share(cases, work, options.jobs)


def tasks(options):
    return material.TASKS[: max(1, min(3, (options.count or 30) // 2))]


def prepared(task, folder, verbs=("train", "tune", "export")):
    """Makes an exported artifact of a task in `folder`; returns the outcomes of uninterrupted verbs to compare with."""
    models, temporary = folder / "models", folder / "tmp"
    models.mkdir(parents=True)
    temporary.mkdir()
    material.write_data(folder)
    for words in (material.train(task, folder, models, 0), material.export(task, models)):
        done = children.run(children.command, *words, temporary=temporary)
        if done.code:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.errors[-2000:]}")
    plan = {"place": folder, "before": artifacts.answers(task, models)}
    copy = folder.with_name(f"{folder.name}-clean")
    shutil.copytree(folder, copy)
    for verb in verbs:
        words = commands(task, copy)[verb]
        shutil.rmtree(copy / "tmp")
        done = children.start(children.command, *words, temporary=copy / "tmp")
        done.wait()
        plan[verb] = time.monotonic() - done.started
        if done.code:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.errors[-2000:]}")
        if verb == "train":
            plan["after"] = artifacts.answers(task, copy / "models")
        if verb == "tune":
            plan["trials"] = len(artifacts.trials(done))
        plan[f"{verb} leaves"] = len(artifacts.leftovers(copy / "models", copy / "tmp"))
    shutil.rmtree(copy)
    return plan


def commands(task, folder):
    models = folder / "models"
    return {
        "train": material.train(task, folder, models),
        "tune": [*material.tune(task, folder, models), "--json"],
        "export": material.export(task, models),
    }


def killed(verb, task, folder, plan, draw):
    """(the child, the phase in which it was hit)"""
    child = children.start(children.command, *commands(task, folder)[verb], temporary=folder / "tmp")
    wait(child, folder / "models", draw.choice(SIGNS[verb]), plan[verb], draw)
    hit = child.kill()
    return child, phase(verb, folder / "models") if hit else "had ended"


def wait(child, models, sign, seconds, draw):
    """Waits until the moment of the kill, or the end of the command."""
    if sign is None:
        return time.sleep(draw.uniform(0, 1) * seconds)
    before = set(models.glob(sign))
    while child.running() and not set(models.glob(sign)) - before:
        time.sleep(0.002)
    time.sleep(draw.uniform(0, AFTER_A_SIGN))


def phase(verb, models):
    """What the command was doing, told from the files that are there."""
    mine = models / material.NAME
    if verb == "export":
        return "writing" if list(mine.rglob(".*partial*")) + list(models.glob(".*")) else "tracing or done"
    if verb == "tune":
        return "trials" if list(models.glob("*.tuning/trial_*")) else "reading"
    if list(models.glob(".*partial*")):
        return "saving"
    folder = models / f"{mine.name}.training"
    return "epochs" if list(folder.glob("last-*")) else "first epoch" if folder.exists() else "reading"


def kill_train(task, folder, plan, draw):
    _, phase = killed("train", task, folder, plan, draw)
    models, problems = folder / "models", {"what was there": old_or_new(task, folder / "models", plan)}
    words = commands(task, folder)["train"]
    again = children.run(children.command, *words, "--resume", temporary=folder / "tmp")
    if again.code and "no training of" in again.errors:
        again = children.run(children.command, *words, temporary=folder / "tmp")
    problems["resume"] = artifacts.success(again)
    if not again.code:
        problems["numbers"] = same(artifacts.answers(task, models), plan["after"])
        problems["grows"] = grown(folder, plan, "train")
    return phase, artifacts.words(problems)


def old_or_new(task, models, plan):
    answers = artifacts.answers(task, models)
    gap = same(answers, plan["before"])
    return gap and same(answers, plan["after"]) and gap


def same(answers, expected):
    """Where answers differ from the expected ones."""
    if "error" in answers:
        return answers["error"]
    return (
        answers["wrong"]
        or artifacts.difference(answers["history"], expected["history"], "log")
        or (artifacts.difference(answers["metrics"], expected["metrics"], "metrics"))
    )


def grown(folder, plan, verb):
    """What is left that a clean run would not leave."""
    left = artifacts.leftovers(folder / "models", folder / "tmp")
    return f"left {len(left)}: {', '.join(left[:4])}" if len(left) > plan[f"{verb} leaves"] else ""


def kill_tune(task, folder, plan, draw):
    kept = artifacts.content(folder / "models" / material.NAME)
    _, phase = killed("tune", task, folder, plan, draw)
    again = children.run(children.command, *commands(task, folder)["tune"], temporary=folder / "tmp")
    problems = {"goes on": artifacts.success(again)}
    if not again.code:
        trials = artifacts.trials(again)
        whole = sum(trial["score"] is not None for trial in trials)
        wanted = plan["trials"]
        problems["trials"] = whole != wanted and f"expected {wanted} with a score, received {whole} of {len(trials)}"
        problems["grows"] = grown(folder, plan, "tune")
    changed = kept != artifacts.content(folder / "models" / material.NAME)
    problems["artifact"] = "tune changed it" if changed else ""
    return phase, artifacts.words(problems)


def kill_export(task, folder, plan, draw):
    mine = folder / "models" / material.NAME
    child, phase = killed("export", task, folder, plan, draw)
    problems = {"what was there": artifacts.verify(mine)}
    end = time.monotonic() + ORPHANS
    while child.orphans() and time.monotonic() < end:
        time.sleep(0.2)
    problems["outlives it"] = f"{len(child.orphans())} processes" if child.orphans() else ""
    again = children.run(children.command, *commands(task, folder)["export"], temporary=folder / "tmp")
    problems["export again"] = artifacts.success(again)
    problems["verify"] = artifacts.verify(mine)
    problems["answers"] = same(artifacts.answers(task, folder / "models"), plan["before"])
    problems["grows"] = grown(folder, plan, "export")
    return phase, artifacts.words(problems)


VERBS = {"train": kill_train, "tune": kill_tune, "export": kill_export}
