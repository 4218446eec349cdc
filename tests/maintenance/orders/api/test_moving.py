"""How orders move, and what has to be said to complete one."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import WorkOrder
from tests.factories import make_anomaly, make_sensor
from tests.maintenance.orders.api.asking import (
    FOUND,
    URL,
    client_of,
    faults,
    move,
    post,
    refusal,
)

pytestmark = pytest.mark.django_db


def put_in(order: WorkOrder, state: str) -> WorkOrder:
    WorkOrder.objects.filter(pk=order.pk).update(state=state)
    return order


def test_an_order_is_led_from_a_request_to_its_end(
    planner: APIClient, hands: APIClient, order: WorkOrder
) -> None:
    steps = [
        move(planner, order, "approved", reason="Needed"),
        move(hands, order, "in_progress"),
        move(hands, order, "on_hold", hold_reason="waiting_parts", reason="No bearing"),
        move(hands, order, "in_progress"),
        move(hands, order, "completed", completion=FOUND),
        move(hands, order, "in_progress", reason="It hums"),
        move(hands, order, "completed"),
        move(planner, order, "closed"),
    ]

    assert [answer.status_code for answer in steps] == [201] * 8
    assert [answer.json()["state"] for answer in steps][-1] == "closed"
    assert steps[2].json()["hold_reason"] == "waiting_parts"
    assert steps[4].json()["verification"] == "pending"
    log = hands.get(f"{URL}/{order.pk}/transitions").json()
    assert [step["to_state"] for step in log["results"]][:3] == [
        "closed",
        "completed",
        "in_progress",
    ]
    assert log["results"][2]["reason"] == "It hums"
    assert log["results"][2]["by"].startswith("Erika")
    waited = [step["hold_reason"] for step in log["results"]]
    assert waited == ["", "", "", "", "", "waiting_parts", "", ""]
    assert (log["state"], log["allowed"]) == ("closed", [])


def test_an_illegal_move_says_what_is_allowed(hands: APIClient, order: WorkOrder) -> None:
    answer = move(hands, order, "completed", completion=FOUND)

    assert refusal(answer) == (409, "illegal_move")
    assert answer.json()["allowed"] == ["approved", "cancelled"]
    assert answer.json()["allowed"] == hands.get(f"{URL}/{order.pk}").json()["allowed"]


def test_what_is_not_complete_says_what_is_missing(hands: APIClient, order: WorkOrder) -> None:
    put_in(order, "in_progress")
    order.checklist.create(position=1, words="Look at the seal")
    sensor = make_sensor(asset=order.asset, site=order.asset.site)
    anomaly = make_anomaly(sensor, work_order=order)

    bare = move(hands, order, "completed")
    said = move(hands, order, "completed", completion=FOUND)
    hands.patch(f"{URL}/{order.pk}/checklist/1", {"result": "ok"}, format="json")
    verdicts = [{"anomaly": anomaly.pk, "verdict": "confirmed", "note": "Pitted"}]
    done = move(hands, order, "completed", completion=FOUND | {"verdicts": verdicts})

    assert refusal(bare) == refusal(said) == (409, "incomplete")
    everything = ["found_fault", "resolution", "failure_mode", "failure_cause", "remedy"]
    assert bare.json()["missing"] == [*everything, "checklist", "verdicts"]
    assert said.json()["missing"] == ["checklist", "verdicts"]
    assert done.json()["state"] == "completed"
    assert done.json()["anomalies"][0]["verdict"] == "confirmed"
    anomaly.refresh_from_db()
    assert (anomaly.verdict, anomaly.verdict_note) == ("confirmed", "Pitted")


def test_no_fault_needs_no_coding(hands: APIClient, order: WorkOrder) -> None:
    put_in(order, "in_progress")

    done = move(
        hands, order, "completed", completion={"found_fault": "no", "resolution": "All is well"}
    )

    assert (done.json()["state"], done.json()["verification"]) == ("completed", "")


def test_a_verdict_on_an_anomaly_of_another_order_is_refused(
    hands: APIClient, order: WorkOrder
) -> None:
    put_in(order, "in_progress")
    other = make_anomaly(make_sensor(asset=order.asset, site=order.asset.site))
    verdicts = [{"anomaly": other.pk, "verdict": "confirmed"}]

    answer = move(hands, order, "completed", completion=FOUND | {"verdicts": verdicts})

    assert refusal(answer) == (409, "not_linked")
    other.refresh_from_db()
    assert other.verdict == ""


@pytest.mark.parametrize(
    ("state", "to_state", "code"),
    [
        ("proposed", "approved", "reason_needed"),
        ("completed", "in_progress", "reason_needed"),
        ("in_progress", "on_hold", "hold_reason_needed"),
    ],
)
def test_what_has_to_be_said_is_asked_for(
    planner: APIClient, order: WorkOrder, state: str, to_state: str, code: str
) -> None:
    assert refusal(move(planner, put_in(order, state), to_state)) == (409, code)


def test_what_was_worked_on_is_not_cancelled(planner: APIClient, order: WorkOrder) -> None:
    put_in(order, "on_hold").parts.create(name="Seal")

    answer = move(planner, order, "cancelled", reason="No use")

    assert refusal(answer) == (409, "work_was_booked")


def test_it_takes_the_right_of_the_very_move(
    gateway: APIClient, hands: APIClient, order: WorkOrder
) -> None:
    assert refusal(move(gateway, order, "approved", reason="x")) == (403, "permission_denied")
    assert refusal(move(hands, order, "approved", reason="x")) == (403, "permission_denied")
    both = client_of(order.asset.site, can_plan=True)
    assert refusal(move(both, put_in(order, "approved"), "in_progress")) == (
        403,
        "permission_denied",
    )


BOTH = [{"anomaly": 7, "verdict": verdict} for verdict in ("confirmed", "false_positive")]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({}, ("to_state", "required")),
        ({"to_state": "lost"}, ("to_state", "invalid_choice")),
        ({"to_state": "closed", "force": True}, ("force", "unknown_field")),
        ({"to_state": "closed", "reason": "x" * 501}, ("reason", "max_length")),
        ({"to_state": "on_hold", "hold_reason": "lunch"}, ("hold_reason", "invalid_choice")),
        (
            {"to_state": "completed", "completion": {"found_fault": "maybe"}},
            ("completion.found_fault", "invalid_choice"),
        ),
        (
            {"to_state": "completed", "completion": {"verdicts": [{"anomaly": 0}]}},
            ("completion.verdicts.0.anomaly", "min_value"),
        ),
        (
            {"to_state": "completed", "completion": {"verdicts": BOTH}},
            ("completion.verdicts", "said_twice"),
        ),
        (
            {"to_state": "completed", "completion": {"verdicts": [{}] * 201}},
            ("completion.verdicts", "max_length"),
        ),
        ({"to_state": "completed", "completion": []}, ("completion.non_field_errors", "invalid")),
    ],
)
def test_what_is_no_move_is_a_problem(
    planner: APIClient, order: WorkOrder, said: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert fault in faults(post(planner, order, "transitions", said))


def test_an_unknown_code_of_the_completion_is_named(hands: APIClient, order: WorkOrder) -> None:
    put_in(order, "in_progress")

    answer = move(hands, order, "completed", completion=FOUND | {"remedy": "PRAY"})

    assert refusal(answer) == (400, "unknown_code")
    assert answer.json()["field"] == "remedy"
