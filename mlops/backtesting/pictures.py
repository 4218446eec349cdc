"""Back-tests as charts: the readings gone through, with the alarms shaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from mlops.backtesting.results import by_setting, setting_in_words
from mlops.models import Backtest
from sensors.drawing.charts import Chart, Points, Span, draw
from sensors.drawing.pictures import limits_of
from sensors.models import Reading, Sensor
from sensors.store.reading import TICK

STEPS = 400
# More could not be told apart, nor read out: the words beside the chart name each.
MOST_BANDS = 50


def charts_of(asked: Backtest, *, most: int) -> list[Chart]:
    """One chart for each of the sensors with the most alarms; of several settings, one for
    each on the sensor with the most. None before it is done."""
    if not asked.result:
        return []
    outcomes = by_setting(asked.result)
    sensors = list(asked.sensors.select_related("site"))
    alarms = [alarm for outcome in outcomes for alarm in outcome["alarms"]]
    weights = {sensor.pk: sum(_share(alarm, sensor) for alarm in alarms) for sensor in sensors}
    sensors.sort(key=lambda sensor: (-weights[sensor.pk], sensor.code))
    return list(islice(_pictures(asked, sensors, outcomes), most))


def _pictures(
    asked: Backtest, sensors: Sequence[Sensor], outcomes: Sequence[dict[str, Any]]
) -> Iterator[Chart]:
    if len(outcomes) == 1:
        for sensor in sensors:
            title = f"{sensor.code}: {asked.detector}"
            yield _picture(title, sensor, _course(asked, sensor), outcomes[0])
        return
    for sensor in sensors[:1]:
        course = _course(asked, sensor)
        for outcome in outcomes:
            title = f"{sensor.code}: {asked.detector}, {setting_in_words(outcome)}"
            yield _picture(title, sensor, course, outcome)


def _picture(title: str, sensor: Sensor, course: Points, outcome: dict[str, Any]) -> Chart:
    alarms = [alarm for alarm in outcome["alarms"] if alarm["sensor_id"] in (None, sensor.code)]
    worst = max(alarms, key=lambda alarm: alarm["peak_score"], default=None)
    # At the end of a silence there is a score and no value; that of an asset is of the
    # sensor that had most to do with it.
    peaked = worst is not None and worst["peak_value"] is not None and worst["sensor_id"]
    return draw(
        title,
        course,
        unit=sensor.unit,
        limits=limits_of(sensor),
        episodes=[_span(alarm) for alarm in alarms[:MOST_BANDS]],
        stood=[
            (_moment(start), _moment(end))
            for standing in outcome.get("stood", ())
            if standing["sensor_id"] == sensor.code
            for start, end in standing["spans"]
        ],
        peak=(_moment(worst["peak_at"]), worst["peak_value"]) if worst and peaked else None,
        zone=sensor.site.zone,
    )


def _share(alarm: dict[str, Any], sensor: Sensor) -> float:
    """How much of an alarm is of a sensor."""
    if alarm["sensor_id"] is None:
        return float(alarm["contributions"].get(sensor.code, 0.0))
    return float(alarm["sensor_id"] == sensor.code)


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
