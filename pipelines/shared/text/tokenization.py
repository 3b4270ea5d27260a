"""Turns text into token ids with tensorflow-text: the same operations in tf.data, in prediction and in the SavedModel.

    text (strings) -> NFKC, lower case -> words, split at white space and at changes of script
                   -> ids of words, or of the wordpieces of each word -> the first or last `max_length` of them

Digits, punctuation and symbols belong to one script, Unicode's "Common": "it's" is three words, "1.5!" is one. In
scripts without spaces, everything between two punctuation marks is one word; use wordpieces there.
Ids 0 and 1 are padding and the unknown token. Wordpieces: Wu et al. 2016, arXiv:1609.08144; the linear-time tokeniser:
Song et al. 2021, arXiv:2012.15524.
"""

import pathlib

import numpy as np
import sentencepiece
import tensorflow as tf
import tensorflow_text

from pipelines.shared.messages import CONTROLS, brief
from pipelines.shared.storage import scratch
from pipelines.shared.text import counting

PADDING, UNKNOWN = "[PAD]", "[UNK]"
READ_AT_ONCE = 2048  # texts
# Longer words become one unknown token; scripts without spaces have long words.
LONGEST_WORD = 400  # bytes
MOST_NUMBERS, LONGEST_LINE = 10_000, 2**20  # of a file of vectors: numbers in a vector, letters in a line
_START = "\u2581"  # sentencepiece's mark of a word's start


class TextPreprocessor(tf.Module):
    """Turns texts into ragged ids, with a fixed vocabulary.

    >>> preprocessor = adapt(["Not bad!", "bad"], tokens="word", vocabulary_size=100)
    >>> preprocessor.state()["vocabulary"]
    ['[PAD]', '[UNK]', 'bad', '!', 'not']
    >>> preprocessor(tf.constant(["not good", ""])).to_list()
    [[4, 1], []]

    Args:
        vocabulary: tokens, the first two of them padding and unknown.
        tokens: "word" or "wordpiece".
        lowercase: whether letter case is dropped.
        max_length: number of tokens kept of a text.
        keep: which end of a longer text is kept, "start" or "end".
    """

    def __init__(self, vocabulary, tokens="word", lowercase=True, max_length=400, keep="end"):
        super().__init__()
        self.vocabulary, self.tokens, self.lowercase = list(vocabulary), tokens, lowercase
        self.max_length, self.keep = max_length, keep
        if tokens == "wordpiece":
            self._pieces = tensorflow_text.FastWordpieceTokenizer(
                self.vocabulary, max_bytes_per_word=LONGEST_WORD, token_out_type=tf.int32, unknown_token=UNKNOWN,
                no_pretokenization=True, support_detokenization=True,
            )  # fmt: skip
        else:
            ids = tf.range(len(self.vocabulary), dtype=tf.int32)
            table = tf.lookup.KeyValueTensorInitializer(tf.constant(self.vocabulary), ids)
            self._ids = tf.lookup.StaticHashTable(table, default_value=1)

    def __call__(self, texts):
        """texts: strings (batch,) -> int32 ids, ragged (batch, None)."""
        ids = self.all_ids(texts)
        return ids[:, : self.max_length] if self.keep == "start" else ids[:, -self.max_length :]

    def all_ids(self, texts):
        """Like `__call__`, without the limit of `max_length`."""
        split = words(texts, self.lowercase)
        if self.tokens == "wordpiece":
            return self._pieces.tokenize(split).merge_dims(-2, -1)
        return tf.ragged.map_flat_values(self._ids.lookup, split)

    def token_ends(self, split):
        """Where each token of words, ragged (batch, None), ends in its word, in bytes: ragged (batch, words, None)."""
        if self.tokens == "wordpiece":
            return tf.cast(self._pieces.tokenize_with_offsets(split)[2], tf.int32)
        return tf.expand_dims(tf.ragged.map_flat_values(tf.strings.length, split), -1)

    def state(self):
        """Plain values from which `TextPreprocessor(**state)` makes the same object again."""
        names = ("tokens", "lowercase", "max_length", "keep")
        return {"vocabulary": list(self.vocabulary), **{name: getattr(self, name) for name in names}}


def words(texts, lowercase):
    """texts: strings (batch,) -> strings, ragged (batch, None).

    >>> [[word.decode() for word in words(tf.constant(["It's ＢＡＤ, 1.5!"]), lowercase=True)[0].numpy()]]
    [['it', "'", 's', 'bad', ',', '1.5!']]
    """
    # White space first: the script tokenizer joins "1 2" to "12", since digits and spaces belong to one script.
    parts = tensorflow_text.WhitespaceTokenizer().tokenize(normalized(texts, lowercase))  # (batch, None)
    return tensorflow_text.UnicodeScriptTokenizer().tokenize(parts).merge_dims(-2, -1)


def normalized(texts, lowercase):
    """texts: strings (batch,) -> the same in NFKC, and with their case folded where asked."""
    texts = tensorflow_text.normalize_utf8(texts, "NFKC")
    return tensorflow_text.case_fold_utf8(texts) if lowercase else texts


def adapt(texts, tokens="word", vocabulary_size=20_000, minimum_count=1, **settings):
    """A TextPreprocessor whose vocabulary is learned from `texts`.

    Args:
        texts: a list of strings from the training split alone.
        tokens: "word" or "wordpiece".
        vocabulary_size: number of tokens kept, including padding and the unknown token.
        minimum_count: how often a word must occur to be kept; wordpieces have no such limit.
        **settings: of the TextPreprocessor.

    Raises:
        ValueError: a vocabulary too small for the letters of which wordpieces consist.
    """
    counts = word_counts(texts, settings.get("lowercase", True))
    if tokens == "wordpiece":
        learned = _wordpieces(counts.most_common(counting.IN_MEMORY), vocabulary_size)
    else:
        ranked = counts.most_common(vocabulary_size - 2)
        learned = [word for word, count in ranked if count >= minimum_count]
    return TextPreprocessor(dict.fromkeys([PADDING, UNKNOWN, *learned]), tokens, **settings)  # "###" begins words too


def joined(earlier, later):
    """A TextPreprocessor that knows the words of both, the earlier ones by their ids; wordpieces are the earlier ones.

    Raises:
        ValueError: they have no word in common.

    >>> joined(adapt(["good"]), adapt(["good film"])).state()["vocabulary"]
    ['[PAD]', '[UNK]', 'good', 'film']
    """
    known = len(set(later.vocabulary) & set(earlier.vocabulary)) - 2
    if known < 1:
        raise ValueError(
            f"start_from: knows none of the {len(later.vocabulary) - 2:,} words of the training split; give one of the "
            "same language, or train without start_from"
        )
    vocabulary = earlier.vocabulary
    if earlier.tokens == later.tokens == "word":
        vocabulary = list(dict.fromkeys([*earlier.vocabulary, *later.vocabulary]))
    return TextPreprocessor(**{**later.state(), "vocabulary": vocabulary, "tokens": earlier.tokens})


def word_counts(texts, lowercase):
    """`counting.Counts` of the words in `texts` that fit in a line, as a token has to."""
    counts = counting.Counts()
    for part in chunks(texts):
        unique, _, times = tf.unique_with_counts(words(part, lowercase).flat_values)
        decoded = [word.decode("utf-8") for word in unique.numpy().tolist()]
        pairs = zip(decoded, times.numpy().tolist(), strict=True)
        kept = [(word, count) for word, count in pairs if not CONTROLS.search(word)]
        counts.add(*zip(*kept, strict=True) if kept else ((), ()))
    return counts


def chunks(texts):
    """Yields the list of texts as tensors of at most READ_AT_ONCE strings.

    This avoids tf.data: tracing the preprocessor for a dataset costs more than running it on thousands of short texts.
    """
    for start in range(0, len(texts), READ_AT_ONCE):
        yield tf.constant(texts[start : start + READ_AT_ONCE], tf.string)


def _wordpieces(ranked, vocabulary_size):
    """Byte-pair pieces (Sennrich et al. 2016, arXiv:1508.07909) of the counted words, in wordpiece's notation.

    Every letter is kept, both at the start of a word and inside it, so that only unseen letters are unknown.
    """
    pieces = _byte_pairs(ranked, vocabulary_size)
    letters = sorted({letter for piece in pieces for letter in piece.removeprefix(_START)})
    least = 2 + 2 * len(letters)
    if vocabulary_size < least:
        raise ValueError(
            f"vocabulary_size: expected at least {least}, padding, the unknown token and each of the {len(letters)} "
            f"letters of the training split at the start and inside of a word, received {vocabulary_size}"
        )
    longer = [piece for piece in pieces if len(piece.removeprefix(_START)) > 1][: vocabulary_size - least]
    return [
        *(piece for letter in letters for piece in (letter, f"##{letter}")),
        *(piece[1:] if piece.startswith(_START) else f"##{piece}" for piece in longer),
    ]


def _byte_pairs(ranked, size):
    """Pieces in sentencepiece's notation, the most frequent first; rare letters (0.02 % of all) are left out."""
    known = [(word, count) for word, count in ranked if _START not in word and len(word.encode()) <= LONGEST_WORD]
    if not known:
        return []
    alphabet = {letter for word, _ in known for letter in word}
    with scratch.folder() as folder:
        path = pathlib.Path(folder, "counts.tsv")
        path.write_text("".join(f"{word}\t{count}\n" for word, count in known), "utf-8", newline="\n")
        # The size must hold the alphabet, the mark of a word's start and the unknown piece.
        sentencepiece.SentencePieceTrainer.train(
            input=str(path), input_format="tsv", model_prefix=f"{folder}/pieces", model_type="bpe",
            vocab_size=max(size, len(alphabet) + 2), hard_vocab_limit=False, character_coverage=0.9998,
            normalization_rule_name="identity", bos_id=-1, eos_id=-1, minloglevel=2,
        )  # fmt: skip
        lines = path.with_name("pieces.vocab").read_text("utf-8").split("\n")
    return [piece for piece in (line.split("\t")[0] for line in lines[1:]) if piece]


def read_vectors(path, vocabulary, seed=0):
    """(vectors float32 (vocabulary, dimension), number of tokens found) from a text file of GloVe or fastText.

    A line holds a token and its numbers, separated by spaces. The first line tells how many numbers: in fastText's
    files it holds the counts of tokens and numbers, in GloVe's a token with its numbers. A token may contain spaces, as
    some of GloVe's do. Tokens that the file lacks get random vectors with the standard deviation of those found;
    padding gets zeros. Lines of tokens that are not in the vocabulary are skipped.

    Raises:
        FileNotFoundError: no such file.
        ValueError: bytes that are not UTF-8, a line of another length, or no token of the vocabulary.
    """
    vector_of = {}  # token: vector
    wanted = set(vocabulary)
    try:
        for number, token, values in _vector_lines(path, wanted):
            vector_of[token] = _vector(values, f"{path}, line {number}")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8, received byte 0x{error.object[error.start]:02x}") from error
    if not vector_of:
        raise ValueError(
            f"{path}: expected vectors of the vocabulary's {len(vocabulary)} tokens, received none of them"
        )
    known = np.stack(list(vector_of.values()))  # (tokens found, dimension)
    vectors = np.random.default_rng(seed).normal(0, known.std(), (len(vocabulary), known.shape[1])).astype("float32")
    rows = {token: row for row, token in enumerate(vocabulary)}
    vectors[[rows[token] for token in vector_of]] = known
    vectors[0] = 0
    return vectors, len(vector_of)


def _vector_lines(path, wanted):
    """Yields (line number, token, numbers as strings) of the wanted tokens."""
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"vectors: no file {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    with open(path, encoding="utf-8", newline="\n") as file:
        line = file.readline(LONGEST_LINE)
        first = line.split()
        header = len(first) == 2 and all(part.isdecimal() for part in first)
        dimension = int(first[1][:9]) if header else len(first) - 1
        if line and not 0 < dimension <= MOST_NUMBERS:
            raise ValueError(
                f"{path}, line 1: expected a token and 1 to {MOST_NUMBERS:,} numbers, or how many tokens and numbers "
                f"there are, received {brief(' '.join(first)) or 'nothing'}"
            )
        file.seek(0)
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), ""), 1):
            if (header and number == 1) or line.partition(" ")[0] not in wanted:
                continue
            token, *values = line.rstrip("\r\n ").rsplit(" ", dimension)
            if len(values) != dimension:
                raise ValueError(
                    f"{path}, line {number}: expected a token and {dimension} numbers, as the first line has or says, "
                    f"received {len(values)}"
                )
            if token in wanted:
                yield number, token, values


def _vector(values, where):
    try:
        vector = np.array(values, "float32")
    except ValueError as error:
        raise ValueError(f"{where}: expected a token and {len(values)} numbers; {brief(error, 100)}") from error
    if not np.isfinite(vector).all():
        raise ValueError(f"{where}: expected finite numbers, received {' '.join(values)[:60]}")
    return vector


def settings(preprocessor):
    """What JavaScript needs besides the vocabulary to turn a text into ids; see `text/tokens.js`."""
    state = preprocessor.state()
    return {name: value for name, value in state.items() if name != "vocabulary"} | {"longest_word": LONGEST_WORD}


def preparation(preprocessor):
    """How an app turns a text into ids without this package: sentences, in order."""
    cut = "first" if preprocessor.keep == "start" else "last"
    kinds = {
        "word": f"A word's id is its line in vocabulary.txt, counted from 0; of an unknown one that of {UNKNOWN}, 1.",
        "wordpiece": "Cut each word into the longest pieces that are lines of vocabulary.txt, from its start on, those "
        f"after the first with ## before them; a piece's id is its line, from 0; where none fits, {UNKNOWN}, 1.",
    }
    return [
        "Normalize the text by Unicode's NFKC" + (", then fold its case." if preprocessor.lowercase else "."),
        "Split at white space; then at each change of Unicode script, where digits, punctuation and symbols are of one "
        'script, Common: "it\'s" is three words, "1.5!" is one.',
        kinds[preprocessor.tokens],
        f"Keep the {cut} {preprocessor.max_length} ids; put those of each text in a row of ids, filled up with 0, and "
        "their count into lengths.",
        "The answer is the line of labels.txt with the greatest probability.",
    ]
