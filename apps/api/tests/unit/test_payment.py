"""Which requests describe a payment."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medassist_api.currencies import CURRENCIES
from medassist_api.payment import MAX_AMOUNT, Order, Payment, parse_idempotency_key, parse_order
from medassist_api.problems import Problem
from tests.samples import order


def test_a_valid_order_is_read() -> None:
    assert parse_order(order()) == Order("p-81f3", "c-2207", 2500, "EUR")


@pytest.mark.parametrize("amount", [1, MAX_AMOUNT])
def test_amounts_up_to_the_bound_are_accepted(amount: int) -> None:
    assert parse_order(order(amount=amount)).amount == amount


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("amount", value) for value in (0, -1, MAX_AMOUNT + 1, 10**400, True, 25.0, 1e999, "2500", None, [1])),
        *(("currency", value) for value in ("eur", "EURO", "XXX", "XTS", "DEM", "", 978, None, ["EUR"], "EUR\n")),
        *(
            ("patient", value)
            for value in ("81f3", "c-1", "p-", "p-" + "x" * 65, "p-é", "p-1\n", "p-\ud800", 1, None, {})
        ),
        *(("consultation", value) for value in ("p-1", "c-", "c-a b", 7, None)),
        ("note", "an unknown member"),
    ],
)
def test_a_wrong_member_is_named(field: str, value: Any) -> None:
    with pytest.raises(Problem) as caught:
        parse_order(order(**{field: value}))
    assert caught.value.status == 422
    assert [error.field for error in caught.value.errors] == [field]


def test_all_wrong_members_are_named_together() -> None:
    with pytest.raises(Problem) as caught:
        parse_order({"amount": -1, "currency": "EUR", "extra": 1})
    assert [error.field for error in caught.value.errors] == ["patient", "consultation", "amount", "extra"]
    assert caught.value.document()["field"] == "patient"


@given(
    st.dictionaries(
        st.sampled_from(["patient", "consultation", "amount", "currency", "x"]),
        st.none() | st.floats() | st.text() | st.lists(st.integers()),
    )
)
def test_nonsense_is_always_a_problem(members: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        parse_order(members)


def test_the_fingerprint_ignores_how_the_order_was_written() -> None:
    turned = dict(reversed(order().items()))
    assert parse_order(order()).fingerprint() == parse_order(turned).fingerprint()


@pytest.mark.parametrize(
    ("field", "value"), [("patient", "p-2"), ("consultation", "c-2"), ("amount", 2501), ("currency", "USD")]
)
def test_the_fingerprint_tells_orders_apart(field: str, value: Any) -> None:
    assert parse_order(order()).fingerprint() != parse_order(order(**{field: value})).fingerprint()


@pytest.mark.parametrize("key", ["k", "0b7a3e1c-92d1-4b44-9ef1-1d1a2c9f3a10", "A1._~:+/=-", "x" * 128])
def test_usual_keys_are_accepted(key: str) -> None:
    assert parse_idempotency_key(key) == key


@pytest.mark.parametrize("key", [None, "", " ", "a b", "a,b", '"quoted"', "é", "x" * 129, "k\n"])
def test_other_keys_are_refused(key: str | None) -> None:
    with pytest.raises(Problem) as caught:
        parse_idempotency_key(key)
    assert (caught.value.status, caught.value.errors[0].field) == (400, "Idempotency-Key")


def test_a_payment_survives_the_cache() -> None:
    payment = Payment.of(parse_order(order()))
    assert Payment.from_json(payment.to_json()) == payment


def test_ids_are_128_random_bits() -> None:
    ids = {Payment.of(parse_order(order())).id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(bytes.fromhex(payment_id)) == 16 for payment_id in ids)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"id": 1}'])
def test_what_is_no_payment_is_not_taken_from_the_cache(text: str) -> None:
    with pytest.raises(ValueError):
        Payment.from_json(text)


def test_a_tampered_payment_is_not_taken_from_the_cache() -> None:
    payment = Payment.of(parse_order(order()))
    with pytest.raises(ValueError):
        Payment.from_json(payment.to_json().replace("2500", "-1"))


def test_currencies_are_active_codes() -> None:
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in CURRENCIES)
    assert {"EUR", "USD", "CHF", "MAD", "XOF", "JPY", "TND"} <= CURRENCIES
    assert not {"XXX", "XTS", "XAU", "FRF", "HRK", "BGN", "ANG"} & CURRENCIES
