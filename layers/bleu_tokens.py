"""Strings to token ids inside a TensorFlow graph, split exactly as sacreBLEU splits them.

    13a     the WMT tokenizer (mteval-v13a): punctuation split off, periods and commas kept inside numbers
    zh      Chinese characters, their punctuation and some symbols one by one, the rest much as 13a
    none    split at white space only
    char    every character that is not white space is a token

13a is for scripts with spaces: it takes a clause of Chinese, Japanese or Thai for one word, and BLEU is near 0 then.

The ids mean something within one call only: equal words get equal ids. These functions need TensorFlow string
ops, so they run on the CPU and not under XLA; under another Keras back end they run eagerly.
"""

# What str.split takes for white space; RE2's \s knows ASCII only.
_SPACE = r"[\t-\r\x{1c}- \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"

_WESTERN = (
    (r"([{-~\[-` -&(-+:-@/])", r" \1 "),  # punctuation and symbols, but . , - and the apostrophe
    (r"([^0-9])([.,])", r"\1 \2 "),  # a period or comma, unless a digit precedes it
    (r"([.,])([^0-9])", r" \1 \2"),  # ... or unless a digit follows it
    (r"([0-9])(-)", r"\1 \2 "),  # a dash after a digit
)

# sacreBLEU means Extension B and a supplement by two ranges more; as written there they are 2001-2a6d and 2f81-2fa1.
_CHINESE = (
    r"[\x{2001}-\x{2a6d}\x{2e80}-\x{2fdf}\x{2ff0}-\x{303f}\x{3100}-\x{312f}\x{31a0}-\x{31bf}\x{31c0}-\x{31ef}"
    r"\x{3200}-\x{4db5}\x{4e00}-\x{9fbb}\x{f900}-\x{fa2d}\x{fa30}-\x{fa6a}\x{fa70}-\x{fad9}\x{fe10}-\x{fe1f}"
    r"\x{fe30}-\x{fe4f}\x{ff00}-\x{ffef}]"
)

_PATTERNS = {
    "13a": (
        ("<skipped>", ""),
        ("-\n", ""),
        ("\n", " "),
        ("&quot;", '"'),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        (r"\A|\z", " "),
        *_WESTERN,
    ),
    "zh": ((rf"\A{_SPACE}+|{_SPACE}+\z", ""), (f"({_CHINESE})", r" \1 "), *_WESTERN),
    "none": (),
}

TOKENIZERS = ("13a", "zh", "none", "char")


def split_words(texts, tokenize="13a", lowercase=False):
    """Strings (any,) to a ragged tensor of words (any, (words)), as sacreBLEU's tokenizer of that name does.

    >>> [word.decode() for word in split_words(["It's 3.5, no?"]).values.numpy()]
    ["It's", '3.5', ',', 'no', '?']
    """
    import tensorflow as tf

    texts = tf.strings.regex_replace(texts, _SPACE + r"+\z", "")
    if lowercase:
        texts = tf.strings.regex_replace(texts, r"\x00", "\uffff")  # strings.lower would cut the text there
        texts = tf.strings.lower(texts, encoding="utf-8")
    if tokenize == "char":
        return tf.strings.unicode_split(tf.strings.regex_replace(texts, _SPACE, ""), "UTF-8")
    for pattern, replacement in _PATTERNS[tokenize]:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return tf.strings.split(tf.strings.regex_replace(texts, _SPACE, " "))


def string_tokens(references, hypotheses, tokenize, lowercase=False):
    """Number the words of a batch of strings.

    Args:
        references: strings (batch, references).
        hypotheses: strings (batch,).

    Returns:
        `(reference ids, reference lengths, ids, lengths)`, int32 of shapes (batch, references, words),
        (batch, references), (batch, words) and (batch,).
    """
    import tensorflow as tf

    reference_words = split_words(tf.reshape(references, [-1]), tokenize, lowercase)
    words = split_words(hypotheses, tokenize, lowercase)
    _, numbers = tf.unique(tf.concat([reference_words.flat_values, words.flat_values], 0))
    cut = tf.size(reference_words.flat_values)
    reference_ids = reference_words.with_flat_values(numbers[:cut]).to_tensor()  # (batch * references, words)
    ids = words.with_flat_values(numbers[cut:]).to_tensor()
    shape = tf.shape(references)
    reference_lengths = tf.reshape(tf.cast(reference_words.row_lengths(), tf.int32), shape)
    reference_ids = tf.reshape(reference_ids, tf.concat([shape, tf.shape(reference_ids)[1:]], 0))
    return reference_ids, reference_lengths, ids, tf.cast(words.row_lengths(), tf.int32)
