"""What a task is: a name, settings, and a package whose modules are its rooms, of which a derived task replaces some.

`pipelines.Task` is this and the verbs. A room is loaded when it is first used.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Self

import pipelines
from pipelines import rooms, settings
from pipelines.shared import messages, own_rooms
from pipelines.shared.artifacts import layout


@dataclasses.dataclass(frozen=True)
class Roomed:
    """What sets one task apart from another.

    Args:
        name: of the task, and by default of its artifacts; each artifact records it.
        package: the package whose modules are the task's rooms; `pipelines.rooms` says what each must hold.
        Config: its settings, a subclass of `settings.Settings`.
        own: {room: anything with functions that replace that room's}; see `derive`.
    """

    name: str
    package: str
    Config: type[settings.Training]
    own: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        layout.folder_of("", self.name)
        settings.check_class(self.Config)

    def derive(self, name: str, *, Config: type[settings.Training] | None = None, **own: Any) -> Self:
        """A new task: this one with other functions in some of its rooms.

        Args:
            name: of the new task.
            Config: its settings, if they differ: a subclass of this task's, since the other rooms read those settings.
            **own: one keyword for each changed room, such as network={"build": my_build} or data="mypackage.data". The
                value is a mapping, a module, the name of a module (loaded when first used) or any object, with
                functions that replace those of the same name; all others stay as they are here. The room `sample`
                gives the data that `train` uses if it gets none.

        Raises:
            TypeError: a room, or a function of a room, that no task has; a Config that is not a class of settings, or
                lacks some of this task's.
            ValueError: a name that no artifact can have, or the name of a built-in task.

        Example:
            >>> import pipelines
            >>> from pipelines.sentiment import network
            >>> def build(preprocessor, config):
            ...     model = network.build(preprocessor, config)
            ...     model.name = "mine"
            ...     return model
            >>> pipelines.sentiment.task.derive("mine", network={"build": build}).network.build is build
            True
        """
        if name in pipelines.TASKS:
            raise ValueError(f"name: {name!r} is a task of this package; give yours another")
        for room, functions in own.items():
            own_rooms.check(room, functions)
        derived = type(self)(name, self.package, Config or self.Config, self._with(own))
        missing = settings.names(self.Config) - settings.names(derived.Config)
        if missing:
            raise TypeError(
                f"Config: expected a subclass of {self.Config.__module__}.Config, received {derived.Config.__name__}, "
                f"which lacks {messages.listed(sorted(missing), write=str)}"
            )
        return derived

    def _with(self, own):
        """This task's own rooms and the derived task's; of a room that both have, the functions of both."""
        both = {**self.own, **own}
        for room in self.own.keys() & own.keys():
            if isinstance(self.own[room], Mapping) and isinstance(own[room], Mapping):
                both[room] = {**self.own[room], **own[room]}
        return both

    def _room(self, name) -> Any:
        return own_rooms.Room(f"{self.package}.{name}", self.own.get(name, {}))

    @property
    def modules(self):
        """The names of the top-level modules or packages that hold the task's own code."""
        holders = [self.package, self.Config.__module__]
        for functions in self.own.values():
            values = functions.values() if isinstance(functions, Mapping) else [functions]
            holders += map(own_rooms.holder, values)
        return {holder.split(".")[0] for holder in holders} - {"pipelines"}

    @functools.cached_property
    def data(self) -> rooms.Data:
        return self._room("data")

    @functools.cached_property
    def sample(self) -> rooms.Sample:
        return self._room("sample")

    @functools.cached_property
    def preprocessor(self) -> rooms.Preprocessor:
        return self._room("preprocessor")

    @functools.cached_property
    def network(self) -> rooms.Network:
        return self._room("network")

    @functools.cached_property
    def answers(self) -> rooms.Answers:
        return self._room("answers")

    @functools.cached_property
    def scores(self) -> rooms.Scores:
        return self._room("scores")

    @functools.cached_property
    def baselines(self) -> rooms.Baselines:
        return self._room("baselines")

    @functools.cached_property
    def signatures(self) -> rooms.Signatures:
        return self._room("signatures")

    @functools.cached_property
    def report(self) -> rooms.Report:
        return self._room("report")

    @functools.cached_property
    def command(self) -> rooms.Command:
        return self._room("command")

    @functools.cached_property
    def page(self) -> rooms.Page:
        return self._room("page")
