"""Grade the readings of batches with the checks in quality.py. Drops none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from sensors import quality
from sensors.history.windows import Window, moment_of, windows_of
from sensors.models import Reading, ReadingBatch, Sensor

Flag = Reading.Flag
Quality = Reading.Quality

# What a flag makes of the quality. A gap says nothing against the reading after it.
QUALITY_OF_FLAG = {
    Flag.OUT_OF_RANGE: Quality.BAD,
    Flag.STUCK: Quality.UNCERTAIN,
    Flag.JUMP: Quality.UNCERTAIN,
    Flag.AFTER_GAP: Quality.GOOD,
    Flag.FUTURE: Quality.UNCERTAIN,
}

# Runs of equal values longer than this are not looked for, however a sensor is set.
FURTHEST_LOOK_BACK = 1_000

Regraded = tuple[int, datetime, int, int]


def grade_readings(batches: Sequence[ReadingBatch]) -> None:
    """Lower the quality of readings that do not look right, and say why in their flags."""
    sensors = Sensor.objects.in_bulk({pk for batch in batches for pk in batch.sensor_ids})
    longest_run = max((sensor.stuck_after for sensor in sensors.values()), default=0)
    windows = windows_of(batches, before=min(max(longest_run, 1), FURTHEST_LOOK_BACK))
    received = {batch.pk: batch.received_at.timestamp() for batch in batches}
    regraded: list[Regraded] = []
    for window in windows:
        regraded += _regrade(window, sensors[window.sensor_id], received)
    _write(regraded)


def _regrade(window: Window, sensor: Sensor, received: dict[int, float]) -> list[Regraded]:
    worst, flags = grades_of(window, sensor, received)
    changed = window.is_new & ((flags != window.flags) | (worst != window.quality))
    return [
        (sensor.pk, moment_of(window.micros[i]), int(worst[i]), int(flags[i]))
        for i in np.flatnonzero(changed)
    ]


def grades_of(
    window: Window, sensor: Sensor, received: dict[int, float]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The quality and the flags of a window's readings; `received` is by batch, in seconds."""
    flags, worst = np.zeros_like(window.flags), window.quality
    for flag, hits in _check(window, sensor, received).items():
        flags = flags + np.where(hits, flag.value, 0)
        worst = np.where(hits, np.maximum(worst, QUALITY_OF_FLAG[flag].value), worst)
    return worst, flags


def _check(
    window: Window, sensor: Sensor, received: dict[int, float]
) -> dict[Flag, NDArray[np.bool_]]:
    seconds, values = window.seconds, window.values
    interval = sensor.expected_interval
    # Readings from before were graded by their own run: infinity keeps them out.
    arrival = np.array([received.get(int(batch), np.inf) for batch in window.batch_ids])
    tolerance = settings.CLOCK_TOLERANCE.total_seconds()
    return {
        Flag.OUT_OF_RANGE: quality.out_of_range(
            values, sensor.plausible_low, sensor.plausible_high
        ),
        Flag.STUCK: quality.stuck(values, sensor.stuck_after),
        Flag.JUMP: quality.jumped(values, sensor.largest_jump),
        Flag.AFTER_GAP: quality.after_gap(seconds, interval.total_seconds() if interval else None),
        Flag.FUTURE: quality.ahead(seconds, arrival, tolerance),
    }


REGRADE = """
    UPDATE sensors_reading AS reading
    SET quality = graded.quality, flags = graded.flags
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::smallint[], %s::smallint[])
        AS graded (sensor_id, taken_at, quality, flags)
    WHERE reading.sensor_id = graded.sensor_id AND reading.taken_at = graded.taken_at
"""


def _write(regraded: Sequence[Regraded]) -> None:
    if not regraded:
        return
    with connection.cursor() as cursor:
        cursor.execute(REGRADE, [list(column) for column in zip(*regraded, strict=True)])
