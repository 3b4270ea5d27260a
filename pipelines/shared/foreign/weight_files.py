"""Whether the weights of a saved Keras model can be read; run in a child process, since HDF5 is native code."""

import pathlib
import zipfile

import h5py
import numpy as np

AT_ONCE = 2**26  # bytes that are read at a time, and that weights may have beyond twice the file's


def check(path):
    """Reads all weights of a .keras or .h5 file once.

    Raises:
        ValueError: the weights claim far more bytes than the file has, as datasets that were never written do.
        Also whatever h5py and zipfile raise.
    """
    path = pathlib.Path(path)
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            return _check_datasets(file, path.stat().st_size)
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".h5"):
                    with archive.open(member) as weights:
                        _check_datasets(weights, member.file_size)
                elif not member.is_dir():
                    _read(archive, member)


def _read(archive, member):
    """Reads all bytes once, which makes zipfile compare their checksum."""
    with archive.open(member) as file:
        while file.read(AT_ONCE):
            pass


def _check_datasets(file, size):
    with h5py.File(file, "r") as weights:
        datasets = []
        weights.visititems(lambda name, node: datasets.append(node) if isinstance(node, h5py.Dataset) else None)
        claimed = sum(dataset.size * dataset.dtype.itemsize for dataset in datasets)
        if claimed > 2 * size + AT_ONCE:
            raise ValueError(f"weights of {claimed:,} bytes in a file of {size:,}")
        for dataset in datasets:
            np.asarray(dataset)
