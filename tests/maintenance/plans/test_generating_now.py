"""Orders of plans that somebody asks for, and those who ask at the same moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction

from maintenance.models import (
    Occurrence,
    Plan,
    WorkOrder,
)
from maintenance.plans import generating
from maintenance.plans.generating import generate_due, generate_now
from maintenance.plans.making import make_order
from maintenance.refusals import NotAllowedError, RefusedError
from sensors.access import Principal, Right
from tests.factories import NOON, make_site, make_work_order
from tests.maintenance.plans.builders import (
    WEEKLY,
    generated,
    local,
    log_of,
    make_plan,
    planner_of,
)
from tests.races import race

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DUE = local("2026-06-08T06:00")


def test_a_plan_without_triggers_only_makes_orders_when_asked() -> None:
    plan = make_plan()

    assert plan.next_due_at is None
    assert generated(DUE + 900 * DAY) == []
    assert generate_now(plan.pk, planner_of(plan), NOON).state == "approved"


def test_an_order_asked_for_now_leaves_fixed_dates_as_they_are() -> None:
    plan = make_plan(WEEKLY, lead_time=DAY)

    order = generate_now(plan.pk, planner_of(plan), NOON)

    assert (order.due_at, order.requested_by) == (NOON + DAY, "petra")
    assert order.decision["approved_by"] == "petra"
    assert Occurrence.objects.get().asked_by == "petra"
    plan.refresh_from_db()
    assert plan.next_due_at == DUE
    generate_due(DUE)
    assert log_of(plan) == [("06-01", "generated"), ("06-08", "coalesced")]


def test_a_second_order_is_refused_while_one_is_open() -> None:
    plan = make_plan(WEEKLY)
    order = generate_now(plan.pk, planner_of(plan), NOON)

    with pytest.raises(RefusedError) as refused:
        generate_now(plan.pk, planner_of(plan), NOON)

    assert refused.value.code == "order_open"
    assert refused.value.members == {"order": order.number}


def test_a_stopped_plan_makes_no_order() -> None:
    plan = make_plan(WEEKLY, is_active=False)

    with pytest.raises(RefusedError) as refused:
        generate_now(plan.pk, planner_of(plan), NOON)

    assert refused.value.code == "plan_stopped"


@pytest.mark.parametrize("rights", [frozenset({Right.READ, Right.WORK}), None])
def test_only_a_planner_of_the_site_generates(rights: frozenset[Right] | None) -> None:
    plan = make_plan(WEEKLY)
    elsewhere = {make_site().pk: frozenset(Right)}
    by = Principal("tom", {plan.asset.site_id: rights} if rights else elsewhere)

    with pytest.raises(NotAllowedError):
        generate_now(plan.pk, by, NOON)

    assert not WorkOrder.objects.exists()


def test_the_database_keeps_to_one_open_order() -> None:
    plan = make_plan()
    make_work_order(plan=plan, asset=plan.asset, origin="preventive", state="closed")
    make_work_order(plan=plan, asset=plan.asset, origin="preventive", state="on_hold")

    with pytest.raises(IntegrityError, match=generating.ONE_ORDER), transaction.atomic():
        make_work_order(plan=plan, asset=plan.asset, origin="preventive", state="approved")


def test_one_plan_that_fails_holds_no_other_up(caplog: pytest.LogCaptureFixture) -> None:
    broken, sound = make_plan(WEEKLY), make_plan(WEEKLY)

    def fail(plan: Plan, *args: Any, **kwargs: Any) -> WorkOrder:
        if plan == broken:
            raise ValueError("no")
        return make_order(plan, *args, **kwargs)

    with patch.object(generating, "make_order", fail):
        [order] = generated(DUE)

    assert order.plan == sound
    assert f"of plan {broken.pk}" in caplog.text


def test_the_queries_of_a_look_do_not_grow_with_the_dates(
    django_assert_max_num_queries: Any,
) -> None:
    make_plan("FREQ=DAILY")

    with django_assert_max_num_queries(32):
        generate_due(DUE + 200 * DAY)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_gets_an_order() -> None:
    plan = make_plan(WEEKLY)

    def ask() -> str:
        try:
            return generate_now(plan.pk, planner_of(plan), NOON).state
        except RefusedError as exc:
            return exc.code

    assert sorted(race(ask, ask)) == ["approved", "order_open"]
    assert WorkOrder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_make_one_order() -> None:
    plan = make_plan(WEEKLY)

    def ask() -> int:
        try:
            return int(bool(generate_now(plan.pk, planner_of(plan), DUE)))
        except RefusedError:
            return 0

    made = race(lambda: generate_due(DUE), lambda: generate_due(DUE), ask)

    assert sum(made) == 1
    assert WorkOrder.objects.count() == 1
