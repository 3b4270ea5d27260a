"""Answers of a `.tflite` whose size depends on what the inputs hold, such as a translation, filled up to one size.

    position = answer_sizes.filled(model, graph, position, [1, 40])     # of the tensor to hand out instead

A longer answer is cut. What is filled in is 0, which our decoders leave behind the end of a shorter row.
"""

from ai_edge_litert import schema_py_generated as schema

from pipelines.shared.export.graph_writer import Writer, options

_OPERATIONS, _TYPES = schema.BuiltinOperator, schema.TensorType


def filled(model, graph, position, shape):
    """Adds operations to a graph of a `schema.ModelT`, behind the tensor at `position`; returns that of their result.

    n = min(shape of the answer, shape); result = zeros(shape); result[:n_0, :n_1, ...] = answer[:n_0, :n_1, ...]
    """
    write, answer, rank = Writer(model, graph), graph.tensors[position], len(shape)
    zeros = write.constant([0] * rank)
    sizes = write.operation(_OPERATIONS.SHAPE, [position], [rank], options=options("Shape", outType=_TYPES.INT32))
    kept = write.operation(
        _OPERATIONS.MINIMUM, [sizes, write.constant(shape)], [rank], options=options("MaximumMinimum")
    )
    cut = write.operation(_OPERATIONS.SLICE, [position, zeros, kept], [-1] * rank, answer.type, options("Slice"))
    empty = write.zeros(shape, answer.type)
    # Not PAD, whose result has a size that is known only when it runs, which `CompiledModel` does not hand out.
    return write.operation(_OPERATIONS.DYNAMIC_UPDATE_SLICE, [empty, cut, zeros], shape, answer.type, (0, None))
