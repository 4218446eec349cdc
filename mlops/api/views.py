"""Forecasts of sensors and the health of assets."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from mlops.api.queries import ForecastForm
from mlops.api.remaining_life import life_left
from mlops.forecasting.time_to_limit import Outlook
from mlops.health.assets import AssetHealth, health_of
from mlops.prognosis.forecasts import USUAL_HOURS, Course, LimitAhead, Prognosis, prognosis_of
from mlops.prognosis.keeping import covers_of, in_words
from sensors.api.answers import json_answer, not_modified, tag_of, tagged
from sensors.api.assets import SiteForm, asset_named
from sensors.api.authentication import principal
from sensors.api.endpoints import Endpoint
from sensors.api.queries import checked
from sensors.models import Asset, Sensor

OUTLOOKS = {
    Outlook.NOW: "beyond it now",
    Outlook.CROSSING: "crossing foreseen",
    Outlook.NOT_FORESEEN: "no crossing foreseen",
    Outlook.NOT_ENOUGH_DATA: "not enough data",
}


class SensorForecastView(Endpoint):
    """What a sensor will read in the next hours, and when it will pass its limits."""

    def get(self, request: Request, pk: int) -> HttpResponseBase:
        sensor = get_object_or_404(Sensor.objects.visible_to(principal(request)), pk=pk)
        asked = checked(ForecastForm, request)
        prognosis = prognosis_of(sensor, asked["hours"] or USUAL_HOURS)
        return _answer(request, _forecast(sensor, prognosis))


class AssetHealthView(Endpoint):
    """The health index of an asset, with all that took something away."""

    def get(self, request: Request, asset: str) -> HttpResponseBase:
        asked = checked(SiteForm, request)
        found = asset_named(asset, asked["site"], principal(request))
        return _answer(request, _health(found, health_of(found)))


def _answer(request: Request, body: dict[str, Any]) -> HttpResponseBase:
    """The body is small, and hangs on more than readings: it is its own tag."""
    tag = tag_of(request, body)
    return not_modified(request, tag) or tagged(json_answer(body), tag)


def _forecast(sensor: Sensor, prognosis: Prognosis) -> dict[str, Any]:
    course = prognosis.course
    return {
        "sensor_id": sensor.code,
        "unit": sensor.unit,
        "state": "forecast" if course else "not enough data",
        "hours": prognosis.hours,
        "last_value": prognosis.newest_value,
        "last_value_at": prognosis.newest_at,
        "limits": [_limit(limit, prognosis) for limit in prognosis.limits],
        **(_course(sensor, course) if course else dict.fromkeys(OF_COURSE)),
    }


# What a forecast has and the lack of one leaves null.
OF_COURSE = ("method", "from", "to", "resolution", "history", "steps", "cover")


def _course(sensor: Sensor, course: Course) -> dict[str, Any]:
    forecast = course.forecast
    bands = list(zip(forecast.levels, forecast.low, forecast.high, strict=True))
    return {
        "method": forecast.method,
        "from": course.starts_at,
        "to": course.ends_at,
        "resolution": course.resolution.value,
        "history": {"from": course.history_from, "steps": course.history_steps},
        "steps": [
            {
                "timestamp": at,
                "value": float(forecast.point[step]),
                "bands": {
                    _percent(level): [float(low[step]), float(high[step])]
                    for level, low, high in bands
                },
            }
            for step, at in enumerate(course.moments())
        ],
        "cover": _cover(sensor, course),
    }


def _percent(level: float) -> str:
    return f"{level:.0%}".removesuffix("%")


def _cover(sensor: Sensor, course: Course) -> dict[str, Any]:
    """How many values came inside such bands before."""
    counted = {cover.level: cover for cover in covers_of(sensor, course.forecast.method)}
    return {
        _percent(level): in_words(counted[level]) if level in counted else "not enough data"
        for level in course.forecast.levels
    }


def _limit(limit: LimitAhead, prognosis: Prognosis) -> dict[str, Any]:
    """Seconds count from the newest reading, so that an answer holds until the next."""
    return {
        "limit": limit.name,
        "value": limit.value,
        "outlook": OUTLOOKS[limit.outlook],
        "at": limit.at,
        "earliest": limit.earliest,
        "latest": limit.latest,
        "seconds": (limit.at - prognosis.newest_at).total_seconds()
        if limit.at and prognosis.newest_at
        else None,
        "chance": limit.chance,
    }


def _health(asset: Asset, found: AssetHealth) -> dict[str, Any]:
    health = found.health
    return {
        "asset": asset.tag,
        "asset_id": asset.pk,
        "site": asset.site.code,
        "state": "known" if health.is_known else "unknown",
        "index": None if health.index is None else round(health.index, 1),
        "makers": [
            {
                "kind": taken.maker.kind.value,
                "took": round(taken.points, 1),
                "wear": round(taken.maker.wear, 4),
                "reason": taken.maker.reason,
            }
            for taken in health.taken
        ],
        "remaining_life": life_left(found.remaining_life),
        "sensors": found.learning.sensors,
        "sensors_learnt": found.learning.learnt,
    }
