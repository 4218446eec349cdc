"""Readings as charts. The geometry is in charts.py, the drawing in templates/sensors/."""

from __future__ import annotations

from sensors.charts import Chart, Limit, draw
from sensors.models import Reading, Sensor

LATEST = 500


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
