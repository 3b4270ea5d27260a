"""Texts that tokenizers trip over, the same for a seed: all planes, marks, joiners, white space of all kinds."""

import random
import unicodedata

FIXED = [
    "", " ", "\t\n", "a\x85b", "\x85\x85", "a\u2028b\u2029c", "a\u1680b", "\u1690\u1680\u1691", "1 2\u00a03",
    "1\u00bd", "It's BAD, 1.5!", "na\u00efve nai\u0308ve", "\u1e9b\u0323", "\u0345\u03b1\u0301", "\u03b1\u0345\u0301",
    "\u1fb3 \u1fbc", "Stra\u00dfe STRASSE \u1e9e", "\u0130stanbul I\u0307", "\u03a3\u03c3\u03c2", "\ufb01nest \ufb03",
    "\uff22\uff21\uff24", "\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c\uae00", "\u1100\u1161\uac00\u11a8",
    "\uac00\u11a8", "\u115f\u1160", "\u4f60\u597d\uff0c\u4e16\u754c", "\u30ab\u3099 \u304b\u3099 \uff76\uff9e",
    "\u0e44\u0e17\u0e22\u0e33", "\u0e33", "\u05e9\u05dc\u05d5\u05dd \u200f(1)\u200e",
    "\u0645\u0631\u062d\u0628\u0627 \u0661\u0662\u0663", "\ufdfa \ufefb",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "\u2764\ufe0f",
    "#\ufe0f\u20e3", "soft\u00adhyphen zero\u200bwidth join\u200der\u2060 \ufeffbom", "\u180e\u061c",
    "\U000e0041\U000e007f", "\u034f", "\u0000a\u0001b\u001f\u007f", "\u2126\u212b\u212a", "\u2460\u24b6\u3231\u33a5",
    "x\u00b2\u2081", "\ufffd\ufffe\uffff", "\ue000\U000f0000\U0010ffff", "\U0001ccd6\U0001ccf0",
    "\U00010940\U00011b60", "\u0378\u0379", "#hash ##tag ###", "## a##b", "\u2581word\u2581\u2581x", "a \u2581 b",
    "\u2581", "a\u2581 \u2581", " \u2581a", "</s> <unk> [UNK] [PAD]", "\u2585tab\ttab", "\u2047",
    "\u0958 \u0915\u093c", "\u0b4b \u0b47\u0b3e", "\U0001d15e\U0001d400\U0001d7d8", "\u0f73 \u0f71\u0f72", "\u0344",
    "a" + "\u0300\u0316" * 20, "\u0316\u0300\u0327a", "x" * 401, "\u00e9" * 201, "\u00e9" * 200, "no " * 500,
    "\u3000\u2003a", "\r\n a \x0b b \x0c c\x1c\x1d\x1e\x1f", "\u200b \u200c \u200d", "\ufe00\ufe0f\U000e0100",
    "\u2fff\u303e", "\u1d2c\u1d43",
]  # fmt: skip
WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2003\u2028\u2029\u202f\u205f\u3000\u200b"
WORDS = [
    "the", "good", "film", "is", "not", "bad", "It's", "Été", "Straße", "naïve", "你好", "мир", "Αθήνα", "1.5", "50%",
    "a-b",
]  # fmt: skip
PLANES = [
    (0, 0x80), (0x80, 0x600), (0x600, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000), (0x10000, 0x20000),
    (0x20000, 0x30000), (0x30000, 0x110000),
]  # fmt: skip
MARKS = [chr(point) for point in range(0x300, 0x20000) if unicodedata.combining(chr(point))]


def drawn(count=1000, seed=0):
    """`count` texts: those that are fixed, then drawn ones."""
    chance = random.Random(seed)
    return [*FIXED, *(_line(chance) for _ in range(count - len(FIXED)))]


def _line(chance):
    parts = [chance.choice(_PARTS)(chance) for _ in range(chance.randint(1, 12))]
    return chance.choice(["", "", " "]).join(parts)


_PARTS = [
    lambda chance: chance.choice(WORDS),
    lambda chance: chance.choice(WORDS).upper(),
    lambda chance: "".join(chance.choices(WHITE, k=chance.randint(1, 3))),
    lambda chance: "".join(chr(chance.randrange(*chance.choice(PLANES))) for _ in range(chance.randint(1, 4))),
    lambda chance: chance.choice("aeo\u03b1\u0915\u304b") + "".join(chance.choices(MARKS, k=chance.randint(1, 4))),
    lambda chance: (
        unicodedata.normalize("NFD", chr(chance.randrange(0xAC00, 0xD7A4))) + chr(chance.randrange(0x1100, 0x1200))
    ),
    lambda chance: chr(chance.randrange(0x1F300, 0x1FAFF)) + chance.choice(["", "\u200d", "\ufe0f", "\U0001f3fb"]),
    lambda chance: chr(chance.randrange(0xF900, 0xFFEF)),
    lambda chance: chr(chance.randrange(0x0E00, 0x0E80)) + chr(chance.randrange(0x0590, 0x0700)),
    lambda chance: str(chance.randrange(10**6)) + chance.choice(".,%\u00b0\u066b\uff0e"),
]
