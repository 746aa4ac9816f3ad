"""What the process is told: environment variables and secret files, checked once at start."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

#: ``EX_CONFIG`` of sysexits.h: the environment is wrong, starting again will not help.
EXIT_CONFIG = 78

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_KEY_PREFIX = re.compile(r"[a-z]{1,30}:")
_REVISION = re.compile(r"[A-Za-z0-9_.+-]{1,64}")


class SettingsError(Exception):
    """The environment is incomplete or wrong; the text names every variable at fault."""


@dataclass(frozen=True)
class Identity:
    """Who writes the log lines: stack, replica, build."""

    stack: str
    instance: str
    log_level: str = "info"
    revision: str = "unknown"


@dataclass(frozen=True)
class MysqlSettings:
    """Where the payments are kept, and as whom they are reached."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class RedisSettings:
    """Where payment reads are cached, and as whom it is reached."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    #: The account may touch no other keys.
    key_prefix: str


@dataclass(frozen=True)
class Settings:
    """Everything that a replica needs."""

    identity: Identity
    port: int
    mysql: MysqlSettings
    redis: RedisSettings
    webhook_token: str = field(repr=False)
    trusted_proxy: str
    latency_slo_seconds: float
    max_body_bytes: int
    #: Threads of the one gunicorn worker, hence also the size of the MySQL and Redis pools.
    threads: int
    #: Time for the running requests after SIGTERM.
    graceful_timeout_seconds: int


@dataclass(frozen=True)
class MigrationSettings:
    """Everything that the migration command needs."""

    identity: Identity
    mysql: MysqlSettings


class _Environment:
    """Reads variables and collects what is wrong, so that one start shows all of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []

    def text(self, name: str, pattern: re.Pattern[str], default: str | None = None) -> str:
        """The variable's value, which must match ``pattern`` entirely."""
        value = self._values.get(name, "")
        if not value:
            return self._missing(name) if default is None else default
        if not pattern.fullmatch(value):
            self.problems.append(f"{name} must match {pattern.pattern}")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """The variable's value in lower case, which must be one of ``allowed``."""
        value = self._values.get(name, "").lower() or default
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """The variable as an integer from ``low`` to ``high``."""
        value = self._values.get(name, "")
        if not value:
            self._missing(name)
            return low
        if not re.fullmatch(r"[0-9]{1,12}", value) or not low <= int(value) <= high:
            self.problems.append(f"{name} must be an integer from {low} to {high}")
            return low
        return int(value)

    def seconds(self, name: str, low: float, high: float) -> float:
        """The variable as seconds from ``low`` to ``high``, written as a plain decimal number."""
        value = self._values.get(name, "")
        if not value:
            self._missing(name)
            return low
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value) or not low <= float(value) <= high:
            self.problems.append(f"{name} must be a number of seconds from {low} to {high}")
            return low
        return float(value)

    def secret(self, name: str) -> str:
        """The content of the file that the variable names, without the line end."""
        path = self._values.get(name, "")
        if not path:
            return self._missing(name)
        try:
            content = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            self.problems.append(f"{name}: the file cannot be read ({reason})")
            return ""
        if not content:
            self.problems.append(f"{name}: the file is empty")
        return content

    def check(self) -> None:
        """Raise when anything read so far was wrong."""
        if self.problems:
            raise SettingsError("; ".join(self.problems))

    def _missing(self, name: str) -> str:
        self.problems.append(f"{name} is missing")
        return ""


def _identity(environment: _Environment) -> Identity:
    return Identity(
        stack=environment.text("MEDASSIST_STACK", _NAME),
        instance=environment.text("MEDASSIST_INSTANCE", _NAME),
        log_level=environment.choice("LOG_LEVEL", LOG_LEVELS, "info"),
        revision=environment.text("MEDASSIST_REVISION", _REVISION, "unknown"),
    )


def _mysql(environment: _Environment) -> MysqlSettings:
    return MysqlSettings(
        host=environment.text("MYSQL_HOST", _HOST),
        port=environment.integer("MYSQL_PORT", 1, 65535),
        database=environment.text("MYSQL_DATABASE", _ACCOUNT),
        user=environment.text("MYSQL_USER", _ACCOUNT),
        password=environment.secret("MYSQL_PASSWORD_FILE"),
    )


def read_settings(values: Mapping[str, str]) -> Settings:
    """The settings of a replica."""
    environment = _Environment(values)
    settings = Settings(
        identity=_identity(environment),
        port=environment.integer("PORT", 1, 65535),
        mysql=_mysql(environment),
        redis=RedisSettings(
            host=environment.text("REDIS_HOST", _HOST),
            port=environment.integer("REDIS_PORT", 1, 65535),
            user=environment.text("REDIS_USER", _ACCOUNT),
            password=environment.secret("REDIS_PASSWORD_FILE"),
            key_prefix=environment.text("REDIS_KEY_PREFIX", _KEY_PREFIX),
        ),
        webhook_token=environment.secret("WEBHOOK_TOKEN_FILE"),
        trusted_proxy=environment.text("TRUSTED_PROXY", _HOST),
        latency_slo_seconds=environment.seconds("LATENCY_SLO_SECONDS", 0.001, 60),
        max_body_bytes=environment.integer("MAX_BODY_BYTES", 1024, 16 * 1024 * 1024),
        threads=environment.integer("THREADS", 1, 64),
        graceful_timeout_seconds=environment.integer("GRACEFUL_TIMEOUT_SECONDS", 1, 300),
    )
    environment.check()
    return settings


def read_migration_settings(values: Mapping[str, str]) -> MigrationSettings:
    """The settings of the migration command."""
    environment = _Environment(values)
    settings = MigrationSettings(identity=_identity(environment), mysql=_mysql(environment))
    environment.check()
    return settings


def refuse_to_start(error: SettingsError, values: Mapping[str, str]) -> NoReturn:
    """Say in one line what is wrong, and leave with ``EX_CONFIG``."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {
        "timestamp": now,
        "level": "critical",
        "stack": values.get("MEDASSIST_STACK", ""),
        "instance": values.get("MEDASSIST_INSTANCE", ""),
        "message": f"configuration: {error}",
    }
    print(json.dumps(line), file=sys.stderr, flush=True)
    raise SystemExit(EXIT_CONFIG)
