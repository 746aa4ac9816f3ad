"""The environment: complete or refused in one clear line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medassist_api.settings import EXIT_CONFIG, SettingsError, read_migration_settings, read_settings
from tests.samples import environment

_APP = Path(__file__).parents[2]

_COMMANDS = {
    "server": ["gunicorn", "-c", str(_APP / "gunicorn.conf.py"), "medassist_api.wsgi:app"],
    "migration": ["medassist_api.migrate"],
}


def test_a_complete_environment_is_accepted(tmp_path: Path) -> None:
    settings = read_settings(environment(tmp_path, MEDASSIST_INSTANCE="api2", LATENCY_SLO_SECONDS="0.8"))
    assert settings.identity.instance == "api2"
    assert settings.latency_slo_seconds == 0.8
    assert settings.mysql.password == "mysql-pw"
    assert settings.identity.log_level == "info"
    assert settings.identity.revision == "unknown"


def test_secrets_do_not_show_in_the_representation(tmp_path: Path) -> None:
    shown = repr(read_settings(environment(tmp_path)))
    assert not any(secret in shown for secret in ("mysql-pw", "redis-pw", "webhook-t"))


def test_everything_missing_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({})
    missing = environment(tmp_path).keys()
    assert all(f"{name} is missing" in str(caught.value) for name in missing)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80x"),
        ("MYSQL_PORT", "-1"),
        ("MEDASSIST_STACK", "two words"),
        ("MYSQL_HOST", "mysql/../"),
        ("LATENCY_SLO_SECONDS", "nan"),
        ("LATENCY_SLO_SECONDS", "0"),
        ("MAX_BODY_BYTES", "1e5"),
        ("THREADS", "0"),
        ("GRACEFUL_TIMEOUT_SECONDS", "10.5"),
        ("LOG_LEVEL", "loud"),
        ("MYSQL_PASSWORD_FILE", "/does/not/exist"),
    ],
)
def test_a_malformed_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    values = environment(tmp_path) | {name: value}
    with pytest.raises(SettingsError, match=name):
        read_settings(values)


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="WEBHOOK_TOKEN_FILE: the file is empty"):
        read_settings(environment(tmp_path, WEBHOOK_TOKEN_FILE=""))


def test_the_migration_needs_only_its_part(tmp_path: Path) -> None:
    values = environment(tmp_path)
    part = {name: value for name, value in values.items() if name.startswith(("MYSQL_", "MEDASSIST_"))}
    assert read_migration_settings(part).mysql.database == "medassist"


@pytest.mark.parametrize("command", _COMMANDS.values(), ids=_COMMANDS.keys())
def test_a_refused_start_is_one_line_and_exit_78(tmp_path: Path, command: list[str]) -> None:
    values = environment(tmp_path, MYSQL_PORT="many")
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=inherited | values,
        cwd=_APP,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == EXIT_CONFIG
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert "MYSQL_PORT must be an integer" in json.loads(lines[0])["message"]
    assert done.stdout == ""
