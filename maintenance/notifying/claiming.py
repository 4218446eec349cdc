"""Take what is to be sent to one recipient in one message, or say why it has to wait."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from maintenance.models import Channel, Notification, Preference, Severity
from maintenance.models.notifications import TEST, NotificationQuerySet
from maintenance.notifying import timing
from maintenance.notifying.muting import reason_to_mute
from maintenance.notifying.quiet_hours import quiet_until

MOST_IN_ONE = 200


@transaction.atomic
def claim(pk: int) -> list[Notification]:
    """The notification with all that is told along with it, from now on being sent.

    Empty if it is not due, if another worker has it, or if it has to wait or be quiet. For
    one recipient one worker decides at a time, so that together they do not send too many.
    """
    now = timezone.now()
    due = Notification.objects.due(now).messages()
    if (asked := due.filter(pk=pk).first()) is None:
        return []
    _wait_in_line(asked)
    first = _locked(due.filter(pk=pk)).first()
    if first is None or _is_muted(first):
        return []
    if _has_to_wait(first, _night_end(first, now) or _flood_end(first, now)):
        return []
    rows = [first, *_told_along(first, now)]
    ids = [row.pk for row in rows]
    Notification.objects.filter(pk__in=ids[1:]).update(told_with=first)
    Notification.objects.filter(pk__in=ids).begin_sending(now)
    first.attempts += 1
    return rows


def _wait_in_line(asked: Notification) -> None:
    with connection.cursor() as cursor:
        name = f"notifications {asked.channel} {asked.recipient}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _locked(rows: NotificationQuerySet) -> NotificationQuerySet:
    plant = (
        "site",
        "asset",
        "anomaly__sensor",
        "anomaly__asset",
        "work_order__asset__site",
        "work_order__technician",
    )
    locked = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return locked.select_related(*plant, "user", "target")


def _told_along(first: Notification, now: datetime) -> list[Notification]:
    """What goes into the same message. When it is tried again, it is the same as before."""
    if first.attempts:
        return list(_locked(first.told_along.waiting().order_by("pk")))
    if not first.is_gathered and first.group_id is None:
        return []
    others = Notification.objects.due(now).messages().like(first).exclude(pk=first.pk)
    others = others.filter(attempts=0)
    if first.is_gathered:
        others = others.filter(is_gathered=True)
    else:
        others = others.filter(group=first.group_id, is_gathered=False)
    # One for which it is night does not go along with one that is critical.
    return [
        row
        for row in _locked(others)[:MOST_IN_ONE]
        if not _is_muted(row) and not _has_to_wait(row, _night_end(row, now))
    ]


def _is_muted(row: Notification) -> bool:
    why = reason_to_mute(row)
    if why:
        Notification.objects.filter(pk=row.pk).mute(why)
    return why is not None


def _has_to_wait(row: Notification, until: datetime | None) -> bool:
    """Put it off, if there is a moment until which; then it is told with all that waits."""
    if until:
        this = Notification.objects.filter(pk=row.pk)
        this.update(next_attempt_at=until, is_gathered=True)
    return until is not None


def _night_end(row: Notification, now: datetime) -> datetime | None:
    if row.user_id is None or row.severity >= Severity.CRITICAL:
        return None
    preference = Preference.objects.filter(user=row.user_id).first()
    hours = preference.quiet_hours if preference else None
    return quiet_until(now, *hours) if hours else None


def _flood_end(row: Notification, now: datetime) -> datetime | None:
    """Programs are told of everything at once: they do not tire."""
    if row.is_gathered or row.event == TEST or row.channel == Channel.Kind.WEBHOOK:
        return None
    sent = row.messages_since(now - timing.FLOOD)
    return timing.held_until(now, sent, settings.NOTIFY_MOST_MESSAGES)
