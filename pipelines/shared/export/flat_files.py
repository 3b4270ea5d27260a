"""The tables of a `.tflite`, as objects to change, and back as bytes with tensors where they may be read in place."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

ALIGNED = 16  # bytes, as the format demands of tensors' data
NAMES = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
LARGEST = 2**31 - 2**20  # bytes of a flat file


def opened(content):
    """The `ModelT` of a file's bytes."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))


def kind(model, operator):
    """The name of an operation of a `ModelT`."""
    code = model.operatorCodes[operator.opcodeIndex]
    return NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]


def packed(model):
    """The bytes of a `ModelT`."""
    model.buffers = [_Aligned(buffer.data, buffer.offset, buffer.size) for buffer in model.buffers]
    builder = flatbuffers.Builder(2**16 + sum(buffer.length for buffer in model.buffers))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


class _Aligned(schema.BufferT):
    """A buffer that is packed with its data aligned, which the generated code does not."""

    @property
    def length(self):
        return 0 if self.data is None else len(self.data)

    def Pack(self, builder):
        data = None if self.data is None else _vector(builder, np.asarray(self.data, "uint8").tobytes())
        schema.BufferStart(builder)
        if data is not None:
            schema.BufferAddData(builder, data)
        schema.BufferAddOffset(builder, self.offset)
        schema.BufferAddSize(builder, self.size)
        return schema.BufferEnd(builder)


def _vector(builder, content):
    builder.StartVector(1, len(content), ALIGNED)
    builder.head -= len(content)
    builder.Bytes[builder.head : builder.head + len(content)] = content
    return builder.EndVector()


def metadata(content, name):
    """The bytes of a file's metadata of this name; None if it has none."""
    model = schema.Model.GetRootAs(content, 0)
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        if entry.Name() == name.encode():
            buffer = model.Buffers(entry.Buffer())
            return b"" if buffer.DataIsNone() else buffer.DataAsNumpy().tobytes()
    return None


def with_metadata(content, entries):
    """A file's bytes with metadata {name: bytes} added, in the place of those of the same names."""
    model = opened(content)
    if len(content) + sum(map(len, entries.values())) > LARGEST or any(buffer.offset > 1 for buffer in model.buffers):
        raise ValueError(f"expected a file of less than {LARGEST:,} bytes, received {len(content):,}")
    names = {name.encode() for name in entries}
    model.metadata = [entry for entry in model.metadata or [] if entry.name not in names]
    for name, data in entries.items():
        model.buffers.append(schema.BufferT(data=np.frombuffer(data, "uint8")))
        model.metadata.append(schema.MetadataT(name=name, buffer=len(model.buffers) - 1))
    return packed(model)
