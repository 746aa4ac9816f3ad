"""The real MySQL (or MariaDB) and Redis of the integration tests, and things that only pretend."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.connections import Connection

from medassist_api.settings import MysqlSettings

_VARIABLES = (
    "TEST_MYSQL_HOST",
    "TEST_MYSQL_PORT",
    "TEST_MYSQL_ADMIN_USER",
    "TEST_MYSQL_ADMIN_PASSWORD",
    "TEST_REDIS_HOST",
    "TEST_REDIS_PORT",
    "TEST_REDIS_USER",
    "TEST_REDIS_PASSWORD",
    "TEST_REDIS_KEY_PREFIX",
)


def missing_variables() -> list[str]:
    """The variables that the integration tests need and do not have."""
    return [name for name in _VARIABLES if not os.environ.get(name)]


@dataclass(frozen=True)
class TestDatabase:
    """A database of this run alone, with an account for its owner and one for the application."""

    __test__ = False

    name: str
    user: str
    password: str

    def owner(self) -> MysqlSettings:
        """How migrations reach it."""
        return MysqlSettings(
            host=os.environ["TEST_MYSQL_HOST"],
            port=int(os.environ["TEST_MYSQL_PORT"]),
            database=self.name,
            user=os.environ["TEST_MYSQL_ADMIN_USER"],
            password=os.environ["TEST_MYSQL_ADMIN_PASSWORD"],
        )

    def application(self) -> MysqlSettings:
        """How the application reaches it."""
        owner = self.owner()
        return MysqlSettings(owner.host, owner.port, self.name, self.user, self.password)

    def connect(self) -> Connection[Any]:
        """An administrator's connection to it, not in autocommit mode."""
        return connect_as_administrator(self.name)

    def query(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, as an administrator."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            rows = list(cursor.fetchall())
            connection.commit()
            return rows

    def rows_of(self, key: str) -> int:
        """How many payments an idempotency key has."""
        count: int = self.query("SELECT COUNT(*) FROM payment WHERE idempotency_key = %s", key)[0][0]
        return count

    def grant_application(self) -> None:
        """Give the application's account what it has in production, and no more."""
        self.query(f"GRANT SELECT, INSERT ON `{self.name}`.payment TO '{self.user}'@'%%'")
        self.query(f"GRANT SELECT ON `{self.name}`.schema_migration TO '{self.user}'@'%%'")

    def kill_application(self) -> int:
        """Cut all connections of the application's account, as a restart would."""
        sessions = self.query("SELECT id FROM information_schema.processlist WHERE user = %s", self.user)
        for (session,) in sessions:
            self.query("KILL %s", session)
        return len(sessions)


def connect_as_administrator(database: str | None = None) -> Connection[Any]:
    """A connection of the administrator."""
    return pymysql.connect(
        host=os.environ["TEST_MYSQL_HOST"],
        port=int(os.environ["TEST_MYSQL_PORT"]),
        user=os.environ["TEST_MYSQL_ADMIN_USER"],
        password=os.environ["TEST_MYSQL_ADMIN_PASSWORD"].encode(),
        database=database,
        connect_timeout=10,
        read_timeout=30,
        ssl_disabled=True,
    )


def administrate(statement: str, *arguments: object) -> None:
    """Run a statement of the administrator."""
    with closing(connect_as_administrator()) as connection, connection.cursor() as cursor:
        cursor.execute(statement, arguments)


@contextmanager
def temporary_database() -> Iterator[TestDatabase]:
    """An empty database with a random name; it and its account are dropped afterwards."""
    suffix = secrets.token_hex(6)
    database = TestDatabase(f"medassist_test_{suffix}", f"test_{suffix}", secrets.token_urlsafe(18))
    administrate(f"CREATE DATABASE `{database.name}`")
    try:
        administrate(f"CREATE USER '{database.user}'@'%%' IDENTIFIED BY %s", database.password)
        yield database
    finally:
        administrate(f"DROP DATABASE `{database.name}`")
        administrate(f"DROP USER IF EXISTS '{database.user}'@'%%'")


@contextmanager
def black_hole() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield listener.getsockname()[1]
