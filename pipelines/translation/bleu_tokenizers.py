"""Which of sacreBLEU's tokenizers cuts the targets into the words that BLEU counts.

    Chinese                                           zh: Chinese characters one by one, other words as 13a
    Japanese, Korean                                  ja-mecab, ko-mecab; char where MeCab is not installed
    Thai, Lao, Khmer, Burmese, Tibetan and others     char
    written without spaces
    all others                                        13a

`13a` cuts at spaces and ASCII punctuation alone, so that a Chinese or a Thai clause is one word and BLEU is near 0
however good the translations are. A target language that is named decides, if the targets have letters of its script at
all; or else the script that most words of the training split's targets are in, where five letters of a script with
spaces count as a word, and each letter of the others counts as one. The order of the targets changes nothing.

Arabic, Greek, Hebrew, Hindi, Russian and the like are written with spaces and keep `13a`, as at WMT. It leaves marks
such as the danda, the Arabic comma and typographic quotation marks at their words, which `intl` splits off. That moves
a score by a few points in either direction and brings none to 0, so being comparable with what is published weighs
more; `bleu_tokenize="intl"` is there for whoever compares with others' `intl`.

Reference: Post 2018, https://aclanthology.org/W18-6319; Goyal et al. 2022, arXiv:2106.03193 (flores101).
"""

import collections
import logging
import re
import unicodedata

import sacrebleu

from pipelines.shared.messages import brief
from pipelines.translation import pair_rows

log = logging.getLogger("unroll")

STANDARD = "13a"  # of all artifacts before there was a choice, too
OF_WRITING = {"chinese": "zh", "japanese": "ja-mecab", "korean": "ko-mecab", "other": "char", "spaced": STANDARD}
INSTEAD = "char"  # of MeCab
EXTRAS = {"ja-mecab": "ja", "ko-mecab": "ko"}  # of sacreBLEU's package

# By the code of a language, of two letters or three.
WRITING_OF = {
    **dict.fromkeys(("zh", "zho", "chi", "cmn", "yue", "wuu", "lzh", "mandarin", "cantonese"), "chinese"),
    **dict.fromkeys(("ja", "jpn"), "japanese"),
    **dict.fromkeys(("ko", "kor"), "korean"),
    **dict.fromkeys(("th", "tha", "lo", "lao", "km", "khm", "my", "mya", "bo", "bod", "dz", "dzo", "shn"), "other"),
    **dict.fromkeys(("khmer", "burmese", "tibetan", "dzongkha"), "other"),
}
# By the first word of a letter's name in Unicode.
SCRIPT_OF = {
    **dict.fromkeys(("CJK", "BOPOMOFO", "IDEOGRAPHIC"), "han"),
    **dict.fromkeys(("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"), "kana"),
    "HANGUL": "hangul",
    # TAI is Tai Le, Tai Tham and Tai Viet, NEW is New Tai Lue.
    **dict.fromkeys(("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "TAI", "NEW", "BALINESE", "JAVANESE"), "other"),
}
SCRIPTS_OF = {"chinese": "han", "japanese": "han kana", "korean": "hangul", "other": "other"}  # of a writing
LETTERS_A_WORD = 5  # of a script with spaces, on average
KANA = 0.15  # of the Chinese characters and kana: from this share on, they are Japanese


def chosen(targets, config):
    """The tokenizer of `config.bleu_tokenize`, or else that of the targets, those of the training split.

    Raises:
        ValueError: the one asked for cannot be used here.

    >>> import types
    >>> chosen(["我喜欢你的猫。"], types.SimpleNamespace(bleu_tokenize=None, target=None))
    'zh'
    """
    if config.bleu_tokenize:
        fault = unusable(config.bleu_tokenize)
        if fault:
            raise ValueError(f"bleu_tokenize: {config.bleu_tokenize!r} {fault}, or give another")
        return config.bleu_tokenize
    writing = writing_of(targets, config.target)
    name = OF_WRITING[writing]
    fault = unusable(name)
    if fault:
        log.warning("BLEU compares characters (%s), not words, of these %s targets: %s %s",
                    INSTEAD, writing.capitalize(), name, fault)  # fmt: skip
    elif name != STANDARD:
        log.info("BLEU is counted with sacreBLEU's tokenizer %s, by what the targets are written in", name)
    return INSTEAD if fault else name


def usable(name):
    """The tokenizer of an artifact, or what stands in for it, with a warning, where it cannot be used."""
    fault = unusable(name)
    if fault:
        log.warning("BLEU compares characters (%s) here and cannot be set beside earlier scores: the artifact's %s %s",
                    INSTEAD, name, fault)  # fmt: skip
    return INSTEAD if fault else name


def unusable(name):
    """Why a tokenizer cannot be used and what to type; empty if it can.

    >>> unusable("zh")
    ''
    """
    try:
        sacrebleu.BLEU(tokenize=name)
    except (RuntimeError, AssertionError, ImportError, OSError, SystemExit) as error:
        if name in EXTRAS:
            return f"needs MeCab and its dictionary, pip install 'sacrebleu[{EXTRAS[name]}]'"
        return f"needs a model that sacreBLEU could neither find nor download ({brief(error)}); go online once"
    return ""


def writing_of(targets, language=None):
    """The key of OF_WRITING for texts, whose language may be named.

    >>> [writing_of([text]) for text in ("Not bad.", "我喜欢猫", "猫が好きです", "나는 학교에 간다", "สวัสดี")]
    ['spaced', 'chinese', 'japanese', 'korean', 'other']
    >>> writing_of(["深層学習 with PyTorch and NumPy"], "ja")
    'japanese'
    """
    words = _words_by_script(targets)
    named = WRITING_OF.get(_code(language or ""))
    if named and any(words[script] for script in SCRIPTS_OF[named].split()):
        return named
    east_asian = "japanese" if words["kana"] >= KANA * (words["han"] + words["kana"]) > 0 else "chinese"
    shares = {
        "spaced": words["spaced"],
        east_asian: words["han"] + words["kana"],
        "korean": words["hangul"],
        "other": words["other"],
    }
    return max(shares, key=shares.get)  # of equal ones, and of none at all, the first


def _code(name):
    """The code of a language, from its code, with a region or a script or without, or its name: zh-TW, jpn_Jpan."""
    first = re.split(r"[-_ .]", name.strip().casefold())[0]
    return pair_rows.language(first)


def _words_by_script(texts):
    """{script: how many words its letters make, about}."""
    letters = collections.Counter()
    for text in texts:
        letters.update(text)
    words = collections.Counter()
    for letter, count in letters.items():
        if unicodedata.category(letter).startswith("L"):
            script = _script(letter)
            words[script] += count / LETTERS_A_WORD if script == "spaced" else count
    return words


def _script(letter):
    name = unicodedata.name(letter, "").removeprefix("HALFWIDTH ").removeprefix("FULLWIDTH ")
    return SCRIPT_OF.get(name.partition(" ")[0], "spaced")
