"""Anomalies as charts: the readings around an episode."""

from __future__ import annotations

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
    sensor = anomaly.sensor
    length = anomaly.last_seen_at - anomaly.started_at
    margin = max(length / 2, (sensor.expected_interval or USUAL_INTERVAL) * CALM)
    believable = Reading.objects.filter(sensor=sensor).believable()
    return draw(
        f"{sensor.code}: {anomaly.get_kind_display().lower()}",
        believable.outline(
            anomaly.started_at - margin, anomaly.last_seen_at + margin / 2, steps=STEPS
        ),
        unit=sensor.unit,
        limits=limits_of(sensor),
        episode=(anomaly.started_at, anomaly.last_seen_at),
        peak=(anomaly.peak_at, anomaly.peak_value),
        zone=sensor.site.zone,
    )
