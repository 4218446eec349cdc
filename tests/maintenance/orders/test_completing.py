"""What an order has to say before it is completed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from maintenance.models import ChecklistPoint, WorkOrder
from maintenance.orders.completing import Completion
from maintenance.orders.requesting import revise
from maintenance.orders.transitions import move
from maintenance.orders.verdicts import Verdict
from sensors.models import AssetType
from tests.maintenance.orders.made import anomaly_of, code, found, order_in, person, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> WorkOrder:
    """One in progress because of an anomaly, with a point that has to be looked at."""
    order = order_in("in_progress")
    anomaly_of(order.asset, work_order=order)
    for position, is_mandatory in ((1, True), (2, False)):
        ChecklistPoint.objects.create(
            work_order=order, position=position, words="Look", is_mandatory=is_mandatory
        )
    return order


def completed(order: WorkOrder, role: str = "technician", **fields: Any) -> WorkOrder:
    return move(order.pk, "completed", by=person(order, role), completion=found(order, **fields))


def look(order: WorkOrder) -> None:
    order.checklist.filter(is_mandatory=True).update(result="ok")


MISSING: dict[str, tuple[dict[str, Any], Callable[[WorkOrder], object]]] = {
    "found_fault": ({"found_fault": ""}, look),
    "resolution": ({"resolution": ""}, look),
    "failure_mode": ({"failure_mode": None}, look),
    "failure_cause": ({"failure_cause": None}, look),
    "remedy": ({"remedy": None}, look),
    "verdicts": ({"verdicts": {}}, look),
    "checklist": ({}, lambda order: None),
}


@pytest.mark.parametrize("missing", MISSING)
def test_nothing_may_be_missing(order: WorkOrder, missing: str) -> None:
    said, look_first = MISSING[missing]
    look_first(order)

    with refused("incomplete", missing=[missing]):
        completed(order, **said)

    order.refresh_from_db()
    assert (order.state, order.found_fault, order.completed_at) == ("in_progress", "", None)
    assert order.anomalies.get().verdict == ""


def test_all_that_is_missing_is_named_at_once(order: WorkOrder) -> None:
    names = ["found_fault", "resolution", "failure_mode", "failure_cause", "remedy"]

    with refused("incomplete", missing=[*names, "checklist", "verdicts"]):
        move(order.pk, "completed", by=person(order))


@pytest.mark.parametrize("found_fault", ["yes", "partly"])
def test_a_completed_order_keeps_what_was_found(order: WorkOrder, found_fault: str) -> None:
    look(order)

    done = completed(order, found_fault=found_fault)

    done.refresh_from_db()
    assert (done.state, done.found_fault, done.resolution) == (
        "completed",
        found_fault,
        "Bearing replaced",
    )
    assert (done.failure_mode, done.failure_cause, done.remedy) == (
        code("mode"),
        code("cause"),
        code("remedy"),
    )
    anomaly = done.anomalies.get()
    assert (anomaly.verdict, anomaly.verdict_by) == ("confirmed", "erika")
    assert anomaly.log.get().act == "verdict"
    assert done.verification == "pending"


def test_where_there_was_no_fault_there_is_nothing_to_code() -> None:
    order = order_in("in_progress")

    done = completed(order, found_fault="no", failure_mode=None, failure_cause=None, remedy=None)

    assert (done.state, done.verification) == ("completed", "")


def test_what_stands_on_the_order_already_need_not_be_said_again(order: WorkOrder) -> None:
    look(order)
    by = person(order, "technician")
    changes = {"found_fault": "yes", "resolution": "Cleaned", "failure_mode": code("mode")}
    revise(order.pk, by=by, changes=changes)
    rest = Completion(
        failure_cause=code("cause"),
        remedy=code("remedy"),
        verdicts={order.anomalies.get().pk: Verdict("false_positive", "A cable")},
    )

    done = move(order.pk, "completed", by=by, completion=rest)

    assert (done.state, done.resolution) == ("completed", "Cleaned")
    assert done.anomalies.get().verdict_note == "A cable"


def test_codes_are_of_their_aspect_of_the_type_and_in_use(order: WorkOrder) -> None:
    look(order)
    other = AssetType.objects.create(code="fan", name="Fan")
    wrong = {
        "of another aspect": code("cause"),
        "of another type": code("mode", code="FAN", asset_type=other),
        "not in use": code("mode", code="OLD", is_active=False),
    }

    for failure_mode in wrong.values():
        with refused("wrong_code", field="failure_mode"):
            completed(order, failure_mode=failure_mode)
        with refused("wrong_code", field="failure_mode"):
            revise(order.pk, by=person(order), changes={"failure_mode": failure_mode})

    order.asset.type = other
    order.asset.save()
    assert completed(order, failure_mode=wrong["of another type"]).state == "completed"


def test_a_code_that_went_out_of_use_meanwhile_may_stay(order: WorkOrder) -> None:
    look(order)
    old = code("mode", code="OLD")
    revise(order.pk, by=person(order), changes={"failure_mode": old})
    old.is_active = False
    old.save()

    assert completed(order, failure_mode=old).failure_mode == old


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"found_fault": "perhaps"}, "unknown_finding"),
        ({"verdicts": {0: Verdict("confirmed")}}, "not_linked"),
        ({"verdicts": {0: Verdict("great")}}, "unknown_verdict"),
    ],
)
def test_what_cannot_be_is_refused(order: WorkOrder, said: dict[str, Any], refusal: str) -> None:
    look(order)

    with refused(refusal):
        completed(order, **said)


def test_a_completed_order_may_be_put_otherwise_but_stays_complete(order: WorkOrder) -> None:
    look(order)
    by = person(completed(order), "technician")

    revise(order.pk, by=by, changes={"resolution": "Bearing and seal replaced"})
    with refused("incomplete", missing=["failure_mode"]):
        revise(order.pk, by=by, changes={"failure_mode": None})
    with refused("not_changeable", fields=["title"]):
        revise(order.pk, by=by, changes={"title": "Other"})

    order.refresh_from_db()
    assert order.resolution == "Bearing and seal replaced"
    assert order.failure_mode is not None


def test_an_order_that_never_said_all_may_say_some_of_it_later() -> None:
    order = order_in("completed")

    revise(order.pk, by=person(order), changes={"resolution": "Tightened"})
    with refused("incomplete", missing=["resolution"]):
        revise(order.pk, by=person(order), changes={"resolution": ""})


@pytest.mark.parametrize(
    ("state", "changes", "role", "refusal"),
    [
        ("proposed", {"title": "Seal leaks"}, "technician", ""),
        ("approved", {"description": "At night"}, "technician", ""),
        ("scheduled", {"priority": "P1"}, "technician", "permission_denied"),
        ("scheduled", {"priority": "P1"}, "planner", ""),
        ("in_progress", {"due_at": None}, "technician", "permission_denied"),
        ("in_progress", {"title": "Other"}, "planner", "not_changeable"),
        ("in_progress", {"resolution": "So far"}, "technician", ""),
        ("on_hold", {"planned_duration": None}, "planner", "not_changeable"),
        ("proposed", {"resolution": "Done"}, "planner", "not_changeable"),
        ("proposed", {"state": "closed"}, "planner", "not_changeable"),
        ("closed", {"resolution": "Later"}, "planner", "not_changeable"),
        ("cancelled", {"description": "Later"}, "planner", "not_changeable"),
        ("approved", {"description": "Hello"}, "viewer", "permission_denied"),
    ],
)
def test_what_may_be_changed_goes_by_the_state_and_the_right(
    state: str, changes: dict[str, Any], role: str, refusal: str
) -> None:
    order = order_in(state)

    if refusal:
        with refused(refusal):
            revise(order.pk, by=person(order, role), changes=changes)
    else:
        revise(order.pk, by=person(order, role), changes=changes)
        order.refresh_from_db()
        assert {name: getattr(order, name) for name in changes} == changes
