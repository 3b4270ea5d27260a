"""A request's call, from the event loop to the thread of a model and back."""

import asyncio
import dataclasses
import logging

from pipelines.shared.serving import batching
from pipelines.shared.serving.refusals import Refused

log = logging.getLogger("unroll.serve")

GONE = 499  # the status of a request whose client went away, which nobody sees


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a request may ask for.

    seconds: that an answer may take, waiting included. sending, sending_file: that a body and a file may take.
    body, file: bytes of a body, and of a file that is sent. inputs: of a request. letters: of all its texts together.
    """

    seconds: float = 60.0
    sending: float = 30.0
    sending_file: float = 300.0
    body: int = 4 * 2**20
    file: int = 32 * 2**20
    inputs: int = 256
    letters: int = 200_000


async def answered(request, served, call: batching.Call, seconds: float):
    """The result of a call; it is dropped if the client goes away or it takes too long.

    Raises:
        Refused: 429, too many wait; 504, it took too long; 400, the model cannot answer that.
    """
    try:
        future = asyncio.wrap_future(served.batcher.submit(call))
    except batching.Full as error:
        raise Refused(
            429, f"{served.standing.name}: too many requests wait; try again", {"Retry-After": "1"}
        ) from error
    gone = asyncio.ensure_future(_gone(request))
    try:
        done, _ = await asyncio.wait({future, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if future in done:
            return _result(future)
        raise Refused(GONE, "the client went away") if done else _late(served, seconds)
    finally:
        gone.cancel()
        future.cancel()


def _result(future):
    """The result, or the error as an answer: what `answers` says of bad inputs is for whoever sent them."""
    try:
        return future.result()
    except (ValueError, TypeError) as error:
        raise Refused(400, str(error)) from error


def _late(served, seconds):
    return Refused(504, f"{served.standing.name}: no answer within {seconds:g} s; ask for less at once")


async def _gone(request):
    """Returns when the client goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def run(request, served, function, seconds: float):
    """The result of a function in the model's thread, by itself."""
    return await answered(request, served, batching.Call(lambda payloads: [function()], None), seconds)
