"""Errors as RFC 9457 problem documents; every 4xx names the field at fault."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from .logs import fields

PROBLEM_TYPE = "application/problem+json"

_log = logging.getLogger("medassist.api")


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field of the request."""

    field: str
    detail: str


@dataclass(eq=False)
class Problem(Exception):
    """An answer that is an error; raise it anywhere below a route."""

    status: int
    slug: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: dict[str, str] = attribute(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The members of the problem document."""
        document: dict[str, Any] = {
            "type": f"urn:medassist:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["field"] = self.errors[0].field
            document["errors"] = [{"field": e.field, "detail": e.detail} for e in self.errors]
        return document

    def body(self) -> bytes:
        """The problem document as it is sent."""
        return json.dumps(self.document()).encode()


def rejected(status: int, slug: str, title: str, field: str, detail: str, **headers: str) -> Problem:
    """A problem about exactly one field; ``headers`` are written with ``_`` for ``-``."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Problem(status, slug, title, detail, (FieldError(field, detail),), names)


#: Statuses that Flask itself answers with: slug, title, field, detail.
_FLASK_ERRORS: dict[int, tuple[str, str, str, str]] = {
    400: ("bad-request", "Bad request", "request", "The request could not be understood."),
    404: ("not-found", "Not found", "path", "There is nothing at this path."),
    405: ("method-not-allowed", "Method not allowed", "method", "This path does not take this method."),
    413: ("body-too-large", "Body too large", "body", "The body is larger than is accepted."),
    415: ("unsupported-media-type", "Unsupported media type", "Content-Type", "Send application/json."),
}

INTERNAL_ERROR = Problem(500, "internal-error", "Internal error", "The request failed on our side.")


def from_http_error(error: HTTPException) -> Problem:
    """The problem that stands for an error of Flask or Werkzeug."""
    status = error.code or 500
    if status >= 500:
        return INTERNAL_ERROR
    slug, title, field, detail = _FLASK_ERRORS.get(status, _FLASK_ERRORS[400])
    problem = rejected(status, slug, title, field, detail)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        problem.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return problem


def response(problem: Problem) -> Response:
    """The HTTP answer."""
    return Response(problem.body(), problem.status, problem.headers, content_type=PROBLEM_TYPE)


def install(app: Flask, request_id_key: str) -> None:
    """Make every error of the application a problem document."""

    def on_http_error(error: HTTPException) -> Response:
        return response(from_http_error(error))

    def on_unexpected(error: Exception) -> Response:
        _log.error(
            "unexpected error",
            exc_info=error,
            extra=fields(request_id=request.environ.get(request_id_key, "")),
        )
        return response(INTERNAL_ERROR)

    app.register_error_handler(Problem, response)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_unexpected)
