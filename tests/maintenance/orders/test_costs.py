"""What an order comes to, in hours and in money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from maintenance.models import WorkOrder
from maintenance.orders.booking import book_labour, record_downtime
from maintenance.orders.costs import costs_of
from tests.factories import NOON
from tests.maintenance.orders.booked import part, stood, worked
from tests.maintenance.orders.made import order_in, person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def order() -> WorkOrder:
    return order_in("in_progress")


@pytest.mark.parametrize(
    ("minutes", "rate", "cost"),
    [
        (20, "50.01", "16.67"),
        (30, "33.33", "16.67"),
        (6, "50.05", "5.01"),
        (1, "0.29", "0.00"),
        (1, "0.30", "0.01"),
        (600, "99999.99", "999999.90"),
    ],
)
def test_half_a_cent_is_a_cent(order: WorkOrder, minutes: int, rate: str, cost: str) -> None:
    booked = worked(order, -minutes / 60, 0, hourly_rate=Decimal(rate))

    assert booked.cost == Decimal(cost)


def test_an_order_costs_the_sum_of_what_is_shown(order: WorkOrder) -> None:
    for start in (-3, -2, -1):
        worked(order, start, start + 1 / 3, hourly_rate=Decimal("50.01"))
    part(order, quantity=Decimal("1.5"), unit_cost=Decimal("0.33"))
    stood(order, -5, -3)
    stood(order, -0.5)

    costs = costs_of(order)

    assert (costs.labour, costs.parts, costs.total) == (
        Decimal("50.01"),
        Decimal("0.50"),
        Decimal("50.51"),
    )
    assert costs.labour_hours == pytest.approx(1)
    assert costs.downtime_hours == pytest.approx(2.5)
    nothing = costs_of(order_in("approved"))
    assert (nothing.total, nothing.labour_hours) == (Decimal("0.00"), 0)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-29T01:30", "2026-03-29T03:30", 1),
        ("2026-10-25T01:30", "2026-10-25T03:30", 3),
        # The hour that comes twice: from half past two to half past two.
        ("2026-10-25T02:30", "2026-10-25T02:30+01:00", 1),
    ],
)
def test_the_night_on_which_the_clocks_change_has_its_own_hours(
    order: WorkOrder, clock: Any, start: str, end: str, hours: int
) -> None:
    begun = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    ended = datetime.fromisoformat(end)
    ended = (ended if ended.tzinfo else ended.replace(tzinfo=BERLIN)).astimezone(BERLIN)
    clock.move_to(ended.astimezone(UTC) + HOUR)
    by = person(order)

    booked = book_labour(
        order.pk, by=by, person="Otto", started_at=begun, ended_at=ended, hourly_rate=Decimal(10)
    )
    record_downtime(order.pk, by=by, started_at=begun, ended_at=ended, reason="repair")

    assert booked.hours == hours
    assert booked.cost == 10 * hours
    assert costs_of(order).downtime_hours == hours
