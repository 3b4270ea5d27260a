"""Ridge regression by sums, against scikit-learn and against the rows themselves."""

import numpy as np
import sklearn.linear_model

from pipelines.shared.training import ridge


def rows(count, seed=0):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(count, 5)) * [1, 2, 1, 0.5, 1] + [0, 3, -1, 0, 0]
    y = x @ draw.normal(size=(5, 3)) + draw.normal(size=(count, 3)) + 4
    return x, y


def sums_of(x, y, size=7):
    made = ridge.Sums(x.shape[1], y.shape[1])
    for start in range(0, len(x), size):
        made.add(x[start : start + size], y[start : start + size])
    return made


def test_one_penalty_is_scikit_learns():
    x, y = rows(60)
    weights, biases = ridge.solved(sums_of(x, y), 0.1)
    model = sklearn.linear_model.Ridge(alpha=0.1 * 60).fit(x, y)
    np.testing.assert_allclose(weights, model.coef_.T, rtol=1e-8)
    np.testing.assert_allclose(biases, model.intercept_, rtol=1e-8)


def test_the_penalty_is_that_of_the_least_error_of_parts_held_out():
    x, y = rows(40)
    x = np.concatenate([x, np.random.default_rng(1).normal(size=(40, 20))], axis=1)  # features that tell nothing
    parts = np.array_split(np.arange(40), 4)
    penalties, errors = (0.001, 0.1, 1.0, 10.0), []
    for penalty in penalties:
        total = 0
        for part in parts:
            others = np.setdiff1d(np.arange(40), part)
            model = sklearn.linear_model.Ridge(alpha=penalty * len(others)).fit(x[others], y[others])
            total += ((model.predict(x[part]) - y[part]) ** 2).sum()
        errors.append(total)
    weights, _, penalty = ridge.chosen([sums_of(x[part], y[part]) for part in parts], penalties)
    assert penalty == penalties[int(np.argmin(errors))]
    assert len(set(np.round(errors, 3))) == len(errors)
    np.testing.assert_allclose(weights, sklearn.linear_model.Ridge(alpha=penalty * 40).fit(x, y).coef_.T, rtol=1e-8)


def test_changed_sums_are_those_of_changed_rows():
    x, y = rows(30)
    draw = np.random.default_rng(2)
    matrix, shift = draw.normal(size=(5, 4)), draw.normal(size=(5, 3))
    changed, expected = sums_of(x, y).changed(matrix, shift), sums_of(x @ matrix, y - x @ shift)
    for name, value in vars(expected).items():
        np.testing.assert_allclose(getattr(changed, name), value, rtol=1e-9, atol=1e-9, err_msg=name)


def test_few_rows_have_the_greatest_penalty():
    x, y = rows(3)
    empty = ridge.Sums(5, 3)
    weights, biases, penalty = ridge.chosen([sums_of(x, y), empty, empty])
    assert penalty == max(ridge.PENALTIES)
    assert np.isfinite(weights).all() and np.isfinite(biases).all()
    weights, biases, _ = ridge.chosen([empty, empty])
    assert not weights.any() and not biases.any()
