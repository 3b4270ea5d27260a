"""Search for good settings with Keras Tuner; the same call goes on after a kill.

    result = pipelines.sentiment.tune("reviews.csv", trials=20, space={"units": [32, 64], "dropout": (0.0, 0.5)})
    pipelines.sentiment.train("reviews.csv", config=result.path)

Trials are kept in `saved_models/<name>.tuning/`, each with its settings, score and status; `best.json` there holds the
best settings. Vocabulary and splits are made once, from the training split; only fields of `config` vary.

Reference: Li et al. 2018, "Hyperband", arXiv:1603.06560; O'Malley et al. 2019, Keras Tuner.
"""

import dataclasses
import logging
import pathlib
import tempfile

import keras
import keras_tuner

from pipelines import artifacts, fitting, settings

log = logging.getLogger("unroll")

ALGORITHMS = ("random", "bayesian", "hyperband")
# What the vocabulary and the splits are made from; they stay the same in every trial.
FIXED = (*(field.name for field in dataclasses.fields(settings.Text)), "monitor", "seed")


@dataclasses.dataclass(frozen=True)
class Result:
    """best: settings that differ from trial to trial, of the best one; trials: a dictionary each; path: of best.json."""

    best: dict
    score: float
    trials: list
    path: str

    def __str__(self):
        lines = [
            f"trial {trial['trial']}  {trial['status']:9}  {'-' if trial['score'] is None else format(trial['score'], '.4f')}"
            f"  {trial['settings']}"
            for trial in self.trials
        ]
        return "\n".join([*lines, f"best  {self.score:.4f}  {self.best}", f"train with it: --config {self.path}"])


def tune(
    task, data=None, *, valid=None, test=None, name=None, directory="saved_models", download=False, config=None,
    algorithm="bayesian", trials=10, space=None, **options,
):  # fmt: skip
    """Tries settings and returns a `Result`.

    Args:
        data, valid, test, name, directory, download, config, **options: as of `train`; what the space does not hold stays.
        algorithm: "random", "bayesian" or "hyperband".
        trials: settings tried, those of an earlier call with the same name included.
        space: {field: (low, high)} or {field: [values]}; by default the task's own.

    Raises:
        ValueError: an unknown algorithm, a field that cannot be tuned, a bad range. RuntimeError: every trial failed.
    """
    base = settings.create(task.Config, options, base=config)
    space = checked_space(task.Config, space)
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm: expected one of {', '.join(ALGORITHMS)}, received {algorithm!r}")
    if not isinstance(trials, int) or trials < 1:
        raise ValueError(f"trials: expected an integer of at least 1, received {trials!r}")
    splits = task.load_splits(data, valid, test, base, download)
    model = TaskHyperModel(task, base, space, task.prepare(splits["train"], base), splits)
    folder = artifacts.beside(artifacts.place(directory, name or task.name), "tuning")
    tuner = _tuner(algorithm, model, base, trials, folder)
    tuner.search(verbose=0)
    return _result(tuner, base, space, folder)


def checked_space(config_class, space):
    """The space, each of its values checked as a setting."""
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    if space is None:
        space = {name: field.metadata["search"] for name, field in fields.items() if field.metadata["search"]}
    for name, values in space.items():
        if name not in fields or name in FIXED:
            tunable = [field for field in fields if field not in FIXED]
            raise ValueError(
                f"space: {name!r} cannot be tuned.{settings.near(name, tunable)} It can hold: {', '.join(tunable)}"
            )
        if not isinstance(values, (list, tuple)) or not values or (isinstance(values, tuple) and len(values) != 2):
            raise ValueError(f"space: {name}: expected (low, high) or a list of values, received {values!r}")
        for value in values:
            settings.create(config_class, {name: value})
        if isinstance(values, tuple) and not values[0] < values[1]:
            raise ValueError(f"space: {name}: expected (low, high) with low below high, received {values!r}")
    return space


class TaskHyperModel(keras_tuner.HyperModel):
    """Builds and fits a task's model under the settings of a trial, by the same code as `train`."""

    def __init__(self, task, base, space, preprocessor, splits):
        super().__init__()
        self.task, self.base, self.space, self.preprocessor, self.splits = task, base, space, preprocessor, splits

    def build(self, hp):
        """Declares every hyperparameter, so that the tuner knows them all before the first trial."""
        chosen = {name: _declare(hp, self.task.Config, name, values) for name, values in self.space.items()}
        self.config = settings.create(self.task.Config, chosen, base=self.base)
        with fitting.conditions(self.config):
            return self.task.build(self.preprocessor, self.config)

    def fit(self, hp, model, epochs=None, callbacks=(), **kwargs):
        config = dataclasses.replace(self.config, epochs=epochs or self.config.epochs)
        with tempfile.TemporaryDirectory() as folder:
            history = self.task.fit_model(model, self.preprocessor, self.splits, config, pathlib.Path(folder))
        best = max if fitting.MODES[config.monitor] == "max" else min
        return {config.monitor: best(history[config.monitor])}


def _declare(hp, config_class, name, values):
    if isinstance(values, list):
        return hp.Choice(name, values) if not isinstance(values[0], bool) else hp.Boolean(name)
    kind, _ = settings.kind(config_class, name)
    low, high = values
    wide = low > 0 and high / low >= 10
    if kind is int:
        return hp.Int(name, int(low), int(high), sampling="log" if wide else "linear")
    return hp.Float(name, float(low), float(high), sampling="log" if wide else "linear")


def _tuner(algorithm, model, base, trials, folder):
    common = {
        "objective": keras_tuner.Objective(base.monitor, fitting.MODES[base.monitor]),
        "seed": base.seed,
        "directory": str(folder.parent),
        "project_name": folder.name,
        "overwrite": False,
        "max_consecutive_failed_trials": max(3, trials),
    }
    if algorithm == "random":
        return keras_tuner.RandomSearch(model, max_trials=trials, **common)
    if algorithm == "bayesian":
        return keras_tuner.BayesianOptimization(model, max_trials=trials, **common)
    return keras_tuner.Hyperband(model, max_epochs=base.epochs, **common)


def _result(tuner, base, space, folder):
    sign = 1 if fitting.MODES[base.monitor] == "max" else -1
    trials = [
        {
            "trial": trial.trial_id,
            "status": trial.status.lower(),
            "score": trial.score,
            "settings": trial.hyperparameters.values,
        }
        for trial in sorted(tuner.oracle.trials.values(), key=lambda trial: trial.trial_id)
    ]
    scored = [trial for trial in trials if trial["score"] is not None]
    if not scored:
        messages = {(trial.message or "no message").strip().splitlines()[-1] for trial in tuner.oracle.trials.values()}
        raise RuntimeError(
            f"tune: all {len(trials)} trials failed: {'; '.join(sorted(messages))}; they are in {folder}"
        )
    best = max(scored, key=lambda trial: sign * trial["score"])
    chosen = {name: best["settings"][name] for name in space}
    path = folder / "best.json"
    artifacts.write_json(path, {**dataclasses.asdict(base), **chosen})
    failed = len(trials) - len(scored)
    if failed:
        log.warning("%d of %d trials failed; see %s", failed, len(trials), folder)
    return Result(chosen, best["score"], trials, str(path))
