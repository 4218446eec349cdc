"""Readings as charts. The geometry is in charts.py, the drawing in templates/sensors/."""

from __future__ import annotations

from sensors.drawing.charts import Chart, Limit, draw
from sensors.models import Reading, ReadingConflict, Sensor

LATEST = 500
# On each side of a conflict.
NEIGHBOURS = 60


def limits_of(sensor: Sensor) -> list[Limit]:
    named = (
        ("alarm", sensor.alarm_low),
        ("warning", sensor.warning_low),
        ("warning", sensor.warning_high),
        ("alarm", sensor.alarm_high),
    )
    return [Limit(level, value) for level, value in named if value is not None]


def latest_readings(sensor: Sensor) -> Chart:
    """The last believable readings of a sensor."""
    readings = Reading.objects.filter(sensor=sensor).believable().newest(LATEST)
    title = f"{sensor.code}: last {len(readings)} readings" if readings else sensor.code
    return draw(title, readings, unit=sensor.unit, limits=limits_of(sensor), zone=sensor.site.zone)


def around(conflict: ReadingConflict) -> Chart:
    """The readings around a conflict, believable or not, and what is offered instead."""
    sensor, at = conflict.sensor, conflict.taken_at
    readings = Reading.objects.filter(sensor=sensor)
    before = readings.filter(taken_at__lte=at).newest(NEIGHBOURS)
    after = readings.filter(taken_at__gt=at).order_by("taken_at")
    return draw(
        f"{sensor.code}: what is stored, and the offered value",
        [*before, *after.values_list("taken_at", "value")[:NEIGHBOURS]],
        unit=sensor.unit,
        limits=limits_of(sensor),
        peak=(at, conflict.offered_value),
        called="offered",
        zone=sensor.site.zone,
    )
