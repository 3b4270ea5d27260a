"""Products: einsum of any equation as one product with known sizes, products of whole numbers, cross products."""

import string

import tensorflow as tf

from layers.conversion.operations import sizes


def einsum(operation):
    """An equation of one or two tensors.

    The converter knows some equations alone, and reshapes to sizes that are known in the midst of a call.
    """
    tensors = list(operation.inputs)
    if any(x.shape.rank is None for x in tensors) or tensors[0].dtype.is_complex:
        return None
    terms, output = _terms(operation.get_attr("equation").decode(), [x.shape.rank for x in tensors])
    reduced = [_summed(x, term, output, terms) for x, term in zip(tensors, terms, strict=True)]
    (x, of_x), *other = reduced
    if other:
        x, of_x = _product(x, of_x, *other[0], output)
    return _transposed(x, of_x, output)


def _terms(equation, ranks):
    """'...a,ab->...b' -> the labels of each tensor and of the output, with a letter for each axis of an ellipsis."""
    inputs, output = equation.replace(" ", "").split("->")
    inputs = inputs.split(",")
    free = [letter for letter in string.ascii_letters if letter not in equation]
    covered = [rank - len(term.replace("...", "")) for term, rank in zip(inputs, ranks, strict=True)]
    most = max((n for term, n in zip(inputs, covered, strict=True) if "..." in term), default=0)
    letters = "".join(free[:most])
    inputs = [term.replace("...", letters[most - n :] if "..." in term else "")
              for term, n in zip(inputs, covered, strict=True)]  # fmt: skip
    return inputs, output.replace("...", letters)


def _summed(x, term, output, terms):
    """One tensor with the diagonal of each repeated label, summed over the labels that stand nowhere else."""
    for label in dict.fromkeys(term):
        while term.count(label) > 1:
            x, term = _diagonal(x, term, label)
    elsewhere = output + "".join(terms) if len(terms) > 1 else output
    alone = [axis for axis, label in enumerate(term) if elsewhere.count(label) < (2 if len(terms) > 1 else 1)]
    if alone:
        x = tf.reduce_sum(x, alone)
    return x, [label for axis, label in enumerate(term) if axis not in alone]


def _diagonal(x, term, label):
    """The first two axes with this label as one."""
    first, second = (axis for axis, other in enumerate(term) if other == label and term[:axis].count(label) < 2)
    places = [tf.reshape(tf.range(tf.shape(x)[axis]), [-1 if a == axis else 1 for a in range(len(term))])
              for axis in (first, second)]  # fmt: skip
    x = tf.reduce_sum(tf.where(tf.equal(*places), x, tf.zeros([], x.dtype)), second)
    return x, term[:second] + term[second + 1 :]


def _transposed(x, term, order):
    """The axes in this order."""
    return x if [*term] == [*order] else tf.transpose(x, [term.index(label) for label in order])


def _product(x, of_x, y, of_y, output):
    """-> the product, its labels."""
    x, of_x = _without_ones(x, of_x, y, of_y)
    y, of_y = _without_ones(y, of_y, x, of_x)
    shared = [label for label in of_x if label in of_y]
    batch, summed = ([label for label in shared if (label in output) is kept] for kept in (True, False))
    free_x, free_y = ([label for label in term if label not in shared] for term in (of_x, of_y))
    if not summed or not (free_x or free_y) or not x.dtype.is_floating:
        return _by_elements([(x, of_x), (y, of_y)], [*batch, *free_x, *free_y], summed)
    if not batch and len(free_x) < len(free_y):
        return _product(y, of_y, x, of_x, output)
    known = {label: size for tensor, term in ((x, of_x), (y, of_y))
             for label, size in zip(term, sizes.of(tensor), strict=True)}  # fmt: skip
    x = _transposed(x, of_x, [*batch, *free_x, *summed])
    y = _transposed(y, of_y, [*batch, *summed, *free_y])
    rows = [free_x] if batch else free_x  # of a product with a matrix the axes in front stay as they are
    product = tf.matmul(_merged(x, [*batch, *rows, summed], known), _merged(y, [*batch, summed, free_y], known))
    labels = [*batch, *free_x, *free_y]
    apart = len(free_y) != 1 or (batch and len(free_x) != 1)
    return (tf.reshape(product, tf.stack([known[label] for label in labels])) if apart else product), labels


def _without_ones(x, of_x, y, of_y):
    """The tensor without axes of size 1 that the other one's sizes stand for."""
    ones = [axis for axis, label in enumerate(of_x)
            if label in of_y and x.shape[axis] == 1 and y.shape[of_y.index(label)] != 1]  # fmt: skip
    if not ones:
        return x, of_x
    return tf.squeeze(x, ones), [label for axis, label in enumerate(of_x) if axis not in ones]


def _by_elements(labelled, labels, summed):
    """Products of elements, then sums."""
    aligned = []
    for x, term in labelled:
        x = _transposed(x, term, [label for label in [*labels, *summed] if label in term])
        for axis, label in enumerate([*labels, *summed]):
            x = x if label in term else tf.expand_dims(x, axis)
        aligned.append(x)
    product = tf.multiply(*aligned)
    return (tf.reduce_sum(product, list(range(len(labels), len(labels) + len(summed)))) if summed else product), labels


def _merged(x, groups, known):
    """Each list of labels among the groups as one axis."""
    if all(isinstance(group, str) or len(group) == 1 for group in groups):
        return x
    return tf.reshape(x, tf.stack([_merged_size(group, known) for group in groups]))


def _merged_size(group, known):
    size = 1
    for label in [group] if isinstance(group, str) else group:
        size = size * known[label]
    return size


def of_whole_numbers(operation):
    """Matrix products of whole numbers: by elements, then sums."""
    x, y = operation.inputs
    if not x.dtype.is_integer:
        return None
    names = ("transpose_a", "transpose_b") if operation.type == "MatMul" else ("adj_x", "adj_y")
    x, y = (tf.linalg.matrix_transpose(matrix) if operation.get_attr(name) else matrix
            for matrix, name in zip((x, y), names, strict=True))  # fmt: skip
    products = tf.expand_dims(x, -1) * tf.expand_dims(y, -3)
    return tf.reduce_sum(tf.cast(products, operation.outputs[0].dtype), -2)


def cross(operation):
    x, y = operation.inputs
    turned = [[tf.gather(tensor, order, axis=-1) for order in ([1, 2, 0], [2, 0, 1])] for tensor in (x, y)]
    return turned[0][0] * turned[1][1] - turned[0][1] * turned[1][0]


REPLACEMENTS = {
    "BatchMatMulV2": of_whole_numbers,
    "BatchMatMulV3": of_whole_numbers,
    "Cross": cross,
    "Einsum": einsum,
    "MatMul": of_whole_numbers,
}
