"""The token that is asked for where others than this machine can connect: in a header, or once in an address.

Authorization: Bearer TOKEN
http://host:8501/?token=TOKEN        sets a cookie, and leads on to the same address without the token
"""

import hmac
import secrets
import urllib.parse
from http.cookies import CookieError, SimpleCookie

from pipelines.shared.serving import guards
from pipelines.shared.serving.refusals import Refused

SHORTEST = 16  # letters
OPEN = ("/healthz", "/readyz")  # paths that tell nothing


def made() -> str:
    """A new token."""
    return secrets.token_urlsafe(32)


def checked(token: str) -> str:
    """A token of a user's own.

    Raises:
        ValueError: one that is short, or that no header can hold.
    """
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(
            f"token: expected {SHORTEST} letters of ASCII or more without a blank; leave it out for a new one"
        )
    return token


class Access:
    """Who knows the token. The cookie holds another secret, so that it is worth nothing after a restart."""

    def __init__(self, token: str):
        self._token, self._cookie = token.encode(), secrets.token_urlsafe(32)

    def admits(self, scope, headers) -> bool:
        """Whether a request may pass."""
        if scope["path"] in OPEN:
            return True
        kind, _, token = headers.get("authorization", [""])[0].partition(" ")
        if kind.lower() == "bearer" and self._is_token(token.strip()):
            return True
        name = _cookie_name(scope)
        try:
            cookie = SimpleCookie(headers.get("cookie", [""])[0]).get(name)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._cookie.encode())

    def _is_token(self, token):
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token)

    def refused_or_led_in(self, scope):
        """The answer to a request without: (status, headers, body)."""
        query = urllib.parse.parse_qs(scope["query_string"].decode("latin-1"))
        if scope["method"] == "GET" and self._is_token(query.get("token", [""])[0]):
            cookie = f"{_cookie_name(scope)}={self._cookie}; HttpOnly; SameSite=Strict; Path=/"
            place = urllib.parse.quote(guards.without_token(scope), safe="/?&=%")
            return 303, {"Location": place, "Set-Cookie": cookie}, b""
        message = "a token is needed: the header Authorization: Bearer TOKEN, or ?token=TOKEN once in the address"
        return guards.encoded(Refused(401, message, {"WWW-Authenticate": "Bearer"}))


def _cookie_name(scope):
    """One for each port, since browsers tell no ports of a host apart."""
    return f"unroll-{(scope.get('server') or ('', 0))[1]}"
