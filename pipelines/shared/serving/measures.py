"""What a server counts, for Prometheus: requests, how long they took, batches, artifacts in memory."""

import time

import prometheus_client
from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Measures:
    """The numbers of one server; labels are names of artifacts that exist and routes, never what a visitor wrote."""

    def __init__(self):
        self._registry = registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=registry)
        self.requests = Counter(
            "unroll_requests", "Requests that were answered", ["route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "unroll_request_seconds", "From the head of a request to its answer", ["route"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.open = Gauge("unroll_requests_open", "Requests that are being answered", registry=registry)
        self.batch_rows = Histogram(
            "unroll_batch_rows", "Rows that were answered together", ["artifact"], buckets=ROWS, registry=registry
        )
        self.batch_calls = Histogram(
            "unroll_batch_requests", "Requests that were joined", ["artifact"], buckets=ROWS, registry=registry
        )
        self.batch_seconds = Histogram(
            "unroll_batch_seconds", "How long a batch took", ["artifact"], buckets=SECONDS, registry=registry
        )
        self._in_memory = Gauge(
            "unroll_artifact_bytes", "Memory of an artifact", ["artifact", "version"], registry=registry
        )
        self._waiting = Gauge(
            "unroll_artifact_requests", "Requests that wait for an artifact or are answered by it",
            ["artifact", "version"], registry=registry,
        )  # fmt: skip

    def watch(self, name):
        """The function that a `batching.Batcher` tells of each batch."""

        def watch(calls, rows, seconds):
            self.batch_calls.labels(name).observe(calls)
            self.batch_rows.labels(name).observe(rows)
            self.batch_seconds.labels(name).observe(seconds)

        return watch

    def written(self, loaded) -> tuple[bytes, str]:
        """(the body, its media type) of /metrics; loaded: what is in memory, `shelves.Served`."""
        self._in_memory.clear()
        self._waiting.clear()
        for served in loaded:
            labels = served.standing.name, str(served.standing.version)
            self._in_memory.labels(*labels).set(served.size)
            self._waiting.labels(*labels).set(served.batcher.busy)
        return prometheus_client.generate_latest(self._registry), prometheus_client.CONTENT_TYPE_LATEST


class Measured:
    """ASGI middleware that counts requests; one that no route takes is of the route "none"."""

    def __init__(self, app, measures):
        self.app, self.measures = app, measures

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def sending(message):
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            with self.measures.open.track_inprogress():
                await self.app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.measures.requests.labels(route, str(status)).inc()
            self.measures.seconds.labels(route).observe(time.perf_counter() - started)
