"""Opens a .keras file that may be damaged, or made to use up all memory.

Keras builds a network from its configuration before it looks at the weights, so a configuration of a kilobyte may ask
for gigabytes. Here each variable is counted before it is made, and all of them together may take little more memory
than the file's weights.
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
PACKED = 20  # times its size that a file may unpack to; Keras itself does not compress
# What building from a foreign configuration and reading foreign weights may raise.
REFUSED = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, OSError, EOFError, ImportError,
    RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, tf.errors.OpError,
)  # fmt: skip


def load(path, foreign=True, packages=()):
    """The model in a .keras file, or in an older .h5, not compiled.

    Args:
        path: the file.
        foreign: whether a child process reads its weights first; not needed for a file with a checksum of ours.
        packages: names of packages whose registered classes it may use, besides `layers`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, has unknown layers or code in it, or has fewer weights than it configures.
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
    """Keras's message, without the configuration that it quotes first."""
    return brief(str(error).rpartition("Exception encountered: ")[2], 200) or type(error).__name__


def _weights(path):
    """The size in bytes of the weights in a file, found without unpacking any."""
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
    """Refuses to make a variable with which all together would have more bytes than that."""
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
    """The size in bytes of the variable that `tf.Variable(**options)` would make."""
    value, kind = options["initial_value"], options.get("dtype")
    shape = _shape_in(value) if callable(value) else None
    if shape is None and callable(value):  # traced, so that nothing is computed
        value = tf.function(value, autograph=False).get_concrete_function().outputs[0]
    if shape is None:
        value = value if hasattr(value, "shape") else tf.convert_to_tensor(value)
        shape, kind = value.shape, kind or value.dtype
    return math.prod(map(int, shape)) * tf.as_dtype(kind or "float32").size


def _shape_in(function):
    """The shape of the Keras variable that an initializer is bound to; None if it is bound to none."""
    bound = [cell.cell_contents for cell in function.__closure__ or ()] if hasattr(function, "__closure__") else []
    return next((variable.shape for variable in bound if isinstance(variable, keras.Variable)), None)
