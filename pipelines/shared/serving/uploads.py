"""Files of visitors: POST /api/artifacts/NAME/files?ending=.csv, the file itself as the body.

It is kept under a random name in a folder of its own while it is read, by the readers that check what they read, and
then deleted. What a visitor calls the file is never used.
"""

import functools

import fastapi

from pipelines.shared import progress
from pipelines.shared.command_line import terminal
from pipelines.shared.messages import listed, shown
from pipelines.shared.serving import arguments, asking
from pipelines.shared.serving.refusals import Refused
from pipelines.shared.storage import scratch


def router(shelf, limits) -> fastapi.APIRouter:
    """The route."""
    routes = fastapi.APIRouter(prefix="/api")

    @routes.post(
        "/artifacts/{name}/files",
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
    )
    async def files(name: str, ending: str, request: fastapi.Request):
        """What is in a file: answers, or what the page goes on with."""
        shelf.standing(name)
        served = await shelf.get(name)
        known = served.artifact.task.page.FILES
        if ending not in known:
            raise Refused(
                415, f"ending: expected {listed(list(known), write=str) or 'no file'}, received {shown(ending)}"
            )
        takes, function = known[ending]
        given = {key: value for key, value in request.query_params.items() if key != "ending"}
        asked = arguments.checked(given, takes)
        with scratch.folder() as folder:
            path = folder / f"file{ending}"
            with open(path, "wb") as file:
                async for part in request.stream():
                    file.write(part)
            read = functools.partial(_read, function, served.artifact, path, asked)
            return terminal.plain(await asking.run(request, served, read, limits.seconds))

    return routes


def _read(function, artifact, path, asked):
    """What the task makes of a file; errors call it "the file"."""
    try:
        with progress.session(quiet=True):
            return function(artifact, path, asked)
    except (OSError, ValueError) as error:
        raise Refused(400, str(error).replace(str(path), "the file").replace(str(path.parent), "")) from error
