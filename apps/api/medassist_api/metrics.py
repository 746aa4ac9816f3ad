"""What Prometheus reads. One worker process, so one registry holds everything."""

from __future__ import annotations

import platform

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from .settings import Identity

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one replica; every label has a bounded set of values."""

    def __init__(self, identity: Identity, latency_slo_seconds: float) -> None:
        disable_created_metrics()
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._registry = registry
        self._duration = Histogram(
            "flask_http_request_duration_seconds",
            "Time to answer a request, by method, route template and status.",
            ("method", "endpoint", "status"),
            buckets=sorted({*_BUCKETS, latency_slo_seconds}),
            registry=registry,
        )
        self._requests = Counter(
            "flask_http_request_total",
            "Requests answered, by method, route template and status.",
            ("method", "endpoint", "status"),
            registry=registry,
        )
        self._payments = Counter(
            "medassist_payment_total",
            "Payments asked for, by outcome: created, replayed, conflict (key reused for another order).",
            ("outcome",),
            registry=registry,
        )
        self._cache = Counter(
            "medassist_payment_cache_total",
            "Payment reads, by what the cache said: hit, miss, error, bypass (left alone after an error).",
            ("result",),
            registry=registry,
        )
        self._alerts = Counter(
            "medassist_alert_received_total",
            "Alerts received from Alertmanager, by severity and status.",
            ("severity", "status"),
            registry=registry,
        )
        Info("medassist_api", "What runs here.", registry=registry).info(
            {
                "replica": identity.instance,
                "revision": identity.revision,
                "python_version": platform.python_version(),
            }
        )
        for outcome in ("created", "replayed", "conflict"):
            self._payments.labels(outcome)
        for result in ("hit", "miss", "error", "bypass"):
            self._cache.labels(result)

    def request(self, method: str, endpoint: str, status: str, duration: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, endpoint, status).inc()
        self._duration.labels(method, endpoint, status).observe(duration)

    def payment(self, outcome: str) -> None:
        """Count a payment request by outcome."""
        self._payments.labels(outcome).inc()

    def cache(self, result: str) -> None:
        """Count a payment read by what the cache said."""
        self._cache.labels(result).inc()

    def alert(self, severity: str, status: str) -> None:
        """Count a received alert."""
        self._alerts.labels(severity, status).inc()

    def expose(self, accept: str) -> tuple[bytes, str]:
        """All metrics, in the format that ``accept`` asks for, and its content type."""
        encoder, content_type = choose_encoder(accept)
        return encoder(self._registry), content_type
