import json
import shutil

import keras
import numpy as np
import pytest
from conftest import TINY, TRAINED, each_task, reviews
from text_settings import PLAIN

import pipelines
from pipelines.shared.command_line import program
from pipelines.shared.training import moved_weights, starting


def learned(model):
    return {f"{name}/{number}": array for name, layer in moved_weights.parts(model).items()
            for number, array in enumerate(layer.get_weights())}  # fmt: skip


@each_task
def test_every_task_takes_all_of_an_artifact_of_the_same_data(task, request, capsys):
    artifact = request.getfixturevalue(TRAINED[task])
    start = starting.opened(artifact.task, "tiny", artifact.path.parent)
    preprocessor = starting.prepared(artifact.task, artifact.splits["train"], artifact.config, start)
    model = artifact.task.network.build(preprocessor, artifact.config)
    start.take(artifact.task, model, preprocessor)
    before, after = learned(artifact.model), learned(model)
    assert after and {name for name in after if not np.array_equal(after[name], before[name])} == set()
    assert "anew" not in "".join(capsys.readouterr())


def test_goes_on_under_the_same_name_with_its_settings_and_data(trained, tmp_path, capsys, monkeypatch):
    shutil.copytree(trained.path, tmp_path / "mine")
    lines = [f"{text}\t{label}" for text, label in zip(*reviews(), strict=True)]
    (tmp_path / "more.tsv").write_text("\n".join(["text\tlabel", *lines]), "utf-8")
    options = {"epochs": 1, "freeze": "all_but_last", "buckets": 1, "directory": tmp_path, "name": "mine"}
    more = pipelines.sentiment.train(tmp_path / "more.tsv", start_from="mine", **options)
    assert (more.facts["version"], more.config.units, more.config.bidirectional) == (2, 8, False)
    assert more.facts["started_from"]["version"] == 1 and "vectors" in more.facts["started_from"]["taken"]
    before, after = learned(trained.model), learned(pipelines.sentiment.load("mine", directory=tmp_path).model)
    changed = {name.split("/")[0] for name in after if not np.array_equal(after[name], before[name])}
    assert changed == {"scores", "ngrams"}  # those of n-grams are counted anew
    assert "ngrams" not in more.facts["started_from"]["taken"]
    again = pipelines.sentiment.train(start_from="mine@2", **options)  # no data: that of the artifact
    assert again.facts["source"]["data"] == str(tmp_path / "more.tsv") and again.facts["version"] == 3
    assert "data of mine, version 2" in "".join(capsys.readouterr())
    assert again.predict(["good"]) and again.evaluate()["accuracy"] == again.metrics["accuracy"]


def test_other_words_and_labels(tmp_path):
    texts = [f"{word} film {number}" for number in range(40) for word in ("unseen", "good")]
    data = (texts, ["positive", "neutral"] * 40)
    config = pipelines.sentiment.Config(**{**PLAIN, **TINY})
    before = pipelines.sentiment.train(reviews(200), directory=tmp_path, config=config)
    start = starting.opened(before.task, str(before.path), "elsewhere")
    splits = before.task.load_splits(data, None, None, config)
    preprocessor = starting.prepared(before.task, splits["train"], config, start)
    words = before.preprocessor.text.vocabulary
    assert preprocessor.text.vocabulary[: len(words)] == words and "unseen" in preprocessor.text.vocabulary
    model = before.task.network.build(preprocessor, config)
    start.take(before.task, model, preprocessor)
    kernel, there = (one.get_layer("scores").get_weights()[0] for one in (model, before.model))
    column, row = (list(one.labels).index("positive") for one in (preprocessor, before.preprocessor))
    np.testing.assert_array_equal(kernel[:, column], there[:, row])
    assert start.facts["taken"]["scores"] == 1


def test_text_of_another_language_has_nothing_in_common(trained):
    data = ([f"да{number} нет" for number in range(60)], ["a", "b"] * 30)
    with pytest.raises(ValueError, match=r"start_from: knows none of the .* words .* same language"):
        pipelines.sentiment.train(data, start_from=str(trained.path), **TINY)


@pytest.mark.parametrize(("options", "message"), [
    ({"start_from": "tiny", "units": 9}, "units: start_from='tiny' has 8, received 9; leave units out"),
    ({"start_from": "tiny", "cell": "lstm"}, "cell: start_from='tiny' has 'gru', received 'lstm'"),
    ({"start_from": "tinny"}, "start_from: no artifact 'tinny' in .* Did you mean 'tiny'"),
    ({"start_from": "tiny@7"}, "no version 7 of 'tiny'"),
    ({"start_from": "tiny@x"}, "expected NAME or NAME@VERSION"),
    ({"start_from": "no/where"}, "no artifact in 'no/where'"),
    ({"start_from": "gone.keras"}, "no file 'gone.keras'"),
    ({"start_from": "tiny"}, "was trained on data in memory, which is gone; give data"),
])  # fmt: skip
def test_what_cannot_be_started_from_is_one_line_before_data_is_read(options, message, trained):
    data = None if options == {"start_from": "tiny"} else "missing.csv"
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        pipelines.sentiment.train(data, directory=trained.path.parent, name="other", **options)
    assert "\n" not in str(caught.value)


def test_a_network_of_ones_own(trained, tmp_path):
    trained.model.save(tmp_path / "own.keras")
    start = starting.opened(trained.task, str(tmp_path / "own.keras"), "anywhere")
    model = trained.task.network.build(trained.preprocessor, trained.config)
    start.take(trained.task, model, trained.preprocessor)
    np.testing.assert_array_equal(learned(model)["vectors/0"], learned(trained.model)["vectors/0"])
    ids = keras.Input((3,), name="other")
    keras.Model(ids, keras.layers.Dense(2, name="unlike")(ids)).save(tmp_path / "unlike.keras")
    start = starting.opened(trained.task, str(tmp_path / "unlike.keras"), "anywhere")
    with pytest.raises(ValueError, match="nothing in common with the new network"):
        start.take(trained.task, model, trained.preprocessor)


def test_a_tuning_starts_from_it_too(trained, tmp_path):
    result = pipelines.sentiment.tune(
        reviews(200), start_from=trained, directory=tmp_path, trials=1, algorithm="random", buckets=1, epochs=1,
        space={"learning_rate": [1e-3]},
    )  # fmt: skip
    best = json.loads((tmp_path / "sentiment.tuning" / "best.json").read_text())
    assert result.score and best["units"] == 8 and best["start_from"] == str(trained.path)


def test_a_resumed_training_has_to_start_from_the_same(trained, tmp_path):
    shutil.copytree(trained.path, tmp_path / "base")
    options = {"directory": tmp_path, "name": "new", "buckets": 1, "epochs": 2, "start_from": "base"}

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipelines.sentiment.train(reviews(200), callbacks=[Stop()], **options)
    pipelines.sentiment.train(reviews(200), **{**options, "name": "base", "epochs": 1})  # version 2
    with pytest.raises(ValueError, match="started_from was"):
        pipelines.sentiment.train(reviews(200), resume=True, **options)


def test_flags(trained, tmp_path, write, capsys):
    rows = "\n".join(f"{text.replace(chr(9), ' ')}\t{label}" for text, label in zip(*reviews(200), strict=True))
    path = write("r.tsv", f"text\tlabel\n{rows}\n")
    words = ["sentiment", "train", "--data", str(path), "--start-from", str(trained.path), "--freeze", "recurrent"]
    assert program.main([*words, "--directory", str(tmp_path), "--buckets", "1", "--epochs", "1"]) == 0
    assert "started from" in "".join(capsys.readouterr())
