"""What people said of stretches of time: what alarms of a back-test are held against.

A verdict on an anomaly is a label over its span. `confirmed` and `sensor_fault` are faults: an
alarm on either is right, for somebody had to go and look. `false_positive` and
`expected_operation` are time without a fault: an alarm there is wrong. `duplicate` says
nothing that the other anomaly does not, and `inconclusive` nothing at all: they are no labels.
What is learnt from leaves out the first two and all that nobody judged, and takes in the
others, see AnomalyQuerySet.abnormal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from maintenance.models import Anomaly
from mlops.backtesting.judging import Labelled
from sensors.models import Sensor

MOST_LABELS = 200


class Verdict(models.TextChoices):
    """What a person says of a stretch of time. Of the others nothing can be counted."""

    CONFIRMED = "confirmed"
    SENSOR_FAULT = "sensor_fault"
    FALSE_POSITIVE = "false_positive"
    EXPECTED_OPERATION = "expected_operation"


FAULTS = (Verdict.CONFIRMED, Verdict.SENSOR_FAULT)
# Of one question; the latest count.
MOST_VERDICTS = 10_000


class LabelError(ValueError):
    """It cannot be said what a label is of."""


def labelled_for(
    sensors: Sequence[Sensor],
    given: Iterable[Mapping[str, Any]],
    *,
    as_asset: bool,
    start: datetime,
    end: datetime,
) -> list[Labelled]:
    """All that is known of the time of sensors: the one door for what people said.

    Those are the labels that were `given` with the request, as JSON: `from`, `to`,
    `verdict`, and if they are there `sensor`, a code, and `noticed_at`; and the verdicts on
    anomalies between `start` and `end`. Where both are of the same thing at the same time,
    what was given counts: whoever asks may know better by now. A label without a sensor is
    of the asset that all the sensors are of; `as_asset`, each is. Raises LabelError.
    """
    labels = [_labelled(label, sensors, as_asset=as_asset) for label in given]
    judged = _judged(sensors, start, end, as_asset=as_asset)
    return labels + [j for j in judged if not any(_same_time(j, label) for label in labels)]


def _judged(
    sensors: Sequence[Sensor], start: datetime, end: datetime, *, as_asset: bool
) -> list[Labelled]:
    """Verdicts on anomalies; one that is joint, or `as_asset`, is of its asset."""
    assets = {sensor.asset_id for sensor in sensors}
    of_them = Q(sensor__in=[sensor.pk for sensor in sensors])
    of_them |= Q(asset__in=assets) if as_asset else Q(asset__in=assets, is_joint=True)
    found = Anomaly.objects.filter(of_them, verdict__in=Verdict.values, started_at__lt=end)
    found = found.exclude(ended_at__lt=start).order_by("-pk")
    return [_of_anomaly(anomaly, as_asset=as_asset) for anomaly in found[:MOST_VERDICTS]]


def _of_anomaly(anomaly: Anomaly, *, as_asset: bool) -> Labelled:
    of_asset = as_asset or anomaly.is_joint
    return Labelled(
        start=anomaly.started_at,
        end=anomaly.ended_at or anomaly.last_seen_at,
        is_fault=anomaly.verdict in FAULTS,
        sensor_id=None if of_asset else anomaly.sensor_id,
        asset_id=anomaly.asset_id if of_asset else None,
        noticed_at=anomaly.acknowledged_at,
    )


def _same_time(one: Labelled, other: Labelled) -> bool:
    """Whether two labels are of the same thing, and overlap."""
    same = (one.sensor_id, one.asset_id) == (other.sensor_id, other.asset_id)
    return same and one.start <= other.end and other.start <= one.end


def _labelled(label: Mapping[str, Any], sensors: Sequence[Sensor], *, as_asset: bool) -> Labelled:
    sensor_id, asset_id = _of_what(label.get("sensor"), sensors)
    noticed_at = label.get("noticed_at")
    return Labelled(
        start=datetime.fromisoformat(label["from"]),
        end=datetime.fromisoformat(label["to"]),
        is_fault=label["verdict"] in FAULTS,
        sensor_id=None if as_asset else sensor_id,
        asset_id=asset_id if as_asset or sensor_id is None else None,
        noticed_at=datetime.fromisoformat(noticed_at) if noticed_at else None,
    )


def _of_what(code: str | None, sensors: Sequence[Sensor]) -> tuple[int | None, int]:
    """The sensor that a label is of, None for all, and its asset."""
    if code is None:
        assets = {sensor.asset_id for sensor in sensors}
        if len(assets) > 1:
            raise LabelError("The sensors are of several assets: a label has to name its sensor")
        return None, assets.pop()
    for sensor in sensors:
        if sensor.code == code:
            return sensor.pk, sensor.asset_id
    raise LabelError(f"A label names {code[:100]!r}, which is not tried")
