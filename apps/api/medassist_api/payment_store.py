"""Payments in MySQL. The application's account needs SELECT and INSERT, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pymysql
from pymysql.connections import Connection

from .database import error_number
from .payment import Payment, format_moment

_DUPLICATE = 1062

_COLUMNS = "id, patient_ref, consultation_ref, amount, currency, created_at"


@dataclass(frozen=True)
class Recorded:
    """What the table holds for an idempotency key."""

    payment: Payment
    fingerprint: str


def record(connection: Connection[Any], payment: Payment, key: str, fingerprint: str) -> Recorded:
    """Insert ``payment`` under ``key`` in one transaction, or find what the key already stands for.

    Safe to repeat: when the answer to the commit was lost, the row that is found has our own id.
    """
    connection.begin()
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "INSERT INTO payment (id, idempotency_key, fingerprint, patient_ref, consultation_ref,"
                " amount, currency, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    payment.id,
                    key,
                    fingerprint,
                    payment.patient,
                    payment.consultation,
                    payment.amount,
                    payment.currency,
                    payment.created_at.replace("T", " ").removesuffix("Z"),
                ),
            )
        except pymysql.err.IntegrityError as error:
            if error_number(error) != _DUPLICATE:
                raise
            connection.rollback()
        else:
            connection.commit()
            return Recorded(payment, fingerprint)
        cursor.execute(f"SELECT {_COLUMNS}, fingerprint FROM payment WHERE idempotency_key = %s", (key,))
        row = cursor.fetchone()
    if row is None:
        raise LookupError("a duplicate was reported, but the key is not there")
    return Recorded(_payment(row[:-1]), row[-1])


def find(connection: Connection[Any], payment_id: str) -> Payment | None:
    """The payment with this id."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM payment WHERE id = %s", (payment_id,))
        row = cursor.fetchone()
    return None if row is None else _payment(row)


def _payment(row: tuple[str, str, str, int, str, datetime]) -> Payment:
    payment_id, patient, consultation, amount, currency, created_at = row
    moment = created_at.replace(tzinfo=UTC)
    return Payment(payment_id, patient, consultation, amount, currency, format_moment(moment))
