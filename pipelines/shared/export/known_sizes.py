"""Rewrites a SavedModel so that LiteRT knows every size that follows from the inputs' sizes before a call begins.

    known_sizes.rewrite(folder)

TensorFlow packs sizes into a shape, as in tf.zeros([tf.shape(x)[0], 8]). LiteRT learns the value of a PACK when it
runs, of a CONCATENATION when memory is planned. Where a shape comes out in the midst of a call, memory is planned anew
there, and XNNPACK may then leave out copies in all later calls; see `layers.conversion.products`.
"""

import pathlib

import numpy as np
import tensorflow as tf

from pipelines.shared.foreign import saved_model_files

WHOLE = (tf.int32.as_datatype_enum, tf.int64.as_datatype_enum)


def rewrite(folder):
    """In all functions of the SavedModel a pack of whole numbers becomes a concatenation of the same values."""
    content = saved_model_files.read(folder)
    for meta in content.meta_graphs:
        for function in meta.graph_def.library.function:
            for node in [node for node in function.node_def if node.op == "Pack"]:
                if node.attr["T"].type in WHOLE:
                    _concatenate(function, node)
    (pathlib.Path(folder) / "saved_model.pb").write_bytes(content.SerializeToString())


def _concatenate(function, node):
    """Pack(x, y, axis) = ConcatV2(ExpandDims(x, axis), ExpandDims(y, axis), axis), under the same name."""
    values = [name for name in node.input if not name.startswith("^")]
    after = [name for name in node.input if name.startswith("^")]
    number = function.node_def.add(name=f"{node.name}/known_axis", op="Const")
    number.attr["dtype"].type = tf.int32.as_datatype_enum
    number.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.int32(node.attr["axis"].i)))
    axis, kind = f"{number.name}:output:0", node.attr["T"].type
    del node.attr["axis"], node.input[:]
    if len(values) == 1:  # a concatenation has two parts at least
        del node.attr["N"]
        _expand(node, values[0], axis, kind)
    else:
        node.op, node.attr["Tidx"].type = "ConcatV2", tf.int32.as_datatype_enum
        for position, value in enumerate(values):
            inner = function.node_def.add(name=f"{node.name}/known_{position}")
            _expand(inner, value, axis, kind)
            node.input.append(f"{inner.name}:output:0")
        node.input.append(axis)
    node.input.extend(after)


def _expand(node, value, axis, kind):
    """Makes ExpandDims(value, axis) of a node."""
    node.op = "ExpandDims"
    node.input.extend([value, axis])
    node.attr["T"].type, node.attr["Tdim"].type = kind, tf.int32.as_datatype_enum
