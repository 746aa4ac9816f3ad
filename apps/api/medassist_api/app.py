"""Puts the application together."""

from __future__ import annotations

from flask import Flask

from . import problems
from .alerts import alert_routes
from .caller import Callers
from .database import Database
from .json_request import limit_bodies
from .metrics import Metrics
from .observer import REQUEST_ID, Observer
from .operations import operation_routes
from .payment_cache import PaymentCache
from .payment_routes import payment_routes
from .readiness import Readiness
from .settings import Settings


def create_app(settings: Settings) -> Flask:
    """The application. It connects to nothing before it is asked to."""
    app = Flask("medassist_api", static_folder=None)
    app.url_map.merge_slashes = False
    metrics = Metrics(settings.identity, settings.latency_slo_seconds)
    database = Database(settings.mysql, settings.threads)
    cache = PaymentCache(settings.redis, settings.threads)

    Observer.install(app, Callers.behind(settings.trusted_proxy), metrics)
    limit_bodies(app, settings.max_body_bytes)
    problems.install(app, REQUEST_ID)
    app.register_blueprint(operation_routes(Readiness(database, cache), metrics))
    app.register_blueprint(payment_routes(database, cache, metrics))
    app.register_blueprint(alert_routes(settings.webhook_token, metrics))
    return app
