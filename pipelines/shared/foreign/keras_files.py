"""A .keras file opened as what it may be: damaged, or made to take all memory.

Keras builds a network by its configuration before it looks at the weights, so a configuration of a kilobyte may ask for
gigabytes. Here each variable is counted before it is made, and no more of them than the file has weights for.
"""

import contextlib
import math
import pathlib
import zipfile
import zlib

import keras
import tensorflow as tf

import layers
from pipelines.shared.foreign import keras_classes
from pipelines.shared.messages import brief
from pipelines.shared.storage import apart

WEIGHTS = "model.weights.h5"
SPARE = 2**26  # bytes of variables beyond the weights of a file, such as states
PACKED = 20  # times its size that a file may unpack to; Keras packs nothing
# What building from a foreign configuration and reading foreign weights ends in.
REFUSED = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, OSError, EOFError, ImportError,
    RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, tf.errors.OpError,
)  # fmt: skip


def load(path, foreign=True, packages=()):
    """The model of a .keras file, or of an older .h5, not compiled.

    Args:
        path: the file.
        foreign: whether its weights are read by a process apart first; a file with a checksum of ours need not.
        packages: whose registered classes it may be of, beside `layers`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: damaged, of unknown layers, with code in it, or with weights for less than it configures.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{brief(path, 200)}: there is no such file; give a saved Keras model, a .keras file")
    layers.register()
    try:
        weights = _weights(path)
        keras_classes.check(path, packages)
        if foreign:
            apart.run("pipelines.shared.foreign.weight_files:check", str(path), memory=apart.MEMORY + 2 * weights)
        with _no_more_than(weights + SPARE):
            return keras.models.load_model(path, compile=False)
    except REFUSED as error:
        raise ValueError(
            f"{brief(path, 200)}: expected a saved Keras model; it is damaged, or of layers that are not known here: "
            f"{_reason(error)}"
        ) from error


def _reason(error):
    """What Keras says, without the configuration that it shows before."""
    return brief(str(error).rpartition("Exception encountered: ")[2], 200) or type(error).__name__


def _weights(path):
    """The bytes of the weights in a file, without unpacking any."""
    if not zipfile.is_zipfile(path):
        if path.suffix == ".keras":
            raise ValueError("it is no zip archive, or a truncated one")
        return path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
    size = path.stat().st_size
    if sum(sizes.values()) > PACKED * size + SPARE:
        raise ValueError(f"{size:,} bytes that claim to unpack to {sum(sizes.values()):,}")
    return max((size for name, size in sizes.items() if name.endswith((".h5", ".npz"))), default=0)


@contextlib.contextmanager
def _no_more_than(bytes_left):
    """Refuses variables of more bytes together, each before it is made."""
    total = 0

    def counted(make, **options):
        nonlocal total
        total += _bytes(options)
        if total > bytes_left:
            raise ValueError(
                f"its layers ask for {total:,} bytes and more, its weights are {bytes_left - SPARE:,} bytes"
            )
        return make(**options)

    with tf.variable_creator_scope(counted):
        yield


def _bytes(options):
    """Of the variable that `tf.Variable(**options)` would be."""
    value, kind = options["initial_value"], options.get("dtype")
    shape = _shape_in(value) if callable(value) else None
    if shape is None and callable(value):  # traced, so that nothing of it is computed
        value = tf.function(value, autograph=False).get_concrete_function().outputs[0]
    if shape is None:
        value = value if hasattr(value, "shape") else tf.convert_to_tensor(value)
        shape, kind = value.shape, kind or value.dtype
    return math.prod(map(int, shape)) * tf.as_dtype(kind or "float32").size


def _shape_in(function):
    """Of the Keras variable that an initializer is bound to; None where it is bound to none."""
    bound = [cell.cell_contents for cell in function.__closure__ or ()] if hasattr(function, "__closure__") else []
    return next((each.shape for each in bound if isinstance(each, keras.Variable)), None)
