"""Tests of significance give the p-values of others, and uniform ones where there is no difference."""

import numpy as np
import pytest
import sacrebleu
import sacrebleu.significance
import scipy.stats

from pipelines.shared.metrics import significance, verdicts
from pipelines.shared.metrics.outcomes import FORMULAS, load, of_sums, of_values
from pipelines.translation.scores import ngrams


def counted(values, counts=None):
    values = np.asarray(values, float)
    return np.stack([values, np.ones(len(values)) if counts is None else np.asarray(counts, float)], axis=1)


def test_mcnemar_is_the_binomial_test_of_those_that_one_alone_has_right():
    draw = np.random.default_rng(0)
    for _ in range(20):
        one, other = draw.random((2, 40)) < 0.6
        only = (one & ~other).sum(), (other & ~one).sum()
        wanted = min(1.0, 2 * scipy.stats.binom.cdf(min(only), sum(only), 0.5))  # as in Fagerland et al. 2013
        assert significance.mcnemar(one, other) == pytest.approx(wanted)
    assert significance.compared(counted(one), counted(other), "mean").test == "McNemar's exact test"


def test_the_known_table_of_mcnemar():
    """Approval of a prime minister, asked twice: 150 and 86 changed their minds (Agresti 1990, table 10.1)."""
    one, other = np.repeat([1, 0], [150, 86]), np.repeat([0, 1], [150, 86])
    z = (86 - 150) / (86 + 150) ** 0.5  # -4.17, as printed there
    assert significance.mcnemar(one, other) == pytest.approx(2 * scipy.stats.norm.cdf(z), rel=0.25)


@pytest.mark.parametrize("groups", [3, 9, 40])
def test_permutation_is_that_of_scipy(groups):
    draw = np.random.default_rng(groups)
    one, other = draw.normal(size=(2, groups))
    one += 0.5
    theirs = scipy.stats.permutation_test(
        (one - other,), lambda d, axis: d.mean(axis=axis), permutation_type="samples", vectorized=True,
        n_resamples=9_999, rng=np.random.default_rng(1),
    ).pvalue  # fmt: skip
    ours = significance.compared(counted(one), counted(other), "mean")
    assert ours.test == "permutation test" and ours.groups == groups
    assert ours.p_value == pytest.approx(theirs, abs=1e-9 if groups < 13 else 0.015)


def test_groups_count_as_a_whole():
    """Ten windows of the same series tell no more than one."""
    one, other = np.array([3.0, 1.0, 2.5, 2.0, 4.0, 1.5]), np.array([2.0, 1.5, 2.0, 1.0, 3.0, 1.0])
    tenfold = {"": np.repeat(one, 10), "linear": np.repeat(other, 10)}
    outcomes = of_values("mae", tenfold, groups=np.repeat(np.arange(6), 10), lower=True)
    grouped = significance.compared(outcomes.grouped(), outcomes.grouped("linear"), "mean")
    single = significance.compared(counted(one), counted(other), "mean")
    assert grouped.p_value == single.p_value and grouped.groups == 6
    assert grouped.error == pytest.approx(single.error)


def test_the_error_is_that_of_a_paired_t_test():
    one, other = np.random.default_rng(0).normal(size=(2, 200))
    tested = significance.compared(counted(one), counted(other), "mean")
    assert tested.error == pytest.approx(scipy.stats.sem(one - other))
    big = np.random.default_rng(0).normal(size=(2, 30_000))
    far = significance.compared(counted(big[0] + 0.02), counted(big[1]), "mean")
    assert far.p_value == pytest.approx(scipy.stats.ttest_rel(big[0] + 0.02, big[1]).pvalue, rel=1e-6)


WORDS = ["the", "a", "cat", "dog", "sat", "ran", "on", "under", "red", "old", "mat", "tree", "quickly", "again"]


def translations(draw, count, noise):
    """References, and for each noise their texts with so large a part of the words exchanged."""
    references = [[" ".join(draw.choice(WORDS, draw.integers(4, 12)))] for _ in range(count)]

    def garbled(text, part):
        return " ".join(word if draw.random() > part else draw.choice(WORDS) for word in text.split())

    return references, [[garbled(own[0], part) for own in references] for part in noise]


def test_bleu_of_sums_is_that_of_sacrebleu():
    references, (texts,) = translations(np.random.default_rng(0), 60, [0.3])
    texts[0], texts[1] = "", "nothing right here at all"
    sums = ngrams(texts, references)
    wanted = sacrebleu.BLEU(force=True).corpus_score(texts, [[own[0] for own in references]]).score
    assert float(FORMULAS["bleu"](sums.sum(axis=0))) == pytest.approx(wanted)
    for rows in (slice(0, 1), slice(1, 2), slice(2, 3)):
        few = sacrebleu.BLEU(force=True).corpus_score(texts[rows], [[own[0] for own in references[rows]]]).score
        assert float(FORMULAS["bleu"](sums[rows].sum(axis=0))) == pytest.approx(few)


@pytest.mark.parametrize("worse", [0.30, 0.33, 0.5])
def test_the_bootstrap_of_bleu_tells_what_the_randomization_of_sacrebleu_tells(worse, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", "3")
    references, (one, other) = translations(np.random.default_rng(5), 120, [0.3, worse])
    test = sacrebleu.significance.PairedTest(
        [("one", one), ("other", other)], {"BLEU": sacrebleu.BLEU(references=[[own[0] for own in references]])},
        references=None, test_type="ar", n_samples=1000,
    )  # fmt: skip
    theirs = test()[1]["BLEU"][1].p_value
    sums = [ngrams(texts, references) for texts in (one, other)]
    ours = significance.compared(*sums, "bleu")
    assert ours.test == "paired bootstrap" and ours.p_value == pytest.approx(theirs, abs=0.05)
    assert significance.permutation(*sums, "bleu") == pytest.approx(theirs, abs=0.04)


def drawn_f1(draw, groups):
    true = draw.integers(1, 4, groups)
    said = [np.stack([draw.binomial(true, 0.6), true, draw.integers(1, 4, groups)], axis=1) for _ in range(2)]
    return [own.astype(float) for own in said]


@pytest.mark.parametrize(
    ("kind", "groups"), [("mcnemar", 60), ("permutation", 10), ("permutation", 30), ("f1", 20), ("f1", 80)]
)
def test_p_values_are_uniform_where_there_is_no_difference(kind, groups, monkeypatch):
    monkeypatch.setattr(significance, "DRAWS", 199)
    monkeypatch.setattr(significance, "LEAST", 199)
    monkeypatch.setattr(significance, "SAMPLES", 199)
    draw, p_values = np.random.default_rng(7), []
    for number in range(400):
        if kind == "mcnemar":
            one, other = map(counted, draw.random((2, groups)) < 0.7)
        elif kind == "permutation":
            sizes = draw.integers(1, 9, groups)
            one, other = (counted(draw.exponential(size=groups) * sizes, sizes) for _ in range(2))
        else:
            one, other = drawn_f1(draw, groups)
        p_values.append(significance.compared(one, other, "f1" if kind == "f1" else "mean", seed=number).p_value)
    p_values = np.array(p_values)
    for level in (0.05, 0.1, 0.2, 0.5):
        spread = 3 * (level * (1 - level) / len(p_values)) ** 0.5
        assert (p_values <= level).mean() <= level + spread  # no more false alarms than are allowed
        if kind == "permutation" or groups == 80:  # those of few counts are discrete, so that these tests are careful
            assert (p_values <= level).mean() >= level - spread


def test_a_real_difference_is_seen():
    draw = np.random.default_rng(0)
    one, other = draw.random((2, 2_000))
    assert significance.compared(counted(one < 0.92), counted(other < 0.87), "mean").p_value < 0.001


@pytest.mark.parametrize("formula", ["mean", "f1"])
def test_nothing_is_told_by_a_single_group_or_by_equal_ones(formula):
    sums = np.array([[3.0, 4.0, 4.0][: 2 if formula == "mean" else 3]])
    tested = significance.compared(sums, sums * [0.5, *[1] * (sums.shape[1] - 1)], formula)
    assert tested.p_value == 1.0 and not tested.error > 0
    many = np.repeat(sums, 60, axis=0)
    assert significance.compared(many, many, formula).p_value == 1.0


def test_outcomes_are_kept(tmp_path):
    outcomes = of_values(
        "mae", {"": np.array([1.0, 2.0]), "linear": np.array([2.0, 5.0])}, counts=np.array([1, 3]), lower=True,
        noun="series", names={"linear": "the linear <b>"}, groups=np.array([4, 4]), keys=np.array([7, 9]),
    )  # fmt: skip
    outcomes.save(tmp_path)
    again = load(tmp_path)
    assert again.names == {"linear": "the linear <b>"} and again.keys.tolist() == [7, 9]
    assert again.score() == outcomes.score() == 0.75 and again.score("linear") == 1.75
    assert again.best_baseline() == "linear" and again.grouped().tolist() == [[3.0, 4.0]]
    assert str(verdicts.judged(again)) == str(verdicts.judged(outcomes))
    assert load(tmp_path / "none") is None
    (tmp_path / "outcomes.npz").write_bytes(b"no arrays")
    with pytest.raises(ValueError, match=r"outcomes\.npz is damaged"):
        load(tmp_path)


def test_a_baseline_that_is_no_number_is_not_the_best():
    sums = {"": np.ones((3, 2)), "odd": np.full((3, 2), np.nan), "plain": np.ones((3, 2))}
    assert of_sums("nll", "mean", sums, lower=True).best_baseline() == "plain"
