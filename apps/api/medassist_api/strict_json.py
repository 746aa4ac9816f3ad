"""JSON without JSON's loose ends: no duplicate keys, no NaN, valid UTF-8, bounded numbers."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class InvalidJson(ValueError):
    """The text is not acceptable JSON; the message never quotes it."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object that ``body`` holds."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidJson("The body is not valid UTF-8.") from None
    try:
        value = json.loads(text, object_pairs_hook=_unique_members, parse_constant=_refuse_constant)
    except InvalidJson:
        raise
    except RecursionError:
        raise InvalidJson("The body is nested too deeply.") from None
    except ValueError:  # also an integer of more digits than Python converts
        raise InvalidJson("The body is not well-formed JSON.") from None
    if not isinstance(value, dict):
        raise InvalidJson("The body must be a JSON object.")
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJson("An object in the body names a member twice.")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise InvalidJson("NaN and Infinity are not JSON.")
