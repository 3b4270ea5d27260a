"""The built-in sample of the classification pipeline: requests to a shop, each of some of six topics, or of none.

    from pipelines.classification import sample
    columns = sample.generate()          # {"text": 4,000 requests, "label": a list of topics for each}

The requests come from a small grammar of our own; nobody's text is in it. A request has a few sentences. One of a topic
complains about a thing of that topic, in words of the topic ("I was charged twice.") or in any ("The invoice is a
mess."). Some sentences praise a thing instead ("No complaints about the courier."), which is no topic, so that words
alone nearly decide, but not quite: what is said of a thing counts. A part of the requests has no topic at all.
No text occurs twice, so splits share none. Generating takes about 0.1 s.
"""

import random

VERSION = 1  # add one when `generate` returns something else
SHARES = (0.1, 0.45, 0.35, 0.1)  # of requests with no topic, with one, two and three


def _list(text):
    return text.split("; ")


# For each topic: its things, and complaints in its own words.
TOPICS = {
    "account": (
        _list("account; password; login; profile; sign-in page; user name"),
        _list("I cannot log in any more; The reset link never works; Please close my account; My user name is taken; "
              "It signs me out every minute; I want to change my e-mail address"),
    ),
    "billing": (
        _list("invoice; bill; payment; receipt; refund; card charge"),
        _list("I was charged twice; You billed the wrong card; Where is my refund; The discount was not applied; "
              "I need a copy of the receipt; The tax on it is wrong"),
    ),
    "delivery": (
        _list("parcel; delivery; courier; shipment; tracking number; package"),
        _list("It has not arrived; It was left in the rain; It went to the wrong address; It is a week late; "
              "The driver never rang the bell; It has been in transit for days"),
    ),
    "product": (
        _list("kettle; lamp; battery; screen; zip; handle"),
        _list("It broke on the first day; It does not switch on; A part is missing; The colour is not the one shown; "
              "It makes a strange noise; It is much smaller than described"),
    ),
    "returns": (
        _list("return; exchange; return label; replacement; return form; pick-up"),
        _list("I want to send it back; How do I exchange it; You rejected what I sent back; "
              "The label does not print; I would like another size; Nobody came to pick it up"),
    ),
    "staff": (
        _list("assistant; hotline; chat; manager; clerk; support team"),
        _list("Nobody answers the phone; He hung up on me; I was put on hold for an hour; She was rude to me; "
              "They keep sending me the same reply; No one could help me"),
    ),
}  # fmt: skip
BAD = _list("is a mess; is a problem again; needs looking into; is why I am writing; is not what I expect; is useless; "
            "leaves me angry; has gone wrong")  # fmt: skip
GOOD = _list("is fine; was no problem; is all right now; works well; is not why I am writing; is good as ever; "
             "leaves nothing to wish for; has been sorted out")  # fmt: skip
COMPLAINTS = ("The {thing} {bad}.", "My {thing} {bad}.", "I must complain about the {thing}.", "{own}.", "{own}.")
PRAISE = ("The {thing} {good}.", "My {thing} {good}.", "No complaints about the {thing}.", "Thanks for the {thing}.")
JOINED = ("The {praised} {good}, but the {thing} {bad}.", "The {thing} {bad}, though the {praised} {good}.")
OPENERS = _list("Hello; Good morning; Dear all; Hi there; To whom it may concern; Good evening; Hello again")
CLOSERS = _list("Please let me know; Thank you; Kind regards; I look forward to your reply; Many thanks; "
                "Please write back soon; Have a nice day; This is urgent")  # fmt: skip
ASIDES = _list("I have been a customer for years; I ordered on Monday; It was a present; A friend told me about you; "
               "I live in the country; I wrote to you last week; My order is the blue one")  # fmt: skip


def generate(size=4000, seed=0):
    """{"text": requests, "label": a list of topics for each, in their order, which may be empty}.

    >>> columns = generate(size=20)
    >>> len(columns["text"]), columns["label"][0] == sorted(columns["label"][0])
    (20, True)
    """
    if size < 1:
        raise ValueError(f"The sample's size must be 1 or more, received {size}: try generate(size=4000).")
    rng, requests = random.Random(seed), {}
    while len(requests) < size:
        topics = sorted(rng.sample(list(TOPICS), rng.choices(range(len(SHARES)), SHARES)[0]))
        requests.setdefault(write(topics, rng), topics)
    return {"text": list(requests), "label": list(requests.values())}


def write(topics, rng):
    """A request of these topics, a text."""
    others = [topic for topic in TOPICS if topic not in topics]
    sentences = [_sentence(topic, others, rng) for topic in topics]
    sentences += [_filled(rng.choice(PRAISE), rng.choice(others), None, rng) for _ in range(rng.randrange(2))]
    sentences += [f"{rng.choice(ASIDES)}." for _ in range(rng.choice((0, 1) if topics else (1, 2)))]
    rng.shuffle(sentences)
    opener = f"{rng.choice(OPENERS)}, " if rng.random() < 0.4 else ""
    closer = f" {rng.choice(CLOSERS)}." if rng.random() < 0.4 else ""
    text = " ".join(dict.fromkeys(sentences))
    return f"{opener}{text[0].lower() if opener and not text.startswith('I ') else text[0]}{text[1:]}{closer}"


def _sentence(topic, others, rng):
    """A complaint about a thing of a topic, sometimes beside praise of a thing of another."""
    if rng.random() < 0.3:
        return _filled(rng.choice(JOINED), topic, rng.choice(others), rng)
    return _filled(rng.choice(COMPLAINTS), topic, None, rng)


def _filled(template, topic, praised, rng):
    things, own = TOPICS[topic]
    return template.format(
        thing=rng.choice(things),
        own=rng.choice(own),
        praised=rng.choice(TOPICS[praised][0]) if praised else "",
        bad=rng.choice(BAD),
        good=rng.choice(GOOD),
    )
