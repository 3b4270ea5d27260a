"""Subwords: exact round trips, an encoder of our own that knows the list of pieces alone, export and reload."""

import collections
import io
import itertools
import json
import unicodedata

import hypothesis
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf
from conftest import output
from hypothesis import strategies
from sentencepiece import sentencepiece_model_pb2

from pipelines.sentiment import sample as sentiment_sample
from pipelines.shared.text import subword_dropout
from pipelines.shared.text import subwords as module

TEXTS = [
    *sentiment_sample.generate(300)[0],
    "¿Dónde está el niño? ¡Aquí, con 3 señoras!",
    "Zwölf Boxkämpfer jagen Viktor; “quer” über … 1º ½ 100 % — ‘já’",
]


@pytest.fixture(scope="module")
def subwords():
    return module.adapt(TEXTS, vocabulary_size=500)


def strings(tensor):
    return [text.decode("utf-8") for text in tensor.numpy()]


def round_trip(subwords, texts):
    return strings(subwords.detokenize(subwords(tf.constant(texts))))


def ids_from_the_list_alone(text, pieces):
    """Independent: the rule that the module gives to phones, in plain Python."""
    places = {piece: id for id, piece in enumerate(pieces) if id > 3}
    normalised = " ".join(unicodedata.normalize("NFC", text).split())
    letters = list("▁" + normalised.replace(" ", "▁")) if normalised else []
    while True:
        joins = [(places[a + b], at) for at, (a, b) in enumerate(itertools.pairwise(letters)) if a + b in places]
        if not joins:
            break
        at = min(joins)[1]
        letters[at : at + 2] = [letters[at] + letters[at + 1]]
    ids = [places.get(piece, module.UNKNOWN) for piece in letters]
    return [id for at, id in enumerate(ids) if id != module.UNKNOWN or at == 0 or ids[at - 1] != module.UNKNOWN]


def test_the_first_four_ids_are_special(subwords):
    assert subwords.pieces[:4] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert (module.PADDING, module.UNKNOWN, module.START, module.END) == (0, 1, 2, 3)
    assert len(subwords) == len(subwords.pieces) == len(set(subwords.pieces)) == 500


def test_known_letters_come_back_exactly(subwords):
    assert round_trip(subwords, TEXTS) == TEXTS
    letters = sorted(set("".join(TEXTS)) - {" "})
    shuffled = ["".join(np.random.default_rng(seed).permutation(letters)) for seed in range(20)]
    assert round_trip(subwords, shuffled) == shuffled


def test_ids_follow_from_the_list_of_pieces_alone(subwords):
    texts = [*TEXTS[:60], *TEXTS[-2:], "unbelievableness  filmfilm", "日本 qzx@日", "", "a" * 50, "</s> <pad>"]
    for text, ids in zip(texts, subwords(tf.constant(texts)).to_list(), strict=True):
        assert ids == ids_from_the_list_alone(text, subwords.pieces), text


def test_the_text_follows_from_the_pieces_alone(subwords):
    for ids, text in zip(subwords(tf.constant(TEXTS)).to_list(), TEXTS, strict=True):
        assert "".join(subwords.pieces[id] for id in ids).replace("▁", " ")[1:] == text


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("  two\t\tspaces \n and\u00a0\u3000more ", "two spaces and more"),
        ("a\u0301 nin\u0303o", "á niño"),
        ("\ufb01lm", "film"),
        ("a\u0007b\u200bc\ufeffd\u00ad", "ab cd"),
        ("not 漢字 bad😀😀", "not ⁇ bad⁇"),
        ("a\0b", "a⁇b"),
        ("", ""),
        ("\u0001 \u0002", ""),
    ],
)
def test_normalisation_and_unknown_letters(subwords, text, becomes):
    assert round_trip(subwords, [text]) == [becomes]


@pytest.mark.parametrize("text", ["<pad>", "</s>", "<s>", "<unk>", "a</s>b", "▁<s>▁</s>"])
def test_a_text_that_spells_a_special_piece_does_not_become_it(subwords, text):
    known = module.adapt([*TEXTS, "</s><unk>pad", text], vocabulary_size=500)
    for each in (subwords, known):
        ids = each(tf.constant([text])).to_list()[0]
        assert ids and not {module.PADDING, module.START, module.END} & set(ids)
    assert round_trip(known, [text])[0] == " ".join(text.replace("▁", " ").split())
    assert module.UNKNOWN not in known(tf.constant([text])).to_list()[0]


def test_detokenize_leaves_out_padding_and_start_and_stops_at_the_end(subwords):
    good, bad = subwords(tf.constant(["good", "bad film"])).to_list()
    rows = [[2, *good, 3, 0, 0], [*bad, 3, *good, 3], [2, 3], [], [0, *good, 0, *bad], [3, *good]]
    expected = ["good", "bad film", "", "", "good bad film", ""]
    assert strings(subwords.detokenize(tf.ragged.constant(rows, dtype=tf.int32))) == expected
    padded = tf.ragged.constant(rows, dtype=tf.int32).to_tensor()
    assert strings(subwords.detokenize(padded)) == expected
    assert strings(subwords.detokenize(tf.zeros([0, 5], tf.int32))) == []
    assert strings(subwords.detokenize(tf.zeros([2, 0], tf.int32))) == ["", ""]


def test_the_same_texts_give_the_same_vocabulary_and_the_state_is_json(subwords):
    assert module.adapt(list(TEXTS), vocabulary_size=500).state() == subwords.state()
    again = module.Subwords(**json.loads(json.dumps(subwords.state())))
    assert again.pieces == subwords.pieces
    assert again(tf.constant(TEXTS)).to_list() == subwords(tf.constant(TEXTS)).to_list()


def test_sequences_and_tokens_are_in_line_with_the_ids(subwords, monkeypatch):
    monkeypatch.setattr(module, "READ_AT_ONCE", 7)
    texts = [*TEXTS, "", "日本 bad 日本"]
    ids = subwords(tf.constant(texts)).to_list()
    assert [row.tolist() for row in subwords.sequences(texts)] == ids
    assert {row.dtype for row in subwords.sequences(texts)} == {np.dtype("int32")}
    assert subwords.sequences([]) == []
    places = {piece: id for id, piece in enumerate(subwords.pieces)}
    for row, tokens in zip(ids, subwords.tokens(texts), strict=True):
        assert all(id in (module.UNKNOWN, places.get(token)) for id, token in zip(row, tokens, strict=True))
    assert subwords.tokens(["日本 bad"])[0][:2] == ["▁", "日本"]


def test_dropout_spells_the_same_texts_otherwise(subwords):
    plain, sampled = subwords.sequences(TEXTS), subwords.sequences(TEXTS, dropout=0.3, seed=1)
    assert sum(map(len, sampled)) > 1.2 * sum(map(len, plain))
    assert strings(subwords.detokenize(tf.ragged.stack(list(sampled)))) == TEXTS
    for seed, same in ((1, True), (2, False)):
        again = subwords.sequences(TEXTS, dropout=0.3, seed=seed)
        assert all(map(np.array_equal, sampled, again)) == same


def test_hardly_any_dropout_gives_the_ids_of_sentencepiece(subwords):
    texts = [*TEXTS, "", "日本 bad 日本x日 本本", " ▁ good▁▁film", "ﬁlm  \t good", "</s> <pad>", "𝒳bad ÄÖ"]
    for found, ids in zip(subwords.sequences(texts, dropout=1e-12), subwords.sequences(texts), strict=True):
        assert found.tolist() == ids.tolist() and found.dtype == ids.dtype
    assert [ids.tolist() for ids in subwords.sequences(["", ""], dropout=0.5)] == [[], []]
    assert subwords.sequences([], dropout=0.5) == []


def test_each_join_is_left_out_with_the_probability_asked_for():
    pieces = ["", "", "", "", "▁", "a", "b", "ab", "▁ab"]
    spelt = subword_dropout.sampled(["▁ab"] * 100_000, pieces, dropout=0.2, seed=3)
    counts = collections.Counter(
        tuple(text.tolist()) for ids, lengths in spelt for text in np.split(ids, np.cumsum(lengths)[:-1])
    )
    expected = {(8,): 0.64, (4, 7): 0.16, (4, 5, 6): 0.2}
    assert counts.keys() == expected.keys()
    assert all(abs(counts[ids] / 100_000 - share) < 0.005 for ids, share in expected.items())


def test_a_new_random_seed_leaves_all_as_it_was(subwords):
    batches = tf.data.Dataset.from_tensor_slices(TEXTS[:20]).batch(5).map(subwords)
    traced = tf.function(subwords, input_signature=[tf.TensorSpec([None], tf.string)])
    before = [batch.to_list() for batch in batches], traced(tf.constant(TEXTS)).to_list()
    tf.random.set_seed(7)
    assert ([batch.to_list() for batch in batches], traced(tf.constant(TEXTS)).to_list()) == before
    assert subwords(tf.constant(TEXTS)).to_list() == before[1]


def test_lower_case_when_asked():
    lower = module.adapt(["Éste es NIÑO", "ABC"], lowercase=True)
    assert round_trip(lower, ["ÉSTE E\u0301ste", "Abc"]) == ["éste éste", "abc"]


@pytest.mark.parametrize(
    "texts", [["x"], ["a b c"], ["!!!"], ["漢" * 50, "a"], ["y" * 5000], ["tab\tx", "", "z " * 9000]]
)
def test_a_tiny_corpus_gives_a_vocabulary_that_knows_it(texts):
    assert round_trip(module.adapt(texts), texts) == [" ".join(text.split()) for text in texts]


def test_a_text_with_sentencepieces_own_marks_is_learned_from_all_the_same():
    learned = module.adapt(["wort ▅ wort\twort"] * 3)
    assert "▁wort" in learned.pieces


def test_a_vocabulary_too_small_for_the_letters_is_refused():
    message = r"vocabulary_size: expected at least 14: 4 special .* of the 9 letters of .*, received 13"
    with pytest.raises(ValueError, match=message):
        module.adapt(["abc defghi cafe\u0301"[:10]], vocabulary_size=13)
    assert len(module.adapt(["abc defghi"[:10]], vocabulary_size=14)) == 14


def test_the_usual_size_grows_with_the_texts():
    words = [f"{first}{second}{third}" for first in "abcdefghij" for second in "klmnopqrst" for third in "uvwxyz"]
    for count, size in ((1, 300), (3, 300), (120, 360)):  # 600 words, 1,800, 72,000
        assert len(module.adapt([" ".join(words)] * count)) == size
    han = "".join(chr(0x4E00 + number) for number in range(400))
    assert len(module.adapt([han])) == len(module.SPECIAL) + 1 + len(han)


@pytest.mark.parametrize("texts", [[], ["", "  "], ["\u0001"]])
def test_nothing_to_learn_from_is_refused(texts):
    with pytest.raises(ValueError, match=f"expected text to learn subwords from, received {len(texts)} empty texts"):
        module.adapt(texts)


RELOADED = """
import sys
import tensorflow as tf
import tensorflow_text
loaded = tf.saved_model.load(sys.argv[1])
ids = loaded.ids(tf.constant(sys.argv[2:]))
print(ids.to_tensor().numpy().tolist())
print([text.decode() for text in loaded.text(ids.to_tensor()).numpy()])
"""


def test_in_tf_data_and_in_a_saved_model_of_another_process(subwords, tmp_path):
    texts = ["not bad at all", "漢字 film", ""]
    ids = subwords(tf.constant(texts)).to_list()
    batches = tf.data.Dataset.from_tensor_slices(texts).batch(2).map(subwords).unbatch()
    assert [row.numpy().tolist() for row in batches] == ids

    exported = tf.Module()
    exported.subwords = subwords
    exported.ids = tf.function(subwords, input_signature=[tf.TensorSpec([None], tf.string)])
    exported.text = tf.function(subwords.detokenize, input_signature=[tf.TensorSpec([None, None], tf.int32)])
    tf.saved_model.save(exported, tmp_path / "exported")
    printed = output(RELOADED, tmp_path / "exported", *texts).splitlines()
    longest = max(map(len, ids))
    assert json.loads(printed[0]) == [row + [0] * (longest - len(row)) for row in ids]
    assert printed[1] == str(["not bad at all", "⁇ film", ""])


def learned_from_sentences(texts, size, lowercase, folder):
    """Independent: the model that sentencepiece itself learns from whole sentences, which it holds in memory."""
    rules, model = folder / "rules.tsv", io.BytesIO()
    rules.write_text(module._as_lines(module._rules(lowercase)), "utf-8")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(text.translate(module._RESERVED) for text in texts), model_writer=model, model_type="bpe",
        vocab_size=size, hard_vocab_limit=False, normalization_rule_tsv=str(rules), character_coverage=1.0,
        split_digits=True, max_sentence_length=2**30, unk_surface="⁇", pad_id=0, unk_id=1, bos_id=2, eos_id=3,
        pad_piece="▅<pad>", unk_piece="▅<unk>", bos_piece="▅<s>", eos_piece="▅</s>",
    )  # fmt: skip
    parts = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    for part, piece in zip(parts.pieces, ("<pad>", "<unk>", "<s>", "</s>"), strict=False):
        part.piece = piece
    settings = parts.trainer_spec
    settings.pad_piece, settings.unk_piece, settings.bos_piece, settings.eos_piece = "<pad>", "<unk>", "<s>", "</s>"
    parts.normalizer_spec.ClearField("normalization_rule_tsv")
    return parts.SerializeToString(deterministic=True)


STRANGE = [
    "e\u00ad\u0301t\u00e9",
    "a▁ b▁",
    " ▁ ",
    "İstanbul ǄUNGLA 12 34",
    "tab\there▅",
    "\x00",
    "日本語の文\u3000章",
    "a\u0323\u0302 â\u0323",
]


@hypothesis.given(
    texts=strategies.lists(
        strategies.one_of(strategies.sampled_from([*TEXTS[:40], *STRANGE]), strategies.text(max_size=12)), max_size=30
    ),
    lowercase=strategies.booleans(),
)
@hypothesis.settings(
    deadline=None, max_examples=12, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_counted_words_give_the_model_of_whole_sentences(texts, lowercase, monkeypatch, tmp_path):
    texts = [*texts, "good film"]
    monkeypatch.setattr(module, "READ_AT_ONCE", 4)
    monkeypatch.setattr(module.counting, "IN_MEMORY", 5)
    size = 60 + len(set("".join(texts)) | {"i", "\u0307"}) * 2
    assert module.adapt(iter(texts), size, lowercase)._model == learned_from_sentences(texts, size, lowercase, tmp_path)


def test_of_too_many_words_the_frequent_ones_and_every_letter_are_learned(monkeypatch):
    texts = ["frequent words"] * 50 + [f"w{chr(0x4E00 + number)}" for number in range(300)]
    monkeypatch.setattr(module, "MOST_LETTERS", 200)
    counted = module._counted(texts, module._normalizer(False))
    lines = dict(line.split("\t") for line in module._lines(counted.words))
    words = [word for word in lines if word.startswith("▁")]
    assert lines["▁frequent"] == "50" and 40 < len(words) < 85
    last = [ord(word[-1]) for word in words if len(word) == 3]
    assert np.mean(last) - 0x4E00 == pytest.approx(150, abs=40)  # spread over all, not the first of the alphabet
    pieces = module.adapt(texts, 400).pieces
    assert {letter for text in texts for letter in text} - {" "} <= set(pieces) and "▁frequent" in pieces


def test_a_letter_among_a_billion_is_learned(monkeypatch):
    words = module.counting.Counts()
    words.add(["ab", "x", "ay", "☃"], [10**9, 1, 1, 7])
    monkeypatch.setattr(module, "_counted", lambda *_: module._Counted(1, 1, words, set("abxy☃")))
    pieces = module.adapt([], 50).pieces
    assert set("abxy☃▁") < set(pieces) and "▁ab" in pieces


def plain_dropout(texts, pieces, dropout, seed, at_once):
    """Independent of parts: all words at once, joined so many at a time, then dealt out to the texts."""
    pairs_of = subword_dropout._Pairs(pieces, dropout, np.random.default_rng(seed))
    words = [word for text in texts for word in text.split("▁")[1:]]
    spelt = []
    for start in range(0, len(words), at_once):
        part = words[start : start + at_once]
        letters, starts = subword_dropout._letters(part, pieces)
        ids, numbers = subword_dropout._joined(letters, np.repeat(np.arange(len(part)), np.diff(starts)), pairs_of)
        spelt += [ids[numbers == number].tolist() for number in range(len(part))]
    spelt = iter(spelt)
    return [[id for _ in text.split("▁")[1:] for id in next(spelt)] for text in texts]


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
def test_dropout_of_parts_is_that_of_all_words(subwords, monkeypatch, at_once):
    texts = [*TEXTS[:60], "", "", "日本 bad 日本x", "", "▁"]
    normalized = subwords._processor.normalize(texts)
    monkeypatch.setattr(subword_dropout, "WORDS_AT_ONCE", at_once)
    monkeypatch.setattr(module, "READ_AT_ONCE", 11)
    plain = plain_dropout(normalized, subwords.pieces, 0.3, 5, at_once)
    assert [ids.tolist() for ids in subwords.sequences(texts, 0.3, 5)] == plain
    ended = subwords.sequences(texts, 0.3, 5, ended=True)
    assert [ids.tolist() for ids in ended] == [[*ids, module.END] for ids in plain]
    assert [ids.tolist() for ids in subwords.sequences(texts[:3], ended=True)] == [
        [*ids.tolist(), module.END] for ids in subwords.sequences(texts[:3])
    ]
