"""What is recorded and not told: parts of what has an alarm itself, and what is suppressed."""

from __future__ import annotations

from django.contrib.auth.models import User

from maintenance.events import Event
from maintenance.models import Anomaly, Escalation, Notification, WorkOrder
from maintenance.models.notifications import ESCALATED
from sensors.models import Membership

ABOUT_ALARMS = frozenset({Event.OPENED, Event.WORSE, ESCALATED})
LEFT = "The person has left, or has nothing to do with the site any more."


def reason_to_mute(notification: Notification) -> str | None:
    """Why it is not sent now, in words; None if it is."""
    if notification.user and not _may_see(notification.user, notification.site_id):
        return LEFT
    if notification.target and not notification.target.is_active:
        return "The channel was put out of use."
    if notification.event == ESCALATED and (why := settled(notification)):
        return why
    anomaly = notification.anomaly
    if anomaly is None or notification.event not in ABOUT_ALARMS:
        return None
    if anomaly.suppression:
        return f"Suppressed: {anomaly.get_suppression_display().lower()}."
    above = alarm_above(anomaly)
    return f"There is an alarm on {above.asset.tag}, which it is a part of." if above else None


def settled(told: Notification | Escalation) -> str:
    """Why nobody else need be told, however that came about; empty if somebody must be."""
    if anomaly := told.anomaly:
        if anomaly.acknowledged_at:
            return "It was acknowledged."
        return "" if anomaly.is_active else "It is over."
    order = told.work_order
    is_open = order is not None and order.state == WorkOrder.State.PROPOSED
    return "" if is_open else "The order was decided."


def _may_see(user: User, site_id: int | None) -> bool:
    """Whether the person may still see what is told: much can change until it is."""
    if not user.is_active or user.is_superuser:
        return user.is_active
    return Membership.objects.filter(user=user, site=site_id).exists()


def alarm_above(anomaly: Anomaly) -> Anomaly | None:
    """An open alarm on an asset that the anomaly's is a part of, and no less severe.

    A machine that is down makes its parts look odd; but a slight oddity of the machine must
    not hide that a part of it is about to break.
    """
    above = anomaly.asset.lineage()[1:]
    if not above:
        return None
    open_ones = Anomaly.objects.open().filter(
        asset__in=above, severity_worst__gte=anomaly.severity_worst, suppression=""
    )
    return open_ones.select_related("asset").order_by("pk").first()
