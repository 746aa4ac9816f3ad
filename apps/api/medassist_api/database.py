"""MySQL: a small pool, time limits on everything, and safe repetition of idempotent work."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import pymysql
from pymysql.connections import Connection

from .breaker import Breaker
from .logs import fields
from .settings import MysqlSettings
from .single_flight import HostName

T = TypeVar("T")

_log = logging.getLogger("medassist.mysql")

#: Sessions wait shorter for a row than the client waits for the session, so a lock is told as a lock.
_SESSION = (
    "SET SESSION transaction_isolation = 'READ-COMMITTED', time_zone = '+00:00', "
    "sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 2, lock_wait_timeout = 2"
)

_DEADLOCK = 1213
_NO_SUCH_TABLE = 1146
_UNKNOWN_HOST = 2005
#: The connection is gone: server shutdown, killed, disconnected for inactivity, gone away, lost.
_LOST = frozenset({1053, 1927, 3169, 4031, 2006, 2013})
#: There was no connection to begin with.
_UNREACHABLE = frozenset({2002, 2003, _UNKNOWN_HOST})
#: What tells of the server's state rather than of a mistake of ours.
_PASSING = (pymysql.err.OperationalError, pymysql.err.InterfaceError, pymysql.err.InternalError)


class DatabaseUnavailable(Exception):
    """MySQL cannot do the work now; nothing was half-written."""


@dataclass(frozen=True)
class Timing:
    """Limits in seconds."""

    connect: float = 1.0
    #: One answer of the server.
    answer: float = 3.0
    #: Work is only repeated when the first attempt took less than this.
    retry_within: float = 2.0
    #: A failure slower than this makes the next callers fail at once, so threads stay free.
    slow_failure: float = 0.5
    breaker_hold: float = 1.0
    #: A connection idle for longer is asked whether it lives before it is used.
    ping_after: float = 5.0
    max_age: float = 300.0


def open_connection(settings: MysqlSettings, host: HostName, connect: float, answer: float) -> Connection[Any]:
    """A new connection in autocommit mode.

    No TLS: PyMySQL's opportunistic mode verifies nothing and costs 40 ms a connection. The
    password stays secret without it (caching_sha2_password encrypts it with the server's key).
    """
    try:
        address = host.addresses(connect)[0]
    except OSError as error:
        raise pymysql.err.OperationalError(_UNKNOWN_HOST, "host name not resolved") from error
    return pymysql.connect(
        host=address,
        port=settings.port,
        user=settings.user,
        password=settings.password.encode(),
        database=settings.database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=connect,
        read_timeout=answer,
        write_timeout=answer,
        init_command=_SESSION,
        ssl_disabled=True,
    )


def error_number(error: BaseException) -> int:
    """MySQL's number of an error, 0 when it has none."""
    number = error.args[0] if error.args else 0
    return number if isinstance(number, int) else 0


@dataclass
class _Pooled:
    connection: Connection[Any]
    born: float
    used: float


class Database:
    """Runs work on pooled connections. There are never more connections than threads."""

    def __init__(self, settings: MysqlSettings, size: int, timing: Timing = Timing()) -> None:
        self._settings = settings
        self._size = size
        self._timing = timing
        self._host = HostName(settings.host)
        self._idle: list[_Pooled] = []
        self._lock = threading.Lock()
        self._breaker = Breaker(timing.breaker_hold)

    def run(self, work: Callable[[Connection[Any]], T]) -> T:
        """The result of ``work``, which must be idempotent.

        It is repeated once, on a new connection, after a deadlock or a lost connection.
        """
        if not self._breaker.allows():
            raise DatabaseUnavailable("it has not answered recently")
        started = time.monotonic()
        try:
            try:
                result = self._attempt(self._borrow, work)
            except pymysql.MySQLError as error:
                if not self._repeatable(error, started):
                    raise
                _log.info("repeating after a passing error", extra=fields(errno=error_number(error)))
                result = self._attempt(self._connect, work)
        except pymysql.MySQLError as error:
            if not isinstance(error, _PASSING) and error_number(error) != _NO_SUCH_TABLE:
                raise
            self._note_failure(error, started)
            raise DatabaseUnavailable(f"error {error_number(error)}") from error
        self._breaker.reset()
        return result

    def check(self, work: Callable[[Connection[Any]], T], budget: float) -> T:
        """The result of ``work`` on a connection of its own: can new ones be had and used?"""
        connection = open_connection(self._settings, self._host, budget, budget)
        try:
            result = work(connection)
        finally:
            connection.close()
        self._breaker.reset()
        return result

    def _attempt(self, source: Callable[[], _Pooled], work: Callable[[Connection[Any]], T]) -> T:
        pooled = source()
        try:
            result = work(pooled.connection)
        except BaseException:
            _discard(pooled)
            raise
        self._give_back(pooled)
        return result

    def _connect(self) -> _Pooled:
        now = time.monotonic()
        connection = open_connection(self._settings, self._host, self._timing.connect, self._timing.answer)
        return _Pooled(connection, born=now, used=now)

    def _borrow(self) -> _Pooled:
        while pooled := self._take_idle():
            now = time.monotonic()
            if now - pooled.born > self._timing.max_age:
                _discard(pooled)
                continue
            if now - pooled.used > self._timing.ping_after:
                _ping(pooled)
            return pooled
        return self._connect()

    def _take_idle(self) -> _Pooled | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, pooled: _Pooled) -> None:
        pooled.used = time.monotonic()
        with self._lock:
            if len(self._idle) < self._size:
                self._idle.append(pooled)
                return
        _discard(pooled)

    def _repeatable(self, error: pymysql.MySQLError, started: float) -> bool:
        lost = _is_lost(error)
        if lost:
            self._forget_idle()
        soon = time.monotonic() - started < self._timing.retry_within
        return soon and (lost or error_number(error) == _DEADLOCK)

    def _forget_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for pooled in idle:
            _discard(pooled)

    def _note_failure(self, error: pymysql.MySQLError, started: float) -> None:
        number = error_number(error)
        unanswered = number in _UNREACHABLE or _is_lost(error)
        if unanswered and time.monotonic() - started > self._timing.slow_failure:
            self._breaker.trip()
        _log.warning("mysql unavailable", extra=fields(errno=number))


def _is_lost(error: pymysql.MySQLError) -> bool:
    return isinstance(error, pymysql.err.InterfaceError) or error_number(error) in _LOST


def _ping(pooled: _Pooled) -> None:
    try:
        pooled.connection.ping(reconnect=False)
    except pymysql.MySQLError:
        _discard(pooled)
        raise


def _discard(pooled: _Pooled) -> None:
    with suppress(pymysql.MySQLError):  # already closed
        pooled.connection.close()
