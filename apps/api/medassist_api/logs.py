"""Logs: one JSON object a line on stdout, the same shape for the application and for gunicorn."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from gunicorn.glogging import Logger

from .settings import Identity


def fields(**values: Any) -> dict[str, dict[str, Any]]:
    """``extra`` of a log call: these values become fields of the line."""
    return {"fields": values}


class JsonFormatter(logging.Formatter):
    """Renders a record as one JSON line that names stack and instance."""

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    def format(self, record: logging.LogRecord) -> str:
        """The line. Of an exception only types and places are told: its text may quote data."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "stack": self._identity.stack,
            "instance": self._identity.instance,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1]:
            line["error"] = describe_exception(record.exc_info[1])
        return json.dumps(line, default=str)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Type, causes and stack of an exception, without its message and without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    causes: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < 5:
        causes.append(_type_name(cause))
        cause = cause.__cause__ or cause.__context__
    return {
        "type": _type_name(error),
        "causes": causes,
        "stack": [f"{'/'.join(PurePath(f.filename).parts[-2:])}:{f.lineno} {f.name}" for f in frames],
    }


def _type_name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def configure(identity: Identity) -> None:
    """Send every record of the process to stdout as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(identity))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(identity.log_level.upper())
    logging.captureWarnings(True)


class GunicornLogger(Logger):
    """Gunicorn's own messages, handed to the handler of :func:`configure`."""

    def setup(self, cfg: Any) -> None:
        """Replace gunicorn's handlers. Its debug messages quote request paths: never below info."""
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel(max(logging.INFO, logging.getLogger().level))
