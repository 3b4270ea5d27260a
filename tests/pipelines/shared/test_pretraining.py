import csv
import json
import math
import shutil

import keras
import numpy as np
import pytest
from conftest import reviews

import pipelines
from pipelines.shared.artifacts import listing, succession, versions
from pipelines.shared.data import stored
from pipelines.shared.pretraining import ahead, counts, network, texts, training
from pipelines.shared.pretraining import config as settings_of
from pipelines.shared.text import tokenization
from pipelines.shared.training import moved_weights

OPTIONS = {"units": 8, "embedding_size": 8, "buckets": 1, "epochs": 1}


def config(**options):
    return pipelines.sentiment.task.Config(**options)


def test_any_source_of_texts_is_read(tmp_path):
    (tmp_path / "a.txt").write_text("one text\n\nanother\n")
    (tmp_path / "folder" / "deeper").mkdir(parents=True)
    (tmp_path / "folder" / "1.txt").write_text("a file\nof two lines")
    (tmp_path / "folder" / "deeper" / "2.txt").write_text("second")
    for name, columns in (("named.csv", ["text", "stars"]), ("one.csv", ["review"])):
        with open(tmp_path / name, "w", newline="") as file:
            csv.writer(file).writerows([columns, [f"in a {name}", "5"][: len(columns)]])
    lines, files = ["one text", "another"], ["a file\nof two lines", "second"]
    read = lambda source, **options: list(texts.texts_of(source, config(**options)))  # noqa: E731
    assert read(tmp_path / "a.txt") == read(str(tmp_path / "a.txt")) == lines
    assert read(tmp_path / "folder") == files and read([tmp_path / "a.txt", tmp_path / "folder"]) == lines + files
    assert read(tmp_path / "named.csv") == ["in a named.csv"] and read(tmp_path / "one.csv") == ["in a one.csv"]
    assert read(["good", " "]) == ["good"] and read({"text": ["good", None]}) == ["good"]
    assert read({"review": ["good"]}, text_column="review") == ["good"]
    assert read(tmp_path / "a.txt", limit=1) == lines[:1]


@pytest.mark.parametrize("source", ["gone.txt", "gone", [], [""], 7, ["a", 3], {"a": ["x"], "b": ["y"]}])
def test_what_holds_no_texts_is_one_line_that_says_so(source):
    with pytest.raises((ValueError, TypeError, FileNotFoundError)) as caught:
        texts.texts_of(source, config())
    assert "\n" not in str(caught.value) and "predict" not in str(caught.value)


def test_texts_of_validation_and_test_are_left_out():
    labelled = {"train": {"text": ["a", "b"]}, "valid": {"text": ["Good  film"]}, "test": {"text": ["bad"]}}
    kept, left_out = texts.apart(stored.Texts.of(["good film", "new", "B", "bad"]), labelled)
    assert list(kept) == ["new"] and left_out == 2


def test_windows_hold_each_token_once():
    preprocessor = tokenization.adapt(["a b c"])
    long = "a b c " * 100  # 300 tokens
    windows = texts.in_windows(preprocessor, ["a", "a b", long])
    assert windows.lengths.max() <= texts.WINDOW and windows.lengths[0] == 2
    np.testing.assert_array_equal(np.concatenate(list(windows))[2:], np.tile(windows[0][[0, 1, 1]] + [0, 0, 1], 100))


def test_the_loss_is_the_one_of_numpy_and_samples_estimate_it():
    chosen = settings_of.Config(units=6, embedding_size=5, dropout=0.0)
    words = " ".join(one + other for one in "abcdef" for other in "ghijkl")
    preprocessor = type("Prepared", (), {"text": tokenization.adapt([words])})
    size = len(preprocessor.text.vocabulary)
    model = network.build(preprocessor, chosen, np.full(size, 1 / size))
    draw = np.random.default_rng(0)
    model.set_weights([draw.normal(0, 0.7, weight.shape) for weight in model.get_weights()])
    ids, lengths = draw.integers(2, size, (3, 7)), np.array([7, 4, 2])
    inputs = {"ids": ids.astype("int32"), "lengths": lengths.astype("int32")}
    outputs = keras.ops.convert_to_numpy(network.reader(model)(inputs))
    words, table = model.get_layer("words"), model.get_layer("vectors").get_weights()[0]
    dense = [layer.get_weights() for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    losses = []
    for row, length in enumerate(lengths):
        for step in range(length - 1):
            for target, (kernel, bias), half in (
                (ids[row, step + 1], dense[0], outputs[row, step, :6]),
                (ids[row, step], dense[1], outputs[row, step + 1, 6:]),
            ):
                logits = (half @ kernel + bias) @ table.T + words.biases.numpy()
                losses.append(np.log(np.exp(logits).sum()) - logits[target])
    exact = float(model(inputs)[0])
    np.testing.assert_allclose(exact, np.mean(losses), rtol=1e-4)
    sampled = [float(model(inputs, training=True)[0]) for _ in range(30)]
    np.testing.assert_allclose(np.mean(sampled), exact, rtol=0.03)


def test_bigrams_are_those_counted_by_hand():
    windows = stored.Arrays.of([[2, 3, 2, 3, 2, 4]])
    shares = counts.shares(windows, 5)
    np.testing.assert_allclose(shares, np.array([0.5, 0.5, 3.5, 2.5, 1.5]) / 8.5)
    found = counts.perplexities(windows, stored.Arrays.of([[2, 3], [2, 4], [4, 2]]), 5)
    rest = 0.75 * 2 / 3  # of "2", which two kinds of words follow
    expected = [(2 - 0.75) / 3 + rest * shares[3], (1 - 0.75) / 3 + rest * shares[4], shares[2]]
    np.testing.assert_allclose(found["bigram"], np.exp(-np.log(expected).mean()))
    np.testing.assert_allclose(found["unigram"], np.exp(-np.log(shares[[3, 4, 2]]).mean()))


@pytest.mark.parametrize(
    ("many", "tokens"),
    [
        (["a good film and a good plot"] * 9, "word"),
        (["这部电影很好看，我喜欢它", "它很好，不好看的电影", "我看这部，很喜欢"], "wordpiece"),
    ],
)
def test_texts_whose_words_no_spaces_part_are_told_by_pieces(many, tokens):
    chosen, preprocessor, windows = training._read(many, settings_of.Config())
    assert chosen.tokens == preprocessor.tokens == tokens and not any((ids == 1).any() for ids in windows)
    assert training._read(many, settings_of.Config(tokens="word"))[0].tokens == "word"


def test_words_told_hardly_better_than_by_counts_are_said_to_help_little(caplog):
    for loss, said in ((math.log(100), False), (math.log(160), True)):
        caplog.clear()
        metrics = training._measured({"val_loss": [9.0, loss]}, {"unigram": 700.0, "bigram": 175.0})
        assert metrics == pytest.approx(
            {"perplexity": math.exp(loss), "baseline_unigram_perplexity": 700, "baseline_bigram_perplexity": 175}
        )
        assert ("helps the classes little" in caplog.text) == said


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pretrained")
    texts, labels = reviews(500)
    options = {**OPTIONS, "directory": directory, "name": "mine", "unlabelled": texts[200:]}
    return pipelines.sentiment.train((texts[:200], labels[:200]), **options)


def test_classes_start_from_an_artifact_of_words(pretrained):
    directory = pretrained.path.parent
    rows = {row.name: row for row in listing.rows(directory)}
    assert rows["mine-pretrained"].task == "pretraining" and not rows["mine-pretrained"].damage
    name, perplexity = rows["mine-pretrained"].metric
    assert name == "perplexity" and 1 < perplexity < math.inf
    assert pretrained.config.start_from == "mine-pretrained"
    assert set(pretrained.facts["started_from"]["taken"]) == {"vectors", "recurrent"}
    assert pretrained.predict(["good"]) and pretrained.evaluate() == {**pretrained.metrics}
    error = r"task sentiment, received one of pretraining.* train from it: start_from='mine-pretrained'"
    for verb in (pipelines.sentiment.evaluate, pipelines.sentiment.export, pipelines.sentiment.load):
        with pytest.raises(ValueError, match=error):
            verb(name="mine-pretrained", directory=directory)


def test_an_artifact_of_words_is_removed_and_restored_like_others(pretrained, tmp_path):
    shutil.copytree(pretrained.path.parent, tmp_path / "models")
    path = tmp_path / "models" / "mine-pretrained"
    shutil.copytree(path, path.with_name("mine-pretrained.versions") / "7")
    facts = json.loads((path / "artifact.json").read_text())
    (path.with_name("mine-pretrained.versions") / "7" / "artifact.json").write_text(json.dumps({**facts, "version": 7}))
    assert succession.restore(path, "sentiment") == 7 and versions.number(path) == 7
    with pytest.raises(ValueError, match="start_from='mine-pretrained@1'"):
        pipelines.sentiment.restore("mine-pretrained", 1, directory=path.parent)
    assert pipelines.sentiment.remove("mine-pretrained", 7, directory=path.parent) == [7]
    assert versions.number(path) == 1 and not versions.damage(path, "pretraining")
    with pytest.raises(ValueError, match="no other is left"):
        pipelines.sentiment.remove("mine-pretrained", directory=path.parent)
    assert pipelines.sentiment.remove("mine-pretrained", directory=path.parent, force=True) == [1]
    assert not path.exists()


def test_a_classifier_of_its_name_is_not_replaced(trained, tmp_path):
    shutil.copytree(trained.path, tmp_path / "x-pretrained")
    with pytest.raises(ValueError, match=r"x-pretrained is an artifact of the task sentiment.* give another name"):
        training.pretrained(tmp_path / "x", {}, ["a b"], config(), set())


@pytest.mark.parametrize("time", ["soon", 0, -1, True, math.nan])
def test_a_time_that_is_none_and_one_without_texts(time):
    with pytest.raises(ValueError, match="pretraining_time: expected a time such as 10m or 1h"):
        ahead.taken(pipelines.sentiment.task, {"unlabelled": "x.txt", "pretraining_time": time})
    with pytest.raises(ValueError, match=r"pretraining_time: .* give unlabelled"):
        ahead.taken(pipelines.sentiment.task, {"pretraining_time": "5m"})
    assert ahead.taken(pipelines.sentiment.task, {"unlabelled": "x", "pretraining_time": "5m"}) == ("x", 300)


@pytest.mark.parametrize("options", [{"input": "one_hot"}, {"vectors": "glove.txt"}, {"activation": "relu"}])
def test_a_network_that_could_not_start_from_it_is_refused_first(options):
    ahead.check(config(units=3))
    with pytest.raises(ValueError, match=rf"unlabelled: .* leave {next(iter(options))} out"):
        ahead.check(config(**options))


def test_the_training_is_as_long_as_the_rule_says_in_parts_of_a_few_minutes_at_the_most():
    draw = np.random.default_rng(0)
    for count in (2, 30, 3_000):
        windows = stored.Arrays.of([draw.integers(2, 9, draw.integers(2, 97)).astype("int32") for _ in range(count)])
        chosen, part = training._parts(windows, settings_of.sized(settings_of.Config(), 10))
        in_part = sum(int(inputs["lengths"].numpy().sum()) for inputs, _ in part)
        assert 8 < chosen.epochs * in_part / int(windows.lengths.sum()) < 14
        assert in_part < 2_600_000 or int(part.cardinality()) == 50


@pytest.mark.slow
def test_is_made_once_and_serves_other_trainings(pretrained, capsys):
    directory, (texts, labels) = pretrained.path.parent, reviews(500)
    again = {**OPTIONS, "directory": directory, "name": "mine", "unlabelled": texts[200:], "seed": 0}
    pipelines.sentiment.train((texts[:200], labels[:200]), **{**again, "dropout": 0.1})
    assert "used as it is" in "".join(capsys.readouterr())
    assert len([row for row in listing.rows(directory) if row.name == "mine-pretrained"]) == 1
    other = pipelines.sentiment.train(
        reviews(300), name="other", directory=directory, start_from="mine-pretrained", freeze="embedding,recurrent",
        buckets=1, epochs=1,
    )  # fmt: skip
    learned = moved_weights.parts(other.model)["recurrent"].get_weights()
    model = keras.saving.load_model(directory / "mine-pretrained" / "model.keras")
    for one, two in zip(learned, moved_weights.parts(model)["recurrent"].get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_one_start_and_tasks_of_texts_alone(trained):
    with pytest.raises(ValueError, match="unlabelled: makes what a training starts from"):
        pipelines.sentiment.train("x.csv", start_from=str(trained.path), unlabelled="y.txt")
    with pytest.raises(TypeError, match="unknown option 'unlabelled'"):
        pipelines.music.train("x.json", unlabelled="y.txt")
