"""Breaker and single flight: slow things are neither asked twice nor waited for."""

import threading
import time

import pytest

from medassist_api.breaker import Breaker
from medassist_api.single_flight import HostName, SingleFlight


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_lets_one_caller_try_after_a_while() -> None:
    clock = Clock()
    breaker = Breaker(2.0, clock)
    assert breaker.allows()
    breaker.trip()
    assert not breaker.allows()
    clock.now += 2.1
    assert breaker.allows()
    assert not breaker.allows(), "the others wait for the outcome of the trial"
    breaker.reset()
    assert breaker.allows() and breaker.allows()


def test_simultaneous_questions_share_one_flight() -> None:
    may_end = threading.Event()
    calls: list[int] = []

    def work() -> str:
        calls.append(1)
        may_end.wait(10)
        return "answer"

    flight = SingleFlight(work)
    first, second = flight.start(), flight.start()
    may_end.set()
    assert (first.result(10), second.result(10), len(calls)) == ("answer", "answer", 1)
    assert flight.ask(10) == "answer"
    assert len(calls) == 2


def test_patience_ends_before_the_work_does() -> None:
    may_end = threading.Event()
    flight = SingleFlight(lambda: may_end.wait(30))
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        flight.ask(0.05)
    assert time.monotonic() - started < 5
    may_end.set()


def test_an_error_reaches_who_asked() -> None:
    flight: SingleFlight[float] = SingleFlight(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        flight.ask(10)


def test_a_host_name_gives_ipv4_first() -> None:
    assert HostName("localhost").addresses(10)[0] == "127.0.0.1"


def test_an_unknown_host_name_is_an_os_error() -> None:
    with pytest.raises(OSError):
        HostName("no-such-host.invalid").addresses(10)
