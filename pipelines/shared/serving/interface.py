"""The interface of our own, /api: what is there, a card of each artifact, answers as `predict` gives them, other verbs.

GET  /api/artifacts                    [{"name", "task", "version", "verdict", "metrics", "report", ...}]
GET  /api/artifacts/NAME               the same of one, its settings, labels and examples
POST /api/artifacts/NAME:predict       {"inputs": [...], options}  ->  {"answers": [...]}
POST /api/artifacts/NAME:VERB          {arguments}                 ->  what the verb gives, or a file
"""

import functools
import itertools
import json

import fastapi

from pipelines.shared import progress
from pipelines.shared.command_line import terminal
from pipelines.shared.messages import listed, shown
from pipelines.shared.serving import arguments, asking, bodies, catalogue
from pipelines.shared.serving.batching import Call
from pipelines.shared.serving.refusals import Refused


def router(shelf, limits) -> fastapi.APIRouter:
    """The routes."""
    routes = fastapi.APIRouter(prefix="/api")

    @routes.get("/artifacts")
    def artifacts():
        """What is served."""
        return terminal.plain(catalogue.all_of(shelf))

    @routes.get("/artifacts/{name}")
    async def artifact(name: str, request: fastapi.Request):
        """One artifact."""
        served = await shelf.get(name)
        told = await asking.run(request, served, functools.partial(_card, served.artifact), limits.seconds)
        return terminal.plain({**catalogue.row(served.standing), **told})

    @routes.post("/artifacts/{name}:{verb}", openapi_extra=BODY)
    async def verb(name: str, verb: str, request: fastapi.Request):
        """Answers, or what another verb gives."""
        shelf.standing(name)
        given = await bodies.of(request)
        served = await shelf.get(name)
        if verb == "predict":
            call = predicting(served.artifact, given, limits)
            return _json({"answers": await asking.answered(request, served, call, limits.seconds)})
        function = _action(served.artifact, verb, given)
        return _answer(await asking.run(request, served, function, limits.seconds))

    return routes


BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}}


def _card(artifact):
    page = artifact.task.page
    verbs = {"predict": [*page.OPTIONS], **{verb: [*takes] for verb, (takes, _, _) in page.ACTIONS.items()}}
    with progress.session(quiet=True):
        return {"examples": page.examples(artifact), "verbs": verbs, "files": [*page.FILES], **page.card(artifact)}


def predicting(artifact, given, limits) -> Call:
    """The call of `predict` with the inputs and options of a request.

    Raises:
        Refused: 400, inputs or an option are bad; 413, too many inputs.
    """
    page, options = artifact.task.page, dict(given)
    values = options.pop("inputs", None)
    if not isinstance(values, list):
        raise Refused(400, f"inputs: expected a list, received {shown(values) if 'inputs' in given else 'none'}")
    if len(values) > limits.inputs:
        raise Refused(413, f"inputs: expected at most {limits.inputs:,}, received {len(values):,}; send them in parts")
    letters = sum(len(value) for value in values if isinstance(value, str))
    if letters > limits.letters:
        raise Refused(413, f"inputs: expected at most {limits.letters:,} letters together, received {letters:,}")
    options = arguments.checked(options, page.OPTIONS)
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    joined_by = ("predict", json.dumps(options, sort_keys=True), longest.bit_length())
    return Call(functools.partial(_predicted, artifact, options), values, max(1, len(values)), joined_by)


def _predicted(artifact, options, requests):
    """The answers to the inputs of each request, all of which are answered together."""
    task, joined, ends = artifact.task, [], [0]
    for values in requests:
        joined += task.page.from_json(artifact, values)
        ends.append(len(joined))
    with progress.session(quiet=True):
        answers = task.page.to_json(artifact, task.answers.answer(artifact, joined, **options)) if joined else []
    times = len(answers) // len(joined) if joined else 1  # of music n tunes an input
    return [answers[times * start : times * end] for start, end in itertools.pairwise(ends)]


def _action(artifact, verb, given):
    """A verb as a function without arguments."""
    actions = artifact.task.page.ACTIONS
    if verb not in actions:
        raise Refused(
            404, f"no verb {shown(verb)} of {artifact.name}; there are: {listed(['predict', *actions], write=str)}"
        )
    takes, needed, function = actions[verb]
    asked = arguments.checked(given, takes, needed)

    def run():
        with progress.session(quiet=True):
            return function(artifact, asked)

    return run


def _answer(result):
    if isinstance(result, arguments.File):
        headers = {"Content-Disposition": f'attachment; filename="{result.name}"'}
        return fastapi.Response(result.content, media_type=result.media_type, headers=headers)
    return _json(terminal.plain(result))


def _json(value):
    content = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    return fastapi.Response(content, media_type="application/json")
