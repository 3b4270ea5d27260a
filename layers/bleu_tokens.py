"""Strings to token ids inside a TensorFlow graph, split exactly as sacreBLEU splits them.

    13a     the WMT tokenizer (mteval-v13a): punctuation split off, periods and commas kept inside numbers
    none    split at white space only
    char    every character that is not white space is a token

The ids mean something within one call only: equal words get equal ids. These functions need TensorFlow string
ops, so they run on the CPU and not under XLA; under another Keras back end they run eagerly.
"""

# What str.split takes for white space; RE2's \s knows ASCII only.
_SPACE = r"[\t-\r\x{1c}- \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"

_13A = (
    ("<skipped>", ""),
    ("-\n", ""),
    ("\n", " "),
    ("&quot;", '"'),
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    (r"\A|\z", " "),
    (r"([{-~\[-` -&(-+:-@/])", r" \1 "),  # punctuation and symbols, but . , - and the apostrophe
    (r"([^0-9])([.,])", r"\1 \2 "),  # a period or comma, unless a digit precedes it
    (r"([.,])([^0-9])", r" \1 \2"),  # ... or unless a digit follows it
    (r"([0-9])(-)", r"\1 \2 "),  # a dash after a digit
)

TOKENIZERS = ("13a", "none", "char")


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
    if tokenize == "13a":
        for pattern, replacement in _13A:
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
