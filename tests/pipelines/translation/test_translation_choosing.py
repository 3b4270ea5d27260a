"""The rule that chooses a translator's settings by the training split."""

import dataclasses
import itertools
import math

import pytest

from pipelines import settings
from pipelines.shared.training import choosing as chosen_settings
from pipelines.translation import choosing, network, sample, task
from pipelines.translation.config import Config
from pipelines.translation.preprocessor import prepare

SIZES = [1, 2, 10, 100, 1_000, 10_000, 100_000, 1_000_000]


def looked(pairs, words=10.0, longest=100):
    """What is seen of so many pairs of a language as Heaps (1978) has it: words that differ grow as a power of all."""
    return choosing.Looked(pairs, words, round(9 * (2 * pairs * words) ** 0.64), longest, 80)


def by_size(**options):
    return [choosing._chosen(looked(pairs), Config(**options)) for pairs in SIZES]


def test_the_numbers_known_to_be_good_for_two_sets_come_out():
    same = {"cell": "lstm", "units": 256, "embedding_size": 256, "learning_rate": 2e-3, "embedding_dropout": 0.3}
    multi30k = choosing._chosen(choosing.Looked(29_000, 11.5, 40_345, 130, 110), Config())
    assert multi30k.items() >= {**same, "dropout": 0.35, "epochs": 22, "average": 3, "vocabulary_size": 8000}.items()
    tatoeba = choosing._chosen(choosing.Looked(112_580, 6.2, 68_232, 80, 120), Config())
    assert tatoeba.items() >= {**same, "dropout": 0.3, "epochs": 6, "average": 1, "vocabulary_size": 8000}.items()


def test_the_sample_keeps_a_small_network():
    values, said = network.settings_for(sample.generate()["train"], Config())
    small = {"cell": "gru", "units": 128, "embedding_size": 128, "learning_rate": 4e-3, "dropout": 0.2, "epochs": 15}
    assert values.items() >= {**small, "embedding_dropout": 0.1, "batch_size": 64, "average": 1}.items()
    assert said == "8,000 pairs of 7 words, 2,320 of them different"


def test_each_size_has_settings_that_are_allowed():
    for values in by_size():
        config = dataclasses.replace(Config(), **values)
        assert None not in [getattr(config, name) for name in values]
        assert config.units <= 512 and 4 <= config.epochs <= 60 and 300 <= config.vocabulary_size <= 16_000


def test_more_data_never_makes_the_network_the_vocabulary_or_the_batch_smaller():
    for name in ("units", "embedding_size", "vocabulary_size", "batch_size"):
        values = [chosen[name] for chosen in by_size()]
        assert values == sorted(values), name


def test_more_data_brings_as_many_updates_but_for_rounding_to_whole_epochs():
    updates = [
        chosen["epochs"] * math.ceil(pairs / chosen["batch_size"])
        for pairs, chosen in zip(SIZES, by_size(), strict=True)
    ]
    assert all(more > 0.95 * fewer for fewer, more in itertools.pairwise(updates))
    assert updates[-3] > 0.9 * choosing.UPDATES


def test_more_data_never_asks_for_more_dropout_rate_or_epochs():
    for name in ("dropout", "embedding_dropout", "learning_rate"):
        values = [chosen[name] for chosen in by_size()]
        assert values == sorted(values, reverse=True), name
    epochs = [chosen["epochs"] for chosen in by_size()][2:]  # of a few pairs alone an epoch is a single step
    assert epochs == sorted(epochs, reverse=True)


def test_long_sentences_come_in_smaller_batches_and_are_not_left_out():
    batches = [choosing._chosen(looked(29_000, words), Config())["batch_size"] for words in (5.0, 40.0, 400.0, 1e5)]
    assert batches == [64, 64, 6, 1]
    longest = [choosing._chosen(looked(100, longest=letters), Config())["max_length"] for letters in (9, 600, 10**6)]
    assert longest == [120, 300, 500]


def test_settings_that_follow_others_follow_those_that_were_set():
    values = choosing._chosen(looked(29_000), Config(units=512, epochs=8))
    assert (values["embedding_size"], values["learning_rate"], values["average"]) == (512, 1e-3, 1)
    assert values["patience"] == 8
    values = choosing._chosen(looked(29_000), Config(units=64, batch_size=640))
    assert (values["cell"], values["learning_rate"], values["epochs"]) == ("gru", 4e-3, 60)


def test_every_setting_that_is_chosen_is_open_and_overridden_by_a_flag():
    examples = {"source": ["a b c", "b c d"], "target": ["x y", "y z"]}
    values, _ = choosing.settings_for(examples, Config())
    assert all(settings.defaults(Config)[name] is None for name in values)
    asked = {name: 0.25 if isinstance(value, float) else 77 for name, value in values.items()} | {"cell": "rnn"}
    config, line = chosen_settings.settled(task, examples, Config(**asked))
    assert config == Config(**asked) and line == ""


@pytest.mark.parametrize(
    ("target", "different"),
    [
        (["我喜欢你的猫因为它很可爱", "你喜欢我的狗吗因为它很大"], set("我喜欢你的猫因为它很可爱狗吗大")),
        (["wir sehen dich", "ihr seht mich"], {"wir", "sehen", "dich", "ihr", "seht", "mich"}),
        (["", " "], set()),
    ],
)
def test_letters_are_words_where_no_spaces_divide_them(target, different):
    looked = choosing.look({"source": ["we see you"] * 2, "target": target})
    assert looked.different == len({"we", "see", "you"}) + len(different)


def test_a_vocabulary_is_never_too_small_for_the_letters():
    many = ["".join(map(chr, range(0x4E00 + 12 * start, 0x4E00 + 12 * start + 12))) for start in range(150)]
    examples = {"source": [f"sentence {number}" for number in range(150)], "target": many}
    values, _ = choosing.settings_for(examples, Config())
    assert values["vocabulary_size"] > 12 * 150
    prepare(examples, dataclasses.replace(Config(), **values))


def test_words_of_a_million_pairs_are_counted_in_a_part_of_them():
    class Pairs(list):
        read = 0

        def __getitem__(self, row):
            Pairs.read += 1
            return list.__getitem__(self, row)

    sides = {side: Pairs(["a b c d"] * 300_000) for side in ("source", "target")}
    seen = choosing.look(sides)
    assert (seen.pairs, seen.words, seen.different) == (300_000, 4.0, 8)
    assert Pairs.read == 2 * choosing.ROWS
