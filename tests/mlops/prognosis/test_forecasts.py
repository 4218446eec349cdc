"""Forecasts of what is stored, made of sensors with known courses."""

from __future__ import annotations

from datetime import timedelta
from pickle import UnpicklingError
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import time_machine
from django.core.cache import cache
from redis.exceptions import ConnectionError as CacheAway

from mlops.forecasting.time_to_limit import Outlook
from mlops.models import ForecastCover
from mlops.prognosis.forecasts import LimitAhead, Prognosis, prognosis_of
from sensors.models import Reading, Sensor
from sensors.store.upkeep import refresh_hours
from tests.factories import MINUTE, NOON, make_history, make_sensor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon", "empty_cache")]

HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.fixture
def at_noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def empty_cache() -> None:
    cache.clear()


def daily(hours: int, rise: float = 0.0, noise: float = 0.3) -> list[float]:
    """A wave a day around 50, rising by so much an hour."""
    steps = np.arange(hours)
    wave = 50 + 5 * np.sin(2 * np.pi * steps / 24) + rise * steps
    return (wave + np.random.default_rng(7).normal(0, noise, hours)).tolist()


def limits_of(prognosis: Prognosis) -> dict[str, LimitAhead]:
    return {limit.name: limit for limit in prognosis.limits}


@pytest.mark.parametrize("kept", [True, False])
def test_a_daily_wave_goes_on_within_its_bands(kept: bool) -> None:
    sensor = make_sensor()
    values = daily(24 * 29)
    make_history(sensor, values[: 24 * 28], every=HOUR)
    if kept:
        refresh_hours()

    course = prognosis_of(sensor).course

    assert course is not None
    assert (course.resolution, course.starts_at) == ("1h", NOON)
    assert (course.ends_at, course.history_steps) == (NOON + DAY, 24 * 28)
    truth = np.array(values[24 * 28 :])
    assert np.abs(course.forecast.point - truth).mean() < 1
    low, high = course.forecast.band(0.9)
    assert ((low <= truth) & (truth <= high)).mean() > 0.7
    widths = course.forecast.high - course.forecast.low
    assert (np.diff(widths, axis=0) >= 0).all()


@pytest.mark.parametrize("hours", [1, 24, 100])
def test_the_horizon_is_what_is_asked_for(hours: int) -> None:
    sensor = make_sensor()
    make_history(sensor, daily(24 * 28), every=HOUR)

    course = prognosis_of(sensor, hours).course

    assert course is not None
    assert course.ends_at - course.starts_at == hours * HOUR


@pytest.mark.parametrize(
    ("readings", "every", "resolution", "ahead"),
    [
        (24 * 6, HOUR, "1h", DAY),
        (4 * 24 * 60, MINUTE, "10m", DAY),
        (2 * 24 * 60, MINUTE, "10m", 76 * 10 * MINUTE),
        (6 * 60, MINUTE, "1m", 100 * MINUTE),
    ],
)
def test_a_short_history_is_taken_more_finely(
    readings: int, every: timedelta, resolution: str, ahead: timedelta
) -> None:
    sensor = make_sensor()
    make_history(sensor, daily(readings), every=every)

    course = prognosis_of(sensor).course

    assert course is not None
    assert course.resolution == resolution
    assert course.ends_at - course.starts_at == ahead


@pytest.mark.parametrize("readings", [0, 1, 60])
def test_too_little_is_said_to_be_so(readings: int) -> None:
    sensor = make_sensor(alarm_high=1000)
    make_history(sensor, daily(readings))

    prognosis = prognosis_of(sensor)

    assert prognosis.course is None
    assert limits_of(prognosis)["alarm_high"].outlook == Outlook.NOT_ENOUGH_DATA


def test_the_time_to_a_limit_is_that_of_the_trend() -> None:
    sensor = make_sensor(warning_high=90, alarm_high=96, alarm_low=0)
    # One more each two hours: 90 after 20 hours, 96 after 32.
    steps = np.arange(24 * 10)
    values = 80 - 0.5 * (steps.size - 1 - steps) + np.random.default_rng(1).normal(0, 0.2, 240)
    make_history(sensor, values.tolist(), every=HOUR)

    limits = limits_of(prognosis_of(sensor, 48))

    for name, hours in (("warning_high", 20), ("alarm_high", 32)):
        limit = limits[name]
        assert limit.outlook == Outlook.CROSSING
        assert limit.at and limit.earliest and limit.latest
        assert abs(limit.at - (NOON - HOUR / 2 + hours * HOUR)) < 2 * HOUR
        assert limit.earliest <= limit.at <= limit.latest
        assert limit.chance == 1
    assert limits["alarm_low"].outlook == Outlook.NOT_FORESEEN
    assert limits["alarm_low"].chance == 0


def test_a_calm_sensor_is_not_foreseen_to_cross() -> None:
    sensor = make_sensor(alarm_high=90)
    make_history(sensor, daily(24 * 28), every=HOUR)

    limit = limits_of(prognosis_of(sensor))["alarm_high"]

    assert (limit.outlook, limit.at) == (Outlook.NOT_FORESEEN, None)


def test_what_is_beyond_a_limit_is_beyond_it_even_with_one_reading() -> None:
    sensor = make_sensor(warning_low=10, warning_high=60, alarm_high=90)
    make_history(sensor, [90.0])

    outlooks = {name: limit.outlook for name, limit in limits_of(prognosis_of(sensor)).items()}

    assert outlooks == {
        "warning_low": Outlook.NOT_ENOUGH_DATA,
        "warning_high": Outlook.NOW,
        "alarm_high": Outlook.NOW,
    }


def test_readings_that_are_not_believed_are_not_learnt_from() -> None:
    sensor = make_sensor(alarm_high=90)
    make_history(sensor, daily(24 * 28), every=HOUR)
    make_history(sensor, [1e9] * 30)
    sensor.readings.filter(value=1e9).update(quality=Reading.Quality.BAD)

    prognosis = prognosis_of(sensor)

    assert prognosis.newest_at == NOON - HOUR
    assert prognosis.course is not None
    assert prognosis.course.forecast.high.max() < 70


@pytest.mark.parametrize("value", [1e100, -1e100, 1e300, 1.7e308])
def test_values_near_the_end_of_floats_break_nothing(value: float) -> None:
    sensor = make_sensor(alarm_high=1e5, alarm_low=-1e5)
    make_history(sensor, [*daily(24 * 28), value], every=HOUR)

    prognosis = prognosis_of(sensor)

    side = "alarm_high" if value > 0 else "alarm_low"
    assert limits_of(prognosis)[side].outlook == Outlook.NOW


def test_a_sensor_that_fell_silent_is_forecast_from_its_last_reading() -> None:
    sensor = make_sensor()
    make_history(sensor, daily(24 * 28), until=NOON - 100 * DAY, every=HOUR)

    prognosis = prognosis_of(sensor)

    assert prognosis.course is not None
    assert prognosis.course.starts_at == NOON - 100 * DAY
    assert not prognosis.is_fresh(NOON)


def test_an_hour_that_has_only_begun_is_left_out() -> None:
    sensor = make_sensor()
    make_history(sensor, daily(24 * 60 * 6))
    make_history(sensor, [500.0], until=NOON + 2 * MINUTE)

    course = prognosis_of(sensor).course

    assert course is not None
    assert course.starts_at == NOON
    assert course.forecast.point.max() < 100


def test_a_forecast_is_made_once_and_kept() -> None:
    sensor = make_sensor(alarm_high=90)
    make_history(sensor, daily(24 * 28), every=HOUR)
    prognosis_of(sensor)

    with patch("mlops.prognosis.forecasts.choose") as choose:
        again = prognosis_of(sensor)

    assert not choose.called
    assert again.course is not None


@pytest.mark.parametrize("change", ["hour", "limit", "horizon"])
def test_another_question_is_answered_anew(change: str) -> None:
    sensor = make_sensor(alarm_high=90)
    make_history(sensor, daily(24 * 28), every=HOUR)
    first = prognosis_of(sensor)
    if change == "hour":
        make_history(sensor, [50.0], until=NOON + HOUR, every=HOUR)
    if change == "limit":
        sensor.alarm_high = 51

    again = prognosis_of(sensor, 12 if change == "horizon" else 24)

    assert again.limits != first.limits or again.hours != 24 or again.newest_at == NOON


def test_a_value_beyond_the_limit_is_told_at_once() -> None:
    sensor = make_sensor(alarm_high=90)
    make_history(sensor, daily(24 * 28), until=NOON - 5 * MINUTE, every=HOUR)
    assert limits_of(prognosis_of(sensor))["alarm_high"].outlook == Outlook.NOT_FORESEEN

    make_history(sensor, [95.0], until=NOON - MINUTE)

    assert limits_of(prognosis_of(sensor))["alarm_high"].outlook == Outlook.NOW


@pytest.mark.parametrize("trouble", [CacheAway, AttributeError, UnpicklingError])
@patch("mlops.prognosis.kept.cache.set", side_effect=CacheAway)
@patch("mlops.prognosis.kept.cache.get")
def test_the_cache_may_be_away_or_unreadable(get: Any, put: Any, trouble: type[Exception]) -> None:
    get.side_effect = trouble
    sensor = make_sensor()
    make_history(sensor, daily(24 * 28), every=HOUR)

    assert prognosis_of(sensor).course is not None
    assert get.called
    assert put.called


def test_bands_are_as_wide_as_cover_asks_for() -> None:
    sensor = make_sensor()
    make_history(sensor, daily(24 * 28), every=HOUR)
    usual = prognosis_of(sensor).course
    assert usual is not None
    ForecastCover.objects.create(
        sensor=sensor, method=usual.forecast.method, level=0.5, aim=0.85, total=10
    )
    cache.clear()

    wider = prognosis_of(sensor).course

    assert wider is not None
    assert (wider.forecast.band(0.5)[1] >= wider.forecast.band(0.8)[1]).all()
    assert (wider.forecast.point == usual.forecast.point).all()


def test_another_sensor_has_no_part_in_it() -> None:
    sensor, other = make_sensor(), make_sensor()
    make_history(sensor, daily(24 * 28), every=HOUR)
    make_history(other, [1000 + value for value in daily(24 * 28)], every=HOUR)

    course = prognosis_of(Sensor.objects.get(pk=sensor.pk)).course

    assert course is not None
    assert course.forecast.point.max() < 70
