"""Carry plans on when the order that they wait for has come to an end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from maintenance.events import Event, happened
from maintenance.models import Plan, WorkOrder

# What one look takes up at most; the next finds the others.
AT_ONCE = 500


@receiver(happened, dispatch_uid="plans move on")
def on_completion(sender: Any, event: str, order: WorkOrder | None = None, **details: Any) -> None:
    """In the transaction in which the order is completed."""
    if event == Event.COMPLETED and order is not None and order.plan_id:
        move_on(order.plan_id, order, timezone.now())


def resume_left(now: datetime) -> int:
    """Carry on plans whose order ended without a word, as one that was cancelled."""
    left = list(Plan.objects.left_waiting().values_list("pk", "awaits")[:AT_ONCE])
    for pk, awaited in left:
        move_on(pk, WorkOrder.objects.get(pk=awaited), now)
    return len(left)


@transaction.atomic
def move_on(plan_id: int, order: WorkOrder, now: datetime) -> None:
    """Count from the end of the order, where the plan does, and look ahead again.

    An order that was cancelled counts as done when that is noticed: somebody decided that
    the work is left out this time. One that is completed twice is counted from the last time.
    """
    plan = Plan.objects.with_triggers().locked().get(pk=plan_id)
    if plan.awaits_id not in (None, order.pk):
        return  # A newer order is open, and its end will count.
    if plan.habits.from_completion:
        done_at = order.completed_at or now
        plan.take([clock.restarted(done_at) for clock in plan.clocks(now)])
    plan.awaits = None
    plan.save(update_fields=["awaits"])
    plan.reckon(now)
