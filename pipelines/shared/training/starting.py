"""A training that starts from an earlier one: where that is, which of its settings hold, and what is taken of it.

    start = opened(task, "mine@2", "saved_models")       an artifact: a name, name@version, or the folder of one
    start = opened(task, "encoder.keras", ...)           a network of your own, by the names of its layers
    config = start.settled(config, asked)                its settings for what has shapes, but those that were asked for
    start.take(model, preprocessor)                      a line: what was taken and what begins anew

Weights are taken layer by layer (`moved_weights`). Rows of words, labels, tags ... that both know keep their weights,
others begin as they would without. The optimizer's state is not kept: an artifact does not hold it.
"""

import dataclasses
import inspect
import json
import logging
import pathlib

import pipelines
from pipelines import settings
from pipelines.shared import messages, progress
from pipelines.shared.artifacts import layout, versions
from pipelines.shared.data import provenance
from pipelines.shared.storage import plain_json

log = logging.getLogger("unroll")

FILES = (".keras", ".h5")
# Settings that decide on shapes in every task that has them, so that another value leaves nothing to take.
DECISIVE = ("cell", "units", "depth", "embedding_size", "bidirectional", "tokens", "lowercase", "input", "model")
# Settings of how data is read and cut, beside those of `settings.Reading`: a training has its own.
OF_DATA = ("limit", "valid_fraction", "test_fraction", "split", "valid_from", "test_from")
OF_TEXT = ("max_length", "keep", "vocabulary_size", "minimum_count")  # settings that no shape of a layer depends on


@dataclasses.dataclass
class Start:
    """What a training starts from.

    name: as it was asked for. called: what messages call it. task: whose rooms read it, None for a network alone.
    folder: of the artifact, or the file of a network. values: its settings. facts: what the new artifact records of it.
    own_task: whether its settings mean what they mean in the new training.
    """

    name: str
    called: str
    task: object
    folder: pathlib.Path
    values: dict
    facts: dict
    own_task: bool = True

    def __post_init__(self):
        self._model = self._preprocessor = None
        self._differing = []  # settings that were asked for and are others than there

    def settled(self, config, asked):
        """The config with this start's settings where they have shapes, but for those in `asked`.

        Raises:
            ValueError: one that was asked for leaves no weights to take.
        """
        taken = {name: value for name, value in self.values.items() if name in self._names(config)}
        for name in DECISIVE:
            if name in taken and name in asked and getattr(config, name) != taken[name]:
                raise ValueError(
                    f"{name}: start_from={self.name!r} has {messages.shown(taken[name])}, received "
                    f"{messages.shown(getattr(config, name))}; leave {name} out, or train without start_from"
                )
        if taken.get("vectors"):  # the network holds what the file held
            taken |= {"vectors": None, "train_vectors": True, "embedding_size": self._width()}
        self._differing = [
            name for name, value in taken.items()
            if name in asked and getattr(config, name) != value and not isinstance(value, float) and name not in OF_TEXT
        ]  # fmt: skip
        return dataclasses.replace(config, **{name: value for name, value in taken.items() if name not in asked})

    def _names(self, config):
        """The names of the settings that are taken."""
        if not self.own_task:
            return {name for name in DECISIVE if hasattr(config, name)} - {"model", "input"}
        others = {*settings.names(settings.Training), *settings.of_reading(type(config)), *OF_DATA}
        return settings.names(type(config)) - others - set(settings.of_evaluation(type(config)))

    def _width(self):
        from pipelines.shared.training import moved_weights

        return moved_weights.width(self.model, "vectors")

    @property
    def model(self):
        if self._model is None:
            self._load()
        return self._model

    @property
    def preprocessor(self):
        """What it knows of its own training split; None for a network alone."""
        if self._model is None:
            self._load()
        return self._preprocessor

    def _load(self):
        from pipelines.shared.foreign import keras_files

        if self.task is None:
            self._model = keras_files.load_keras(self.folder)
            return
        with layout.reading(self.folder / "preprocessor.json") as file:
            self._preprocessor = self.task.preprocessor.restore(plain_json.read(file))
        _ = self.task.network.build  # registers the task's own layers
        packages = {"pipelines", *self.task.modules}
        self._model = keras_files.load(self.folder / "model.keras", foreign=False, packages=packages)

    def take(self, task, model, preprocessor):
        """Copies what fits into the model; what it was is printed the first time.

        Raises:
            ValueError: nothing fits, or a setting that was asked for is why something does not.
        """
        from pipelines.shared.training import moved_weights

        earlier = self.task.network.axis_names(self.preprocessor) if self.task else {}
        moved = moved_weights.move(self.model, model, earlier, task.network.axis_names(preprocessor))
        if moved.misfits and self._differing:
            raise ValueError(
                f"start_from={self.name!r}: its {moved.misfits[0]} does not fit with "
                f"{', '.join(f'{name}={self.values[name]!r} there' for name in self._differing[:3])}; leave "
                f"{', '.join(self._differing[:3])} out, or train without start_from"
            )
        if not moved.taken:
            raise ValueError(
                f"start_from={self.name!r}: nothing in common with the new network: {moved.reason()}; give an "
                "artifact of like settings and of the same language, or train without start_from"
            )
        if "taken" not in self.facts:
            self.facts["taken"] = moved.taken
            progress.line(f"started from {self.called}: {moved.said()}")

    def sources(self):
        """{"data", "valid", "test"} that the artifact was trained on, None for the built-in sample.

        Raises:
            ValueError: they are not recorded, or were in memory.
        """
        source = layout.read_facts(self.folder).get("source") if self.own_task else None
        if source is None or any(map(provenance.in_memory, source.values())):
            what = "was trained on data in memory, which is gone" if source else "has no data of its own"
            raise ValueError(f"start_from={self.name!r} {what}; give data=... (--data)")
        return source


def settled(task, base, options, directory, sources, unlabelled=None):
    """(the config, the `Start` or None, the names of settings that were asked for) of `train` and `tune`.

    sources: {"data", "valid", "test"}, filled with those of the artifact that it starts from if none is given. A value
    of `base` that is the default counts as left alone.
    """
    options = {**options, **_by_path(options)}
    config = settings.create(task.Config, options, base=base)
    asked = _asked(task, config, options)
    start = opened(task, config.start_from, directory)
    if start is None:
        return config, None, asked
    if unlabelled is not None:
        raise ValueError("unlabelled: makes what a training starts from, and so does start_from; give one of them")
    if all(source is None for source in sources.values()):
        sources |= start.sources()
        if sources["data"] is not None:
            progress.line(f"data of {start.called}: {sources['data']}")
    return start.settled(config, asked), start, asked


def _asked(task, config, options):
    defaults = settings.defaults(task.Config)
    return {name for name in settings.names(task.Config) if getattr(config, name) != defaults[name]} | set(options)


def _by_path(options):
    """The option start_from as a path, where it is an artifact."""
    start = options.get("start_from")
    return {"start_from": str(start.path)} if hasattr(start, "path") else {}


def prepared(task, examples, config, start):
    """The preprocessor of a training split, which keeps the words of what the training starts from where it can."""
    prepare = task.preprocessor.prepare
    if start and start.preprocessor is not None and "earlier" in inspect.signature(prepare).parameters:
        return prepare(examples, config, earlier=start.preprocessor)
    return prepare(examples, config)


def opened(task, name, directory):
    """The `Start` of a name, name@version, folder or .keras file; None for None.

    Raises:
        FileNotFoundError: there is none. ValueError: it is damaged, or of a task whose networks are others.
    """
    if name is None:
        return None
    path = pathlib.Path(name)
    if path.suffix in FILES and not layout_of(path):
        return _network(path)
    if layout_of(path) or path.parent != pathlib.Path("."):
        folder, called = _of_folder(path), str(name)
    else:
        base, _, number = str(name).partition("@")
        home = layout.folder_of(directory, base)
        folder = versions.find(home, _version(number, name))
        called = base
        if not versions.looks_like_one(folder):
            raise FileNotFoundError(f"start_from: {layout.absent(home, task.name)}")
    return _artifact(task, folder, called)


def layout_of(path):
    """Whether the path is the folder of an artifact."""
    return (path / "artifact.json").is_file()


def _version(number, name):
    if number and not number.isdecimal():
        raise ValueError(f"start_from: expected NAME or NAME@VERSION, such as mine@2, received {messages.shown(name)}")
    return int(number) if number else None


def _network(path):
    if not path.is_file():
        raise FileNotFoundError(f"start_from: no file {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    facts = {"file": str(path.resolve()), "sha256": layout.checksum(path)}
    return Start(str(path), str(path), None, path, {}, facts, own_task=False)


def _of_folder(path):
    if not layout_of(path):
        raise FileNotFoundError(
            f"start_from: no artifact in {str(path)!r} (the working folder is {pathlib.Path.cwd()}); give the name of "
            "one, NAME@VERSION, its folder, or a .keras file"
        )
    return path


def _artifact(task, folder, called):
    name = layout.read_facts(folder).get("task")
    facts = layout.opened(folder, name)
    number = versions.number(folder)
    owner = _owner(task, name, called)
    with layout.reading(folder / "config.json") as file:
        values = json.loads(file.read_text("utf-8"))
    record = {"name": called, "version": number, "task": name, "sha256": facts["sha256"]["model.keras"]}
    if name == layout.PRETRAINED:
        values.pop("depth")  # layers above the pretrained one are the training's own
        record["words"] = facts["words"]
    own = name in (task.name, owner.name) and owner.package == task.package
    return Start(called, f"{called}, version {number}", owner, folder, values, record, own)


def _owner(task, name, called):
    """The task whose rooms read an artifact of the task `name`."""
    if name == task.name:
        return task
    if name == layout.PRETRAINED:
        from pipelines.shared.pretraining import reading

        return reading
    if name in pipelines.TASKS:
        return getattr(pipelines, name).task
    return task  # of a derived task, whose rooms are like this one's
