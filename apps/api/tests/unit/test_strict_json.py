"""JSON without loose ends."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medassist_api.strict_json import InvalidJson, parse_object


def test_an_object_is_read() -> None:
    assert parse_object(b'{"a": [1, {"b": "\xc3\xa9"}]}') == {"a": [1, {"b": "é"}]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 1}}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:16]),
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        parse_object(body)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_fail_otherwise(body: bytes) -> None:
    with suppress(InvalidJson):
        parse_object(body)


_NAMES = st.text(max_size=5)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _NAMES,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(_NAMES, values, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_what_is_written_is_read(members: dict[str, object]) -> None:
    assert parse_object(json.dumps(members).encode()) == members
