"""Text to token ids with tensorflow-text: the same operations in tf.data, in prediction and inside the SavedModel.

    text (strings) -> NFKC, lower case -> words, split at white space, punctuation and changes of script
                   -> ids of words, or of the wordpieces of each word -> the first or last `max_length` of them

Ids 0 and 1 are padding and the unknown token. Wordpieces: Wu et al. 2016, arXiv:1609.08144; the linear-time tokeniser:
Song et al. 2021, arXiv:2012.15524.
"""

import collections
import pathlib
import tempfile

import numpy as np
import sentencepiece
import tensorflow as tf
import tensorflow_text

PADDING, UNKNOWN = "[PAD]", "[UNK]"
READ_AT_ONCE = 512
_START = "\u2581"  # sentencepiece's mark of a word's start


class TextPreprocessor(tf.Module):
    """Texts to ragged ids, with a fixed vocabulary.

        preprocessor = adapt(["Not bad!", "bad"], tokens="word", vocabulary_size=100)
        preprocessor(tf.constant(["not good"]))      # <tf.RaggedTensor [[4, 1]]>

    Args:
        vocabulary: tokens, the first two of them padding and unknown.
        tokens: "word" or "wordpiece".
        lowercase: whether letter case is dropped.
        max_length: tokens kept of a text.
        keep: which of a longer text are kept, "start" or "end".
    """

    def __init__(self, vocabulary, tokens="word", lowercase=True, max_length=400, keep="end"):
        super().__init__()
        self.vocabulary, self.tokens, self.lowercase = list(vocabulary), tokens, lowercase
        self.max_length, self.keep = max_length, keep
        if tokens == "wordpiece":
            self._pieces = tensorflow_text.FastWordpieceTokenizer(
                self.vocabulary, unknown_token=UNKNOWN, no_pretokenization=True, support_detokenization=True
            )
        else:
            ids = tf.range(len(self.vocabulary), dtype=tf.int32)
            table = tf.lookup.KeyValueTensorInitializer(tf.constant(self.vocabulary), ids)
            self._ids = tf.lookup.StaticHashTable(table, default_value=1)

    def __call__(self, texts):
        """texts: strings (batch,) -> int32 ids, ragged (batch, None)."""
        ids = self.all_ids(texts)
        return ids[:, : self.max_length] if self.keep == "start" else ids[:, -self.max_length :]

    def all_ids(self, texts):
        """As `__call__`, without the limit of `max_length`."""
        split = words(texts, self.lowercase)
        if self.tokens == "wordpiece":
            return self._pieces.tokenize(split).merge_dims(-2, -1)
        return tf.ragged.map_flat_values(self._ids.lookup, split)

    def state(self):
        """Plain values from which `TextPreprocessor(**state)` is the same again."""
        names = ("vocabulary", "tokens", "lowercase", "max_length", "keep")
        return {name: getattr(self, name) for name in names}


def words(texts, lowercase):
    """texts: strings (batch,) -> strings, ragged (batch, None)."""
    texts = tensorflow_text.normalize_utf8(texts, "NFKC")
    if lowercase:
        texts = tensorflow_text.case_fold_utf8(texts)
    return tensorflow_text.UnicodeScriptTokenizer().tokenize(texts)


def adapt(texts, tokens="word", vocabulary_size=20_000, minimum_count=1, **settings):
    """A TextPreprocessor whose vocabulary is learned from `texts`; **settings are passed on to it."""
    counts = word_counts(texts, settings.get("lowercase", True))
    if tokens == "wordpiece":
        learned = _wordpieces(counts, vocabulary_size)
    else:
        # Sorted by count, then by word, so that equal counts fall in the same order everywhere.
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        learned = [word for word, count in ranked[: vocabulary_size - 2] if count >= minimum_count]
    vocabulary = [PADDING, UNKNOWN, *(token for token in learned if token not in (PADDING, UNKNOWN))]
    return TextPreprocessor(vocabulary, tokens, **settings)


def word_counts(texts, lowercase):
    """Counter of the words of `texts`."""
    counts = collections.Counter()
    batches = tf.data.Dataset.from_tensor_slices(texts).batch(READ_AT_ONCE)
    for found in batches.map(lambda part: words(part, lowercase).flat_values, num_parallel_calls=tf.data.AUTOTUNE):
        unique, _, times = tf.unique_with_counts(found)
        for word, count in zip(unique.numpy().tolist(), times.numpy().tolist(), strict=True):
            counts[word.decode("utf-8")] += count
    return counts


def _wordpieces(counts, vocabulary_size):
    """Byte-pair pieces (Sennrich et al. 2016, arXiv:1508.07909) of the counted words, in wordpiece's notation."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "counts.tsv")
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        path.write_text("".join(f"{word}\t{count}\n" for word, count in ranked if _START not in word), "utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(path), input_format="tsv", model_prefix=f"{folder}/pieces", model_type="bpe",
            vocab_size=vocabulary_size, hard_vocab_limit=False, character_coverage=0.9998,
            normalization_rule_name="identity", bos_id=-1, eos_id=-1, minloglevel=2,
        )  # fmt: skip
        lines = path.with_name("pieces.vocab").read_text("utf-8").split("\n")
    pieces = [line.split("\t")[0] for line in lines[1:] if line]
    pieces = [piece[1:] if piece.startswith(_START) else f"##{piece}" for piece in pieces]
    # Every single character, at the start and inside of a word, so that only unseen characters are unknown.
    letters = sorted({letter for piece in pieces for letter in piece.removeprefix("##")})
    letters = [piece for letter in letters for piece in (letter, f"##{letter}")]
    longer = [piece for piece in pieces if len(piece.removeprefix("##")) > 1]
    return [*letters, *longer[: max(0, vocabulary_size - 2 - len(letters))]]


def read_vectors(path, vocabulary, seed=0):
    """(vectors float32 (vocabulary, dimension), count of tokens found) from a text file of GloVe or fastText.

    A line holds a token and its numbers, parted by spaces; fastText's first line (two numbers) is passed over. Tokens that
    the file lacks get small random vectors of the spread of those found, padding gets zeros.

    Raises:
        FileNotFoundError: no such file. ValueError: a line of another length, or no token of the vocabulary.
    """
    places = {token: place for place, token in enumerate(vocabulary)}
    found = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            token, *values = line.rstrip().split(" ")
            if (number == 1 and len(values) == 1) or token not in places:
                continue
            try:
                found[places[token]] = np.array(values, "float32")
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: expected a token and numbers; {error}") from error
    sizes = {len(vector) for vector in found.values()}
    if len(sizes) != 1:
        received = f"vectors of {sorted(sizes)} numbers" if sizes else "none"
        raise ValueError(f"{path}: expected vectors of one length for tokens of the vocabulary, received {received}")
    spread = np.std(list(found.values()))
    vectors = np.random.default_rng(seed).normal(0, spread, (len(vocabulary), sizes.pop())).astype("float32")
    vectors[list(found)] = list(found.values())
    vectors[0] = 0
    return vectors, len(found)
