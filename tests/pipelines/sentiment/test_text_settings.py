"""The rule that chooses a text classifier's settings by the training split."""

import numpy as np
import pytest

from pipelines import sentiment
from pipelines.sentiment import choosing
from pipelines.shared.training import choosing as shared


def texts(count, words, letters="abcdefghij"):
    draw = np.random.default_rng(0)
    return ["".join(draw.choice(list(letters), 5)) + " word" * (words - 1) for _ in range(count)]


def chosen(examples, **options):
    labels = ["good" if number % 2 else "bad" for number in range(len(examples))]
    config, line = shared.settled(sentiment.task, {"text": examples, "label": labels}, sentiment.Config(**options))
    return config, line


@pytest.mark.parametrize(("count", "words"), [(1, 1), (2, 3), (10, 400), (1_000, 20), (30_000, 8)])
def test_all_is_chosen_and_within_its_bounds(count, words):
    config, line = chosen(texts(count, words))
    assert None not in (config.tokens, config.vocabulary_size, config.max_length, config.ngrams, config.units,
                        config.embedding_size, config.epochs, config.batch_size, config.patience)  # fmt: skip
    assert 4_000 <= config.vocabulary_size <= 16_000 and 20 <= config.max_length <= 600 and 2 <= config.epochs <= 20
    assert line.startswith(f"{count:,} text") and f"of {words} word" in line


def test_more_data_means_more_pieces_and_fewer_epochs():
    sizes = [chosen(texts(count, 20))[0] for count in (500, 5_000, 50_000)]
    pieces, epochs, batch = zip(*((one.vocabulary_size, one.epochs, one.batch_size) for one in sizes), strict=True)
    assert list(pieces) == sorted(pieces) and list(epochs) == sorted(epochs, reverse=True)
    assert list(batch) == sorted(batch)


def test_what_is_set_stays():
    config, line = chosen(texts(100, 20), units=7, tokens="word", epochs=3, max_length=9, ngrams=0)
    assert (config.units, config.tokens, config.epochs, config.patience) == (7, "word", 3, 3)
    assert (config.max_length, config.ngrams, config.vocabulary_size) == (9, 0, 20_000)
    assert "units" not in line and "epochs" not in line


def test_scripts_of_many_letters_have_room_for_all():
    letters = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    examples = [letters[start : start + 50] for start in range(0, 3000, 50)]
    config, _ = chosen(examples)
    assert config.vocabulary_size >= 2 + 2 * 3000
    assert choosing._measured(examples)[0].mean() > 1  # a clause is no single word


def test_long_texts_get_pairs_and_short_ones_triples():
    assert [chosen(texts(50, words))[0].ngrams for words in (5, 99, 100, 400)] == [3, 3, 2, 2]


def test_what_starts_from_something_learns_anew_more_gently():
    few, many = (chosen(texts(count, 120), start_from="mine-pretrained")[0] for count in (1_000, 20_000))
    assert (few.learning_rate, few.epochs) == (1e-3, 20) and (many.learning_rate, many.epochs) == (3e-3, 4)
    assert chosen(texts(100, 120), start_from="x", learning_rate=0.1, epochs=1)[0].learning_rate == 0.1
    assert [choosing._fine_tuning(100, rate)["word_dropout"] for rate in (0.0, 0.3, 0.6)] == [0.0, 0.3, 0.3]


def test_vectors_start_at_class_ratios_where_they_can_and_data_is_small():
    assert chosen(texts(100, 20))[0].embedding_initializer == "class_ratios"
    assert chosen(["a few words"] * 1_000)[0].embedding_initializer == "random"
    assert chosen(texts(5_000, 250))[0].embedding_initializer == "random"
    assert chosen(texts(100, 20), input="one_hot")[0].embedding_initializer == "random"
    assert chosen(texts(100, 20), vectors="glove.txt")[0].embedding_initializer == "random"
