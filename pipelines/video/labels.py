"""Labels of the frames of a clip, held as numbers of their names."""

import collections
import dataclasses

import numpy as np

from pipelines.shared.data import sources
from pipelines.shared.messages import CONTROLS


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """The labels of a clip's frames. codes: int32 (frames,), numbers of `names`, -1 where there is none."""

    codes: np.ndarray
    names: tuple

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return self.names[self.codes[index]] if self.codes[index] >= 0 else None

    def __eq__(self, other):
        return list(self) == list(other)

    def __repr__(self):
        return f"<Labels of {len(self)} frames: {self[:3]}...>"

    def tobytes(self):
        """What a fingerprint of examples depends on."""
        names = [str(name).encode() for name in self.names]
        return b"".join(names[code] + b"/" if code >= 0 else b"//" for code in self.codes.tolist())

    def counts(self):
        """A Counter of the names."""
        numbers = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names)).tolist()
        return collections.Counter({str(name): count for name, count in zip(self.names, numbers, strict=True) if count})


class Names(dict):
    """{label as text: its number}, in the order in which they come."""

    def number(self, label):
        return self.setdefault(label.strip() if isinstance(label, str) else str(label), len(self))


def of_values(values, called, names=None):
    """The `Labels` of a list of labels, in which None stands for none.

    Raises:
        ValueError: what is no label.

    >>> of_values(["a", None, "b"], "data")[:]
    ['a', None, 'b']
    """
    values = values.tolist() if hasattr(values, "tolist") else list(values)
    names = Names() if names is None else names
    codes = []
    for number, value in enumerate(values):
        if not sources.missing(value) and value != "" and (what := wrong(value)):
            raise ValueError(f"{called}, frame {number}: {what}")
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        codes.append(-1 if sources.missing(value) or value == "" else names.number(value))
    return Labels(np.array(codes, np.int32), tuple(names))


def wrong(label):
    """What is wrong with a label, or None."""
    if isinstance(label, str):
        if CONTROLS.search(label.strip()):
            return f"expected a label in one line, without control characters, received {label!r:.60}"
        return None
    if isinstance(label, (bytes, bool, np.bool_)) or hasattr(label, "__index__"):
        return None
    return f"expected a string or an integer as the label, received {type(label).__name__} {label!r:.60}"
