"""What the configuration of a saved Keras model names, before anything of it is built.

A configuration says which classes are instantiated and which functions are called. Keras refuses what carries code of
its own (`safe_mode`), but not layers that open a path, and what it accepts differs by version. Here each class and
function has to be a public one of Keras or one of `layers`, and none that can run code or open files.
"""

import json
import pathlib
import types
import zipfile

import h5py
import keras

from pipelines.shared.checks.rows import shown
from pipelines.shared.foreign import keras2_files, tensorflow_operations

MODULES = (
    "keras", "keras.activations", "keras.constraints", "keras.dtype_policies", "keras.initializers", "keras.layers",
    "keras.losses", "keras.metrics", "keras.models", "keras.ops", "keras.ops.image", "keras.ops.linalg",
    "keras.ops.nn", "keras.ops.numpy", "keras.optimizers", "keras.optimizers.schedules", "keras.quantizers",
    "keras.random", "keras.regularizers",
)  # fmt: skip
FUNCTIONS = (
    "keras.activations", "keras.constraints", "keras.initializers", "keras.losses", "keras.metrics", "keras.ops",
    "keras.ops.image", "keras.ops.linalg", "keras.ops.nn", "keras.ops.numpy", "keras.regularizers",
)  # fmt: skip
OWN = ("keras.src.models.functional", "keras.src.models.sequential", "keras.src.models.model", "keras.src.ops")
# They hold code, or open a file or a model from somewhere else.
REFUSED = ("FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper", "__lambda__")
# Not classes but values, as Keras writes them.
VALUES = ("__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__", "__tuple__")
LARGEST = 2**26  # bytes of a configuration, at most


def check(path, packages=(), own=()):
    """Refuses a .keras file, or an older .h5, whose configuration names a class or function that is not allowed.

    Args:
        packages: names of Python packages whose registered classes and functions it may name too.
        own: names of classes and functions of the user's own that it may name.

    Raises:
        ValueError: the configuration names one, which the message gives, or cannot be read.
    """
    configuration = read(path)
    if isinstance(configuration, dict):
        configuration.pop("compile_config", None)  # nothing is compiled
    for mapping in _objects(configuration):
        if not _names(mapping) & {*own} and (wrong := _wrong(mapping, ("layers", *packages))):
            raise ValueError(f"not loaded, its configuration names {shown(wrong, 150)}")


def _names(mapping):
    """By which names a mapping asks for a class or a function."""
    names = (mapping.get("registered_name"), mapping.get("class_name"))
    names = (*names, mapping.get("config")) if mapping.get("class_name") == "function" else names
    return {name for name in names if isinstance(name, str)} - {"function"}


def read(path):
    """The configuration of the model in a .keras file, or in an older .h5; of Keras 2 in the words of Keras 3.

    Raises:
        ValueError: it cannot be read, or said in words of Keras 3.
    """
    version, configuration = _version_and_configuration(pathlib.Path(path))
    return configuration if version.startswith("3") else keras2_files.translated(configuration)


def _version_and_configuration(path):
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                facts = _read(archive.open("metadata.json").read(LARGEST + 1))
                configuration = _read(archive.open("config.json").read(LARGEST + 1))
                return str(facts.get("keras_version", "3") if isinstance(facts, dict) else "3"), configuration
        with h5py.File(path) as file:
            if "model_config" not in file.attrs:
                raise ValueError(_WEIGHTS_ALONE)
            version = file.attrs.get("keras_version", "1")
            version = version.decode() if isinstance(version, bytes) else str(version)
            return version, _read(file.attrs["model_config"])
    except (OSError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ValueError(f"its configuration cannot be read: {shown(str(error), 100)}") from error


_WEIGHTS_ALONE = (
    "it holds weights alone, and no layers; make the model in Python, give it these by model.load_weights, and save it "
    "by model.save('model.keras')"
)


def _read(content):
    """Parses a configuration as JSON, unless it has too many bytes."""
    if len(content) > LARGEST:
        raise ValueError(f"its configuration is larger than {LARGEST:,} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError, TypeError) as error:
        raise ValueError(f"its configuration is damaged: {str(error)[:100]}") from error


def _objects(value):
    """All mappings in a structure, the outer ones first."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _wrong(configuration, packages):
    """What is not allowed in a mapping of a configuration; an empty text if all is."""
    name, module = configuration.get("class_name"), configuration.get("module")
    vocabulary = configuration.get("vocabulary")
    if isinstance(vocabulary, str):
        return f"the file {vocabulary!r} as a vocabulary"
    if name is None:
        return ""
    if name == "function":
        return _wrong_function(configuration, packages)
    if not isinstance(name, str) or name.split(">")[-1] in REFUSED or name.split(".")[-1] in REFUSED:
        return f"{name!r}, which may run or open anything"
    if name == "__typespec__":
        return "" if module in ("tensorflow", None) else f"{module}.{name}"
    registered = configuration.get("registered_name")
    if registered == tensorflow_operations.REGISTERED:
        return ""
    if registered not in (None, name):
        return "" if _registered(registered, packages) else f"{registered!r}, which is not known here"
    known = name in VALUES or _registered(name, packages) or _public(name, module, type, MODULES)
    return "" if known else f"{module}.{name}, which is neither Keras's nor of layers"


def _wrong_function(configuration, packages):
    name, module = configuration.get("config"), configuration.get("module")
    module = None if module == "builtins" else module
    if isinstance(name, str) and (_registered(name, packages) or _public(name, module, types.FunctionType, FUNCTIONS)):
        return ""
    return f"the function {module}.{name}, which is neither Keras's nor of layers"


def _registered(name, packages):
    """Whether a class or function of one of the packages is registered by that name, such as "unroll>LSTM"."""
    registered = keras.saving.get_registered_object(name) if ">" in str(name) else None
    return registered is not None and registered.__module__.split(".")[0] in packages


def _public(name, module, kind, modules):
    """Whether Keras has a public object of that name and kind in `module`, or in any of `modules` if that is None."""
    if isinstance(module, str) and module.startswith(OWN) and kind is type:
        return name.isidentifier()
    if name == "Functional" and module is None and kind is type:  # in a .h5
        return True
    candidates = [getattr(_module(public_name), name, None) for public_name in modules if module in (None, public_name)]
    return any(isinstance(candidate, kind) for candidate in candidates)


def _module(name):
    module = keras
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    return module
