"""Say of each order once that its due date has passed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from maintenance.events import Event, happened
from maintenance.models import WorkOrder

MOST_AT_ONCE = 200


@transaction.atomic
def say_overdue() -> int:
    """Send OVERDUE for orders that have become so; again when a later due date passes too.

    Deferred ones are left alone until then. Says how many there were.
    """
    late = WorkOrder.objects.overdue().exclude(deferred_until__gt=timezone.now())
    unsaid = late.exclude(overdue_since=F("due_at"), overdue_since__isnull=False).order_by(
        "due_at"
    )
    free = unsaid.select_for_update(skip_locked=True, of=("self",), no_key=True)
    orders = list(free.select_related("asset__site", "technician")[:MOST_AT_ONCE])
    for order in orders:
        order.overdue_since = order.due_at
        order.save(update_fields=["overdue_since"])
        happened.send(
            WorkOrder,
            event=Event.OVERDUE,
            asset=order.asset,
            order=order,
            key=order.due_at.isoformat(),
            request_ids=order.decision.get("correlation_ids", []),
        )
    return len(orders)
