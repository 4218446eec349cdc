"""Send again what failed, and send a test: what people do by hand."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from maintenance.models import Channel, Notification, Severity
from maintenance.models.notifications import TEST
from maintenance.notifying.keeping import check_may_keep
from maintenance.refusals import RefusedError
from sensors.access import Principal

# So that nobody is flooded, and no provider's bill is run up.
BETWEEN_TESTS = timedelta(minutes=1)


@transaction.atomic
def resend(pk: int, *, by: Principal) -> Notification:
    """Put a failed notification, with what was told along, back in line. It is sent within
    seconds. Raises RefusedError."""
    row = Notification.objects.select_for_update().get(pk=pk)
    check_may_keep(by, row.site_id)
    if row.status != Notification.Status.FAILED:
        words = f"It has not failed, it is {row.get_status_display().lower()}."
        raise RefusedError("not_failed", words, status_now=row.status)
    Notification.objects.filter(pk=pk).send_again()
    row.refresh_from_db()
    return row


@transaction.atomic
def send_test(pk: int, *, by: Principal) -> Notification:
    """Write down a test message to a channel. It is sent within seconds. Raises RefusedError."""
    channel = Channel.objects.select_for_update().get(pk=pk)
    check_may_keep(by, channel.site_id)
    if not channel.is_active:
        raise RefusedError("channel_inactive", "The channel is out of use.")
    latest = timezone.now() - BETWEEN_TESTS
    if channel.notifications.filter(event=TEST, created_at__gt=latest).exists():
        raise RefusedError("tested_just_now", "A test was sent within the last minute.")
    return Notification.objects.create(
        site=channel.site,
        event=TEST,
        about=f"channel {channel.pk}",
        event_key=uuid.uuid4().hex,
        severity=Severity.LOW,
        detail=f"channel {channel.name}, asked for by {by.name}",
        channel=channel.kind,
        recipient=channel.recipient,
        target=channel,
    )
