"""Anomalies as charts: the readings around the episodes of a sensor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from maintenance.models import Anomaly
from sensors.charts import Chart, draw
from sensors.models import Reading
from sensors.pictures import limits_of

STEPS = 400
# How much calm is shown before an episode, at least, in readings.
CALM = 40
USUAL_INTERVAL = timedelta(minutes=1)


def around(anomaly: Anomaly) -> Chart:
    """The believable readings from some time before the episode until a bit after it."""
    return _picture([anomaly])


def by_sensor(anomalies: Iterable[Anomaly], *, most: int) -> list[Chart]:
    """One chart for each of the sensors that come first, with all of its episodes."""
    grouped: dict[int, list[Anomaly]] = {}
    for anomaly in anomalies:
        grouped.setdefault(anomaly.sensor_id, []).append(anomaly)
    return [_picture(group) for group in list(grouped.values())[:most]]


def _picture(anomalies: Sequence[Anomaly]) -> Chart:
    """The episodes of one sensor; the peak is that of the first."""
    first = anomalies[0]
    sensor = first.sensor
    start = min(anomaly.started_at for anomaly in anomalies)
    end = max(anomaly.last_seen_at for anomaly in anomalies)
    margin = max((end - start) / 2, (sensor.expected_interval or USUAL_INTERVAL) * CALM)
    believable = Reading.objects.filter(sensor=sensor).believable()
    kinds = dict.fromkeys(anomaly.get_kind_display().lower() for anomaly in anomalies)
    return draw(
        f"{sensor.code}: {', '.join(kinds)}",
        believable.outline(start - margin, end + margin / 2, steps=STEPS),
        unit=sensor.unit,
        limits=limits_of(sensor),
        episodes=[(anomaly.started_at, anomaly.last_seen_at) for anomaly in anomalies],
        peak=(first.peak_at, first.peak_value),
        zone=sensor.site.zone,
    )
