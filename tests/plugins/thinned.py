"""Tables of tests of which a part is run by default, such that each value of each parameter is in it."""

import itertools

import pytest


def thinned(by, *axes):
    """Parametrizes by all combinations of values; those whose places do not add up to a multiple of `by` are slow.

    axes: (names, values) as `parametrize` takes them. Where an axis has `by` values, each of the others' is in what is
    left.
    """
    params = []
    for places in itertools.product(*(range(len(values)) for _, values in axes)):
        row = []
        for place, (names, values) in zip(places, axes, strict=True):
            value = list(values)[place]
            row += value if "," in names else [value]
        params.append(pytest.param(*row, marks=[pytest.mark.slow] if sum(places) % by else []))
    return pytest.mark.parametrize(",".join(names for names, _ in axes), params)
