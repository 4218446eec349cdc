"""Back-tests as charts: the readings gone through, with the alarms shaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mlops.models import Backtest
from sensors.drawing.charts import Chart, Points, Span, draw
from sensors.drawing.pictures import limits_of
from sensors.models import Reading, Sensor
from sensors.store.reading import TICK

STEPS = 400
# More could not be told apart, nor read out: the words beside the chart name each.
MOST_BANDS = 50


def charts_of(asked: Backtest, *, most: int) -> list[Chart]:
    """One chart for each of the sensors with the most alarms. None before it is done."""
    if not asked.result:
        return []
    by_code: dict[str, list[dict[str, Any]]] = {}
    for alarm in asked.result["alarms"]:
        by_code.setdefault(alarm["sensor_id"], []).append(alarm)
    sensors = list(asked.sensors.select_related("site"))
    sensors.sort(key=lambda sensor: -len(by_code.get(sensor.code, ())))
    return [_picture(asked, sensor, by_code.get(sensor.code, [])) for sensor in sensors[:most]]


def _picture(asked: Backtest, sensor: Sensor, alarms: list[dict[str, Any]]) -> Chart:
    worst = max(alarms, key=lambda alarm: alarm["peak_score"], default=None)
    # At the end of a silence there is a score and no value.
    peaked = worst is not None and worst["peak_value"] is not None
    return draw(
        f"{sensor.code}: {asked.detector}",
        _course(asked, sensor),
        unit=sensor.unit,
        limits=limits_of(sensor),
        episodes=[_span(alarm) for alarm in alarms[:MOST_BANDS]],
        peak=(_moment(worst["peak_at"]), worst["peak_value"]) if worst and peaked else None,
        zone=sensor.site.zone,
    )


def _course(asked: Backtest, sensor: Sensor) -> Points:
    """The readings gone through, in as many steps as the picture has, however few they are."""
    believable = Reading.objects.filter(sensor=sensor).believable()
    moments = believable.between(asked.start, asked.end).values_list("taken_at", flat=True)
    first, last = moments.order_by("taken_at").first(), moments.order_by("-taken_at").first()
    if first is None or last is None:
        return []
    return believable.outline(first, last + TICK, steps=STEPS)


def _span(alarm: dict[str, Any]) -> Span:
    return _moment(alarm["started_at"]), _moment(alarm["last_at"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
