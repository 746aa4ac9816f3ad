"""Payment reads kept in Redis. A cache that fails is a cache that misses, and quickly."""

from __future__ import annotations

import logging
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .breaker import Breaker
from .logs import fields
from .payment import Payment
from .settings import RedisSettings
from .single_flight import HostName

_log = logging.getLogger("medassist.redis")

_TTL_SECONDS = 300
_PATIENCE_SECONDS = 0.2
_BREAKER_HOLD_SECONDS = 2.0


class _Connection(redis.Connection):
    """A connection that looks its host name up with a time limit, each time it connects."""

    def __init__(self, *, name: HostName, patience: float, **options: Any) -> None:
        super().__init__(socket_timeout=patience, socket_connect_timeout=patience, **options)
        self._name = name
        self._patience = patience

    def connect(self) -> None:
        try:
            self.host = self._name.addresses(self._patience)[0]
        except OSError as error:
            raise redis.ConnectionError("host name not resolved") from error
        super().connect()


class PaymentCache:
    """Payments by id, for a few minutes. They never change, so none has to be dropped."""

    def __init__(self, settings: RedisSettings, size: int) -> None:
        self._prefix = settings.key_prefix
        self._options: dict[str, Any] = {
            "name": HostName(settings.host),
            "port": settings.port,
            "username": settings.user,
            "password": settings.password,
            "protocol": 2,
            "driver_info": None,
            "decode_responses": True,
            "retry": Retry(NoBackoff(), 0),
        }
        pool = redis.ConnectionPool(_Connection, max_connections=size, patience=_PATIENCE_SECONDS, **self._options)
        self._client = redis.Redis(connection_pool=pool)
        self._breaker = Breaker(_BREAKER_HOLD_SECONDS)

    def get(self, payment_id: str) -> tuple[Payment | None, str]:
        """The payment if the cache has it, and how that went: hit, miss, error or bypass."""
        if not self._breaker.allows():
            return None, "bypass"
        try:
            text = self._client.get(self._prefix + payment_id)
        except (redis.RedisError, OSError, ValueError) as error:
            self._failed(error)
            return None, "error"
        self._breaker.reset()
        if text is None:
            return None, "miss"
        try:
            payment = Payment.from_json(str(text))
        except ValueError:
            return None, "miss"
        return (payment, "hit") if payment.id == payment_id else (None, "miss")

    def put(self, payment: Payment) -> None:
        """Keep a payment, if the cache can."""
        if not self._breaker.allows():
            return
        try:
            self._client.set(self._prefix + payment.id, payment.to_json(), ex=_TTL_SECONDS)
        except (redis.RedisError, OSError) as error:
            self._failed(error)
        else:
            self._breaker.reset()

    def check(self, budget: float) -> None:
        """Raise unless a new connection can be had and answers."""
        connection = _Connection(patience=budget, **self._options)
        try:
            connection.connect()
            connection.send_command("PING")
            connection.read_response()
        finally:
            connection.disconnect()
        self._breaker.reset()

    def _failed(self, error: Exception) -> None:
        self._breaker.trip()
        _log.warning("redis unavailable", extra=fields(error=type(error).__name__))
