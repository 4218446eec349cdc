"""What is recorded and not told: parts of what has an alarm itself, and what is suppressed."""

from __future__ import annotations

from maintenance.events import Event
from maintenance.models import Anomaly, Notification
from maintenance.models.notifications import ESCALATED

ABOUT_ALARMS = frozenset({Event.OPENED, Event.WORSE, ESCALATED})
LEFT = "The person has left."


def reason_to_mute(notification: Notification) -> str | None:
    """Why it is not sent now, in words; None if it is."""
    if notification.user and not notification.user.is_active:
        return LEFT
    anomaly = notification.anomaly
    if anomaly is None or notification.event not in ABOUT_ALARMS:
        return None
    if anomaly.suppression:
        return f"Suppressed: {anomaly.get_suppression_display().lower()}."
    above = alarm_above(anomaly)
    return f"There is an alarm on {above.asset.tag}, which it is a part of." if above else None


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
