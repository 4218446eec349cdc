"""Dates of plans in seasons in which nothing is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maintenance.plans.moving_on import resume_left
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


SUMMER = (6, 10, 6, 30)


def test_dates_in_a_season_move_to_its_end_as_one() -> None:
    plan = make_plan(WEEKLY, first_on=DUE.date() + 7 * DAY, seasons=[SUMMER])

    assert plan.next_due_at == local("2026-07-01T06:00")
    assert generated(DUE + 20 * DAY) == []
    [order] = generated(local("2026-07-01T06:00"))

    assert order.due_at == local("2026-07-01T06:00")
    assert log_of(plan) == [("06-15", "coalesced"), ("06-22", "coalesced"), ("06-29", "generated")]
    assert {one.due_at for one in plan.occurrences.all()} == {order.due_at}


def test_dates_that_move_to_one_day_are_one_order_ahead_of_it_too() -> None:
    plan = make_plan(WEEKLY, first_on=DUE.date() + 7 * DAY, seasons=[SUMMER], lead_time=5 * DAY)

    [order] = generated(local("2026-06-26T06:00"))

    assert len(log_of(plan)) == 3
    assert order.due_at == local("2026-07-01T06:00")


def test_dates_in_a_season_are_left_out_where_the_plan_says_so() -> None:
    plan = make_plan(WEEKLY, seasons=[SUMMER], in_season="skip")
    [order] = generated(DUE)
    end(order, DUE)
    resume_left(DUE)

    plan.refresh_from_db()
    assert plan.next_due_at == local("2026-07-06T06:00")
    assert generated(local("2026-07-05T06:00")) == []
    assert len(generated(local("2026-07-06T06:00"))) == 1
    assert log_of(plan)[1:] == [
        ("06-15", "suppressed"),
        ("06-22", "suppressed"),
        ("06-29", "suppressed"),
        ("07-06", "generated"),
    ]


def test_a_date_left_out_counts_as_done_where_dates_are_counted_from_that() -> None:
    plan = make_plan(WEEKLY, anchor="completion", seasons=[(6, 1, 6, 10)], in_season="skip")

    assert generated(DUE) == []

    plan.refresh_from_db()
    assert plan.next_due_at == DUE + 7 * DAY
