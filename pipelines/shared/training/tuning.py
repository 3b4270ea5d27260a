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

from pipelines import settings
from pipelines.shared.artifacts import layout
from pipelines.shared.data import provenance
from pipelines.shared.messages import shown
from pipelines.shared.storage import plain_json
from pipelines.shared.training import fitting
from pipelines.shared.training import trials as kept_trials
from pipelines.shared.training.results import Result

log = logging.getLogger("unroll")

ORACLES = {
    "random": kept_trials.RandomSearch,
    "bayesian": kept_trials.BayesianOptimization,
    "hyperband": kept_trials.Hyperband,
}
# Classes of settings that decide on vocabulary, splits and scores, which are the same in every trial.
SHARED = ("Text", "Reading", "Columns", "Splitting", "Data", "Decoding")


def tune(task, data, *, valid, test, name, directory, download, base, algorithm, trials, space):
    """Tries settings and returns a `Result`; base: the values of settings outside the space. See `Task.tune`."""
    space = checked_space(task.Config, space)
    _check(algorithm, trials)
    path = task.folder_of(name, directory)
    with layout.alone(path, "tune"):
        splits = task.load_splits(data, valid, test, base, download)
        base = task.settled(splits, base)
        return _tune(task, base, space, splits, algorithm, trials, layout.beside(path, "tuning"))


def _tune(task, base, space, splits, algorithm, trials, folder):
    """Runs a search in the folder to its end, or continues the one that is there."""
    decisive = {"algorithm": algorithm, "space": space, "examples": provenance.fingerprint(splits)}
    with layout.stoppable(folder, f"The trials are kept in {folder}; the same call goes on"):
        _open(folder, {**decisive, **dataclasses.asdict(base)}, settings.defaults(task.Config))
        oracle = _oracle(algorithm, trials, base, hyperparameters(task.Config, space))
        oracle.folder, oracle.verbose = folder, 0
        kept_trials.restore(oracle, space)
        tuner = Tuner(task, base, space, splits, oracle=oracle, directory=folder.parent, project_name=folder.name)
        _search(tuner)
        return _result(oracle, base, space, folder)


def _search(tuner):
    """Tries settings until the oracle has no more; an error of writing files stops the search."""
    try:
        tuner.search()
    except keras_tuner.errors.FatalError as error:
        raise error.__cause__ from error


def fixed(config_class):
    """The names of the settings that cannot be tuned.

    >>> sorted(fixed(settings.Training))
    ['epochs', 'monitor', 'seed']
    """
    parts = [part for part in config_class.__mro__ if part.__name__ in SHARED]
    return {"monitor", "epochs", "seed", *(field.name for part in parts for field in dataclasses.fields(part))}


def _check(algorithm, trials):
    if algorithm not in ORACLES:
        near = settings.near(str(algorithm), ORACLES)
        raise ValueError(f"algorithm: expected one of {', '.join(ORACLES)}, received {shown(algorithm)}.{near}")
    if not isinstance(trials, int) or isinstance(trials, bool) or trials < 1:
        raise ValueError(f"trials: expected an integer of at least 1, received {shown(trials)}")


def checked_space(config_class, space):
    """The space, each of its values checked as a setting."""
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    if space is None:
        return {name: field.metadata["search"] for name, field in fields.items() if field.metadata["search"]}
    if not isinstance(space, dict) or not space:
        raise ValueError(
            f"space: expected a mapping of fields to (low, high) or a list of values, received {shown(space)}"
        )
    for name, values in space.items():
        if name not in fields or name in fixed(config_class):
            tunable = [field for field in fields if field not in fixed(config_class)]
            near = settings.near(name, tunable)
            raise ValueError(f"space: {shown(name)} cannot be tuned.{near} It can hold: {', '.join(tunable)}")
        _check_values(config_class, name, values)
    return space


def _check_values(config_class, name, values):
    if not isinstance(values, (list, tuple)) or not values:
        raise ValueError(f"space: {name}: expected (low, high) or a list of values, received {shown(values)}")
    for value in values:
        settings.create(config_class, {name: value})
    if isinstance(values, list):
        return
    numbers = settings.kind(config_class, name)[0] in (int, float)
    if not numbers or len(values) != 2 or None in values or not values[0] < values[1]:
        raise ValueError(
            f"space: {name}: expected two numbers (low, high) or a list of values, received {shown(values)}"
        )


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


def chosen(space, values):
    """The settings that a trial's values stand for."""
    return {name: tried[values[name]] if isinstance(tried, list) else values[name] for name, tried in space.items()}


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

    def __init__(self, task, base, space, splits, **options):
        super().__init__(**options)
        self.task, self.base, self.space, self.splits = task, base, space, splits
        self.preprocessor = task.preprocessor.prepare(splits["train"], base)

    def run_trial(self, trial):
        """The best value of `monitor`."""
        values = trial.hyperparameters.values
        changed = chosen(self.space, values)
        config = settings.create(self.task.Config, changed, base=self.base)
        config = dataclasses.replace(config, epochs=values.get(kept_trials.EPOCHS, config.epochs))
        log.info("trial %s  %s", trial.trial_id, changed)
        _, history = self._fit(config, kept_trials.folder(self.oracle, trial.trial_id) / "training")
        pick = max if fitting.mode(config.monitor) == "max" else min
        return {config.monitor: pick(history[config.monitor])}

    def _fit(self, config, folder):
        """Trains in a folder that exists only during the training.

        Raises:
            keras_tuner.errors.FatalError: files cannot be written or read, which ends the search, not the trial.
        """
        try:
            folder.mkdir(parents=True)
            return self.task.fit(self.preprocessor, self.splits, config, folder)
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


def _described(trial, space):
    values = trial.hyperparameters.values
    completed = trial.status == "COMPLETED"
    return {
        "trial": trial.trial_id,
        "status": trial.status.lower(),
        "score": trial.score if completed else None,
        "settings": chosen(space, values),
        **({"epochs": values[kept_trials.EPOCHS]} if kept_trials.EPOCHS in values else {}),
        "error": None if completed else kept_trials.error(trial.message),
    }
