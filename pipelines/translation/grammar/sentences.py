"""The grammar of the built-in sample of the translation pipeline: one sentence in English and Spanish at once.

    write(random.Random(0))    -> Pair("Was the uncle tired?", "¿Estaba cansado el tío?", links, combinations)

`TEMPLATES` holds the sentences, with slots, and `Writer` fills them in both languages at once. Words are passed on as
lists of (word, link): words that translate each other share a link, function words have none.
"""

import dataclasses
import itertools
import re

from pipelines.translation.grammar import words
from pipelines.translation.grammar.words import conjugated, inflected

# The English and the Spanish side. {finite}, {aux} and {base} are forms of the English verb and {verb} is the Spanish
# verb; {rest} is what follows: an object, a place or an adjective.
TEMPLATES = {
    "statement": ("{subject} {finite} {rest} {time} .", "{subject} {verb} {rest} {time} ."),
    "early": ("{time} {subject} {finite} {rest} .", "{time} {subject} {verb} {rest} ."),
    "negation": ("{subject} {aux} not {base} {rest} {time} .", "{subject} no {verb} {rest} {time} ."),
    "question": ("{aux} {subject} {base} {rest} {time} ?", "¿ {verb} {subject} {rest} {time} ?"),
    "open question": ("{asked} {aux} {subject} {base} {rest} ?", "¿ {asked} {verb} {subject} {rest} ?"),
    "question of state": ("{aux} {subject} {base} {rest} {time} ?", "¿ {verb} {rest} {subject} {time} ?"),
    "pronoun": (
        "{subject} {finite} {object} and {second} {pronoun} {time} .",
        "{subject} {verb} {object} y {pronoun} {second} {time} .",
    ),
    "liking": ("{subject} {finite} {object} .", "{whom} {pronoun} {verb} {object} ."),
    "not liking": ("{subject} {aux} not {base} {object} .", "{whom} no {pronoun} {verb} {object} ."),
    "question of liking": ("{aux} {subject} {base} {object} ?", "¿ {whom} {pronoun} {verb} {object} ?"),
    "report": ("{subject} {finite} that {clause} .", "{subject} {verb} que {clause} ."),
}


@dataclasses.dataclass
class Phrase:
    """A subject or an object in both languages: lists of (word, link); words that translate each other share a link."""

    english: list
    spanish: list
    person: int = 2  # index in the tables of verbs
    plural: bool = False
    gender: str = "m"
    kind: str = "person"
    nouns: tuple = ()  # empty for pronouns and names
    pronoun: str | None = None  # the English pronoun, if the phrase is one

    @property
    def form(self):
        """The column in the tables of words: "m", "f", "ms" or "fs"."""
        return self.gender + "s" * self.plural


@dataclasses.dataclass(frozen=True)
class Pair:
    """A sentence in both languages, its links (position in the source, in the target), and its combinations."""

    source: str
    target: str
    alignment: list
    combinations: frozenset  # of (adjective or verb, noun), Spanish words in their dictionary form


def write(rng):
    """Draws one `Pair` with `rng`."""
    writer = Writer(rng)
    constructions = (writer.deed, writer.state, writer.rest, writer.pronoun, writer.liking, writer.report)
    (construction,) = rng.choices(constructions, (30, 28, 8, 12, 12, 10))
    name, english, spanish = construction()
    source, source_positions = _joined(_filled(TEMPLATES[name][0], english))
    target, target_positions = _joined(_contracted(_filled(TEMPLATES[name][1], spanish)))
    alignment = [
        (position, other)
        for link in sorted(source_positions.keys() & target_positions.keys())
        for position in source_positions[link]
        for other in target_positions[link]
    ]
    return Pair(source, target, sorted(alignment), frozenset(writer.combinations))


class Writer:
    """Draws a sentence. Each construction returns (name of the template, English slots, Spanish slots)."""

    def __init__(self, rng):
        self.rng, self.links, self.combinations, self.timed = rng, itertools.count(), set(), False

    def chance(self, probability):
        return self.rng.random() < probability

    def linked(self, english, spanish):
        """Words that translate each other."""
        link = next(self.links)
        return [(word, link) for word in english.split()], [(word, link) for word in spanish.split()]

    def tense(self):
        return self.rng.choice(("present", "past", "future"))

    def time(self, tense, probability=0.35):
        """When something happens; at most once in a sentence."""
        if self.timed or not self.chance(probability):
            return [], []
        self.timed = True
        return self.linked(*words.TIMES[tense])

    # Phrases

    def subject(self):
        """Who does something: a pronoun, a person or two."""
        kind = self.rng.random()
        if kind < 0.4:
            return self.dropped(self.rng.choice(list(words.PRONOUNS)))
        return self.couple() if kind < 0.5 else self.person()

    def dropped(self, pronoun, gender=None):
        """A pronoun, which Spanish drops."""
        person, plural, usual = words.PRONOUNS[pronoun]
        return Phrase([(pronoun, None)], [], person, plural, gender or usual, pronoun=pronoun)

    def person(self):
        if self.chance(0.25):
            name = self.rng.choice(list(words.NAMES))
            return Phrase(*self.linked(name, name), gender=words.NAMES[name])
        return self.noun_phrase(["person"], simple=True)

    def couple(self):
        first = self.person()
        before, second = set(self.combinations), self.person()
        while second.english[-1][0] == first.english[-1][0]:
            self.combinations = set(before)
            second = self.person()
        gender = "f" if first.gender == second.gender == "f" else "m"
        english = [*first.english, ("and", None), *second.english]
        spanish = [*first.spanish, ("y", None), *second.spanish]
        return Phrase(english, spanish, 4, True, gender, nouns=first.nouns + second.nouns)

    def noun_phrase(self, kinds, simple=False, definite=False):
        """A noun with a determiner, often an adjective, and unless `simple` at times an owner, a place or a clause."""
        noun = self.rng.choice([noun for noun in words.NOUNS if noun["kind"] in kinds])
        plural = self.chance(0.4)
        phrase = Phrase([], [], 4 if plural else 2, plural, noun["gender"], noun["kind"], (noun["spanish"],))
        forms = ("plural", "plural_spanish") if plural else ("english", "spanish")
        english, spanish = self.linked(*(noun[form] for form in forms))
        if self.chance(0.25 if simple else 0.45):
            english, spanish = self.described(phrase, english, spanish)
        addition = "" if simple else self.rng.choice(("owner", "place", "clause", "", "", ""))
        if addition == "owner" and noun["spanish"] not in words.NOBODYS:
            before, after = self.owner(phrase)
        elif addition == "place" and phrase.kind != "place":
            before, after = self.location(phrase)
        elif addition == "clause" and phrase.kind != "person":
            before, after = self.clause(phrase)
        else:
            before, after = self.determiner(phrase, definite), ([], [])
        phrase.english, phrase.spanish = before[0] + english + after[0], before[1] + spanish + after[1]
        return phrase

    def determiner(self, phrase, definite):
        """An article or another determiner; half of the time "the"."""
        without = (words.LOOSE if definite else ()) + (words.OWNERS if phrase.nouns[0] in words.NOBODYS else ())
        fitting = [
            entry for entry in words.DETERMINERS[1:] if entry[phrase.form] != "-" and entry["english"] not in without
        ]
        entry = self.rng.choice(fitting) if self.chance(0.5) else words.DETERMINERS[0]
        linked = self.linked(entry["english"], entry[phrase.form])
        return linked if entry["english"] in words.NUMBERS else tuple([(word, None)] for [(word, _)] in linked)

    def the(self, phrase):
        article = words.DETERMINERS[0]
        return [(article["english"], None)], [(article[phrase.form], None)]

    def described(self, phrase, english, spanish):
        """The noun with an adjective, which stands before it in English and after it in Spanish."""
        adjective = self.adjective(phrase)
        self.combinations.add((adjective["spanish"], *phrase.nouns))
        before, after = self.linked(adjective["english"], inflected(adjective["spanish"], phrase.form))
        return before + english, spanish + after

    def owner(self, phrase):
        """(words before a noun, words after it) that name its owner: Ana's car -> el coche de Ana."""
        owner = self.person()
        last, link = owner.english[-1]
        english = [*owner.english[:-1], (last + ("'" if last.endswith("s") else "'s"), link)]
        return (english, self.the(phrase)[1]), ([], [("de", None), *owner.spanish])

    def location(self, phrase):
        """The same for where it is: the chairs in the garden -> las sillas del jardín."""
        place_phrase = self.noun_phrase(["place"], simple=True, definite=True)
        return self.the(phrase), ([("in", None), *place_phrase.english], [("de", None), *place_phrase.spanish])

    def clause(self, phrase):
        """The same for a clause: the chairs that the man painted -> las sillas que el hombre pintó."""
        subject, tense = self.subject(), self.tense()
        english, spanish = self.verb(self.rng.choice(self.deeds(phrase.kind)), tense, subject, phrase)
        time, spanish_time = self.time(tense, 0.2)
        return self.the(phrase), (
            [("that", None), *subject.english, *english["finite"], *time],
            [("que", None), *subject.spanish, *spanish["verb"], *spanish_time],
        )

    def deeds(self, kind):
        """The verbs that can have an object of this kind."""
        return [verb for verb in words.TRANSITIVE if kind in verb["kinds"].split()]

    def adverbial(self):
        """Where something happens: in a place, near it or behind it."""
        preposition = self.rng.choice(list(words.PLACES))
        phrase = self.noun_phrase(["place"], simple=True, definite=True)
        spanish = [(word, None) for word in words.PLACES[preposition].split()]
        return [(preposition, None), *phrase.english], [*spanish, *phrase.spanish]

    # Verbs

    def verb(self, verb, tense, subject, object_phrase=None):
        """({"finite", "aux", "base"}, {"verb"}) of a verb with its subject and, if it has one, its object."""
        if object_phrase:
            self.combinations |= {(verb["spanish"], noun) for noun in object_phrase.nouns}
        link = next(self.links)
        third = subject.person == 2
        base = [(verb["english"], link)]
        finite = {
            "present": [(verb["third"], link)] if third else base,
            "past": [(verb["past"], link)],
            "future": [("will", None), *base],
        }
        auxiliary = {"present": "does" if third else "do", "past": "did", "future": "will"}
        return (
            {"finite": finite[tense], "aux": [(auxiliary[tense], None)], "base": base},
            {"verb": [(conjugated(verb["spanish"], tense, subject.person), link)]},
        )

    def to_be(self, adjective, tense, subject):
        """The same for "to be" with an adjective, which fills {rest}."""
        self.combinations |= {(adjective["spanish"], noun) for noun in subject.nouns}
        form = [(words.BE[tense].split()[subject.person], None)]
        base = [("be", None)] * (tense == "future")
        english, spanish = self.linked(adjective["english"], inflected(adjective["spanish"], subject.form))
        verb = [(conjugated(adjective["copula"], tense, subject.person), None)]
        return {"finite": form + base, "aux": form, "base": base, "rest": english}, {"verb": verb, "rest": spanish}

    # Constructions

    def slots(self, subject, verb, **others):
        """The slots of both languages: the subject, those of the verb, and `others`, pairs of lists of words."""
        others["subject"] = (subject.english, subject.spanish)
        english, spanish = ({name: pair[side] for name, pair in others.items()} for side in (0, 1))
        return english | verb[0], spanish | verb[1]

    def deed(self):
        """Somebody does something to something."""
        subject, verb, tense = self.subject(), self.rng.choice(words.TRANSITIVE), self.tense()
        object_phrase = self.noun_phrase(verb["kinds"].split())
        return self.told(
            subject,
            self.verb(verb, tense, subject, object_phrase),
            tense,
            (object_phrase.english, _object(object_phrase)),
        )

    def rest(self):
        """Somebody does something somewhere."""
        subject, tense = self.subject(), self.tense()
        return self.told(subject, self.verb(self.rng.choice(words.RESTING), tense, subject), tense, self.adverbial())

    def told(self, subject, verb, tense, rest):
        modes = ("statement", "early", "negation", "question", "open question")
        (mode,) = self.rng.choices(modes, (35, 15, 20, 15, 15))
        time = self.time(tense, 1 if mode == "early" else 0.35)
        asked = self.linked(*self.rng.choice(list(words.QUESTIONS.items())))
        return mode, *self.slots(subject, verb, rest=rest, time=time, asked=asked)

    def state(self):
        """Somebody or something has a property."""
        (mode,) = self.rng.choices(("statement", "negation", "question of state"), (55, 20, 25))
        return mode, *self.being(self.one_of_all())

    def one_of_all(self):
        """A subject of any kind: a person, or any other noun."""
        return self.subject() if self.chance(0.4) else self.noun_phrase([noun["kind"] for noun in words.NOUNS])

    def being(self, subject):
        """The slots of a subject with an adjective; only with "estar", a passing state, may a time be said."""
        adjective, tense = self.adjective(subject), self.tense()
        time = self.time(tense) if adjective["copula"] == "estar" else ([], [])
        return self.slots(subject, self.to_be(adjective, tense, subject), time=time)

    def adjective(self, phrase):
        """An adjective that fits the phrase and is not combined with its noun yet."""
        fitting = [candidate for candidate in words.ADJECTIVES if phrase.kind in candidate["kinds"].split()]
        used = {adjective for adjective, noun in self.combinations if noun in phrase.nouns}
        return self.rng.choice([candidate for candidate in fitting if candidate["spanish"] not in used])

    def pronoun(self):
        """Somebody does something to an object, and then something else to it, said by a pronoun."""
        subject, tense = self.subject(), self.tense()
        object_phrase = self.noun_phrase([noun["kind"] for noun in words.NOUNS], simple=True)
        first, again = self.rng.sample(self.deeds(object_phrase.kind), 2)
        verb, other = (self.verb(entry, tense, subject, object_phrase) for entry in (first, again))
        second = other[0]["base" if tense == "future" else "finite"], other[1]["verb"]
        it = {"m": "him", "f": "her"} if object_phrase.kind == "person" else {"m": "it", "f": "it"}
        pronoun = [(it.get(object_phrase.form, "them"), None)], [(words.CLITICS[object_phrase.form], None)]
        others = {"object": (object_phrase.english, _object(object_phrase)), "pronoun": pronoun, "second": second}
        return "pronoun", *self.slots(subject, verb, time=self.time(tense), **others)

    def liking(self):
        """Somebody likes something; in Spanish it pleases them."""
        subject, tense = self.subject(), self.tense()
        object_phrase = self.noun_phrase(words.LIKE["kinds"].split(), definite=True)
        english, _ = self.verb(words.LIKE, tense, subject, object_phrase)
        (_, link) = english["base"][0]
        pleases = {"verb": [(conjugated(words.LIKE["spanish"], tense, object_phrase.person), link)]}
        clitic = words.PLEASED[subject.pronoun or ("they" if subject.plural else "he")]
        whom = [("a", None), *subject.spanish] if subject.spanish else []
        mode = self.rng.choice(("liking", "liking", "not liking", "question of liking"))
        others = {
            "object": (object_phrase.english, object_phrase.spanish),
            "pronoun": ([], [(clitic, None)]),
            "whom": ([], whom),
        }
        return mode, *self.slots(subject, (english, pleases), **others)

    def report(self):
        """Somebody says or thinks that a subject, often they themselves, has a property."""
        subject = self.subject()
        same = self.themselves(subject)
        about = same if self.chance(0.5) else self.one_of_all()
        slots = self.being(same if about.pronoun == same.pronoun else about)
        clause = [_filled(TEMPLATES["statement"][side], slots[side])[:-1] for side in (0, 1)]
        verb = self.verb(self.rng.choice((words.SAY, words.THINK)), "present", subject)
        return "report", *self.slots(subject, verb, clause=clause)

    def themselves(self, subject):
        """The pronoun that refers to a subject, with the same gender."""
        pronoun = "they" if subject.plural else {"m": "he", "f": "she"}[subject.gender]
        return self.dropped(subject.pronoun or pronoun, subject.gender)


def _object(phrase):
    """A Spanish object: a person has an "a" before it."""
    return [("a", None), *phrase.spanish] if phrase.kind == "person" else phrase.spanish


def _filled(template, slots):
    """The words, with links, of a template in which each {name} is replaced by the words of that slot."""
    parts = [slots[part[1:-1]] if part[0] == "{" else [(part, None)] for part in template.split()]
    return list(itertools.chain.from_iterable(parts))


def _contracted(words):
    """a el -> al, de el -> del"""
    contracted = []
    for word, link in words:
        if word == "el" and contracted and contracted[-1][0] in ("a", "de"):
            contracted[-1] = ({"a": "al", "de": "del"}[contracted[-1][0]], None)
        else:
            contracted.append((word, link))
    return contracted


def _joined(words):
    """(the sentence, {link: positions of its words})"""
    written, positions = [], {}
    opening = ""
    for word, link in words:
        if word in (".", "?"):
            written[-1] += word
        elif word == "¿":
            opening = word
        else:
            positions.setdefault(link, []).append(len(written))
            written.append(opening + word)
            opening = ""
    positions.pop(None, None)
    sentence = re.sub(r"\ba (?=[aeiou])", "an ", " ".join(written))
    return re.sub(r"[^\W\d_]", lambda first: first.group().upper(), sentence, count=1), positions
