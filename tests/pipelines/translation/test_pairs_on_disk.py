"""Pairs that are larger than memory: splits, ids, batches and the dictionary are those of plain lists and dictionaries.

The references are written out here over lists, dictionaries and strings, and share nothing with what they are compared
with but what a word and a sentence are.
"""

import collections
import hashlib
import itertools

import hypothesis
import numpy as np
import pytest
from conftest import pairs
from hypothesis import strategies

from pipelines.shared.data import splits, stored
from pipelines.shared.text import counting
from pipelines.translation import baselines, data, preprocessor
from pipelines.translation.config import Config

SENTENCES = strategies.one_of(
    strategies.sampled_from([f"{mark}{number}" for number in range(9) for mark in ("a ", "A  ", "á", "á", "ﬁ")]),
    strategies.text(max_size=6),
)
PAIRS = strategies.lists(strategies.tuples(SENTENCES, SENTENCES), max_size=60)
SETTINGS = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=60
)


@pytest.fixture(params=[0, 2**26], ids=["on disk", "in memory"])
def limit(request, monkeypatch):
    monkeypatch.setattr(stored, "IN_MEMORY", request.param)
    monkeypatch.setattr(stored, "BLOCK", 3)


def columns(rows):
    """Pairs as `data.load_examples` gives them."""
    return dict(zip(("source", "target"), stored.columns(rows, stored.Texts, stored.Texts), strict=True))


def plain_split(rows, parts):
    """{name: pairs}: groups of pairs that share a sentence, merged set by set, in the order of their first pairs."""
    seen = [tuple(map(splits.content, pair)) for pair in rows]
    groups = []  # [({(side, sentence)}, [row])]
    for row, pair in enumerate(seen):
        own = (set(enumerate(pair)), [row])
        near = [group for group in groups if group[0] & own[0]]
        groups = [group for group in groups if not group[0] & own[0]]
        groups.append((own[0].union(*(group[0] for group in near)), own[1] + [r for group in near for r in group[1]]))
    hashed = [
        (hashlib.sha256("\0".join(min(seen[row] for row in group)).encode()).digest(), group) for _, group in groups
    ]
    chosen = {name: [] for name in ("train", *parts)}
    for _, group in sorted(hashed):
        fitting = (
            name for name, share in parts.items() if len(chosen[name]) + len(group) <= max(1, round(share * len(rows)))
        )
        chosen[next(fitting, "train")] += group
    return {name: [rows[row] for row in sorted(numbers)] for name, numbers in chosen.items()}


@hypothesis.given(rows=PAIRS, parts=strategies.sampled_from([{"valid": 0.1, "test": 0.2}, {"test": 0.6}, {}]))
@SETTINGS
def test_splits_are_those_of_sets_of_sentences(limit, rows, parts):
    cut = data.split(columns(rows), parts)
    assert {name: list(zip(part["source"], part["target"], strict=True)) for name, part in cut.items()} == plain_split(
        rows, parts
    )


def test_a_chain_of_pairs_is_one_group(limit):
    rows = [(f"s{number // 2}", f"t{(number + 1) // 2}") for number in range(2001)] + [("alone", "solo")]
    order = np.random.default_rng(0).permutation(len(rows))
    cut = data.split(columns([rows[row] for row in order]), {"test": 0.5})
    assert list(cut["test"]["source"]) == ["alone"] and len(cut["train"]["source"]) == 2001


def test_pairs_that_share_a_sentence_with_the_training_split_are_counted(limit, caplog):
    train, valid = [("a", "b"), ("c", "d")], [("a", "x"), ("x", "y"), ("z", "d"), ("b", "a")]
    loaded = {"train": columns(train), "valid": columns(valid)}
    splits.check(loaded, "pairs", data._sentences, "shared")
    assert caplog.messages == ["valid: 2 of 4 shared"]


def plain_epoch(lengths, batch_size, seed, epoch):
    """The rows of the batches of an epoch: sorted by (target's, source's) length, cut by tokens, and shuffled."""
    chance = np.random.default_rng([seed, epoch])
    ties = chance.random(len(lengths))
    order = sorted(range(len(lengths)), key=lambda row: (lengths[row], ties[row]))
    longer = [max(lengths[row]) for row in order]
    starts = [0]
    for position in range(1, len(order)):
        tokens = (position + 1 - starts[-1]) * max(longer[starts[-1] : position + 1])
        if tokens > batch_size * sum(longer) / len(longer):
            starts.append(position)
    batches = [order[start:end] for start, end in itertools.pairwise([*starts, len(order)])]
    return [batches[number] for number in chance.permutation(len(batches))]


@pytest.mark.parametrize("planned", [None, 100], ids=["as set", "fewer in the time"])
def test_batches_are_those_of_lists(limit, planned):
    config = Config(subword_dropout=0.2, batch_size=7, max_length=24, seed=3, epochs=planned or 5)
    examples = columns(zip(*pairs(80), strict=True))
    made = preprocessor.prepare(examples, config)
    batches = preprocessor.batches(made, examples, config, True)
    if planned:
        batches.planned(5)
    epochs = batches.repeat(5).as_numpy_iterator()
    texts = [
        pair
        for pair in zip(examples["source"], examples["target"], strict=True)
        if max(len(made.sources(pair[:1])[0]), len(made.targets(pair[1:])[0])) <= 24
    ]
    assert 10 < len(texts) < 80
    sources, targets = map(list, zip(*texts, strict=True))
    lengths = [(len(made.targets([target])[0]), len(made.sources([source])[0])) for source, target in texts]
    for epoch, chance in enumerate([(), (0.2, 4), (0.2, 5), (0.2, 6), ()]):  # whole at first and at last
        source, target = made.sources(sources, *chance), made.targets(targets, *chance)
        for rows in plain_epoch(lengths, 7, 3, epoch):
            inputs, labels, weights = next(epochs)
            assert inputs["source_lengths"].tolist() == [len(source[row]) for row in rows]
            for place, row in enumerate(rows):
                assert inputs["source"][place, : len(source[row])].tolist() == source[row].tolist()
                assert labels[place, : len(target[row])].tolist() == target[row].tolist()
                assert weights[place].sum() == len(target[row]) + 1
    assert next(epochs, None) is None


@hypothesis.given(
    rows=strategies.lists(
        strategies.tuples(*[strategies.lists(strategies.sampled_from("abcde"), max_size=5).map(" ".join)] * 2),
        min_size=1, max_size=20,
    ),
    most=strategies.integers(1, 200),
    at_once=strategies.integers(1, 30),
)  # fmt: skip
@SETTINGS
def test_the_dictionary_is_the_same_to_the_last_bit_in_parts(rows, most, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "MOST_LINKS", most)
        patch.setattr(baselines, "AT_ONCE", at_once)
        learned = baselines.learn(*(list(side) for side in zip(*rows, strict=True)))
    assert list(learned.entries.items()) == list(plain_dictionary(rows, most).items())


def plain_dictionary(rows, most):
    """IBM model 1 in loops over links, added up in the order of the texts; ties go to the word met first."""
    numbers, links, count = ({"": 0}, {"": 0}), [], 0
    for source, target in rows:
        source, target = source.split(), target.split()
        if count and count + (len(source) + 1) * len(target) > most:
            break
        count += (len(source) + 1) * len(target)
        known = [
            [own.setdefault(word, len(own)) for word in text]
            for own, text in zip(numbers, (source, target), strict=True)
        ]
        links += [[(origin, word) for origin in (*known[0], 0)] for word in known[1]]
    chances = dict.fromkeys(sorted({link for word in links for link in word}), 1.0)
    for _ in range(baselines.ROUNDS):
        counts = dict.fromkeys(chances, 0.0)
        for word in links:
            norm = 0.0
            for link in word:
                norm += chances[link]
            for link in word:
                counts[link] += chances[link] / norm
        totals = collections.defaultdict(float)
        for (origin, _), number in counts.items():
            totals[origin] += number
        chances = {link: number / totals[link[0]] for link, number in counts.items()}
    names = [list(own) for own in numbers]
    best = {}
    for (origin, word), chance in chances.items():
        if origin and chance > best.get(origin, (0.0, 0))[0]:
            best[origin] = (chance, word)
    return {names[0][origin]: names[1][word] for origin, (_, word) in best.items()}


def test_vocabularies_do_not_depend_on_what_fits(monkeypatch):
    examples = columns(zip(*pairs(50), strict=True))
    before = preprocessor.prepare(examples, Config()).state()
    monkeypatch.setattr(stored, "IN_MEMORY", 0)
    monkeypatch.setattr(counting, "IN_MEMORY", 3)
    assert preprocessor.prepare(columns(zip(*pairs(50), strict=True)), Config()).state() == before


def test_validation_keeps_all_references_of_its_sources():
    examples = columns([("a", "1"), ("b", "2"), ("c", "3"), ("a", "4"), ("c", "5"), ("b", "6")])
    assert data.grouped(examples, 2) == (["a", "b"], [["1", "4"], ["2", "6"]])
    assert data.grouped(examples) == (["a", "b", "c"], [["1", "4"], ["2", "6"], ["3", "5"]])


def test_sentences_to_translate_stay_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "IN_MEMORY", 0)
    path = tmp_path / "new.en"
    path.write_text("".join(f"sentence {number}\n\n" for number in range(2000)), "utf-8")
    texts = data.read_inputs(path, Config())
    assert isinstance(texts, stored.Texts) and len(texts) == 4000 and texts[-2:] == ["sentence 1999", ""]
    assert data.read_inputs(path, Config(limit=3)) == ["sentence 0", "", "sentence 1"]
