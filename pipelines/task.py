"""A task as a record of functions, and the verbs that every task shares.

    sentiment.py:   task = Task(name="sentiment", Config=Config, build=build, ...)
                    train, evaluate, predict, tune, export, load = task.train, task.evaluate, ...

    train     raw data -> examples by split -> preprocessor (training split) -> model -> artifact, report
    evaluate  artifact + examples -> metrics
    predict   artifact + raw inputs -> answers
    export    artifact -> SavedModel, LiteRT

Evaluate, predict and export take their settings from the artifact, never from defaults.
"""

import dataclasses
import datetime
import functools
import logging
import shutil
import time
from collections.abc import Callable

import pipelines
from pipelines import settings
from pipelines.shared.artifacts import layout, succession, versions
from pipelines.shared.data import provenance
from pipelines.shared.storage import disk, plain_json

log = logging.getLogger("unroll")


@dataclasses.dataclass(frozen=True)
class Task:
    """What is peculiar to a task.

    `examples` is a mapping of columns, `splits` a mapping of "train", "valid" and (if there is one) "test" to examples.
    """

    name: str
    Config: type  # settings.Settings
    load_splits: Callable  # (data, valid, test, config, download) -> splits
    load_examples: Callable  # (data, config, download) -> examples
    prepare: Callable  # (training examples, config) -> preprocessor
    load_preprocessor: Callable  # state -> preprocessor; the inverse of preprocessor.state()
    build: Callable  # (preprocessor, config) -> keras.Model
    batches: Callable  # (preprocessor, examples, config, training) -> tf.data.Dataset
    compiled: Callable  # config -> {"loss", "metrics"}, as of keras.Model.compile
    fit_baseline: Callable  # (preprocessor, training examples) -> object with .save(folder)
    load_baseline: Callable  # folder -> the same object
    infer: Callable  # artifact -> tf.function of tensors, traced once for any batch and any time
    score: Callable  # (artifact, examples) -> {name: float}
    read_inputs: Callable  # (inputs or a file, config) -> list of raw inputs
    answer: Callable  # (artifact, list of raw inputs, **options of the task's own) -> list of answers
    sections: Callable  # (artifact, examples) -> sections of the report
    serving: Callable  # artifact -> {signature: tf.function}; "ids" is of core operations alone
    mobile: Callable  # artifact -> ({signature: tf.function}, {file: lines} to stand beside the .tflite)
    probes: Callable  # artifact -> raw inputs on which exports are compared with the model
    encode: Callable  # (artifact, inputs) -> (tensors in, answers out) of the signature "ids"
    serve: Callable  # the same of the signature "serving_default"
    # (artifact, inputs) -> {signature: (tensors in, answers out)} of any others that are to be compared
    further: Callable = lambda artifact, inputs: {}
    # (artifact, inputs, answers of "ids") -> what golden.json holds beside them, as plain values
    golden: Callable = lambda artifact, inputs, answers: {}
    # artifact -> how an app makes tensors of raw input and answers of tensors: sentences, in order
    preparation: Callable = lambda artifact: ["See golden.json for raw inputs and the tensors they become."]
    # (artifact, ai_edge_litert's Interpreter of a .tflite, examples) -> those numbers of `score` that it has a part in
    score_tflite: Callable = lambda *given: pipelines.quantized_scores.by_signature(*given)
    # {setting: value} with which the network looks back alone, so that an export can add the signature `step`
    causal: dict = dataclasses.field(default_factory=dict)
    # (model, preprocessor, validation examples, config) -> callbacks of Keras that add numbers to an epoch's logs
    watch: Callable = lambda model, preprocessor, examples, config: []
    # (artifact, test examples, folder): writes files of the task's own into a new artifact's folder
    illustrate: Callable = lambda artifact, examples, folder: None
    verbs: dict = dataclasses.field(default_factory=dict)  # {name: function of the artifact}, of the task alone
    commands: dict = dataclasses.field(default_factory=dict)  # of the command line, besides `command_line.VERBS`

    def train(
        self, data=None, *, valid=None, test=None, name=None, directory="saved_models", resume=False, download=False,
        config=None, keep=succession.KEPT, **options,
    ):  # fmt: skip
        """Trains and saves an artifact.

        Args:
            data: what to learn from; nothing gives the built-in sample. See `sources.read`.
            valid, test: the same, for the splits that are otherwise cut off from `data`.
            name: of the artifact, a folder in `directory`; the task's own name by default. An artifact that is there
                already is kept as a version, see `list`, `restore` and `load(version=...)`.
            directory: where artifacts are kept.
            resume: go on with a training of this name that was cut off.
            download: let tensorflow-datasets download and prepare a set that is not on this machine.
            config: settings to begin with: a mapping or a JSON file, such as the `best.json` of `tune`.
            keep: how many versions of the name are kept, the new one among them, or "all". An exported one always is.
                Of a task on texts "start" or "end" is its setting of this name; `config` can hold that as well.
            **options: any field of the task's `Config`.

        Returns:
            the `Artifact`.

        Raises:
            TypeError: an unknown option. ValueError: a bad value or bad data. FileNotFoundError: missing data.
            FloatingPointError: training diverged at once. OSError: the artifact cannot be written. RuntimeError:
            another training of that name is running.
        """
        keep, options = succession.kept_or_setting(self.Config, keep, options)
        config = settings.create(self.Config, options, base=config)
        path = self.place(name, directory)
        succession.check_place(path)
        with layout.alone(path, "train"):
            return self._train_alone(path, {"data": data, "valid": valid, "test": test}, resume, download, config, keep)

    def _train_alone(self, path, source, resume, download, config, keep):
        splits = self.load_splits(**source, config=config, download=download)
        source = {role: provenance.described(data) for role, data in source.items()}
        decisive = {**source, "examples": provenance.fingerprint(splits), **dataclasses.asdict(config)}
        folder = layout.open_training(path, decisive, resume)
        succession.announce(path, keep)
        advice = f"What was learned up to the last whole epoch is in {folder}; go on with resume=True (--resume)"
        with layout.stoppable(path, advice):
            artifact = self._trained(path, config, source, splits, folder)
            artifact.save(folder, keep)
        return artifact

    def _trained(self, path, config, source, splits, folder):
        """The artifact of a training in `folder`, not yet saved."""
        started = time.perf_counter() - pipelines.fitting.seconds(folder)  # with the epochs before a cut
        preprocessor = self.prepare(splits["train"], config)
        baseline = self.fit_baseline(preprocessor, splits["train"])
        model, history = self.fit(preprocessor, splits, config, folder)
        facts = {
            "task": self.name,
            "source": source,
            "examples": {split: len(next(iter(columns.values()))) for split, columns in splits.items()},
            "training_seconds": round(time.perf_counter() - started, 1),
            "parameters": model.count_params(),
        }
        return Artifact(self, path, config, preprocessor, model, baseline, history, facts, splits)

    def fit(self, preprocessor, splits, config, folder):
        """(model, history) of one training, by the same code for `train` and for each trial of `tune`."""
        with pipelines.fitting.conditions(config):
            model = self.build(preprocessor, config)
        train = self.batches(preprocessor, splits["train"], config, True)
        valid = self.batches(preprocessor, splits["valid"], config, False)
        watching = self.watch(model, preprocessor, splits["valid"], config)
        return model, pipelines.fitting.fit(model, train, valid, config, folder, watching, **self.compiled(config))

    def place(self, name, directory):
        """The folder of the artifact `name`; None is the task's own name."""
        return layout.place(directory, self.name if name is None else name)

    def load(self, name=None, *, version=None, directory="saved_models"):
        """The trained artifact `name`, by default the version in use; see `list`.

        Raises:
            FileNotFoundError: there is none, or one of its files is missing. ValueError: one of its files is damaged.
        """
        path = self.place(name, directory)
        return versions.steadily(path, lambda: self._loaded(path, version))

    def _loaded(self, path, version):
        folder = versions.find(path, version)
        facts = layout.opened(folder, self.name)
        config = settings.create(self.Config, plain_json.read(folder / "config.json"))
        preprocessor = _restored(self.load_preprocessor, folder / "preprocessor.json")
        model = pipelines.keras_files.load(folder / "model.keras", foreign=False)  # its checksum is right
        history, baseline = pipelines.fitting.history(folder / "logs"), self.load_baseline(folder)
        facts["version"] = versions.number(folder)
        place = path if version is None else folder
        artifact = Artifact(self, place, config, preprocessor, model, baseline, history, facts)
        artifact.metrics = plain_json.read(folder / "metrics.json")
        return artifact

    def evaluate(self, data=None, *, name=None, version=None, directory="saved_models", download=False):
        """The metrics of the artifact `name` on `data`; without data, on its own test split."""
        return self.load(name, version=version, directory=directory).evaluate(data, download=download)

    def predict(self, inputs, *, name=None, version=None, directory="saved_models", **how):
        """The answers of the artifact `name` to a list of inputs, or to those in a file; see the task's `answer`."""
        return self.load(name, version=version, directory=directory).predict(inputs, **how)

    def export(self, *, name=None, version=None, directory="saved_models", **how):
        """Exports the artifact `name`; see `Artifact.export`."""
        return self.load(name, version=version, directory=directory).export(**how)

    def list(self, *, directory="saved_models"):
        """All versions of the task's artifacts, `listing.Row`s: name, version, metric, exports, damage ..."""
        return pipelines.listing.rows(directory, self.name)

    def restore(self, name=None, version=None, *, directory="saved_models"):
        """Loads a version after it has taken the place of the one in use, which is kept in its stead.

        Args:
            version: its number; by default the highest but the one in use.

        Raises:
            FileNotFoundError: there is no such version, or it misses a file. ValueError: it is damaged.
        """
        succession.restore(self.place(name, directory), self.name, version)
        return self.load(name, directory=directory)

    def remove(self, name, version=None, *, directory="saved_models", force=False):
        """Removes a version, or without `version` all of them; returns their numbers.

        If it is the one in use, the highest other that is whole comes into use.

        Raises:
            FileNotFoundError: there is no such version.
            ValueError: it was exported, or no other is left, and there is no `force`.
        """
        return succession.remove(self.place(name, directory), self.name, version, force)

    def tune(self, data=None, *, name=None, directory="saved_models", **how):
        """Searches for good settings; see `tuning.tune`."""
        return pipelines.tuning.tune(self, data, name=name, directory=directory, **how)


def _restored(load_preprocessor, path):
    """The preprocessor of a state on disk, which may be of any form."""
    try:
        return load_preprocessor(plain_json.read(path))
    except (LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged: {type(error).__name__}: {str(error)[:200]}; train again") from error


class Artifact:
    """A trained artifact: `.model`, `.metrics`, `.history`, `.config`, `.path`, and the task's verbs as methods."""

    def __init__(self, task, path, config, preprocessor, model, baseline, history, facts, splits=None):
        self.task, self.path, self.config, self.preprocessor = task, path, config, preprocessor
        self.model, self.baseline, self.history, self.facts = model, baseline, history, facts
        self.splits, self.metrics, self._traced = splits, {}, (None, None)

    def __getattr__(self, name):
        """A verb of the task's own."""
        verbs = self.__dict__["task"].verbs if "task" in self.__dict__ else {}
        if name not in verbs:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return functools.partial(verbs[name], self)

    def __repr__(self):
        shown = ", ".join(f"{name}={value:.4f}" for name, value in list(self.metrics.items())[1:4])
        return f"<{self.task.name} artifact {str(self.path)!r}: {shown}>"

    @property
    def name(self):
        """What it is called, whichever version it is."""
        return layout.name_of(self.path)

    @property
    def infer(self):
        """The network as a function of tensors, traced once for any batch and any time; anew for another `model`."""
        if self._traced[0] is not self.model:
            self._traced = (self.model, self.task.infer(self))
        return self._traced[1]

    def evaluate(self, data=None, *, download=False):
        """The metrics on `data`, a flat dictionary of floats; without data, on the artifact's own test split.

        The numbers of the baselines on the same examples are among them, as `baseline_...`.
        """
        if data is None:
            return self.task.score(self, self._own_test_split(download))
        return self.task.score(self, self.task.load_examples(data, self.config, download))

    def predict(self, inputs, **how):
        """A list with an answer an input; inputs: a list, or a file; **how: options of the task's own `answer`."""
        return self.task.answer(self, self.task.read_inputs(inputs, self.config), **how)

    def export(self, format="both", quantize=None, streaming=False, fused=False):
        """Exports for TF Serving and for phones; see `export.export`."""
        return pipelines.export.export(self, format, quantize, streaming, fused)

    def train(self, data=None, **options):
        """Trains anew with this artifact's settings, changed by `options`, under the same name.

        Without data, on what this artifact was trained on.
        """
        return self.task.train(**self._as_before("train", data, options))

    def tune(self, data=None, **how):
        """Searches for settings better than this artifact's; see `tuning.tune`.

        Without data, on what this artifact was trained on.
        """
        return self.task.tune(**self._as_before("tune", data, how))

    def _as_before(self, verb, data, options):
        source = self._source(verb) if data is None else {"data": data}
        kept = layout.is_kept(self.path)
        place = {"name": self.name, "directory": self.path.parent.parent if kept else self.path.parent}
        return {**source, **place, "config": dataclasses.asdict(self.config), **options}

    def _source(self, verb):
        """{"data", "valid", "test"}: what this artifact was trained on."""
        source = self.facts["source"]
        if any(map(provenance.in_memory, source.values())):
            raise ValueError(f"{verb}: {self.name!r} was trained on data in memory, which is gone; give data=...")
        return source

    def _own_test_split(self, download=False):
        if self.splits is None:
            self.splits = self.task.load_splits(**self._source("evaluate"), config=self.config, download=download)
        return self.splits["test"] if "test" in self.splits else self.splits["valid"]

    def save(self, training_folder, keep=succession.KEPT):
        """Scores the test split and takes the place of what was at `path`; then the training folder goes."""
        examples = self._own_test_split()
        self.metrics = self.task.score(self, examples)
        with succession.replacing(self.path, keep) as folder:
            number = versions.following(self.path)
            trained = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
            self.facts |= {"version": number, "last_version": number, "trained": trained}
            layout.write_json(folder / "config.json", dataclasses.asdict(self.config))
            layout.write_json(folder / "preprocessor.json", self.preprocessor.state())
            layout.write_json(folder / "metrics.json", self.metrics)
            self.model.save(folder / "model.keras")
            self.baseline.save(folder)
            self._save_logs(training_folder, folder / "logs")
            page, title = folder / "report" / "index.html", f"{self.task.name}: {self.name}, version {number}"
            pipelines.report.write(page, title, self._summary(), self.task.sections(self, examples))
            self.task.illustrate(self, examples, folder)
            self.facts = layout.seal(folder, self.facts)
        disk.discard(training_folder)

    def _save_logs(self, training_folder, logs):
        logs.mkdir()
        shutil.copy(training_folder / "log.csv", logs)
        if (training_folder / "tensorboard").exists():
            shutil.copytree(training_folder / "tensorboard", logs / "tensorboard")

    def _summary(self):
        counts = ", ".join(f"{count:,} {split}" for split, count in self.facts["examples"].items())
        return (
            f"{counts} examples of {self.facts['source']['data'] or 'the built-in sample'}, "
            f"trained in {self.facts['training_seconds']:,.0f} s; {self.facts['parameters']:,} parameters."
        )
