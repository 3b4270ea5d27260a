"""Groups of rows that hang together: by the same value in one of several columns, and so on from row to row.

    groups([sources, targets])          int32 (rows,): the number of each row's group

Values are hashes, so that a row takes a few bytes however long its texts are: some 50 at the most while it lasts.
"""

import numpy as np
import scipy.sparse


def groups(columns):
    """int32 (rows,): numbers from 0 on, the same for rows that are linked.

    Args:
        columns: arrays of integers (rows,), of any type.

    >>> groups([np.array([7, 7, 8, 9]), np.array([1, 2, 2, 3])]).tolist()
    [0, 0, 0, 1]
    """
    first, *others = columns
    if not len(first):
        return np.zeros(0, np.int32)
    numbers = _ranks(first)
    for column in others:
        numbers = _joined(numbers, *_neighbours(numbers, column))
    return numbers


def _ranks(values):
    """int32 (rows,): the rank of each value among the distinct ones."""
    order = np.argsort(values)
    ranks = np.empty(len(values), np.int32)
    ranks[order] = np.cumsum(np.diff(values[order], prepend=values[order[0]]) != 0, dtype=np.int32)
    return ranks


def _neighbours(numbers, values):
    """Pairs of numbers, (links,) twice, that occur with the same value; enough of them to connect all that do."""
    order = np.argsort(values)
    same = np.flatnonzero(values[order[1:]] == values[order[:-1]])
    one, other = numbers[order[same]], numbers[order[same + 1]]
    different = one != other
    return one[different], other[different]


def _joined(numbers, one, other):
    """The numbers of the groups that links make of groups."""
    count = int(numbers.max()) + 1
    graph = scipy.sparse.coo_array((np.ones(len(one), bool), (one, other)), (count, count))
    return scipy.sparse.csgraph.connected_components(graph, directed=False)[1][numbers]
