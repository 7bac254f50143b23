"""The one door: every HTTP request and every WebSocket passes it, or is refused.

Nothing is allowed by default. A request must name this machine as its host (which stops
DNS rebinding), come from this page's own origin, use an allowed method, and carry the
cookie that the one-time token in the opened address was exchanged for.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Container, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
SAME_SITE = frozenset({"same-origin", "none"})
READ_METHODS = frozenset({"GET", "HEAD"})
POST_PATHS = frozenset({"/upload"})
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self' {socket}; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "x-frame-options": "DENY",
}
# An answer that shows nothing but itself.
ALONE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# A page of this server leads on, not a redirection: where the opened link stood on
# another page, the browser would withhold the strict cookie from what that leads to.
LEAD_ON = b"""<!doctype html>
<html lang="en"><title>walnet</title>
<meta http-equiv="refresh" content="0; url=/">
<a href="/">Go on to the playground</a></html>
"""


class Refusal(Exception):  # noqa: N818 - it is an answer, not an error
    """A request is refused with a status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Guard:
    """ASGI layer that lets in only the page that this server opened.

    Parameters
    ----------
    app : ASGI application
        What is behind the door.
    token : str
        The one-time token of the opened address.
    hosts : container of str
        Host names, in small letters and without a port, that requests may name.
    cookie_name : str
        The cookie's name; it holds the port, since cookies do not tell ports apart.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, hosts: Container[object], cookie_name: str
    ) -> None:
        self._app = app
        self._token: str | None = token
        self._hosts = hosts
        self._cookie_name = cookie_name
        self._secret = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, exchange the token, or refuse."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        try:
            if self._is_entrance(scope, headers):
                await self._enter(send)
                return
            self._check(scope, headers)
        except Refusal as refusal:
            await _refuse(scope, send, refusal)
            return
        await self._app(scope, receive, _with_headers(send, headers.get("host", "")))

    def _check(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Raise a refusal unless the request may pass."""
        self._check_host(headers)
        self._check_origin(scope, headers)
        if scope["type"] == "http":
            self._check_method(scope)
        elif scope["type"] != "websocket":
            raise Refusal(400, "Only HTTP and WebSocket are spoken here.")
        if not self._knows(headers):
            sentence = "Open the address that `walnet play` printed when it started."
            raise Refusal(401, sentence)

    def _check_host(self, headers: Mapping[str, str]) -> None:
        if _host_name(headers.get("host", "")) not in self._hosts:
            sentence = (
                "This server does not answer to this name: open an address that "
                "`walnet play` printed, or start it with this name as its --host."
            )
            raise Refusal(421, sentence)

    def _check_origin(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Refuse other origins; only a read may go without one."""
        if headers.get("sec-fetch-site", "none") not in SAME_SITE:
            raise Refusal(403, "Requests from other sites are refused.")
        origin = headers.get("origin")
        if origin is None:
            if scope["type"] == "http" and scope["method"] in READ_METHODS:
                return
            raise Refusal(403, "The request does not say which page it comes from.")
        parts = urlsplit(origin)
        host = headers.get("host", "").lower()
        if parts.scheme != "http" or parts.netloc.lower() != host:
            raise Refusal(403, "Requests from other origins are refused.")

    @staticmethod
    def _check_method(scope: Scope) -> None:
        method = scope["method"]
        if method in READ_METHODS:
            return
        if method != "POST" or scope["path"] not in POST_PATHS:
            raise Refusal(405, "This method is not allowed here.")

    def _knows(self, headers: Mapping[str, str]) -> bool:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(self._cookie_name)
        return found is not None and hmac.compare_digest(
            found.value.encode(), self._secret.encode()
        )

    def _is_entrance(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether this is the opened address; its token is then used up."""
        if scope["type"] != "http" or scope["path"] != "/":
            return False
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if "token" not in query:
            return False
        self._check_host(headers)
        # Wherever the link was clicked, a terminal or an editor in the browser, too:
        # it is the token that lets in, and another site does not know it.
        self._check_origin(scope, {**headers, "sec-fetch-site": "none"})
        if scope["method"] != "GET":
            raise Refusal(405, "This method is not allowed here.")
        if self._knows(headers):
            return True
        given = query["token"][0].encode()
        expected = (self._token or secrets.token_urlsafe()).encode()
        if not hmac.compare_digest(given, expected):
            sentence = (
                "This address is wrong or was used before: use the browser it was "
                "first opened in, or run `walnet play` again."
            )
            raise Refusal(403, sentence)
        self._token = None
        return True

    async def _enter(self, send: Send) -> None:
        cookie = (
            f"{self._cookie_name}={self._secret}; Path=/; HttpOnly; SameSite=Strict"
        )
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"set-cookie", cookie.encode()),
            *((name.encode(), value.encode()) for name, value in ALONE.items()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": LEAD_ON})


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers; a repeated host, origin or cookie makes none count."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        found[key] = "" if key in found else value.decode("latin-1")
    return found


def _host_name(host: str) -> str:
    """Return a Host header's name in small letters, without its port."""
    parts = _HOST.fullmatch(host.lower())
    return parts["name"].strip("[]") if parts else ""


def _with_headers(send: Send, host: str) -> Send:
    """Add the security headers to every response."""
    policy = CONTENT_POLICY.format(socket=f"ws://{host}")
    extra = {**HEADERS, "content-security-policy": policy}

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(name.encode(), value.encode()) for name, value in extra.items()]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return send_with_headers


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Refuse an HTTP request, or a WebSocket before it is accepted."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        *((name.encode(), value.encode()) for name, value in ALONE.items()),
    ]
    status = refusal.status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.sentence.encode()})
