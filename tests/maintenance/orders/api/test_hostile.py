"""Whatever is sent to an order, the server does not fail."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import WorkOrder
from tests.maintenance.orders.api.asking import URL

pytestmark = pytest.mark.django_db

ODD: list[Any] = [
    None,
    [],
    {},
    "",
    "\x00",
    "x" * 20_000,
    -1,
    2**70,
    1e308,
    True,
    [[]],
    {"x": {}},
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
]
FIELDS = {
    "": ["asset", "site", "title", "origin", "priority", "due_at", "planned_duration_seconds"],
    "transitions": ["to_state", "reason", "hold_reason", "completion"],
    "decisions": ["choice", "justification", "defer_until", "changes"],
    "labour": ["technician", "person", "started_at", "ended_at", "hourly_rate"],
    "parts": ["name", "number", "quantity", "unit_cost"],
    "downtime": ["started_at", "ended_at", "reason", "is_planned", "note"],
    "comments": ["words"],
    "checklist": ["template"],
}


@pytest.mark.parametrize("rows", FIELDS)
def test_no_value_of_a_field_makes_the_server_fail(
    planner: APIClient, order: WorkOrder, rows: str
) -> None:
    url = f"{URL}/{order.pk}/{rows}" if rows else URL
    bodies = [{name: odd} for name in FIELDS[rows] for odd in ODD] + ODD

    answers = [planner.post(url, body, format="json") for body in bodies]

    assert {answer.status_code for answer in answers} <= {201, 400, 409}
    order.refresh_from_db()
    assert order.state == "proposed"


@pytest.mark.parametrize("changed", [*FIELDS[""][2:], "skills", "failure_mode", "found_fault"])
def test_no_change_makes_the_server_fail(
    planner: APIClient, order: WorkOrder, changed: str
) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")

    for odd in ODD:
        answer = planner.patch(f"{URL}/{order.pk}", {changed: odd}, format="json")
        assert answer.status_code < 500, odd


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 10_000, b'{"words": "\\ud800"}'])
def test_what_is_no_json_is_a_problem(planner: APIClient, order: WorkOrder, body: Any) -> None:
    url = f"{URL}/{order.pk}/comments"

    answer = planner.generic("POST", url, body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("pk", ["0", "abc", "9" * 30, "1%00", "-1"])
def test_an_order_that_cannot_be_is_not_there(planner: APIClient, pk: str) -> None:
    for rows in ("", "/transitions", "/attachments/1", "/checklist"):
        assert planner.get(f"{URL}/{pk}{rows}").status_code == 404


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_nothing_happens_at_the_ends_of_the_calendar(
    planner: APIClient, order: WorkOrder, moment: str
) -> None:
    """It would break whoever shows it on the clock of another zone."""
    url = f"{URL}/{order.pk}"
    new = {"asset": order.asset.tag, "title": "Seal drips", "due_at": moment}
    asked = [planner.post(URL, new, format="json")]
    asked += [planner.patch(url, {"due_at": moment}, format="json")]
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")
    stood = {"started_at": moment, "reason": "repair", "is_planned": False}
    asked += [planner.post(f"{url}/downtime", stood, format="json")]

    told = [(answer.status_code, answer.json()["code"]) for answer in asked]

    assert told == [(400, "out_of_time")] * 2 + [(409, "impossible_time")]
