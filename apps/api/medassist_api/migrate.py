"""``python -m medassist_api.migrate``: bring the database to the schema of this build, once."""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import sys
import time
from contextlib import closing
from typing import Any

import pymysql
from pymysql.connections import Connection

from . import logs
from .database import error_number, open_connection
from .schema import Migration, migrations
from .settings import MigrationSettings, MysqlSettings, SettingsError, read_migration_settings, refuse_to_start
from .single_flight import HostName

_log = logging.getLogger("medassist.migrate")

_CONNECT_SECONDS = 2.0
#: One statement may take this long: building an index on a large table is slow.
_STATEMENT_SECONDS = 600.0
_PAUSE_SECONDS = 1.0

_CREATE_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migration (
  version    CHAR(4)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  name       VARCHAR(100) NOT NULL,
  checksum   CHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  applied_at DATETIME(3)  NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4
"""


class MigrationError(Exception):
    """The schema could not be brought up to date."""


def wait_for_mysql(settings: MysqlSettings, deadline: float) -> Connection[Any]:
    """A connection, as soon as MySQL grants one before ``deadline`` (of the monotonic clock)."""
    host = HostName(settings.host)
    while True:
        try:
            return open_connection(settings, host, _CONNECT_SECONDS, _STATEMENT_SECONDS)
        except pymysql.MySQLError as error:
            number = error_number(error)
        if time.monotonic() + _PAUSE_SECONDS > deadline:
            raise MigrationError(f"MySQL granted no connection in time (last error: {number})")
        _log.info("waiting for MySQL", extra=logs.fields(errno=number))
        time.sleep(_PAUSE_SECONDS)


def migrate(connection: Connection[Any], database: str, deadline: float) -> list[str]:
    """Apply what is missing, in order, and return the names. Simultaneous runs take turns."""
    # Locks have the scope of the server, so the name tells the database; it may have 64 characters.
    lock = "medassist_migrate_" + hashlib.sha256(database.encode()).hexdigest()[:32]
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", (lock, max(1, int(deadline - time.monotonic()))))
        row = cursor.fetchone()
        if row is None or row[0] != 1:
            raise MigrationError("another migration held the lock for too long")
        try:
            cursor.execute(_CREATE_LEDGER)
            cursor.execute("SELECT version, checksum FROM schema_migration")
            applied: dict[str, str] = dict(cursor.fetchall())
            return [_apply(connection, migration) for migration in _pending(applied)]
        finally:
            cursor.execute("SELECT RELEASE_LOCK(%s)", (lock,))


def _pending(applied: dict[str, str]) -> list[Migration]:
    for migration in migrations():
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise MigrationError(f"{migration.name} was changed after it had been applied")
    return [migration for migration in migrations() if migration.version not in applied]


def _apply(connection: Connection[Any], migration: Migration) -> str:
    with connection.cursor() as cursor:
        for statement in migration.statements:
            cursor.execute(statement)
        cursor.execute(
            "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (%s, %s, %s, UTC_TIMESTAMP(3))",
            (migration.version, migration.name, migration.checksum),
        )
    return migration.name


def run(settings: MigrationSettings, wait_seconds: float) -> None:
    """Wait for MySQL, migrate, and log what was done."""
    deadline = time.monotonic() + wait_seconds
    with closing(wait_for_mysql(settings.mysql, deadline)) as connection:
        applied = migrate(connection, settings.mysql.database, deadline)
    _log.info("schema is up to date", extra=logs.fields(applied=applied))


def main() -> int:
    """The command: exit code 0 done, 1 failed, 78 misconfigured."""
    parser = argparse.ArgumentParser(prog="python -m medassist_api.migrate", description=__doc__)
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="for MySQL (default: 60)")
    arguments = parser.parse_args()
    try:
        settings = read_migration_settings(os.environ)
    except SettingsError as error:
        refuse_to_start(error, os.environ)
    logs.configure(settings.identity)
    try:
        run(settings, arguments.wait)
    except MigrationError as error:
        _log.error("migration failed", extra=logs.fields(detail=str(error)))
        return 1
    except pymysql.MySQLError as error:
        _log.error("migration failed", exc_info=error, extra=logs.fields(errno=error_number(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
