"""The only way in which a SavedModel is opened: its operations are read first, and may do nothing but compute."""

import pathlib

import tensorflow as tf
import tensorflow_text  # noqa: F401  # its operations

from pipelines.shared.foreign import saved_model_files, saved_model_graphs

SHOWN = 5  # reasons in a message


def problems(folder):
    """Reasons not to load a SavedModel, as texts; none if it may be loaded.

    Raises:
        ValueError: it is damaged.
    """
    reasons = saved_model_files.problems(folder)
    return reasons or saved_model_graphs.problems(saved_model_files.read(folder), folder)


def load(folder):
    """What `tf.saved_model.load` returns.

    Raises:
        ValueError: it is damaged, or holds something that is not allowed; nothing in it has been run.
    """
    reasons = problems(folder)
    if reasons:
        raise ValueError(f"{folder}: not loaded, it holds {listed(reasons)}")
    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, tf.errors.OpError) as error:
        raise ValueError(f"{folder} is damaged: {' '.join(str(error).split())[:300]}") from error


def listed(reasons):
    """The first few of the reasons, each cut short, in one text."""
    shown = [reason if len(reason) < 120 else f"{reason[:117]}..." for reason in reasons[:SHOWN]]
    return "; ".join(shown) + (f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else "")


def foreign_operations(folder):
    """The operations in a SavedModel that are not TensorFlow's own, such as tensorflow-text's."""
    operations = set()
    for meta in saved_model_files.read(pathlib.Path(folder)).meta_graphs:
        graphs = [meta.graph_def.node, *(function.node_def for function in meta.graph_def.library.function)]
        operations |= {node.op for nodes in graphs for node in nodes}
        operations -= {function.signature.name for function in meta.graph_def.library.function}
    own = {name for name in dir(tf.raw_ops) if not name.startswith("_")} | _NO_RAW
    return sorted(name for name in operations if name not in own)


_NO_RAW = {"Const", "Placeholder", "PlaceholderWithDefault", "NoOp", "PartitionedCall", "StatefulPartitionedCall"}
