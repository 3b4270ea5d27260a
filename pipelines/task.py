"""A task: a name, its settings, and a package whose modules are its rooms; and the verbs that every task shares.

    sentiment/__init__.py:   task = Task("sentiment", "pipelines.sentiment", Config)
                             train, evaluate, predict, ... = task.train, task.evaluate, task.predict, ...
    one's own:               task = sentiment.task.derive("mine", network={"build": build})

    train     raw data -> examples by split -> preprocessor (training split) -> model -> artifact, report
    evaluate  artifact + examples -> metrics
    predict   artifact + raw inputs -> answers
    export    artifact -> SavedModel, LiteRT

Evaluate, predict and export take their settings from the artifact, never from defaults. What loads TensorFlow is
imported by the verbs that need it, a task's rooms at their first use, so that `--help` is quick.
"""

import builtins
import dataclasses
import functools
import logging
import pathlib
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pipelines
from pipelines import rooms, settings
from pipelines.artifact import Artifact, options_of_answers
from pipelines.shared import keywords, messages, own_rooms
from pipelines.shared.arguments import FirstSettings, Format, Keep, Path, Quantization
from pipelines.shared.artifacts import layout, listing, succession, versions
from pipelines.shared.data import original_splits, provenance
from pipelines.shared.storage import plain_json
from pipelines.shared.training.results import Result

if TYPE_CHECKING:
    pass

log = logging.getLogger("unroll")


def _settings_of(task):
    return keywords.of_settings(task.Config)


@dataclasses.dataclass(frozen=True)
class Task:
    """What is peculiar to a task.

    Args:
        name: what its artifacts are called by default, and what they say that they are of.
        package: whose modules are the rooms of the task; see `pipelines.rooms` for what each must hold.
        Config: its settings, a subclass of `settings.Settings`.
        own: {room: anything with functions that take the place of that room's}; see `derive`.
    """

    name: str
    package: str
    Config: type[settings.Training]
    own: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        layout.folder_of("", self.name)
        settings.check_class(self.Config)

    def derive(self, name: str, *, Config: type[settings.Training] | None = None, **own: Any) -> "Task":
        """A task of one's own: this one with other functions in some of its rooms.

        Args:
            name: of the new task.
            Config: its settings, if they are others: a subclass of this task's, as the other rooms read those.
            **own: a room each, such as network={"build": my_build} or data="mypackage.data": a mapping, a module, its
                name (it is loaded at its first use) or any object with functions that take the place of those of that
                name; what it lacks stays as it is here. `sample` gives what `train` takes as data where none is given.

        Raises:
            TypeError: a room, or a function of a room, that no task has; settings that are no settings, or lack some.
            ValueError: a name that no artifact can have, or that of a task of this package.

        Example:
            >>> import pipelines
            >>> from pipelines.sentiment import network
            >>> def build(preprocessor, config):
            ...     model = network.build(preprocessor, config)
            ...     model.name = "mine"
            ...     return model
            >>> pipelines.sentiment.task.derive("mine", network={"build": build}).network.build is build
            True
        """
        if name in pipelines.TASKS:
            raise ValueError(f"name: {name!r} is a task of this package; give yours another")
        for room, functions in own.items():
            own_rooms.check(room, functions)
        derived = Task(name, self.package, Config or self.Config, self._with(own))
        missing = settings.names(self.Config) - settings.names(derived.Config)
        if missing:
            raise TypeError(
                f"Config: expected a subclass of {self.Config.__module__}.Config, received {derived.Config.__name__}, "
                f"which lacks {messages.listed(sorted(missing), write=str)}"
            )
        return derived

    def _with(self, own):
        """What is this task's own and what is the derived one's; of a room of both, the functions of both."""
        both = {**self.own, **own}
        for room in self.own.keys() & own.keys():
            if isinstance(self.own[room], Mapping) and isinstance(own[room], Mapping):
                both[room] = {**self.own[room], **own[room]}
        return both

    def _room(self, name) -> Any:
        return own_rooms.Room(f"{self.package}.{name}", self.own.get(name, {}))

    def load_splits(self, data, valid, test, config, download=False):
        """The splits of sources as of `train`; no data is this task's own sample, or else that of its room `data`."""
        if data is None and "sample" in self.own:
            data = self.sample.generate()
        return self.data.load_splits(data, valid, test, config, download)

    @property
    def modules(self):
        """The names of the modules, or of the packages around them, that hold what is this task's own."""
        holders = [self.package, self.Config.__module__]
        for functions in self.own.values():
            values = functions.values() if isinstance(functions, Mapping) else [functions]
            holders += map(own_rooms.holder, values)
        return {holder.split(".")[0] for holder in holders} - {"pipelines"}

    @functools.cached_property
    def data(self) -> rooms.Data:
        return self._room("data")

    @functools.cached_property
    def sample(self) -> rooms.Sample:
        return self._room("sample")

    @functools.cached_property
    def preprocessor(self) -> rooms.Preprocessor:
        return self._room("preprocessor")

    @functools.cached_property
    def network(self) -> rooms.Network:
        return self._room("network")

    @functools.cached_property
    def answers(self) -> rooms.Answers:
        return self._room("answers")

    @functools.cached_property
    def scores(self) -> rooms.Scores:
        return self._room("scores")

    @functools.cached_property
    def baselines(self) -> rooms.Baselines:
        return self._room("baselines")

    @functools.cached_property
    def signatures(self) -> rooms.Signatures:
        return self._room("signatures")

    @functools.cached_property
    def report(self) -> rooms.Report:
        return self._room("report")

    @functools.cached_property
    def command(self) -> rooms.Command:
        return self._room("command")

    def verb(self, function: Callable) -> types.MethodType:
        """Decorates a function of a task: a verb of its package, beside the verb of that name of its artifacts.

        Its `**how` are the keywords of that one, which stands in VERBS of the room `answers`.
        """
        return keywords.bound(function, lambda task: keywords.of_function(task.answers.VERBS[function.__name__]), self)

    @keywords.named_by(_settings_of)
    def train(
        self, data: Any = None, *, valid: Any = None, test: Any = None, name: str | None = None,
        directory: Path = "saved_models", resume: bool = False, download: bool = False,
        config: FirstSettings = None, keep: Keep = succession.KEPT,
        callbacks: Sequence[Any] = (), **options: Any,
    ) -> "Artifact":  # fmt: skip
        """Trains and saves an artifact.

        Args:
            data: what to learn from: a file, a list of files, a DataFrame, a dictionary of columns ...; nothing gives
                the built-in sample. See `docs/data.md`.
            valid, test: the same, for the splits that are otherwise cut off from `data`.
            name: of the artifact, a folder in `directory`; the task's own name by default. An artifact that is there
                already is kept as a version, see `list`, `restore` and `load(version=...)`.
            directory: where artifacts are kept.
            resume: go on with a training of this name that was cut off.
            download: let tensorflow-datasets download and prepare a set that is not on this machine.
            config: settings to begin with: a mapping or a JSON file, such as the `best.json` of `tune`.
            keep: how many versions of the name are kept, the new one among them, or "all". An exported one always is.
                Where the task has a setting of this name, one of its choices is taken for that.
            callbacks: a list of Keras callbacks, such as those of experiment trackers. They come after this package's
                own, so that the logs of an epoch hold all its numbers; of a training that goes on they see the rest.
                One that stops the training ends it well; one that fails leaves what was learned, to go on from.
            **options: any of the settings below.

        Returns:
            the `Artifact`.

        Raises:
            TypeError: an unknown option. ValueError: a bad value or bad data. FileNotFoundError: missing data.
            FloatingPointError: training diverged at once. OSError: the artifact cannot be written. RuntimeError:
            another training of that name is running.
        """
        keep, options = succession.kept_or_setting(self.Config, keep, options)
        config = settings.create(self.Config, options, base=config)
        callbacks = _checked_callbacks(callbacks)
        path = self.folder_of(name, directory)
        succession.check_place(path)
        with layout.alone(path, "train"):
            splits = self.load_splits(data, valid, test, config, download)
            source = {"data": data, "valid": valid, "test": test}
            return self._train_alone(path, source, splits, resume, config, keep, callbacks)

    def _train_alone(self, path, source, splits, resume, config, keep, callbacks):
        source = {role: provenance.described(data) for role, data in source.items()}
        decisive = {**source, "examples": provenance.fingerprint(splits), **dataclasses.asdict(config)}
        folder = layout.open_training(path, decisive, resume)
        succession.announce(path, keep)
        advice = f"What was learned up to the last whole epoch is in {folder}; go on with resume=True (--resume)"
        with layout.stoppable(path, advice):
            artifact = self._trained(path, config, source, splits, folder, callbacks)
            artifact.save(folder, keep)
        return artifact

    def _trained(self, path, config, source, splits, folder, callbacks):
        """The artifact of a training in `folder`, not yet saved."""
        from pipelines.shared.training import fitting

        started = time.perf_counter() - fitting.seconds(folder)  # with the epochs before a cut
        preprocessor = self.preprocessor.prepare(splits["train"], config)
        baseline = self.baselines.fit(preprocessor, splits["train"])
        model, history = self.fit(preprocessor, splits, config, folder, callbacks)
        facts = {
            "task": self.name,
            **original_splits.remembered(self, source, splits),
            "examples": {split: len(next(iter(columns.values()))) for split, columns in splits.items()},
            "training_seconds": round(time.perf_counter() - started, 1),
            "parameters": model.count_params(),
        }
        return Artifact(self, path, config, preprocessor, model, baseline, history, facts, splits)

    def fit(self, preprocessor, splits, config, folder, callbacks=()):
        """(model, history) of one training, by the same code for `train` and for each trial of `tune`."""
        from pipelines.shared.training import fitting

        with fitting.conditions(config):
            model = self.network.build(preprocessor, config)
        train = self.preprocessor.batches(preprocessor, splits["train"], config, True)
        valid = self.preprocessor.batches(preprocessor, splits["valid"], config, False)
        watching = self.network.watch(model, preprocessor, splits["valid"], config)
        compiled = self.network.compiled(config)
        return model, fitting.fit(model, train, valid, config, folder, watching, callbacks, **compiled)

    def folder_of(self, name: str | None, directory: Path) -> pathlib.Path:
        """The folder of the artifact `name`; None is the task's own name."""
        return layout.folder_of(directory, self.name if name is None else name)

    def load(
        self, name: str | None = None, *, version: int | None = None, directory: Path = "saved_models"
    ) -> "Artifact":
        """The trained artifact `name`, by default the version in use; see `list`.

        Raises:
            FileNotFoundError: there is none, or one of its files is missing. ValueError: one of its files is damaged.
        """
        path = self.folder_of(name, directory)
        return versions.steadily(path, lambda: self._loaded(path, version))

    def _loaded(self, path, version):
        from pipelines.shared.foreign import keras_files
        from pipelines.shared.training import fitting

        folder = versions.find(path, version)
        facts = layout.opened(folder, self.name)
        with layout.reading(folder / "config.json") as file:
            config = settings.create(self.Config, plain_json.read(file))
        with layout.reading(folder / "preprocessor.json") as file:
            preprocessor = self.preprocessor.restore(plain_json.read(file))
        _ = self.network.build  # loads the room, which registers layers of its own
        model = keras_files.load(folder / "model.keras", foreign=False, packages=self.modules)  # its checksum is right
        history = fitting.history(folder / "logs")
        with layout.reading(folder / "baselines.npz"):
            baseline = self.baselines.load(folder)
        facts["version"] = versions.number(folder)
        artifact_path = path if version is None else folder
        artifact = Artifact(self, artifact_path, config, preprocessor, model, baseline, history, facts)
        artifact.metrics = plain_json.read(folder / "metrics.json")
        return artifact

    def evaluate(
        self, data: Any = None, *, name: str | None = None, version: int | None = None,
        directory: Path = "saved_models", download: bool = False,
    ) -> dict[str, float]:  # fmt: skip
        """The metrics of the artifact `name` on `data`; without data, on its own test split."""
        return self.load(name, version=version, directory=directory).evaluate(data, download=download)

    @keywords.named_by(options_of_answers)
    def predict(
        self, inputs: Any, *, name: str | None = None, version: int | None = None, directory: Path = "saved_models",
        **how: Any,
    ) -> builtins.list:  # fmt: skip
        """The answers of the artifact `name` to a list of inputs, or to those in a file."""
        return self.load(name, version=version, directory=directory).predict(inputs, **how)

    def export(
        self, *, name: str | None = None, version: int | None = None, directory: Path = "saved_models",
        format: Format = "both", quantize: Quantization = None, streaming: bool = False, fused: bool = False,
    ) -> dict[str, pathlib.Path]:  # fmt: skip
        """Exports the artifact `name` for TF Serving and for phones; see `Artifact.export`."""
        return self.load(name, version=version, directory=directory).export(format, quantize, streaming, fused)

    def list(self, *, directory: Path = "saved_models") -> builtins.list[listing.Row]:
        """All versions of the task's artifacts, `listing.Row`s: name, version, metric, exports, damage ..."""
        return listing.rows(directory, self.name)

    def restore(
        self, name: str | None = None, version: int | None = None, *, directory: Path = "saved_models"
    ) -> "Artifact":
        """Loads a version after it has taken the place of the one in use, which is kept in its stead.

        Args:
            version: its number; by default the highest but the one in use.

        Raises:
            FileNotFoundError: there is no such version, or it misses a file. ValueError: it is damaged.
        """
        succession.restore(self.folder_of(name, directory), self.name, version)
        return self.load(name, directory=directory)

    def remove(
        self, name: str | None, version: int | None = None, *, directory: Path = "saved_models", force: bool = False
    ) -> builtins.list[int]:
        """Removes a version, or without `version` all of them; returns their numbers.

        If it is the one in use, the highest other that is whole comes into use.

        Raises:
            FileNotFoundError: there is no such version.
            ValueError: it was exported, or no other is left, and there is no `force`.
        """
        return succession.remove(self.folder_of(name, directory), self.name, version, force)

    @keywords.named_by(_settings_of)
    def tune(
        self, data: Any = None, *, valid: Any = None, test: Any = None, name: str | None = None,
        directory: Path = "saved_models", download: bool = False, config: FirstSettings = None,
        algorithm: Literal["random", "bayesian", "hyperband"] = "bayesian", trials: int = 10,
        space: dict[str, Any] | None = None, **options: Any,
    ) -> Result:  # fmt: skip
        """Tries settings and returns a `Result`: `.best`, `.score`, `.trials`, and `.path` of the best as JSON.

        Args:
            data, valid, test, name, directory, download, config, **options: as of `train`; what the space does not hold
                stays as it is there.
            algorithm: "random", "bayesian" or "hyperband". Hyperband tries many settings for a few epochs and the best
                of them for more, up to `epochs`, each time from the start; how many trials that takes follows from
                `epochs`.
            trials: settings tried by the others, those of an earlier call with the same name included.
            space: {field: (low, high)} or {field: [values]}; by default the task's own.

        Raises:
            ValueError: an unknown algorithm, a field that cannot be tuned, a bad range, a search begun with other
            settings. RuntimeError: every trial failed, or another process searches under this name. OSError: the trials
            cannot be written.
        """
        from pipelines.shared.training import tuning

        base = settings.create(self.Config, options, base=config)
        return tuning.tune(
            self, data, valid=valid, test=test, name=name, directory=directory, download=download, base=base,
            algorithm=algorithm, trials=trials, space=space,
        )  # fmt: skip


def _checked_callbacks(callbacks):
    """A list of Keras callbacks."""
    import keras

    expected = "callbacks: expected a list of Keras callbacks, such as [keras.callbacks.TerminateOnNaN()], received"
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"{expected} {messages.shown(callbacks)}")
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            hint = "; make an object of it" if isinstance(callback, type) else ""
            raise TypeError(f"{expected} {messages.shown(callback)} in it{hint}")
    return list(callbacks)
