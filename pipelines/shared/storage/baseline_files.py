"""The file in which an artifact keeps its baselines: plain arrays, no pickle, read with the same errors by all tasks.

save(folder, {"weights": weights})                    one file, baselines.npz; the folder is made if there is none
load(folder, lambda arrays: Baseline(**arrays))       what the function makes of {name: array}
"""

import io
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from pipelines.shared.storage import damage

FILE_NAME = "baselines.npz"
Baselines = TypeVar("Baselines")


def save(folder: Any, arrays: Mapping[str, Any]) -> None:
    """Writes the arrays into the folder, which is made if there is none."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / FILE_NAME, **arrays)


def load(folder: Any, made: Callable[[dict[str, np.ndarray]], Baselines] = dict) -> Baselines:
    """What `made` makes of the arrays {name: array} that `save` wrote into the folder.

    Raises:
        FileNotFoundError: there is no file. ValueError: it is damaged, or `made` lacks an array or cannot read one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(folder, {"counts": np.arange(3)})
    ...     load(folder, lambda arrays: arrays["counts"].tolist())
    [0, 1, 2]
    """
    path = pathlib.Path(folder) / FILE_NAME
    if not path.exists():
        raise FileNotFoundError(f"Expected baselines in {path}, found no file. Train the artifact again.")
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return made(dict(file))
    except (*damage.ARRAYS, TypeError) as error:
        raise ValueError(f"Expected baselines in {path}, found a damaged file. Train the artifact again.") from error
