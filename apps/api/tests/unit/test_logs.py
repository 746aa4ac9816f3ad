"""Log lines: JSON, complete, and silent about data."""

import json
import logging
import sys

from medassist_api.logs import JsonFormatter, fields
from medassist_api.settings import Identity

_FORMATTER = JsonFormatter(Identity("test", "api2"))


def line(record: logging.LogRecord) -> dict[str, object]:
    text = _FORMATTER.format(record)
    assert "\n" not in text
    parsed: dict[str, object] = json.loads(text)
    return parsed


def record(message: str, **attributes: object) -> logging.LogRecord:
    made = logging.LogRecord("medassist.test", logging.INFO, __file__, 1, message, (), None)
    made.__dict__.update(attributes)
    return made


def test_a_line_names_when_and_where() -> None:
    shown = line(record("hello\nworld", created=1772366400.5, **fields(status=200)))
    assert shown == {
        "timestamp": "2026-03-01T12:00:00.500Z",
        "level": "info",
        "stack": "test",
        "instance": "api2",
        "logger": "medassist.test",
        "message": "hello\nworld",
        "status": 200,
    }


def test_an_exception_is_told_without_its_text() -> None:
    patient = "p-do-not-tell"
    try:
        try:
            raise KeyError(patient)
        except KeyError as error:
            raise ValueError(f"no {patient}") from error
    except ValueError:
        shown = line(record("failed", exc_info=sys.exc_info()))
    assert patient not in json.dumps(shown)
    told = shown["error"]
    assert isinstance(told, dict)
    assert (told["type"], told["causes"]) == ("builtins.ValueError", ["builtins.KeyError"])
    assert "test_logs.py" in told["stack"][0]
