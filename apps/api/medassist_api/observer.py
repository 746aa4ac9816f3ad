"""Around every request: its id, one log line, its metrics, the headers that all answers carry."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, request

from .caller import Caller, Callers
from .logs import fields
from .metrics import Metrics
from .problems import INTERNAL_ERROR, PROBLEM_TYPE

REQUEST_ID = "medassist.request_id"
_ENDPOINT = "medassist.endpoint"

#: The label of requests that belong to no route: raw paths would be labels without bound.
UNMATCHED = "unmatched"

#: What the platform itself asks, again and again.
_ROUTINE = frozenset({"/health", "/ready", "/metrics"})

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_log = logging.getLogger("medassist.request")

StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Observer:
    """WSGI middleware; it sees every request, however it ends."""

    def __init__(self, app: WsgiApp, callers: Callers, metrics: Metrics) -> None:
        self._app = app
        self._callers = callers
        self._metrics = metrics

    @classmethod
    def install(cls, app: Flask, callers: Callers, metrics: Metrics) -> None:
        """Put an observer around a Flask application."""

        @app.before_request
        def note_endpoint() -> None:
            if request.url_rule is not None:
                request.environ[_ENDPOINT] = request.url_rule.rule

        observer = cls(app.wsgi_app, callers, metrics)
        app.wsgi_app = observer  # type: ignore[method-assign]
        app.extensions["observer"] = observer

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        caller = self._callers.identify(environ)
        environ[REQUEST_ID] = caller.request_id
        status = "500"

        def observed(status_line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = status_line[:3]
            return start_response(status_line, headers + _common_headers(caller), exc_info)

        try:
            return self._app(environ, observed)
        except Exception as error:  # not even the error handlers could answer
            _log.error("unexpected error", exc_info=error, extra=fields(request_id=caller.request_id))
            observed("500 Internal Server Error", [("Content-Type", PROBLEM_TYPE)])
            return [INTERNAL_ERROR.body()]
        finally:
            method = environ.get("REQUEST_METHOD", "")
            endpoint = environ.get(_ENDPOINT, UNMATCHED)
            self._record(caller, method, endpoint, status, time.perf_counter() - started)

    def refused(self, peer: str, status: int) -> None:
        """Note a request that the HTTP server refused before it reached the application."""
        self._record(Caller(peer, ""), "", UNMATCHED, str(status), 0.0)

    def _record(self, caller: Caller, method: str, endpoint: str, status: str, duration: float) -> None:
        method = method if method in _METHODS else "OTHER"
        self._metrics.request(method, endpoint, status, duration)
        _log.log(
            _level(endpoint, status),
            "request",
            extra=fields(
                request_id=caller.request_id,
                method=method,
                endpoint=endpoint,
                status=int(status),
                duration=round(duration, 6),
                remote_addr=caller.remote_addr,
            ),
        )


def _level(endpoint: str, status: str) -> int:
    """Checks and scrapes come every second from several sides: a successful one is news to nobody."""
    if status >= "500":
        return logging.ERROR
    return logging.DEBUG if endpoint in _ROUTINE and status < "400" else logging.INFO


def _common_headers(caller: Caller) -> list[tuple[str, str]]:
    return [
        ("X-Request-ID", caller.request_id),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
