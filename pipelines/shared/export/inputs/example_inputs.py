"""Inputs that a user gives as `examples=`: for a file's signature, or for a model; what is wrong is said in one line.

    arrays = example_inputs.arrays("file.npz", expected)      # {name: array}

Taken are a dictionary by the names of the inputs, a list in their order, one array where there is one input, the path
of an `.npz` of arrays by name, and a `tf.data.Dataset` of them, in batches, whose first rows are used.
"""

import dataclasses
import itertools
import os
import pathlib
import zipfile
import zlib

import numpy as np

from pipelines.shared.messages import brief, listed, shown

MOST_ROWS = 256  # that are used
MOST_BATCHES = 8
LARGEST = 2**31  # bytes that a file of examples may unpack to


@dataclasses.dataclass(frozen=True)
class Expected:
    """An input: its name, its type, and its shape with None for open axes."""

    name: str
    kind: str
    shape: tuple
    aliases: tuple = ()  # other names that it may be given by

    def __str__(self):
        return f"{self.name} {self.kind} ({', '.join('?' if size is None else str(size) for size in self.shape)})"


def arrays(examples, expected):
    """{name: array} of examples, in the order of the inputs, with the same number of rows.

    Args:
        examples: see above. expected: a list of `Expected`.

    Raises:
        ValueError: names, shapes, types or rows are wrong, or a file is. FileNotFoundError: there is no such file.
    """
    if isinstance(examples, (str, os.PathLike)):
        examples = read(examples)
    elif hasattr(examples, "element_spec"):
        examples = _of_dataset(examples, expected)
    named = _named(examples, expected)
    checked = {one.name: _checked(named[one.name], one) for one in expected}
    rows = {name: len(array) for name, array in checked.items() if array.ndim}
    if len(set(rows.values())) > 1:
        raise ValueError(f"examples: expected as many rows of each input, received {listed(rows.items())}")
    return checked


def read(path):
    """{name: array} of an .npz; objects in it, which NumPy would have to unpickle, are refused.

    Raises:
        FileNotFoundError: there is no such file. ValueError: it is damaged, too large or holds objects.
    """
    path = _existing(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST:
            raise ValueError(f"it unpacks to {size:,} bytes, {LARGEST:,} at most")
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except (ValueError, OSError, EOFError, KeyError, SyntaxError, MemoryError, OverflowError, NotImplementedError,
            RuntimeError, TypeError, zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
        said = str(error)
        if "Object arrays" in said:
            said = "it holds Python objects, which are not opened; save arrays of numbers"
        raise ValueError(
            f"examples: {brief(path, 200)}: expected an .npz, as np.savez(path, name=array) writes: {brief(said, 200)}"
        ) from error


def _existing(path):
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"examples: {brief(path, 200)}: there is no such file; give an .npz of arrays by name")
    return path


def plain(examples):
    """Examples for another process: the path of an .npz as a text, or arrays in a dictionary or a list; None if none.

    Raises:
        ValueError: they are something else. FileNotFoundError: there is no such file.
    """
    if examples is None:
        return None
    if isinstance(examples, (str, os.PathLike)):
        return str(_existing(examples).resolve())
    if hasattr(examples, "element_spec"):
        raise ValueError("examples: expected arrays by name or an .npz for a file, received a tf.data.Dataset")
    if _is_by_name(examples):
        return {str(name): _plain(examples[name], str(name)) for name in examples}
    if isinstance(examples, (list, tuple)) and all(
        np.ndim(one) for one in examples if not isinstance(one, (list, tuple))
    ):
        return [_plain(one, number) for number, one in enumerate(examples)]
    return _plain(examples, 0)


def _plain(values, name):
    return _array(values, f"numbers for the input {name}")[:MOST_ROWS]


def _of_dataset(dataset, expected):
    """The inputs in the first batches of a tf.data.Dataset of inputs, or of (inputs, targets)."""
    batches = []
    for element in itertools.islice(iter(dataset), MOST_BATCHES):
        if isinstance(element, tuple) and element and len(_flat(element)) != len(expected):
            element = element[0]
        batches.append(_named(element, expected))
        if sum(len(next(iter(batch.values()))) for batch in batches) >= MOST_ROWS:
            break
    if not batches:
        raise ValueError("examples: expected a tf.data.Dataset of one batch or more, received an empty one")
    alike = [batch for batch in batches if all(np.shape(batch[name])[1:] == np.shape(batches[0][name])[1:]
                                               for name in batch)]  # fmt: skip
    return {name: np.concatenate([np.asarray(batch[name]) for batch in alike]) for name in batches[0]}


def _flat(structure):
    """The arrays in a structure of dictionaries, lists and tuples; a list of numbers is one."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in _flat(structure[key])]
    if isinstance(structure, (list, tuple)) and not all(map(np.isscalar, structure)):
        return [leaf for part in structure for leaf in _flat(part)]
    return [structure]


def _is_by_name(examples):
    return isinstance(examples, dict) or type(examples).__name__ == "NpzFile"


def _named(examples, expected):
    """{name: what was given for it}."""
    if _is_by_name(examples):
        return _by_name(examples, expected)
    if len(expected) == 1:
        one = isinstance(examples, (list, tuple)) and len(examples) == 1
        inside = one and np.ndim(examples[0]) == len(expected[0].shape)
        return {expected[0].name: examples[0] if inside else examples}
    values = examples if isinstance(examples, (list, tuple)) else [examples]
    if len(values) != len(expected):  # nested as the model's inputs are
        values = _flat(values)
    if len(values) != len(expected):
        raise ValueError(
            f"examples: expected {len(expected)} arrays, of {_inputs(expected)}, received {len(values)}; give a "
            "dictionary by these names"
        )
    return dict(zip([one.name for one in expected], values, strict=True))


def _by_name(examples, expected):
    known = {alias: one.name for one in expected for alias in one.aliases} | {one.name: one.name for one in expected}
    unknown = [str(key) for key in examples if key not in known]
    named = {known[key]: examples[key] for key in examples if key in known}
    missing = [one.name for one in expected if one.name not in named]
    if missing or unknown:
        raise ValueError(
            f"examples: expected {_inputs(expected)}, received {listed([*examples], write=brief)}"
            f"{f'; missing: {listed(missing, write=brief)}' if missing else ''}"
            f"{f'; unknown: {listed(unknown, write=brief)}' if unknown else ''}"
        )
    return named


def _inputs(expected):
    return listed([str(one) for one in expected], write=brief)


def _checked(values, expected):
    """The first rows of an array, of the input's type, if nothing is lost by that."""
    array = _array(values, expected)
    if not expected.shape:  # one number for all rows
        if array.size != 1:
            raise ValueError(f"examples: expected {expected}, received an array of the shape {shown(array.shape)}")
        return _as_kind(array.reshape(()), expected)
    if array.ndim == len(expected.shape) - 1 and array.ndim and expected.shape[-1] == 1:
        array = array[..., None]  # as Keras does
    sizes = array.shape[1:]
    if array.ndim != len(expected.shape) or any(
        size not in (None, own) for size, own in zip(expected.shape[1:], sizes, strict=True)
    ):
        hint = "; give it with an axis of rows, in batches" if array.ndim == len(expected.shape) - 1 else ""
        raise ValueError(f"examples: expected {expected}, received an array of the shape {shown(array.shape)}{hint}")
    if 0 in sizes:
        raise ValueError(f"examples: expected {expected} with no axis of size 0, received the shape {array.shape}")
    return _as_kind(np.asarray(array[:MOST_ROWS]), expected)


def _array(values, expected):
    try:
        array = values if isinstance(values, np.ndarray) else np.asarray(values)
    except Exception as error:  # of any object that claims to be an array
        raise ValueError(f"examples: expected {expected}, received {shown(values)}: {brief(error, 100)}") from error
    if getattr(expected, "kind", None) == "string":  # of a SavedModel
        if array.dtype.kind in "SU" or all(isinstance(text, (str, bytes)) for text in array.flat):
            return (np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array).astype(object)
        raise ValueError(f"examples: expected {expected}, received an array of {array.dtype.name}; give texts")
    if array.dtype.kind not in "biuf":
        what = "rows of different lengths, or objects" if array.dtype.kind == "O" else f"an array of {array.dtype.name}"
        raise ValueError(f"examples: expected {expected}, received {what}; give an array of numbers")
    return array


def _as_kind(array, expected):
    """The array in the input's type.

    Raises:
        ValueError: a number has no equal in the type.
    """
    if expected.kind == "string":
        return array
    kind = np.dtype(expected.kind)
    with np.errstate(all="ignore"):
        cast = array.astype(kind)
    if kind.kind != "f" and (odd := cast != array).any():
        raise ValueError(f"examples: expected {expected}, received {array[odd].flat[0]} in an array of {array.dtype}")
    return cast
