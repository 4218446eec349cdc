"""Clearing without a calm reading: a person says that it is over, or nothing confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from maintenance import joining
from maintenance.anomalies.taking import taken
from maintenance.models import Anomaly, AnomalyLog, Symptom
from maintenance.models.symptoms import SymptomQuerySet
from maintenance.refusals import RefusedError
from sensors.access import Principal
from sensors.models import Asset, Sensor

Act = AnomalyLog.Act
UNCONFIRMED = "no reading has confirmed it since {:%Y-%m-%d %H:%M} UTC"


@transaction.atomic
def clear(pk: int, *, by: Principal, reason: str) -> Anomaly:
    """End an anomaly, because somebody says so and why.

    Its symptoms end now, and what is still so opens the next one: a limit with the next
    reading beyond it. Raises RefusedError and NotAllowedError.
    """
    _lock_streams(list(Symptom.objects.open().filter(anomaly=pk)))
    anomaly = taken(pk, by)
    if not anomaly.is_active:
        raise RefusedError("not_active", "It is over already.")
    # Before it ends: who listens to the end finds who said so.
    AnomalyLog.of(anomaly, Act.CLEARED, by.name, reason).save()
    open_ones = list(_with_plant(anomaly.symptoms.filter(ended_at=None)))
    now, why = timezone.now(), f"cleared by {by.name}: {reason}"
    for symptom in open_ones:
        symptom.give_up(now, why)
    joining.store(open_ones)
    anomaly.refresh_from_db()
    return anomaly


@transaction.atomic
def clear_unconfirmed(now: datetime, *, most: int = 500) -> int:
    """End symptoms that no reading has confirmed for as long as was set. Says how many.

    A silence is confirmed by nothing coming, so that is never given up here.
    """
    found = list(_unconfirmed(now)[:most])
    if not found:
        return 0
    _lock_streams(found)
    # Readings may have come until the sensors were locked.
    still = list(_unconfirmed(now).filter(pk__in=[symptom.pk for symptom in found]))
    for symptom in still:
        symptom.give_up(now, UNCONFIRMED.format(symptom.last_seen_at))
    ended = [anomaly for anomaly in joining.store(still) if not anomaly.is_active]
    AnomalyLog.objects.bulk_create(AnomalyLog.of(a, Act.AUTO_CLEARED) for a in ended)
    return len(still)


def _unconfirmed(now: datetime) -> SymptomQuerySet:
    """Of an asset as a whole it is the sensor with the most to do with it that says how long."""
    usual = Value(settings.AUTO_CLEAR_AFTER, DurationField())
    old = Symptom.objects.open().exclude(kind=Symptom.Kind.NO_DATA)
    old = old.annotate(after=Coalesce("foremost__auto_clear_after", usual))
    return _with_plant(
        old.filter(Q(after__gt=timedelta(0)), last_seen_at__lte=now - F("after"))
    ).order_by("last_seen_at")


def _with_plant(symptoms: SymptomQuerySet) -> SymptomQuerySet:
    return symptoms.select_related("asset", "sensor", "foremost")


def _lock_streams(symptoms: Sequence[Symptom]) -> None:
    """As whoever records: the sensors first, then the assets."""
    sensors = {symptom.sensor_id for symptom in symptoms if symptom.sensor_id}
    list(Sensor.objects.filter(pk__in=sensors).locked())
    list(Asset.objects.filter(pk__in={symptom.asset_id for symptom in symptoms}).locked())
