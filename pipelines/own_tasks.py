"""Tasks from outside this package, found by an address or by the name under which one is installed.

    examples.own_task:task       a module that can be imported from the working folder, and the `Task` in it
    examples/own_task.py:task    a Python file, and the `Task` in it
    log_levels                   an entry point in the group `unroll.tasks`, with the line log_levels = mypackage:task

Only an address that the user types or has installed is imported, never one that an artifact names.
"""

import importlib
import importlib.metadata
import pathlib
import sys

import pipelines
from pipelines import settings
from pipelines.shared.messages import brief, shown

GROUP = "unroll.tasks"
FORM = "MODULE:NAME or FILE.py:NAME, such as examples.own_task:task"

_addresses = {}  # {name of an opened task: its address}


def opened(address):
    """The `Task` at an address; its module is looked for in the working folder, or in the file's folder.

    Raises:
        ValueError: not an address, no such module, no such name in it, not a `Task`, or a name that is taken.
    """
    module_name, _, name = str(address).rpartition(":")
    if not name.isidentifier() or not _is_module(module_name):
        raise ValueError(f"task: expected {FORM}, received {shown(str(address))}")
    module = _opened(module_name, "task")
    if not hasattr(module, name):
        hint = settings.near(name, vars(module)) or f" Its tasks are: {', '.join(_tasks_in(module)) or 'none'}"
        raise ValueError(f"task: no {name!r} in {module_name}.{hint}")
    task = checked(getattr(module, name), f"{module_name}:{name}")
    _addresses[task.name] = str(address)
    return task


def module(address, what):
    """The module of a name, or of a Python file.

    Args:
        what: the word that errors begin with.

    Raises:
        ValueError: neither, or there is none.
    """
    if not _is_module(str(address)):
        raise ValueError(f"{what}: expected a module or a Python file, received {shown(str(address))}")
    return _opened(str(address), what)


def _is_module(name):
    return name.endswith(".py") or all(part.isidentifier() for part in name.split("."))


def _opened(name, what):
    return _from_file(name, what) if name.endswith(".py") else _imported(name, pathlib.Path.cwd(), what)


def _tasks_in(module):
    return [name for name, value in vars(module).items() if isinstance(value, pipelines.Task)]


def checked(task, where):
    """The task, if it is a `Task` and no built-in task has its name."""
    if not isinstance(task, pipelines.Task):
        raise ValueError(f"task: expected a pipelines.Task at {where}, received {type(task).__name__}")
    if task.name in pipelines.TASKS and task is not getattr(pipelines, task.name).task:
        raise ValueError(f"task: the name {task.name!r} of {where} is that of a built-in task; give it another")
    return task


def _imported(name, folder, what):
    """Imports a module by its name, from the folder first."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):  # the module imports a missing one
            raise
        hint = settings.near(name, _modules_beside(name, folder))
        raise ValueError(f"{what}: no module {shown(name)} in {folder} or among what is installed.{hint}") from error


def _modules_beside(name, folder):
    """The names of the modules in the folder where the module `name` should be."""
    package, dot, _ = name.rpartition(".")
    return [package + dot + path.stem for path in sorted(pathlib.Path(folder, *package.split(".")).glob("*.py"))]


def _from_file(file, what):
    path = pathlib.Path(file).resolve()
    if not path.is_file():
        neighbours = path.parent.glob("*.py") if path.parent.is_dir() else []
        hint = settings.near(path.name, [neighbour.name for neighbour in neighbours])
        raise ValueError(f"{what}: no file {shown(file)} (the working folder is {pathlib.Path.cwd()}).{hint}")
    if not path.stem.isidentifier():
        raise ValueError(f"{what}: expected a file whose name can be imported, received {shown(path.name)}; rename it")
    module = _imported(path.stem, path.parent, what)
    origin = getattr(module, "__file__", None)
    if origin is None or pathlib.Path(origin).resolve() != path:
        raise ValueError(
            f"{what}: {path.stem!r} is also the name of the module {origin or 'built into Python'}; rename {path.name}"
        )
    return module


def installed():
    """{name: entry point} of the tasks that other packages install, except those named like a built-in task."""
    points = importlib.metadata.entry_points(group=GROUP)
    return {point.name: point for point in points if point.name not in pipelines.TASKS}


def load_installed(name):
    """The task at the entry point of this name.

    Raises:
        ValueError: it leads to no task, or to a task of another name. ImportError: its module cannot be imported.
    """
    point = installed()[name]
    try:
        task = checked(point.load(), f"{point.value}, which is installed")
    except AttributeError as error:
        raise ValueError(f"task: {brief(error)}, which is the installed task {name!r}; install it anew") from error
    if task.name != name:
        raise ValueError(f"task: {point.value} is installed as {name!r}, but its name is {task.name!r}; name it alike")
    return task


def known(name):
    """The task of a name: this package's or an installed one; None if there is none."""
    if name in pipelines.TASKS:
        return getattr(pipelines, name).task
    return load_installed(name) if name in installed() else None


def names():
    """Of all tasks that need no address."""
    return [*pipelines.TASKS, *installed()]


def command(name):
    """How the command line of a task begins.

    >>> command("sentiment"), command("mine")
    ('unroll sentiment', 'unroll --task MODULE:NAME')
    """
    if name in names():
        return f"unroll {name}"
    return f"unroll --task {_addresses.get(name, 'MODULE:NAME')}"


def address_of(task):
    """An address by which another process, with the same `sys.path`, opens the task.

    Raises:
        ValueError: no module holds it.
    """
    if not isinstance(task, pipelines.Task):
        return str(task)
    for module_name, module in [*sys.modules.items()]:
        for name, value in [*getattr(module, "__dict__", {}).items()]:
            file = getattr(module, "__file__", None)
            if value is task and name.isidentifier() and (module_name != "__main__" or file):
                return f"{file if module_name == '__main__' else module_name}:{name}"
    raise ValueError(
        f"task: expected one that another process can import, but no module holds the task {task.name!r}; "
        "assign it to a name in a module, or in the file that is run"
    )
