"""``/api/payment``: make a payment exactly once, and read it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from . import payment_store
from .database import Database, DatabaseUnavailable
from .json_request import json_object, require_json_content
from .metrics import Metrics
from .payment import Payment, is_payment_id, parse_idempotency_key, parse_order
from .payment_cache import PaymentCache
from .problems import Problem, rejected, response


def payment_routes(database: Database, cache: PaymentCache, metrics: Metrics) -> Blueprint:
    """The routes of payments."""
    routes = Blueprint("payment", __name__)

    @routes.post("/api/payment")
    def create() -> Response:
        require_json_content()
        key = parse_idempotency_key(request.headers.get("Idempotency-Key"))
        order = parse_order(json_object())
        payment = Payment.of(order)
        fingerprint = order.fingerprint()
        recorded = database.run(lambda c: payment_store.record(c, payment, key, fingerprint))
        if recorded.fingerprint != fingerprint:
            metrics.payment("conflict")
            raise rejected(
                422,
                "idempotency-key-reused",
                "Idempotency key reused",
                "Idempotency-Key",
                "This key stands for another payment. A new payment needs a new key.",
            )
        created = recorded.payment.id == payment.id
        metrics.payment("created" if created else "replayed")
        return _payment_response(recorded.payment, 201 if created else 200)

    @routes.get("/api/payment/<payment_id>")
    def read(payment_id: str) -> Response:
        if not is_payment_id(payment_id):
            raise _no_such_payment()
        payment, result = cache.get(payment_id)
        metrics.cache(result)
        if payment is None:
            payment = database.run(lambda c: payment_store.find(c, payment_id))
            if payment is None:
                raise _no_such_payment()
            cache.put(payment)
        return _payment_response(payment, 200)

    @routes.errorhandler(DatabaseUnavailable)
    def unavailable(_error: DatabaseUnavailable) -> Response:
        return response(
            Problem(
                503,
                "payments-unavailable",
                "Payments are unavailable",
                "Payments cannot be reached at the moment; repeat the request with the same key.",
                headers={"Retry-After": "5"},
            )
        )

    return routes


def _payment_response(payment: Payment, status: int) -> Response:
    location = {"Location": f"/api/payment/{payment.id}"}
    return Response(payment.to_json(), status, location, content_type="application/json")


def _no_such_payment() -> Problem:
    return rejected(404, "payment-not-found", "Payment not found", "id", "There is no payment with this id.")
