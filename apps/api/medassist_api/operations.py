"""``/health``, ``/ready`` and ``/metrics``: for the balancer, the deployment and Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from .metrics import Metrics
from .readiness import Readiness


def operation_routes(readiness: Readiness, metrics: Metrics) -> Blueprint:
    """The routes of operations."""
    routes = Blueprint("operation", __name__)

    @routes.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @routes.get("/ready")
    def ready() -> tuple[Response, int]:
        states = readiness.states()
        all_up = all(state.up for state in states.values())
        document = {
            "status": "ready" if all_up else "unready",
            "dependencies": {name: state.to_document() for name, state in states.items()},
        }
        return jsonify(document), 200 if all_up else 503

    @routes.get("/metrics")
    def exposition() -> Response:
        body, content_type = metrics.expose(request.headers.get("Accept", ""))
        return Response(body, content_type=content_type)

    return routes
