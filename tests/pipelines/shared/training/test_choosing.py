"""Settings that are chosen by the training split, in a training and in a search."""

import dataclasses
import json

import pytest

import pipelines
from pipelines import settings

pytestmark = [  # Keras Tuner 1.4
    pytest.mark.filterwarnings("ignore:currentThread:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:getName:DeprecationWarning"),
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(pipelines.sentiment.Config):
    """Mine"""

    width: int | None = settings.option(None, "how wide (default: by the data)", at_least=1)
    epochs: int | None = settings.option(None, "how many (default: by the data)", at_least=1)


EXAMPLES = {"text": ["good", "bad"], "label": ["positive", "negative"]}


def rule(examples, config):
    return {"width": len(examples["text"]), "epochs": 7, "monitor": "val_accuracy"}


def task(**network):
    return pipelines.sentiment.task.derive(
        "mine", Config=Config, network={"settings_for": rule, **network}, preprocessor={"prepare": lambda *_: None},
        data={"load_splits": lambda *_: {"train": EXAMPLES, "valid": {name: [] for name in EXAMPLES}}},
    )  # fmt: skip


def test_open_settings_are_chosen_and_said_and_others_stay(capsys):
    splits = {"train": EXAMPLES, "valid": {}}
    config = task().settled(splits, Config(epochs=3, monitor="val_loss"))
    assert (config.width, config.epochs) == (2, 3)
    assert capsys.readouterr().err.splitlines()[-1] == "2 training examples: width 2"
    assert task().settled(splits, config) == config
    assert not capsys.readouterr().err


def test_what_was_looked_at_is_said_first_and_none_leaves_a_setting_open(capsys):
    rule = lambda *_: ({"width": None, "epochs": 1200}, "2 texts of 1 word")  # noqa: E731
    config = task(settings_for=rule).settled({"train": EXAMPLES}, Config())
    assert (config.width, config.epochs) == (None, 1200)
    assert capsys.readouterr().err.splitlines()[-1] == "2 texts of 1 word: epochs 1,200"


def test_a_task_without_a_rule_has_none():
    config = pipelines.trajectory.Config()
    assert pipelines.trajectory.task.settled({"train": EXAMPLES}, config) is config


def test_a_value_that_is_out_of_range_is_refused_as_if_it_were_set():
    with pytest.raises(ValueError, match="width: expected an integer of at least 1 or none, received 0"):
        task(settings_for=lambda *_: {"width": 0}).settled({"train": EXAMPLES}, Config())


def test_a_search_has_them_too(monkeypatch, tmp_path):
    asked = []

    def fit(task, preprocessor, splits, config, folder, **others):
        asked.append(config)
        return None, {"val_accuracy": [config.dropout], "val_loss": [1.0]}

    monkeypatch.setattr(pipelines.Task, "fit", fit)
    task().tune(directory=tmp_path, name="mine", space={"dropout": (0.0, 0.5)}, trials=2, algorithm="random")
    assert {(config.width, config.epochs) for config in asked} == {(2, 7)}
    assert json.loads((tmp_path / "mine.tuning" / "best.json").read_text())["width"] == 2


def test_a_training_keeps_them_and_calibrates_what_was_trained(monkeypatch, tmp_path):
    seen = {}

    class Stop(Exception):
        """So that nothing is saved."""

    def calibrate(model, preprocessor, baseline, examples, config):
        seen.update(model=model, baseline=baseline, examples=examples, width=config.width)
        raise Stop

    monkeypatch.setattr(pipelines.Task, "fit", lambda *_: ("trained", {}))
    mine = dataclasses.replace(task(calibrate=calibrate))
    mine = mine.derive("mine2", baselines={"fit": lambda *_: "baseline"})
    with pytest.raises(Stop):
        mine.train(directory=tmp_path, epochs=1)
    assert seen == {"model": "trained", "baseline": "baseline", "examples": {"text": [], "label": []}, "width": 2}


def test_cut_off_work_keeps_what_was_chosen_when_it_began(capsys):
    before = {"width": 9, "epochs": None, "data": "texts.csv", "seed": 3}
    config = task().settled({"train": EXAMPLES}, Config(), before)
    assert (config.width, config.epochs, config.seed) == (9, None, Config().seed)
    assert task().settled({"train": EXAMPLES}, Config(width=5), before).width == 5


def test_a_resumed_training_goes_on_where_the_rule_has_changed_since(monkeypatch, tmp_path):
    seen = []

    class Stop(Exception):
        """As a kill would."""

    def fit(task, preprocessor, splits, config, folder, *others, **named):
        seen.append((config.width, config.epochs))
        raise Stop

    monkeypatch.setattr(pipelines.Task, "fit", fit)
    changed = {"settings_for": lambda *_: {"width": 1000, "epochs": 1000, "monitor": "val_accuracy"}}
    for network, options in (({}, {}), (changed, {"resume": True}), ({}, {"resume": True, "width": 2})):
        with pytest.raises(Stop):
            task(**network).derive("mine", baselines={"fit": lambda *_: None}).train(directory=tmp_path, **options)
    assert seen == [(2, 7)] * 3
    with pytest.raises(ValueError, match="width was 2 and is 5"):
        task().train(directory=tmp_path, resume=True, width=5)
