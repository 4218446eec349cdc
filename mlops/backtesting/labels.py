"""What people said of stretches of time: what alarms of a back-test are held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models

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


class LabelError(ValueError):
    """It cannot be said what a label is of."""


def labelled_for(
    sensors: Sequence[Sensor], given: Iterable[Mapping[str, Any]], *, as_asset: bool
) -> list[Labelled]:
    """All that is known of the time of sensors: the one door for what people said.

    Today those are the labels that were `given` with the request, as JSON: `from`, `to`,
    `verdict`, and if they are there `sensor`, a code, and `noticed_at`. Verdicts on
    anomalies and work orders belong here too. One without a sensor is of the asset that
    all the sensors are of; `as_asset`, each is. Raises LabelError.
    """
    return [_labelled(label, sensors, as_asset=as_asset) for label in given]


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
