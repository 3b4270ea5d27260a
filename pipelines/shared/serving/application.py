"""The server as one ASGI application: pages, both interfaces, health, numbers."""

import asyncio
import contextlib
import logging
import pathlib

import fastapi
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse

from pipelines.shared.command_line import release
from pipelines.shared.serving import guards, interface, tf_serving, uploads
from pipelines.shared.serving.measures import Measured, Measures
from pipelines.shared.serving.refusals import Refused
from pipelines.shared.site import pages

log = logging.getLogger("unroll.serve")

LOOK = 2.0  # seconds between two looks at the disk
REPORT_POLICY = (  # of the pages of reports, which have their style and pictures inside, and no script
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; font-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
REPORT_FILES = {".html": "text/html", ".png": "image/png", ".svg": "image/svg+xml", ".mid": "audio/midi",
                ".wav": "audio/wav", ".csv": "text/csv", ".json": "application/json"}  # fmt: skip


def made(shelf, limits, hosts=None, access=None, first=()):
    """The application.

    Args:
        shelf: a `shelves.Shelf`. limits: `asking.Limits`.
        hosts, access: as `guards.Guards` takes them.
        first: names that are loaded at the start; until then it is not ready.
    """
    measures, state = Measures(), {"ready": not first}
    shelf.watch = measures.watch

    @contextlib.asynccontextmanager
    async def lifespan(app):
        task = asyncio.create_task(_keep(shelf, first, state))
        yield
        task.cancel()
        await shelf.close(limits.seconds)

    app = fastapi.FastAPI(
        title="Unroll", version=release.number(), docs_url=None, redoc_url=None, lifespan=lifespan,
        openapi_url="/openapi.json", redirect_slashes=False,
    )  # fmt: skip
    app.include_router(interface.router(shelf, limits))
    app.include_router(uploads.router(shelf, limits))
    app.include_router(tf_serving.router(shelf, limits))
    _add_health(app, shelf, measures, state)
    _add_reports(app, shelf)
    _add_pages(app)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(fastapi.exceptions.RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(guards.Guards, hosts=hosts, access=access, limits=limits)
    app.add_middleware(Measured, measures=measures)
    return app


async def _keep(shelf, names, state):
    """Loads artifacts one after another, and then looks whether any was replaced or removed.

    What cannot be loaded is said, and tried again when it is asked for.
    """
    for name in names:
        with contextlib.suppress(Refused):
            await shelf.get(name)
    state["ready"] = True
    while True:
        await asyncio.sleep(LOOK)
        shelf.look()


def _add_health(app, shelf, measures, state):
    @app.get("/healthz", include_in_schema=False)
    async def alive():
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def ready():
        if not state["ready"]:
            raise Refused(503, "artifacts are being loaded", {"Retry-After": "1"})
        return {"status": "ready"}

    @app.get("/metrics", include_in_schema=False)
    async def metrics():
        body, media_type = measures.written(shelf.loaded)
        return fastapi.Response(body, headers={"Content-Type": media_type})


def _add_reports(app, shelf):
    @app.get("/reports/{name}/{path:path}", include_in_schema=False)
    def report(name: str, path: str):
        folder = (shelf.standing(name).folder / "report").resolve()
        file = (folder / path).resolve()
        media_type = REPORT_FILES.get(file.suffix.lower())
        if not file.is_relative_to(folder) or not file.is_file() or media_type is None:
            raise Refused(404, "no such file of the report")
        return FileResponse(file, media_type=media_type, headers={"Content-Security-Policy": REPORT_POLICY})


def _add_pages(app):
    files, headers = pages.files(), {"Content-Security-Policy": pages.POLICY, "Cache-Control": "no-cache"}

    @app.get("/", include_in_schema=False)
    async def home():
        return fastapi.Response(pages.html("home"), media_type="text/html", headers=headers)

    @app.get("/artifacts/{name}", include_in_schema=False)
    async def artifact(name: str):
        return fastapi.Response(pages.html("artifact"), media_type="text/html", headers=headers)

    @app.get("/static/{path:path}", include_in_schema=False)
    async def file(path: str):
        if path not in files:
            raise Refused(404, "no such file of the pages")
        return fastapi.Response(files[path], media_type=pages.TYPES[pathlib.PurePath(path).suffix], headers=headers)


async def _refused(request, refused):
    status, headers, body = guards.encoded(refused)
    return fastapi.Response(body, status, headers)


async def _not_found(request, error):
    expected = {404: "there is nothing at this path", 405: "another method is expected here"}
    message = expected.get(error.status_code, str(error.detail))
    return JSONResponse({"error": message}, error.status_code, error.headers)


async def _invalid(request, error):
    return JSONResponse({"error": "the path or the query is not as expected"}, 400)


async def _failed(request, error):
    log.error("serve: %s %s", request.method, request.url.path, exc_info=error)
    return JSONResponse({"error": "this server failed; its log says why"}, 500)
