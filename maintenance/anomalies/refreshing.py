"""As time goes on, reasons to keep quiet come and go: shelves, windows, work, parents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from maintenance.anomalies.settling import announce, log_of, suppress
from maintenance.anomalies.suppressing import reasons_for
from maintenance.events import Event
from maintenance.models import Anomaly, AnomalyLog

CHANGING = ["suppression", "suppressed_at", "announced_severity", "decision_pending"]


def refresh_suppression(now: datetime) -> int:
    """Bring all open anomalies to what holds now. Says how many are heard again."""
    fields = ("asset", "started_at", "ended_at", "severity_worst", "shelved_until", "kind")
    looked_at = Anomaly.objects.open().filter(merged_into=None).order_by("pk")
    anomalies = list(looked_at.only(*fields, "suppression", "merged_into"))
    reasons = reasons_for(anomalies, now)
    other = [a.pk for a, why in zip(anomalies, reasons, strict=True) if a.suppression != why]
    return bring_up_to_date(other, now) if other else 0


@transaction.atomic
def bring_up_to_date(pks: Sequence[int], now: datetime | None = None) -> int:
    """Set why open anomalies keep quiet. What is heard again is told of and decided about,
    unless somebody has acknowledged it meanwhile. Says how many those are."""
    now = now or timezone.now()
    free = Anomaly.objects.open().filter(pk__in=pks).order_by("pk")
    rows = list(free.select_for_update(of=("self",), no_key=True).select_related("asset__site"))
    heard, log = [], []
    for anomaly, reason in zip(rows, reasons_for(rows, now), strict=True):
        before = anomaly.suppression
        suppress(anomaly, reason, now)
        if row := log_of(anomaly, before):
            log.append(row)
        if before and not reason:
            anomaly.decision_pending = True
            heard.append(anomaly)
    told = [anomaly for anomaly in heard if anomaly.acknowledged_at is None]
    for anomaly in told:
        anomaly.announced_severity = anomaly.severity_worst
    Anomaly.objects.bulk_update(rows, CHANGING, batch_size=500)
    AnomalyLog.objects.bulk_create(log)
    announce((anomaly, Event.OPENED, now.isoformat()) for anomaly in told)
    return len(heard)
