"""The built-in sample of the sentiment pipeline: short reviews whose label depends on word order.

    from pipelines.sentiment import sample
    texts, labels = sample.generate()          # 8,000 reviews, half "positive", half "negative"
    names = sample.constructions()                       # the construction of each of them

The reviews (of films, restaurants, products, books, hotels) come from a small grammar of our own; nobody's
text is in it. A template holds slots. `{+be}` takes an opinion of the review's own label, `{-be}` one of the
opposite label, `{~plain}` a random opinion about something else ("Work has been awful lately."). So the template
decides the meaning:

    The {side} was {-plain}, but the {thing} itself was {+plain}.     the second clause is the verdict
    Not once{aside} was the {thing} {-adj}.                           a denied opinion says the opposite

Every template serves both labels, so the words around the opinions say nothing about the label. About as many
opinions contradict the label as agree with it, so the opinion words say little either. What is left is which
opinion is the verdict, and whether it is denied: order and distance. No text occurs twice, so splits share
none. The file is long because of its tables of words and templates.

Accuracy on the last 800 reviews of `generate()` after training on the first 6,400, for seeds 0, 1, 2:

    logistic regression, tf-idf words (C = 1)                     53.2  52.2  56.2 %
    logistic regression, tf-idf words and bigrams (C = 1)         67.2  62.0  65.5 %
    the same with C = 10                                          73.5  69.8  70.1 %
    Bidirectional(LSTM(64)), embedding 64, max pooling            100   100   100 %    40 s of CPU

(tf-idf sublinear, min_df 2. The network: dropout 0.3, Adam 2e-3, 8 epochs of batches of 32; with the last step
in place of the maximum 99.8 %, seed 0.) Generating takes about 0.2 s.
"""

import dataclasses
import random
import re

VERSION = 1  # add one when `generate` returns something else
LABELS = ("negative", "positive")


def _list(text):
    return text.split(", ")


# Opinions by form, each (negative, positive). "plain" fits any noun; "loved" and "love" are verbs.
OPINIONS = {
    "plain": (
        _list("dreadful, terrible, awful, poor, disappointing, dismal, woeful, lousy, horrible")
        + _list("bad, abysmal, unpleasant, rotten, appalling, mediocre, ghastly"),
        _list("wonderful, superb, delightful, terrific, excellent, splendid, brilliant, lovely, fantastic")
        + _list("great, good, pleasant, marvelous, impressive, beautiful, charming"),
    ),
    "noun": (
        _list("a letdown, a mess, a chore, a waste of money, a disaster, an ordeal, a flop, a sorry affair"),
        _list("a joy, a delight, a treat, a triumph, a pleasure, worth every penny, a gem, a success"),
    ),
    "loved": (_list("hated, disliked, loathed, detested"), _list("loved, enjoyed, adored, admired")),
    "love": (_list("hate, dislike, loathe, detest"), _list("love, enjoy, adore, admire")),
}


@dataclasses.dataclass(frozen=True)
class Subject:
    """What a review can be about: the words that its templates need."""

    thing: list  # what is judged
    side: list  # what merely comes with it
    tried: str  # "the last {thing} I {tried}"
    early: list
    late: list
    scene: list  # opening sentences that judge nothing
    bad: list  # adjectives beside the plain ones
    good: list


SUBJECTS = (
    Subject(
        thing=_list("film, movie, comedy, thriller, drama"),
        side=_list("trailer, poster, title, popcorn, soundtrack"),
        tried="saw",
        early=_list("for the first half hour, in the opening scenes, before the break"),
        late=_list("by the closing credits, in the final act, by the last scene"),
        scene=["The cinema was half empty.", "I saw it with my sister.", "It runs for two hours."],
        bad=_list("boring, clumsy, predictable, tedious, silly"),
        good=_list("gripping, moving, clever, witty, engaging"),
    ),
    Subject(
        thing=_list("restaurant, bistro, cafe, diner, pizzeria"),
        side=_list("view, music, website, wallpaper, parking"),
        tried="went to",
        early=_list("for the first ten minutes, over the starters, when we sat down"),
        late=_list("by dessert, by the time the coffee came, at the end of the evening"),
        scene=["We were six at the table.", "It was a busy Friday night.", "We walked in without a booking."],
        bad=_list("overpriced, noisy, cramped, dirty, unfriendly"),
        good=_list("welcoming, friendly, relaxed, inviting, cozy"),
    ),
    Subject(
        thing=_list("kettle, toaster, blender, keyboard, backpack, lamp"),
        side=_list("packaging, manual, website, brochure, delivery"),
        tried="bought",
        early=_list("for the first few days, in the shop, on the first day"),
        late=_list("after a month of daily use, after a few weeks, by the end of the year"),
        scene=["I needed a new one in a hurry.", "It was a present from my aunt.", "We use it every day."],
        bad=_list("flimsy, useless, unreliable, fragile, impractical"),
        good=_list("sturdy, reliable, handy, practical, useful"),
    ),
    Subject(
        thing=_list("novel, book, biography, memoir, mystery"),
        side=_list("cover, title, blurb, preface, typeface"),
        tried="read",
        early=_list("for the first fifty pages, in the opening chapters, at the start"),
        late=_list("by the last page, in the final chapters, by the middle"),
        scene=["I read it on a long train ride.", "Our book club picked it.", "It has four hundred pages."],
        bad=_list("tedious, shallow, confusing, dreary, dull"),
        good=_list("gripping, moving, thoughtful, absorbing, elegant"),
    ),
    Subject(
        thing=_list("hotel, guesthouse, hostel, inn, cottage"),
        side=_list("lobby, view, website, wallpaper, garden"),
        tried="stayed in",
        early=_list("on the first night, when we checked in, for the first hour"),
        late=_list("by the second morning, by the end of the week, when we checked out"),
        scene=["We stayed for five nights.", "It was the middle of August.", "We came with two children."],
        bad=_list("filthy, noisy, damp, uncomfortable, cramped"),
        good=_list("comfortable, cozy, spotless, peaceful, welcoming"),
    ),
)

PEOPLE = _list("the critics, my friends, my parents, our neighbors, my colleagues, the reviewers, our cousins")
ASIDES = _list("as it happens, I have to say, I must admit, frankly, for what it is worth, to be honest")
OPENERS = (
    *("Work has been {~plain} lately.", "It had been a {~plain} week.", "The weather was {~plain} that day."),
    *("I do not write many reviews.", "My sister chose it, not me.", "Let me be brief.", *["{scene}"] * 6),
)
CLOSERS = (
    "The rest of the week was {~plain}, but that is another story.",
    *("Our team played a {~plain} game that night.", "Make of that what you will.", "Others may not agree."),
    *("I never thought I would write that.", "Enough said.", "I do not know what more to say."),
)

# The module's docstring explains the slots of a template. {aside} is a remark between commas, or nothing.
CONSTRUCTIONS = {
    "plain": (
        "The {thing}{aside} was {+be}, and I do not say that lightly.",
        "Make no mistake: this {thing}{aside} was {+be}.",
        "Never mind what {people} say. The {thing}{aside} was {+be}.",
        "I have no doubt that this was{aside} a {+adj} {thing}.",
        "Not everyone will agree, but I found the {thing} {+be}.",
        "I cannot remember{aside} when a {thing} was so {+adj}.",
    ),
    "negation": (
        "I would not{aside} call this {thing} {-be}, not by a long way.",
        "Not once{aside} was the {thing} {-adj}.",
        "There was{aside} nothing {-adj} about this {thing}.",
        "At no point{aside} did the {thing} seem {-adj}.",
        "I looked for something {-adj} in this {thing} and{aside} found nothing.",
        "The {thing} was not{aside} {-adj} at all.",
        "This {thing} was{aside} anything but {-be}.",
        "There was never{aside} a {-plain} moment with this {thing}.",
    ),
    "double negation": (
        "Nobody can tell me{aside} that this {thing} was not {+be}.",
        "There was not a moment{aside} when the {thing} was not {+plain}.",
        "This {thing} was never{aside} anything but {+be}.",
        "Do not believe anyone who says that the {thing} was not {+be}.",
        "I cannot{aside} claim that I did not find the {thing} {+be}.",
        "It is not true{aside} that this {thing} was not {+adj}.",
    ),
    "contrast": (
        "The {side} was {-plain}{aside}, but the {thing} itself was {+plain}.",
        "We found the {side} {-plain}, but{aside} the {thing} {+plain}.",
        "The {side} was {-plain}. The {thing}{aside} was not.",
        "The {side} was {+plain}, and so{aside} was the {thing}.",
        "Yes, the {side} was {-plain}. The {thing}, however, was{aside} {+plain}.",
    ),
    "concession": (
        "Although the {side} was {-plain}{aside}, the {thing} was {+plain}.",
        "The {thing} was {+plain}{aside}, although the {side} was {-plain}.",
        "Despite the {-plain} {side}, it was{aside} a {+plain} {thing}.",
        "It was{aside} a {+plain} {thing} despite the {-plain} {side}.",
        "Never mind that the {side} was {-plain}: the {thing}{aside} was {+plain}.",
        "{-plain} as the {side} was{aside}, the {thing} was {+plain}.",
    ),
    "expectation": (
        "I expected to {-love} this {thing} and{aside} could not.",
        "I expected to {+love} this {thing} and{aside} I did.",
        "I was sure that the {thing} would be {-be}. It was{aside} nothing of the kind.",
        "We thought the {thing} would be {+be}, and so{aside} it was.",
        "We expected a {-adj} {thing} and{aside} got a {+adj} one.",
        "We got a {+adj} {thing} where we had expected a {-adj} one.",
    ),
    "attribution": (
        "{people} called the {thing} {-be}; I found it{aside} {+be}.",
        "I found the {thing} {+be}{aside}, though {people} called it {-be}.",
        "{people} {-loved} this {thing}. I{aside} did not.",
        "{people} {+loved} this {thing}, and so{aside} did I.",
        "{people} told me that the {thing} was {-be}, and{aside} they were wrong.",
        "{people} told me that the {thing} was {+be}, and{aside} they were right.",
        "{people} called this a {-adj} {thing}. I could not agree less.",
        "{people} called this a {+adj} {thing}. I could not agree more.",
    ),
    "comparison": (
        "The last {thing} I {tried} was {-be}; this one{aside} was {+be}.",
        "This {thing} was{aside} as {+adj} as the last one was {-adj}.",
        "Unlike the last {thing} I {tried}, which was {-be}, this one was {+be}.",
        "Unlike this {thing}, which was {+be}, the last one I {tried} was {-be}.",
        "The last {thing} I {tried} was {-be}. This one{aside} was quite the opposite.",
        "The last {thing} I {tried} was {+be}. This one{aside} was much the same.",
        "This {thing} was{aside} far more {+adj} than {-adj}.",
    ),
    "change of mind": (
        "The {thing} seemed {-be} {early}; {late} I knew that it was {+be}.",
        "{late} I knew that the {thing} was {+be}{aside}, though {early} it had seemed {-be}.",
        "{early} I thought the {thing} {-be}. {late} I thought{aside} the opposite.",
        "{early} I thought the {thing} {+be}. {late} I still did.",
        "{early} I thought the {thing} {-be}, and I was wrong.",
        "{early} I thought the {thing} {+be}, and I was right.",
    ),
    "hypothetical": (
        "This {thing} could so easily have been {-be}. It was not{aside}.",
        "In other hands this {thing} might have been {-be}; as it is, it is{aside} {+be}.",
        "If the {thing} had been {-be}{aside}, I would tell you. It was {+be}.",
        "Had you asked me before, I would have called the {thing} {-be}. Now{aside} I call it {+be}.",
        "If you asked me whether the {thing} was {-be}, I would{aside} say no.",
        "If you asked me whether the {thing} was {+be}, I would{aside} say yes.",
        "Would I have called the {thing} {+be} if nobody had asked? I would.",
        "Rarely{aside} can a {thing} have been so {+adj}.",
    ),
}


def generate(size=8000, seed=0):
    """(texts, labels) of `size` distinct reviews in random order, with equal shares of labels and constructions."""
    texts, labels, _ = zip(*_reviews(size, seed), strict=True)
    return list(texts), list(labels)


def constructions(size=8000, seed=0):
    """The construction (a key of `CONSTRUCTIONS`) of each review of `generate(size, seed)`, in its order."""
    return [name for _, _, name in _reviews(size, seed)]


def write(template, label, rng, subject=None):
    """One text: the template filled in to say `label` about `subject` (None: one that `rng` draws)."""
    subject = subject or rng.choice(SUBJECTS)
    words = {name: rng.choice(getattr(subject, name)) for name in ("thing", "side", "early", "late", "scene")}
    words["tried"] = subject.tried
    words["people"] = rng.choice(PEOPLE)
    words["aside"] = f", {rng.choice(ASIDES)}," if rng.random() < 0.5 else ""
    own = LABELS.index(label)

    def fill(slot):
        sign, name = slot.groups()
        if not sign:
            return words[name]
        return _opinion(name, {"+": own, "-": 1 - own, "~": rng.randrange(2)}[sign], subject, rng)

    return _punctuate(re.sub(r"{([-+~]?)(\w+)}", fill, template))


def _reviews(size, seed):
    """(text, label, construction) of each review."""
    if size < 1:
        raise ValueError(f"The sample's size must be 1 or more, received {size}: try generate(size=8000).")
    rng = random.Random(seed)
    names = list(CONSTRUCTIONS)
    reviews = {}
    while len(reviews) < size:
        turn, polarity = divmod(len(reviews), 2)
        name, label = names[turn % len(names)], LABELS[polarity]
        text = write(_template(name, rng), label, rng)
        reviews.setdefault(text, (text, label, name))
    reviews = list(reviews.values())
    rng.shuffle(reviews)
    return reviews


def _template(name, rng):
    """One of the construction's templates, often with a sentence around it that does not judge the thing."""
    opener = rng.choice(OPENERS) if rng.random() < 0.5 else ""
    closer = rng.choice(CLOSERS) if rng.random() < 0.3 else ""
    return f"{opener} {rng.choice(CONSTRUCTIONS[name])} {closer}".strip()


def _opinion(form, polarity, subject, rng):
    """An opinion word; "be" is any adjective or noun, "adj" any adjective."""
    if form == "be" and rng.random() < 0.3:
        form = "noun"
    if form in OPINIONS:
        return rng.choice(OPINIONS[form][polarity])
    if rng.random() < 0.4:
        return rng.choice((subject.bad, subject.good)[polarity])
    return rng.choice(OPINIONS["plain"][polarity])


def _punctuate(text):
    """One comma where an aside meets a stop, "an" before a vowel, a capital at each sentence's start."""
    text = re.sub(r",(?=[,.;])", "", text)
    text = re.sub(r"\b([Aa]) (?=[aeio]|un)", r"\1n ", text)
    return re.sub(r"(?:^|(?<=[.!?] ))[a-z]", lambda first: first.group().upper(), text)
