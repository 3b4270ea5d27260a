"""Search for good settings with Keras Tuner; after a kill, the same call continues it.

    result = pipelines.sentiment.tune("reviews.csv", trials=20, space={"units": [32, 64], "dropout": (0.0, 0.5)})
    pipelines.sentiment.train("reviews.csv", config=result.path)

Trials are kept in `saved_models/<name>.tuning/`, each with its settings, score and status (see `trials`); `best.json`
there holds the best settings. Splits and vocabulary are made once, the vocabulary from the training split; only the
network and its training vary.

Reference: Li et al. 2018, "Hyperband", arXiv:1603.06560; O'Malley et al. 2019, Keras Tuner.
"""

import dataclasses
import logging
import shutil

import keras_tuner

from pipelines import own_tasks, settings
from pipelines.shared import progress
from pipelines.shared.artifacts import layout
from pipelines.shared.data import provenance
from pipelines.shared.storage import plain_json
from pipelines.shared.training import choosing, fitting, spaces, starting, tuning_page
from pipelines.shared.training import trials as kept_trials
from pipelines.shared.training.results import Result

log = logging.getLogger("unroll")

ORACLES = {
    "random": kept_trials.RandomSearch,
    "bayesian": kept_trials.BayesianOptimization,
    "hyperband": kept_trials.Hyperband,
}


def tune(task, splits, *, path, base, algorithm, trials, space, start=None):
    """Tries settings and returns a `Result`; base: the values of settings outside the space. See `Task.tune`."""
    return _tune(task, base, space, splits, algorithm, trials, layout.beside(path, "tuning"), start)


def _tune(task, base, space, splits, algorithm, trials, folder, start):
    """Runs a search in the folder to its end, or continues the one that is there."""
    decisive = {"algorithm": algorithm, "space": space, "examples": provenance.fingerprint(splits)}
    decisive |= {"started_from": dict(start.facts)} if start else {}
    with layout.stoppable(folder, f"The trials are kept in {folder}; the same call goes on"):
        _open(folder, {**decisive, **dataclasses.asdict(base)}, settings.defaults(task.Config))
        oracle = _oracle(algorithm, trials, base, hyperparameters(task.Config, space))
        oracle.folder, oracle.verbose = folder, 0
        kept_trials.restore(oracle, space)
        tuner = Tuner(
            task, base, space, splits, start, oracle=oracle, directory=folder.parent, project_name=folder.name
        )
        _search(tuner)
        return _shown(task, _result(oracle, base, space, folder), space, base, folder)


def _search(tuner):
    """Tries settings until the oracle has no more; an error of writing files stops the search."""
    try:
        with progress.steps("trials") as tuner.bar:
            tuner.search()
    except keras_tuner.errors.FatalError as error:
        raise error.__cause__ from error


def hyperparameters(config_class, space):
    """The space as Keras Tuner declares it; a range whose ends differ by a factor of 10 or more is logarithmic."""
    declared = keras_tuner.HyperParameters()
    for name, values in space.items():
        if isinstance(values, list):
            # By index, since Keras Tuner takes neither None nor a mixture of types.
            numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
            declared.Choice(name, list(range(len(values))), ordered=numbers)
            continue
        low, high = values
        declare = declared.Int if settings.kind(config_class, name)[0] is int else declared.Float
        declare(name, low, high, sampling="log" if low > 0 and high / low >= 10 else "linear")
    return declared


def _oracle(algorithm, trials, base, declared):
    """The oracle, which picks the settings of the next trial."""
    length = {"max_epochs": base.epochs} if algorithm == "hyperband" else {"max_trials": trials}
    return ORACLES[algorithm](
        objective=keras_tuner.Objective(base.monitor, fitting.mode(base.monitor)),
        hyperparameters=declared,
        seed=base.seed or 10_000,  # Keras Tuner takes 0 for any seed
        max_consecutive_failed_trials=1_000_000,  # `_result` reports it if all have failed
        **length,
    )


def _open(folder, record, defaults):
    """Begins a search in the folder, or checks that the one there has the same settings."""
    file = folder / "settings.json"
    if file.exists():
        begun = _begun(file)
        if begun is not None:
            return layout.check_same(file, record, defaults)
        _presume(folder, f"damaged, and now {kept_trials.set_aside(file)}")
    elif any(folder.glob("trial_*/trial.json")):
        _presume(folder, "missing")
    folder.mkdir(parents=True, exist_ok=True)
    return layout.write_json(file, record)


def _begun(file):
    """The content of settings.json; None if it is damaged."""
    try:
        return plain_json.read(file)
    except ValueError:
        return None


def _presume(folder, what):
    log.warning("%s: settings.json is %s; its trials are taken to be of the settings and data given now", folder, what)


class Tuner(keras_tuner.Tuner):
    """Trains a task's model with the settings of a trial, by the same code as the verb `train`."""

    def __init__(self, task, base, space, splits, start, **options):
        super().__init__(**options)
        self.task, self.base, self.space, self.splits, self.start = task, base, space, splits, start
        self.preprocessor = starting.prepared(task, splits["train"], base, start)

    def run_trial(self, trial):
        """The best value of `monitor`."""
        values = trial.hyperparameters.values
        changed = spaces.chosen(self.space, values)
        config = settings.create(self.task.Config, changed, base=self.base)
        if None in changed.values():  # as `train` does with such a setting
            config, _ = choosing.settled(self.task, self.splits["train"], config)
        config = dataclasses.replace(config, epochs=values.get(kept_trials.EPOCHS, config.epochs))
        self._show(int(trial.trial_id))
        begun = progress.elapsed()
        progress.line(f"{self.bar.detail}: {changed}")
        _, history = self._fit(config, kept_trials.folder(self.oracle, trial.trial_id) / "training")
        pick = max if fitting.mode(config.monitor) == "max" else min
        progress.line(f"{self.bar.detail}: {config.monitor} {pick(history[config.monitor]):.4f}")
        if self.base.time and 2 * progress.elapsed() - begun > self.base.time:  # the next would take as long
            log.warning("time: the search ends after %d trials", len(self.oracle.trials))
            self.oracle.max_trials = len(self.oracle.trials)
        return {config.monitor: pick(history[config.monitor])}

    def _show(self, number):
        """Shows that the trial of this number, from 0 on, begins; Hyperband cannot tell how many there will be."""
        count = None if isinstance(self.oracle, kept_trials.Hyperband) else self.oracle.max_trials
        self.bar.total, self.bar.done = count, number
        self.bar.detail = f"trial {number + 1}" + (f" of {count}" if count else "")

    def _fit(self, config, folder):
        """Trains in a folder that exists only during the training.

        Raises:
            keras_tuner.errors.FatalError: files cannot be written or read, which ends the search, not the trial.
        """
        try:
            folder.mkdir(parents=True)
            begins = {"start": self.start} if self.start else {}
            return self.task.fit(self.preprocessor, self.splits, config, folder, **begins)
        except OSError as error:
            raise keras_tuner.errors.FatalError(str(error)) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def save(self):
        """Saves the oracle, which holds everything to keep."""
        self.oracle.save()

    def reload(self):
        """Does nothing: `trials.restore` has already given the oracle its trials."""


def _result(oracle, base, space, folder):
    trials = [
        _described(trial, space) for trial in sorted(oracle.trials.values(), key=lambda trial: int(trial.trial_id))
    ]
    scored = [trial for trial in trials if trial["score"] is not None]
    errors = {trial["error"] for trial in trials if trial["error"]}
    if not scored:
        raise RuntimeError(
            f"tune: all {len(trials)} trials failed: {'; '.join(sorted(errors))}. "
            f"To search anew, delete {folder} or give another name"
        )
    if errors:
        log.warning("%d of %d trials failed: %s", len(trials) - len(scored), len(trials), "; ".join(sorted(errors)))
    sign = 1 if fitting.mode(base.monitor) == "max" else -1
    best = max(scored, key=lambda trial: sign * trial["score"])
    layout.write_json(folder / "best.json", {**dataclasses.asdict(base), **best["settings"]})
    return Result(best["settings"], best["score"], trials, str(folder / "best.json"))


def _shown(task, result, space, base, folder):
    """The result, once its page is written."""
    name = folder.name.removesuffix(".tuning")
    result = dataclasses.replace(result, page=str(folder / "index.html"))
    command = f"{own_tasks.command(task.name)} train --name {name} --config best.json"
    tuning_page.write(result, space, base.monitor or "score", result.page, f"{task.name}: search for {name}", command)
    return result


def _described(trial, space):
    values = trial.hyperparameters.values
    completed = trial.status == "COMPLETED"
    return {
        "trial": trial.trial_id,
        "status": trial.status.lower(),
        "score": float(trial.score) if completed else None,
        "settings": spaces.chosen(space, values),
        **({"epochs": values[kept_trials.EPOCHS]} if kept_trials.EPOCHS in values else {}),
        "error": None if completed else kept_trials.error(trial.message),
    }
