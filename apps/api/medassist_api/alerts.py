"""``/api/webhook/alert``: what Alertmanager sends, one log line and one counter step an alert."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from .json_request import json_object, require_json_content
from .logs import fields
from .metrics import Metrics
from .observer import REQUEST_ID
from .problems import Problem, rejected

#: Severities that rules may have; anything else is counted as "other".
SEVERITIES = frozenset({"p1", "p2", "p3", "p4"})

_STATUSES = ("firing", "resolved")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_MOMENT = re.compile(r"[0-9T:.Z+-]{20,40}")
_SUMMARY_LENGTH = 300

_log = logging.getLogger("medassist.alert")


@dataclass(frozen=True)
class Alert:
    """What is kept of one alert."""

    name: str
    severity: str
    status: str
    starts_at: str
    summary: str


def parse_alerts(payload: Mapping[str, Any]) -> list[Alert]:
    """The alerts of a webhook payload, version 4; members that are not used here may be anything."""
    if payload.get("version") != "4":
        raise _invalid("version", 'Must be "4".')
    entries = payload.get("alerts")
    if not isinstance(entries, list) or not entries:
        raise _invalid("alerts", "Must be a list of at least one alert.")
    return [_parse_alert(entry, f"alerts[{index}]") for index, entry in enumerate(entries)]


def _parse_alert(entry: object, place: str) -> Alert:
    if not isinstance(entry, dict):
        raise _invalid(place, "Must be an object.")
    if entry.get("status") not in _STATUSES:
        raise _invalid(f"{place}.status", f"Must be one of {', '.join(_STATUSES)}.")
    labels = _texts(entry.get("labels"), f"{place}.labels")
    annotations = _texts(entry.get("annotations", {}), f"{place}.annotations")
    name = labels.get("alertname", "")
    if not _NAME.fullmatch(name):
        raise _invalid(f"{place}.labels.alertname", "Must be the name of an alert.")
    starts_at = entry.get("startsAt")
    if not isinstance(starts_at, str) or not _MOMENT.fullmatch(starts_at):
        raise _invalid(f"{place}.startsAt", "Must be an RFC 3339 moment.")
    severity = labels.get("severity", "")
    return Alert(
        name=name,
        severity=severity if severity in SEVERITIES else "other",
        status=entry["status"],
        starts_at=starts_at,
        summary=annotations.get("summary", "")[:_SUMMARY_LENGTH],
    )


def _texts(value: object, place: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _invalid(place, "Must be an object of strings.")
    return value


def _invalid(field: str, detail: str) -> Problem:
    return rejected(422, "invalid-alerts", "Invalid alerts", field, detail)


def require_token(expected: str) -> None:
    """Refuse a request that does not bear the token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    challenge = 'Bearer realm="alerts"'
    if scheme.lower() != "bearer" or not token:
        detail = "The bearer token is missing."
    elif not hmac.compare_digest(token.strip().encode("utf-8", "replace"), expected.encode()):
        challenge += ', error="invalid_token"'
        detail = "The bearer token is not the right one."
    else:
        return
    raise rejected(401, "unauthorized", "Unauthorized", "Authorization", detail, WWW_Authenticate=challenge)


def alert_routes(token: str, metrics: Metrics) -> Blueprint:
    """The route of the webhook."""
    routes = Blueprint("alert", __name__)

    @routes.post("/api/webhook/alert")
    def receive() -> Response:
        require_token(token)
        require_json_content()
        alerts = parse_alerts(json_object())
        for alert in alerts:
            metrics.alert(alert.severity, alert.status)
            _log.info(
                "alert",
                extra=fields(
                    request_id=request.environ.get(REQUEST_ID, ""),
                    alertname=alert.name,
                    severity=alert.severity,
                    alert_status=alert.status,
                    starts_at=alert.starts_at,
                    summary=alert.summary,
                ),
            )
        return jsonify(received=len(alerts))

    return routes
