"""Reading a JSON request: size, content type, syntax."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge

from .problems import rejected
from .strict_json import InvalidJson, parse_object


def limit_bodies(app: Flask, max_bytes: int) -> None:
    """Refuse bodies over ``max_bytes``, whatever the route and whether or not a length is announced."""
    # One more than is accepted: of a body without length Werkzeug silently drops what is above this.
    app.config["MAX_CONTENT_LENGTH"] = max_bytes + 1

    @app.before_request
    def refuse_announced_excess() -> None:
        if (request.content_length or 0) > max_bytes:
            raise RequestEntityTooLarge


def require_json_content() -> None:
    """Refuse what does not say that it is plain JSON in UTF-8."""
    if request.mimetype != "application/json":
        raise rejected(
            415, "unsupported-media-type", "Unsupported media type", "Content-Type", "Send application/json."
        )
    if request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise rejected(
            415, "unsupported-media-type", "Unsupported media type", "Content-Type", "JSON is sent in UTF-8."
        )
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise rejected(
            415,
            "unsupported-media-type",
            "Unsupported media type",
            "Content-Encoding",
            "Send the body without a content coding.",
        )


def json_object() -> dict[str, Any]:
    """The JSON object in the body of the request at hand."""
    try:
        body = request.get_data(cache=False)
    except (ParseException, OSError):  # broken chunks, or the client left in the middle
        raise rejected(400, "malformed-body", "Malformed body", "body", "The body is incomplete.") from None
    if len(body) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
    try:
        return parse_object(body)
    except InvalidJson as error:
        raise rejected(400, "malformed-body", "Malformed body", "body", str(error)) from None
