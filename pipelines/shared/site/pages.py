"""The files that a browser loads, read once into memory: a server looks addresses up and never builds a path.

files()["style.css"]                 bytes; so "elements.js", "sentiment/page.js", ...
html("home"), html("artifact")       the pages themselves, the same for every artifact
"""

import contextlib
import importlib.resources
from collections.abc import Iterable

from pipelines import own_tasks
from pipelines.shared.report import style

PLAIN = "plain"  # the page of a task that has none
POLICY = (  # of the pages
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def folder_of(task) -> str:
    """The folder of a task's page.js among `files`.

    >>> import pipelines
    >>> folder_of(pipelines.classification.task)
    'sentiment'
    """
    has_page = (importlib.resources.files(task.package) / "site" / "page.js").is_file()
    return task.package.removeprefix("pipelines.") if has_page else PLAIN


def files(tasks: Iterable | None = None) -> dict[str, bytes]:
    """{address below /static/: content} of what the pages of these tasks load, by default of all that are installed."""
    tasks = _installed() if tasks is None else tasks
    found = _browser_files(importlib.resources.files(__package__), "")
    for task in tasks:
        name = folder_of(task)
        if name != PLAIN:
            found |= _browser_files(importlib.resources.files(task.package) / "site", f"{name}/")
    return found | {"style.css": style.STYLE.encode() + found["style.css"]}


def _installed():
    """The tasks of this package and of others; one that cannot be imported has no page."""
    for name in own_tasks.names():
        with contextlib.suppress(ValueError, ImportError):
            yield own_tasks.known(name)


def _browser_files(folder, beginning):
    """{address: content} of a folder and its folders; what else stands there is left out."""
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found |= _browser_files(entry, f"{beginning}{entry.name}/")
        elif entry.name.endswith(tuple(TYPES)):
            found[beginning + entry.name] = entry.read_bytes()
    return found


def html(name: str) -> bytes:
    """The page "home" or "artifact"."""
    return (importlib.resources.files(__package__) / f"{name}.html").read_bytes()
