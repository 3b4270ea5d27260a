"""A text into words as a treebank has them, in TensorFlow's core operations, so that a SavedModel does it too.

    splitter = Splitter("treebank", inner="-/", parts={"cannot": "can not"})
    splitter(tf.constant(["I don't, really."]))             ragged: I, do, n't, ",", really, "."

    1. A text is cut at blanks into parts.
    2. A part known from the training texts gives the words that it had there: "cannot" is "can not", "Mr." stays.
    3. Of others, quotes and brackets at the beginning and punctuation at the end are split off, one after another, runs
       of one mark together ("..."), until what is left is known, or ends in a letter or digit.
    4. Addresses, numbers with marks inside (1,000.50, 10:30), smileys and abbreviations of single letters (U.S.) stay.
    5. n't, 's, 'm, 'd, 're, 've and 'll are split off: "don't" is "do n't".
    6. What is left is cut at the marks between letters at which the training texts cut: hyphens, slashes ...; a hyphen
       stays behind the beginnings of words behind which it stays there: "non-smoker".

`learn` finds the parts that the rules alone split otherwise than the training texts, these marks and these beginnings.
With "blanks" a text is cut at blanks alone; so it is where many words of the data end in punctuation.
"""

import collections
import itertools
import re

import tensorflow as tf

LONGEST = 60  # letters of a part that is kept in the table
MOST = 20_000  # parts in the table
ROUNDS = 6  # marks that are split off on either side
BLANK = r"[\s\p{Z}\x{200b}\x{feff}]+"
# In front: brackets, quotes, signs of money, others that begin a word. Behind: the marks that end one.
BEFORE = r"^(\(+|\[+|\{+|<+|``|''|[\"'`“”„‘’«‹¿¡$£€#*~_]|-+|–|—|\.\.+|…)(.*)$"
BEHIND = r"^(.*?)(\)+|\]+|\}+|>+|''|[\"'`“”‘’»›,;:%*~_]|\.+|!+|\?+|[!?]+|…|-+|–|—)$"
ADDRESS = (
    r"(?i)(https?://|ftp://|www\.)[^\s<>\"]*[\w/#=&-]|[\w.+-]+@[\w-]+(\.[\w-]+)+|"
    r"[\w-]+(\.[\w-]+)*\.(com|org|net|edu|gov|info|co|uk|de|fr|html?|pdf|doc|txt|jpg|gif)(/[^\s]*)?"
)
KEPT = (
    rf"{ADDRESS}|[-+]?\d+([.,:/]\d+)+|\d+(-\d+){{1,}}-?|(\p{{L}}\.)+\p{{L}}\.?|\p{{L}}\.|[:;=8xX][-^o']?[()DPpOo/\\|*\[\]]+|<3|"
    r"[()][-^o']?[:;=]|\^_*\^|&\w+;|[#@]\w+"
)
CLITIC = r"(?i)^(.+?)(n['’]t|['’](?:s|m|d|re|ve|ll))$"
INNER = "-/–—:&+=_"  # marks that may stand between letters
DASHES = r"^(.*?[^-])(--+)([^-].*)$"
AT_ONCE = 10_000  # parts
SAMPLES = 50_000  # sentences that `learn` looks at


class Splitter(tf.Module):
    """Splits texts into words.

    style: "treebank" or "blanks". inner: the marks at which words are cut between letters and digits.
    parts: {what stands between blanks: its words, with blanks between them}.
    beginnings: of words behind which a hyphen stays.

    >>> splitter = Splitter("treebank", "-", {"gonna": "gon na"})
    >>> [word.decode() for word in splitter(tf.constant(['He said: "I can\\'t, gonna e-mail..."'])).flat_values.numpy()]
    ['He', 'said', ':', '"', 'I', 'ca', "n't", ',', 'gon', 'na', 'e', '-', 'mail', '...', '"']
    """

    def __init__(self, style="treebank", inner="", parts=None, beginnings=()):
        super().__init__()
        self.style, self.inner, self.parts, self.beginnings = style, inner, dict(parts or {}), list(beginnings)
        whole = "|".join(map(re.escape, self.beginnings))
        self._kept = rf"{KEPT}|(?i)({whole})-[\p{{L}}-]+" if whole else KEPT
        keys, values = zip(*self.parts.items(), strict=True) if self.parts else (("",), ("",))
        table = tf.lookup.KeyValueTensorInitializer(tf.constant(keys), tf.constant(values))
        self._parts = tf.lookup.StaticHashTable(table, default_value="")

    def state(self):
        plain = {"parts": dict(self.parts), "beginnings": list(self.beginnings)}  # a tf.Module wraps both
        return {"style": self.style, "inner": self.inner, **plain}

    def __call__(self, texts):
        """texts: strings (batch,) -> strings, ragged (batch, None)."""
        texts = tf.strings.strip(tf.strings.regex_replace(texts, BLANK, " "))
        parts = tf.strings.split(texts, " ")  # (batch, None); [""] of an empty text
        parts = tf.ragged.boolean_mask(parts, parts != "")
        if self.style == "blanks":
            return parts
        words = tf.strings.split(parts.with_values(self.split(parts.flat_values)), " ")  # (batch, None, None)
        words = words.merge_dims(1, 2)
        return tf.ragged.boolean_mask(words, words != "")

    def split(self, parts):
        """What stands between blanks, strings (parts,) -> its words, with blanks between them, (parts,)."""
        before, core, behind = tf.zeros_like(parts), parts, tf.zeros_like(parts)
        for _ in range(ROUNDS):
            open_ends = ~self._is_whole(core) & tf.strings.regex_full_match(core, BEHIND)
            mark = tf.strings.regex_replace(core, BEHIND, r"\2")
            behind = tf.where(open_ends, tf.strings.join([" ", mark, behind]), behind)
            core = tf.where(open_ends, tf.strings.regex_replace(core, BEHIND, r"\1"), core)
        for _ in range(ROUNDS):
            begins = ~self._is_whole(core) & tf.strings.regex_full_match(core, BEFORE)
            mark = tf.strings.regex_replace(core, BEFORE, r"\1")
            before = tf.where(begins, tf.strings.join([before, mark, " "]), before)
            core = tf.where(begins, tf.strings.regex_replace(core, BEFORE, r"\2"), core)
        known = self._parts.lookup(core)
        core = tf.where(known != "", known, self._inside(core))
        return tf.strings.join([before, core, behind])

    def _is_whole(self, core):
        """Whether nothing is to be split off at either end."""
        return (self._parts.lookup(core) != "") | tf.strings.regex_full_match(core, KEPT)

    def _inside(self, core):
        """Steps 4 to 6 of this module's docstring."""
        cut = tf.strings.regex_replace(core, CLITIC, r"\1 \2")
        for _ in range(2):  # each match takes the letter behind the mark, which may be the one before the next
            cut = tf.strings.regex_replace(cut, DASHES, r"\1 \2 \3")
            if self.inner:
                marks = "".join(f"\\{mark}" if mark in r"-.+/\]^" else mark for mark in self.inner)
                pattern = rf"([\p{{L}}\p{{N}}])([{marks}])([\p{{L}}\p{{N}}])"
                cut = tf.strings.regex_replace(cut, pattern, r"\1 \2 \3")
        return tf.where(tf.strings.regex_full_match(core, self._kept), core, cut)


def plain_parts(texts, sizes, tokens):
    """Yields (what stands between blanks, its words) of sentences whose text is known."""
    for text, counted, words in zip(texts, sizes, tokens, strict=True):
        at = 0
        for part, size in zip(text.split(" ") if text else (), counted, strict=False):
            yield part, words[at : at + size]
            at += size


def learn(examples, style=None):
    """The `Splitter` for the words of examples; style: None chooses by them."""
    rows = slice(0, SAMPLES)
    tokens = examples["tokens"][rows]
    seen = collections.Counter(
        (part, " ".join(words)) for part, words in plain_parts(examples["text"][rows], examples["sizes"][rows], tokens)
    )
    known = bool(seen)
    if not known:  # then a word at least stays one
        seen = collections.Counter((word, word) for word in itertools.chain(*tokens) if " " not in word)
    if style == "blanks" or (style is None and not known and _holds_marks(seen)):
        return Splitter("blanks")
    inner = _inner(seen, known)
    beginnings = _beginnings(seen) if "-" in inner else []
    splitter = Splitter("treebank", inner, None, beginnings)
    return Splitter("treebank", inner, _exceptions(splitter, seen), beginnings)


def _holds_marks(seen):
    """Whether many words end in punctuation, as where a text was cut at blanks alone."""
    ends = sum(count for (part, _), count in seen.items() if part[-1] in ".,;:!?" and part[:-1].isalpha())
    alone = sum(count for (part, _), count in seen.items() if part in ".,;:!?")
    return ends > alone


def _inner(seen, known):
    """The marks between letters at which more words are cut than not."""
    votes = collections.Counter()
    for (part, words), count in seen.items():
        pieces = words.split(" ")
        for mark in set(INNER) & set(part[1:-1] if known else part):
            cut = mark in pieces[1:-1] if known else part == mark
            kept = any(_LETTERS.fullmatch(piece) and mark in piece for piece in pieces)
            votes[mark] += count * (cut - kept)
    return "".join(mark for mark in INNER if votes[mark] > 0)


_LETTERS = re.compile(r"[^\W\d_]{2,}(?:[^\w\s]|_)[^\W\d_]{2,}")


def _beginnings(seen):
    """What stands before a hyphen that more words keep than are cut at it, letter case aside."""
    votes = collections.Counter()
    for part, words in seen:
        first, hyphen, rest = part.partition("-")
        if hyphen and first.isalpha() and rest.strip(".,;:!?\"')").isalpha():
            votes[first.lower()] += 1 if words.startswith(part[: len(first) + 2]) else -1
    return sorted(first for first, count in votes.items() if count > 1)


def _exceptions(splitter, seen):
    """{part: words} of the parts that the rules split otherwise, the most frequent first."""
    best = {}
    for (part, words), _ in seen.most_common():
        if len(part) <= LONGEST:
            best.setdefault(part, words)
    parts, exceptions = list(best), {}
    for start in range(0, len(parts), AT_ONCE):
        chunk = parts[start : start + AT_ONCE]
        for part, split in zip(chunk, splitter.split(tf.constant(chunk)).numpy(), strict=True):
            if split.decode("utf-8", "replace").strip() != best[part]:
                core, words = _core(part, best[part])
                if best.get(core, words) == words:
                    exceptions.setdefault(core, words)
    exceptions.pop("", None)
    return dict(itertools.islice(exceptions.items(), MOST))


def _core(part, words):
    """(a part, its words) without the marks around them that are words of their own."""
    pieces = words.split(" ")
    while len(pieces) > 1 and not any(map(str.isalnum, pieces[-1])) and part.endswith(pieces[-1]):
        part = part[: -len(pieces.pop())]
    while len(pieces) > 1 and not any(map(str.isalnum, pieces[0])) and part.startswith(pieces[0]):
        part = part[len(pieces.pop(0)) :]
    return part, " ".join(pieces)
