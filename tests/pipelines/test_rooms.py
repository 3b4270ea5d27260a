"""Every task has the same rooms, and what each gives on the built-in sample is what `rooms.py` says."""

import ast
import collections.abc
import importlib
import inspect
import json
import pathlib
import typing

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import EXPORTED, each_task

import pipelines
from pipelines import rooms
from pipelines.shared.data import stored
from pipelines.shared.report import pages

ROOT = pathlib.Path(__file__).parents[2]

each_room = pytest.mark.parametrize("room", rooms.ROOMS)


@pytest.fixture
def artifact(task, request):
    return request.getfixturevalue(EXPORTED[task])


def first(examples, count):
    """The first rows of examples, as many more as a window needs where rows are steps of a series."""
    count = 400 if "scored" in examples else count
    return {
        name: column.picked(range(min(count, len(column)))) if isinstance(column, stored.Labels) else column[:count]
        for name, column in examples.items()
    }


@each_task
@each_room
def test_a_room_holds_the_names_and_parameters_that_it_must(task, room):
    package = getattr(pipelines, task).task.package
    module, protocol = importlib.import_module(f"{package}.{room}"), rooms.ROOMS[room]
    assert module.__doc__
    for name, kind in protocol.__annotations__.items():
        value = getattr(module, name)
        may_be_none = type(None) in typing.get_args(kind)
        assert isinstance(value, int if kind is int else dict) or (value is None and may_be_none), name
    for name, wanted in vars(protocol).items():
        if name.startswith("_") or not inspect.isfunction(wanted):
            continue
        parameters = inspect.signature(getattr(module, name)).parameters
        needed = [key for key in inspect.signature(wanted).parameters if key not in ("self", "options")]
        if room == "sample":  # by keywords
            assert set(needed) <= set(parameters)
            needed = []
        assert list(parameters)[: len(needed)] == needed, name
        further = [parameters[key] for key in list(parameters)[len(needed) :]]
        assert all(one.default is not one.empty or one.kind in (one.VAR_KEYWORD,) for one in further), name


@each_task
def test_data_and_preprocessor_on_the_sample(task):
    chosen = getattr(pipelines, task).task
    config = chosen.Config(batch_size=3)
    splits = chosen.data.load_splits(None, None, None, config)
    assert list(splits) == ["train", "valid", "test"]
    for examples in splits.values():
        lengths = {len(column) for column in examples.values()}
        assert len(lengths) == 1 and lengths.pop() > 0
        assert all(isinstance(column, (collections.abc.Sequence, np.ndarray)) for column in examples.values())
    assert chosen.data.load_examples(None, config).keys() == splits["train"].keys()
    few = first(splits["train"], 20)
    config = chosen.settled({"train": few}, config)
    preprocessor = chosen.preprocessor.prepare(few, config)
    state = json.loads(json.dumps(preprocessor.state()))
    assert chosen.preprocessor.restore(state).state() == state
    assert preprocessor.module is None or isinstance(preprocessor.module, tf.Module)
    for training in (True, False):
        dataset = chosen.preprocessor.batches(preprocessor, few, config, training)
        assert int(dataset.cardinality()) > 0
        inputs, targets, *_ = next(iter(dataset))
        assert {len(part) for part in (*inputs.values(), targets)} <= {1, 2, 3, 4, 5, 6}  # rows, the same of all
        assert len({len(part) for part in (*inputs.values(), targets)}) == 1


@each_task
def test_network_on_the_sample(task, artifact):
    network = artifact.task.network
    model = network.build(artifact.preprocessor, artifact.config)
    assert isinstance(model, keras.Model) and isinstance(model.input, dict)
    assert set(network.compiled(artifact.config)) <= {"loss", "metrics"}
    assert all(hasattr(artifact.config, name) for name in network.LOOKS_BACK or {})
    examples = {name: column[:4] for name, column in artifact.splits["valid"].items()}
    watching = network.watch(model, artifact.preprocessor, examples, artifact.config)
    assert all(isinstance(callback, keras.callbacks.Callback) for callback in watching)


@each_task
def test_scores_report_and_baselines_on_a_few_examples(task, artifact, tmp_path):
    examples = first(artifact.splits["test"], 6)
    scores, report = artifact.task.scores, artifact.task.report
    answered = scores.answered(artifact, examples)
    numbers = scores.score(artifact, examples, answered)
    assert all(isinstance(value, (int, float)) for value in numbers.values())
    assert any(name.startswith("baseline_") for name in numbers)
    assert all(isinstance(section, pages.Section) for section in report.sections(artifact, examples, answered))
    assert report.illustrate(artifact, examples, answered, tmp_path) is None
    outcomes = scores.outcomes_of(artifact, examples, answered)
    for name in outcomes.sums:  # the same metrics, from sums over the rows
        key = f"baseline_{name}_{outcomes.metric}" if name else outcomes.metric
        assert outcomes.score(name) == pytest.approx(numbers[key], rel=1e-5), key
        assert outcomes.names.get(name, "") or not name
    assert len(outcomes.sums) > 1
    artifact.baseline.save(tmp_path)
    assert type(artifact.task.baselines.load(tmp_path)) is type(artifact.baseline)
    again = artifact.task.baselines.fit(artifact.preprocessor, artifact.splits["train"])
    assert type(again) is type(artifact.baseline)


@each_task
def test_signatures_give_tensors_and_answers_by_name(task, artifact):
    signatures = artifact.task.signatures
    probes = signatures.probes(artifact)
    assert probes == signatures.probes(artifact) and len(probes) > 1
    assert {"serving_default", "ids"} <= set(signatures.serving(artifact))
    functions, files = signatures.mobile(artifact)
    assert functions and all(isinstance(name, str) for name in files)
    calls = {
        "ids": signatures.encode(artifact, probes),
        "serving_default": signatures.serve(artifact, probes),
        **signatures.further(artifact, probes),
    }
    for tensors, answers in calls.values():
        assert tensors and answers
        assert {len(np.asarray(value)) for value in tensors.values()} == {len(probes)}
    json.dumps(signatures.golden(artifact, probes, calls["ids"][1]))
    assert all(isinstance(sentence, str) for sentence in signatures.preparation(artifact))


@each_task
def test_what_a_page_shows_at_first_is_answered_and_all_of_it_is_json(task, artifact):
    page = artifact.task.page
    examples = json.loads(json.dumps(page.examples(artifact), allow_nan=False))
    answers = artifact.task.answers.answer(artifact, page.from_json(artifact, examples))
    assert len(page.to_json(artifact, answers)) == len(examples) > 0
    config = json.loads((artifact.path / "config.json").read_text())
    facts = json.loads((artifact.path / "artifact.json").read_text())
    for plain in (page.to_json(artifact, answers), page.card(artifact), page.listed(config, facts)):
        json.dumps(plain, allow_nan=False)
    checks = [*page.OPTIONS.values(), *(check for takes, *_ in page.ACTIONS.values() for check in takes.values())]
    assert all(isinstance(check({"a": "stranger"}), str) for check in checks)  # what is expected


@each_task
def test_commands_have_predict(task):
    commands = getattr(pipelines, task).task.command.COMMANDS
    assert "predict" in commands
    for help, flags, run in commands.values():
        assert help and callable(run) and all(isinstance(flag, str) and options["help"] for flag, options in flags)


def test_a_task_is_a_name_a_package_settings_and_what_is_its_own():
    assert len(pipelines.Task.__dataclass_fields__) <= 8


def _imports(path):
    """(names of the modules that a file imports, whether at its top)"""
    tree = ast.parse(path.read_text("utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, id(node) in top) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in top
            yield from ((f"{node.module}.{name.name}", id(node) in top) for name in node.names)


def _files(folder):
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if path.name != "__main__.py"]


def _of(name):
    """The task that a module is of, if it is of one."""
    parts = name.split(".")
    return parts[1] if parts[0] == "pipelines" and len(parts) > 1 and parts[1] in pipelines.TASKS else None


def test_layers_import_nothing_of_pipelines():
    assert not [(path, name) for path in _files("layers") for name, _ in _imports(path) if name.startswith("pipelines")]


SAME_ROOMS = {"classification": "sentiment"}  # a task under a second name


def test_shared_rooms_import_no_task_and_no_task_another():
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for path in _files("pipelines")
        for name, _ in _imports(path)
        if _of(name) not in (None, task := _of(".".join(path.relative_to(ROOT).parts)), SAME_ROOMS.get(task))
    ]
    assert wrong == []


# What is imported inside a function: for the sake of a quick `--help`, of a process apart that starts quickly, or of a
# package that may be missing. Each says why where it stands.
LATE = {
    "pipelines/forecasting/preprocessor.py": {"tensorflow"},
    "pipelines/video/clips/recorded.py": {"av"},
    "pipelines/shared/data/columnar.py": {"openpyxl", "pyarrow"},
    "pipelines/shared/data/containers.py": {"pyarrow"},
    "pipelines/shared/data/in_memory.py": {"tensorflow"},
    "pipelines/shared/data/sources.py": {"tensorflow_datasets"},
    "pipelines/shared/data/tables.py": {"pyarrow"},
    "pipelines/shared/report/verdict.py": {"pipelines.shared.report"},  # which loads matplotlib
    "pipelines/music/forms/events.py": {"miditok"},  # under a filter of warnings
    "pipelines/shared/screens/streams.py": {"pipelines.shared.screens"},
    "pipelines/shared/storage/answer_files.py": {"pyarrow"},
    "pipelines/shared/pretraining/ahead.py": {"pipelines.shared.pretraining"},  # as starting.py below
    "pipelines/shared/training/results.py": {"pipelines.shared"},  # which loads matplotlib
    "pipelines/shared/training/starting.py": {"pipelines.shared"},  # `task` imports it, which loads no Keras
    "pipelines/shared/export/conversion.py": {
        "layers",
        "tensorflow",
        "ai_edge_litert",
        "ai_edge_quantizer",
        "pipelines.shared.export",
    },
    "pipelines/shared/foreign/saved_model_files.py": {"google.protobuf", "tensorflow.core.protobuf"},
    "pipelines/shared/serving/server.py": {"pipelines.shared.serving"},  # which loads FastAPI
    "pipelines/shared/silence.py": {"tempfile"},
    "pipelines/artifact.py": {"keras", "pipelines.shared", "pipelines.task"},
    "pipelines/task.py": {"keras", "pipelines.shared"},
    "pipelines/shared/command_line/file_commands.py": {"pipelines.shared"},
}


def test_imports_stand_at_the_top():
    late = {}
    for path in _files("pipelines"):
        for name, top in _imports(path):
            if not top:
                late.setdefault(str(path.relative_to(ROOT)), set()).add(name)
    for path, names in late.items():
        allowed = tuple(LATE.get(path, ()))
        assert all(name.startswith(allowed) for name in names) if allowed else not names, (path, names)


def test_modules_do_not_bear_the_name_of_their_folder_or_of_a_task():
    tasks = set(pipelines.TASKS) - set(SAME_ROOMS)  # classification is what metrics are called after, too
    for path in _files("pipelines"):
        inside = path.relative_to(ROOT / "pipelines")
        names = {inside.parent.name} | (tasks - {inside.parts[0]})
        assert not [name for name in names - {""} if path.stem.startswith(name.removesuffix("s"))], inside
