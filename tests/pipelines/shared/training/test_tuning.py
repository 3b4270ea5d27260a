import dataclasses
import json
import os
import signal
import tempfile

import pytest
from conftest import TINY, reviews, running
from test_task import waited_for

import pipelines
from pipelines.sentiment import Config, task
from pipelines.shared.training import fitting, spaces, tuning

pytestmark = [  # Keras Tuner 1.4
    pytest.mark.filterwarnings("ignore:currentThread:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:getName:DeprecationWarning"),
]
OPTIONS = {**TINY, "units": 4, "embedding_size": 4, "cell": "rnn"}
SPACE = {"dropout": (0.0, 0.5), "clip_norm": [None, 1.0]}
EXAMPLES = {"text": ["good", "bad"], "label": ["positive", "negative"]}
# Without data and preparation; what trains is the fixture `scores`.
OWN = {
    "data": {"load_splits": lambda *_: {"train": EXAMPLES, "valid": EXAMPLES}},
    "preprocessor": {"prepare": lambda *_: None},
}
QUICK = dataclasses.replace(task, own=OWN)


@pytest.fixture
def scores(monkeypatch):
    """Instead of training, a trial is scored by what the test puts in: dropout by default."""
    asked = []

    def fit(task, preprocessor, splits, config, folder):
        asked.append(config)
        value = fit.score(config)
        if isinstance(value, Exception):
            raise value
        return None, {"val_accuracy": [0.0, value], "val_loss": [9.0, value]}

    fit.score = lambda config: config.dropout
    fit.asked = asked
    monkeypatch.setattr(type(task), "fit", fit)
    return fit


def tune(directory, **how):
    return QUICK.tune(directory=directory, name="mine", **{"space": SPACE, **OPTIONS, **how})


def really_tune(directory, **how):
    return pipelines.sentiment.tune(reviews(60), directory=directory, name="mine", **{"space": SPACE, **OPTIONS, **how})


@pytest.mark.parametrize("algorithm", ["random", "bayesian"])
def test_trials_and_the_best_of_them(algorithm, scores, tmp_path):
    result = tune(tmp_path, algorithm=algorithm, trials=4)
    assert [trial["status"] for trial in result.trials] == ["completed"] * 4
    assert [config.dropout for config in scores.asked] == [trial["settings"]["dropout"] for trial in result.trials]
    assert {config.clip_norm for config in scores.asked} <= {None, 1.0}
    assert {config.units for config in scores.asked} == {4}
    assert result.score == max(trial["score"] for trial in result.trials) == result.best["dropout"]
    best = json.loads((tmp_path / "mine.tuning" / "best.json").read_text())
    assert best == {**best, **result.best, "units": 4}
    assert "trial 3" in str(result) and "--config" in str(result)


def test_monitor_that_is_to_be_low(scores, tmp_path):
    result = tune(tmp_path, algorithm="random", trials=4, monitor="val_loss")
    assert result.score == min(trial["score"] for trial in result.trials)


def test_hyperband_gives_the_best_more_epochs(scores, tmp_path):
    result = tune(tmp_path, algorithm="hyperband", epochs=9)
    epochs = [trial["epochs"] for trial in result.trials]
    assert epochs == [config.epochs for config in scores.asked]
    assert min(epochs) < max(epochs) == 9
    first = [trial["score"] for trial in result.trials if trial["epochs"] == epochs[0]]
    assert max(first) in [trial["score"] for trial in result.trials if trial["epochs"] > epochs[0]]


def test_failed_trials_are_shown_and_never_win(scores, tmp_path, caplog):
    scores.score = lambda config: FloatingPointError("too far") if config.dropout > 0.25 else config.dropout
    result = tune(tmp_path, algorithm="random", trials=8)
    failed = [trial for trial in result.trials if trial["status"] == "failed"]
    assert 0 < len(failed) < 8
    assert all(trial["score"] is None and trial["error"] == "FloatingPointError: too far" for trial in failed)
    assert result.best["dropout"] <= 0.25
    assert f"{len(failed)} of 8 trials failed: FloatingPointError: too far" in caplog.text
    assert "failed     -  " in str(result)


@pytest.mark.parametrize("algorithm", ["random", "hyperband"])
def test_all_trials_failing_is_an_error(algorithm, scores, tmp_path):
    scores.score = lambda config: FloatingPointError("too far")
    with pytest.raises(
        RuntimeError, match=r"all \d+ trials failed: FloatingPointError: too far\. To search anew, delete"
    ):
        tune(tmp_path, algorithm=algorithm, trials=5, epochs=3)
    assert not (tmp_path / "mine.tuning" / "best.json").exists()


def test_same_call_goes_on_with_more_trials(scores, tmp_path):
    first = tune(tmp_path, algorithm="random", trials=2)
    second = tune(tmp_path, algorithm="random", trials=11)
    assert len(scores.asked) == 11
    assert [trial["settings"] for trial in second.trials][:2] == [trial["settings"] for trial in first.trials]
    assert [int(trial["trial"]) for trial in second.trials] == list(range(11))


def test_interruption_keeps_the_trials(scores, tmp_path, caplog):
    def score(config):
        if len(scores.asked) == 3:
            raise KeyboardInterrupt
        return config.dropout

    scores.score = score
    with pytest.raises(KeyboardInterrupt):
        tune(tmp_path, algorithm="random", trials=4)
    assert "the same call goes on" in caplog.text
    cut = scores.asked[2]
    result = tune(tmp_path, algorithm="random", trials=4)
    assert len(scores.asked) == 5
    assert scores.asked[3] == cut  # run anew from its start
    assert [trial["status"] for trial in result.trials] == ["completed"] * 4


@pytest.mark.parametrize("change", [{"units": 8}, {"space": {"dropout": [0.1]}}, {"algorithm": "bayesian"}])
def test_a_search_of_other_settings_is_refused(change, scores, tmp_path):
    tune(tmp_path, algorithm="random", trials=1)
    with pytest.raises(ValueError, match=f"{next(iter(change))} was .* and is .*Give the same ones to go on"):
        tune(tmp_path, **{"algorithm": "random", "trials": 2, **change})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"algorithm": "randon"}, "algorithm: expected one of random, bayesian, hyperband, .*Did you mean 'random'"),
        ({"trials": 0}, "trials: expected an integer of at least 1, received 0"),
        ({"trials": True}, "trials: expected an integer"),
        ({"space": {}}, "space: expected a mapping"),
        ({"space": ["units"]}, "space: expected a mapping"),
        ({"space": {"unit": [1]}}, "'unit' cannot be tuned.*Did you mean 'units'"),
        ({"space": {"vocabulary_size": [10]}}, "'vocabulary_size' cannot be tuned"),
        ({"space": {"ngrams": [0, 2]}}, "'ngrams' cannot be tuned"),  # fitted with the vocabulary
        ({"space": {"units": [0]}}, "units: expected an integer of at least 1 or none, received 0"),
        ({"space": {"units": []}}, "units: expected .low, high. or a list of values"),
        ({"space": {"units": 3}}, "units: expected .low, high. or a list of values"),
        ({"space": {"units": (8, 4)}}, "units: expected two numbers .low, high."),
        ({"space": {"cell": ("gru", "lstm")}}, "cell: expected two numbers .low, high."),
    ],
)
def test_bad_searches(wrong, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        tune(tmp_path, **wrong)
    assert not os.listdir(tmp_path)


def test_none_in_a_space_is_left_to_the_data(scores, tmp_path):
    tune(tmp_path, algorithm="random", trials=2, units=7, space={"units": [None, 9], "clip_norm": [None]})
    by_rule = QUICK.network.settings_for(EXAMPLES, Config())[0]["units"]
    assert sorted(config.units for config in scores.asked) == sorted([by_rule, 9])
    assert [config.clip_norm for config in scores.asked] == [None, None]


def test_default_space_holds_only_what_can_be_tuned():
    space = spaces.checked(Config, None)
    assert space and not set(space) & spaces.fixed(Config)
    assert {name for name in Config.__dataclass_fields__} >= spaces.fixed(Config)
    values = tuning.hyperparameters(Config, space).values
    assert set(spaces.chosen(space, values)) == set(space)


def test_wide_ranges_are_searched_on_a_logarithmic_scale():
    space = {"learning_rate": (1e-4, 1e-2), "dropout": (0.0, 0.5), "units": (4, 256)}
    found = {each.name: (type(each).__name__, each.sampling) for each in tuning.hyperparameters(Config, space).space}
    assert found == {"learning_rate": ("Float", "log"), "dropout": ("Float", "linear"), "units": ("Int", "log")}


def test_real_search_feeds_training(tmp_path, monkeypatch):
    """Real trainings; nothing is left in the working folder or among temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.chdir(temporary)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    result = really_tune(tmp_path / "models", algorithm="random", trials=2, space={"dropout": [0.1, 0.2]})
    assert [trial["status"] for trial in result.trials] == ["completed"] * 2
    left = [name for name in os.listdir(temporary) if not name.startswith("__autograph")]  # TensorFlow's, till it ends
    assert not left
    assert sorted(os.listdir(tmp_path / "models")) == ["mine.tuning"]
    artifact = pipelines.sentiment.train(
        reviews(60), config=result.path, directory=tmp_path / "models", valid=reviews(60)
    )
    assert artifact.config.dropout == result.best["dropout"]
    assert artifact.config.cell == "rnn"


KILLED = """
import json, sys
import pipelines
from pipelines.sentiment import sample as sentiment_sample
texts, labels = sentiment_sample.generate()
pipelines.sentiment.tune((texts[:60], labels[:60]), directory=sys.argv[1], name="mine", algorithm="random", trials=3,
                         space={"dropout": [0.1, 0.2, 0.3]}, **json.loads(sys.argv[2]))
"""


@pytest.mark.slow
def test_killed_search_goes_on(tmp_path):
    process = running(KILLED, tmp_path, json.dumps(OPTIONS))
    folder = tmp_path / "mine.tuning"
    waited_for(lambda: (folder / "trial_1").exists(), process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    result = really_tune(tmp_path, algorithm="random", trials=3, space={"dropout": [0.1, 0.2, 0.3]})
    assert [trial["status"] for trial in result.trials] == ["completed"] * 3


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["bayesian", "hyperband"])
def test_real_searches(algorithm, tmp_path):
    result = really_tune(tmp_path, algorithm=algorithm, trials=3, epochs=4)
    assert {trial["status"] for trial in result.trials} == {"completed"}
    assert result.score == max(trial["score"] for trial in result.trials)
    assert fitting.mode("val_accuracy") == "max"
