"""Say again what still goes on."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from maintenance.events import Event
from maintenance.models import Notification, NotificationGroup, WorkOrder
from maintenance.notifying.announcing import REPEATED
from maintenance.notifying.muting import reason_to_mute

MOST_AT_ONCE = 100
MOST_IN_A_GROUP = 500


def repeat_due() -> int:
    """Have each group told again whose time has come and of which something still goes on.

    Says how many messages will go out for that.
    """
    now = timezone.now()
    due = NotificationGroup.objects.to_repeat(now).values_list("pk", flat=True)[:MOST_AT_ONCE]
    return sum(_repeat(pk) for pk in list(due))


@transaction.atomic
def _repeat(pk: int) -> int:
    now = timezone.now()
    free = NotificationGroup.objects.to_repeat(now).filter(pk=pk)
    group = free.select_for_update(skip_locked=True, of=("self",)).select_related("rule").first()
    if group is None:
        return 0
    repeat = group.rule.repeat if group.rule.is_active else None
    told = [row for row in _last_told(group) if goes_on(row)] if repeat else []
    # What was told lately is told again the next time.
    lately = now - repeat / 2 if repeat else now
    rows = [row.again(now) for row in told if row.sent_at and row.sent_at <= lately]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    ahead = group.notifications.waiting().filter(event__in=REPEATED)
    group.repeat_at = now + repeat if repeat and (told or ahead.exists()) else None
    group.flush_at = now if rows else group.flush_at
    group.save(update_fields=["flush_at", "repeat_at"])
    return len(rows)


def _last_told(group: NotificationGroup) -> list[Notification]:
    """What each recipient was last told of each thing."""
    sent = group.notifications.filter(status=Notification.Status.SENT, event__in=REPEATED)
    last = sent.order_by("about", "channel", "recipient", "-pk")
    last = last.distinct("about", "channel", "recipient")
    return list(last.select_related("anomaly__asset", "work_order")[:MOST_IN_A_GROUP])


def goes_on(told: Notification) -> bool:
    """Whether what was told still asks for somebody to do something."""
    if told.anomaly:
        unseen = told.anomaly.is_active and told.anomaly.acknowledged_at is None
        return unseen and reason_to_mute(told) is None
    order = told.work_order
    if order is None:
        return False
    if told.event == Event.OVERDUE:
        return order.state in WorkOrder.OPEN_STATES and order.due_at < timezone.now()
    return order.state == WorkOrder.State.PROPOSED
