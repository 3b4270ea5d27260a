"""`help` and `inspect.signature` of a task's verbs name each setting, of derived tasks too."""

import dataclasses
import inspect
import pickle
import pydoc
from typing import Literal

import pytest

import pipelines
from pipelines import settings
from pipelines.music import answers
from pipelines.sentiment.config import Config
from pipelines.translation.config import Asked

each_task = pytest.mark.parametrize("task", pipelines.TASKS)
each_search = pytest.mark.parametrize("verb", ["train", "tune"])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mine(Config):
    """Mine"""

    units: int = settings.option(9, "size of the state", at_least=1)
    heads: int = settings.option(4, "heads of attention", at_least=1)


def check(verb, config_class):
    """Asserts that the verb shows each setting, but where an argument of its own has the name."""
    parameters, shown = inspect.signature(verb).parameters, pydoc.render_doc(verb, renderer=pydoc.plaintext)
    for title, fields in settings.groups(config_class).items():
        assert f"\n    {title}:\n" in shown
        for field in fields:
            assert f"\n        {field.name}: {field.metadata['help'][:40]}" in shown
            assert parameters[field.name].kind is inspect.Parameter.KEYWORD_ONLY
            if (verb.__name__, field.name) != ("train", "keep"):
                assert parameters[field.name].default == field.default
    assert not [one for one in parameters.values() if one.kind is one.VAR_KEYWORD]


@each_task
@each_search
def test_train_and_tune_show_every_setting(task, verb):
    module = getattr(pipelines, task)
    check(getattr(module, verb), module.task.Config)


@each_search
def test_those_of_a_derived_task_show_its_own(verb):
    task = pipelines.sentiment.task.derive("mine", Config=Mine)
    check(getattr(task, verb), Mine)
    assert inspect.signature(getattr(task, verb)).parameters["heads"].default == 4
    assert "heads" not in inspect.signature(getattr(pipelines.sentiment, verb)).parameters


def test_types_are_those_of_the_settings():
    parameters = inspect.signature(pipelines.sentiment.train).parameters
    assert parameters["cell"].annotation == Literal["rnn", "lstm", "gru"] | None
    assert parameters["clip_norm"].annotation == float | None
    assert parameters["keep"].annotation == int | Literal["all"] | Literal["start", "end"]
    assert parameters["keep"].default == 3


def test_predict_shows_the_options_of_the_answers():
    assert "inputs" in inspect.signature(pipelines.sentiment.predict).parameters
    assert {field.name for field in dataclasses.fields(Asked)} < {
        *inspect.signature(pipelines.translation.predict).parameters
    }
    drawing = {name for name in inspect.signature(answers.generate).parameters if name not in ("artifact", "first")}
    for verb in (pipelines.music.predict, pipelines.music.generate):
        assert drawing < {*inspect.signature(verb).parameters}
        assert "temperature: below 1" in inspect.getdoc(verb)
    assert "hypotheses of beam search" in inspect.getdoc(pipelines.translation.predict)


def test_predict_of_a_derived_task_shows_the_options_of_its_answers():
    def answer(artifact, inputs, *, louder: bool = False):
        """Answers, louder."""

    verb = pipelines.sentiment.task.derive("mine", answers={"answer": answer}).predict
    assert inspect.signature(verb).parameters["louder"].annotation is bool
    assert "Answers, louder." in inspect.getdoc(verb)


def test_an_artifacts_verbs_show_its_own_settings(trained):
    assert trained.config.units != Config().units
    for verb in (trained.train, trained.tune):
        assert inspect.signature(verb).parameters["units"].default == trained.config.units
    assert "name" not in inspect.signature(trained.predict).parameters


def test_verbs_stay_methods_of_their_task():
    task = pipelines.sentiment.task
    assert task.train == task.train and hash(task.train) == hash(task.train)
    assert task.train != task.derive("mine").train
    assert task.train.__self__ is task
    assert pickle.loads(pickle.dumps(task)).train.__self__ == task


def test_dir_lists_what_is_public_alone():
    assert dir(pipelines) == sorted(pipelines.__all__)
    assert all(hasattr(pipelines, name) for name in dir(pipelines))


def test_a_verb_of_an_artifacts_own_task_is_a_method(tuneful):
    assert "temperature: below 1" in pydoc.render_doc(tuneful.generate)
    assert len(tuneful.generate("C4", length=8)) == 1
