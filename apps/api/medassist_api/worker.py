"""Gunicorn's threaded worker, with problem documents and a prompt end of listening."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from .problems import INTERNAL_ERROR, PROBLEM_TYPE, Problem, rejected

_log = logging.getLogger("medassist.server")


class Worker(ThreadWorker):
    """Serves the application."""

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """When stopping, close the listening sockets at once.

        Otherwise connections would queue up in them until the worker has left, instead of being
        refused and sent to another replica.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                listener.close()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what never reached the application. Gunicorn would log and send the raw request."""
        problem = refusal(exc)
        if problem is INTERNAL_ERROR:
            _log.error("unexpected error", exc_info=exc)
        self.wsgi.extensions["observer"].refused(addr[0] if addr else "", problem.status)
        with suppress(OSError):  # the client has left
            write_nonblock(client, _http_answer(problem))


def refusal(error: BaseException) -> Problem:
    """The problem that stands for an error of gunicorn's HTTP parser."""
    if isinstance(error, errors.LimitRequestLine):
        return rejected(414, "uri-too-long", "URI too long", "path", "The request line is too long.")
    if isinstance(error, errors.LimitRequestHeaders):
        return rejected(
            431, "headers-too-large", "Header fields too large", "headers", "There are too many or too long headers."
        )
    if isinstance(error, errors.ExpectationFailed):
        return rejected(417, "expectation-failed", "Expectation failed", "Expect", "Only 100-continue is known.")
    if isinstance(error, errors.ParseException):
        return rejected(400, "malformed-request", "Malformed request", "request", "This is not well-formed HTTP.")
    return INTERNAL_ERROR


def _http_answer(problem: Problem) -> bytes:
    body = problem.body()
    head = (
        f"HTTP/1.1 {problem.status} {problem.title}\r\n"
        f"Connection: close\r\nContent-Type: {PROBLEM_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\n\r\n"
    )
    return head.encode("ascii") + body
