"""What a model prints while it runs, by `tf.print`, is left out of an export: LiteRT prints nothing.

prints.remove(folder)
"""

import pathlib

from pipelines.shared.foreign import saved_model_files


def remove(folder):
    """In all functions of the SavedModel what prints does nothing, and waits for nothing."""
    content = saved_model_files.read(folder)
    nodes = [node for meta in content.meta_graphs for function in meta.graph_def.library.function
             for node in function.node_def if node.op == "PrintV2"]  # fmt: skip
    for node in nodes:
        node.ClearField("attr")
        del node.input[:]
        node.op = "NoOp"
    if nodes:
        (pathlib.Path(folder) / "saved_model.pb").write_bytes(content.SerializeToString())
