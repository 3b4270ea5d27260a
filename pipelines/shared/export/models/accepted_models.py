"""Which Keras models can be exported, and what is made of them first: functional models that compute in float32."""

import contextlib
import functools
import logging

import keras
from keras.src.models.functional import Functional

from layers.conversion import unbound
from pipelines.shared.export.models import input_signatures, single_precision
from pipelines.shared.messages import brief

log = logging.getLogger("unroll")


@contextlib.contextmanager
def accepted(model, input_signature=None, portable=True):
    """Inside, the model as a functional one that computes in float32 and starts each call from zeros.

    The model's own layers are in it. What is changed in them is put back at the end: types of numbers, `stateful`.

    Args:
        model: any Keras model. input_signature: what it takes; see `input_signatures`. Needed for a model of a class of
            one's own that was never called. portable: whether it computes in float32 whatever its policies are.

    Raises:
        TypeError: not a Keras model. ValueError: a model without known inputs, one that cannot be called on them, or
            another back end.
    """
    check(model)
    _build(model, input_signature)
    stateful = is_stateful(model)
    precision = single_precision.computing(model) if portable else contextlib.nullcontext()
    with unbound.forgetting_calls(model), precision, unbound.starting_anew(model):
        if input_signature is not None or not is_symbolic(model):
            yield _wrapped(model, input_signature, single_precision.OTHERS if portable else ())
        elif stateful:
            yield _opened(functional(model))
        else:
            yield _of_its_own(functional(model))


def _build(model, input_signature):
    """Builds a model that was never called, before anything of its layers is changed."""
    if input_signature is not None and not model.built:
        calls = len(model._inbound_nodes)
        try:
            _wrapped(model, input_signature, ())
        except ValueError:  # stateful layers make their states in a call alone
            if not is_stateful(model):
                raise
            input_signatures.call_on_zeros(model, *input_signatures.arguments(model, input_signature), 3)
            _reset(model)
        del model._inbound_nodes[calls:]


def _reset(model):
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
            layer.reset_state()


def _of_its_own(model):
    """A functional model of the same graph that nothing is remembered of, such as answers in other types of numbers."""
    if type(model).call is not Functional.call:
        return model
    return keras.Model(model._inputs_struct, model._outputs_struct, name=model.name)


@contextlib.contextmanager
def needing_steps(name, stateful):
    """Says in an error of this block why a stateful model has to have steps: its states are handed on between them."""
    try:
        yield
    except ValueError as error:
        if not stateful:
            raise
        raise ValueError(
            f"{name} keeps its states from call to call (stateful=True), so that its file would have the signature "
            f"`step`, which takes and gives them, but cannot: {error}; make it with stateful=False and the same "
            "weights to export its answers to whole sequences"
        ) from error


def check(model):
    """Refuses what is no Keras model on TensorFlow."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"model: expected a keras.Model, received {model!r}; pipelines.load_keras opens a file")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"export: expected Keras on TensorFlow, received {keras.backend.backend()}; save the model by "
            "model.save('model.keras'), then type: unroll convert model.keras model.tflite"
        )


def is_symbolic(model):
    """Whether a model is a functional one, or a Sequential one that knows its inputs."""
    try:
        return isinstance(model, (keras.Sequential, Functional)) and bool(model.inputs)
    except (AttributeError, ValueError):
        return False


def is_stateful(model):
    """Whether any layer keeps its states from call to call."""
    return any(getattr(layer, "stateful", False) for layer in model._flatten_layers())


def functional(model):
    """A Sequential model as a functional one of the same layers."""
    return keras.Model(model.inputs, model.outputs, name=model.name) if isinstance(model, keras.Sequential) else model


def _wrapped(model, input_signature, refused):
    """A functional model around one of any class; inputs of the types that are refused become float32."""
    if input_signature is None:
        input_signature = input_signatures.known(model)
    arguments, keywords = input_signatures.arguments(model, input_signature)
    for tensor in keras.tree.flatten([arguments, keywords]):
        tensor._dtype = "float32" if tensor.dtype in refused else tensor.dtype
    try:
        outputs = model(*arguments, **keywords)
        tensors = [*arguments, *keywords.values()]
        return keras.Model(tensors[0] if len(tensors) == 1 else tensors, outputs)
    except input_signatures.REFUSED as error:
        received = ", ".join(f"{x.name} {x.dtype} {tuple(x.shape)}" for x in keras.tree.flatten([arguments, keywords]))
        raise ValueError(
            f"{model.name} ({type(model).__name__}): its call fails on {received}: {_said(error)}; give "
            f"{input_signatures.example(model)}"
        ) from error


def _said(error):
    """Keras's message, without the arguments that it repeats."""
    return brief(str(error).partition("Arguments received by")[0], 200) or type(error).__name__


def _opened(model):
    """A functional model of the same layers for any batch and, if they take them, any number of steps."""
    shapes = [tensor.shape for tensor in model.inputs]
    for open_axes in (2, 1):
        opened = [tuple(_open(shape, open_axes)) for shape in shapes]
        if opened == shapes:
            return _of_its_own(model)
        inputs = [
            keras.Input(batch_shape=shape, dtype=tensor.dtype, name=tensor.name)
            for shape, tensor in zip(opened, model.inputs, strict=True)
        ]
        try:
            outputs = model._run_through_graph(inputs, operation_fn=_called_again)
            return keras.Model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), outputs)
        except input_signatures.REFUSED as error:
            log.debug("%s does not take %s: %s", model.name, opened, error)
    return model


def _open(shape, axes):
    timed = len(shape) > 2 or (len(shape) == 2 and axes == 2 and shape[1] is None)
    return [None, *([None] if timed and axes == 2 else shape[1:2]), *shape[2:]]


def _called_again(operation):
    """An operation, or what runs the operations of a model inside, which would hold inputs to its own sizes."""
    graph = getattr(operation, "_functional", None) or operation
    if not isinstance(graph, Functional):
        return operation
    return functools.partial(_run_inside, graph)


def _run_inside(graph, inputs, **_):
    return graph._run_through_graph(inputs, operation_fn=_called_again)
