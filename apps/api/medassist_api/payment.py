"""What a payment is, and which requests describe one. Nothing here does I/O."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from .currencies import CURRENCIES
from .problems import FieldError, Problem, rejected

#: Largest amount of one payment, in minor units.
MAX_AMOUNT = 100_000_000

_PATIENT = re.compile(r"p-[A-Za-z0-9_-]{1,64}")
_CONSULTATION = re.compile(r"c-[A-Za-z0-9_-]{1,64}")
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._~:+/=-]{1,128}")
_PAYMENT_ID = re.compile(r"[0-9a-f]{32}")
_CREATED_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True)
class Order:
    """What a client asks to be paid. Patient and consultation are opaque references."""

    patient: str
    consultation: str
    amount: int
    currency: str

    def fingerprint(self) -> str:
        """SHA-256 of the canonical order: equal orders, however written, have the same one."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Payment:
    """An order that was accepted. It never changes afterwards."""

    id: str
    patient: str
    consultation: str
    amount: int
    currency: str
    created_at: str

    @classmethod
    def of(cls, order: Order) -> Payment:
        """A new payment with a random 128-bit id."""
        now = datetime.now(UTC)
        return cls(id=secrets.token_hex(16), created_at=format_moment(now), **asdict(order))

    def to_json(self) -> str:
        """The payment as clients and the cache see it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Payment:
        """The payment that :meth:`to_json` wrote; ``ValueError`` for anything else."""
        members = json.loads(text)
        if not isinstance(members, dict) or members.keys() != cls.__dataclass_fields__.keys():
            raise ValueError("not a payment")
        payment = cls(**members)
        order = {name: members[name] for name in _RULES}
        if _faults(order) or not is_payment_id(payment.id) or not _matches(_CREATED_AT, payment.created_at):
            raise ValueError("not a payment")
        return payment


def format_moment(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_payment_id(value: object) -> bool:
    """Whether ``value`` can be the id of a payment."""
    return _matches(_PAYMENT_ID, value)


def parse_idempotency_key(value: str | None) -> str:
    """The key of a request, from its header."""
    if value is None:
        raise rejected(
            400,
            "idempotency-key-missing",
            "Idempotency key missing",
            "Idempotency-Key",
            "A payment needs the header Idempotency-Key, so that it can be repeated safely.",
        )
    if not _IDEMPOTENCY_KEY.fullmatch(value):
        raise rejected(
            400,
            "idempotency-key-invalid",
            "Idempotency key invalid",
            "Idempotency-Key",
            "Use one key of 1 to 128 letters, digits and . _ ~ : + / = - characters.",
        )
    return value


def parse_order(members: Mapping[str, Any]) -> Order:
    """The order that the members of a request body describe; a 422 problem names every wrong one."""
    faults = _faults(members)
    if faults:
        detail = f"{faults[0].field}: {faults[0].detail}"
        raise Problem(422, "invalid-payment", "Invalid payment", detail, tuple(faults))
    return Order(**members)


def _faults(members: Mapping[str, Any]) -> list[FieldError]:
    faults = [
        FieldError(name, detail if name in members else "This member is missing.")
        for name, (accepts, detail) in _RULES.items()
        if name not in members or not accepts(members[name])
    ]
    unknown = [FieldError(name[:64], "This member is not known.") for name in members if name not in _RULES]
    return faults + unknown[:10]


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_amount(value: object) -> bool:
    return type(value) is int and 1 <= value <= MAX_AMOUNT  # type(): True is no amount


_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "patient": (
        lambda value: _matches(_PATIENT, value),
        "Must be an opaque reference: p- and 1 to 64 letters, digits, _ or -.",
    ),
    "consultation": (
        lambda value: _matches(_CONSULTATION, value),
        "Must be an opaque reference: c- and 1 to 64 letters, digits, _ or -.",
    ),
    "amount": (_is_amount, f"Must be an integer of minor units from 1 to {MAX_AMOUNT}."),
    "currency": (
        lambda value: isinstance(value, str) and value in CURRENCIES,
        "Must be an active ISO 4217 code in capitals.",
    ),
}
