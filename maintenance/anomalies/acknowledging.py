"""Acknowledging: a person has seen it. Not for ever, where it does not end (ISA-18.2)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maintenance.anomalies.settling import announce
from maintenance.anomalies.taking import taken
from maintenance.events import Event, acknowledged
from maintenance.models import Anomaly, AnomalyLog
from maintenance.refusals import RefusedError
from sensors.access import Principal

Act = AnomalyLog.Act
ACKNOWLEDGEMENT = ["acknowledged_at", "acknowledged_by", "re_alarm_at"]


@transaction.atomic
def acknowledge(pk: int, *, by: Principal, note: str = "") -> Anomaly:
    """Note that somebody has seen an anomaly. While it is active, that holds for a time.

    Raises RefusedError and NotAllowedError.
    """
    anomaly = taken(pk, by)
    if anomaly.acknowledged_at:
        raise RefusedError("already_acknowledged", "Somebody has acknowledged it before.")
    now = timezone.now()
    anomaly.acknowledged_at, anomaly.acknowledged_by_id = now, by.user_id
    anomaly.re_alarm_at = _again_at(anomaly, now)
    anomaly.save(update_fields=ACKNOWLEDGEMENT)
    AnomalyLog.of(anomaly, Act.ACKNOWLEDGED, by.name, note).save()
    acknowledged.send(Anomaly, anomalies=[anomaly.pk])
    return anomaly


@transaction.atomic
def unacknowledge(pk: int, *, by: Principal, note: str = "") -> Anomaly:
    """Take an acknowledgement back: it was a mistake, or somebody else has to look.

    Raises RefusedError and NotAllowedError.
    """
    anomaly = taken(pk, by)
    if anomaly.acknowledged_at is None:
        raise RefusedError("not_acknowledged", "Nobody has acknowledged it.")
    _take_back(anomaly)
    anomaly.save(update_fields=ACKNOWLEDGEMENT)
    AnomalyLog.of(anomaly, Act.UNACKNOWLEDGED, by.name, note).save()
    return anomaly


@transaction.atomic
def take_back_acknowledgements(now: datetime, *, most: int = 500) -> int:
    """Have those acknowledged again that are still active. Says how many.

    What somebody works on just now is left for a later time.
    """
    due = (
        Anomaly.objects.filter(re_alarm_at__lte=now)
        .order_by("re_alarm_at")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
    )
    found = list(due.select_related("asset__site")[:most])
    for anomaly in found:
        _take_back(anomaly)
    Anomaly.objects.bulk_update(found, ACKNOWLEDGEMENT)
    AnomalyLog.objects.bulk_create(AnomalyLog.of(a, Act.RE_ALARMED) for a in found)
    announce((a, Event.OPENED, now.isoformat()) for a in found if not a.suppression)
    return len(found)


def _again_at(anomaly: Anomaly, now: datetime) -> datetime | None:
    """When the acknowledgement is taken back; None if never, or if it is over anyway."""
    own = anomaly.sensor.re_alarm_after
    after = settings.RE_ALARM_AFTER if own is None else own
    return now + after if anomaly.is_active and after else None


def _take_back(anomaly: Anomaly) -> None:
    anomaly.acknowledged_at = anomaly.acknowledged_by = anomaly.re_alarm_at = None
