"""Integration tests run against real servers, which the environment names."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from medassist_api.migrate import run
from medassist_api.settings import Identity, MigrationSettings
from tests.integration.replica import Replica
from tests.integration.servers import TestDatabase, missing_variables, temporary_database
from tests.samples import closed_port, environment

StartReplica = Callable[..., Replica]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session", autouse=True)
def servers() -> None:
    """Fail, rather than skip, when there is nothing to test against."""
    if missing := missing_variables():
        pytest.fail(f'set {", ".join(missing)}, or deselect with -m "not integration"', pytrace=False)


@pytest.fixture(scope="session")
def database(servers: None) -> Iterator[TestDatabase]:
    """A migrated database."""
    with temporary_database() as made:
        run(MigrationSettings(Identity("test", "migrate"), made.owner()), 30)
        made.grant_application()
        yield made


@pytest.fixture(scope="session")
def start_replica(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartReplica]:
    """Starts replicas against the real servers; keyword arguments change their environment."""
    with ExitStack() as running:

        def start(**changes: str) -> Replica:
            folder = tmp_path_factory.mktemp("replica")
            mysql = database.application()
            values = environment(
                folder,
                MYSQL_PASSWORD_FILE=mysql.password,
                REDIS_PASSWORD_FILE=os.environ["TEST_REDIS_PASSWORD"],
                **{
                    "MYSQL_HOST": mysql.host,
                    "MYSQL_PORT": str(mysql.port),
                    "MYSQL_DATABASE": mysql.database,
                    "MYSQL_USER": mysql.user,
                    "REDIS_HOST": os.environ["TEST_REDIS_HOST"],
                    "REDIS_PORT": os.environ["TEST_REDIS_PORT"],
                    "REDIS_USER": os.environ["TEST_REDIS_USER"],
                    "REDIS_KEY_PREFIX": os.environ["TEST_REDIS_KEY_PREFIX"],
                    **changes,
                },
            )
            return running.enter_context(Replica(values, folder / "log"))

        yield start


@pytest.fixture(scope="session")
def replica(start_replica: StartReplica) -> Replica:
    """A replica that all tests share; they must leave it well."""
    return start_replica()


@pytest.fixture
def key() -> str:
    """An idempotency key that nobody has used."""
    return secrets.token_hex(16)


@pytest.fixture
def nowhere() -> dict[str, str]:
    """Host and port where nothing listens."""
    return {"host": "127.0.0.1", "port": str(closed_port())}
