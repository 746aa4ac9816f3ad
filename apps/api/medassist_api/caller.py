"""Who calls: the real client's address and the request id, believed only from the trusted proxy."""

from __future__ import annotations

import ipaddress
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .single_flight import HostName

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{7,127}")

#: An answer of the resolver is used this long without asking again.
_FRESH_SECONDS = 5.0
#: A peer that the answer does not name may be a replaced proxy: ask again, at most this often.
_RECHECK_SECONDS = 1.0
#: When the resolver fails, its last answer still counts this long.
_STALE_SECONDS = 30.0
#: A request waits no longer than this for the resolver.
_PATIENCE_SECONDS = 0.2


@dataclass(frozen=True)
class Caller:
    """The client of one request."""

    remote_addr: str
    request_id: str


class ProxyAddresses:
    """The addresses that the trusted proxy's name resolves to now."""

    def __init__(
        self,
        lookup: Callable[[float], tuple[str, ...]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup
        self._clock = clock
        self._lock = threading.Lock()
        self._known: frozenset[str] = frozenset()
        self._answered = float("-inf")
        self._asked = float("-inf")

    def include(self, address: str) -> bool:
        """Whether ``address`` is one of them."""
        age = self._clock() - self._asked
        if age > _FRESH_SECONDS or (address not in self._known and age > _RECHECK_SECONDS):
            self._refresh()
        return address in self._known

    def _refresh(self) -> None:
        with self._lock:
            if self._clock() - self._asked <= _RECHECK_SECONDS:
                return  # another thread has just asked
            self._asked = self._clock()
            try:
                self._known = frozenset(map(_plain, self._lookup(_PATIENCE_SECONDS)))
                self._answered = self._clock()
            except OSError:
                if self._clock() - self._answered > _STALE_SECONDS:
                    self._known = frozenset()


class Callers:
    """Tells the caller of a request from its WSGI environment."""

    def __init__(self, proxies: ProxyAddresses) -> None:
        self._proxies = proxies

    @classmethod
    def behind(cls, proxy_name: str) -> Callers:
        """Callers behind the proxy with this host name."""
        return cls(ProxyAddresses(HostName(proxy_name).addresses))

    def identify(self, environ: Mapping[str, Any]) -> Caller:
        """The caller. The proxy's headers count only when the peer is the proxy."""
        peer = _plain(environ.get("REMOTE_ADDR", ""))
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
        given_id = environ.get("HTTP_X_REQUEST_ID", "")
        if not (forwarded or given_id) or not self._proxies.include(peer):
            return Caller(peer, uuid.uuid4().hex)
        request_id = given_id if _REQUEST_ID.fullmatch(given_id) else uuid.uuid4().hex
        return Caller(_last_hop(forwarded) or peer, request_id)


def _last_hop(forwarded: str) -> str | None:
    try:
        return str(ipaddress.ip_address(forwarded.rsplit(",", 1)[-1].strip()))
    except ValueError:
        return None


def _plain(address: str) -> str:
    """IPv4 addresses as such, also when the socket is a dual-stack one."""
    return address.removeprefix("::ffff:") if "." in address else address
