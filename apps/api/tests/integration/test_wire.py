"""What only shows on a real connection: framing, proxy headers, logs."""

import json
import re
import socket
import time

from tests.integration.conftest import StartReplica
from tests.integration.replica import Replica
from tests.samples import alert, alert_payload, order

_HEAD = (
    b"POST /api/payment HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
    b"Idempotency-Key: k\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def raw(replica: Replica, *parts: bytes) -> bytes:
    """What the replica answers to these bytes."""
    with socket.create_connection(("127.0.0.1", replica.port), timeout=30) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # it may have answered and closed before it read everything
        connection.settimeout(10)
        return connection.recv(65_536)


def assert_problem(answer: bytes, status: int) -> None:
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"Content-Type: application/problem+json" in answer


def test_a_body_without_length_is_limited(replica: Replica) -> None:
    padding = b"2000\r\n" + b" " * 0x2000 + b"\r\n"
    body = json.dumps(order()).encode()
    start = _HEAD + b"%x\r\n%b\r\n" % (len(body), body)
    assert_problem(raw(replica, start, *[padding] * 8, b"0\r\n\r\n"), 413)
    assert raw(replica, start, *[padding] * 7, b"0\r\n\r\n").startswith(b"HTTP/1.1 20")


def test_broken_chunks_are_a_problem(replica: Replica) -> None:
    assert_problem(raw(replica, _HEAD, b"zz\r\n{}\r\n0\r\n\r\n"), 400)


def test_an_announced_excess_is_refused_before_it_is_sent(replica: Replica) -> None:
    head = _HEAD.replace(b"Transfer-Encoding: chunked", b"Content-Length: 1000000000")
    assert_problem(raw(replica, head), 413)


def test_malformed_http_is_a_problem(replica: Replica) -> None:
    assert_problem(raw(replica, b"GET / p-secret HTTP/9\r\n\r\n"), 400)
    assert_problem(raw(replica, b"GET /" + b"p-secret" * 2000 + b" HTTP/1.1\r\n\r\n"), 414)
    assert_problem(raw(replica, b"GET / HTTP/1.1\r\np-secret\r\n\r\n"), 400)
    assert "p-secret" not in replica.log_text()


def test_no_version_is_told(replica: Replica) -> None:
    assert re.search(r"\d", replica.get("/health").headers.get("Server", "")) is None


def test_two_keys_are_refused(replica: Replica) -> None:
    body = json.dumps(order()).encode()
    head = _HEAD.replace(b"Transfer-Encoding: chunked", b"Idempotency-Key: l\r\nContent-Length: %d" % len(body))
    assert_problem(raw(replica, head, body), 400)


def test_proxy_headers_of_the_proxy_are_believed(replica: Replica, key: str) -> None:
    request_id = f"req-{key}"
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Request-ID": request_id}
    answer = replica.pay(key, order(), **headers)
    assert answer.headers["X-Request-ID"] == request_id
    line = next(line for line in replica.requests_logged() if line["request_id"] == request_id)
    assert (line["remote_addr"], line["status"]) == ("203.0.113.7", 201)


def test_proxy_headers_of_others_are_not(start_replica: StartReplica, key: str) -> None:
    replica = start_replica(TRUSTED_PROXY="192.0.2.1")
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Request-ID": f"req-{key}"}
    answer = replica.request("GET", "/no/such/path", headers=headers)
    assert answer.headers["X-Request-ID"] != f"req-{key}"
    assert "203.0.113.7" not in replica.log_text()
    assert {line["remote_addr"] for line in replica.requests_logged()} == {"127.0.0.1"}


def test_an_unknown_proxy_name_slows_nothing_down(start_replica: StartReplica) -> None:
    replica = start_replica(TRUSTED_PROXY="no-such-host.invalid")
    started = time.monotonic()
    for _ in range(20):
        assert replica.request("GET", "/health", headers={"X-Forwarded-For": "203.0.113.7"}).status == 200
    assert time.monotonic() - started < 8


def test_every_request_is_one_complete_line(replica: Replica, key: str) -> None:
    before = len(replica.requests_logged())
    payment = replica.pay(key, order()).json()
    replica.get(f"/api/payment/{payment['id']}?patient=p-81f3")
    replica.get("/no/such/path")
    lines = replica.requests_logged()[before:]
    assert [(line["method"], line["endpoint"], line["status"]) for line in lines] == [
        ("POST", "/api/payment", 201),
        ("GET", "/api/payment/<payment_id>", 200),
        ("GET", "unmatched", 404),
    ]
    for line in lines:
        assert (line["stack"], line["instance"], line["level"]) == ("test", "api", "info")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
        assert isinstance(line["duration"], float)


def test_the_servers_own_lines_have_the_same_shape(start_replica: StartReplica) -> None:
    replica = start_replica()
    replica.restart()
    lines = replica.log_lines()
    assert any("Handling signal: term" in line["message"] for line in lines)
    assert all({"timestamp", "level", "stack", "instance", "message"} <= line.keys() for line in lines)


def test_alerts_are_logged_one_by_one(replica: Replica) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer webhook-t"}
    body = json.dumps(alert_payload(alert(), alert(status="resolved"))).encode()
    assert replica.request("POST", "/api/webhook/alert", body, headers).status == 200
    lines = [line for line in replica.log_lines() if line["message"] == "alert"]
    assert [(line["alertname"], line["severity"], line["alert_status"]) for line in lines] == [
        ("ApiInstanceDown", "p2", "firing"),
        ("ApiInstanceDown", "p2", "resolved"),
    ]


def test_nothing_about_a_patient_is_logged_or_measured(start_replica: StartReplica, key: str) -> None:
    secret = "xSecretx"
    replica = start_replica(LOG_LEVEL="debug")
    order_of_secret = order(patient=f"p-{secret}", consultation=f"c-{secret}")
    made = replica.pay(f"{key}-{secret}", order_of_secret)
    assert made.status == 201
    replica.pay(f"{key}-{secret}", order_of_secret)
    replica.pay(f"{key}-{secret}", order_of_secret | {"amount": 1})
    replica.pay(f"bad key {secret}", order_of_secret)
    replica.pay(key, {secret: secret, "patient": secret})
    replica.get(f"{made.headers['Location']}?patient={secret}")
    replica.get(f"/{secret}")
    replica.request(secret, f"/api/payment/{secret}", headers={"X-Request-ID": f"short{secret} x", "Cookie": secret})
    raw(replica, f"GET /{secret} nonsense\r\n\r\n".encode())
    raw(replica, _HEAD, f"zz{secret}\r\n".encode())
    assert len(replica.requests_logged()) >= 9
    assert secret not in replica.log_text()
    assert secret not in replica.get("/metrics").body.decode()
    assert made.json()["id"] not in replica.log_text()
