"""Slow questions asked once at a time in the background, and awaited with a time limit."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Runs ``work`` in a daemon thread; who asks while it runs waits for the same answer.

    The thread outlives the caller's patience, so a question that never comes back costs one
    thread and not one a request.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._flight: Future[T] | None = None

    def start(self) -> Future[T]:
        """The flight under way, or a new one."""
        with self._lock:
            if self._flight is None or self._flight.done():
                self._flight = Future()
                threading.Thread(target=self._run, args=(self._flight,), daemon=True).start()
            return self._flight

    def ask(self, patience: float) -> T:
        """The answer; ``TimeoutError`` when it takes longer than ``patience`` seconds."""
        return self.start().result(patience)

    def _run(self, flight: Future[T]) -> None:
        try:
            flight.set_result(self._work())
        except BaseException as error:  # handed to whoever asked
            flight.set_exception(error)


class HostName:
    """A name looked up afresh at each question, for no longer than the caller can wait.

    The system's resolver has no time limit: the name of a stopped container may take many
    seconds where the upstream resolver is not reachable.
    """

    def __init__(self, name: str) -> None:
        self._lookup: SingleFlight[tuple[str, ...]] = SingleFlight(lambda: _addresses(name))

    def addresses(self, patience: float) -> tuple[str, ...]:
        """All addresses, IPv4 first; ``OSError`` (``TimeoutError`` is one) when there is none."""
        return self._lookup.ask(patience)


def _addresses(name: str) -> tuple[str, ...]:
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    return tuple(sorted(found, key=lambda address: (ipaddress.ip_address(address).version, address)))
