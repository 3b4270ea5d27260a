"""The translation pipeline from data to answers: what may be asked for, what is refused, and what comes again."""

import csv
import json
import logging
import re

import keras
import numpy as np
import pytest
from conftest import TINY_TRANSLATION, pairs, running

import pipelines
from pipelines import settings, translation
from pipelines.shared.command_line import program
from pipelines.shared.text import subwords
from pipelines.shared.training import fitting, spaces
from pipelines.translation import answers as translation_answers
from pipelines.translation import decoding, preprocessor, report, sample, word_attention
from pipelines.translation import signatures as translation_exports
from pipelines.translation.word_attention import THE_END, Attention, words

TEXTS = ["The man sees the house.", "", "漢字 and кот", "Do the horses see the old house? " * 4]


@pytest.fixture
def files(tmp_path):
    """A folder with aligned files, and what stands in them."""
    sources, targets = pairs(60)
    (tmp_path / "train.en").write_text("\n".join(sources) + "\n", "utf-8")
    (tmp_path / "train.es").write_text("\n".join(targets) + "\n", "utf-8")
    return tmp_path


def quick(data, directory, **options):
    return pipelines.translation.train(data, directory=directory, **{**TINY_TRANSLATION, "epochs": 1, **options})


# Answers


def test_an_answer_a_text_with_its_score(bilingual):
    answers = bilingual.predict(TEXTS)
    assert [set(answer) for answer in answers] == [{"translation", "score"}] * 4
    assert answers[1] == {"translation": "", "score": 0.0}
    assert all(answer["score"] < 0 for answer in (answers[0], *answers[2:]))
    assert bilingual.predict([]) == []
    assert bilingual.predict(TEXTS[0]) == answers[:1]


def test_n_best_come_best_first_and_differ(bilingual):
    for answer in bilingual.predict(TEXTS[::2], n_best=4):
        several = answer["translations"]
        assert 1 < len(several) <= 4
        scores = [one["score"] for one in several]
        assert scores == sorted(scores, reverse=True)
        assert len({one["translation"] for one in several}) == len(several)
        assert {"translation": answer["translation"], "score": answer["score"]} == several[0]


def spelt_otherwise(artifact):
    """Hypotheses of one source, best first: two spell "the man", the last is none; with lengths and scores."""
    subwords = artifact.preprocessor.target
    known = {piece: id for id, piece in enumerate(subwords.pieces)}
    whole, other = subwords.sequences(["the man", "a man"])
    letters = [known[letter] for letter in "\u2581the\u2581man"]
    rows = [[*ids, 3] for ids in (whole.tolist(), letters, other.tolist())] + [[]]
    tokens = np.array([[*ids, *[0] * (20 - len(ids))] for ids in rows], "int32")
    return [tokens[None], np.array([[len(ids) for ids in rows]], "int32"), np.float32([[-1, -2, -3, -np.inf]])]


def test_hypotheses_that_spell_the_same_text_count_once(bilingual):
    found = spelt_otherwise(bilingual)
    texts = translation_answers._spelt(bilingual, found[0])[0].tolist()
    assert texts == ["the man", "the man", "a man", ""]
    for count, scores in ((1, [-1]), (2, [-1, -3]), (4, [-1, -3, -np.inf, -np.inf])):
        tokens, lengths, found_scores = translation_answers.different(bilingual, found, count)
        assert found_scores.tolist() == [scores]
        assert translation_answers._spelt(bilingual, tokens)[0].tolist() == ["the man", "a man", "", ""][:count]
        assert (lengths > 0).tolist() == [[score > -np.inf for score in scores]]
    served, scores = translation_exports._different(np.array([texts]), found[2])
    assert [text.decode() for text in served.numpy()[0]] == ["the man", "a man", "", ""]
    assert scores.numpy().tolist() == [[-1, -3, -np.inf, -np.inf]]


def test_draws_give_different_texts_and_temperature_zero_the_likeliest(bilingual):
    options = {"method": "sample", "n_best": 4, "seed": 2}
    (answer,) = bilingual.predict(TEXTS[:1], temperature=0.3, **options)
    texts = [one["translation"] for one in answer["translations"]]
    assert len(set(texts)) == len(texts) == 4
    (cold,) = bilingual.predict(TEXTS[:1], temperature=0, **options)
    (greedy,) = bilingual.predict(TEXTS[:1], method="greedy")
    assert [one["translation"] for one in cold["translations"]] == [greedy["translation"]]


def test_attention_has_the_subwords_of_both_sides(bilingual):
    preprocessor = bilingual.preprocessor
    for text, answer in zip(TEXTS, bilingual.predict(TEXTS, attention=True), strict=True):
        source, target, weights = answer["attention"]
        assert weights.shape == (len(target), len(source))
        if text:
            assert source == [*preprocessor.source.tokens([text])[0], THE_END]
            said = "".join(piece for piece in target if piece != THE_END).replace("\u2581", " ").strip()
            assert said.split() == answer["translation"].split()
            np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_attention_by_word(bilingual):
    (answer,) = bilingual.predict(TEXTS[:1], attention="words")
    source, target, weights = answer["attention"]
    assert source == [*TEXTS[0].split(), THE_END]
    assert [word for word in target if word != THE_END] == answer["translation"].split()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_an_unseen_script_is_translated_somehow_and_copied_on_request(bilingual):
    assert isinstance(bilingual.predict(["漢字 кот"])[0]["translation"], str)
    text = "漢字"
    (plain,) = bilingual.predict([text], method="greedy")
    (answer,) = bilingual.predict([text], method="greedy", copy_unknown=True)
    assert (text in answer["translation"]) == bool(plain["translation"])
    known = bilingual.predict(TEXTS[:1])
    assert bilingual.predict(TEXTS[:1], copy_unknown=True) == known


def test_speed_is_said(bilingual, caplog):
    caplog.set_level(logging.INFO, logger="unroll")
    bilingual.predict(TEXTS)
    assert "3 sentences in " in caplog.text and " a second" in caplog.text


def test_a_long_text_is_translated_in_full_or_refused(bilingual, caplog, monkeypatch):
    long = " ".join(["the house"] * 60)
    assert len(bilingual.preprocessor.sources([long])[0]) > bilingual.config.max_length
    (answer,) = bilingual.predict([long], method="greedy", attention=True)
    assert "1 of 1 texts are longer than the 120 subwords" in caplog.text
    assert len(answer["attention"].source) == len(bilingual.preprocessor.sources([long])[0])
    monkeypatch.setattr(translation_answers, "LONGEST", 100)
    with pytest.raises(ValueError, match=r"text 2: expected at most 100 subwords, received \d+; give its sentences"):
        bilingual.predict(["short", long])


def test_a_translation_without_an_end_stops_and_is_said(bilingual, caplog, monkeypatch):
    """A network that never says END: no loop goes on for ever."""
    model = keras.models.clone_model(bilingual.model)
    model.set_weights(bilingual.model.get_weights())
    bias = model.get_layer("vectors").bias
    bias.assign(np.where(np.arange(bias.shape[0]) == subwords.END, -1e9, bias))
    monkeypatch.setattr(bilingual, "model", model)
    for how in ({"method": "greedy"}, {}):
        answers = bilingual.predict(TEXTS[:1], attention=True, **how)
        limit = decoding.limit(len(bilingual.preprocessor.sources(TEXTS[:1])[0]), bilingual.config)
        assert len(answers[0]["attention"].target) == limit
        assert "1 translations of 1 reached their limit" in caplog.text
        caplog.clear()


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"beams": 0}, ValueError, "beams: expected an integer of at least 1 or none, received 0"),
        ({"n_best": 6}, ValueError, "n_best: expected at most 5 with method='beam' and beams=5, received 6"),
        ({"method": "greedy", "n_best": 2}, ValueError, "n_best: expected at most 1 with method='greedy'"),
        ({"top_k": 3}, ValueError, "top_k: expected only with method='sample', received method='beam'"),
        ({"method": "sample", "temperature": -1}, ValueError, "temperature: expected"),
        ({"method": "sample", "top_p": 1.5}, ValueError, "top_p: expected a number above 0 and of at most 1"),
        ({"method": "beams"}, ValueError, "Did you mean 'beam'?"),
        ({"attention": "word"}, ValueError, "attention: expected one of subwords, words or none"),
        ({"beam": 3}, TypeError, "unknown option 'beam'. Did you mean 'beams'?"),
    ],
)
def test_bad_options_of_predict(how, error, message, bilingual):
    with pytest.raises(error) as raised:
        bilingual.predict(TEXTS, **how)
    assert message in str(raised.value)


# Data


@pytest.mark.slow
def test_aligned_files_on_the_command_line(files, capsys, monkeypatch):
    monkeypatch.chdir(files)
    tiny = [word for name, value in TINY_TRANSLATION.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    train = ["translation", "train", "--data", "train.es", "train.en", "--source", "es", "--name", "mine", *tiny]
    assert program.main([*train, "--epochs", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (files / result["report"]).exists()
    artifact = pipelines.translation.load("mine")
    assert "puerta" in " ".join(artifact.baseline.entries) and "the" not in artifact.baseline.entries

    where = ["translation", "predict", "--name", "mine"]
    assert program.main([*where, "La casa.", "El perro.", "--json", "--n-best", "2", "--attention", "words"]) == 0
    answers = json.loads(capsys.readouterr().out)["answers"]
    assert [len(answer["translations"]) for answer in answers] == [2, 2]
    assert answers[0]["attention"]["source"] == ["La", "casa.", THE_END]

    (files / "new.es").write_text("La casa.\n\nEl perro.\n", "utf-8")
    greedy = [*where, "--method", "greedy"]
    assert program.main([*greedy, "--data", "new.es", "--output", "new.en"]) == 0
    expected = artifact.predict(["La casa.", "", "El perro."], method="greedy")
    assert (files / "new.en").read_text("utf-8").split("\n") == [*(one["translation"] for one in expected), ""]
    assert program.main([*greedy, "--data", "new.es", "--output", "new.csv"]) == 0
    with open(files / "new.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["source"] for row in rows] == ["La casa.", "", "El perro."]
    assert [row["translation"] for row in rows] == [one["translation"] for one in expected]
    capsys.readouterr()
    assert program.main([*where, "--beams", "0", "La casa."]) == 1
    assert "beams: expected an integer of at least 1" in capsys.readouterr().err


def test_aligned_files_of_unequal_length_are_refused_with_the_line(files):
    with open(files / "train.es", "a", encoding="utf-8") as file:
        file.write("Sobra.\n")
    with pytest.raises(ValueError, match=r"train\.es: expected 60 lines, .* received 61; line 61 of .*'Sobra\.'"):
        quick([files / "train.en", files / "train.es"], files)


def test_one_language_alone_is_refused(files):
    with pytest.raises(ValueError, match="received one text file, which holds one language; give two files"):
        quick(files / "train.en", files)
    (files / "one.tsv").write_text("Hello.\nBye.\n", "utf-8")
    with pytest.raises(ValueError, match=r"one\.tsv: expected two columns, a sentence and its .* received one"):
        quick(files / "one.tsv", files)


def test_a_line_with_a_tab_too_many_is_refused_with_its_place(files):
    (files / "pairs.tsv").write_text("Hello.\tHola.\nBye.\tAdiós.\tmore\n", "utf-8")
    with pytest.raises(ValueError, match=r"pairs\.tsv, line 2"):
        quick(files / "pairs.tsv", files)


def test_empty_sides_are_counted(caplog):
    sources, targets = pairs(60)
    data = ([*sources, "Hello.", " "], [*targets, "", "Hola."])
    splits = translation.task.data.load_splits(data, None, None, settings.create(translation.Config, {}), False)
    assert "2 of 62 pairs have an empty source or target and are left out" in caplog.text
    assert sum(len(split["source"]) for split in splits.values()) == 60


def test_references_of_another_number_are_refused(bilingual):
    with pytest.raises(ValueError, match="received 2 of source, 1 of target"):
        bilingual.evaluate({"source": ["a b", "c d"], "target": ["e f"]})


def test_long_pairs_are_left_out_of_training_and_counted(bilingual, caplog):
    sources, targets = pairs(60)
    examples = {"source": ["the house " * 80, *sources], "target": ["la casa " * 80, *targets]}
    train = preprocessor.batches(bilingual.preprocessor, examples, bilingual.config, True)
    assert "1 of 61 training pairs have more than 120 subwords (max_length) on a side and are left out" in caplog.text
    assert sum(len(labels) for _, labels, _ in train.as_numpy_iterator()) == 60
    valid = preprocessor.batches(bilingual.preprocessor, examples, bilingual.config, False)
    assert sum(len(labels) for _, labels, _ in valid.as_numpy_iterator()) == 61  # scores count every pair
    short = settings.create(translation.Config, {"max_length": 1})
    with pytest.raises(ValueError, match="max_length: no training pair has at most 1 subwords a side"):
        preprocessor.batches(bilingual.preprocessor, examples, short, True)


# The artifact


def test_a_loaded_artifact_says_the_same(bilingual):
    loaded = pipelines.translation.load("tiny", directory=bilingual.path.parent)
    assert [one["translation"] for one in loaded.predict(TEXTS)] == [
        one["translation"] for one in bilingual.predict(TEXTS)
    ]


def test_a_new_random_seed_leaves_the_subwords_alone(bilingual):
    """TensorFlow throws its cached kernels away with a new seed, and with them models that tokenizers hold."""
    before = [ids.tolist() for ids in bilingual.preprocessor.sources(TEXTS)]
    keras.utils.set_random_seed(3)
    assert [ids.tolist() for ids in bilingual.preprocessor.sources(TEXTS)] == before
    keras.utils.set_random_seed(4)
    assert (
        bilingual.preprocessor.target.detokenize(bilingual.preprocessor.target(TEXTS)).numpy()[0].decode() == TEXTS[0]
    )


@pytest.mark.slow
def test_training_that_was_cut_off_goes_on_as_if_it_was_not(files, monkeypatch):
    data = [files / "train.en", files / "train.es"]
    on_epoch_end = fitting.Keep.on_epoch_end

    def killed(self, epoch, logs=None):
        on_epoch_end(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(fitting.Keep, "on_epoch_end", killed)
    with pytest.raises(KeyboardInterrupt):
        quick(data, files, name="cut", epochs=3, patience=9)
    monkeypatch.undo()
    resumed = quick(data, files, name="cut", epochs=3, patience=9, resume=True)
    assert resumed.history == quick(data, files, name="whole", epochs=3, patience=9).history
    assert len(resumed.history["val_bleu"]) == 3 and resumed.config.subword_dropout


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_in_every_process(tmp_path):
    script = """if True:
        import hashlib, sys
        from pipelines import translation
        from pipelines.translation import sample as translation_sample
        train = translation_sample.generate(size=1600)["train"]
        options = {"units": 12, "embedding_size": 12, "vocabulary_size": 120, "epochs": 3, "validation_sentences": 5}
        pairs = tuple(train[side][:60] for side in ("source", "target"))
        weights = translation.train(pairs, name="tiny", directory=sys.argv[1], **options).model.get_weights()
        print(hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest())
        """
    processes = [running(script, tmp_path / name) for name in ("one", "two")]
    (first, _), (second, _) = (process.communicate(timeout=600) for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert first.splitlines()[-1] == second.splitlines()[-1]


def test_the_report_shows_attention_scores_and_translations(bilingual):
    page = (bilingual.path / "report" / "index.html").read_text("utf-8")
    for title in (
        "Result on the test split",
        "Learning curves",
        "What was looked at",
        "Translations",
        "How it was made",
    ):
        assert f">{title}</h2>" in page
    assert "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp" in page  # sacreBLEU's signature
    axes = re.findall(r"<text [^>]*>([^<]*)</text>", page)
    assert "(end)" in axes and "\u2581" not in "".join(axes)  # whole words
    assert "The worst translations, by chrF" in page
    assert "dictionary, word by word" in page and "bleu" in page


def test_pictures_are_by_whole_word_where_there_are_spaces():
    looked = Attention(["\u2581new", "est", "</s>"], ["\u2581lo", "w"], np.array([[0.5, 0.25, 0.25], [1, 0, 0]]))
    axes = report.heat_map(word_attention.where_there_are_words(looked)).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["newest", "(end)"]
    assert axes.images[0].get_array().tolist() == [[0.875, 0.125]]
    chinese = looked._replace(target=["\u2581新", "的"])
    assert word_attention.where_there_are_words(chinese) == chinese


@pytest.mark.slow
def test_vocabularies_cells_and_input_feeding_of_all_kinds_learn(files):
    sources, targets = pairs(60)
    for options in (
        {"shared_vocabulary": False, "tied": False, "cell": "lstm", "depth": 2},
        {"input_feeding": True, "cell": "rnn", "bidirectional": False},
    ):
        artifact = quick((sources, targets), files, **options)
        assert np.isfinite(artifact.history["val_loss"][0])
        (answer,) = artifact.predict(TEXTS[:1], attention=True, method="greedy")
        assert answer["attention"].weights.shape[1] == len(artifact.preprocessor.sources(TEXTS[:1])[0])


def test_what_trials_of_a_search_share_cannot_be_tuned():
    for name in ("shared_vocabulary", "lowercase", "max_length", "source", "beams", "length_ratio"):
        with pytest.raises(ValueError, match=f"'{name}' cannot be tuned"):
            spaces.checked(translation.Config, {name: [1, 2]})
    spaces.checked(translation.Config, {"subword_dropout": [0.0, 0.1], "units": [8, 16]})


@pytest.mark.slow
def test_the_sample_is_learned_and_attention_looks_at_the_right_words(tmp_path):
    """Of the reference's words, the first subword of each looks most at the word that it translates."""
    artifact = pipelines.translation.train(directory=tmp_path)
    assert artifact.metrics["sacrebleu"] > 95
    test, preprocessor, right = sample.generate()["test"], artifact.preprocessor, []
    for source, target, links in zip(test["source"], test["target"], test["alignment"], strict=True):
        (ids,), (said,) = preprocessor.sources([source]), preprocessor.targets([target])
        weights = artifact.infer.attention(ids[None], np.array([len(ids)], "int32"), said[None])[0].numpy()
        columns = [places for _, places in words([preprocessor.source.pieces[id] for id in ids])]
        rows = [places[0] for _, places in words([preprocessor.target.pieces[id] for id in said])]
        for place in {place for _, place in links}:
            looked = max(range(len(columns)), key=lambda column: weights[rows[place], columns[column]].sum())
            right.append((looked, place) in set(map(tuple, links)))
    assert np.mean(right) > 0.9


def test_default_settings_are_checked():
    config = settings.create(translation.Config, {})
    assert config.monitor == "val_bleu" and fitting.mode(config.monitor) == "max"
