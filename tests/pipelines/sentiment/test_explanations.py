"""Which words decided: of a trained and of a linear network, in tables, on the command line and in the report."""

import json
import random

import keras
import numpy as np
import pytest

import layers
from pipelines import sentiment
from pipelines.sentiment import answers, explanations, sample, why
from pipelines.shared.command_line import marked_texts, program

TEXTS = ["The film was not bad at all.", "", "Terrible popcorn, but a SUPERB ﬁlm!", "zyxw"]


def test_a_part_is_what_the_log_odds_lose_without_the_word(trained):
    """Against the model itself, a text and a word at a time."""
    for text, answer in zip(TEXTS, trained.predict(TEXTS, explain=True), strict=True):
        [ids] = trained.preprocessor.sequences([text])
        label = trained.preprocessor.labels.index(answer["label"])

        def odds(ids, label=label):
            inputs = {"ids": np.array([ids]).reshape(1, -1), "lengths": np.array([len(ids)])}
            p = np.asarray(trained.model(inputs))[0].astype(float)
            return np.log(p[label] / (p.sum() - p[label]))

        parts = []
        for pieces in _pieces_of_words(trained, ids):
            parts.append(odds(ids) - odds(np.where(np.isin(np.arange(len(ids)), pieces), 0, ids)))
        assert [word["part"] for word in answer["words"]] == pytest.approx(parts, abs=1e-4)
        assert all(text[word["start"] : word["end"]] == word["word"] for word in answer["words"])


def _pieces_of_words(artifact, ids):
    """The positions of the pieces of each word."""
    groups = []
    for place, token in enumerate(ids):
        if artifact.preprocessor.text.vocabulary[token].startswith("##"):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def test_an_explained_answer_is_otherwise_the_same(trained):
    plain, explained = trained.predict(TEXTS), trained.predict(TEXTS, explain=True)
    assert plain == [{name: one[name] for name in plain[0]} for one in explained]
    assert explained[1]["words"] == [] and trained.predict([], explain=True) == []


def linear(trained, classes):
    """The artifact with another network: the mean of one vector a token, its numbers the logits, plus a bias."""
    vocabulary = len(trained.preprocessor.text.vocabulary)
    ids, lengths = keras.Input((None,), dtype="int32", name="ids"), keras.Input((), dtype="int32", name="lengths")
    table = layers.Embedding(vocabulary, classes, embeddings_initializer=keras.initializers.RandomNormal(seed=3))
    x = layers.SequencePooling("mean")(table(ids), lengths=lengths)
    y = keras.layers.Softmax()(x + np.float32([0.3, -0.2, 0.1][:classes]))
    model = keras.Model({"ids": ids, "lengths": lengths}, y)
    artifact = sentiment.load(trained.name, directory=trained.path.parent)
    artifact.model = model
    return artifact, np.asarray(table.embeddings)


def test_of_a_linear_network_the_parts_are_its_weights(trained):
    artifact, weights = linear(trained, classes=2)
    [answer] = artifact.predict("The film was not bad, not bad at all.", explain=True)
    [ids] = artifact.preprocessor.sequences(["The film was not bad, not bad at all."])
    label = artifact.preprocessor.labels.index(answer["label"])
    difference = weights[:, label] - weights[:, 1 - label]
    parts = [word["part"] for word in answer["words"]]
    assert parts == pytest.approx(difference[ids] / len(ids), abs=1e-5)
    logit = np.log(answer["probability"] / (1 - answer["probability"]))
    assert sum(parts) + (0.5 if label == 0 else -0.5) == pytest.approx(logit, abs=1e-5)  # and the bias


def test_the_report_does_without_gates_where_a_network_has_none(trained):
    artifact, _ = linear(trained, classes=2)
    texts, labels = ["good film", "bad " * 400, "a bad film"], ["positive", "negative", "negative"]
    answered = answers.probabilities(artifact, texts)
    section = why.section(artifact, {"text": texts, "label": labels}, answered)
    assert "remembered and forgotten" not in section.html and "Right answers" in section.html
    assert "bad bad bad" not in section.html  # too long to be explained beside shorter ones
    with pytest.raises(ValueError, match="gates: expected a network with recurrent layers"):
        artifact.gates("good film")


def test_words_beyond_max_length_have_no_part(trained):
    text = "cut " * 3 + "good " * trained.config.max_length
    [answer] = trained.predict(text, explain=True)
    parts = [word["part"] for word in answer["words"]]
    assert parts[:3] == [None] * 3 and None not in parts[3:]


def test_a_table_has_the_strongest_words(trained):
    answered = trained.predict(TEXTS, explain=True)
    columns = answers.columns(TEXTS, answered)
    assert list(columns)[-1] == "explanation" and columns["explanation"][1] == ""
    first = columns["explanation"][0]
    strong = max(answered[0]["words"], key=lambda word: abs(word["part"]))
    assert strong["word"] in first and first.startswith(("for: ", "against: "))
    assert "explanation" not in answers.columns(TEXTS, trained.predict(TEXTS)) and explanations.columns([]) == {}


def test_on_the_command_line(trained, tmp_path, capsys):
    location = ["--name", trained.name, "--directory", str(trained.path.parent)]
    assert program.main(["sentiment", "predict", TEXTS[0], "--explain", *location]) == 0
    line, *below = capsys.readouterr().out.splitlines()
    assert line.endswith(f"\t{TEXTS[0]}") and all(one.split()[0] in ("for", "against") for one in below) and below
    assert program.main(["sentiment", "predict", TEXTS[0], "--explain", "--json", *location]) == 0
    [answer] = json.loads(capsys.readouterr().out)["answers"]
    assert answer == trained.predict(TEXTS[0], explain=True)[0]
    table = tmp_path / "answers.csv"
    assert program.main(["sentiment", "predict", *TEXTS, "--explain", "--output", str(table), *location]) == 0
    assert table.read_text("utf-8").splitlines()[0].endswith(",explanation")


def test_colours_are_for_terminals_and_never_alone(monkeypatch):
    words = [
        {"word": "good", "start": 0, "end": 4, "part": 2.0}, {"word": "but", "start": 5, "end": 8, "part": -1.0},
        {"word": "x", "start": 9, "end": 10, "part": 0.01}, {"word": "y", "start": 11, "end": 12, "part": None},
    ]  # fmt: skip
    marked = marked_texts.marked("good but x y", words)
    assert marked == "\x1b[30;48;5;75mgood\x1b[0m \x1b[4;30;48;5;216mbut\x1b[0m x y"
    assert list(marked_texts.lines_below(words)) == ["    for      good +2.00, x +0.01", "    against  but -1.00"]
    monkeypatch.setattr("sys.__stdout__", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert marked_texts.coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not marked_texts.coloured()


def test_the_report_explains_right_and_wrong_answers(trained):
    page = (trained.path / "report" / "index.html").read_text("utf-8")
    assert "Why: which words decided" in page and '<mark class="for"' in page and "<dt>against it</dt>" in page
    assert "<script" not in page


def test_right_answers_are_from_sure_to_doubtful_and_wrong_ones_the_surest():
    truth = np.array([0, 0, 0, 1, 1, 1])
    p = np.array([0.9, 0.6, 0.1, 0.2, 0.7, 0.49])
    answered = np.where(truth[:, None] == [0, 1], p[:, None], 1 - p[:, None])
    assert why.chosen(truth, answered) == ([0, 4, 1], [2, 3, 5])
    assert why.chosen(truth[:1], answered[:1]) == ([0], []) and why.chosen(truth[2:3], answered[2:3]) == ([], [0])


@pytest.mark.slow
def test_the_verdict_counts_and_stray_opinions_do_not(tmp_path):
    """In the built-in sample order decides: which opinion is about the thing, and which is about something else."""
    artifact = sentiment.train(directory=tmp_path)
    opinions = {word for words in sample.OPINIONS["plain"] for word in words}
    templates = {
        "Work has been {~plain} lately. The {thing}{aside} was {+plain}, and I do not say that lightly.": 1,
        "The weather was {~plain} that day. Make no mistake: this {thing}{aside} was {+plain}.": 1,
        "The {thing} was not{aside} {-plain} at all. The rest of the week was {~plain}, but that is another story.": 0,
        "It had been a {~plain} week. {early} I thought the {thing} {-plain}. {late} I thought the opposite.": 1,
    }
    draw, outcomes = random.Random(5), []
    for number in range(120):
        template, label = list(templates)[number % 4], sample.LABELS[number // 4 % 2]
        [answer] = artifact.predict(sample.write(template, label, draw), explain=True)
        parts = [word["part"] for word in answer["words"] if word["word"] in opinions]
        if answer["label"] == label and len(parts) == 2:
            verdict = templates[template]
            outcomes.append(abs(parts[verdict]) > abs(parts[1 - verdict]))
    assert len(outcomes) > 80 and np.mean(outcomes) > 0.9
