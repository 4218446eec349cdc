"""Orders of plans: when they are made, what they are, and what became of each date."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from maintenance.events import Event, happened
from maintenance.models import (
    ChecklistTemplate,
    Plan,
    PlanPart,
    PlanSkill,
    Skill,
    WorkOrder,
)
from maintenance.plans import generating
from maintenance.plans.generating import generate_due
from maintenance.plans.moving_on import resume_left
from tests.factories import MINUTE, NOON, make_work_order
from tests.maintenance.plans.builders import (
    WEEKLY,
    end,
    generated,
    local,
    log_of,
    make_plan,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DUE = local("2026-06-08T06:00")


def test_an_order_is_made_when_it_is_due_and_not_before() -> None:
    plan = make_plan(WEEKLY)

    assert plan.next_due_at == DUE
    assert generated(DUE - MINUTE) == []
    [order] = generated(DUE)

    assert (order.plan, order.asset, order.due_at) == (plan, plan.asset, DUE)
    assert (order.origin, order.state) == ("preventive", "approved")
    plan.refresh_from_db()
    assert plan.next_due_at == DUE + 7 * DAY
    assert log_of(plan) == [("06-08", "generated")]


def test_an_order_has_what_the_plan_says_of_the_work() -> None:
    checklist = ChecklistTemplate.objects.create(name="Bearings")
    checklist.points.create(position=1, words="Warm?", on_fail="create_work_order")
    fields: dict[str, Any] = {"priority": "P2", "planned_duration": timedelta(minutes=90)}
    plan = make_plan(WEEKLY, checklist=checklist, description="Both ends", **fields)
    PlanSkill.objects.create(
        plan=plan, skill=Skill.objects.create(code="lub", name="Lubrication"), level=2
    )
    PlanPart.objects.create(plan=plan, name="Grease", quantity=Decimal("0.25"), unit_cost=12)

    [order] = generated(DUE)
    checklist.points.all().delete()
    plan.parts.all().delete()

    assert (order.title, order.description) == (f"{plan.asset.tag}: {plan.title}", "Both ends")
    assert (order.priority, order.planned_duration) == ("P2", timedelta(minutes=90))
    assert [(p.words, p.on_fail) for p in order.checklist.all()] == [
        ("Warm?", "create_work_order")
    ]
    assert [(s.skill.code, s.level) for s in order.required_skills.all()] == [("lub", 2)]
    assert [str(part) for part in order.planned_parts.all()] == ["0.25 × Grease"]
    assert not order.parts.exists(), "what was used is booked by whoever used it"


def test_an_order_tells_which_plan_and_rule_made_it_and_who_approved() -> None:
    told: list[Any] = []
    plan = make_plan(WEEKLY)

    def listen(sender: Any, **details: Any) -> None:
        told.append((details["event"], details["order"]))

    happened.connect(listen)
    try:
        [order] = generated(DUE)
    finally:
        happened.disconnect(listen)

    trace = order.decision
    assert trace["plan"] == {"id": plan.pk, "title": plan.title, "planned_by": "petra"}
    assert trace["approved_by"] == "petra"
    assert trace["rules"][0] == "FREQ=WEEKLY at 06:00"
    assert trace["dates"] == ["2026-06-08T04:00:00+00:00"]
    move = order.transitions.get()
    assert (move.from_state, move.to_state, move.actor_name) == ("proposed", "approved", "petra")
    assert "Grease the bearings: FREQ=WEEKLY" in move.reason
    assert told == [(Event.APPROVED, order)]


def test_the_order_is_made_ahead_by_the_lead_time() -> None:
    plan = make_plan(WEEKLY, lead_time=3 * DAY)

    assert generated(DUE - 3 * DAY - MINUTE) == []
    [order] = generated(DUE - 3 * DAY)

    assert order.due_at == DUE
    # The next one's lead time has begun, but this one may be done by then.
    assert generated(DUE + 5 * DAY) == []
    end(order, DUE + 5 * DAY)
    resume_left(DUE + 5 * DAY)
    [following] = generated(DUE + 5 * DAY)
    assert following.due_at == DUE + 7 * DAY
    assert log_of(plan) == [("06-08", "generated"), ("06-15", "generated")]


def test_dates_that_come_while_an_order_is_open_are_coalesced() -> None:
    plan = make_plan(WEEKLY)
    [order] = generated(DUE)

    assert generated(DUE + 15 * DAY) == []

    assert log_of(plan) == [
        ("06-08", "generated"),
        ("06-15", "coalesced"),
        ("06-22", "coalesced"),
    ]
    assert {one.order for one in plan.occurrences.all()} == {order}


def test_dates_that_nobody_noticed_are_missed_and_stand_on_one_order() -> None:
    plan = make_plan(WEEKLY)

    [order] = generated(DUE + 15 * DAY)

    assert order.due_at == DUE + 14 * DAY
    assert log_of(plan) == [("06-08", "missed"), ("06-15", "missed"), ("06-22", "generated")]
    assert order.occurrences.count() == 3
    assert len(order.decision["dates"]) == 3


def test_one_look_takes_up_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generating, "DATES_AT_ONCE", 5)
    plan = make_plan("FREQ=DAILY")

    generate_due(DUE + 11 * DAY)
    assert len(log_of(plan)) == 5
    generate_due(DUE + 11 * DAY)
    generate_due(DUE + 11 * DAY)

    assert len(log_of(plan)) == 12
    assert WorkOrder.objects.count() == 1


def test_a_stopped_plan_rests_and_makes_up_for_nothing() -> None:
    plan = make_plan(WEEKLY, is_active=False)
    assert generated(DUE + 15 * DAY) == []

    plan.is_active = True
    plan.save()
    plan.settle(DUE + 15 * DAY, anew=True)

    assert generated(DUE + 15 * DAY) == []
    assert len(generated(DUE + 21 * DAY)) == 1
    assert log_of(plan) == [("06-29", "generated")]


def test_counted_from_the_completion_nothing_is_due_before_it() -> None:
    plan = make_plan(WEEKLY, anchor="completion")
    [order] = generated(DUE)
    plan.refresh_from_db()
    assert plan.next_due_at is None
    assert generated(DUE + 30 * DAY) == []

    end(order, DUE + 30 * DAY)
    happened.send(WorkOrder, event=Event.COMPLETED, order=order)

    plan.refresh_from_db()
    assert plan.next_due_at == local("2026-07-15T06:00")
    assert plan.awaits is None
    [following] = generated(local("2026-07-15T06:00"))
    assert following.due_at == local("2026-07-15T06:00")
    assert log_of(plan) == [("06-08", "generated"), ("07-15", "generated")]


def test_other_events_and_orders_do_not_move_a_plan() -> None:
    plan = make_plan(WEEKLY, anchor="completion")
    [order] = generated(DUE)

    happened.send(WorkOrder, event=Event.ASSIGNED, order=order)
    happened.send(WorkOrder, event=Event.COMPLETED, order=make_work_order())
    happened.send(WorkOrder, event=Event.COMPLETED, asset=plan.asset)

    plan.refresh_from_db()
    assert plan.awaits == order


def test_completed_again_it_is_counted_from_the_last_time() -> None:
    plan = make_plan(WEEKLY, anchor="completion")
    [order] = generated(DUE)
    for days in (1, 3):
        end(order, DUE + days * DAY)
        happened.send(WorkOrder, event=Event.COMPLETED, order=order)

    plan.refresh_from_db()
    assert plan.next_due_at == DUE + 10 * DAY


def test_a_cancelled_order_does_not_hold_its_plan_up() -> None:
    plan = make_plan(WEEKLY, anchor="completion")
    [order] = generated(DUE)
    assert resume_left(DUE) == 0
    end(order, DUE, state="cancelled")

    assert resume_left(DUE + DAY) == 1

    plan.refresh_from_db()
    assert (plan.awaits, plan.next_due_at) == (None, DUE + 8 * DAY)
    assert resume_left(DUE + DAY) == 0


def test_an_order_that_is_taken_up_again_stands_for_what_comes() -> None:
    plan = make_plan(WEEKLY)
    [order] = generated(DUE)
    end(order, DUE)
    happened.send(WorkOrder, event=Event.COMPLETED, order=order)
    end(order, DUE, state="in_progress")

    assert generated(DUE + 7 * DAY) == []

    plan.refresh_from_db()
    assert plan.awaits == order
    assert log_of(plan)[-1] == ("06-15", "coalesced")


def test_any_of_two_calendars_is_enough() -> None:
    plan = make_plan(WEEKLY)
    plan.calendars.create(rule="FREQ=MONTHLY", first_on=DUE.date() + DAY, at="06:00")
    Plan.objects.with_triggers().get(pk=plan.pk).settle(NOON, anew=True)

    [order] = generated(DUE)
    end(order, DUE)
    resume_left(DUE)
    [other] = generated(DUE + DAY)

    assert (order.due_at, other.due_at) == (DUE, DUE + DAY)


def test_all_of_two_calendars_are_waited_for() -> None:
    plan = make_plan(WEEKLY, needs="all")
    plan.calendars.create(rule="FREQ=MONTHLY", first_on=DUE.date() + 3 * DAY, at="06:00")
    Plan.objects.with_triggers().get(pk=plan.pk).settle(NOON, anew=True)

    assert generated(DUE + 2 * DAY) == []
    [order] = generated(DUE + 3 * DAY)

    plan.refresh_from_db()
    assert order.due_at == DUE + 3 * DAY
    assert plan.next_due_at == local("2026-07-11T06:00")
    assert log_of(plan) == [("06-11", "generated")]
