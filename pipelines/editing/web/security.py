"""Whose requests are served: the host's name, the origin, the token, how much and how often."""

from __future__ import annotations

import hmac
import threading
import time
from collections import OrderedDict

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

MAX_REQUEST_BYTES = 2**16
PHOTOGRAPHS = ("/api/photographs", "/api/translate/photographs")  # what alone may be longer, and how long
MAX_PHOTOGRAPH_BYTES = 2**24
REQUESTS_PER_SECOND = 60.0  # a hand on a slider makes thirty
BURST = 240.0
LOCAL = ("127.0.0.1", "localhost", "[::1]")
COOKIE = "tlgan_token"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class RateLimiter:
    """A limit of requests for each client: `burst` at once, then `per_second` (a token bucket)."""

    def __init__(self, per_second: float = REQUESTS_PER_SECOND, burst: float = BURST) -> None:
        self._per_second, self._burst = per_second, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, client: str, now: float | None = None) -> bool:
        """Count one request of a client; False where it has sent too many."""
        now = time.monotonic() if now is None else now
        with self._lock:
            left, then = self._left.pop(client, (self._burst, now))
            left = min(self._burst, left + (now - then) * self._per_second)
            self._left[client] = (max(left - 1, 0.0), now)
            while len(self._left) > 1000:
                self._left.popitem(last=False)
        return left >= 1


def protect(app: Flask, token: str = "", rate: RateLimiter | None = None) -> None:
    """Check every request of `app` before it is served, and add security headers to every response.

    Without a token only this machine's own names are accepted as hosts, so that no page elsewhere reaches
    the editor by a name that it points here (DNS rebinding). With a token every request has to carry it,
    as a cookie that the first visit to `/?token=…` sets, or as the header X-Tlgan-Token.
    """
    limiter = rate or RateLimiter()
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES

    @app.before_request
    def check() -> BaseResponse | None:
        if not limiter.allows(request.remote_addr or ""):
            abort(429, "Too many requests. Wait a moment.")
        _check_origin(local_only=not token)
        if request.method == "POST" and request.path in PHOTOGRAPHS:
            request.max_content_length = MAX_PHOTOGRAPH_BYTES
        return _check_token(token) if token else None

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response


def _check_origin(local_only: bool) -> None:
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    if local_only and host not in LOCAL:
        abort(403, "This editor serves 127.0.0.1 and localhost only.")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        abort(403, "Requests from other pages are refused.")
    if request.method in ("POST", "DELETE") and request.headers.get("X-Tlgan") != "editor":
        abort(403, "Requests from other pages are refused.")


def _check_token(token: str) -> BaseResponse | None:
    """Refuse a request without the token; the first visit is sent on with it as a cookie."""
    if request.path == "/" and _same(request.args.get("token", ""), token):
        response = redirect("/")
        response.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
        return response
    given = (request.cookies.get(COOKIE, ""), request.headers.get("X-Tlgan-Token", ""))
    if not any(_same(text, token) for text in given):
        abort(401, "A token is needed. Open the address that the command printed.")
    return None


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
