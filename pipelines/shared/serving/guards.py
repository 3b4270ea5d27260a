"""Who may ask, and how much: what stands before every request, as ASGI middleware.

Any web page that somebody visits can send requests to 127.0.0.1, so the host has to be one of ours (a foreign name that
leads here is refused), requests that change or cost something have to come from our own pages or from no page, and no
other origin may read answers. Where others than this machine can connect, a token is asked for.
"""

import asyncio
import ipaddress
import json
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

from pipelines.shared.serving.refusals import Refused

HEADERS = {
    "Content-Security-Policy": ("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
CLOSE = {"Connection": "close"}
SAFE = ("GET", "HEAD")
LONGEST = 2_000  # bytes of a path with its query
LOCAL = ("localhost", "127.0.0.1", "[::1]")


def encoded(refused: Refused) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) of a refusal."""
    body = json.dumps({"error": refused.message}, ensure_ascii=False).encode("utf-8", "replace")
    return refused.status, {"Content-Type": "application/json", **refused.headers}, body


class Guards:
    """Middleware around an application.

    Args:
        app: the application.
        hosts: names under which this server may be asked besides `LOCAL` and addresses, without ports.
        access: a `tokens.Access`, or None where no token is asked for.
        limits: `asking.Limits`.
    """

    def __init__(self, app, hosts, access, limits):
        self.app, self.hosts, self.access, self.limits = app, hosts, access, limits

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = False

        async def sending(message):
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                there = {name.lower() for name, _ in message["headers"]}
                more = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *(pair for pair in more if pair[0] not in there)]
            await send(message)

        try:
            headers = _headers(scope)
            self._check(scope, headers)
            passed = self.access is None or self.access.admits(scope, headers)
            if not passed:
                await _answer(sending, *self.access.refused_or_led_in(scope))
                return
            await self.app(scope, self._limited(scope, headers, receive), sending)
        except Refused as refused:
            if began:  # too late for another answer: the connection ends
                raise
            status, more, body = encoded(refused)
            await _answer(sending, status, {**more, **CLOSE}, body)

    def _check(self, scope, headers):
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST:
            raise Refused(414, f"path: expected at most {LONGEST:,} bytes, received more")
        if not _plain(scope["path"]):
            raise Refused(400, "path: expected one of printable letters without '..' or '\\', received another")
        host = _single(headers, "host")
        if not _is_ours(host, self.hosts):
            raise Refused(421, f"Host: expected {', '.join((*LOCAL, *self.hosts))}, received {host[:100]!r}; "
                               "--allow-host NAME adds one")  # fmt: skip
        _check_origin(scope["method"], headers, host)
        if _single(headers, "content-encoding", "identity").lower() != "identity":
            raise Refused(415, "Content-Encoding: expected none, received one; send the body as it is")

    def _limited(self, scope, headers, receive):
        """`receive` that refuses a body of too many bytes, or one that comes too slowly."""
        most, slow = self.limits.body, self.limits.sending
        if scope["path"].endswith("/files"):
            most, slow = self.limits.file, self.limits.sending_file
        length = _single(headers, "content-length", "0")
        if length.isascii() and length.isdecimal() and int(length[:20]) > most:
            raise _too_large(most)
        received, whole, end = 0, False, time.monotonic() + slow

        async def limited():
            nonlocal received, whole
            if whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, end - time.monotonic()))
            except TimeoutError as error:
                raise Refused(408, f"body: expected all of it within {slow:g} s", CLOSE) from error
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > most:
                raise _too_large(most)
            return message

        return limited


def _headers(scope):
    """{name: [values]}."""
    named = {}
    for name, value in scope["headers"]:
        named.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return named


def _single(headers, name, default=""):
    values = headers.get(name, [default])
    if len(values) > 1:
        raise Refused(400, f"{name}: expected one, received {len(values)}")
    return values[0].strip()


def _plain(path):
    """Whether no part of a decoded path leads elsewhere."""
    parts = path.replace(";", "/").split("/")
    return path.isprintable() and "\\" not in path and not any(part in (".", "..") for part in parts)


def _too_large(most):
    return Refused(413, f"body: expected at most {most:,} bytes, received more", CLOSE)


def _name(host):
    """The name in a Host header, without its port."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    fine = parts.netloc == host and parts.hostname and "@" not in host
    return (f"[{parts.hostname}]" if host.startswith("[") else parts.hostname) if fine else ""


def _is_ours(host, hosts):
    """Whether a Host header names this server: an address, which no foreign name can stand for, or a known name."""
    name = _name(host)
    if name in (*LOCAL, *hosts):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _check_origin(method, headers, host):
    """Refuses what pages of others ask for; a link to one of our pages may be followed."""
    site, mode = _single(headers, "sec-fetch-site", "none"), _single(headers, "sec-fetch-mode", "navigate")
    if site not in ("none", "same-origin") and not (method in SAFE and mode == "navigate"):
        raise Refused(
            403, f"Sec-Fetch-Site: expected a request of this server's own pages, received one of {site[:40]!r}"
        )
    origin = headers.get("origin")
    if origin and method not in SAFE and urlsplit(_single(headers, "origin")).netloc.lower() != host.lower():
        raise Refused(403, f"Origin: expected that of this server, {host[:100]}, received {origin[0][:100]!r}")


async def _answer(send, status, headers, body):
    pairs = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def without_token(scope) -> str:
    """The path and query of a request without its token."""
    pairs = [pair for pair in parse_qsl(scope["query_string"].decode("latin-1")) if pair[0] != "token"]
    path = "/" + scope["path"].lstrip("/")  # never //host
    return path + (f"?{urlencode(pairs)}" if pairs else "")
