"""Loops that write into a `tf.TensorArray`, by tensors: `tf.while_loop`, `tf.scan`, `tf.map_fn`, `keras.ops.scan`.

    with arrays.dense():
        concrete = tf.function(model).get_concrete_function(specification)

LiteRT has no lists of tensors, and the converter makes tensors of them only where the shape of an item is known; that
of a step is (batch, ...) mostly. Here the body of a loop is put into the graph once before it, so that the shapes of
what it writes are those of tensors. A loop over no steps has no first one: there a call ends in an error. Loops that go
step by step through whole sequences are replaced as a whole, and faster, by `loop_functions` where a model is exported.
"""

import contextlib

import tensorflow as tf
from tensorflow.python.ops import while_v2

from layers.conversion.operations import lists
from layers.conversion.replacing import replaced


@contextlib.contextmanager
def dense(wanted=lambda: True):
    """Inside, and while `wanted()`, a loop carries tensors in place of its arrays."""
    before = while_v2.while_loop

    def while_loop(cond, body, loop_vars, shape_invariants=None, **options):
        if not wanted() or not any(isinstance(x, tf.TensorArray) for x in tf.nest.flatten(loop_vars)):
            return before(cond, body, loop_vars, shape_invariants=shape_invariants, **options)
        return _loop(before, cond, body, loop_vars, shape_invariants, options)

    with replaced(while_v2, "while_loop", while_loop):
        yield


class Rows(tf.TensorArray):
    """An array whose items are the rows of a tensor; without one it notes what is written into it."""

    def __init__(self, dtype, rows=None, element_shape=None, grows=False):
        self._rows, self._kind, self._shape, self._grows, self.written = rows, dtype, element_shape, grows, None

    dtype = property(lambda self: self._kind)
    flow = property(lambda self: self._rows)
    handle = property(lambda self: None)
    dynamic_size = property(lambda self: self._grows)
    element_shape = property(lambda self: self._shape if self._rows is None else self._rows.shape[1:])

    def _with(self, rows):
        return Rows(self._kind, rows, grows=self._grows)

    def identity(self):
        return self

    def read(self, index, name=None):
        return tf.gather(self._rows, index)

    def write(self, index, value, name=None):
        value = tf.convert_to_tensor(value, self._kind)
        if self._rows is None:
            noted = Rows(self._kind, None, value.shape)
            noted.written = value
            return noted
        if not self._grows:
            return self._with(lists.written(self._rows, index, value))
        rows = tf.concat([self._rows[:index], tf.expand_dims(value, 0), self._rows[index + 1 :]], 0)
        return self._with(tf.ensure_shape(rows, self._rows.shape))

    def stack(self, name=None):
        return self._rows

    def gather(self, indices, name=None):
        return tf.gather(self._rows, indices)

    def concat(self, name=None):
        sizes = tf.shape(self._rows)
        return tf.reshape(self._rows, tf.concat([[sizes[0] * sizes[1]], sizes[2:]], 0))

    def unstack(self, value, name=None):
        return self._with(tf.convert_to_tensor(value, self._kind))

    def size(self, name=None):
        return tf.shape(self._rows)[0]

    def close(self, name=None):
        return None


def _loop(while_loop, cond, body, loop_vars, shape_invariants, options):
    """The loop with a tensor for each array among `loop_vars`."""
    flat = tf.nest.flatten(loop_vars)
    arrays = {place: x for place, x in enumerate(flat) if isinstance(x, tf.TensorArray)}
    rows = {place: _filled(array) for place, array in arrays.items()}
    if any(filled is None for filled in rows.values()):
        _make_empty(body, loop_vars, arrays, rows)

    def with_arrays(tensors):
        items = tf.nest.flatten(tensors)
        return [Rows(x.dtype, x, grows=arrays[place].dynamic_size) if place in rows else x
                for place, x in enumerate(items)]  # fmt: skip

    def on_tensors(function):
        def run(*tensors):
            results = function(*tf.nest.pack_sequence_as(loop_vars, with_arrays(tensors)))
            return tf.nest.map_structure(lambda x: x.stack() if isinstance(x, tf.TensorArray) else x, results)

        return run

    if shape_invariants is not None or any(array.dynamic_size for array in arrays.values()):
        known = [_shape(x) for x in flat] if shape_invariants is None else tf.nest.flatten(shape_invariants)
        known = [_shape(rows[place], arrays[place].dynamic_size) if place in rows else shape
                 for place, shape in enumerate(known)]  # fmt: skip
        shape_invariants = tf.nest.pack_sequence_as(loop_vars, known)
    start = tf.nest.pack_sequence_as(loop_vars, [rows.get(place, x) for place, x in enumerate(flat)])
    results = while_loop(on_tensors(cond), on_tensors(body), start, shape_invariants=shape_invariants, **options)
    return tf.nest.pack_sequence_as(results, with_arrays(results))


def _shape(x, grows=False):
    shape = tf.TensorShape(getattr(x, "shape", ()))
    return tf.TensorShape([None, *shape[1:]]) if grows else shape


def _filled(array):
    """The rows of an array that was filled from a tensor; None for one that is to be written."""
    if isinstance(array, Rows):
        return array.stack()
    return lists.rows_of(array.flow)


def _make_empty(body, loop_vars, arrays, rows):
    """Sets the `rows` that are None to zeros, of the shapes of what a first step writes."""
    flat = [
        x if place not in arrays else Rows(x.dtype, rows[place], x.element_shape)
        for place, x in enumerate(tf.nest.flatten(loop_vars))
    ]
    after = tf.nest.flatten(body(*tf.nest.pack_sequence_as(loop_vars, flat)))
    for place, array in arrays.items():
        if rows[place] is None:
            rows[place] = lists.empty(array.flow.op.inputs[1], after[place].written)
