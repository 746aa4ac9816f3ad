"""What happens while MySQL or Redis is away, silent, or back."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pymysql
import pytest

from medassist_api.database import Database, DatabaseUnavailable
from tests.integration.conftest import StartReplica
from tests.integration.replica import Answer, Replica
from tests.integration.servers import TestDatabase, black_hole
from tests.samples import order

#: No answer may take longer, whatever is away. The balancer gives up after ten seconds.
PATIENCE = 8.0


def assert_unavailable(answer: Answer) -> None:
    assert answer.status == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.seconds < PATIENCE


def state_of(replica: Replica, dependency: str) -> tuple[int, str]:
    answer = replica.get("/ready")
    assert answer.seconds < PATIENCE
    return answer.status, answer.json()["dependencies"][dependency]["status"]


@contextmanager
def row_lock(database: TestDatabase, key: str) -> Iterator[None]:
    """A transaction that has inserted a payment with this key and neither commits nor gives up."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payment VALUES"
            " (REPEAT('0', 32), %s, REPEAT('f', 64), 'p-1', 'c-1', 1, 'EUR', UTC_TIMESTAMP(3))",
            (key,),
        )
        yield
        connection.rollback()


def test_everything_is_up(replica: Replica) -> None:
    answer = replica.get("/ready")
    up = {"status": "up"}
    assert (answer.status, answer.json()) == (200, {"status": "ready", "dependencies": {"mysql": up, "redis": up}})


def test_mysql_refuses(start_replica: StartReplica, nowhere: dict[str, str], key: str) -> None:
    replica = start_replica(MYSQL_HOST=nowhere["host"], MYSQL_PORT=nowhere["port"])
    assert_unavailable(replica.pay(key, order()))
    assert state_of(replica, "mysql") == (503, "down")
    assert replica.get("/ready").json()["dependencies"]["redis"] == {"status": "up"}
    assert replica.get("/health").status == 200


def test_mysql_is_silent(start_replica: StartReplica, key: str) -> None:
    with black_hole() as port:
        replica = start_replica(MYSQL_HOST="127.0.0.1", MYSQL_PORT=str(port))
        assert_unavailable(replica.pay(key, order()))
        assert state_of(replica, "mysql") == (503, "down")
        with ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(lambda n: replica.pay(f"{key}-{n}", order()), range(24)))
        for answer in answers:
            assert_unavailable(answer)
        assert replica.get("/health").seconds < PATIENCE


def test_the_name_of_mysql_is_unknown(start_replica: StartReplica, key: str) -> None:
    assert_unavailable(start_replica(MYSQL_HOST="no-such-host.invalid").pay(key, order()))


def test_mysql_refuses_the_account(start_replica: StartReplica, key: str) -> None:
    replica = start_replica(MYSQL_USER="nobody")
    assert_unavailable(replica.pay(key, order()))
    assert replica.get("/ready").json()["dependencies"]["mysql"] == {"status": "down", "detail": "access denied"}


def test_the_schema_is_missing(start_replica: StartReplica, database: TestDatabase, key: str) -> None:
    database.query("RENAME TABLE payment TO payment_away")
    try:
        replica = start_replica()
        assert_unavailable(replica.pay(key, order()))
        assert replica.get("/ready").status == 503
    finally:
        database.query("RENAME TABLE payment_away TO payment")
    assert replica.get("/ready").status == 200
    assert replica.pay(key, order()).status == 201


@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "silent"])
def test_payments_work_without_redis(
    start_replica: StartReplica, nowhere: dict[str, str], key: str, silent: bool
) -> None:
    with black_hole() as hole:
        port = str(hole) if silent else nowhere["port"]
        replica = start_replica(REDIS_HOST="127.0.0.1", REDIS_PORT=port)
        made = replica.pay(key, order())
        assert made.status == 201
        started = time.monotonic()
        for _ in range(50):
            assert replica.get(made.headers["Location"]).json() == made.json()
        assert time.monotonic() - started < PATIENCE, "a dead cache must not slow each request down"
        assert state_of(replica, "redis") == (503, "down")
        assert replica.get("/ready").json()["dependencies"]["mysql"] == {"status": "up"}


def test_payments_work_when_redis_refuses_the_account(start_replica: StartReplica, key: str) -> None:
    replica = start_replica(REDIS_USER="nobody")
    made = replica.pay(key, order())
    assert replica.get(made.headers["Location"]).status == 200
    assert replica.get("/ready").json()["dependencies"]["redis"] == {"status": "down", "detail": "access denied"}


@pytest.mark.parametrize("pause", [0.0, 5.5], ids=["at once", "after being idle"])
def test_cut_connections_are_not_noticed(replica: Replica, database: TestDatabase, key: str, pause: float) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: replica.pay(f"{key}-{n}", order()), range(8)))
        assert [answer.status for answer in made] == [201] * 8
        assert database.kill_application() > 0
        time.sleep(pause)
        again = list(pool.map(lambda n: replica.pay(f"{key}-{n}", order()), range(8)))
    assert [answer.status for answer in again] == [200] * 8


def test_a_payment_waits_for_a_row_lock(replica: Replica, database: TestDatabase, key: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        with row_lock(database, key):
            waiting = pool.submit(replica.pay, key, order())
            time.sleep(0.5)
            assert not waiting.done()
        assert waiting.result(30).status == 201


def test_a_payment_does_not_wait_for_ever(replica: Replica, database: TestDatabase, key: str) -> None:
    with row_lock(database, key):
        assert_unavailable(replica.pay(key, order()))
        assert replica.pay(f"{key}-other", order()).status == 201
    assert database.rows_of(key) == 0
    assert replica.pay(key, order()).status == 201


def test_sigterm_lets_a_running_payment_finish(start_replica: StartReplica, database: TestDatabase, key: str) -> None:
    replica = start_replica()
    with ThreadPoolExecutor(1) as pool:
        with row_lock(database, key):
            waiting = pool.submit(replica.pay, key, order())
            time.sleep(0.5)
            replica.terminate()
            time.sleep(0.5)
            assert replica.process.poll() is None
            with pytest.raises(ConnectionRefusedError):
                replica.get("/health")
            assert not waiting.done()
        assert waiting.result(30).status == 201
    assert replica.process.wait(20) == 0
    assert database.rows_of(key) == 1


def test_a_deadlock_is_repeated_once(database: TestDatabase) -> None:
    pool = Database(database.application(), 2)
    attempts: list[object] = []

    def work(connection: object) -> str:
        attempts.append(connection)
        if len(attempts) < 2:
            raise pymysql.err.OperationalError(1213, "Deadlock found")
        return "done"

    assert pool.run(work) == "done"
    assert len(set(map(id, attempts))) == 2, "the second attempt is on a new connection"


def test_deadlock_after_deadlock_is_given_up(database: TestDatabase) -> None:
    def work(_connection: object) -> None:
        raise pymysql.err.OperationalError(1213, "Deadlock found")

    with pytest.raises(DatabaseUnavailable):
        Database(database.application(), 2).run(work)


def test_a_real_deadlock_ends_in_one_payment(replica: Replica, database: TestDatabase, key: str) -> None:
    """Several wait for a row whose transaction gives up: InnoDB ends that with deadlocks."""
    started = threading.Barrier(5)

    def send(_number: int) -> Answer:
        started.wait(30)
        return replica.pay(key, order())

    with ThreadPoolExecutor(4) as pool:
        with row_lock(database, key):
            waiting = [pool.submit(send, number) for number in range(4)]
            started.wait(30)
            time.sleep(0.5)
        statuses = sorted(future.result(30).status for future in waiting)
    assert statuses == [200, 200, 200, 201]
    assert database.rows_of(key) == 1
