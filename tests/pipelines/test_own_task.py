"""Tasks from outside the package: derived from one here, or a package of one's own; and callbacks of one's own."""

import dataclasses
import json
import os
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import ROOT, TINY, TINY_TRANSLATION, pairs, reviews

import pipelines
from pipelines import own_tasks, sentiment, settings
from pipelines.shared.command_line import program
from pipelines.shared.training import fitting

EXAMPLE = f"{ROOT / 'examples' / 'own_task.py'}:task"
SMALL = {**TINY, "readout_units": 4}


@pytest.fixture(scope="module")
def example():
    """The task of the example, in a process whose imports are as before afterwards."""
    paths, modules = list(sys.path), set(sys.modules)
    yield own_tasks.opened(EXAMPLE)
    sys.path[:] = paths
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", None) == EXAMPLE.split(":")[0]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def mine(example, tmp_path_factory):
    """A small artifact of it, with the export for phones."""
    lines = example.sample.generate(count=300)
    artifact = example.train(lines, directory=tmp_path_factory.mktemp("own"), **SMALL)
    artifact.export("tflite")
    return artifact


def test_its_own_functions_and_settings_are_used(example, mine):
    readout = next(layer for layer in mine.model.layers if isinstance(layer, keras.layers.Dense))
    assert readout.units == SMALL["readout_units"] == mine.config.readout_units
    assert {"val_top_2", "val_accuracy"} <= set(mine.history)
    assert 0 <= mine.metrics["balanced_accuracy"] <= 1
    assert mine.metrics == pytest.approx(mine.evaluate())
    assert "balanced_accuracy" in repr(mine)
    assert (mine.path.name, mine.facts["task"]) == ("log_levels", "log_levels")


def test_its_own_sample_is_learned_from_where_no_data_is_given(example):
    config = example.Config()
    splits = example.load_splits(None, None, None, config)
    lines, levels = example.sample.generate()
    together = {*splits["train"]["text"], *splits["valid"]["text"], *splits["test"]["text"]}
    assert together == set(lines)
    assert set(splits["train"]["label"]) == set(levels)


def test_loaded_equals_live(example, mine):
    loaded = example.load(directory=mine.path.parent)
    lines = ["cache did not answer for 12 ms", ""]
    assert loaded.predict(lines) == mine.predict(lines)
    assert loaded.config == mine.config
    with pytest.raises(ValueError, match="expected an artifact of the task sentiment, received one of log_levels"):
        sentiment.load("log_levels", directory=mine.path.parent)


def test_tuned_by_its_own_build_and_space(example, tmp_path):
    built = []

    def build(preprocessor, config):
        built.append(config.readout_units)
        return example.network.build(preprocessor, config)

    task = example.derive("counted", network={"build": build})
    assert task.network.compiled is example.network.compiled  # a room of both has the functions of both
    result = task.tune(
        example.sample.generate(count=200), directory=tmp_path, trials=2, space={"readout_units": [3, 5]}, **SMALL
    )
    assert sorted(built) == [3, 5]
    assert result.best["readout_units"] in (3, 5)
    assert "readout_units" in dict.fromkeys(settings.names(task.Config))


def test_verify_of_a_task_that_is_not_known(mine):
    found = {check.name: check for check in pipelines.verify(mine.path).checks}
    assert found["files"].result == "passed"
    assert found["model"].result == "-"
    assert "its task 'log_levels' is not known here" in found["model"].detail
    assert f"unroll --task MODULE:NAME verify {mine.path}"[:60] in found["model"].detail
    assert found["serving_default: golden answers"].result == "passed"


def test_verify_of_a_task_that_is_given(example, mine):
    found = {check.name: check.result for check in pipelines.verify(mine.path, task=example).checks}
    assert found["files"] == found["model"] == "passed"
    other = pipelines.verify(mine.path, task=sentiment.task)
    assert not other.passed
    assert "expected an artifact of the task 'sentiment', received one of 'log_levels'" in str(other)


def test_verify_needs_a_task_that_can_be_imported(mine, example):
    def hidden():
        return example.derive("hidden")

    with pytest.raises(ValueError, match="no module holds the task 'hidden'; assign it to a name in a module"):
        pipelines.verify(mine.path, task=hidden())


def test_list_of_the_command(mine, capsys):
    assert program.main(["--task", EXAMPLE, "list", "--directory", str(mine.path.parent), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["artifacts"]
    assert (row["task"], row["metric"][0], row["damage"]) == ("log_levels", "balanced_accuracy", "")
    assert program.main(["list", "--directory", str(mine.path.parent)]) == 0
    assert "log_levels" in capsys.readouterr().out


def test_predict_of_the_command_and_a_name_that_is_nearly_one(mine, capsys):
    line = ["predict", f"--task={EXAMPLE}", "--directory", str(mine.path.parent), "a line"]
    assert program.main([*line, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["answers"]
    assert answers[0]["label"] == mine.predict(["a line"])[0]["label"]
    assert program.main([*line, "--name", "log_levls"]) == 1
    error = capsys.readouterr().err
    assert "Did you mean 'log_levels'?" in error
    assert f"unroll --task {EXAMPLE} train --name log_levls" in error


def test_its_settings_are_flags(capsys):
    with pytest.raises(SystemExit) as stopped:
        program.main(["--task", EXAMPLE, "train", "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "Lines of a log:" in shown
    assert "--readout-units INT" in shown
    with pytest.raises(SystemExit) as stopped:
        program.main(["--task", EXAMPLE, "train", "--readout-units", "0"])
    assert stopped.value.code == 2
    assert "readout_units: expected an integer of at least 1, received 0" in capsys.readouterr().err


ADDRESSES = """
import pipelines
from pipelines import sentiment
task = sentiment.task.derive("fine")
taken = pipelines.Task("music", "pipelines.sentiment", sentiment.Config)
verify = sentiment.task.derive("verify")
number = 3
"""


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mytasks", "task: expected MODULE:NAME or FILE.py:NAME, such as examples.own_task:task, received 'mytasks'"),
        ("mytask:task", "task: no module 'mytask' in .* or among what is installed. Did you mean 'mytasks'?"),
        ("mytask.py:task", "task: no file 'mytask.py' .* Did you mean 'mytasks.py'?"),
        ("..mytasks:task", "task: expected MODULE:NAME or FILE.py:NAME"),
        ("mytasks:tsk", "task: no 'tsk' in mytasks. Did you mean 'task'?"),
        ("mytasks:something", "task: no 'something' in mytasks. Its tasks are: task, taken, verify"),
        ("mytasks:number", "task: expected a pipelines.Task at mytasks:number, received int"),
        ("mytasks:taken", "the name 'music' of mytasks:taken is that of a built-in task; give it another"),
        ("mytasks:verify", "the name 'verify' of mytasks:verify is that of a command; give it another"),
        ("json.py:task", "'json' is also the name of the module .*; rename json.py"),
        ("broken:task", "No module named 'nowhere_at_all'"),
    ],
)
def test_wrong_addresses(address, message, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, text in (("mytasks", ADDRESSES), ("json", ""), ("broken", "import nowhere_at_all")):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False) if name != "json" else None
    if address.startswith("broken"):  # what the module itself lacks
        assert program.main(["--task", address, "train"]) == 1
    else:
        with pytest.raises(SystemExit) as stopped:
            program.main(["--task", address, "train"])
        assert stopped.value.code == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert re.search(message, line), line


def test_a_built_in_task_has_an_address_too():
    assert own_tasks.opened("pipelines.sentiment:task") is sentiment.task


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lacking(settings.Training):
    """Lacking"""


class Undecorated(sentiment.Config):
    width: int = settings.option(3, "of it")


@pytest.mark.parametrize(
    ("name", "rooms", "message"),
    [
        ("mine", {"netwrk": {}}, "derive: no room 'netwrk'. Did you mean 'network'?"),
        ("mine", {"network": {"biuld": print}}, "derive: no function 'biuld' in network. Did you mean 'build'?"),
        (
            "mine",
            {"network": test_loaded_equals_live},
            "network: expected a mapping, .* received the function test_load",
        ),
        ("mine", {"Config": Lacking}, r"Config: expected a subclass of pipelines\.sentiment\.config\.Config, .* lacks"),
        ("mine", {"Config": Undecorated}, "Config: Undecorated has width that is no setting yet; write @dataclasses"),
        ("mine", {"Config": dict}, "Config: expected a subclass of settings.Training, received <class 'dict'>"),
        ("sentiment", {}, "name: 'sentiment' is a task of this package"),
        ("a/b", {}, "name: expected letters"),
    ],
)
def test_wrong_derivations(name, rooms, message):
    with pytest.raises((TypeError, ValueError), match=message) as raised:
        sentiment.task.derive(name, **rooms)
    assert len(str(raised.value).splitlines()) == 1


def test_a_room_by_the_name_of_a_module_is_loaded_at_its_first_use():
    task = sentiment.task.derive("mine", scores="pipelines.translation.scores", network="pipelines.nowhere")
    assert task.scores.WORTH_A_WARNING == {"sacrebleu": 0.5}
    assert task.data.load_splits is sentiment.task.data.load_splits
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        task.network.build(None, None)


def test_a_room_that_lacks_something_says_so():
    with pytest.raises(AttributeError, match=r"pipelines\.sentiment\.scores: no 'nothing'; a task has to have it"):
        sentiment.task.scores.nothing(1)


PACKAGE = {
    "__init__": """
import dataclasses
from pipelines import Task, settings
from pipelines.sentiment import Config as Texts

@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(Texts):
    factor: float = settings.option(1.0, "50 % of two", above=0)

task = Task("mine", "mypackage", Config)
""",
    "network": """
import keras
from pipelines.sentiment import network
from pipelines.sentiment.network import compiled, infer

@keras.saving.register_keras_serializable(package="mypackage")
class Times(keras.layers.Layer):
    def __init__(self, factor, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

def build(preprocessor, config):
    model = network.build(preprocessor, config)
    return keras.Model(model.input, Times(config.factor, name="times")(model.output))
""",
    "command": "from pipelines.sentiment.command import COMMANDS",
    **{
        room: f"from pipelines.sentiment.{room} import *"
        for room in ("data", "preprocessor", "answers", "scores", "baselines", "signatures", "report")
    },
}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder with the package of a task, installed under its name."""
    (tmp_path / "mypackage").mkdir()
    for name, text in PACKAGE.items():
        (tmp_path / "mypackage" / f"{name}.py").write_text(text)
    (tmp_path / "mypackage-1.0.dist-info").mkdir()
    (tmp_path / "mypackage-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mypackage\nVersion: 1\n"
    )
    (tmp_path / "mypackage-1.0.dist-info" / "entry_points.txt").write_text("[unroll.tasks]\nmine = mypackage:task\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "mypackage"]:
        del sys.modules[name]


def test_a_package_of_ones_own(installed, capsys, monkeypatch):
    """A layer of its own, and the defaults of rooms that lack something; by its address, then by its name."""
    lines = ["text,label", *(f'"{text}",{label}' for text, label in zip(*reviews(120), strict=True))]
    (installed / "reviews.csv").write_text("\n".join(lines), "utf-8")
    flags = [f"--{name.replace('_', '-')}" for name in ("units", "embedding_size", "epochs")]
    small = [word for flag, value in zip(flags, "441", strict=True) for word in (flag, value)]
    command = ["--task", "mypackage:task", "train", "--data", "reviews.csv", "--factor", "1", *small]
    assert program.main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == os.path.join("saved_models", "mine")
    assert program.main(["mine", "predict", "not bad", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer == own_tasks.known("mine").load().predict(["not bad"])[0]
    assert any(type(layer).__name__ == "Times" for layer in own_tasks.known("mine").load().model.layers)
    assert program.main(["mine"]) == 0
    assert "evaluate" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        program.main(["mine", "train", "--help"])
    assert "50 % of two" in capsys.readouterr().out
    assert program.main([]) == 0
    assert "installed: mypackage:task" in capsys.readouterr().out
    assert own_tasks.command("mine") == "unroll mine"
    found = {check.name: check.result for check in pipelines.verify("saved_models/mine").checks}  # by its name
    assert found == {"files": "passed", "exports": "-"}


def test_an_installed_task_of_another_name(installed):
    (installed / "mypackage-1.0.dist-info" / "entry_points.txt").write_text("[unroll.tasks]\nother = mypackage:task\n")
    with pytest.raises(
        ValueError, match="mypackage:task is installed as 'other', but its name is 'mine'; name it alike"
    ):
        own_tasks.load_installed("other")


class Seen(keras.callbacks.Callback):
    """What an epoch's logs hold; it may fail, or stop the training, once so many epochs are done."""

    def __init__(self, fails_after=None, stops_in_batch=None):
        super().__init__()
        self.logs, self.fails_after, self.stops_in_batch = {}, fails_after, stops_in_batch

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.stops_in_batch:
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.logs[epoch] = dict(logs)
        if epoch + 1 == self.fails_after:
            raise ArithmeticError("of the callback's own")


def train(directory, callbacks, **options):
    return sentiment.train(reviews(), name="tiny", directory=directory, callbacks=callbacks, **{**TINY, **options})


@pytest.mark.slow
def test_callbacks_see_all_numbers_and_what_fails_can_be_gone_on_with(tmp_path):
    epochs, seen, ended = {"epochs": 3, "patience": 100}, Seen(fails_after=2), []
    with pytest.raises(ArithmeticError, match="of the callback's own"):
        train(tmp_path, [seen], **epochs)
    assert os.listdir(tmp_path) == ["tiny.training"]
    again = Seen()
    counted = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(epoch))
    artifact = train(tmp_path, [again, counted], resume=True, **epochs)
    assert (list(seen.logs), list(again.logs), ended) == ([0, 1], [2], [2])
    for name, values in artifact.history.items():
        np.testing.assert_allclose(values, [{**seen.logs, **again.logs}[epoch][name] for epoch in range(3)])
    assert artifact.history == train(tmp_path / "whole", [], **epochs).history


@pytest.mark.slow
def test_callbacks_see_the_bleu_of_an_epoch(tmp_path):
    seen = Seen()
    options = {**TINY_TRANSLATION, "epochs": 1}
    artifact = pipelines.translation.train(pairs(), directory=tmp_path, callbacks=[seen], **options)
    assert [seen.logs[0]["val_bleu"]] == artifact.history["val_bleu"]


@pytest.mark.parametrize(
    ("callback", "done"),
    [
        (lambda: keras.callbacks.EarlyStopping(monitor="val_loss", patience=0, min_delta=100), 2),
        (lambda: Seen(stops_in_batch=0), 1),
    ],
)
def test_a_callback_may_stop_the_training(callback, done, tmp_path):
    artifact = train(tmp_path, [callback()], epochs=4, patience=100)
    assert len(artifact.history["loss"]) == done
    assert os.listdir(tmp_path) == ["tiny"]


@pytest.mark.parametrize(
    ("callbacks", "received"),
    [
        (None, "received None"),
        ("EarlyStopping", "received 'EarlyStopping'"),
        (keras.callbacks.TerminateOnNaN(), "received <.*TerminateOnNaN object"),
        ([keras.callbacks.EarlyStopping], "received <class .*EarlyStopping'> in it; make an object of it"),
        (["EarlyStopping"], "received 'EarlyStopping' in it"),
        ([lambda epoch, logs: None], "received <function .* in it"),
    ],
)
def test_what_is_no_callback(callbacks, received, tmp_path):
    with pytest.raises(TypeError, match=f"callbacks: expected a list of Keras callbacks, .*{received}") as raised:
        train(tmp_path, callbacks)
    assert len(str(raised.value).splitlines()) == 1
    assert not os.listdir(tmp_path)


def test_a_monitor_that_no_epoch_has():
    message = "monitor: expected a number of an epoch, received 'val_top_3'. Did you mean 'val_top_2'?"
    with pytest.raises(ValueError, match=message):
        fitting._check_monitor("val_top_3", {"loss": 1.0, "val_top_2": 0.5})
    assert [fitting.mode(name) for name in ("val_top_2", "val_top_2_error", "val_rmse")] == ["max", "min", "min"]


@pytest.mark.slow
def test_the_example_as_a_script(tmp_path):
    """As a user runs it: the child of `verify` imports the script by its file."""
    command = [sys.executable, EXAMPLE.rpartition(":")[0]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("saved_models/log_levels: whole")
    assert re.search(r"log_levels +model +passed", done.stdout)
