"""Two commands on the same artifact at once: both succeed, or one does and the other ends with one clear line.

Afterwards the artifact must be whole, its metrics must be those in its log and its metrics.json, and a refused command
must succeed when it is run again.
"""

import json
import random
import shutil
import time

from benchmarks.breaking import artifacts, children, kills, material

TASK = "sentiment"


def run(options, scratch):
    """[(row, how it ended, what went wrong)]"""
    plan = kills.prepared(TASK, scratch / "template", verbs=("train",))
    rows = [row for row in ROWS if not options.only or any(word in row for word in options.only)]
    cases = [(row, number) for number in range(options.count or 5) for row in rows]

    def work(case):
        row, number = case
        folder = scratch / f"{row.replace(' ', '-')}-{number}"
        shutil.copytree(plan["place"], folder)
        kind, wrong = both(row, folder, plan, random.Random(f"{options.seed} {case}"))
        shutil.rmtree(folder)
        return f"at once: {row}", kind, wrong and f"{number} ({kind}): {wrong}"

    return children.share(cases, work, options.jobs)


def both(row, folder, plan, draw):
    models = folder / "models"
    words = [COMMANDS[verb](folder, models, seed) for verb, seed in ROWS[row]]
    first, second = draw.sample((0, 1), 2)
    running = {first: children.start(children.command, *words[first], temporary=folder / "tmp")}
    time.sleep(draw.choice((0, 0.2, draw.random() * plan["train"])))
    running[second] = children.start(children.command, *words[second], temporary=folder / "tmp")
    for child in running.values():
        child.wait()
    lost = [number for number, child in running.items() if child.code]
    problems = {f"{ROWS[row][number][0]} refused": artifacts.refusal(running[number]) for number in lost}
    problems["both"] = "neither succeeded" if len(lost) == 2 else ""
    problems["whole"] = artifacts.damaged(models, TASK) or artifacts.verify(models / material.NAME)
    problems["artifact"] = matches(models, plan)
    problems["trials"] = counted(running, row)
    for number in lost:
        again = children.run(children.command, *words[number], temporary=folder / "tmp")
        problems["again"] = artifacts.success(again)
    problems["then"] = artifacts.verify(models / material.NAME)
    return "both" if not lost else "one refused", artifacts.words(problems)


def matches(models, plan):
    """What is wrong if the artifact's metrics are not those of its files, or of neither training; "" if nothing is."""
    answers = artifacts.answers(TASK, models)
    if "error" in answers:
        return answers["error"]
    gaps = [answers["wrong"] or kills.same(answers, plan[which]) for which in ("before", "after")]
    return gaps[0] if all(gaps) else ""


def counted(running, row):
    """What is wrong if a search that succeeded does not have its two trials once each; "" if nothing is."""
    for number, child in running.items():
        if child.code == 0 and ROWS[row][number][0] == "tune":
            names = [trial["trial"] for trial in json.loads((child.folder / "stdout").read_text())["trials"]]
            if len(names) != 2 or len(set(names)) != 2:
                return f"expected 2, received {names}"
    return ""


COMMANDS = {
    "train": lambda folder, models, seed: material.train(TASK, folder, models, seed),
    "tune": lambda folder, models, seed: [*material.tune(TASK, folder, models, 2), "--json"],
    "export": lambda folder, models, seed: material.export(TASK, models, "both" if seed else "saved_model"),
    "predict": lambda folder, models, seed: material.predict(folder, models, folder / f"answers-{seed}.csv"),
}
ROWS = {
    "train and train": (("train", 1), ("train", 1)),
    "train and another train": (("train", 0), ("train", 1)),
    "tune and tune": (("tune", 1), ("tune", 1)),
    "export and export": (("export", 1), ("export", 0)),
    "train and export": (("train", 1), ("export", 0)),
    "train and tune": (("train", 1), ("tune", 1)),
    "train and predict": (("train", 1), ("predict", 1)),
    "predict and predict": (("predict", 1), ("predict", 1)),
}
