"""The tagger from end to end: what it learns, answers, exports, and what it refuses."""

import json
import logging
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from conftest import TINY_TAGGING, tagged

import pipelines
from pipelines.shared.command_line import program
from pipelines.shared.data import stored
from pipelines.shared.metrics.step_accuracy import StepAccuracy
from pipelines.tagging import baselines, command, network, preprocessor, sample, scores
from pipelines.tagging.config import Config

ENTITIES = [
    [("Anna", "B-PER"), ("Lee", "I-PER"), ("saw", "O"), (f"place{number}", "B-LOC" if number % 2 else "O")]
    for number in range(60)
]


with_crf = pytest.mark.xdist_group("tagging")  # where the other tagger is: one of these tests needs both


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    """A tagger of entities with a CRF, exported."""
    place = {"directory": tmp_path_factory.mktemp("chained"), "name": "tiny"}
    artifact = pipelines.tagging.train(ENTITIES, **place, **{**TINY_TAGGING, "epochs": 2})
    artifact.export()
    return artifact


def test_the_sample_is_seeded_and_its_words_are_ambiguous():
    one, again, other = sample.generate(3, 50), sample.generate(3, 50), sample.generate(4, 50)
    assert one == again != other
    tags = {}
    for sentence in sample.generate(size=400):
        assert len(sentence.tokens) == len(sentence.tags) == sum(sentence.sizes)
        assert "".join(sentence.tokens) == sentence.text.replace(" ", "")
        for word, tag in zip(sentence.tokens, sentence.tags, strict=True):
            tags.setdefault(word.lower(), set()).add(tag)
    assert all(tags[word] == {"NOUN", "VERB"} for word in sample.BOTH)


def test_batches_pad_targets_with_none_and_cut_long_sentences(caplog):
    long = [("a", "X"), ("b", "Y")] * 5
    columns = {"tokens": [[word for word, _ in long], ["b"]], "tags": [[tag for _, tag in long], ["Y"]],
               "text": ["", ""], "sizes": stored.Arrays.of([[], []])}  # fmt: skip
    config = Config(max_length=4, buckets=1, batch_size=8)
    prepared = preprocessor.prepare(columns, config)
    with caplog.at_level(logging.WARNING, "unroll"):
        ((inputs, targets),) = preprocessor.batches(prepared, columns, config, True)
    assert "sentences of up to 10 words are cut into parts of 4" in caplog.text
    assert sorted(inputs["lengths"].numpy().tolist()) == [1, 2, 4, 4]
    for words, length, row in zip(inputs["words"].numpy(), inputs["lengths"].numpy(), targets.numpy(), strict=True):
        assert (words[:length] > 0).all() and not words[length:].any()
        assert ((row[length:] == -1).all() and row[:length].tolist() == [0, 1, 0, 1][:length]) or length == 1
    ((_, targets),) = preprocessor.batches(prepared, {**columns, "tags": [["Z"] * 10, ["Y"]]}, config, False)
    assert sorted(targets.numpy().tolist()) == [[-1] * 10, [1, *[-1] * 9]]


def test_the_loss_and_the_accuracy_do_not_count_padding():
    scored = np.log(np.array([[[0.5, 0.5], [0.9, 0.1]], [[0.2, 0.8], [0.3, 0.7]]], "float32"))
    targets = np.array([[0, 0], [1, -1]])
    expected = -np.log([0.5, 0.9, 0.8]).mean()
    np.testing.assert_allclose(network.tag_loss(targets, scored), expected, rtol=1e-5)
    metric = StepAccuracy()
    metric.update_state(targets, scored)
    np.testing.assert_allclose(metric.result(), 1)
    metric.update_state(np.array([[1, 1], [0, -1]]), scored)
    np.testing.assert_allclose(metric.result(), 3 / 6)


def test_settings_are_chosen_by_the_tags():
    plain, named = ({"tags": tags} for tags in ([["X", "Y"]], [["B-X", "O"]]))
    chosen = {"epochs": 40, "patience": 13, "crf": False, "monitor": "val_accuracy"}
    assert network.settings_for(plain, Config()) == chosen
    assert network.settings_for(named, Config()) == {**chosen, "crf": True, "monitor": "val_f1"}
    many = {"tags": [["X", "Y"]] * 20_000}
    assert network.settings_for(many, Config()) == {**chosen, "epochs": 16, "patience": 8}
    assert network.settings_for(named, Config(crf=False, monitor="val_loss", epochs=9)) == {"patience": 8}
    with pytest.raises(ValueError, match="monitor='val_f1': expected tags of entities, such as B-PER and O"):
        network.settings_for(plain, Config(monitor="val_f1"))


def test_metrics_of_words_and_sentences():
    numbers = scores.of_tags([["X", "Y"], ["X"]], [["X", "X"], ["X"]])
    assert numbers["accuracy"] == pytest.approx(2 / 3) and numbers["sentence_accuracy"] == 0.5
    assert numbers["macro_f1"] == pytest.approx((2 * 2 / 5 + 0) / 2) and "f1" not in numbers
    names, matrix = scores.confusion([["X", "Y"], ["X"]], [["X", "X"], ["X"]])
    assert names == ["X", "Y"] and matrix.tolist() == [[2, 0], [1, 0]]


def test_baselines_learn_a_word_and_its_neighbours(tmp_path):
    sentences = [["a", "fish"], ["I", "fish"], ["I", "zipfully"]] * 20
    tags = [["DET", "NOUN"], ["PRON", "VERB"], ["PRON", "ADV"]] * 20
    baseline = baselines.learn(sentences, tags)
    said = baseline.answers([["I", "fish"], ["a", "fish"], ["I", "dofully"], []])
    assert said["linear"] == [["PRON", "VERB"], ["DET", "NOUN"], ["PRON", "ADV"], []]
    assert said["frequent"][0][1] == said["frequent"][1][1] and said["frequent"][2] == ["PRON", "PRON"]
    baseline.save(tmp_path)
    assert baselines.load(tmp_path).answers(sentences[:3]) == baseline.answers(sentences[:3])
    (tmp_path / "baselines.npz").write_bytes(b"no arrays")
    with pytest.raises(ValueError, match="damaged"):
        baselines.load(tmp_path)


@with_crf
@pytest.mark.slow
def test_entities_are_answered_with_a_crf(chained):
    assert chained.config.crf and {"val_f1", "val_accuracy"} <= set(chained.history)
    metrics = chained.metrics
    assert {"precision", "recall", "f1", "baseline_linear_f1", "baseline_frequent_f1"} <= set(metrics)
    (answer,) = chained.predict([["Anna", "Lee", "saw", "place1"]])
    assert answer["tokens"] == ["Anna", "Lee", "saw", "place1"] and len(answer["probabilities"]) == 4
    for entity in answer["entities"]:
        assert entity["text"] == " ".join(answer["tokens"][entity["start"] : entity["end"]])
    assert "Entities" in (chained.path / "report" / "index.html").read_text()


@with_crf
def test_viterbi_is_exported(chained):
    tensors, expected = chained.task.signatures.encode(chained, ["Anna Lee saw place1", "", "place7"])
    assert set(expected) == {"probabilities", "tags"}
    run = Interpreter(str(chained.path / "mobile" / "model.tflite")).get_signature_runner("serving_default")
    served = tf.saved_model.load(str(chained.path / "serving_ids" / "1")).signatures["ids"]
    for outputs in (run(**tensors), served(**{name: tf.constant(value) for name, value in tensors.items()})):
        np.testing.assert_array_equal(outputs["tags"], expected["tags"])
        np.testing.assert_allclose(outputs["probabilities"], expected["probabilities"], atol=1e-5)


def test_texts_and_words_are_served(tagging_exported):
    served = tf.saved_model.load(str(tagging_exported.path / "serving" / "1")).signatures
    outputs = served["serving_default"](text=tf.constant(["They didn't guard.", "", "Go"]))
    assert outputs["tokens"].numpy().tolist()[0] == [b"They", b"did", b"n't", b"guard", b"."]
    expected = tagging_exported.predict(["They didn't guard.", "", "Go"])
    for row, one in enumerate(expected):
        length = len(one["tokens"])
        assert [tag.decode() for tag in outputs["tags"].numpy()[row, :length]] == one["tags"]
        assert not any(outputs["tags"].numpy()[row, length:])
        np.testing.assert_allclose(outputs["probabilities"].numpy()[row, :length], one["probabilities"], atol=1e-5)
    words = tf.constant([["They", "guard", "."], ["Go", "", ""]])
    by_words = served["tokens"](tokens=words)["tags"].numpy()
    expected = tagging_exported.predict([["They", "guard", "."], ["Go"]])
    assert [tag.decode() for tag in by_words[0]] == expected[0]["tags"]
    assert [tag.decode() for tag in by_words[1]] == [*expected[1]["tags"], "", ""]
    empty = served["serving_default"](text=tf.constant([""]))
    assert empty["tokens"].shape[0] == 1 and not any(empty["tags"].numpy().reshape(-1))


def test_the_served_text_needs_core_operations_alone(tagging_exported):
    content = tagging_exported.path / "serving" / "1" / "README.md" if False else tagging_exported.path / "serving"
    graph = (content / "1" / "saved_model.pb").read_bytes()
    for operation in (b"NormalizeUTF8", b"WhitespaceTokenize", b"UnicodeScriptTokenize", b"FastWordpiece"):
        assert operation not in graph


def test_golden_words_and_files_beside_the_model(tagging_exported):
    folder = tagging_exported.path / "mobile"
    golden = json.loads((folder / "golden.json").read_text())
    assert golden["sentences"] == [
        {"tokens": one["tokens"], "tags": one["tags"]} for one in tagging_exported.predict(golden["inputs"])
    ]
    words = (folder / "words.txt").read_text().split("\n")
    letters = (folder / "letters.txt").read_text().split("\n")
    row = next(row for row, one in enumerate(golden["sentences"]) if one["tokens"])
    token = golden["sentences"][row]["tokens"][0]
    assert words[golden["words"][row][0]] in (token.lower(), "[UNK]")
    spelled = [letters[letter] for letter in golden["letters"][row][0] if letter]
    assert all(one in (letter, "[UNK]") for one, letter in zip(spelled, token, strict=False))


@with_crf
def test_streaming_needs_a_network_that_looks_back(tagging, chained, tmp_path):
    with pytest.raises(ValueError, match="needs the whole of an input; train with bidirectional=False, or export"):
        tagging.export("tflite", streaming=True)
    with pytest.raises(ValueError, match="train with bidirectional=False, crf=False"):
        chained.export("tflite", streaming=True)
    with pytest.raises(ValueError, match="fused"):
        tagging.export("tflite", fused=True)


@pytest.mark.slow
def test_a_causal_tagger_steps_word_by_word(tmp_path):
    artifact = pipelines.tagging.train(tagged(), directory=tmp_path, **TINY_TAGGING, bidirectional=False)
    path = artifact.export("tflite", streaming=True)["tflite"]
    step = Interpreter(str(path)).get_signature_runner("step")
    (words,) = [["Guard", "ships", "and", "cook", "fish"]]
    tensors = artifact.preprocessor.tensors([words])
    states = {
        name: np.zeros((1, detail["shape_signature"][1]), "float32")
        for name, detail in step.get_input_details().items() if name.startswith("state_")
    }  # fmt: skip
    said = []
    for t in range(len(words)):
        outputs = step(words=tensors["words"][:, t], letters=tensors["letters"][:, t], **states)
        states = {name: value for name, value in outputs.items() if name.startswith("state_")}
        said.append(artifact.preprocessor.tags[int(outputs["scores"].argmax())])
    assert said == artifact.predict([words])[0]["tags"]


@pytest.mark.parametrize("quantize", ["dynamic", "float16"])
def test_rounded_weights_are_scored(tagging, quantize, caplog, tmp_path):
    shutil.copytree(tagging.path, tmp_path / "tiny")  # others compare the exports of the one that all read
    copy = pipelines.tagging.load("tiny", directory=tmp_path)
    copy.splits = tagging.splits
    with caplog.at_level(logging.INFO, "unroll"):
        copy.export("tflite", quantize=quantize)
    assert "accuracy" in caplog.text


@pytest.mark.slow
def test_half_precision(tmp_path):
    options = {**TINY_TAGGING, "precision": "mixed_float16", "cell": "gru", "depth": 2}
    artifact = pipelines.tagging.train(tagged(), directory=tmp_path, name="half", **options)
    artifact.export()
    assert np.isfinite(artifact.metrics["accuracy"])


@pytest.mark.slow
def test_words_without_letters(tmp_path):
    bare = {**TINY_TAGGING, "letter_units": 0, "affix_size": 0, "cell": "rnn"}
    artifact = pipelines.tagging.train(tagged(), directory=tmp_path, name="bare", **bare)
    assert set(artifact.export()) == {"saved_model", "saved_model_ids", "tflite"}


def test_the_same_seed_gives_the_same_weights(tagging, tmp_path):
    again = pipelines.tagging.train(tagged(), directory=tmp_path, **TINY_TAGGING)
    for one, other in zip(tagging.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_long_and_short_sentences(tagging):
    long = ["guard"] * 3_000
    one, other, none = tagging.predict([long, ["ships"], []])
    assert len(one["tags"]) == 3_000 and len(other["tags"]) == 1 and none["tags"] == []
    np.testing.assert_allclose(other["probabilities"], tagging.predict([["ships"]])[0]["probabilities"], atol=1e-6)


def test_tables_in_tables_out(tagging):
    answers = tagging.predict(pd.DataFrame({"text": ["They guard it.", "Go"]}, index=[7, 9]))
    assert list(answers.columns) == ["tokens", "tags", "probabilities"] and list(answers.index) == [7, 9]
    assert answers["tokens"][9] == ["Go"]


def test_vectors_of_others(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("guard 0.1 0.2 0.3\nships 0.5 0.1 -0.3\n")
    artifact = pipelines.tagging.train(tagged(), directory=tmp_path, vectors=str(path), **TINY_TAGGING)
    assert artifact.model.count_params()
    with pytest.raises(ValueError, match="train_vectors=False: has an effect with vectors=FILE alone"):
        pipelines.tagging.train(tagged(), directory=tmp_path, train_vectors=False, **TINY_TAGGING)


def test_a_crf_of_too_many_tags_is_refused(tmp_path):
    many = [[(f"w{number}", f"tag{number % 310}")] for number in range(3_000)]
    with pytest.raises(ValueError, match="crf: expected up to 300 tags"):
        pipelines.tagging.train(many, directory=tmp_path, crf=True, **TINY_TAGGING)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("a.conllu", "# sent_id = 1\n# text = They guard it .\n1\tThey\t_\t"),
        ("a.conll", "They\t"),
        ("a.csv", "sentence,token,tag,probability\n1,They,"),
        ("a.jsonl", '{"tokens": ["They", "guard", "it", "."], "tags": ["'),
    ],
)
def test_the_command_line_writes(tagging, tmp_path, capsys, name, beginning):
    output = tmp_path / name
    place = ["--directory", str(tagging.path.parent), "--name", "tiny"]
    assert program.main(["tagging", "predict", "They guard it.", "Go!", *place, "--output", str(output)]) == 0
    assert output.read_text().replace("\r", "").startswith(beginning)
    assert "2 sentences in" in capsys.readouterr().out
    if name.endswith(".conllu"):
        again = tagging.evaluate(str(output))
        assert again["accuracy"] == 1


@pytest.mark.parametrize("name", ["out.conllu", "out.conll", "out.csv", "out.jsonl"])
def test_answers_stay_if_later_ones_fail(tagging, tmp_path, name):
    answers = tagging.predict(["They go", "Go"])

    def parts():
        yield answers
        raise OSError("no space")

    (tmp_path / name).write_text("before")
    with pytest.raises(OSError, match="no space"):
        command._written(str(tmp_path / name), False, parts())
    assert (tmp_path / name).read_text() == "before"
    command._written(str(tmp_path / f"whole{name}"), False, [answers])
    kept = (tmp_path / name.replace("out", "out.unfinished")).read_text()
    assert kept == (tmp_path / f"whole{name}").read_text() and "They" in kept


def test_the_command_line_prints_and_refuses(tagging, tmp_path, capsys, monkeypatch):
    place = ["--directory", str(tagging.path.parent), "--name", "tiny"]
    assert program.main(["tagging", "predict", "They go", *place]) == 0
    assert capsys.readouterr().out.startswith("They/")
    assert program.main(["tagging", "predict", "They go", *place, "--output", str(tmp_path / "a.pdf")]) == 1
    assert "ends in .conllu" in capsys.readouterr().err
    monkeypatch.setattr("pipelines.tagging.command.AT_ONCE", 2)
    lines = tmp_path / "in.txt"
    lines.write_text("They go\n\nGo\nI go\nGo\n")
    output = tmp_path / "out.csv"
    assert program.main(["tagging", "predict", "--data", str(lines), *place, "--output", str(output)]) == 0
    numbers = [int(line.split(",")[0]) for line in output.read_text().split()[1:]]
    assert numbers == [1, 1, 3, 4, 4, 5]
    assert program.main(["tagging", "predict", "--data", str(lines), *place, "--output", str(lines)]) == 1
    assert "is the file that is read" in capsys.readouterr().err and lines.read_text().startswith("They go")
