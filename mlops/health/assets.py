"""How healthy is an asset? What is known of it is gathered here and weighed in index.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone

from maintenance import policy
from maintenance.models import Anomaly, Symptom, WorkOrder
from mlops.forecasting.time_to_limit import Outlook
from mlops.health.index import (
    Health,
    Maker,
    health,
    of_anomaly,
    of_data,
    of_learning,
    of_overdue,
    of_remaining_life,
    of_time_to_limit,
)
from mlops.learning.progress import Phase, progress_of
from mlops.models import SensorState
from mlops.prognosis.forecasts import MOST_HOURS, Prognosis, prognosis_of
from mlops.prognosis.remaining_life import LifeAhead, NotKnown, life_ahead_of
from sensors.history.granularity import HOUR, floor
from sensors.models import Asset, Reading, Sensor
from sensors.store.buckets import coarse_buckets
from sensors.store.reading import Selection

# Of one asset: so many sensors are forecast and so many troubles weighed, the worst first.
MOST_FORECAST = 20
MOST_SENSORS = 200
MOST_TROUBLES = 50
# How far back the readings are looked at.
RECENT = timedelta(days=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Learning:
    """How many of the sensors of an asset the detectors know well enough to watch."""

    learnt: int
    sensors: int


@dataclass(frozen=True, slots=True)
class AssetHealth:
    health: Health
    learning: Learning
    remaining_life: LifeAhead | NotKnown


def health_of(asset: Asset) -> AssetHealth:
    """The index of an asset, with all that took something away.

    Costs some queries for the asset, and forecasts, which are kept for some minutes: of the
    life left, and of each of the first sensors that have an alarm limit.
    """
    now = timezone.now()
    sensors = list(Sensor.objects.active().filter(asset=asset).order_by("pk")[:MOST_SENSORS])
    learnt = learnt_of(sensors)
    life = life_ahead_of(asset)
    makers = [
        *_anomalies(asset),
        *_limits(asset, now),
        *_remaining_life(life),
        *_overdue(asset, now),
        *_data(sensors, now),
        *of_learning(learnt),
    ]
    return AssetHealth(health(makers), Learning(sum(learnt), len(learnt)), life)


def learnt_of(sensors: Sequence[Sensor]) -> list[bool]:
    """Of each sensor, whether it would be noticed if it deviated: that is learnt by now."""
    kept = SensorState.objects.in_bulk([sensor.pk for sensor in sensors])
    return [_has_learnt(sensor, kept.get(sensor.pk)) for sensor in sensors]


def _has_learnt(sensor: Sensor, state: SensorState | None) -> bool:
    return state is not None and any(
        progress.phase == Phase.WATCHING
        for progress in progress_of(sensor, state)
        if progress.kind == Symptom.Kind.DEVIATION
    )


def _anomalies(asset: Asset) -> Iterator[Maker]:
    """One maker for each open anomaly: the worst of what still goes on of it."""
    ongoing = Prefetch("symptoms", Symptom.objects.open().select_related("foremost"), "ongoing")
    opened = Anomaly.objects.open().filter(asset=asset).select_related("sensor")
    for anomaly in opened.order_by("-score_worst", "pk").prefetch_related(ongoing)[:MOST_TROUBLES]:
        symptoms: list[Symptom] = anomaly.ongoing
        seen = [_of_symptom(symptom) for symptom in symptoms]
        if not seen:
            severity = policy.Severity(anomaly.severity)
            seen = [of_anomaly(severity, anomaly.score, anomaly.kind, anomaly.sensor.code)]
        yield max(seen, key=lambda maker: maker.wear)


def _of_symptom(symptom: Symptom) -> Maker:
    severity = symptom.severity_of(symptom.score)
    return of_anomaly(severity, symptom.score, symptom.kind, symptom.foremost.code)


def forecast_sensors(asset: Asset) -> list[Sensor]:
    """Sensors of an asset with an alarm limit, those first that show symptoms."""
    symptoms = Symptom.objects.open().filter(foremost=OuterRef("pk"))
    with_limit = (
        Sensor.objects.active().filter(asset=asset).exclude(alarm_low=None, alarm_high=None)
    )
    ordered = with_limit.order_by(Exists(symptoms).desc(), "pk")
    return list(ordered[:MOST_FORECAST])


def _limits(asset: Asset, now: datetime) -> Iterator[Maker]:
    for sensor in forecast_sensors(asset):
        prognosis = prognosis_of(sensor, MOST_HOURS)
        if prognosis.is_fresh(now) and (maker := _of_limits(sensor, prognosis, now)):
            yield maker


def _of_limits(sensor: Sensor, prognosis: Prognosis, now: datetime) -> Maker | None:
    """The nearest of the alarm limits, or nothing where none can be told of."""
    alarms = [limit for limit in prognosis.limits if limit.is_alarm]
    if any(limit.outlook is Outlook.NOW for limit in alarms):
        return of_time_to_limit(0.0, 1.0, sensor.code)
    crossings = [limit for limit in alarms if limit.at is not None]
    if crossings:
        nearest = min(crossings, key=lambda limit: limit.at or now)
        # In whole hours, so that an answer holds for a while.
        hours = max((floor(nearest.at or now, HOUR) - floor(now, HOUR)) / HOUR, 0.0)
        return of_time_to_limit(hours / 24, nearest.chance or 1.0, sensor.code)
    if any(limit.outlook is Outlook.NOT_FORESEEN for limit in alarms):
        return of_time_to_limit(None, 0.0, sensor.code)
    return None


def _remaining_life(life: LifeAhead | NotKnown) -> Iterator[Maker]:
    if isinstance(life, LifeAhead):
        yield of_remaining_life(life.share, str(life))


def _overdue(asset: Asset, now: datetime) -> Iterator[Maker]:
    for order in (
        WorkOrder.objects.overdue().filter(asset=asset).order_by("due_at")[:MOST_TROUBLES]
    ):
        yield of_overdue((now - order.due_at) // HOUR / 24, order.number)


def _data(sensors: Sequence[Sensor], now: datetime) -> Iterator[Maker]:
    """The share of readings to believe, over sensors; one that fell silent has none.

    A sensor that never read anything is not looked at: nothing was lost.
    """
    if not sensors:
        return
    end = floor(now, HOUR) + HOUR
    selection = Selection.of([sensor.pk for sensor in sensors], end - RECENT - HOUR, end)
    rows = coarse_buckets(selection, DAY, after=None, most=3 * len(sensors))
    counts: dict[int, tuple[int, int]] = {}
    for _, sensor_id, readings, bad, *_ in rows:
        before = counts.get(sensor_id, (0, 0))
        counts[sensor_id] = before[0] + readings, before[1] + bad
    silent = _heard_of(sensors) - set(counts)
    shares = [1 - bad / readings for readings, bad in counts.values()] + [0.0] * len(silent)
    if shares:
        yield of_data(sum(shares) / len(shares))


def _heard_of(sensors: Sequence[Sensor]) -> set[int]:
    """Those of the sensors that have ever read something."""
    readings = Reading.objects.filter(sensor=OuterRef("pk"))
    known = Sensor.objects.filter(Exists(readings), pk__in=[sensor.pk for sensor in sensors])
    return set(known.values_list("pk", flat=True))
