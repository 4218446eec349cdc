"""Forecasts put aside, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from mlops import tasks
from mlops.models import ForecastCover, KeptForecast
from mlops.prognosis.keeping import GRACE, check_forecasts, covers_of, in_words, keep_forecasts
from sensors.models import Sensor
from tests.factories import MINUTE, NOON, make_history, make_sensor
from tests.races import race

pytestmark = pytest.mark.django_db

HOUR = 60 * MINUTE
OVER = NOON + 24 * HOUR + GRACE


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def make_kept(sensor: Sensor | None = None, **fields: Any) -> KeptForecast:
    """Zero in each of the next 24 hours, give or take 1, 2 and 3."""
    defaults: dict[str, Any] = {
        "method": "ridge",
        "made_at": NOON,
        "starts_at": NOON,
        "ends_at": NOON + 24 * HOUR,
        "levels": [0.5, 0.8, 0.9],
        "point": [0.0] * 24,
        "low": [[-reach] * 24 for reach in (1.0, 2.0, 3.0)],
        "high": [[reach] * 24 for reach in (1.0, 2.0, 3.0)],
    }
    return KeptForecast.objects.create(sensor=sensor or make_sensor(), **defaults | fields)


def counted(sensor: Sensor) -> dict[float, tuple[int, int, int]]:
    return {c.level: (c.inside, c.values, c.forecasts) for c in covers_of(sensor, "ridge")}


def with_history(**fields: Any) -> Sensor:
    sensor = make_sensor(**fields)
    make_history(sensor, [float(n % 24) for n in range(24 * 10)], every=HOUR)
    return sensor


def test_a_sensor_that_reads_has_a_forecast_put_aside() -> None:
    sensor = with_history()

    assert keep_forecasts() == 1

    kept = KeptForecast.objects.get()
    assert (kept.sensor, kept.made_at, kept.checked_at) == (sensor, NOON, None)
    assert (kept.starts_at, kept.ends_at) == (NOON, NOON + 24 * HOUR)
    assert len(kept.point) == len(kept.low[0]) == len(kept.high[2]) == 24
    assert kept.point == pytest.approx([float(n) for n in range(24)], abs=1)


def test_silent_and_retired_sensors_have_none() -> None:
    with_history(retired_at=NOON)
    make_history(make_sensor(), [1.0] * 300, until=NOON - 7 * HOUR, every=HOUR)
    make_sensor()

    assert keep_forecasts() == 0
    assert not KeptForecast.objects.exists()


def test_what_is_put_aside_stays_until_it_is_counted() -> None:
    with_history()
    keep_forecasts()
    before = KeptForecast.objects.values().get()

    assert keep_forecasts() == 0
    assert KeptForecast.objects.values().get() == before

    KeptForecast.objects.update(checked_at=NOON)
    assert keep_forecasts() == 1
    assert KeptForecast.objects.get().checked_at is None


def test_a_sensor_with_too_little_data_is_asked_again_later(clock: Any) -> None:
    sensor = make_sensor()
    make_history(sensor, [1.0] * 30)

    keep_forecasts()

    assert KeptForecast.objects.get().method == ""
    make_history(sensor, [2.0] * 300, until=NOON + 5 * HOUR)
    clock.move_to(NOON + 6 * HOUR - MINUTE)
    assert keep_forecasts() == 0

    clock.move_to(NOON + 6 * HOUR)
    assert keep_forecasts() == 1


def test_those_that_waited_longest_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops.prognosis.keeping.MOST_KEPT", 2)
    sensors = [with_history() for _ in range(3)]
    make_kept(sensors[0], checked_at=NOON, made_at=NOON - HOUR)
    make_kept(sensors[1], checked_at=NOON, made_at=NOON - 2 * HOUR)

    assert keep_forecasts() == 2

    waiting = KeptForecast.objects.exclude(checked_at=None)
    assert [kept.sensor for kept in waiting] == [sensors[0]]


def test_cover_is_counted_on_what_came(clock: Any) -> None:
    sensor = make_kept().sensor
    # Twelve hours at 0.5, six at 1.5, five at 2.5, one far out.
    came = [0.5] * 12 + [1.5] * 6 + [-2.5] * 5 + [99.0]
    make_history(sensor, came, until=OVER - GRACE, every=HOUR)

    clock.move_to(OVER)
    assert check_forecasts() == 1

    assert counted(sensor) == {0.5: (12, 24, 1), 0.8: (18, 24, 1), 0.9: (23, 24, 1)}
    assert [in_words(cover) for cover in covers_of(sensor, "ridge")] == [
        "0.50 of 24",
        "0.75 of 24",
        "0.96 of 24",
    ]


def test_it_is_counted_once(clock: Any) -> None:
    kept = make_kept()
    make_history(kept.sensor, [0.0] * 24, until=OVER - GRACE, every=HOUR)
    clock.move_to(OVER)
    check_forecasts()

    assert check_forecasts() == 0

    assert counted(kept.sensor)[0.9] == (24, 24, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_count_it_once(clock: Any) -> None:
    kept = make_kept()
    make_history(kept.sensor, [0.0] * 24, until=OVER - GRACE, every=HOUR)
    clock.move_to(OVER)

    race(check_forecasts, check_forecasts, check_forecasts)

    assert counted(kept.sensor)[0.9] == (24, 24, 1)


def test_it_waits_for_readings_that_come_late(clock: Any) -> None:
    make_kept()

    clock.move_to(OVER - MINUTE)
    assert check_forecasts() == 0

    clock.move_to(OVER)
    assert check_forecasts() == 1


def test_hours_without_a_reading_are_not_counted(clock: Any) -> None:
    kept = make_kept()
    make_history(kept.sensor, [0.0] * 10, until=NOON + 10 * HOUR, every=HOUR)

    clock.move_to(OVER)
    check_forecasts()

    assert counted(kept.sensor)[0.5] == (10, 10, 1)


def test_of_a_silent_sensor_nothing_is_said(clock: Any) -> None:
    kept = make_kept()

    clock.move_to(OVER)
    check_forecasts()

    kept.refresh_from_db()
    assert kept.checked_at == OVER
    assert not ForecastCover.objects.exists()


def test_counts_add_up_and_bands_that_held_too_little_aim_higher(clock: Any) -> None:
    sensor = make_kept().sensor
    make_history(sensor, [99.0] * 48, until=OVER - GRACE + 24 * HOUR, every=HOUR)
    clock.move_to(OVER)
    check_forecasts()
    start = NOON + 24 * HOUR
    KeptForecast.objects.update(starts_at=start, ends_at=start + 24 * HOUR, checked_at=None)

    clock.move_to(OVER + 24 * HOUR)
    check_forecasts()

    assert counted(sensor)[0.8] == (0, 48, 2)
    aims = dict(ForecastCover.objects.values_list("level", "aim"))
    assert aims == {0.5: pytest.approx(0.55), 0.8: pytest.approx(0.88), 0.9: pytest.approx(0.99)}


def test_minutes_are_held_against_minutes(clock: Any) -> None:
    minute = timedelta(minutes=1)
    kept = make_kept(interval=minute, ends_at=NOON + 24 * minute)
    make_history(kept.sensor, [0.0] * 12 + [99.0] * 12, until=NOON + 24 * minute)

    clock.move_to(NOON + 24 * minute + GRACE)
    check_forecasts()

    assert counted(kept.sensor)[0.9] == (12, 24, 1)


def test_the_tasks_do_both(clock: Any) -> None:
    sensor = with_history()
    tasks.keep_forecasts()
    make_history(sensor, [float(n % 24) for n in range(24)], until=OVER - GRACE, every=HOUR)
    clock.move_to(OVER)

    tasks.check_forecasts()

    assert ForecastCover.objects.filter(sensor=sensor, total=24).count() == 3
