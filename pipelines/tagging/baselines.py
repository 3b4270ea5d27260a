"""What a tagger has to beat: the most frequent tag of each word, and a linear model of a word and its neighbours.

    baseline = learn(sentences, tags)
    baseline.answers([["I", "can", "fish"]])["linear"]        [["PRON", "AUX", "VERB"]]
    baseline.save(folder); load(folder)

    frequent    the tag that a word, as it is written, has most often in the training split; of others the commonest tag
    linear      softmax(x W): x are the word, its two neighbours on either side and pairs of them, its first and last
                letters, its shape and the ends of its neighbours, as ones in a hashed row of 2^17; a regression with
                a little L2, by averaged stochastic gradients (Ratnaparkhi 1996; Collins 2002)

Cost: 200,000 words in half a minute on one core; 0.940 of the words of English EWT's development part.
"""

import collections
import dataclasses
import itertools
import json
import zlib

import numpy as np
import scipy.sparse
import sklearn.linear_model

from pipelines.shared.storage import baseline_files

COLUMNS = 2**17
PASSES = 5
STRENGTH = 2e-6  # of L2
MOST = 400_000  # words that the linear model learns from
MOST_UPDATES = 2e7  # words times tags, for many tags take long
_EDGES = ("\x02", "\x03")  # stand before and behind a sentence


@dataclasses.dataclass(frozen=True, eq=False)
class TagBaseline:
    """Both baselines as plain arrays.

    tags: their names. frequent: {word: the number of its most frequent tag}. commonest: the number of that of all.
    weights: float32 (COLUMNS, tags).
    """

    tags: list[str]
    frequent: dict[str, int]
    commonest: int
    weights: np.ndarray

    def answers(self, sentences):
        """{"frequent", "linear"}: lists of lists of tags."""
        sentences = list(sentences)
        by_word = [[self.tags[self.frequent.get(word, self.commonest)] for word in words] for words in sentences]
        best = np.concatenate(
            [np.zeros(0, int), *((part @ self.weights).argmax(axis=1) for part in _features_by_parts(sentences))]
        )
        names = iter(best.tolist())
        linear = [[self.tags[next(names)] for _ in words] for words in sentences]
        return {"frequent": by_word, "linear": linear}

    def save(self, folder):
        """Writes one file of plain arrays into the folder, which is made if there is none."""
        texts = {"tags": self.tags, "words": list(self.frequent)}
        arrays = {name: np.frombuffer(json.dumps(value).encode(), np.uint8) for name, value in texts.items()}
        rows = np.flatnonzero(np.abs(self.weights).max(axis=1) > 0)
        arrays |= {"rows": rows.astype(np.int32), "weights": self.weights[rows]}
        arrays |= {"of_words": np.array([*self.frequent.values()], np.int32), "commonest": np.int32(self.commonest)}
        baseline_files.save(folder, arrays)


def fit(preprocessor, examples):
    """Both baselines of the training split."""
    return learn(examples["tokens"], examples["tags"])


def learn(sentences, tags):
    """Both baselines of sentences, lists of words, and the lists of their tags.

    >>> baseline = learn([["a", "fish"], ["I", "fish"]] * 9, [["DET", "NOUN"], ["PRON", "VERB"]] * 9)
    >>> baseline.answers([["I", "fish"]])
    {'frequent': [['PRON', 'NOUN']], 'linear': [['PRON', 'VERB']]}
    """
    sentences, tags = list(sentences), list(tags)
    names = sorted({tag for one in tags for tag in one})
    numbers = {tag: number for number, tag in enumerate(names)}
    counts = collections.defaultdict(collections.Counter)
    for words, own in zip(sentences, tags, strict=True):
        for word, tag in zip(words, own, strict=True):
            counts[word][numbers[tag]] += 1
    total = collections.Counter(numbers[tag] for one in tags for tag in one)
    frequent = {word: _commonest(counted) for word, counted in counts.items()}
    return TagBaseline(names, frequent, _commonest(total), _weights(sentences, tags, numbers))


def _commonest(counted):
    """The number with the highest count, the lowest among equals."""
    return min(counted, key=lambda number: (-counted[number], number))


def _weights(sentences, tags, numbers):
    """float32 (COLUMNS, tags)"""
    most = int(min(MOST, MOST_UPDATES / len(numbers)))
    rows = np.random.default_rng(0).permutation(len(sentences))
    sizes = np.cumsum([len(sentences[row]) for row in rows])
    rows = rows[: max(1, int(np.searchsorted(sizes, most, "right")))]
    x = scipy.sparse.vstack(list(_features_by_parts([sentences[row] for row in rows])))
    y = np.array([numbers[tag] for row in rows for tag in tags[row]])
    weights = np.zeros((COLUMNS, len(numbers)), np.float32)
    kinds = np.unique(y)
    if len(kinds) < 2:
        weights[:, kinds] = 1
        return weights
    model = sklearn.linear_model.SGDClassifier(
        loss="modified_huber", alpha=STRENGTH, max_iter=PASSES, tol=None, average=True, fit_intercept=False,
        random_state=0,
    ).fit(x, y)  # fmt: skip
    coefficients = model.coef_ if len(kinds) > 2 else np.concatenate([-model.coef_, model.coef_])
    weights[:, model.classes_] = coefficients.T
    return weights


def _features_by_parts(sentences, at_once=20_000):
    """Yields the features of some sentences after others, sparse (words, COLUMNS)."""
    part, size = [], 0
    for words in itertools.chain(sentences, [None]):
        if words is not None:
            part.append(words)
            size += len(words)
        if part and (words is None or size >= at_once):
            yield features(part)
            part, size = [], 0


def features(sentences):
    """Ones at the hashes of what each word of the sentences shows, sparse float32 (words, COLUMNS)."""
    distinct = {_EDGES[0]: 0, _EDGES[1]: 1}
    padded = []
    for words in sentences:
        numbers = [distinct.setdefault(word, len(distinct)) for word in words]
        padded += [0, 0, *numbers, 1, 1]
    padded = np.array(padded, np.int64)
    places = np.flatnonzero(padded > 1)
    own = np.array([_of_word(word) for word in distinct], np.uint64)  # (words, what is hashed of one)
    word = {step: own[padded[places + step]] for step in (-2, -1, 0, 1, 2)}
    small = {step: part[:, 0] for step, part in word.items()}
    parts = [
        *(word[0][:, column] for column in range(own.shape[1])),
        small[-1], small[1], small[-2], small[2],
        *(word[step][:, column] for step in (-1, 1) for column in (2, 3, 9)),
        _joined(small[-1], small[0]), _joined(small[0], small[1]), _joined(small[-1], small[1]),
        _joined(small[-2], small[-1]), _joined(small[1], small[2]), np.zeros_like(small[0]),
    ]  # fmt: skip
    hashes = np.stack([_joined(part, np.array([role + 1], np.uint64)) for role, part in enumerate(parts)], axis=1)
    indices = (hashes % np.uint64(COLUMNS)).astype(np.int32).reshape(-1)
    pointers = np.arange(0, len(indices) + 1, len(parts))
    return scipy.sparse.csr_matrix((np.ones(len(indices), np.float32), indices, pointers), (len(places), COLUMNS))


def _of_word(word):
    """Hashes of a word: in small letters, as it is, its last 1 to 4 letters and its first 1 to 3, its shape."""
    small = word.lower()
    shape = "".join(_kind(letter) for letter in word)
    squeezed = "".join(kind for kind, _ in itertools.groupby(shape))
    pieces = [small, word, *(small[-size:] for size in (2, 3, 4, 1)), *(small[:size] for size in (1, 2, 3)), squeezed]
    pieces.append(shape if len(shape) < 6 else shape[:3] + shape[-3:])
    return [zlib.crc32(piece.encode("utf-8", "surrogatepass")) for piece in pieces]


def _kind(letter):
    return "X" if letter.isupper() else "x" if letter.isalpha() else "9" if letter.isdigit() else letter


def _joined(one, other):
    """Hashes of pairs of hashes, which overflow on purpose."""
    mixed = one * np.uint64(0x9E3779B97F4A7C15) + other * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(32))


def load(folder):
    """The baselines that `save` wrote into the folder."""
    return baseline_files.load(folder, _of_arrays)


def _of_arrays(arrays):
    tags, words = (json.loads(arrays[name].tobytes()) for name in ("tags", "words"))
    weights = np.zeros((COLUMNS, len(tags)), np.float32)
    weights[arrays["rows"]] = arrays["weights"]
    frequent = dict(zip(words, arrays["of_words"].tolist(), strict=True))
    return TagBaseline(tags, frequent, int(arrays["commonest"]), weights)
