"""Which layer of a model an operation of its graph comes from, by the scopes in the operation's name.

with blamed_layers.named(model):
    tf.saved_model.save(...)
blamed_layers.of(model, "functional_1/encoder_1/attention_1/MatMul")    # "attention (Attention)"
"""

import contextlib
import re

import keras
import tensorflow as tf

from layers.conversion.replacing import replaced

MARK = ".operation"  # behind the name of what is no layer, a function of `keras.ops` called on a model's tensors


@contextlib.contextmanager
def named(model):
    """Inside, each function of `keras.ops` that is a part of a functional model opens a scope, as layers do."""
    with contextlib.ExitStack() as changed:
        for operation in _operations(model):
            changed.enter_context(replaced(operation, "call", _in_scope(operation)))
        yield


def of(model, name):
    """The innermost layer or operation in a name, a location or a line of the converter's; None if there is none."""
    parts = {layer.name: layer for layer in model._flatten_layers(include_self=False)}
    parts |= {operation.name + MARK: operation for operation in _operations(model)}
    for word in reversed(re.findall(r"[\w.-]+", name)):
        before_number = re.sub(r"_\d+$", "", word)  # which a scope has that is opened once more
        part = parts.get(before_number) or parts.get(word)
        if part is not None:
            return _described(part)
    return None


def _described(part):
    if isinstance(part, keras.layers.Layer):
        return f"{part.name} ({type(part).__name__})"
    return f"{part.name} (keras.ops, {type(part).__name__})"


def _operations(model):
    """What is no layer among the parts of a model and of the models in it."""
    models = [layer for layer in model._flatten_layers() if isinstance(layer, keras.Model)]
    for inner in models:
        for operation in getattr(inner, "operations", None) or ():
            if not isinstance(operation, keras.layers.Layer):
                yield operation


def _in_scope(operation):
    call = operation.call

    def scoped(*arguments, **options):
        with tf.name_scope(operation.name + MARK):
            return call(*arguments, **options)

    return scoped
