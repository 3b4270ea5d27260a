"""The one way a SavedModel is opened: its operations are read first, and only those that compute are let in."""

import pathlib

import tensorflow as tf
import tensorflow_text  # noqa: F401  # its operations

from pipelines.shared.foreign import saved_model_files, saved_model_graphs

SHOWN = 5  # problems in a message


def problems(folder):
    """What speaks against loading a SavedModel: sentences; none if it may be loaded.

    Raises:
        ValueError: it is damaged.
    """
    found = saved_model_files.problems(folder)
    return found or saved_model_graphs.problems(saved_model_files.read(folder), folder)


def load(folder):
    """What `tf.saved_model.load` gives.

    Raises:
        ValueError: it is damaged, or holds what is not allowed; nothing of it is run.
    """
    found = problems(folder)
    if found:
        raise ValueError(f"{folder}: not loaded, it holds {listed(found)}")
    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, tf.errors.OpError) as error:
        raise ValueError(f"{folder} is damaged: {' '.join(str(error).split())[:300]}") from error


def listed(found):
    """A few of many sentences, each cut short."""
    shown = [each if len(each) < 120 else f"{each[:117]}..." for each in found[:SHOWN]]
    return "; ".join(shown) + (f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


def foreign_operations(folder):
    """The operations of a SavedModel that are not TensorFlow's own, such as tensorflow-text's."""
    found = set()
    for meta in saved_model_files.read(pathlib.Path(folder)).meta_graphs:
        graphs = [meta.graph_def.node, *(function.node_def for function in meta.graph_def.library.function)]
        found |= {node.op for nodes in graphs for node in nodes}
        found -= {function.signature.name for function in meta.graph_def.library.function}
    own = {name for name in dir(tf.raw_ops) if not name.startswith("_")} | _NO_RAW
    return sorted(name for name in found if name not in own)


_NO_RAW = {"Const", "Placeholder", "PlaceholderWithDefault", "NoOp", "PartitionedCall", "StatefulPartitionedCall"}
