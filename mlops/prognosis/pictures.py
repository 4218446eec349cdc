"""Forecasts as charts: what was read, what is expected, and the limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mlops.prognosis.forecasts import Course
from sensors.drawing.charts import Chart, draw
from sensors.drawing.pictures import limits_of
from sensors.drawing.ribbons import Ahead
from sensors.models import Reading, Sensor

STEPS = 300
# How many times as long as the forecast the past is shown.
PAST = 2


def ahead_of(sensor: Sensor, course: Course, newest_at: datetime) -> Chart:
    """The believable readings of late, and the forecast with its bands from there on."""
    since = course.starts_at - PAST * (course.ends_at - course.starts_at)
    readings = Reading.objects.filter(sensor=sensor).believable()
    hours = (course.ends_at - course.starts_at) / timedelta(hours=1)
    return draw(
        f"{sensor.code}: forecast of {hours:.3g} h",
        readings.outline(since, newest_at + timedelta(microseconds=1), steps=STEPS),
        unit=sensor.unit,
        limits=limits_of(sensor),
        ahead=_ahead(course),
        zone=sensor.site.zone,
    )


def _ahead(course: Course) -> Ahead:
    """A step is drawn at its middle, since its value is a mean."""
    forecast = course.forecast
    middles = [moment + course.resolution.width / 2 for moment in course.moments()]

    def curve(values: Sequence[float]) -> list[tuple[datetime, float]]:
        return list(zip(middles, values, strict=True))

    bands = zip(forecast.low.tolist(), forecast.high.tolist(), strict=True)
    return Ahead(
        curve(forecast.point.tolist()), [(curve(low), curve(high)) for low, high in bands]
    )
