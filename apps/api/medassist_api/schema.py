"""The migrations that this build brings, and whether a database has them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

_FOLDER = Path(__file__).parent / "migrations"
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_NO_SUCH_TABLE = 1146


class SchemaMissing(Exception):
    """The database is not (entirely) migrated."""


@dataclass(frozen=True)
class Migration:
    """One file of SQL statements. Each can be repeated, since DDL is not transactional in MySQL."""

    version: str
    name: str
    checksum: str
    statements: tuple[str, ...]


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations of this build, in order."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.sql")))


def _read(path: Path) -> Migration:
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"not the name of a migration: {path.name}")
    text = path.read_text(encoding="utf-8")
    without_comments = re.sub(r"^--.*$", "", text, flags=re.MULTILINE)
    statements = tuple(part.strip() for part in without_comments.split(";") if part.strip())
    return Migration(match[1], path.stem, hashlib.sha256(text.encode()).hexdigest(), statements)


def require_schema(connection: Connection[Any]) -> None:
    """Raise :class:`SchemaMissing` unless all migrations are applied and payments can be read."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version FROM schema_migration")
            applied = {row[0] for row in cursor.fetchall()}
            cursor.execute("SELECT 1 FROM payment LIMIT 1")
    except pymysql.err.ProgrammingError as error:
        if error.args[0] != _NO_SUCH_TABLE:
            raise
        raise SchemaMissing("the schema is not applied") from None
    missing = [migration.version for migration in migrations() if migration.version not in applied]
    if missing:
        raise SchemaMissing(f"migrations are not applied: {', '.join(missing)}")
