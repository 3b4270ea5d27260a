"""Which words decided on a tag: against the network itself, and on the command line."""

import json

import numpy as np
import pytest

from pipelines.shared.command_line import program

WORDS = ["I", "can", "fish", "."]


def test_a_part_is_what_the_log_odds_of_the_tag_lose_without_the_word(tagging):
    [answer] = tagging.predict([WORDS], explain=True)
    tensors = tagging.preprocessor.tensors([WORDS])
    chosen = [tagging.preprocessor.tags.index(tag) for tag in answer["tags"]]

    def odds(blotted):
        words, letters = tensors["words"].copy(), tensors["letters"].copy()
        if blotted is not None:
            words[0, blotted], letters[0, blotted] = 0, 0
        p = np.asarray(tagging.infer(words, letters, tensors["lengths"])["probabilities"])[0].astype(float)
        return np.array([np.log(row[tag] / (row.sum() - row[tag])) for row, tag in zip(p, chosen, strict=True)])

    for blotted in range(len(WORDS)):
        assert np.array(answer["parts"])[:, blotted] == pytest.approx(odds(None) - odds(blotted), abs=1e-4)


def test_explained_tags_are_otherwise_the_same(tagging):
    plain, explained = tagging.predict([WORDS, []]), tagging.predict([WORDS, []], explain=True)
    assert [{**one, "parts": two["parts"]} for one, two in zip(plain, explained, strict=True)] == explained
    assert explained[1]["parts"] == []


def test_on_the_command_line(tagging, capsys):
    location = ["--name", tagging.name, "--directory", str(tagging.path.parent)]
    assert program.main(["tagging", "predict", "I can fish", "--explain", *location]) == 0
    first, *below = capsys.readouterr().out.splitlines()
    assert len(below) == 3 and below[0].startswith("    I\t") and first.startswith("I/")
    assert program.main(["tagging", "predict", "I can fish", "--explain", "--json", *location]) == 0
    [answer] = json.loads(capsys.readouterr().out)["answers"]
    assert np.shape(answer["parts"]) == (3, 3)
    assert program.main(["tagging", "predict", "I", "--explain", "--output", "a.csv", *location]) == 1
    assert "explain: expected without --output" in capsys.readouterr().err
