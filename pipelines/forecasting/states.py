"""What a forecaster's preprocessor.json may hold, checked before anything is made of it."""

import numpy as np

from pipelines.shared.messages import shown
from pipelines.shared.storage import plain_json

LARGEST = 10**7  # steps in the state of an artifact
KINDS = {
    "columns": (list,), "targets": (int, 1, 10**6), "known": (int, 0, 10**6), "step": (float, 0, 1e15),
    "months": (int, 0, 10**6), "dates": (bool,), "length": (int, 1, LARGEST), "ahead": (int, 1, LARGEST),
    "stride": (int, 1, 10**15), "season": (int, 1, 10**15), "calendar": (bool,), "missing": (bool,),
}  # fmt: skip


def checked(state):
    """The state, if its values fit one another.

    Raises:
        ValueError, KeyError, TypeError: what no training writes.
    """
    plain_json.check(state, KINDS)
    columns, series = state["columns"], state["series"]
    if not (_are_names(columns) and (series is None or _are_names(series))):
        raise ValueError(f"columns, series: expected names, each once, received {shown(columns)}, {shown(series)}")
    if state["targets"] + state["known"] > len(columns):
        raise ValueError(f"targets, known: expected no more than the {len(columns)} columns")
    shape = (len(columns),) if series is None else (len(series), len(columns))
    for name, least in (("means", -np.inf), ("scales", 0)):
        values = np.asarray(state[name], np.float32)
        if values.shape != shape or not np.isfinite(values).all() or not (values > least).all():
            raise ValueError(f"{name}: expected finite numbers {shape}, scales above zero, received {values.shape}")
    return state


def _are_names(value):
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len({*value}) == len(value)
