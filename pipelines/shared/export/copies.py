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

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from pipelines.shared.export import flat_files

COPIES = ("RESHAPE", "EXPAND_DIMS", "SPLIT", "CONCATENATION")
LOOPS = ("WHILE", "IF")
# Read one tensor and belong to the run of what makes it.
UNARY = ("LOGISTIC", "TANH", "RELU", "RELU6", "ELU", "NEG", "ABS", "EXP", "SQRT", "RSQRT", "SQUARE", "SOFTMAX")
INSIDE = (*UNARY, "ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "FULLY_CONNECTED", "BATCH_MATMUL")
NEVER = (
    "GATHER",
    "SHAPE",
    "PACK",
    "UNPACK",
    "SELECT_V2",
    "DYNAMIC_UPDATE_SLICE",
    "REVERSE_V2",
    "FILL",
    "EQUAL",
    *LOOPS,
)
NAMES = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}


def kept(content):
    """The bytes of a file that answers the same; one that is too large to be written in one piece stays as it is."""
    model = flat_files.opened(content)
    if any(buffer.offset > 1 for buffer in model.buffers):
        return content
    kinds = [NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in model.operatorCodes]
    loops = any(kinds[operator.opcodeIndex] in LOOPS for graph in model.subgraphs for operator in graph.operators or [])
    for graph in model.subgraphs:
        named = _Graph(model, graph, kinds)
        named.keep_axes()
        if loops:
            named.put_ends_outside()
    return flat_files.packed(model)


class _Graph:
    """A subgraph whose operations are asked by their names."""

    def __init__(self, model, graph, kinds):
        self.model, self.graph, self.kinds = model, graph, kinds

    def keep_axes(self):
        """No FULLY_CONNECTED flattens: where its input has more than two axes it is flattened before."""
        for position, operator in reversed([*enumerate(self.graph.operators or [])]):
            if self._kind(operator) != "FULLY_CONNECTED" or operator.builtinOptions.keepNumDims:
                continue
            if self._rank(operator.inputs[0]) != 2:
                flat, reshape = self._flattened(operator)
                operator.inputs = [flat, *operator.inputs[1:]]
                self.graph.operators.insert(position, reshape)
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
        return self.kinds[operator.opcodeIndex]

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
        options = schema.ShapeOptionsT()
        options.outType = schema.TensorType.INT32
        shape = self._tensor([self._rank(index)], schema.TensorType.INT32, "outside")
        reader = self._operator("SHAPE", [index], [shape], schema.BuiltinOptions.ShapeOptions, options)
        self.graph.operators.insert(self.graph.operators.index(copy) + 1, reader)

    def _flattened(self, operator):
        """(a tensor (rows, features) of the input of a FULLY_CONNECTED, the RESHAPE that makes it)."""
        features = int(self.graph.tensors[operator.inputs[1]].shape[1])
        source = self.graph.tensors[operator.inputs[0]]
        flat = self._tensor([1, features], source.type, "flat", signature=[-1, features])
        self.graph.tensors[flat].quantization = copying.deepcopy(source.quantization)
        sizes = self._tensor([2], schema.TensorType.INT32, "sizes", np.array([-1, features], np.int32))
        options = schema.ReshapeOptionsT()
        options.newShape = [-1, features]
        reshape = self._operator(
            "RESHAPE", [operator.inputs[0], sizes], [flat], schema.BuiltinOptions.ReshapeOptions, options
        )
        return flat, reshape

    def _tensor(self, shape, kind, name, values=None, signature=None):
        """The number of a new tensor."""
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.shapeSignature = np.array(shape, np.int32), kind, signature
        tensor.name, tensor.hasRank = f"copies/{name}_{len(self.graph.tensors)}".encode(), True
        tensor.buffer = 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def _operator(self, name, inputs, outputs, options_type, options):
        if name not in self.kinds:
            code = schema.OperatorCodeT()
            number = getattr(schema.BuiltinOperator, name)
            code.builtinCode, code.deprecatedBuiltinCode, code.version = number, min(number, 127), 1
            self.model.operatorCodes.append(code)
            self.kinds.append(name)
        operator = schema.OperatorT()
        operator.opcodeIndex = self.kinds.index(name)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        return operator
