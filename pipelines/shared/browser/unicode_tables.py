"""Unicode as tensorflow-text knows it, for JavaScript: tables that are read off its own operations.

    tables()    {"starts", "scripts", "unknown", "spaces", "marked", "fold"}, plain values that `text/unicode.js` reads

A browser's own tables are of another Unicode version than tensorflow-text's. Scripts and folding of case therefore come
from here. Normalizing (NFKC, NFC) is the browser's, but for code points that tensorflow-text does not know, which stay
as they are. What is left to differ are code points that an old browser does not know: `benchmarks/web.py unicode`
lists them.
"""

import functools

import numpy as np
import tensorflow as tf
import tensorflow_text

UNASSIGNED = 0xFFFF  # a noncharacter, which no version of Unicode will assign
# Planes that hold characters; all that lies outside is unassigned or private.
ASSIGNED = (range(1, 0xD800), range(0xE000, 0x40000), range(0xE0000, 0xE1000))


@functools.cache
def tables():
    """The tables, plain values for JSON.

    starts, scripts: at which code points another script begins, each less the one before, and the number of the script.
    unknown: the number of the script of code points that are not assigned.
    spaces: the white space that parts words; marked: those of them that leave U+FFFD at the word before.
    fold: [code points, each less the one before; what folding makes of each] of what NFKC leaves.
    """
    points = np.concatenate([np.array(part, np.int32) for part in ASSIGNED])
    letters = tf.strings.unicode_encode(points[:, None], "UTF-8")
    starts, scripts = _scripts(points, letters)
    spaces = points[tensorflow_text.WhitespaceTokenizer().tokenize(letters).row_lengths().numpy() == 0]
    unknown = scripts[np.searchsorted(starts, UNASSIGNED, "right") - 1]
    return {
        "starts": np.diff(starts, prepend=0).tolist(),
        "scripts": scripts.tolist(),
        "unknown": int(unknown),
        "spaces": spaces.tolist(),
        "marked": _marked(spaces),
        "fold": _fold(points, letters),
    }


def _scripts(points, letters):
    """(the code points at which another script begins, the numbers of the scripts), arrays."""
    ends = np.cumsum(tf.strings.length(letters).numpy())
    starts = points[np.searchsorted(ends, _cut(letters).numpy(), "right")]
    scripts, found = np.full(len(starts), -1), 0
    while (scripts < 0).any():
        left = np.flatnonzero(scripts < 0)
        scripts[left[_joined(starts[left[0]], starts[left])]] = found
        found += 1
    return starts, scripts


@tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
def _cut(letters):
    """Where words begin in letters one after another, in bytes; a graph, since there are many calls."""
    return tensorflow_text.UnicodeScriptTokenizer().tokenize_with_offsets(tf.strings.reduce_join(letters))[1]


def _joined(one, others):
    """Which of the `others` are of the script of code point `one`: those that are in a word with it before them."""
    line = np.stack([np.full_like(others, one), others], axis=1).ravel()
    letters = tf.strings.unicode_encode(line[:, None], "UTF-8")
    places = np.cumsum(tf.strings.length(letters).numpy())  # behind each letter
    return ~np.isin(places[::2], _cut(letters).numpy())


def _marked(spaces):
    """The white space of several bytes of which tensorflow-text leaves some to the word before, where they are read as
    U+FFFD."""
    texts = tf.strings.unicode_encode([[ord("a"), space] for space in spaces], "UTF-8")
    parts = tensorflow_text.WhitespaceTokenizer().tokenize(texts).to_list()
    return [int(space) for space, words in zip(spaces, parts, strict=True) if words != [b"a"]]


def _fold(points, letters):
    plain = tensorflow_text.normalize_utf8(letters, "NFKC")
    folded = tensorflow_text.case_fold_utf8(letters)
    changed = ((plain == letters) & (folded != letters)).numpy()
    return [
        np.diff(points[changed], prepend=0).tolist(),
        [text.decode() for text in folded.numpy()[changed].tolist()],
    ]
