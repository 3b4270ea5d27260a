"""How a recurrent layer is differentiated on TensorFlow, and its gradient differentiated again.

A layer can run in two ways: `fast`, which saves what its hand-written gradient needs, and `plain`, which saves nothing
and which TensorFlow can differentiate any number of times. `differentiable` takes the one that suits:

- where a tape is open, `fast`; the gradient of its gradient is that of `plain`;
- in a graph without a tape, `plain`; if a gradient is asked for from outside, that of `fast`, which is run only then;
- for the rows of `tf.vectorized_map` and of a Jacobian, which run together, `plain`.
"""

import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import record


def is_recorded():
    """Whether a tape is open here, but not one for many rows at once."""
    return record.could_possibly_record() and not is_vectorized()


def is_recorded_once(tensors):
    """Whether these tensors are watched for a gradient, and not for a gradient of one."""
    return pywrap_tfe.TFE_Py_TapeSetPossibleGradientTypes(tensors) == 1


def is_vectorized():
    """Whether what is traced here is to run for many rows at once: by a Jacobian or `tf.vectorized_map`."""
    graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    while graph is not None:
        if any(part.startswith("loop_body") for part in graph.get_name_scope().split("/")):
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def differentiable(fast, plain, *tensors):
    """-> plain(*tensors), a list of tensors, in the way that suits; fast: what `recorded` makes."""
    if is_recorded():
        return fast(*tensors)
    if tf.executing_eagerly() or is_vectorized():
        return plain(*tensors)
    return _recorded_later(fast, plain, *tensors)


def recorded(fast, plain, *tensors):
    """-> plain(*tensors), run as `fast`, which also gives a function from its gradients to those of `tensors`."""

    @tf.custom_gradient
    def run(*tensors):
        outputs, by_hand = fast(*tensors)

        def gradient(*upstream):
            if is_vectorized():
                return _gradient(plain, tensors, upstream)
            return _by_hand(by_hand, plain, tensors, upstream)

        return outputs, gradient

    return run(*tensors)


def _by_hand(by_hand, plain, tensors, upstream):
    """by_hand(*upstream), whose own gradient is that of the gradient of `plain`."""
    count = len(tensors)

    @tf.custom_gradient
    def run(*both):
        def gradient(*twice):
            return _gradient(lambda *both: _gradient(plain, both[:count], both[count:]), both, twice)

        return by_hand(*both[count:]), gradient

    return run(*_here(tensors), *_here(upstream))


def _here(tensors):
    """The tensors in the current graph; they may belong to the graph that it is the gradient of."""
    return tensors if tf.executing_eagerly() else [tf.identity(tensor) for tensor in tensors]


def _gradient(function, tensors, upstream):
    """The gradients of function(*tensors) by `tensors`, from those of what it gives."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensors)
        outputs = function(*tensors)
    return tape.gradient(outputs, tensors, upstream, unconnected_gradients="zero")


def _recorded_later(fast, plain, *tensors):
    """plain(*tensors) in a graph that holds no gradient, so that none is exported."""
    outputs = plain(*tensors)

    def gradient(operation, *upstream):
        tensors = _here(operation.inputs[len(outputs) :])
        again = _gradient(lambda *tensors: differentiable(fast, plain, *tensors), tensors, upstream[: len(outputs)])
        return [*[None] * len(outputs), *again]

    with tf.compat.v1.get_default_graph()._override_gradient_function({"IdentityN": gradient}):
        return tf.raw_ops.IdentityN(input=[*outputs, *tensors])[: len(outputs)]
