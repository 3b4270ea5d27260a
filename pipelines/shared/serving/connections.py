"""The process behind an address: uvicorn, with a limit on how slowly a visitor may send, and a quiet end.

At SIGTERM or Ctrl-C no new connection is taken, what is being answered is answered, and then it ends.
"""

import asyncio
import logging
import signal

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipelines.shared.serving import application, tokens

log = logging.getLogger("unroll.serve")

HEAD = 10.0  # seconds in which the head of a request has to arrive
IDLE = 30  # seconds that a connection may stay without a request
HEAD_BYTES = 16 * 2**10  # of a request's head
CONNECTIONS = 1_000
# What is written of each request, such as how long texts take, would fill a log.
LEVELS = {"uvicorn": logging.WARNING, "unroll": logging.ERROR, "unroll.serve": logging.INFO}


class Protocol(H11Protocol):
    """One connection, closed if it stays without a whole head of a request for too long, which uvicorn waits for."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data):
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._head.cancel()

    def on_response_complete(self):
        super().on_response_complete()
        self._head.cancel()
        self._await_head(IDLE)

    def connection_lost(self, exc):
        self._head.cancel()
        super().connection_lost(exc)

    def _await_head(self, seconds=HEAD):
        self._head = asyncio.get_running_loop().call_later(seconds, self._close_late)

    def _close_late(self):
        if not self.transport.is_closing():
            self.transport.close()


def run(shelf, limits, host, port, hosts, token):
    """Serves until the process is told to end."""
    access = tokens.Access(token) if token else None
    app = application.made(shelf, limits, hosts, access, first=shelf.chosen or ())
    config = uvicorn.Config(
        app, host=host, port=port, http=Protocol, ws="none", lifespan="on", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, timeout_keep_alive=IDLE, limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=int(limits.seconds) + 1, h11_max_incomplete_event_size=HEAD_BYTES,
    )  # fmt: skip
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    server = Server(config)
    server.say = lambda port: _say(host, port, token)
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn sends it on once all is answered, which is no failure
    server.run()


class Server(uvicorn.Server):
    """uvicorn's, which says where it listens once it does."""

    say = staticmethod(lambda port: None)

    async def startup(self, sockets=None):
        await super().startup(sockets)
        if self.started:
            self.say(self.servers[0].sockets[0].getsockname()[1])


def _say(host, port, token):
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/"
    print(f"serving at {address}{f'?token={token}' if token else ''}", flush=True)
