"""JSON that strangers send: read strictly, or refused in one line.

Refused are other encodings than UTF-8, an object with a name twice, values nested deeper than `DEPTH`, numbers that no
double holds, and texts that UTF-8 cannot hold. NaN and Infinity are read where TF Serving reads them.
"""

import asyncio
import functools
import json
import math

from pipelines.shared.messages import shown
from pipelines.shared.serving.refusals import Refused

DEPTH = 16  # lists and objects in one another
LARGE = 2**16  # bytes, from which on a body is read beside the event loop


async def of(request, constants: bool = False) -> dict:
    """The object in the body of a request; see `read`."""
    body = await request.body()
    if len(body) < LARGE:
        return read_object(body, constants)
    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(read_object, body, constants))


def read(body: bytes, constants: bool = False):
    """The value of a body.

    Args:
        constants: whether NaN, Infinity and -Infinity are numbers.

    Raises:
        Refused: 400.

    >>> read(b'{"inputs": ["good"]}')
    {'inputs': ['good']}
    """
    hooks = {} if constants else {"parse_constant": _constant}
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_float=_finite, **hooks)
    except RecursionError as error:
        raise Refused(400, f"body: expected JSON of at most {DEPTH} levels, received more") from error
    except UnicodeDecodeError as error:
        raise Refused(400, f"body: expected UTF-8, received another encoding at byte {error.start}") from error
    except ValueError as error:
        raise Refused(400, f"body: expected JSON, received something else: {error}") from error
    _check_levels(value)
    return value


def read_object(body: bytes, constants: bool = False) -> dict:
    """The same of a body that has to be an object."""
    value = read(body, constants)
    if not isinstance(value, dict):
        raise Refused(400, f"body: expected an object such as {{...}}, received {shown(value)}")
    return value


def _check_levels(value):
    """Refuses what is nested too deep, and texts with half a surrogate pair."""
    level = [value]
    for depth in range(DEPTH + 1):
        texts = "".join(one for one in level if isinstance(one, str))
        try:
            texts.encode("utf-8")
        except UnicodeEncodeError as error:
            raise Refused(400, "body: expected text that UTF-8 can hold, received half a surrogate pair") from error
        holders = [one for one in level if isinstance(one, (list, dict))]
        if not holders:
            return
        if depth == DEPTH:
            raise Refused(400, f"body: expected JSON of at most {DEPTH} levels, received more")
        level = [child for one in holders for child in _inside(one)]


def _inside(value):
    return [*value, *value.values()] if isinstance(value, dict) else value


def _once(pairs):
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {shown(next(name for name in names if names.count(name) > 1))} twice in an object")
    return mapping


def _finite(digits):
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits[:20]}, which no double holds")
    return number


def _constant(word):
    raise ValueError(f"{word}, which is no JSON; null is a missing value")
