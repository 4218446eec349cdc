"""A small plant to look at: six pumps with four sensors each, and their history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from sensors.files.backfill import store_history
from sensors.intake.decoding import ReadingIn
from sensors.models import Asset, AssetType, Reading, Sensor, Site
from sensors.sample.simulation import readings_of

SITE = "north"
ASSETS = (
    ("P-101", "Feed pump A", Asset.Criticality.HIGH),
    ("P-102", "Feed pump B", Asset.Criticality.MEDIUM),
    ("P-201", "Cooling water pump", Asset.Criticality.CRITICAL),
    ("P-202", "Condensate pump", Asset.Criticality.MEDIUM),
    ("P-301", "Transfer pump", Asset.Criticality.LOW),
    ("P-302", "Dosing pump", Asset.Criticality.HIGH),
)
# Code suffix, kind, unit, and the limits of SIGNALS' healthy values.
SENSORS = (
    ("VIB", "vibration", "mm/s", {"warning_high": 4.5, "alarm_high": 7.1}),
    ("TEMP", "temperature", "°C", {"warning_high": 75.0, "alarm_high": 85.0}),
    ("PRES", "pressure", "bar", {"warning_low": 4.5, "alarm_low": 3.5}),
    ("CURR", "current", "A", {"warning_high": 40.0, "alarm_high": 46.0}),
)
PLAUSIBLE = {
    "vibration": (0.0, 50.0),
    "temperature": (-40.0, 200.0),
    "pressure": (0.0, 40.0),
    "current": (0.0, 200.0),
}
INTERVAL = timedelta(minutes=1)


def create_plant() -> Site:
    """The site with its assets and sensors; what is there already stays as it is."""
    site, _ = Site.objects.get_or_create(code=SITE, defaults={"name": "North plant"})
    pump, _ = AssetType.objects.get_or_create(
        code="centrifugal-pump", defaults={"name": "Centrifugal pump"}
    )
    for tag, name, criticality in ASSETS:
        asset, _ = Asset.objects.get_or_create(
            site=site, tag=tag, defaults={"name": name, "criticality": criticality, "type": pump}
        )
        for suffix, kind, unit, limits in SENSORS:
            low, high = PLAUSIBLE[kind]
            Sensor.objects.get_or_create(
                site=site,
                code=f"{tag}_{suffix}",
                defaults={"asset": asset, "kind": kind, "unit": unit}
                | {"plausible_low": low, "plausible_high": high, "expected_interval": INTERVAL}
                | limits,
            )
    return site


def add_history(site: Site, *, readings: int, until: datetime) -> Iterator[int]:
    """Give each sensor that has none a healthy history of one reading a minute.

    Yields how many readings were stored, sensor by sensor.
    """
    fresh = [
        sensor
        for sensor in site.sensors.exclude(asset__tag=Asset.UNASSIGNED).order_by("pk")
        if not Reading.objects.filter(sensor=sensor).exists()
    ]
    moments = [until - INTERVAL * step for step in range(readings, 0, -1)]
    seconds = np.array([moment.timestamp() for moment in moments])
    for sensor in fresh:
        values = readings_of(sensor.kind, seconds, seed=(sensor.pk, 0))
        batch = store_history(
            site=site,
            source="seed",
            readings=[
                ReadingIn(sensor_id=sensor.code, value=float(value), timestamp=moment)
                for moment, value in zip(moments, values, strict=True)
            ],
            idempotency_key=f"history:{sensor.code}",
            correlation_id=f"seed-{sensor.pk}",
        )
        yield batch.stored


def end_of_history(now: datetime | None = None) -> datetime:
    """Where seeded history ends: two hours back, so that a live stream has room."""
    return (now or datetime.now(UTC)) - timedelta(hours=2)
