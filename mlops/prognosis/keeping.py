"""Put forecasts aside and count, when their time is over, how many values they held."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from mlops.forecasting.base import Forecast
from mlops.forecasting.conformal import AdaptiveLevels
from mlops.forecasting.coverage import Cover, CoverageMonitor
from mlops.models import ForecastCover, KeptForecast
from mlops.prognosis.forecasts import FRESH, prognosis_of
from mlops.prognosis.past import steps_of
from sensors.models import Reading, Sensor

logger = logging.getLogger(__name__)

MOST_KEPT, MOST_CHECKED = 100, 200
# Readings come late, by gateways that gather them: what came true is looked at so much later.
GRACE = timedelta(hours=1)
# A sensor with too little data is asked again so much later.
ASK_AGAIN = timedelta(hours=6)


def keep_forecasts() -> int:
    """Put a forecast aside for sensors that read something of late and have none.

    Those that waited longest come first. Says for how many there was enough data.
    """
    now = timezone.now()
    return sum(_keep_forecast(sensor, now) for sensor in _waiting(now)[:MOST_KEPT])


def _waiting(now: datetime) -> list[Sensor]:
    of_late = Reading.objects.filter(
        sensor=OuterRef("pk"), taken_at__gte=now - FRESH, taken_at__lte=now
    )
    none_yet = Q(kept_forecast=None)
    counted = ~Q(kept_forecast__method="") & ~Q(kept_forecast__checked_at=None)
    too_little = Q(kept_forecast__method="", kept_forecast__made_at__lte=now - ASK_AGAIN)
    waiting = Sensor.objects.active().filter(none_yet | counted | too_little)
    oldest_first = waiting.order_by(F("kept_forecast__made_at").asc(nulls_first=True), "pk")
    return list(oldest_first.filter(Exists(of_late))[:MOST_KEPT])


def _keep_forecast(sensor: Sensor, now: datetime) -> bool:
    course = prognosis_of(sensor).course
    kept = {"made_at": now, "method": "", "starts_at": now, "ends_at": now, "checked_at": now}
    kept |= {"levels": [], "point": [], "low": [], "high": []}
    if course:
        kept |= {
            "method": course.forecast.method,
            "starts_at": course.starts_at,
            "ends_at": course.ends_at,
            "interval": course.resolution.width,
            "levels": list(course.forecast.levels),
            "point": course.forecast.point.tolist(),
            "low": course.forecast.low.tolist(),
            "high": course.forecast.high.tolist(),
            "checked_at": None,
        }
    KeptForecast.objects.update_or_create(sensor=sensor, defaults=kept)
    return course is not None


def check_forecasts() -> int:
    """Compare forecasts whose time is over with what came. Says how many there were."""
    over = KeptForecast.objects.over(timezone.now() - GRACE)
    return sum(_check(pk) for pk in list(over.values_list("pk", flat=True)[:MOST_CHECKED]))


@transaction.atomic
def _check(pk: int) -> bool:
    """Count it once, whoever else is at it."""
    unchecked = KeptForecast.objects.filter(checked_at=None).select_for_update(skip_locked=True)
    kept = unchecked.filter(pk=pk).first()
    if kept is None:
        return False
    actual = steps_of(kept.sensor_id, kept.starts_at, kept.ends_at, kept.interval)
    seen = CoverageMonitor().seen(forecast_of(kept), actual)
    _add(kept, list(seen.covers.values()))
    kept.checked_at = timezone.now()
    kept.save(update_fields=["checked_at"])
    return True


def forecast_of(kept: KeptForecast) -> Forecast:
    """As it was before it was put aside."""
    return Forecast(
        kept.method,
        np.array(kept.point),
        tuple(kept.levels),
        np.array(kept.low),
        np.array(kept.high),
        kept.interval.total_seconds(),
    )


def _add(kept: KeptForecast, seen: list[Cover]) -> None:
    """Add to the counts, and aim higher or lower from now on."""
    of_method = ForecastCover.objects.filter(sensor=kept.sensor_id, method=kept.method)
    aims = {cover.level: cover.level for cover in seen}
    aims |= dict(of_method.values_list("level", "aim"))
    shares = {cover.level: cover.share for cover in seen if cover.share is not None}
    aimed = AdaptiveLevels(aims).seen(shares).aims
    for cover in seen:
        if not cover.values:
            continue
        row, _ = of_method.get_or_create(
            sensor_id=kept.sensor_id,
            method=kept.method,
            level=cover.level,
            defaults={"aim": cover.level},
        )
        ForecastCover.objects.filter(pk=row.pk).update(
            inside=F("inside") + cover.inside,
            total=F("total") + cover.values,
            forecasts=F("forecasts") + cover.forecasts,
            aim=aimed[cover.level],
        )


def covers_of(sensor: Sensor, method: str) -> list[Cover]:
    """What has been counted of a method at a sensor, by level."""
    counted = ForecastCover.objects.filter(sensor=sensor, method=method).order_by("level")
    return [Cover(row.level, row.inside, row.total, row.forecasts) for row in counted]


def in_words(cover: Cover) -> str:
    """As measured, such as "0.91 of 240"; nothing is claimed of nothing.

    >>> in_words(Cover(0.9, 218, 240, 10))
    '0.91 of 240'
    >>> in_words(Cover(0.9))
    'not enough data'
    """
    if cover.share is None:
        return "not enough data"
    return f"{cover.share:.2f} of {cover.values}"
