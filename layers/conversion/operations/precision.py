"""Numbers in double precision are computed in single: LiteRT hands float64 on, and computes with float32."""

import tensorflow as tf

# What passes numbers on, or holds functions that were made before.
KEPT = {
    "Cast", "Const", "Placeholder", "Identity", "IdentityN", "ReadVariableOp", "ResourceGather", "If", "StatelessIf",
    "While", "StatelessWhile", "PartitionedCall", "StatefulPartitionedCall", "EnsureShape", "Shape", "ShapeN", "Size",
    "Rank", "StopGradient", "PreventGradient", "VarHandleOp", "AssignVariableOp", "Case", "StatelessCase",
}  # fmt: skip


def is_double(operation):
    """Whether it is one that computes with float64."""
    if operation.type in KEPT or "TensorList" in operation.type:
        return False
    return any(tensor.dtype == tf.float64 for tensor in (*operation.inputs, *operation.outputs))


def in_single(operation):
    """The outputs of the same operation of float32."""
    inputs = [tf.cast(x, tf.float32) if x.dtype == tf.float64 else x for x in operation.inputs]
    attributes = {name: _single(operation.node_def.attr[name]) for name in operation.node_def.attr}
    kinds = [tf.float32 if x.dtype == tf.float64 else x.dtype for x in operation.outputs]
    return operation.graph.create_op(operation.type, inputs, kinds, attrs=attributes).outputs


def _single(attribute):
    """The value of an attribute with float32 for float64."""
    double, single = tf.float64.as_datatype_enum, tf.float32.as_datatype_enum
    if attribute.type == double:
        attribute.type = single
    for position, kind in enumerate(attribute.list.type):
        attribute.list.type[position] = single if kind == double else kind
    return attribute


def in_double(outputs, like):
    return [tf.cast(x, y.dtype) if x.dtype != y.dtype else x for x, y in zip(outputs, like, strict=True)]
