"""Answers of a `.tflite` whose size depends on what the inputs hold, such as a translation, filled up to one size.

    position = answer_sizes.filled(model, graph, position, [1, 40])     # of the tensor to hand out instead

A longer answer is cut. What is filled in is 0, which our decoders leave behind the end of a shorter row.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_OPERATIONS, _TYPES = schema.BuiltinOperator, schema.TensorType
_ARRAYS = {_TYPES.INT32: "<i4", _TYPES.INT64: "<i8", _TYPES.FLOAT32: "<f4", _TYPES.INT8: "i1", _TYPES.BOOL: "?"}


def filled(model, graph, position, shape):
    """Adds operations to a graph of a `schema.ModelT`, behind the tensor at `position`; returns that of their result.

    n = min(shape of the answer, shape); result = zeros(shape); result[:n_0, :n_1, ...] = answer[:n_0, :n_1, ...]
    """
    write, answer, rank = _Writer(model, graph), graph.tensors[position], len(shape)
    zeros = write.constant([0] * rank)
    sizes = write.operation(_OPERATIONS.SHAPE, [position], [rank], options=_options("Shape", outType=_TYPES.INT32))
    kept = write.operation(
        _OPERATIONS.MINIMUM, [sizes, write.constant(shape)], [rank], options=_options("MaximumMinimum")
    )
    cut = write.operation(_OPERATIONS.SLICE, [position, zeros, kept], [-1] * rank, answer.type, _options("Slice"))
    empty = write.zeros(shape, answer.type)
    # Not PAD, whose result has a size that is known only when it runs, which `CompiledModel` does not hand out.
    return write.operation(_OPERATIONS.DYNAMIC_UPDATE_SLICE, [empty, cut, zeros], shape, answer.type, (0, None))


def _options(name, **fields):
    """(what the schema calls the options, their values)"""
    values = getattr(schema, f"{name}OptionsT")()
    for field, value in fields.items():
        setattr(values, field, value)
    return getattr(schema.BuiltinOptions, f"{name}Options"), values


class _Writer:
    """Adds tensors and operations to the end of a graph."""

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

    def operation(self, kind, inputs, shape, type_=_TYPES.INT32, options=None):
        """The position of the result of an operation; -1 in its shape is an open axis."""
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = self._code(kind), np.array(inputs, "int32")
        operator.builtinOptionsType, operator.builtinOptions = options
        self.graph.operators.append(operator)
        operator.outputs = np.array([self._tensor(shape, type_)], "int32")
        return operator.outputs[0]

    def _tensor(self, shape, type_, buffer=0):
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = np.maximum(shape, 1).astype("int32"), type_, buffer
        if -1 in shape:
            tensor.shapeSignature = np.array(shape, "int32")
        tensor.name = f"filled_{len(self.graph.tensors)}".encode()
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
