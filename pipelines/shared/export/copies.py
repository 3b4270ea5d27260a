"""Changes a `.tflite` so that XNNPACK, LiteRT's default, leaves out none of its copies.

    content = copies.kept(content)

Reshaping, splitting and joining are copies to XNNPACK, and so is what it puts in front of a FULLY_CONNECTED that may
flatten its input. Its runs of operations share one block of memory. While sizes are set for a call, a run that needs a
larger block moves it, and all other runs are set up once more: with the block's new address, and with the old addresses
of the tensors that LiteRT holds. Where one of these is held no longer, as in a loop's body, the block may lie there by
then. A copy from there to the block then has both ends at one address, and is left out of that call (ai-edge-litert
2.3.0, `xnn_setup_copy_nc_x32`; one bidirectional LSTM was wrong in 5,301 of 37,698 interpreters, in the first call that
was longer than those before).

So no copy may have one end in the block and one outside. A tensor is outside that another operation than XNNPACK's
reads, and SHAPE is none of those: an unused one is put beside each end that is not known to be outside.
"""

import copy as copying

from ai_edge_litert import schema_py_generated as schema

from pipelines.shared.export import flat_files
from pipelines.shared.export.graph_writer import Writer, options

COPIES = ("RESHAPE", "EXPAND_DIMS", "SPLIT", "CONCATENATION")
LOOPS = ("WHILE", "IF")
# Read one tensor and belong to the run of what makes it.
UNARY = ("LOGISTIC", "TANH", "RELU", "RELU6", "ELU", "NEG", "ABS", "EXP", "SQRT", "RSQRT", "SQUARE", "SOFTMAX")
INSIDE = (*UNARY, "ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "FULLY_CONNECTED", "BATCH_MATMUL")
NEVER = (
    "GATHER", "SHAPE", "PACK", "UNPACK", "SELECT_V2", "DYNAMIC_UPDATE_SLICE", "REVERSE_V2", "FILL", "EQUAL", *LOOPS,
)  # fmt: skip


def kept(content):
    """The bytes of a file that answers the same; one that is too large to be written in one piece stays as it is."""
    model = flat_files.opened(content)
    if any(buffer.offset > 1 for buffer in model.buffers):
        return content
    loops = any(
        flat_files.kind(model, operator) in LOOPS for graph in model.subgraphs for operator in graph.operators or []
    )
    for graph in model.subgraphs:
        named = _Graph(model, graph)
        named.keep_axes()
        if loops:
            named.put_ends_outside()
    return flat_files.packed(model)


class _Graph:
    """A subgraph whose operations are asked by their names."""

    def __init__(self, model, graph):
        self.model, self.graph, self.write = model, graph, Writer(model, graph)

    def keep_axes(self):
        """No FULLY_CONNECTED flattens: where its input has more than two axes it is flattened before."""
        for position, operator in reversed([*enumerate(self.graph.operators or [])]):
            if self._kind(operator) != "FULLY_CONNECTED" or operator.builtinOptions.keepNumDims:
                continue
            if self._rank(operator.inputs[0]) != 2:
                operator.inputs = [self._flattened(operator, position), *operator.inputs[1:]]
            operator.builtinOptions.keepNumDims = True

    def put_ends_outside(self):
        makers, readers = self._makers(), self._readers()
        for operator in [*(self.graph.operators or [])]:
            if self._kind(operator) in COPIES:
                ends = [index for index in (*operator.inputs, *operator.outputs) if self._is_float(index, makers)]
                inside = all(self._inside(index, operator, makers, readers) for index in ends)
                for index in ends if not inside else ():
                    if not self._outside(index, makers, readers):
                        self._read_behind(operator, index)
                        readers.setdefault(index, []).append("SHAPE")

    def _kind(self, operator):
        return flat_files.kind(self.model, operator)

    def _rank(self, index):
        shape = self.graph.tensors[index].shape
        return 0 if shape is None else len(shape)

    def _makers(self):
        """{tensor: the name of the operation that makes it}, an empty one for the inputs of the graph."""
        made = {index: self._kind(operator) for operator in self.graph.operators or [] for index in operator.outputs}
        return made | dict.fromkeys(map(int, self.graph.inputs), "")

    def _readers(self):
        """{tensor: the names of the operations that read it}, an empty one for who reads the graph's outputs."""
        readers = {}
        for operator in self.graph.operators or []:
            for index in operator.inputs:
                readers.setdefault(int(index), []).append(self._kind(operator))
        for index in self.graph.outputs:
            readers.setdefault(int(index), []).append("")
        return readers

    def _is_float(self, index, makers):
        """Whether it is a tensor of floats that is computed, in a type that XNNPACK knows."""
        return index in makers and self.graph.tensors[index].type in (
            schema.TensorType.FLOAT32,
            schema.TensorType.FLOAT16,
        )

    def _outside(self, index, makers, readers):
        return makers[index] in ("", *NEVER) or any(reader in ("", *NEVER) for reader in readers.get(index, []))

    def _inside(self, index, operator, makers, readers):
        """Whether it is surely within a run of XNNPACK's: all that touches it belongs to the run of the copy."""
        around = readers.get(index, [])
        if index in operator.outputs:
            return bool(around) and all(reader in UNARY for reader in around)
        return makers[index] in INSIDE and around == [self._kind(operator)]

    def _read_behind(self, copy, index):
        """Puts a SHAPE of a tensor right behind a copy, so that its memory is not held for longer."""
        self.write.operation(
            schema.BuiltinOperator.SHAPE, [index], [self._rank(index)],
            options=options("Shape", outType=schema.TensorType.INT32), at=self.graph.operators.index(copy) + 1,
        )  # fmt: skip

    def _flattened(self, operator, position):
        """The input of a FULLY_CONNECTED as a new tensor (rows, features), made at this position."""
        features = int(self.graph.tensors[operator.inputs[1]].shape[1])
        source = self.graph.tensors[operator.inputs[0]]
        sizes = [-1, features]
        flat = self.write.operation(
            schema.BuiltinOperator.RESHAPE, [operator.inputs[0], self.write.constant(sizes)], sizes, source.type,
            options("Reshape", newShape=sizes), at=position,
        )  # fmt: skip
        self.graph.tensors[flat].quantization = copying.deepcopy(source.quantization)
        return flat
