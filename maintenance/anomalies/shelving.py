"""Shelving: a person does not want to hear of an alarm for a while, and says why."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from maintenance.anomalies.refreshing import bring_up_to_date
from maintenance.anomalies.settling import suppress
from maintenance.anomalies.taking import taken
from maintenance.models import Anomaly, AnomalyLog
from maintenance.refusals import InvalidError, RefusedError
from sensors.access import Principal

Act = AnomalyLog.Act
# Nothing is forgotten on a shelf: after that somebody has to say again why.
LONGEST = timedelta(days=7)
SHELF = ["shelved_until", "shelved_by", "shelved_reason", "suppression", "suppressed_at"]


@transaction.atomic
def shelve(pk: int, *, by: Principal, until: datetime, reason: str) -> Anomaly:
    """Keep an alarm quiet until a moment: the episode, one that is open now, and the next.

    Raises InvalidError, RefusedError and NotAllowedError.
    """
    anomaly = taken(pk, by)
    now = timezone.now()
    if until <= now:
        raise InvalidError("until_in_the_past", "That moment has passed.")
    if until > now + LONGEST:
        words = f"{LONGEST.days} days at most: then somebody has to look again."
        raise InvalidError("shelved_too_long", words)
    if not reason.strip():
        raise InvalidError("reason_required", "Say why nobody has to hear of it.")
    others = Anomaly.objects.like(anomaly).open().exclude(pk=pk)
    for row in [anomaly, *others.select_for_update(of=("self",), no_key=True)]:
        row.shelved_until, row.shelved_by = until, by.name[:150]
        row.shelved_reason = reason[:500]
        if row.is_active:
            suppress(row, Anomaly.Suppression.SHELVED, now)
        row.save(update_fields=SHELF)
    words = f"until {until:%Y-%m-%d %H:%M %Z}: {reason}"
    AnomalyLog.of(anomaly, Act.SHELVED, by.name, words).save()
    return anomaly


@transaction.atomic
def unshelve(pk: int, *, by: Principal, note: str = "") -> Anomaly:
    """Take an alarm off the shelf, with all of its episodes that are on it.

    Raises RefusedError and NotAllowedError.
    """
    anomaly = taken(pk, by)
    now = timezone.now()
    shelved = Anomaly.objects.like(anomaly).filter(shelved_until__gt=now)
    rows = list(shelved.order_by("pk").select_for_update(of=("self",), no_key=True))
    if not rows:
        raise RefusedError("not_shelved", "It is not shelved.")
    # Not until now: an episode is judged as of its end, and that may lie before it was shelved.
    Anomaly.objects.filter(pk__in=[row.pk for row in rows]).update(shelved_until=None)
    AnomalyLog.of(anomaly, Act.UNSHELVED, by.name, note).save()
    bring_up_to_date([row.pk for row in rows if row.is_active], now)
    anomaly.refresh_from_db()
    return anomaly
