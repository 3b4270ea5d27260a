"""Decoded windows on disk, so that videos are decoded once and not in every epoch.

    kept = Kept(most=2**32)
    frames = kept.of(3, read)           read() the first time, the same from disk afterwards

They are in a temporary file without a name, gone with the process however that ends, of at most `most` bytes and
a quarter of the free disk; what does not fit is read anew each time. Nothing of it stays in memory.
"""

import os
import shutil
import tempfile
import threading
import weakref

import numpy as np

SHARE = 4  # of the free disk, the part that is used at the most is 1 / SHARE


class Kept:
    """See this module's docstring. most: bytes."""

    def __init__(self, most):
        self._file, self._lock, self._end = tempfile.TemporaryFile(buffering=0), threading.Lock(), 0  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._most = min(most, shutil.disk_usage(tempfile.gettempdir()).free // SHARE)
        self._spans = {}

    def of(self, key, read):
        """The array that `read` gives, from disk if it was read under this key before."""
        if key in self._spans:
            start, shape, kind = self._spans[key]
            size = int(np.prod(shape)) * kind.itemsize
            content = os.pread(self._file.fileno(), size, start)
            if len(content) == size:
                return np.frombuffer(content, kind).reshape(shape)
        array = read()
        with self._lock:
            if key not in self._spans and self._end + array.nbytes <= self._most:
                try:
                    written = os.pwrite(self._file.fileno(), np.ascontiguousarray(array).data, self._end)
                except OSError:  # the disk is full, by others
                    written = self._most = 0
                if written == array.nbytes:
                    self._spans[key] = self._end, array.shape, array.dtype
                    self._end += written
        return array
