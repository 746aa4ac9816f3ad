"""Whose word is taken for the client's address and the request id."""

from collections.abc import Callable

import pytest

from medassist_api.caller import Callers, ProxyAddresses
from tests.unit.test_waiting import Clock

PROXY, OTHER, CLIENT = "10.0.0.2", "10.0.0.9", "203.0.113.7"


def callers(*addresses: str) -> Callers:
    return Callers(ProxyAddresses(lambda _patience: addresses))


def environ(peer: str, forwarded: str = "", request_id: str = "") -> dict[str, str]:
    return {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_REQUEST_ID": request_id}


def test_the_proxy_is_believed() -> None:
    caller = callers(OTHER, PROXY).identify(environ(PROXY, CLIENT, "req-12345678"))
    assert (caller.remote_addr, caller.request_id) == (CLIENT, "req-12345678")


def test_nobody_else_is_believed() -> None:
    caller = callers(PROXY).identify(environ(OTHER, CLIENT, "req-12345678"))
    assert caller.remote_addr == OTHER
    assert caller.request_id != "req-12345678"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("192.0.2.1, 203.0.113.7", CLIENT),
        ("spoofed, 2001:db8::1", "2001:db8::1"),
        ("203.0.113.7, nonsense", PROXY),
        ("203.0.113.7:4711", PROXY),
        ("", PROXY),
    ],
)
def test_only_the_last_hop_counts(forwarded: str, expected: str) -> None:
    assert callers(PROXY).identify(environ(PROXY, forwarded, "req-12345678")).remote_addr == expected


@pytest.mark.parametrize("given", ["short", "x" * 129, "with space", "line\nbreak1", "p-é-12345678", "-leading-dash"])
def test_a_request_id_of_another_form_is_replaced(given: str) -> None:
    made = callers(PROXY).identify(environ(PROXY, CLIENT, given)).request_id
    assert made != given
    assert len(made) == 32


def test_a_dual_stack_socket_does_not_hide_the_proxy() -> None:
    assert callers(PROXY).identify(environ(f"::ffff:{PROXY}", CLIENT)).remote_addr == CLIENT


def test_requests_without_proxy_headers_ask_no_resolver() -> None:
    def fail(_patience: float) -> tuple[str, ...]:
        raise AssertionError("asked")

    assert Callers(ProxyAddresses(fail)).identify(environ(PROXY)).remote_addr == PROXY


class Resolver:
    """A resolver whose answer a test sets."""

    def __init__(self) -> None:
        self.answer: Callable[[], tuple[str, ...]] = lambda: (PROXY,)
        self.asked = 0

    def __call__(self, _patience: float) -> tuple[str, ...]:
        self.asked += 1
        return self.answer()


def fail() -> tuple[str, ...]:
    raise TimeoutError


def test_the_answer_is_kept_for_a_moment() -> None:
    clock, resolver = Clock(), Resolver()
    proxies = ProxyAddresses(resolver, clock)
    assert proxies.include(PROXY) and proxies.include(PROXY)
    assert resolver.asked == 1
    clock.now += 6
    assert proxies.include(PROXY)
    assert resolver.asked == 2


def test_a_replaced_proxy_is_known_within_a_second_or_so() -> None:
    clock, resolver = Clock(), Resolver()
    proxies = ProxyAddresses(resolver, clock)
    assert not proxies.include(OTHER)
    resolver.answer = lambda: (OTHER,)
    assert not proxies.include(OTHER), "strangers do not make the resolver busy"
    assert resolver.asked == 1
    clock.now += 1.1
    assert proxies.include(OTHER)
    assert not proxies.include(PROXY)


def test_a_failing_resolver_is_bridged_but_not_for_long() -> None:
    clock, resolver = Clock(), Resolver()
    proxies = ProxyAddresses(resolver, clock)
    assert proxies.include(PROXY)
    resolver.answer = fail
    clock.now += 10
    assert proxies.include(PROXY)
    clock.now += 30
    assert not proxies.include(PROXY)
