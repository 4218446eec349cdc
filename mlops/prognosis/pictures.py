"""Forecasts as charts: of what sensors will read, and of the life that assets have left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from mlops.prognosis.forecasts import Course
from mlops.prognosis.remaining_life import LifeAhead
from mlops.remaining_life.histories import Values
from sensors.drawing.charts import Chart, draw
from sensors.drawing.pictures import limits_of
from sensors.drawing.ribbons import Ahead
from sensors.models import Asset, Reading, Sensor

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


def life_left_of(asset: Asset, life: LifeAhead) -> Chart:
    """What was foretold of the life left, after each row of this life so far."""
    course = life.course
    known = np.flatnonzero(np.isfinite(course.path.life))
    step = max(1, known.size // STEPS)
    # The last row is what holds now, so it is always shown.
    shown = known[::-1][::step][::-1]

    def curve(hours: Values) -> list[tuple[datetime, float]]:
        return [(course.ends[row], float(hours[row])) for row in shown]

    bands = [
        (curve(low), curve(high))
        for low, high in zip(course.path.low, course.path.high, strict=True)
    ]
    chart = draw(
        f"{asset.tag}: remaining life",
        [],
        unit="h",
        ahead=Ahead(curve(course.path.life), bands),
        zone=asset.site.zone,
    )
    begun = f"{life.started_at.astimezone(asset.site.zone):%d %b %Y %H:%M}"
    return replace(chart, description=f"As it was told since {begun}, now {life}.")
