"""Put another value in the place of a stored one: a person's decision, see resolving.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from sensors.history.windows import Window, micros_of, moment_of, windows_over
from sensors.intake.spans import Span
from sensors.intake.validation import FURTHEST_LOOK_BACK, QUALITY_OF_FLAG, grades_of
from sensors.models import ReadingBatch, Sensor

Moment = tuple[int, datetime]  # A sensor's id and a time


@dataclass(frozen=True, slots=True)
class Substitute:
    value: float
    quality: int


def replace_values(substitutes: Mapping[Moment, Substitute]) -> None:
    """Store the substitutes and grade anew what they touch. Needs a transaction.

    The checks look back, so a value counts in the grades of the readings after it too. All
    is written by one statement: it marks the hours of the rollup in one order.
    """
    sensors = Sensor.objects.in_bulk({sensor for sensor, _ in substitutes})
    reach = max((min(s.stuck_after, FURTHEST_LOOK_BACK) for s in sensors.values()), default=0)
    reach = max(reach, 1)
    windows = windows_over(_touched(substitutes, reach), before=reach)
    received = _received({int(pk) for window in windows for pk in np.unique(window.batch_ids)})
    written: list[tuple[Any, ...]] = []
    for window in windows:
        written += _regraded(window, sensors[window.sensor_id], substitutes, received)
    _write(written)


# From each moment to the reading that is `reach` after it.
TOUCHED = """
    SELECT asked.sensor_id, asked.taken_at, coalesce((
        SELECT max(taken_at) FROM (
            SELECT taken_at FROM sensors_reading AS reading
            WHERE reading.sensor_id = asked.sensor_id AND reading.taken_at >= asked.taken_at
            ORDER BY taken_at LIMIT %s
        ) AS following
    ), asked.taken_at)
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS asked (sensor_id, taken_at)
"""


def _touched(moments: Iterable[Moment], reach: int) -> list[Span]:
    columns = [list(column) for column in zip(*moments, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, [reach + 1, *columns])
        return [
            Span(sensor, micros_of(at), micros_of(end)) for sensor, at, end in cursor.fetchall()
        ]


def _received(batches: set[int]) -> dict[int, float]:
    times = ReadingBatch.objects.filter(pk__in=batches).values_list("pk", "received_at")
    return {pk: at.timestamp() for pk, at in times}


def _regraded(
    window: Window,
    sensor: Sensor,
    substitutes: Mapping[Moment, Substitute],
    received: dict[int, float],
) -> list[tuple[Any, ...]]:
    """Rows of the window that are to be written: sensor, time, value, quality, flags."""
    values, quality = window.values.copy(), _declared(window)
    put = np.zeros(values.size, dtype=bool)
    for i in np.flatnonzero(window.is_new):
        substitute = substitutes.get((sensor.pk, moment_of(window.micros[i])))
        if substitute:
            values[i], quality[i], put[i] = substitute.value, substitute.quality, True
    worst, flags = grades_of(replace(window, values=values, quality=quality), sensor, received)
    regraded = (worst != window.quality) | (flags != window.flags)
    return [
        (sensor.pk, moment_of(window.micros[i]), float(values[i]), int(worst[i]), int(flags[i]))
        for i in np.flatnonzero(window.is_new & (put | regraded))
    ]


def _declared(window: Window) -> NDArray[np.int64]:
    """The quality that readings came with: what their flags do not account for.

    Where they do, it is taken for good. It may have been lower, but is not kept apart.
    """
    implied = np.zeros_like(window.quality)
    for flag, quality in QUALITY_OF_FLAG.items():
        hit = (window.flags & flag.value) > 0
        implied = np.where(hit, np.maximum(implied, quality.value), implied)
    return np.where(window.quality > implied, window.quality, 0)


WRITE = """
    UPDATE sensors_reading AS reading
    SET value = put.value, quality = put.quality, flags = put.flags
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::smallint[], %s::smallint[])
        AS put (sensor_id, taken_at, value, quality, flags)
    WHERE reading.sensor_id = put.sensor_id AND reading.taken_at = put.taken_at
"""


def _write(rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [list(column) for column in zip(*rows, strict=True)])
