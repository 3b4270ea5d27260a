"""JavaScript cuts texts into the same tokens as tensorflow-text and sentencepiece: run by Node, on hard texts."""

import base64
import json
import pathlib
import shutil
import subprocess

import hard_lines
import numpy as np
import pytest
import tensorflow as tf

import pipelines
from pipelines.shared.browser import unicode_tables
from pipelines.shared.text import subwords, tokenization

TEXTS = hard_lines.drawn(1000)
HERE = pathlib.Path(__file__).parent
MODULES = pathlib.Path(pipelines.__file__).parent / "shared" / "site" / "text"


def in_node(folder, told):
    """What `tokenized.js` answers."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    shutil.copytree(MODULES, folder / "text")
    shutil.copy(HERE / "tokenized.js", folder)
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    ran = subprocess.run(
        [node, folder / "tokenized.js"], input=json.dumps(told).encode(), capture_output=True, check=False
    )
    assert not ran.returncode, ran.stderr.decode()
    return json.loads(ran.stdout)


def words():
    """Preprocessors of words and wordpieces, that fold case and keep the end, and that do neither."""
    how = [{"lowercase": True}, {"lowercase": False, "keep": "start", "max_length": 3}]
    sizes = {"word": 800, "wordpiece": 9000}
    return [tokenization.adapt(TEXTS[::3], kind, sizes[kind], **each) for kind in sizes for each in how]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """(preprocessors of words, subwords, rows of ids to spell, what JavaScript makes of all of it)."""
    preprocessors = words()
    pieces = [subwords.adapt(TEXTS[::3], 6000, lowercase) for lowercase in (False, True)]
    chance = np.random.default_rng(0)
    rows = [[], [1, 1], [2, 1, 3, 5], [4, 4], *(chance.integers(0, 2000, size).tolist() for size in range(200))]
    told = {
        "unicode": unicode_tables.tables(),
        "texts": TEXTS,
        "of_words": [
            {"vocabulary": each.vocabulary, "settings": tokenization.settings(each)} for each in preprocessors
        ],
        "of_subwords": [
            {"pieces": each.pieces, "rules": base64.b64encode(each.rules).decode(), "ids": rows} for each in pieces
        ],
    }
    return preprocessors, pieces, rows, in_node(tmp_path_factory.mktemp("node"), told)


def differing(expected, found):
    pairs = zip(TEXTS, expected, found, strict=True)
    return [(ascii(text), one, other) for text, one, other in pairs if one != other]


def test_words(both):
    for lowercase, found in zip([True, False], both[-1]["lower"], strict=True):
        expected = tokenization.words(tf.constant(TEXTS), lowercase).to_list()
        assert not differing([[word.decode() for word in row] for row in expected], found)


@pytest.mark.parametrize("number", range(4), ids=["word", "word, case", "wordpiece", "wordpiece, case"])
def test_ids(number, both):
    expected = both[0][number](tf.constant(TEXTS)).to_list()
    assert not differing(expected, both[-1]["words"][number])
    assert (
        np.mean([token != 1 for row in expected for token in row]) > 0.3
    )  # a test of unknown tokens alone says little


@pytest.mark.parametrize("number", range(2), ids=["case", "lower case"])
def test_subwords(number, both):
    _, pieces, rows, found = both
    assert not differing(pieces[number](tf.constant(TEXTS)).to_list(), found["subwords"][number]["ids"])
    spelt = pieces[number].detokenize(tf.ragged.constant(rows, dtype=tf.int32)).numpy()
    assert [text.decode() for text in spelt] == found["subwords"][number]["texts"]
