"""Migrations: applied once, in order, whoever else is at it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medassist_api.schema import SchemaMissing, migrations, require_schema
from tests.integration.replica import APP
from tests.integration.servers import TestDatabase, temporary_database
from tests.samples import environment

_NAMES = [migration.name for migration in migrations()]


@pytest.fixture
def empty() -> Iterator[TestDatabase]:
    """A database without any table."""
    with temporary_database() as made:
        yield made


def start(database: TestDatabase, folder: Path, *arguments: str, **changes: str) -> subprocess.Popen[str]:
    """The migration command."""
    owner = database.owner()
    values = environment(
        folder,
        MYSQL_PASSWORD_FILE=owner.password,
        **{
            "MYSQL_HOST": owner.host,
            "MYSQL_PORT": str(owner.port),
            "MYSQL_DATABASE": owner.database,
            "MYSQL_USER": owner.user,
            **changes,
        },
    )
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-m", "medassist_api.migrate", *arguments]
    return subprocess.Popen(command, env=kept | values, cwd=APP, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, object]]:
    """Exit code and last log line."""
    output, _ = process.communicate(timeout=60)
    last: dict[str, object] = json.loads(output.splitlines()[-1])
    return process.returncode, last


def test_migrating_twice_changes_nothing(empty: TestDatabase, tmp_path: Path) -> None:
    code, line = finish(start(empty, tmp_path))
    assert (code, line["applied"]) == (0, _NAMES)
    code, line = finish(start(empty, tmp_path))
    assert (code, line["applied"]) == (0, [])
    assert [name for (name,) in empty.query("SELECT name FROM schema_migration ORDER BY version")] == _NAMES


def test_simultaneous_runs_take_turns(empty: TestDatabase, tmp_path: Path) -> None:
    results = [finish(process) for process in [start(empty, tmp_path) for _ in range(3)]]
    assert [code for code, _ in results] == [0, 0, 0]
    assert sorted(len(line["applied"]) for _, line in results) == [0, 0, len(_NAMES)]  # type: ignore[arg-type]


def test_a_run_that_broke_off_is_finished(empty: TestDatabase, tmp_path: Path) -> None:
    finish(start(empty, tmp_path))
    empty.query("DELETE FROM schema_migration")
    code, line = finish(start(empty, tmp_path))
    assert (code, line["applied"]) == (0, _NAMES)


def test_a_changed_migration_is_refused(empty: TestDatabase, tmp_path: Path) -> None:
    finish(start(empty, tmp_path))
    empty.query("UPDATE schema_migration SET checksum = REPEAT('0', 64) WHERE version = '0001'")
    code, line = finish(start(empty, tmp_path))
    assert code == 1
    assert "was changed after" in str(line["detail"])


def test_waiting_for_mysql_ends(empty: TestDatabase, tmp_path: Path, nowhere: dict[str, str]) -> None:
    started = time.monotonic()
    code, line = finish(start(empty, tmp_path, "--wait", "2", MYSQL_HOST=nowhere["host"], MYSQL_PORT=nowhere["port"]))
    assert (code, line["level"]) == (1, "error")
    assert time.monotonic() - started < 30


def test_the_schema_is_told_missing_until_it_is_there(empty: TestDatabase, tmp_path: Path) -> None:
    connection = empty.connect()
    try:
        with pytest.raises(SchemaMissing, match="not applied"):
            require_schema(connection)
        finish(start(empty, tmp_path))
        require_schema(connection)
        empty.query("DELETE FROM schema_migration WHERE version = '0001'")
        connection.rollback()
        with pytest.raises(SchemaMissing, match="0001"):
            require_schema(connection)
    finally:
        connection.close()
