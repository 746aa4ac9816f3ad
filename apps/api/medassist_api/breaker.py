"""A circuit breaker: what does not answer is left alone for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """After :meth:`trip`, refuses for ``hold`` seconds, then lets one caller try per ``hold``."""

    def __init__(self, hold: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._hold = hold
        self._clock = clock
        self._lock = threading.Lock()
        self._refuse_until: float | None = None

    def allows(self) -> bool:
        """Whether the caller may try now. A granted trial keeps the others out meanwhile."""
        if self._refuse_until is None:
            return True
        with self._lock:
            now = self._clock()
            if self._refuse_until is None:
                return True
            if now < self._refuse_until:
                return False
            self._refuse_until = now + self._hold
            return True

    def trip(self) -> None:
        """It did not answer."""
        with self._lock:
            self._refuse_until = self._clock() + self._hold

    def reset(self) -> None:
        """It answered."""
        self._refuse_until = None
