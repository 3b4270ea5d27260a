"""The trials of a search on disk, from which a search that was stopped at any moment continues.

    saved_models/<name>.tuning/
        settings.json         what the search was begun with
        trial_03/trial.json   settings, score and status of a trial; training/ while it runs
        oracle.json           the state of the random numbers
        best.json             the best settings, once the search is done
        damaged/              what could not be read

Keras Tuner keeps the same files, but writes each in place and expects them to agree: half a file, or a kill between two
of them, ends the search or counts a trial twice. Here each is written to one side and renamed, and the state of the
search is worked out from the trials alone.
"""

import json
import logging
import math
import re
import shutil

import keras_tuner

from pipelines.shared.artifacts import layout
from pipelines.shared.storage import plain_json

log = logging.getLogger("unroll")

COMPLETED, FAILED, AGAIN = "COMPLETED", "FAILED", "INVALID"  # Keras Tuner's words; AGAIN marks a trial to run again
EPOCHS = "tuner/epochs"  # these names hold a trial's epochs, round and forerunner in Hyperband
ROUND = "tuner/round"
FORERUNNER = "tuner/trial_id"


class Kept:
    """Keeps an oracle's files whole at any time; a base class to put before one of Keras Tuner's oracles.

    folder: of the search, to be set once the oracle is made.
    """

    folder = None

    def save(self):
        layout.write_json(self.folder / "oracle.json", self.get_state())

    def _save_trial(self, trial):
        trial_folder = folder(self, trial.trial_id)
        trial_folder.mkdir(parents=True, exist_ok=True)
        layout.write_json(trial_folder / "trial.json", trial.get_state())


class RandomSearch(Kept, keras_tuner.oracles.RandomSearchOracle):
    """Settings drawn at random."""


class BayesianOptimization(Kept, keras_tuner.oracles.BayesianOptimizationOracle):
    """Settings where a Gaussian process expects the most."""


class Hyperband(Kept, keras_tuner.oracles.HyperbandOracle):
    """Many settings trained for a few epochs, the best of them for more."""


def folder(oracle, trial_id):
    """The folder of a trial."""
    return oracle.folder / f"trial_{trial_id}"


def restore(oracle, allowed):
    """Gives a new oracle the trials in its folder; interrupted trials will run again under the same number.

    Args:
        oracle: one of this module's.
        allowed: {setting: the values that a trial may have}, a list or (low, high).
    """
    for partial in oracle.folder.rglob(".*.partial"):  # left by a kill; nobody else writes here
        partial.unlink()
    trials = {int(trial.trial_id): trial for trial in _read_all(oracle, allowed)}
    _take(oracle, trials)
    for number in sorted(set(range(max(trials, default=0))) - set(trials)):
        trials[number] = _another(oracle, number)
        _take(oracle, trials)
    again = [trial.trial_id for number, trial in sorted(trials.items(), reverse=True) if trial.status == AGAIN]
    oracle.set_state({**oracle.get_state(), "retry_queue": again})  # the last one is run first


def _take(oracle, trials):
    """Sets the oracle's state, which follows from the trials, {number: trial}."""
    oracle.trials = {trial.trial_id: trial for _, trial in sorted(trials.items())}
    for trial in oracle.trials.values():
        oracle._record_values(trial)
    ended = [trial.trial_id for trial in oracle.trials.values() if trial.status != AGAIN]
    state = {
        "start_order": list(oracle.trials),
        "end_order": ended,
        "run_times": dict.fromkeys(ended, 1),
        "seed_state": _drawn(oracle),
    }
    oracle.set_state({**oracle.get_state(), **state, **(_brackets(oracle) if _is_hyperband(oracle) else {})})


def _is_hyperband(oracle):
    return isinstance(oracle, Hyperband)


def _drawn(oracle):
    """The state of the random numbers from oracle.json; if it cannot be read, their state after the known trials."""
    least = oracle.seed + len(oracle.trials) * len(oracle.hyperparameters.space)
    try:
        return int(plain_json.read(oracle.folder / "oracle.json")["seed_state"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return least


def _brackets(oracle):
    """Hyperband's brackets, each a list of rounds of trials, from the epochs and rounds of the trials."""
    top = oracle._get_num_brackets() - 1
    lowest = min((bracket(oracle, trial) for trial in oracle.trials.values()), default=top)
    brackets = {n: {"bracket_num": n, "rounds": [[] for _ in range(n + 1)]} for n in range(top, lowest - 1, -1)}
    for trial in oracle.trials.values():
        values = trial.hyperparameters.values
        entry = {"past_id": values.get(FORERUNNER), "id": trial.trial_id}
        brackets[bracket(oracle, trial)]["rounds"][values[ROUND]].append(entry)
    return {"brackets": list(brackets.values()), "current_bracket": lowest}


def bracket(oracle, trial):
    """The number of a trial's bracket: round r of bracket b trains for max_epochs / factor^(b - r) epochs.

    Raises:
        ValueError: no bracket has a round of so many epochs. KeyError: the trial does not say how many.
    """
    epochs, round_number = trial.hyperparameters.values[EPOCHS], trial.hyperparameters.values[ROUND]
    count = oracle._get_num_brackets()
    number = [math.ceil(oracle.max_epochs / oracle.factor**rung) for rung in range(count)].index(epochs) + round_number
    if not 0 <= round_number <= number < count:
        raise ValueError(f"no round {round_number} of {epochs} epochs")
    return number


def _another(oracle, number):
    """A trial that replaces a lost one; it counts as failed if all settings were tried already."""
    trial_id = f"{number:0{len(str(oracle.max_trials))}d}"
    values = _reopened(oracle, trial_id) if _is_hyperband(oracle) else oracle.populate_space(trial_id).get("values")
    known = next(iter(oracle.trials.values())).hyperparameters.values
    trial = _trial(oracle, trial_id, AGAIN if values else FAILED, dict(values or known))
    trial.message = None if values else "lost: its file was damaged, and no settings are left that were not tried"
    oracle._save_trial(trial)
    return trial


def _reopened(oracle, trial_id):
    """The values of a new trial for the first round that lacks one; None if there are none."""
    for candidate in _brackets(oracle)["brackets"]:
        for round_number, entries in enumerate(candidate["rounds"]):
            if len(entries) < oracle._get_size(candidate["bracket_num"], round_number):
                rounds = [
                    list(earlier) if number <= round_number else []
                    for number, earlier in enumerate(candidate["rounds"])
                ]
                state = {"brackets": [{**candidate, "rounds": rounds}], "current_bracket": candidate["bracket_num"]}
                oracle.set_state({**oracle.get_state(), **state})
                values = oracle.populate_space(trial_id).get("values")
                if values:
                    return values
    return None


def _trial(oracle, trial_id, status, values):
    hyperparameters = oracle.get_space()
    hyperparameters.values = values
    return keras_tuner.engine.trial.Trial(hyperparameters, trial_id, status)


def _read_all(oracle, allowed):
    """Yields the undamaged trials; damaged ones are set aside, leftovers of a kill are removed."""
    for trial_folder in sorted(oracle.folder.glob("trial_*")):
        shutil.rmtree(trial_folder / "training", ignore_errors=True)
        if not (trial_folder / "trial.json").exists() and not trial_folder.is_symlink():
            shutil.rmtree(trial_folder)  # killed before anything was written
            continue
        try:
            yield _read(oracle, trial_folder, allowed)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            kept = set_aside(trial_folder)
            log.warning("%s is damaged (%s); it is now %s, the search goes on", trial_folder, _reason(error), kept)


def _reason(error):
    return f"{type(error).__name__}: {error}"[:120]


def _read(oracle, trial_folder, allowed):
    """The trial in a folder."""
    state = json.loads((trial_folder / "trial.json").read_text("utf-8"))
    values, status, message = state["hyperparameters"]["values"], state["status"], state.get("message")
    if trial_folder.name != f"trial_{state['trial_id']}" or not state["trial_id"].isdecimal():
        raise ValueError(f"it says to be of trial {state['trial_id']}")
    for name, choice in allowed.items():
        _check(name, values[name], choice)
    if status not in (COMPLETED, FAILED) or (status == FAILED and _of_the_machine(message)):
        status = AGAIN
    trial = _trial(oracle, state["trial_id"], status, values)
    trial.message, trial.score, trial.best_step = message, state["score"], state["best_step"]
    if status == COMPLETED and not math.isfinite(trial.score):
        raise ValueError(f"its score is {trial.score}")
    if _is_hyperband(oracle):
        bracket(oracle, trial)
    return trial


def _check(name, value, choice):
    """Refuses the value of a trial that the search could not have tried."""
    fits = 0 <= value < len(choice) if isinstance(choice, list) else choice[0] <= value <= choice[1]
    if not fits:
        raise ValueError(f"{name} is {value}")


def _of_the_machine(message):
    """Whether a trial failed because files could not be written or read, which says nothing about its settings."""
    return "[Errno " in (message or "") or "No space left on device" in (message or "")


def set_aside(path):
    """Moves a file or folder of a search into `damaged`; returns its new path."""
    path.parent.joinpath("damaged").mkdir(exist_ok=True)
    target = path.parent / "damaged" / path.name
    number = 2
    while target.exists():
        target = path.parent / "damaged" / f"{path.name}.{number}"
        number += 1
    path.rename(target)
    return target


def error(message):
    """The error of a failed trial in one line, from the traceback that Keras Tuner keeps.

    >>> error("Traceback (most recent call last):\\n  File ...\\nFloatingPointError: too far\\n")
    'FloatingPointError: too far'
    """
    lines = [line for line in (message or "cut off").splitlines() if line.strip()]
    starts = [index for index, line in enumerate(lines) if re.match(r"[\w.]*(Error|Exception)\b", line)]
    first, *others = lines[starts[-1] :] if starts else lines[-1:]
    if first.endswith("Graph execution error:"):  # TensorFlow's: the operations come first, then what happened
        told = [line for line in others if not line[0].isspace() and not line.startswith(("Detected at", "Stack"))]
        first = f"{first.split(':')[0]}: {told[0] if told else 'in the graph'}"
    return first if len(first) <= 200 else f"{first[:200]}..."
