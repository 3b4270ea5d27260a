"""The verbs `gates` and `nearest` of the tasks that read texts: numbers, pictures, and what is refused."""

import dataclasses
import json

import matplotlib.image
import numpy as np
import pytest

import layers
import pipelines
from pipelines.shared.command_line import program
from pipelines.shared.explanation import nearest_words, word_gates

TEXT = "The film was not zyxw, but good!"


def test_gates_of_a_text_are_those_of_the_layer(trained):
    seen = trained.gates(TEXT)
    [ids] = trained.preprocessor.sequences([TEXT])
    assert len(ids) == len(seen.words)
    assert seen.words[:4] == ["The", "film", "was", "not"] and seen.words[-4:] == [",", "but", "good", "!"]
    assert "".join(piece.removeprefix("##") for piece in seen.words[4:-4]) == "zyxw"  # a word that has no token
    table, stack = (next(layer for layer in trained.model.layers if isinstance(layer, kind))
                    for kind in (layers.Embedding, layers.Deep))  # fmt: skip
    [gates] = layers.gates(stack, table(ids[None]))
    [own] = seen.layers
    assert own.values.keys() == gates.values.keys()
    assert all(own.values[name] == pytest.approx(gates.values[name]) for name in gates.values)
    first = next(seen.rows())
    assert first["word"] == "The" and first["update"] == pytest.approx(gates.values["update"][0, 0].mean())


def test_half_lives_are_counted_in_the_order_of_reading():
    left = np.array([[1, 0.6, 0.4], [0, 1, 0.5], [0, 0, 1]])
    assert word_gates.half_lives(left, backwards=False) == [2, None, None]
    assert word_gates.half_lives(left[::-1, ::-1], backwards=True) == [None, None, 2]


def test_the_picture_is_a_file_and_for_notebooks(trained, tmp_path, capsys):
    seen = trained.gates(TEXT)
    assert matplotlib.image.imread(seen.save(tmp_path / "gates.png")).std() > 0.05
    assert "<svg" in seen.save(tmp_path / "gates.svg").read_text("utf-8")
    assert seen._repr_png_().startswith(b"\x89PNG")
    labels = [label.get_text() for label in seen.picture().axes[1].get_yticklabels()]
    assert labels == seen.words
    with pytest.raises(ValueError, match=r"expected a name that ends in .png or .svg, received '.*gates.gif'"):
        seen.save(tmp_path / "gates.gif")
    location = ["--name", trained.name, "--directory", str(trained.path.parent)]
    picture = str(tmp_path / "more.svg")
    assert program.main(["sentiment", "gates", TEXT, "--output", picture, "--json", *location]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["picture"] == picture and printed["gates"] == list(seen.rows())
    assert "<svg" in (tmp_path / "more.svg").read_text("utf-8")
    assert "remembered and forgotten" in (trained.path / "report" / "index.html").read_text("utf-8")


def test_texts_and_cells_without_gates_are_one_error(trained):
    with pytest.raises(ValueError, match="gates: expected a text with at least one word"):
        trained.gates(" ")
    with pytest.raises(ValueError, match="text: expected a text, received int 3"):
        trained.gates(3)
    config = dataclasses.replace(trained.config, cell="rnn")
    without = pipelines.sentiment.load(trained.name, directory=trained.path.parent)
    without.model = pipelines.sentiment.task.network.build(trained.preprocessor, config)
    with pytest.raises(ValueError, match="gates: expected cell='lstm' or 'gru', received a cell that has no gates"):
        without.gates(TEXT)


@pytest.mark.slow
def test_gates_of_tagging_and_of_an_encoder_in_both_directions(tagging, bilingual):
    seen = tagging.gates(["Fish", "swim", "fast"])
    assert seen.words == ["Fish", "swim", "fast"]
    assert seen.layers[0].values["forget" if tagging.config.cell == "lstm" else "update"].shape[1] == 3
    encoder = bilingual.gates("The man sees the house.")
    assert encoder.words[-1] == "(end)" and [one.backwards for one in encoder.layers] == [False, True]
    assert encoder.layers[0].values["candidate"].shape[1] == len(encoder.words)


def test_nearest_is_by_cosine():
    draw = np.random.default_rng(0)
    table = draw.normal(size=(30, 6))
    names = {id: f"word{id}" for id in range(2, 30)}
    nearest = nearest_words.nearest(table, "word7", [7], names, 5)
    cosines = {
        names[id]: table[id] @ table[7] / np.sqrt((table[id] ** 2).sum() * (table[7] ** 2).sum())
        for id in names
        if id != 7
    }
    best = sorted(cosines, key=cosines.get, reverse=True)[:5]
    assert [near["word"] for near in nearest] == best
    assert [near["cosine"] for near in nearest] == pytest.approx([cosines[word] for word in best])


def test_nearest_words_of_each_task(trained, tagging, bilingual, capsys):
    for artifact, word in ((trained, "Film"), (tagging, "the"), (bilingual, "house")):
        nearest = artifact.nearest(word, count=4)
        assert len(nearest) == 4 and word.lower() not in [near["word"] for near in nearest]
        assert all(near["word"][:1] not in ("[", "<", "\u2581", "#") for near in nearest)
    assert bilingual.nearest("casa", side="target", count=2)[0].keys() == {"word", "cosine"}
    location = ["--name", trained.name, "--directory", str(trained.path.parent)]
    assert program.main(["sentiment", "nearest", "film", "--count", "2", *location]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [near["word"] for near in trained.nearest("film", count=2)]
    place = {"name": trained.name, "directory": trained.path.parent}
    assert pipelines.sentiment.nearest("film", count=2, **place) == trained.nearest("film", count=2)


def test_unknown_words_are_refused_with_those_spelled_alike(trained, bilingual):
    with pytest.raises(
        ValueError, match=r"word: expected one of the [\d,]+ that the model learned, received 'film漢'; it has film"
    ):
        trained.nearest("film漢")
    with pytest.raises(ValueError, match="received ''; none is spelled like it"):
        trained.nearest("")
    with pytest.raises(ValueError, match="received '漢'"):
        bilingual.nearest("漢")
    with pytest.raises(ValueError, match="side: expected 'source' or 'target', received 'es'"):
        bilingual.nearest("casa", side="es")
    with pytest.raises(ValueError, match="count: expected a whole number from 1 on, received 0"):
        trained.nearest("film", count=0)
