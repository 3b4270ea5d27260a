"""Where a task finds the functions of a room: among its own, in a module of its package, or in the defaults."""

import importlib
import inspect
import types
from collections.abc import Mapping

from pipelines import rooms, settings
from pipelines.shared import defaults


class Room:
    """A module of a task's package, loaded when first used, in which the functions `own` replace some of the module's.

    What neither of them holds comes from `shared.defaults`.
    """

    def __init__(self, module, own):
        self._module, self._own = module, own

    def __getattr__(self, name):
        if name[:1] == "_":
            raise AttributeError(name)
        for source in (self._own_source(), self._own_module(), defaults):
            if hasattr(source, name):
                return getattr(source, name)
        raise AttributeError(f"{self._module}: no {name!r}; a task has to have it, see pipelines.rooms")

    def replaces(self, name):
        """Whether the task's own functions are there in place of a name of the module's."""
        return hasattr(self._own_source(), name)

    def _own_module(self):
        """The module; None where a task does without a room that may be missing."""
        try:
            return importlib.import_module(self._module)
        except ModuleNotFoundError as error:
            if error.name != self._module or self._module.rpartition(".")[2] not in rooms.OPTIONAL:
                raise
            return None

    def _own_source(self):
        """An object with the task's own functions; not stored, since a module cannot be pickled with the task."""
        if isinstance(self._own, str):
            return importlib.import_module(self._own)
        return types.SimpleNamespace(**self._own) if isinstance(self._own, Mapping) else self._own


def holder(value):
    """The name of the module that `value` is defined in, or of `value` itself if it is a module or a module's name."""
    return getattr(value, "__module__", None) or getattr(value, "__name__", None) or str(value)


def check(room, functions):
    """Refuses functions that cannot replace those of a room.

    Raises:
        TypeError: a room, or a function of a room, that no task has.
    """
    if room not in rooms.ROOMS:
        raise TypeError(
            f"derive: no room {room!r}.{settings.near(room, rooms.ROOMS)} Rooms are: {', '.join(rooms.ROOMS)}"
        )
    known = [name for name in (*vars(rooms.ROOMS[room]), *rooms.ROOMS[room].__annotations__) if name[0] != "_"]
    if inspect.isroutine(functions):
        raise TypeError(
            f"{room}: expected a mapping, a module or an object with functions, received the function "
            f"{functions.__name__}; give {room}={{{known[0]!r}: {functions.__name__}}}"
        )
    for name in functions.keys() - set(known) if isinstance(functions, Mapping) else ():
        raise TypeError(
            f"derive: no function {name!r} in {room}.{settings.near(name, known)} It holds: {', '.join(known)}"
        )
