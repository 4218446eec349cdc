from __future__ import annotations

from typing import Any

import pytest

from maintenance.figures.facts import Order, Waiting
from maintenance.figures.punctuality import backlog, pm_compliance, schedule_compliance
from tests.maintenance.figures.made import at

WITHIN = at(0), at(30 * 24)
NOW = at(1_000)
DAY = 24


def order(due: float, done: float | None, **fields: Any) -> Order:
    completed = None if done is None else at(done)
    defaults = {"pk": 1, "asset": 1, "origin": "preventive", "completed_at": completed}
    return Order(due_at=at(due), **defaults | fields)


@pytest.mark.parametrize(
    ("orders", "value", "n"),
    [
        ([], None, 0),
        ([order(10, 10)], 1, 1),
        # Three days before and after are in time.
        ([order(100, 100 - 72), order(100, 100 + 72)], 1, 2),
        ([order(100, 100 - 73), order(100, 100 + 73), order(100, 100)], 1 / 3, 3),
        ([order(100, None), order(100, 100)], 0.5, 2),
        # Given up, of another kind, due at another time.
        ([order(100, None, cancelled=True), order(100, 100)], 1, 1),
        ([order(100, None, origin="corrective"), order(100, 100)], 1, 1),
        ([order(-1, None), order(30 * 24, None), order(100, 100)], 1, 1),
    ],
)
def test_preventive_work_is_in_time_near_its_due_date(orders, value, n) -> None:
    found = pm_compliance(orders, WITHIN, NOW)

    assert found.value == (None if value is None else pytest.approx(value))
    assert found.n == len(found.rows) == n
    assert found.why == ("" if n else "nothing_due")


def test_what_may_still_be_done_in_time_says_nothing_yet() -> None:
    found = pm_compliance([order(100, None), order(100, 90)], WITHIN, at(100 + 72))

    assert (found.value, found.n, found.details["still_possible"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("slot", "done", "value"),
    [(10, 9, 1), (10, 34, 1), (10, 34.5, 0), (10, None, 0), (-1, -2, None), (30 * 24, 3, None)],
)
def test_scheduled_work_is_in_time_a_day_after_its_slot(slot, done, value) -> None:
    asked = order(0, done, scheduled_end=at(slot), origin="corrective")

    found = schedule_compliance([asked], WITHIN, NOW)

    assert found.value == value
    assert found.why == ("nothing_scheduled" if value is None else "")


@pytest.mark.parametrize(
    ("hours", "weekly", "value", "why"),
    [([], 80, 0, ""), ([8, 32, 40], 80, 1, ""), ([8], 0, None, "no_technicians")],
)
def test_the_backlog_is_told_in_weeks_of_all_hands(hours, weekly, value, why) -> None:
    waiting = [Waiting(1, at(0), "approved", taken) for taken in hours]

    found = backlog(waiting, weekly, 2)

    assert (found.value, found.why) == (value, why)


def test_the_backlog_tells_what_nobody_has_decided_about() -> None:
    waiting = [Waiting(1, at(0), "approved", 5), Waiting(2, at(0), "proposed", 3)]

    assert backlog(waiting, 40, 1).details["approved_hours"] == 5
