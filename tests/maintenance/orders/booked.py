"""What is booked on an order, by hours before and after noon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from maintenance.models import Downtime, WorkOrder
from maintenance.orders.booking import book_labour, book_part, record_downtime
from tests.factories import NOON
from tests.maintenance.orders.made import person

HOUR = timedelta(hours=1)


def worked(
    order: WorkOrder, start: float, end: float, role: str = "technician", **said: Any
) -> Any:
    """Hours before and after noon."""
    who = {} if "technician" in said else {"person": "Otto"}
    times = {"started_at": NOON + start * HOUR, "ended_at": NOON + end * HOUR}
    return book_labour(order.pk, by=person(order, role), **times | who | said)


def stood(order: WorkOrder, start: float, end: float | None = None, **said: Any) -> Downtime:
    times: dict[str, Any] = {"started_at": NOON + start * HOUR, "reason": "failure"}
    times |= {} if end is None else {"ended_at": NOON + end * HOUR}
    return record_downtime(order.pk, by=person(order, "technician"), **times | said)


def part(order: WorkOrder, role: str = "technician", **said: Any) -> Any:
    return book_part(order.pk, by=person(order, role), **{"name": "Bearing"} | said)
