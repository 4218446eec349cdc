"""Rows of a month, as people and machines leave them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from maintenance.models import Downtime, Labour, PartUsed, Technician, WorkOrderTransition
from sensors.models import Asset
from tests.factories import NOON, make_work_order

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def make_downtime(asset: Asset, hours: float = 2, **fields: Any) -> Downtime:
    started = fields.setdefault("started_at", NOON)
    defaults = {"ended_at": started + hours * HOUR, "reason": "failure"}
    return Downtime.objects.create(asset=asset, **defaults | fields)


def make_labour(order: Any, hours: float = 2, **fields: Any) -> Labour:
    started = fields.pop("started_at", NOON)
    # Nobody works on two orders at once.
    person = f"Worker {Labour.objects.count()}"
    defaults = {"person": person, "hourly_rate": 60, "ended_at": started + hours * HOUR}
    return Labour.objects.create(work_order=order, started_at=started, **defaults | fields)


def make_part(order: Any, **fields: Any) -> PartUsed:
    defaults = {"name": "Seal", "unit_cost": 10, "booked_at": NOON}
    return PartUsed.objects.create(work_order=order, **defaults | fields)


def make_technician(site: Any, **fields: Any) -> Technician:
    name = f"Technician {Technician.objects.count()}"
    return Technician.objects.create(**{"site": site, "name": name} | fields)


def make_order(asset: Asset, *moves: tuple[str, Any], **fields: Any) -> Any:
    """An order that was proposed at noon and went through states at moments."""
    state = moves[-1][0] if moves else "proposed"
    defaults = {"opened_at": NOON, "state": state, "origin": "corrective"}
    order = make_work_order(asset=asset, **defaults | fields)
    before = "proposed"
    for to, moment in moves:
        WorkOrderTransition.objects.create(
            work_order=order, from_state=before, to_state=to, moved_at=moment
        )
        before = to
    return order
