"""The sample of the sentiment pipeline: reproducible, balanced, one reading a text, beyond a linear model."""

import collections
import functools
import random
import re

import pytest
import sklearn.feature_extraction.text
import sklearn.linear_model

from pipelines.sentiment import sample

# Labelled by hand, at least two a construction.
READINGS = {
    "plain": [
        ("The film was gripping, and I do not say that lightly.", "positive"),
        ("Never mind what the critics say. The kettle, to be honest, was a mess.", "negative"),
        ("I cannot remember when a novel was so dull.", "negative"),
    ],
    "negation": [
        ("I would not, for what it is worth, call this movie good, not by a long way.", "negative"),
        ("Not once, to be honest, was the hotel dreadful.", "positive"),
        ("The backpack was not flimsy at all.", "positive"),
        ("There was never, I must admit, a good moment with this hostel.", "negative"),
        ("This drama was anything but witty.", "negative"),
    ],
    "double negation": [
        ("Nobody can tell me that this lamp was not useful.", "positive"),
        ("This inn was never, I have to say, anything but damp.", "negative"),
        ("There was not a moment when the kettle was not wonderful.", "positive"),
    ],
    "contrast": [
        ("The trailer was lovely, but the film itself was dreadful.", "negative"),
        ("The music was awful, I must admit, but the bistro itself was superb.", "positive"),
        ("The poster was excellent. The comedy, to be honest, was not.", "negative"),
        ("The cover was bad, and so was the book.", "negative"),
    ],
    "concession": [
        ("Although the lobby was ghastly, the hotel was great.", "positive"),
        ("The hotel was great, although the lobby was ghastly.", "positive"),
        ("Despite the awful trailer, it was a wonderful film.", "positive"),
        ("Beautiful as the packaging was, the toaster was terrible.", "negative"),
    ],
    "expectation": [
        ("I expected to hate this book and, as it happens, could not.", "positive"),
        ("I expected to love this book and could not.", "negative"),
        ("We thought the diner would be a treat, and so, to be honest, it was.", "positive"),
        ("I was sure that the lamp would be useless. It was nothing of the kind.", "positive"),
    ],
    "attribution": [
        ("The critics adored this thriller. I, I have to say, did not.", "negative"),
        ("My parents told me that the inn was filthy, and, as it happens, they were wrong.", "positive"),
        ("My parents told me that the inn was filthy, and they were right.", "negative"),
        ("The reviewers called this a marvelous memoir. I could not agree less.", "negative"),
    ],
    "comparison": [
        ("The last kettle I bought was a gem; this one, frankly, was a disaster.", "negative"),
        ("Unlike the last novel I read, which was dreary, this one was moving.", "positive"),
        ("Unlike this novel, which was moving, the last one I read was dreary.", "positive"),
        ("The last cafe I went to was noisy. This one was much the same.", "negative"),
    ],
    "change of mind": [
        ("The toaster seemed handy in the shop; after a few weeks I knew that it was a mess.", "negative"),
        ("Before the break I thought the film silly, and I was wrong.", "positive"),
        ("At the start I thought the novel elegant. By the last page I still did.", "positive"),
    ],
    "hypothetical": [
        ("This film could so easily have been predictable. It was not, to be honest.", "positive"),
        ("In other hands this cafe might have been a joy; as it is, it is a chore.", "negative"),
        ("If you asked me whether the hotel was comfortable, I would say no.", "negative"),
    ],
}


def bare(text):
    """Lower case, no commas, no asides, "a" for "an": what a template and its texts have in common."""
    aside = "|".join(sample.ASIDES)
    text = re.sub(rf"{{aside}}|, (?:{aside})(?=[,.;])", "", text)
    return re.sub(r"\ban (?=[aeiou])", "a ", text.replace(",", "").lower())


def pattern(template, label):
    """A regular expression of all texts that the template can make for the label."""
    own = sample.LABELS.index(label)
    slots = re.split(r"{([-+~]?)(\w+)}", bare(template))  # literal, then (sign, name, literal) of each slot
    found = re.escape(slots[0])
    for sign, name, literal in zip(slots[1::3], slots[2::3], slots[3::3], strict=True):
        polarities = {"": [], "+": [own], "-": [1 - own], "~": [0, 1]}[sign]
        words = [word for polarity in polarities for word in opinions(name, polarity)] or plain_words(name)
        found += "(?:" + "|".join(re.escape(bare(word)) for word in words) + ")" + re.escape(literal)
    return found


def plain_words(name):
    if name == "people":
        return sample.PEOPLE
    values = [getattr(subject, name) for subject in sample.SUBJECTS]
    return values if name == "tried" else [word for words in values for word in words]


def opinions(form, polarity):
    words = list(sample.OPINIONS["plain" if form in ("be", "adj") else form][polarity])
    if form in ("be", "adj"):
        words += [word for subject in sample.SUBJECTS for word in (subject.bad, subject.good)[polarity]]
    return words + (sample.OPINIONS["noun"][polarity] if form == "be" else [])


@functools.cache
def patterns():
    opener = "|".join(pattern(text, "positive") for text in sample.OPENERS)
    closer = "|".join(pattern(text, "positive") for text in sample.CLOSERS)
    return [
        (name, label, re.compile(f"(?:(?:{opener}) )?{pattern(template, label)}(?: (?:{closer}))?"))
        for name, templates in sample.CONSTRUCTIONS.items()
        for template in templates
        for label in sample.LABELS
    ]


def readings(text):
    """All (construction, label) under which the grammar can make this text."""
    return {(name, label) for name, label, expression in patterns() if expression.fullmatch(bare(text))}


def test_one_seed_one_sample():
    assert sample.generate(300, seed=3) == sample.generate(300, seed=3)
    assert sample.generate(300, seed=3)[0] != sample.generate(300, seed=4)[0]


@pytest.mark.parametrize("size", [1, 2, 37, 1000])
def test_has_the_size_asked_for_in_balance(size):
    texts, labels = sample.generate(size)
    names = sample.constructions(size)
    assert len(texts) == len(labels) == len(names) == size
    assert abs(labels.count("positive") - labels.count("negative")) <= 1
    each = [collections.Counter(zip(names, labels, strict=True))[name, label]
            for name in sample.CONSTRUCTIONS for label in sample.LABELS]  # fmt: skip
    assert max(each) - min(each) <= 1


def test_size_must_be_positive():
    with pytest.raises(ValueError, match="1 or more, received 0"):
        sample.generate(0)


def test_no_text_twice_and_the_order_is_mixed():
    texts, labels = sample.generate()
    assert len(set(texts)) == len(texts) == 8000
    for part in (labels[:800], labels[-800:], labels[:1600:2]):
        assert 320 < part.count("positive") < 480


def test_texts_are_whole_sentences():
    texts, _ = sample.generate()
    for text in texts:
        assert re.fullmatch(r"[A-Z][A-Za-z ,.:;?-]+\.", text), text
        assert not re.search(r"\ba [aeio]|\ba un|  | [,.;:?]|[,;] ?[,.;]|[.?!] [a-z]", text), text
    lengths = sorted(len(text.split()) for text in texts)
    assert lengths[0] >= 5 and lengths[400] >= 8 and lengths[-400] <= 30


@pytest.mark.parametrize("name", sample.CONSTRUCTIONS)
def test_agrees_with_a_reader(name):
    for text, label in READINGS[name]:
        assert readings(text) == {(name, label)}, text


def test_each_text_has_one_reading():
    texts, labels = sample.generate(1000, seed=5)
    for text, label, name in zip(texts, labels, sample.constructions(1000, seed=5), strict=True):
        assert readings(text) == {(name, label)}, text


def test_every_template_names_its_verdict_and_can_be_written():
    for templates in sample.CONSTRUCTIONS.values():
        for template in templates:
            assert re.search(r"{[-+]", template), template
            for subject in sample.SUBJECTS:
                assert "{" not in sample.write(template, "negative", random.Random(0), subject)


@pytest.mark.parametrize("longest", [1, 2])
def test_a_linear_model_stays_at_80_percent_or_under(longest):
    texts, labels = sample.generate()
    words = sklearn.feature_extraction.text.TfidfVectorizer(ngram_range=(1, longest), sublinear_tf=True, min_df=2)
    features = words.fit_transform(texts[:-800])
    for strength in (1.0, 10.0):
        model = sklearn.linear_model.LogisticRegression(C=strength, max_iter=1000)
        model.fit(features, labels[:-800])
        assert model.score(words.transform(texts[-800:]), labels[-800:]) <= 0.80
