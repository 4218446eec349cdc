"""Whether work is done when it should be, and how much of it waits (SMRP, EN 15341). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from maintenance.figures.facts import Order, Waiting
from maintenance.figures.figure import SHARE, WEEKS, Figure, Row
from maintenance.figures.spans import Span

PREVENTIVE = "preventive"
# Preventive work is in time within so much of its due date, before or after.
PM_TOLERANCE = timedelta(days=3)
# Scheduled work is in time if it is completed so soon after its slot.
SLOT_TOLERANCE = timedelta(hours=24)
# Nobody has said yes to these.
UNDECIDED = "proposed"


def pm_compliance(orders: Iterable[Order], within: Span, now: datetime) -> Figure:
    """Share of preventive orders due in the interval that were completed near their due date."""
    due = [o for o in orders if o.origin == PREVENTIVE and within[0] <= o.due_at < within[1]]

    def in_time(order: Order) -> bool:
        done = order.completed_at
        return done is not None and abs(done - order.due_at) <= PM_TOLERANCE

    return _share(
        "pm_compliance",
        due,
        in_time,
        at=lambda order: order.due_at,
        settled=lambda order: order.completed_at is not None or order.due_at + PM_TOLERANCE < now,
        why="nothing_due",
    )


def schedule_compliance(orders: Iterable[Order], within: Span, now: datetime) -> Figure:
    """Share of the orders whose slot ended in the interval that were completed by then."""

    def end_of(order: Order) -> datetime:
        assert order.scheduled_end is not None
        return order.scheduled_end

    scheduled = [o for o in orders if o.scheduled_end and within[0] <= o.scheduled_end < within[1]]

    def in_time(order: Order) -> bool:
        done = order.completed_at
        return done is not None and done <= end_of(order) + SLOT_TOLERANCE

    return _share(
        "schedule_compliance",
        scheduled,
        in_time,
        at=end_of,
        settled=lambda order: (
            order.completed_at is not None or end_of(order) + SLOT_TOLERANCE < now
        ),
        why="nothing_scheduled",
    )


def _share(
    name: str,
    orders: Sequence[Order],
    in_time: Callable[[Order], bool],
    *,
    at: Callable[[Order], datetime],
    settled: Callable[[Order], bool],
    why: str,
) -> Figure:
    """Of the orders that were not given up, and of which it is known how they went."""
    kept = [order for order in orders if not order.cancelled]
    known = [order for order in kept if settled(order)]
    good = sum(in_time(order) for order in known)
    return Figure(
        name,
        good / len(known) if known else None,
        SHARE,
        len(known),
        why="" if known else why,
        details={
            "in_time": good,
            "not_in_time": len(known) - good,
            "still_possible": len(kept) - len(known),
            "cancelled": len(orders) - len(kept),
        },
        rows=tuple(Row("work_order", o.pk, at(o), float(in_time(o))) for o in known),
    )


def backlog(waiting: Sequence[Waiting], weekly_hours: float, technicians: int) -> Figure:
    """Weeks that the open work would take all who may do it."""
    hours = sum(order.hours for order in waiting)
    decided = sum(order.hours for order in waiting if order.state != UNDECIDED)
    return Figure(
        "backlog",
        hours / weekly_hours if weekly_hours > 0 else None,
        WEEKS,
        len(waiting),
        why="" if weekly_hours > 0 else "no_technicians",
        details={
            "hours": hours,
            "approved_hours": decided,
            "weekly_hours": weekly_hours,
            "technicians": technicians,
        },
        rows=tuple(Row("work_order", o.pk, o.opened_at, o.hours) for o in waiting),
    )
