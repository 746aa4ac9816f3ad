"""The HTTP surface with MySQL and Redis out of reach: what is answered before they are asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from medassist_api.app import create_app
from medassist_api.settings import read_settings
from tests.samples import alert, alert_payload, environment, order

_JSON = {"Content-Type": "application/json"}
_KEY = {"Idempotency-Key": "k-1"}
_TOKEN = {"Authorization": "Bearer webhook-t"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(read_settings(environment(tmp_path, LATENCY_SLO_SECONDS="0.75"))).test_client()


def assert_problem(answer: TestResponse, status: int, field: str | None = None) -> None:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    document = json.loads(answer.data)
    assert document["status"] == status
    assert {"type", "title", "detail"} <= document.keys()
    if field is not None:
        assert document["field"] == field
        assert document["errors"][0]["field"] == field


def pay(client: FlaskClient, body: Any, headers: dict[str, str]) -> TestResponse:
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post("/api/payment", data=data, headers=headers)


def test_health_asks_nobody(client: FlaskClient) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-ID"]) == 32


def test_ready_tells_what_is_down(client: FlaskClient) -> None:
    answer = client.get("/ready")
    down = {"status": "down", "detail": "not reachable"}
    assert answer.status_code == 503
    assert answer.json == {"status": "unready", "dependencies": {"mysql": down, "redis": down}}


@pytest.mark.parametrize(
    ("status", "field", "body", "headers"),
    [
        (415, "Content-Type", order(), _KEY),
        (415, "Content-Type", order(), _KEY | {"Content-Type": "text/plain"}),
        (415, "Content-Type", order(), _KEY | {"Content-Type": "application/json; charset=latin-1"}),
        (415, "Content-Encoding", order(), _KEY | _JSON | {"Content-Encoding": "gzip"}),
        (400, "Idempotency-Key", order(), _JSON),
        (400, "Idempotency-Key", order(), _JSON | {"Idempotency-Key": "two, keys"}),
        (400, "body", b"", _KEY | _JSON),
        (400, "body", b'{"patient": ', _KEY | _JSON),
        (400, "body", b"[]", _KEY | _JSON),
        (400, "body", b'{"amount": NaN}', _KEY | _JSON),
        (400, "body", b'{"amount": 1, "amount": 2}', _KEY | _JSON),
        (400, "body", b"[" * 65_000, _KEY | _JSON),
        (400, "body", b'{"patient": "\xff"}', _KEY | _JSON),
        (400, "body", b'{"amount": ' + b"9" * 60_000 + b"}", _KEY | _JSON),
        (413, "body", b" " * 65_537, _KEY | _JSON),
        (422, "amount", order(amount=True), _KEY | _JSON),
        (422, "amount", order(amount=10**300), _KEY | _JSON),
        (422, "currency", order(currency="EUROS"), _KEY | _JSON),
        (422, "note", order(note="?"), _KEY | _JSON),
    ],
)
def test_a_wrong_payment_request_is_a_problem(
    client: FlaskClient, status: int, field: str, body: Any, headers: dict[str, str]
) -> None:
    assert_problem(pay(client, body, headers), status, field)


def test_a_body_of_the_limit_is_read(client: FlaskClient) -> None:
    assert_problem(pay(client, json.dumps(order()).ljust(65_536), _KEY | _JSON), 503)


def test_payments_are_unavailable_without_mysql(client: FlaskClient) -> None:
    for answer in (pay(client, order(), _KEY | _JSON), client.get(f"/api/payment/{'0' * 32}")):
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("payment_id", ["x", "0" * 31, "0" * 33, "A" * 32, "%00", "..%2f"])
def test_an_impossible_id_is_not_found(client: FlaskClient, payment_id: str) -> None:
    assert_problem(client.get(f"/api/payment/{payment_id}"), 404)


@pytest.mark.parametrize("path", ["/", "/api", "/api/payment/", "//api//payment", "/api/patient/p-1", "/%ff"])
def test_an_unknown_path_is_not_found(client: FlaskClient, path: str) -> None:
    assert_problem(client.get(path, base_url="http://api"), 404, "path")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "BREW"])
def test_another_method_is_not_allowed(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/payment", method=method)
    assert_problem(answer, 405, "method")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_head_and_options(client: FlaskClient) -> None:
    head = client.head("/health")
    assert (head.status_code, head.data) == (200, b"")
    options = client.options("/api/payment")
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}]
)
def test_the_webhook_needs_its_token(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/webhook/alert", json=alert_payload(alert()), headers=headers)
    assert_problem(answer, 401, "Authorization")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="alerts"')


def test_the_webhook_counts_alerts(client: FlaskClient) -> None:
    payload = alert_payload(alert(), alert(), alert(status="resolved"))
    answer = client.post("/api/webhook/alert", json=payload, headers=_TOKEN)
    assert (answer.status_code, answer.json) == (200, {"received": 3})
    metrics = client.get("/metrics").text
    assert 'medassist_alert_received_total{severity="p2",status="firing"} 2.0' in metrics
    assert 'medassist_alert_received_total{severity="p2",status="resolved"} 1.0' in metrics


@pytest.mark.parametrize(("status", "body"), [(400, b"{"), (422, b"{}"), (422, b'{"version": "4", "alerts": [1]}')])
def test_a_malformed_alert_is_a_problem(client: FlaskClient, status: int, body: bytes) -> None:
    assert_problem(client.post("/api/webhook/alert", data=body, headers=_JSON | _TOKEN), status)


def test_metrics_have_a_bucket_at_the_objective(client: FlaskClient) -> None:
    client.get("/health")
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    labels = 'endpoint="/health",le="0.75",method="GET",status="200"'
    assert f"flask_http_request_duration_seconds_bucket{{{labels}}} 1.0" in answer.text
    assert 'flask_http_request_total{endpoint="/health",method="GET",status="200"} 1.0' in answer.text
    assert 'replica="api"' in answer.text


def test_metrics_speak_openmetrics(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_strange_requests_make_no_new_labels(client: FlaskClient) -> None:
    for number in range(20):
        client.get(f"/secret/p-{number}")
        client.open("/health", method=f"BREW{number}")
        client.get(f"/api/payment/{number}")
    metrics = client.get("/metrics").text
    lines = [line for line in metrics.splitlines() if line.startswith("flask_http_request_total")]
    assert len(lines) == 3, lines
    assert "BREW" not in metrics and "secret" not in metrics


def test_an_unexpected_error_is_a_problem_without_internals(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise RuntimeError("p-secret")

    client.application.view_functions["operation.health"] = fail
    answer = client.get("/health")
    assert_problem(answer, 500)
    assert b"secret" not in answer.data
    assert "unexpected error" in caplog.text


def test_an_error_below_flask_is_a_problem_too(client: FlaskClient) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("p-secret")

    client.application.wsgi_app._app = fail  # type: ignore[attr-defined]
    assert_problem(client.get("/health"), 500)
