"""The built-in sample of the tagging pipeline: short sentences whose words mean nothing without their neighbours.

    from pipelines.tagging import sample
    sentences = sample.generate()                # 1,600 `Sentence`s of words, tags and running text

The sentences come from a small grammar of our own; nobody's text is in it. Its words are nouns and verbs at once:
"guard", "watch", "ship", "cook" and others. What they are is told by words that may stand far away, before or behind:

    Today's orders: guard ships, cook fish and watch trains.        VERB NOUN, VERB NOUN ...
    Today's wares: guard ships, cook fish and watch trains.         NOUN NOUN, NOUN NOUN ...
    Guard ships, cook fish and watch trains: these are the wares.   told at the very end
    The cooks didn't watch the ship guard.                          told by what stands next to it

So a model that looks at two words on either side has to guess. Every eleventh word or so is invented, and its ending
alone tells what it is: -ly ADV, -ness NOUN, -ful ADJ, -ize VERB. Most of these are seen once, so that a model of whole
words knows nothing of them. Contractions are split as treebanks do: "didn't" is "did" and "n't".
"""

import random

from pipelines.tagging.reading.sentence import Sentence

VERSION = 1  # add one when `generate` returns something else


def _list(words):
    return words.split()


# Nouns and verbs.
BOTH = _list("guard watch ship cook train fish plant store light duck cover test tour print mail paint land park brush")
OPENERS = {"VERB": _list("orders jobs tasks duties chores"), "NOUN": _list("wares goods names stocks prizes")}
ADJECTIVES = _list("old new small heavy quiet bright")
PRONOUNS = _list("they we you")
SYLLABLES = _list("bla dro fi gru ko lem mi nup pra quo ri sta tro vel wim zu")
ENDINGS = {"ADV": "ly", "NOUN": "ness", "ADJ": "ful", "VERB": "ize"}


class _Writer:
    """Draws the parts of a sentence: lists of (word, tag, whether no blank stands before it)."""

    def __init__(self, draw):
        self.draw = draw

    def both(self, tag, plural=False):
        word = self.draw.choice(BOTH)
        if plural:
            word += "es" if word.endswith(("sh", "ch")) else "s"
        return (word, tag, False)

    def invented(self, tag):
        return ("".join(self.draw.choices(SYLLABLES, k=2)) + ENDINGS[tag], tag, False)

    def pairs(self, first):
        """Two to five pairs, the first of each a verb or a noun."""
        count, words = self.draw.randint(2, 5), []
        for number in range(count):
            if number:
                words.append(("and", "CCONJ", False) if number == count - 1 else (",", "PUNCT", True))
            words += [self.both(first), self.both("NOUN", plural=True)]
        return words

    def listed(self):
        """The pairs behind what tells of them, or in front of it."""
        first = self.draw.choice(["VERB", "NOUN"])
        kind, pairs = (self.draw.choice(OPENERS[first]), "NOUN", False), self.pairs(first)
        if self.draw.random() < 0.5:
            day = self.draw.choice(["Today", "Sunday", "Monday"])
            return [(day, "NOUN", False), ("'s", "PART", True), kind, (":", "PUNCT", True), *pairs]
        closing = [("these", "PRON", False), ("are", "AUX", False), ("the", "DET", False), kind]
        return [*pairs, (":", "PUNCT", True), *closing]

    def thing(self, plural=False):
        """A noun with an article, at times with an adjective or with another noun before it."""
        words = [(self.draw.choice(["the", "a"]) if not plural else "the", "DET", False)]
        kind = self.draw.random()
        if kind < 0.3:
            words.append((self.draw.choice(ADJECTIVES), "ADJ", False))
        elif kind < 0.5:
            words.append(self.invented("ADJ"))
        elif kind < 0.7:
            words.append(self.both("NOUN"))
        last = self.invented("NOUN") if self.draw.random() < 0.15 and not plural else self.both("NOUN", plural)
        return [*words, last]

    def clause(self):
        """Somebody who does something."""
        subject = [(self.draw.choice(PRONOUNS), "PRON", False)] if self.draw.random() < 0.5 else self.thing(True)
        verb = self.invented("VERB") if self.draw.random() < 0.2 else self.both("VERB")
        if self.draw.random() < 0.4:
            verb = [(self.draw.choice(["do", "did"]), "AUX", False), ("n't", "PART", True), verb]
        else:
            verb = [verb]
        manner = [self.invented("ADV")] if self.draw.random() < 0.3 else []
        return [*subject, *verb, *self.thing(), *manner]

    def sentence(self):
        words = self.listed() if self.draw.random() < 0.6 else self.clause()
        (first, tag, joined), *rest = words
        end = self.draw.choice([".", ".", ".", "!"])
        return [(first[0].upper() + first[1:], tag, joined), *rest, (end, "PUNCT", True)]


def generate(seed: int = 0, size: int = 1_600) -> list[Sentence]:
    """The sentences, none of them twice; the same seed gives the same ones."""
    writer, made = _Writer(random.Random(seed)), {}
    while len(made) < size:
        words = writer.sentence()
        made[tuple(word for word, *_ in words)] = words
    return [_sentence(words) for words in made.values()]


def _sentence(words):
    parts, sizes = [], []
    for word, _, joined in words:
        if joined:
            parts[-1], sizes[-1] = parts[-1] + word, sizes[-1] + 1
        else:
            parts.append(word)
            sizes.append(1)
    return Sentence([word for word, *_ in words], [tag for _, tag, _ in words], " ".join(parts), tuple(sizes))
