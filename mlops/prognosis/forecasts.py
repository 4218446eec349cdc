"""What a sensor will read, and when it will pass its limits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from mlops.forecasting.base import Forecast, Forecaster, NotEnoughDataError
from mlops.forecasting.choosing import candidates, choose
from mlops.forecasting.time_to_limit import Outlook, Side, first_crossing
from mlops.models import ForecastCover
from mlops.prognosis.kept import keep, kept
from mlops.prognosis.past import MOST_AHEAD, History, histories_of
from sensors.history.granularity import HOUR, Granularity, floor
from sensors.models import Reading, Sensor

USUAL_HOURS = 24
MOST_HOURS = MOST_AHEAD
# Part of each key of the cache: another number when what is kept there changes its form.
FORM = 1
# A forecast from readings of before says nothing of today.
FRESH = timedelta(hours=6)

SIDES: tuple[tuple[str, Side], ...] = (
    ("alarm_low", "low"),
    ("warning_low", "low"),
    ("warning_high", "high"),
    ("alarm_high", "high"),
)


@dataclass(frozen=True, slots=True)
class Course:
    """A forecast, where in time it lies, and what it was made of."""

    forecast: Forecast
    starts_at: datetime
    resolution: Granularity
    history_from: datetime
    history_steps: int

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.resolution.width * int(self.forecast.point.size)

    def moments(self) -> list[datetime]:
        """When each step begins."""
        steps = range(int(self.forecast.point.size))
        return [self.starts_at + self.resolution.width * step for step in steps]


@dataclass(frozen=True, slots=True)
class LimitAhead:
    """What is foreseen of one limit; `earliest` to `latest` hold the crossing nine times
    of ten, `latest` is None where it may come after the horizon."""

    name: str
    value: float
    outlook: Outlook
    at: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    chance: float | None = None

    @property
    def is_alarm(self) -> bool:
        return self.name.startswith("alarm")


@dataclass(frozen=True, slots=True)
class Prognosis:
    """`course` is None where there is not enough to forecast from."""

    hours: int
    newest_at: datetime | None
    newest_value: float | None
    course: Course | None
    limits: tuple[LimitAhead, ...]

    def is_fresh(self, now: datetime) -> bool:
        """Whether it starts from what the sensor read of late."""
        return self.newest_at is not None and now - self.newest_at <= FRESH


def limits_set(sensor: Sensor) -> list[tuple[str, Side, float]]:
    """The limits that somebody set, from the lowest to the highest."""
    named = ((name, side, getattr(sensor, name)) for name, side in SIDES)
    return [(name, side, value) for name, side, value in named if value is not None]


def prognosis_of(sensor: Sensor, hours: int = USUAL_HOURS) -> Prognosis:
    """The forecast of a sensor from its newest believable reading on.

    Shorter than `hours` where the history is. It is kept for some minutes in the cache;
    without one it is made anew.
    """
    newest = Reading.objects.filter(sensor=sensor).believable().newest(1)
    if not newest:
        return _made(sensor, None, None, hours)
    key = _key(sensor, *newest[0], hours)
    if (prognosis := kept(key)) is None:
        prognosis = _made(sensor, *newest[0], hours)
        keep(key, prognosis)
    return prognosis


def _key(sensor: Sensor, at: datetime, value: float, hours: int) -> str:
    # Being beyond a limit must be told at once, and so must another limit.
    limits = [
        (name, limit, _is_beyond(value, limit, side)) for name, side, limit in limits_set(sensor)
    ]
    told = hashlib.sha256(repr(limits).encode()).hexdigest()[:16]
    return f"prognosis:{FORM}:{sensor.pk}:{floor(at, HOUR).timestamp():.0f}:{hours}:{told}"


def _made(sensor: Sensor, at: datetime | None, value: float | None, hours: int) -> Prognosis:
    found = _chosen(sensor, at, timedelta(hours=hours)) if at else None
    history, forecaster = found or (None, None)
    limits = []
    for name, side, limit in limits_set(sensor):
        if value is not None and _is_beyond(value, limit, side):
            limits.append(LimitAhead(name, limit, Outlook.NOW))
        elif history is None or forecaster is None or value is None or at is None:
            limits.append(LimitAhead(name, limit, Outlook.NOT_ENOUGH_DATA))
        else:
            limits.append(_limit_ahead(name, side, limit, history, forecaster, (at, value)))
    course = _course(sensor, history, forecaster) if history and forecaster else None
    return Prognosis(hours, at, value, course, tuple(limits))


def _chosen(
    sensor: Sensor, newest_at: datetime, wanted: timedelta
) -> tuple[History, Forecaster] | None:
    """The first history from which something can be forecast, and the best forecaster."""
    for history in histories_of(sensor.pk, newest_at, wanted):
        try:
            # Values near the largest that a float holds overflow on the way.
            with np.errstate(all="ignore"):
                forecaster = choose(history.series, candidates(history.ahead)).forecaster
        except NotEnoughDataError:
            continue
        if np.isfinite(forecaster.point_).all():
            return history, forecaster
    return None


def _course(sensor: Sensor, history: History, forecaster: Forecaster) -> Course:
    aims = aims_of(sensor, forecaster.name)
    return Course(
        forecaster.forecast(aims=aims),
        history.ends_at,
        history.resolution,
        history.begins_at,
        int(history.series.values.size),
    )


def aims_of(sensor: Sensor, method: str) -> Mapping[float, float]:
    """Levels to aim at so that as many values come inside as is promised."""
    covers = ForecastCover.objects.filter(sensor=sensor, method=method)
    return dict(covers.values_list("level", "aim"))


def _limit_ahead(
    name: str,
    side: Side,
    limit: float,
    history: History,
    forecaster: Forecaster,
    newest: tuple[datetime, float],
) -> LimitAhead:
    found = first_crossing(forecaster, newest[1], limit, side)
    # A step stands for its middle, and so does the last one known.
    middle = history.ends_at - history.resolution.width / 2

    def moment(seconds: float | None) -> datetime | None:
        if seconds is None:
            return None
        return max(newest[0], middle + timedelta(seconds=seconds))

    if found.outlook is not Outlook.CROSSING:
        return LimitAhead(name, limit, found.outlook, chance=found.chance)
    at, low, high = (moment(seconds) for seconds in (found.seconds, found.low, found.high))
    return LimitAhead(name, limit, found.outlook, at, low, high, found.chance)


def _is_beyond(value: float, limit: float, side: Side) -> bool:
    return value >= limit if side == "high" else value <= limit
