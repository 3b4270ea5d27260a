"""The grammar of the built-in sample of the translation pipeline: one sentence in English and Spanish at once.

    write(random.Random(0))    -> Pair("Was the uncle tired?", "¿Estaba cansado el tío?", links, combinations)

`TEMPLATES` holds the sentences, with slots; `Writer` fills them, both languages in step. Words travel as (word, link)
lists; words that translate each other share a link, function words have none.
"""

import dataclasses
import itertools
import re

from pipelines.translation.grammar import words
from pipelines.translation.grammar.words import conjugated, inflected

# English and Spanish at once; {finite}, {aux}, {base} and {verb} are the English and the Spanish verb, {rest} is all
# that follows: object, place or adjective.
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
    person: int = 2  # place in the tables of verbs
    plural: bool = False
    gender: str = "m"
    kind: str = "person"
    nouns: tuple = ()  # none of pronouns and names
    pronoun: str | None = None  # if it is one, in English

    @property
    def form(self):
        """The column of tables: "m", "f", "ms", "fs"."""
        return self.gender + "s" * self.plural


@dataclasses.dataclass(frozen=True)
class Pair:
    """A sentence in both languages, its links (place in the source, in the target), and its combinations."""

    source: str
    target: str
    alignment: list
    combinations: frozenset  # of (adjective or verb, noun), the Spanish words as a dictionary has them


def write(rng):
    """One `Pair`, drawn by `rng`."""
    writer = Writer(rng)
    constructions = (writer.deed, writer.state, writer.rest, writer.pronoun, writer.liking, writer.report)
    (construction,) = rng.choices(constructions, (30, 28, 8, 12, 12, 10))
    name, english, spanish = construction()
    source, source_places = _joined(_filled(TEMPLATES[name][0], english))
    target, target_places = _joined(_contracted(_filled(TEMPLATES[name][1], spanish)))
    alignment = [
        (place, other)
        for link in sorted(source_places.keys() & target_places.keys())
        for place in source_places[link]
        for other in target_places[link]
    ]
    return Pair(source, target, sorted(alignment), frozenset(writer.combinations))


class Writer:
    """Draws a sentence. Each construction gives (name of the template, English slots, Spanish slots)."""

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
        """When: once a sentence."""
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
        """A noun with a determiner, often an adjective, and (if not simple) an owner, a place or a clause."""
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
        """An article or the like, half of the time "the"."""
        without = (words.LOOSE if definite else ()) + (words.OWNERS if phrase.nouns[0] in words.NOBODYS else ())
        fitting = [one for one in words.DETERMINERS[1:] if one[phrase.form] != "-" and one["english"] not in without]
        one = self.rng.choice(fitting) if self.chance(0.5) else words.DETERMINERS[0]
        linked = self.linked(one["english"], one[phrase.form])
        return linked if one["english"] in words.NUMBERS else tuple([(word, None)] for [(word, _)] in linked)

    def the(self, phrase):
        article = words.DETERMINERS[0]
        return [(article["english"], None)], [(article[phrase.form], None)]

    def described(self, phrase, english, spanish):
        """The noun with an adjective: before it, after it in Spanish."""
        adjective = self.adjective(phrase)
        self.combinations.add((adjective["spanish"], *phrase.nouns))
        before, after = self.linked(adjective["english"], inflected(adjective["spanish"], phrase.form))
        return before + english, spanish + after

    def owner(self, phrase):
        """What stands around a noun: Ana's car -> el coche de Ana."""
        owner = self.person()
        last, link = owner.english[-1]
        english = [*owner.english[:-1], (last + ("'" if last.endswith("s") else "'s"), link)]
        return (english, self.the(phrase)[1]), ([], [("de", None), *owner.spanish])

    def location(self, phrase):
        """The same: the chairs in the garden -> las sillas del jardín."""
        place = self.noun_phrase(["place"], simple=True, definite=True)
        return self.the(phrase), ([("in", None), *place.english], [("de", None), *place.spanish])

    def clause(self, phrase):
        """The same: the chairs that the man painted -> las sillas que el hombre pintó."""
        subject, tense = self.subject(), self.tense()
        english, spanish = self.verb(self.rng.choice(self.deeds(phrase.kind)), tense, subject, phrase)
        time, spanish_time = self.time(tense, 0.2)
        return self.the(phrase), (
            [("that", None), *subject.english, *english["finite"], *time],
            [("que", None), *subject.spanish, *spanish["verb"], *spanish_time],
        )

    def deeds(self, kind):
        """Verbs of which such a thing can be the object."""
        return [verb for verb in words.TRANSITIVE if kind in verb["kinds"].split()]

    def place(self):
        """In a place, near it, behind it."""
        preposition = self.rng.choice(list(words.PLACES))
        phrase = self.noun_phrase(["place"], simple=True, definite=True)
        spanish = [(word, None) for word in words.PLACES[preposition].split()]
        return [(preposition, None), *phrase.english], [*spanish, *phrase.spanish]

    # Verbs

    def verb(self, verb, tense, subject, thing=None):
        """({"finite", "aux", "base"}, {"verb"}) of a verb, done by the subject to the thing."""
        if thing:
            self.combinations |= {(verb["spanish"], noun) for noun in thing.nouns}
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
        """The same of "to be" with an adjective, which is {rest}."""
        self.combinations |= {(adjective["spanish"], noun) for noun in subject.nouns}
        form = [(words.BE[tense].split()[subject.person], None)]
        base = [("be", None)] * (tense == "future")
        english, spanish = self.linked(adjective["english"], inflected(adjective["spanish"], subject.form))
        verb = [(conjugated(adjective["copula"], tense, subject.person), None)]
        return {"finite": form + base, "aux": form, "base": base, "rest": english}, {"verb": verb, "rest": spanish}

    # Constructions

    def slots(self, subject, verb, **others):
        """Slots of both languages: the subject, those of the verb, and `others`, pairs of lists."""
        others["subject"] = (subject.english, subject.spanish)
        english, spanish = ({name: pair[side] for name, pair in others.items()} for side in (0, 1))
        return english | verb[0], spanish | verb[1]

    def deed(self):
        """Somebody does something to something."""
        subject, verb, tense = self.subject(), self.rng.choice(words.TRANSITIVE), self.tense()
        thing = self.noun_phrase(verb["kinds"].split())
        return self.told(subject, self.verb(verb, tense, subject, thing), tense, (thing.english, _object(thing)))

    def rest(self):
        """Somebody does something somewhere."""
        subject, tense = self.subject(), self.tense()
        return self.told(subject, self.verb(self.rng.choice(words.RESTING), tense, subject), tense, self.place())

    def told(self, subject, verb, tense, rest):
        modes = ("statement", "early", "negation", "question", "open question")
        (mode,) = self.rng.choices(modes, (35, 15, 20, 15, 15))
        time = self.time(tense, 1 if mode == "early" else 0.35)
        asked = self.linked(*self.rng.choice(list(words.QUESTIONS.items())))
        return mode, *self.slots(subject, verb, rest=rest, time=time, asked=asked)

    def state(self):
        """Somebody or something is so."""
        (mode,) = self.rng.choices(("statement", "negation", "question of state"), (55, 20, 25))
        return mode, *self.being(self.one_of_all())

    def one_of_all(self):
        """A subject that is a thing as often as a person."""
        return self.subject() if self.chance(0.4) else self.noun_phrase([noun["kind"] for noun in words.NOUNS])

    def being(self, subject):
        """Slots of a subject that is so; what is so for ever is not so today."""
        adjective, tense = self.adjective(subject), self.tense()
        time = self.time(tense) if adjective["copula"] == "estar" else ([], [])
        return self.slots(subject, self.to_be(adjective, tense, subject), time=time)

    def adjective(self, phrase):
        """One that fits the phrase, and is not there yet."""
        fitting = [one for one in words.ADJECTIVES if phrase.kind in one["kinds"].split()]
        used = {adjective for adjective, noun in self.combinations if noun in phrase.nouns}
        return self.rng.choice([one for one in fitting if one["spanish"] not in used])

    def pronoun(self):
        """Somebody does something to something, and something else to it."""
        subject, tense = self.subject(), self.tense()
        thing = self.noun_phrase([noun["kind"] for noun in words.NOUNS], simple=True)
        first, again = self.rng.sample(self.deeds(thing.kind), 2)
        verb, other = (self.verb(one, tense, subject, thing) for one in (first, again))
        second = other[0]["base" if tense == "future" else "finite"], other[1]["verb"]
        it = {"m": "him", "f": "her"} if thing.kind == "person" else {"m": "it", "f": "it"}
        pronoun = [(it.get(thing.form, "them"), None)], [(words.CLITICS[thing.form], None)]
        others = {"object": (thing.english, _object(thing)), "pronoun": pronoun, "second": second}
        return "pronoun", *self.slots(subject, verb, time=self.time(tense), **others)

    def liking(self):
        """Somebody likes something, which in Spanish pleases them."""
        subject, tense = self.subject(), self.tense()
        thing = self.noun_phrase(words.LIKE["kinds"].split(), definite=True)
        english, _ = self.verb(words.LIKE, tense, subject, thing)
        (_, link) = english["base"][0]
        pleases = {"verb": [(conjugated(words.LIKE["spanish"], tense, thing.person), link)]}
        clitic = words.PLEASED[subject.pronoun or ("they" if subject.plural else "he")]
        whom = [("a", None), *subject.spanish] if subject.spanish else []
        mode = self.rng.choice(("liking", "liking", "not liking", "question of liking"))
        others = {"object": (thing.english, thing.spanish), "pronoun": ([], [(clitic, None)]), "whom": ([], whom)}
        return mode, *self.slots(subject, (english, pleases), **others)

    def report(self):
        """Somebody says or thinks that somebody or something is so, often they themselves."""
        subject = self.subject()
        same = self.themselves(subject)
        about = same if self.chance(0.5) else self.one_of_all()
        slots = self.being(same if about.pronoun == same.pronoun else about)
        clause = [_filled(TEMPLATES["statement"][side], slots[side])[:-1] for side in (0, 1)]
        verb = self.verb(self.rng.choice((words.SAY, words.THINK)), "present", subject)
        return "report", *self.slots(subject, verb, clause=clause)

    def themselves(self, subject):
        """The pronoun of a subject, of the same gender."""
        pronoun = "they" if subject.plural else {"m": "he", "f": "she"}[subject.gender]
        return self.dropped(subject.pronoun or pronoun, subject.gender)


def _object(phrase):
    """A Spanish object: a person has an "a" before it."""
    return [("a", None), *phrase.spanish] if phrase.kind == "person" else phrase.spanish


def _filled(template, slots):
    """Words with links: those of the template, and in place of {name} those of the slot."""
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
    """(the sentence, {link: places of its words})"""
    written, places = [], {}
    opening = ""
    for word, link in words:
        if word in (".", "?"):
            written[-1] += word
        elif word == "¿":
            opening = word
        else:
            places.setdefault(link, []).append(len(written))
            written.append(opening + word)
            opening = ""
    places.pop(None, None)
    sentence = re.sub(r"\ba (?=[aeiou])", "an ", " ".join(written))
    return re.sub(r"[^\W\d_]", lambda first: first.group().upper(), sentence, count=1), places
