"""Whether the dependencies do their part, each asked in parallel and within a time budget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pymysql
import redis

from .database import Database, error_number
from .payment_cache import PaymentCache
from .schema import SchemaMissing, require_schema
from .single_flight import SingleFlight

#: How long each dependency may take, in seconds.
BUDGET_SECONDS = 1.0

_ACCESS_DENIED = frozenset({1044, 1045, 1142, 1143})


@dataclass(frozen=True)
class DependencyState:
    """How one dependency answered; ``detail`` says what is wrong, without names of hosts."""

    up: bool
    detail: str = ""

    def to_document(self) -> dict[str, str]:
        """The state as ``/ready`` shows it."""
        return {"status": "up"} if self.up else {"status": "down", "detail": self.detail}


class Readiness:
    """Asks MySQL and Redis. Simultaneous questions share one round."""

    def __init__(self, database: Database, cache: PaymentCache) -> None:
        self._checks: dict[str, SingleFlight[DependencyState]] = {
            "mysql": SingleFlight(_judged(lambda: database.check(require_schema, BUDGET_SECONDS))),
            "redis": SingleFlight(_judged(lambda: cache.check(BUDGET_SECONDS))),
        }

    def states(self) -> dict[str, DependencyState]:
        """The state of each dependency, by name."""
        deadline = time.monotonic() + BUDGET_SECONDS
        flights = {name: check.start() for name, check in self._checks.items()}
        states = {}
        for name, flight in flights.items():
            try:
                states[name] = flight.result(max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                states[name] = DependencyState(False, f"no answer within {BUDGET_SECONDS:g} s")
        return states


def _judged(check: Callable[[], None]) -> Callable[[], DependencyState]:
    def judge() -> DependencyState:
        try:
            check()
        except SchemaMissing as error:
            return DependencyState(False, str(error))
        except Exception as error:  # whatever it is, it is the answer to the question
            return DependencyState(False, _reason(error))
        return DependencyState(True)

    return judge


def _reason(error: Exception) -> str:
    if isinstance(error, (redis.AuthenticationError, redis.exceptions.NoPermissionError)):
        return "access denied"
    if isinstance(error, pymysql.MySQLError) and error_number(error) in _ACCESS_DENIED:
        return "access denied"
    return "not reachable"
