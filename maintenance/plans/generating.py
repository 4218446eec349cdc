"""Make orders of plans: of those that fall due, and of one when a person asks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from maintenance.models import Occurrence, Plan, WorkOrder
from maintenance.plans.clocks import Clock, Coming, falls_at, handled
from maintenance.plans.making import make_order
from maintenance.refusals import RefusedError, require
from sensors.access import Principal, Right

logger = logging.getLogger(__name__)

ONE_ORDER = "one_open_work_order_per_plan"
# What one look takes up at most; the next finds the others.
PLANS_AT_ONCE = 500
DATES_AT_ONCE = 1_000

State = Occurrence.State


def generate_due(now: datetime) -> int:
    """Make the orders that are due by now. Says how many were made."""
    due = Plan.objects.to_look_at(now).values_list("pk", flat=True)
    return sum(_took_up(pk, now) for pk in list(due[:PLANS_AT_ONCE]))


def _took_up(pk: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            still = Plan.objects.to_look_at(now).filter(pk=pk).with_triggers()
            # Who has it locked looks at it, or changes it: the next look finds it then.
            plan = still.locked(skip_locked=True).first()
            return plan is not None and _take_up(plan, now)
    except (OperationalError, InterfaceError):
        raise  # The database, not the plan.
    except Exception:
        # Other plans, and other sites, must not wait for this one.
        logger.exception("no order could be made of plan %s", pk)
        return False


def _take_up(plan: Plan, now: datetime) -> bool:
    """See to the dates of a plan that have come. Says whether an order was made."""
    order = plan.open_order()
    if order and plan.awaits_id != order.pk:
        plan.awaits = order  # It was taken up again.
    dates, clocks = _dates_come(plan, now, waits=order is not None)
    kept = [date for date in dates if date.due_at]
    made = None
    if kept and kept[-1].due_at and not order:
        order = made = make_order(plan, kept[-1].due_at, kept)
        plan.awaits = made
    _log(plan, dates, order, made, now)
    plan.take(clocks)
    plan.save(update_fields=["awaits"])
    plan.reckon(now)
    return made is not None


def _dates_come(plan: Plan, now: datetime, *, waits: bool) -> tuple[list[Coming], list[Clock]]:
    """The dates that are there to be seen to, and the clocks after them.

    Of those ahead, by the lead time, only the next counts, and none while an order is open:
    it may be done by then.
    """
    habits, clocks = plan.habits, plan.clocks(now)
    found: list[Coming] = []
    while len(found) < DATES_AT_ONCE and not (habits.from_completion and waits):
        date = falls_at(clocks, habits.needs_all)
        if date is None:
            break
        one = Coming(date, habits.due(date))
        if not _is_time(one, found, plan.lead_time, now, waits=waits):
            break
        found.append(one)
        if not habits.from_completion:
            clocks = handled(clocks, date)
        elif one.due_at:
            break  # The next is counted from when this one is done.
        else:
            clocks = [clock.restarted(date) for clock in clocks]
    return found, clocks


def _is_time(
    one: Coming, found: Sequence[Coming], lead: timedelta, now: datetime, *, waits: bool
) -> bool:
    at = one.due_at or one.falls_at
    if at <= now:
        return True
    kept = [date.due_at for date in found if date.due_at]
    if kept:
        return one.due_at == kept[-1]  # Moved by a season to the same day.
    return not waits and at - lead <= now


def _log(
    plan: Plan,
    dates: Sequence[Coming],
    order: WorkOrder | None,
    made: WorkOrder | None,
    now: datetime,
) -> None:
    """Put down what became of each date."""
    last = next((date for date in reversed(dates) if date.due_at), None)
    Occurrence.objects.bulk_create(
        Occurrence(
            plan=plan,
            falls_at=date.falls_at,
            due_at=date.due_at,
            state=_became(date, last, made is not None),
            order=order if date.due_at else None,
            logged_at=now,
        )
        for date in dates
    )


def _became(date: Coming, last: Coming | None, made: bool) -> State:
    if not date.due_at:
        return State.SUPPRESSED
    if made and date is last:
        return State.GENERATED
    # Those that a season moved to one day are one piece of work; no date was missed.
    moved_together = last is not None and date.due_at == last.due_at
    return State.MISSED if made and not moved_together else State.COALESCED


@transaction.atomic
def generate_now(pk: int, by: Principal, now: datetime) -> WorkOrder:
    """Make an order of the plan although it is not due. Its dates stay as they are, or are
    counted from when this order is completed, as the plan says.

    Raises RefusedError: `order_open` while it has an open order, `plan_stopped`.
    """
    plan = Plan.objects.with_triggers().locked().get(pk=pk)
    require(by, Right.PLAN, plan.asset.site_id)
    if not plan.is_active:
        raise RefusedError("plan_stopped", f"“{plan}” is stopped.")
    if order := plan.open_order():
        raise order_open(plan, [order])
    due_at = now + plan.lead_time
    try:
        with transaction.atomic():
            order = make_order(plan, due_at, by=by)
    except IntegrityError as exc:
        if ONE_ORDER not in str(exc):
            raise
        # A completed order of it was taken up again in this very moment.
        raise order_open(plan, WorkOrder.objects.open().filter(plan=plan)) from exc
    plan.occurrences.create(
        falls_at=now,
        due_at=due_at,
        state=State.GENERATED,
        order=order,
        asked_by=by.name[:150],
        logged_at=now,
    )
    plan.awaits = order
    plan.save(update_fields=["awaits"])
    plan.reckon(now)
    return order


def order_open(plan: Plan, orders: Iterable[WorkOrder]) -> RefusedError:
    numbers = ", ".join(order.number for order in orders)
    detail = f"“{plan}” has an open order: {numbers}."
    return RefusedError("order_open", detail, order=numbers)
