"""What planners decide about proposed orders."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import WorkOrder
from tests.maintenance.orders.api.asking import URL, faults, post, refusal
from tests.maintenance.scheduling.crews import skill_named

pytestmark = pytest.mark.django_db


def decide(client: APIClient, order: WorkOrder, choice: str, **said: Any) -> Any:
    body = {"choice": choice, "justification": "Spare part is here"} | said
    return post(client, order, "decisions", body)


@pytest.mark.parametrize(("choice", "state"), [("approve", "approved"), ("reject", "cancelled")])
def test_an_order_is_decided_about_once(
    planner: APIClient, order: WorkOrder, choice: str, state: str
) -> None:
    decided = decide(planner, order, choice)
    again = decide(planner, order, choice)

    assert (decided.status_code, decided.json()["state"]) == (201, state)
    [kept] = planner.get(f"{URL}/{order.pk}/decisions").json()["results"]
    assert (kept["choice"], kept["justification"]) == (choice, "Spare part is here")
    assert kept["decided_by"].startswith("Erika")
    assert refusal(again) == (409, "not_proposed")
    assert again.json()["state"] == state


def test_an_approval_with_changes_keeps_what_was_and_what_is(
    planner: APIClient, order: WorkOrder
) -> None:
    skill_named("seals")
    changes = {
        "priority": "P1",
        "planned_duration_seconds": 7_200,
        "skills": [{"skill": "seals", "level": 4}],
    }

    decided = decide(planner, order, "modify", changes=changes).json()

    assert (decided["state"], decided["priority"]) == ("approved", "P1")
    assert decided["decisions"][0]["changes"] == {
        "priority": ["P2", "P1"],
        "planned_duration": ["1 h", "2 h"],
        "skills": ["", "seals 4"],
    }


def test_what_is_put_off_waits_and_may_be_decided_about_later(
    planner: APIClient, order: WorkOrder
) -> None:
    put_off = decide(planner, order, "defer", defer_until="2026-06-08T06:00:00Z")
    approved = decide(planner, order, "approve")

    assert put_off.json()["state"] == "proposed"
    assert put_off.json()["deferred_until"] == "2026-06-08T06:00:00Z"
    assert (approved.json()["state"], approved.json()["deferred_until"]) == ("approved", None)
    listed = planner.get(f"{URL}/{order.pk}/decisions").json()
    assert [row["choice"] for row in listed["results"]] == ["approve", "defer"]
    assert listed["allowed"] == ["scheduled", "in_progress", "cancelled"]


@pytest.mark.parametrize(
    ("choice", "said", "code"),
    [
        ("modify", {}, "changes_needed"),
        ("modify", {"changes": {"priority": "P2"}}, "changes_needed"),
        ("modify", {"changes": {"resolution": "Done"}}, "not_changeable"),
        ("defer", {}, "defer_until_needed"),
        ("defer", {"defer_until": "2026-05-01T06:00Z"}, "defer_until_needed"),
        ("defer", {"defer_until": "2036-05-01T06:00Z"}, "defer_until_needed"),
    ],
)
def test_what_a_decision_lacks_is_asked_for(
    planner: APIClient, order: WorkOrder, choice: str, said: dict[str, Any], code: str
) -> None:
    assert refusal(decide(planner, order, choice, **said)) == (409, code)
    assert not order.decisions.exists()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"choice": "maybe"}, ("choice", "invalid_choice")),
        ({"choice": "approve", "justification": ""}, ("justification", "blank")),
        ({"justification": "x" * 1_001}, ("justification", "max_length")),
        ({"choice": "approve", "changes": {"priority": "P1"}}, ("changes", "does_not_go")),
        ({"choice": "reject", "defer_until": "2026-06-08T06:00Z"}, ("defer_until", "does_not_go")),
        ({"choice": "modify", "changes": {"state": "closed"}}, ("changes.state", "unknown_field")),
    ],
)
def test_what_is_no_decision_is_a_problem(
    planner: APIClient, order: WorkOrder, said: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert fault in faults(decide(planner, order, **{"choice": "approve"} | said))


def test_only_who_plans_decides(hands: APIClient, order: WorkOrder) -> None:
    assert refusal(decide(hands, order, "approve")) == (403, "permission_denied")
    assert hands.get(f"{URL}/{order.pk}/decisions").status_code == 200
