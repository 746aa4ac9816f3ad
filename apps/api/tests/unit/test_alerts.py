"""Alertmanager's payload."""

from typing import Any

import pytest

from medassist_api.alerts import Alert, parse_alerts
from medassist_api.problems import Problem
from tests.samples import alert, alert_payload


def test_alerts_are_read() -> None:
    assert parse_alerts(alert_payload(alert(), alert(status="resolved"))) == [
        Alert("ApiInstanceDown", "p2", status, "2026-03-01T12:00:00.000Z", "API replica api2 is down")
        for status in ("firing", "resolved")
    ]


def test_an_unknown_severity_is_bounded() -> None:
    labels = {"alertname": "X", "severity": "whatever"}
    assert parse_alerts(alert_payload(alert(labels=labels)))[0].severity == "other"


def test_a_long_summary_is_cut() -> None:
    assert len(parse_alerts(alert_payload(alert(annotations={"summary": "s" * 5000})))[0].summary) == 300


@pytest.mark.parametrize(
    ("field", "payload"),
    [
        ("version", alert_payload(alert()) | {"version": "3"}),
        ("version", {}),
        ("alerts", alert_payload()),
        ("alerts", alert_payload() | {"alerts": {}}),
        ("alerts[0]", alert_payload() | {"alerts": ["text"]}),
        ("alerts[1].status", alert_payload(alert(), alert(status="odd"))),
        ("alerts[0].status", alert_payload(alert(status=["firing"]))),
        ("alerts[0].labels", alert_payload(alert(labels=None))),
        ("alerts[0].labels", alert_payload(alert(labels={"alertname": 1}))),
        ("alerts[0].labels.alertname", alert_payload(alert(labels={"severity": "p1"}))),
        ("alerts[0].labels.alertname", alert_payload(alert(labels={"alertname": "x" * 101}))),
        ("alerts[0].annotations", alert_payload(alert(annotations=[]))),
        ("alerts[0].startsAt", alert_payload(alert(startsAt="now"))),
    ],
)
def test_a_malformed_payload_names_the_field(field: str, payload: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        parse_alerts(payload)
    assert (caught.value.status, caught.value.errors[0].field) == (422, field)
