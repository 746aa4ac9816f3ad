"""A payment is made exactly once."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.integration.conftest import StartReplica
from tests.integration.replica import Answer, Replica
from tests.integration.servers import TestDatabase
from tests.samples import order

ROUNDS = 60


def test_a_payment_is_made_and_read(replica: Replica, database: TestDatabase, key: str) -> None:
    made = replica.pay(key, order())
    assert made.status == 201
    payment = made.json()
    assert {name: payment[name] for name in order()} == order()
    assert made.headers["Location"] == f"/api/payment/{payment['id']}"
    for _ in range(2):  # from MySQL, then from Redis
        read = replica.get(made.headers["Location"])
        assert (read.status, read.json()) == (200, payment)
    assert database.rows_of(key) == 1


def test_the_second_read_comes_from_the_cache(replica: Replica, key: str) -> None:
    location = replica.pay(key, order()).headers["Location"]
    hits = _hits(replica)
    replica.get(location)
    assert _hits(replica) == hits
    replica.get(location)
    assert _hits(replica) == hits + 1


def _hits(replica: Replica) -> float:
    lines = replica.get("/metrics").body.decode().splitlines()
    return float(
        next(line for line in lines if line.startswith('medassist_payment_cache_total{result="hit"}')).split()[1]
    )


def test_the_same_key_gives_the_same_payment(replica: Replica, database: TestDatabase, key: str) -> None:
    made = replica.pay(key, order())
    again = replica.pay(key, dict(reversed(order().items())))
    assert (made.status, again.status) == (201, 200)
    assert again.json() == made.json()
    assert again.headers["Location"] == made.headers["Location"]
    assert database.rows_of(key) == 1


@pytest.mark.parametrize("changes", [{"amount": 2501}, {"patient": "p-other"}, {"currency": "USD"}])
def test_a_key_does_not_stand_for_another_payment(
    replica: Replica, database: TestDatabase, key: str, changes: dict[str, object]
) -> None:
    replica.pay(key, order())
    other = replica.pay(key, order(**changes))
    assert other.status == 422
    assert other.json()["field"] == "Idempotency-Key"
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert database.rows_of(key) == 1


def test_keys_differ_by_case(replica: Replica, key: str) -> None:
    lower, upper = replica.pay(f"k{key}", order()), replica.pay(f"K{key}", order())
    assert (lower.status, upper.status) == (201, 201)
    assert lower.json()["id"] != upper.json()["id"]


def test_a_refused_payment_leaves_no_row(replica: Replica, database: TestDatabase, key: str) -> None:
    assert replica.pay(key, order(amount=0)).status == 422
    assert database.rows_of(key) == 0
    assert replica.pay(key, order()).status == 201


def test_an_unknown_payment_is_not_found(replica: Replica) -> None:
    answer = replica.get(f"/api/payment/{secrets.token_hex(16)}")
    assert (answer.status, answer.json()["field"]) == (404, "id")


def test_a_payment_survives_a_restart(start_replica: StartReplica, database: TestDatabase, key: str) -> None:
    replica = start_replica()
    made = replica.pay(key, order())
    replica.restart()
    again = replica.pay(key, order())
    assert (again.status, again.json()) == (200, made.json())
    assert database.rows_of(key) == 1


def test_two_replicas_at_the_same_moment_make_one_payment(
    replica: Replica, start_replica: StartReplica, database: TestDatabase
) -> None:
    replicas = (replica, start_replica(MEDASSIST_INSTANCE="api2"))
    senders = 6
    barrier = Barrier(senders)

    def send(number: int, key: str) -> Answer:
        barrier.wait(30)
        return replicas[number % 2].pay(key, order())

    with ThreadPoolExecutor(senders) as pool:
        for _ in range(ROUNDS):
            key = secrets.token_hex(16)
            answers = list(pool.map(send, range(senders), [key] * senders))
            assert sorted(answer.status for answer in answers) == [200] * (senders - 1) + [201]
            assert len({answer.body for answer in answers}) == 1
            assert database.rows_of(key) == 1


def test_two_orders_for_one_key_at_the_same_moment_make_one_payment(
    replica: Replica, start_replica: StartReplica, database: TestDatabase
) -> None:
    replicas = (replica, start_replica())
    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            key = secrets.token_hex(16)
            answers = pool.map(lambda n, key=key: replicas[n].pay(key, order(amount=100 + n)), (0, 1))
            assert sorted(answer.status for answer in answers) == [201, 422]
            assert database.rows_of(key) == 1
