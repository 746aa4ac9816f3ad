"""Inputs that several tests share."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any


def order(**changes: Any) -> dict[str, Any]:
    """A valid payment request, with some members changed."""
    return {"patient": "p-81f3", "consultation": "c-2207", "amount": 2500, "currency": "EUR"} | changes


def alert_payload(*alerts: dict[str, Any]) -> dict[str, Any]:
    """What Alertmanager sends for ``alerts``."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="ApiInstanceDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "api",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": list(alerts),
    }


def alert(**changes: Any) -> dict[str, Any]:
    """One alert of such a payload."""
    return {
        "status": "firing",
        "labels": {"alertname": "ApiInstanceDown", "severity": "p2", "server": "api2"},
        "annotations": {"summary": "API replica api2 is down"},
        "startsAt": "2026-03-01T12:00:00.000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": "5ef77f1f8a3ecfe3",
    } | changes


def closed_port() -> int:
    """A port of this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """A complete environment whose MySQL and Redis are closed ports; secrets are in ``folder``."""
    secrets = {"MYSQL_PASSWORD_FILE": "mysql-pw", "REDIS_PASSWORD_FILE": "redis-pw", "WEBHOOK_TOKEN_FILE": "webhook-t"}
    for name, secret in secrets.items():
        (folder / name).write_text(changes.pop(name, secret) + "\n", encoding="utf-8")
    return {
        "PORT": str(closed_port()),
        "MEDASSIST_STACK": "test",
        "MEDASSIST_INSTANCE": "api",
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_PORT": str(closed_port()),
        "MYSQL_DATABASE": "medassist",
        "MYSQL_USER": "app",
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(closed_port()),
        "REDIS_USER": "app",
        "REDIS_KEY_PREFIX": "payment:",
        "TRUSTED_PROXY": "localhost",
        "LATENCY_SLO_SECONDS": "0.8",
        "MAX_BODY_BYTES": "65536",
        "THREADS": "8",
        "GRACEFUL_TIMEOUT_SECONDS": "10",
        **{name: str(folder / name) for name in secrets},
        **changes,
    }
