"""Adds operations, their results and constants to the graphs of a `.tflite`.

write = Writer(model, graph)        # of a `schema.ModelT`
sizes = write.operation(schema.BuiltinOperator.SHAPE, [position], [rank], options=options("Shape", outType=...))
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_OPERATIONS, _TYPES = schema.BuiltinOperator, schema.TensorType
_ARRAYS = {_TYPES.INT32: "<i4", _TYPES.INT64: "<i8", _TYPES.FLOAT32: "<f4", _TYPES.INT8: "i1", _TYPES.BOOL: "?"}


def options(name, **fields):
    """(what the schema calls the options, their values)"""
    values = getattr(schema, f"{name}OptionsT")()
    for field, value in fields.items():
        setattr(values, field, value)
    return getattr(schema.BuiltinOptions, f"{name}Options"), values


class Writer:
    """Adds tensors and operations to a graph."""

    def __init__(self, model, graph):
        self.model, self.graph = model, graph

    def constant(self, numbers):
        """The position of a vector of int32."""
        return self._constant(np.asarray(numbers, "<i4"), _TYPES.INT32)

    def zeros(self, shape, type_):
        """The position of a constant of zeros."""
        return self._constant(np.zeros(shape, _ARRAYS[type_]), type_)

    def _constant(self, array, type_):
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(array.tobytes(), "uint8")
        self.model.buffers.append(buffer)
        return self._tensor(array.shape, type_, len(self.model.buffers) - 1)

    def operation(self, kind, inputs, shape, type_=_TYPES.INT32, options=None, at=None):
        """The position of the result of an operation; -1 in its shape is an open axis.

        at: where the operation stands among the others, by default behind them all.
        """
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = self._code(kind), np.array(inputs, "int32")
        operator.builtinOptionsType, operator.builtinOptions = options
        self.graph.operators.insert(len(self.graph.operators) if at is None else at, operator)
        operator.outputs = np.array([self._tensor(shape, type_)], "int32")
        return operator.outputs[0]

    def _tensor(self, shape, type_, buffer=0):
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = np.maximum(shape, 1).astype("int32"), type_, buffer
        if -1 in shape:
            tensor.shapeSignature = np.array(shape, "int32")
        tensor.name = f"added_{len(self.graph.tensors)}".encode()
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def _code(self, kind):
        """The position of an operation among those that the file names."""
        for position, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == kind:
                return position
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = kind, 1
        code.deprecatedBuiltinCode = min(kind, _OPERATIONS.PLACEHOLDER_FOR_GREATER_OP_CODES)
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1
