"""The words that decided most, out of all words with their parts: {"word", "start", "end", "part"}.

It loads no NumPy, as it is used on the command line too.
"""

from pipelines.shared import messages

WORDS = 5  # listed for the answer, and as many against it
WEAK = 0.1  # a part that is never shown as strong, though a text may have no greater one
LETTERS = 40  # of a word in a list


def speaking(words, most=WORDS):
    """(words for the answer, words against it), the greatest parts first; those that stand twice are one.

    >>> words = [{"word": "fun", "part": 2.0}, {"word": "not", "part": -3.0}, {"word": "x", "part": None}]
    >>> speaking(words)
    ([('fun', 2.0)], [('not', -3.0)])
    """
    parts = {}
    for one in words:
        if one["part"]:
            parts[one["word"]] = parts.get(one["word"], 0.0) + one["part"]
    ranked = sorted(parts.items(), key=lambda item: -abs(item[1]))
    shown = [(word, part) for word, part in ranked if abs(part) >= 0.005]
    return [one for one in shown if one[1] > 0][:most], [one for one in shown if one[1] < 0][:most]


def greatest(words):
    """The part beside which others are shown as weak or strong.

    >>> greatest([{"part": -3.0}, {"part": 1.0}, {"part": None}]), greatest([{"part": 0.001}])
    (3.0, 0.1)
    """
    return max([WEAK, *(abs(one["part"]) for one in words if one["part"])])


def in_a_line(words, most=WORDS):
    """The words for and against the answer as a text.

    >>> in_a_line([{"word": "fun", "part": 2.0}, {"word": "not", "part": -3.0}])
    'for: fun +2.00; against: not -3.00'
    """
    sides = zip(("for", "against"), speaking(words, most), strict=True)
    return "; ".join(f"{name}: {listed(several)}" for name, several in sides if several)


def listed(words):
    """Words with their parts as a text.

    >>> listed([("fun", 2.0), ("well", 0.5)])
    'fun +2.00, well +0.50'
    """
    return ", ".join(f"{messages.brief(word, LETTERS)} {part:+.2f}" for word, part in words)
