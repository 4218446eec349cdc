from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from mlops.watching.rows import SECOND, Rows, Wanted, bin_width, closed_before, rows_of
from sensors.history.windows import micros_of
from sensors.models import Reading, Sensor
from tests.factories import NOON, make_asset, make_sensor, make_stored, reading

pytestmark = pytest.mark.django_db


def store(sensor: Sensor, *taken: tuple[float, float]) -> None:
    """Readings of a sensor: seconds after noon, and the value."""
    rows = [reading(sensor, value, after(seconds)) for seconds, value in taken]
    make_stored(sensor.site, *rows)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(sensors: list[Sensor], first: float, before: float, **fields: Any) -> Rows:
    edges = [micros_of(after(seconds)) for seconds in (first, before)]
    ids = [sensor.pk for sensor in sensors]
    [rows] = rows_of([Wanted(ids, 10 * SECOND, *edges)], **{"most": 100} | fields)
    return rows


@pytest.fixture
def pair() -> list[Sensor]:
    asset = make_asset()
    return [make_sensor(asset=asset), make_sensor(asset=asset)]


def test_a_row_has_the_last_reading_of_each_sensor_in_its_bin(pair: list[Sensor]) -> None:
    store(pair[0], (0, 1.0), (9.9, 2.0), (10, 3.0), (31, 4.0))
    store(pair[1], (5, 7.0), (32, 8.0))

    rows = seen(pair, 0, 40)

    np.testing.assert_array_equal(rows.values, [[2, 7], [3, np.nan], [4, 8]])
    assert rows.micros.tolist() == [micros_of(after(s)) for s in (9.9, 10, 32)]
    assert (rows.batch_ids[1] > 0).tolist() == [True, False]


def test_rows_begin_and_end_where_they_are_asked_for(pair: list[Sensor]) -> None:
    store(pair[0], *((second, float(second)) for second in range(0, 60, 10)))

    assert seen(pair, 20, 50).values[:, 0].tolist() == [20, 30, 40]
    assert seen(pair, 20, 50, most=2).values[:, 0].tolist() == [30, 40]
    assert len(seen(pair, 70, 90)) == 0


def test_neither_bad_readings_nor_those_of_wrong_clocks_are_in_rows(pair: list[Sensor]) -> None:
    store(pair[0], (1, 1.0), (2, 2.0), (3, 3.0))
    of_pair = Reading.objects.filter(sensor=pair[0])
    of_pair.filter(value=3).update(quality=Reading.Quality.BAD)
    of_pair.filter(value=2).update(flags=Reading.Flag.FUTURE)

    assert seen(pair, 0, 10).values[:, 0].tolist() == [1]


@pytest.mark.parametrize(("newest", "edge"), [(110, 100), (119, 100), (120, 110)])
def test_the_last_two_bins_are_open(newest: int, edge: int) -> None:
    assert closed_before(newest, width=10) == edge


def test_the_width_of_a_bin_is_the_usual_time_between_readings() -> None:
    asset = make_asset()
    paces = (10.2, 60, 600)
    sensors = [make_sensor(asset=asset) for _ in paces]
    for sensor, pace in zip(sensors, paces, strict=True):
        store(sensor, *((-pace * n, 1.0) for n in range(1, 6)))
    ids = [sensor.pk for sensor in sensors]
    noon = micros_of(NOON)

    assert bin_width(ids, noon) == 60 * SECOND
    assert bin_width(ids[:1], noon) == 10 * SECOND
    assert bin_width([], noon) is None
