"""Opens a .keras file that may be damaged, or made to use up all memory.

Keras builds a network from its configuration before it looks at the weights, so a configuration of a kilobyte may ask
for gigabytes. Here each variable is counted before it is made, and all of them together may take little more memory
than the file's weights.
"""

import contextlib
import io
import json
import math
import pathlib
import zipfile
import zlib

import h5py
import keras
import tensorflow as tf
from keras.src.legacy.saving import legacy_h5_format

import layers
from pipelines.shared.arguments import Path
from pipelines.shared.foreign import cudnn_weights, keras_classes, own_classes
from pipelines.shared.messages import brief
from pipelines.shared.storage import apart, scratch

WEIGHTS = "model.weights.h5"
SPARE = 2**26  # bytes of variables beyond the weights of a file, such as states
PACKED = 20  # times its size that a file may unpack to; Keras itself does not compress
# What building from a foreign configuration and reading foreign weights may raise.
REFUSED = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, OSError, EOFError, ImportError,
    RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, tf.errors.OpError,
)  # fmt: skip


def load_keras(path: Path, custom_objects: dict | str | None = None, trust: bool = False) -> keras.Model:
    """The model in a `.keras` file, or in a `.h5`, of Keras 3 or of Keras 2, not compiled.

    What Keras 3 does not know of a file of Keras 2 is translated: `time_major`, states in a list, models called twice,
    `CuDNNLSTM`, the `hard_sigmoid` of then. A damaged file, or one that asks for more memory than it has weights for,
    is an error of one line.

    Args:
        path: the file.
        custom_objects: classes and functions of your own that it names: {name: class}, or the module or Python file
            that holds them, which is imported: "my_layers" or "models/my_layers.py".
        trust: run code that the file holds, such as a Lambda layer's. Only for a file of your own.

    Raises:
        FileNotFoundError: there is no such file. ValueError: it is damaged, has unknown layers or code in it, has fewer
        weights than it configures, is a SavedModel, or holds weights alone.

        model = pipelines.load_keras("old.h5")
        pipelines.export_keras(model, "model.tflite")
    """
    own = own_classes.of(custom_objects) if isinstance(custom_objects, str) else dict(custom_objects or {})
    return load(path, own=own, trusted=trust)


def load(path, foreign=True, packages=(), own=None, trusted=False):
    """The model in a .keras file, or in an older .h5, not compiled.

    Args:
        path: the file.
        foreign: whether a child process reads its weights first; not needed for a file with a checksum of ours.
        packages: names of packages whose registered classes it may use, besides `layers`.
        own: {name: class or function} that it may use too.
        trusted: whether it may hold code, and name any class that Keras finds.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, has unknown layers or code in it, or has fewer weights than it configures.
    """
    path = pathlib.Path(path)
    _check_kind(path)
    layers.register()
    try:
        weights = _weights(path)
        if not trusted:
            keras_classes.check(path, packages, own or ())
        if foreign:
            apart.run("pipelines.shared.foreign.weight_files:check", str(path), memory=apart.MEMORY + 2 * weights)
        with _no_more_than(weights + SPARE):
            return _opened(path, {"custom_objects": own or None, "safe_mode": not trusted, "compile": False})
    except REFUSED as error:
        raise ValueError(
            f"{brief(path, 200)}: expected a saved Keras model; it is damaged, or of layers that are not known here: "
            f"{_reason(error)}{_advice(error, path) if own is not None else ''}"
        ) from error


def _advice(error, path):
    """What to type for a model with layers or functions of the user's own, or with code in its file."""
    if any(f"{code!r}" in str(error) for code in keras_classes.REFUSED):
        return f"; if the file is your own, type unroll convert {path.name} ... --trust (in Python trust=True)"
    if any(words in str(error) for words in ("neither Keras's", "not known here")):
        return (
            "; if it is your own, name the module or file that has it: --import my_layers.py (in Python "
            "custom_objects='my_layers.py')"
        )
    return ""


def _check_kind(path):
    if (path / "saved_model.pb").exists():
        raise ValueError(
            f"{brief(path, 200)}: expected a .keras or .h5 file, received the folder of a SavedModel, of which Keras 3 "
            "makes no layers; where it was written, save it again: model = keras.models.load_model(folder); "
            "model.save('model.h5')"
        )
    if not path.is_file():
        raise FileNotFoundError(
            f"{brief(path, 200)}: there is no such file; give a saved Keras model, a .keras file or a .h5"
        )


def _opened(path, options):
    """The model of a file, whose configuration is said in the words of Keras 3 if it is of an older one."""
    if zipfile.is_zipfile(path):
        with scratch.folder() as folder:
            return keras.models.load_model(_understood(path, folder), **options)
    with h5py.File(io.BytesIO(path.read_bytes()), "r+") as file:
        file.attrs["model_config"] = json.dumps(keras_classes.read(path))
        cudnn_weights.convert(file)
        return legacy_h5_format.load_model_from_hdf5(file, **options)


def _understood(path, folder):
    """The path of a .keras file, or of its copy in the folder if it is one of Keras 2."""
    with zipfile.ZipFile(path) as old:
        configuration = keras_classes.read(path)
        if path.suffix == ".keras" and json.loads(old.read("config.json")) == configuration:
            return path
        copy = folder / path.with_suffix(".keras").name
        with zipfile.ZipFile(copy, "w") as new:
            for name in old.namelist():
                new.writestr(name, json.dumps(configuration) if name == "config.json" else old.read(name))
    return copy


def _reason(error):
    """Keras's message, without the configuration that it quotes first."""
    return brief(str(error).rpartition("Exception encountered: ")[2], 250) or type(error).__name__


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
