"""Artifacts in memory: loaded once, at their first use or at the start, and put back in the order of their last use.

    served = await shelf.get("mine")           the version in use; of a new one on disk once it is loaded
    served = await shelf.get("mine", 2)        a kept version

While a new version is loaded, the one before answers. An artifact that is removed from the disk is gone at once.
"""

import asyncio
import concurrent.futures
import dataclasses
import gc
import logging
import math
import os
import pathlib
import time
from typing import Any

from pipelines import own_tasks
from pipelines.shared import progress
from pipelines.shared.artifacts import layout, versions
from pipelines.shared.messages import listed, shown
from pipelines.shared.serving import batching
from pipelines.shared.serving.refusals import Refused
from pipelines.shared.storage import apart

log = logging.getLogger("unroll.serve")

AGAIN = 10.0  # seconds, after which an artifact that could not be loaded is tried again


@dataclasses.dataclass(frozen=True)
class Standing:
    """A version on disk. identity: changes when another artifact takes its place."""

    name: str
    version: int
    folder: pathlib.Path
    identity: tuple[int, int]
    in_use: bool


@dataclasses.dataclass(eq=False)
class Served:
    """A version in memory. signatures: {name: tf.function} of its SavedModel; traced: those that were asked for.

    size: bytes that it took. used: when it was asked last.
    """

    standing: Standing
    artifact: Any
    signatures: dict[str, Any]
    batcher: batching.Batcher
    size: int
    used: float
    traced: dict[str, Any] = dataclasses.field(default_factory=dict)


class Shelf:
    """The artifacts of a directory.

    Args:
        directory: where they are.
        names: those that are served; None for all there are.
        memory: bytes that they may take together; the last one stays whatever it takes.
        sizes: how calls are joined.
        watch: a function of the name of an artifact that returns what a `Batcher` tells of its batches.
    """

    def __init__(self, directory, names, memory, sizes, watch=lambda name: lambda *numbers: None):
        self.directory, self.chosen, self.memory = pathlib.Path(directory), names, memory
        self._sizes, self.watch = sizes, watch
        self._numbers: dict[pathlib.Path, tuple] = {}
        self._loaded: dict[Standing, Served] = {}
        self._loading: dict[Standing, asyncio.Task] = {}
        self._failed: dict[Standing, float] = {}
        self._loader = concurrent.futures.ThreadPoolExecutor(1, "unroll-loader")

    @property
    def loaded(self) -> list[Served]:
        """What is in memory, what was asked last at the end."""
        return sorted(self._loaded.values(), key=lambda served: served.used)

    def names(self) -> list[str]:
        """Those that are served and on disk."""
        there = {file.parent.name for file in self.directory.glob("[!.]*/artifact.json")}
        there = {name for name in there if layout.base_name(name) == name}
        return sorted(there if self.chosen is None else there & set(self.chosen))

    def standing(self, name: str, version: int | None = None) -> Standing:
        """The version on disk, by default the one in use.

        Raises:
            Refused: 404, there is none.
        """
        try:
            path = layout.folder_of(self.directory, name)
            if self.chosen is not None and path.name not in self.chosen:
                raise self._absent(name)
            folder = versions.find(path, version)
            status = (folder / "artifact.json").stat()
        except ValueError as error:
            raise self._absent(name) from error
        except (FileNotFoundError, NotADirectoryError) as error:
            if version is None or not path.exists():
                raise self._absent(name) from error
            there = versions.listed(versions.all_of(path))
            raise Refused(404, f"no version {version} of {name!r}; there are: {there}") from error
        identity = (status.st_ino, status.st_mtime_ns)
        in_use = versions.located(path) == folder
        return Standing(path.name, self._number(folder, identity), folder, identity, in_use)

    def _absent(self, name):
        names = self.names()
        there = f"there are: {listed(names, write=str)}" if names else "there are none"
        return Refused(404, f"no artifact {shown(name)} is served; {there}")

    def _number(self, folder, identity):
        """The number of the version in a folder, read once."""
        if self._numbers.get(folder, (None,))[0] != identity:
            self._numbers[folder] = identity, versions.number(folder)
        return self._numbers[folder][1]

    def versions(self, name: str) -> list[int]:
        """The numbers of all versions on disk, the lowest first."""
        return list(versions.all_of(layout.folder_of(self.directory, name)))

    async def get(self, name: str, version: int | None = None) -> Served:
        """The version in memory, loaded if it is not there.

        Raises:
            Refused: 404, there is none; 503, it cannot be loaded.
        """
        standing = self.standing(name, version)
        served = self._loaded.get(standing)
        if served is None:
            task = self._loading.get(standing) or self._begin(standing)
            before = self._before(standing)
            served = before if before and version is None else await asyncio.shield(task)
        served.used = time.monotonic()
        return served

    def _before(self, standing):
        """What answers while another version of the same artifact is loaded."""
        return next((one for one in reversed(self.loaded) if one.standing.name == standing.name), None)

    def _begin(self, standing):
        task = asyncio.get_running_loop().create_task(self._load(standing))
        task.add_done_callback(lambda task: task.cancelled() or task.exception())  # said by `_load`
        self._loading[standing] = task
        return task

    async def _load(self, standing):
        loop = asyncio.get_running_loop()
        try:
            if self._failed_lately(standing):
                raise _unloadable(standing)
            artifact, signatures, size = await loop.run_in_executor(self._loader, self._loaded_apart, standing)
        except Refused:
            raise
        except Exception as error:  # a file of it may hold anything, and other artifacts are served on
            self._failed[standing] = time.monotonic()
            log.warning("serve: %s cannot be loaded: %s: %s", standing.name, type(error).__name__, error)
            raise _unloadable(standing) from error
        finally:
            self._loading.pop(standing, None)
        batcher = batching.Batcher(f"unroll-{standing.name}", self._sizes, self.watch(standing.name))
        served = self._loaded[standing] = Served(standing, artifact, signatures, batcher, size, time.monotonic())
        log.info("serve: %s, version %d, is loaded: %.0f MiB", standing.name, standing.version, size / 2**20)
        self._put_back(served)
        return served

    def _loaded_apart(self, standing):
        """(the artifact, having answered once, its signatures, the bytes that it took); in the loader's thread."""
        gc.collect()
        before = apart.resident(os.getpid())
        task = own_tasks.known(layout.read_facts(standing.folder).get("task"))
        if task is None:
            raise ValueError("its task is none of this package, and none that is installed")
        version = None if standing.in_use else standing.version
        with progress.session(quiet=True):
            artifact = task.load(standing.name, version=version, directory=self.directory, quiet=True)
            artifact.task.page.quicken(artifact)
            examples = artifact.task.page.examples(artifact)
            if examples:
                artifact.task.answers.answer(artifact, artifact.task.page.from_json(artifact, examples))
            signatures = dict(artifact.task.signatures.serving(artifact))
        files = sum((standing.folder / name).stat().st_size for name in layout.CHECKED)
        return artifact, signatures, max(files, apart.resident(os.getpid()) - before)

    def _put_back(self, newest):
        """Takes out of memory what is replaced or gone, and what was asked longest ago where memory is short."""
        for served in self.loaded:
            same = served.standing.name == newest.standing.name
            if served is not newest and same and served.standing.in_use and newest.standing.in_use:
                self._drop(served)
        for served in self.loaded:
            if sum(one.size for one in self._loaded.values()) <= self.memory:
                break
            if served is not newest and not served.batcher.busy:
                self._drop(served)

    def _drop(self, served):
        self._loaded.pop(served.standing, None)
        served.batcher.close()
        log.info("serve: %s, version %d, left memory", served.standing.name, served.standing.version)

    def look(self):
        """Takes out of memory what is not on disk any more, and loads what took the place of what is in memory."""
        for served in self.loaded:
            before = served.standing
            try:
                now = self.standing(before.name, None if before.in_use else before.version)
            except (Refused, OSError):
                self._drop(served)
                continue
            if now != before and now not in self._loaded and now not in self._loading and not self._failed_lately(now):
                self._begin(now)

    def _failed_lately(self, standing):
        return time.monotonic() - self._failed.get(standing, -math.inf) < AGAIN

    async def close(self, seconds: float):
        """Waits for what is being answered, and ends the threads."""
        loop = asyncio.get_running_loop()
        for served in self.loaded:
            served.batcher.close()
        for served in self.loaded:
            await loop.run_in_executor(None, served.batcher.join, seconds)
        self._loader.shutdown(wait=False, cancel_futures=True)


def _unloadable(standing):
    """Without the reason, which may name paths of this machine."""
    message = f"{standing.name}: version {standing.version} cannot be loaded; the server's log says why"
    return Refused(503, message, {"Retry-After": str(int(AGAIN))})
