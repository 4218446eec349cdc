"""The new readings of each sensor together with what came just before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Max, Min
from numpy.typing import NDArray

from sensors.models import Reading, ReadingBatch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """One sensor's recent readings in order of time; all arrays have shape (n,).

    `micros` are microseconds since 1970: exact, and a tenth of the cost of datetimes.
    `is_new` marks the readings that the batches in question brought.
    """

    sensor_id: int
    micros: NDArray[np.int64]
    values: NDArray[np.float64]
    quality: NDArray[np.int64]
    flags: NDArray[np.int64]
    batch_ids: NDArray[np.int64]
    is_new: NDArray[np.bool_]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """The times as seconds since 1970."""
        return self.micros / 1e6


def moment_of(micros: int) -> datetime:
    """The datetime of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(micros))


# For each sensor: `before` readings up to its first new one, and all from there to its
# last new one. Both parts walk the primary key.
WINDOWS = """
    SELECT asked.sensor_id, (extract(epoch FROM taken_at) * 1000000)::bigint,
        value, quality, flags, batch_id
    FROM unnest(%(sensors)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
        AS asked (sensor_id, first_at, last_at)
    CROSS JOIN LATERAL (
        (SELECT taken_at, value, quality, flags, batch_id
         FROM sensors_reading
         WHERE sensor_id = asked.sensor_id AND taken_at < asked.first_at
             AND quality <= %(worst)s
         ORDER BY taken_at DESC
         LIMIT %(before)s)
        UNION ALL
        (SELECT taken_at, value, quality, flags, batch_id
         FROM sensors_reading
         WHERE sensor_id = asked.sensor_id
             AND taken_at BETWEEN asked.first_at AND asked.last_at AND quality <= %(worst)s)
    ) AS recent
    ORDER BY 1, 2
"""


def windows_of(
    batches: Sequence[ReadingBatch], *, before: int, worst: int = Reading.Quality.BAD
) -> list[Window]:
    """A window for each sensor of which `batches` stored readings.

    `before` is how many readings to look back; those of a quality beyond `worst` are
    left out.
    """
    brought = Reading.objects.brought_by(batches).order_by().values_list("sensor")
    spans = list(brought.annotate(Min("taken_at"), Max("taken_at")))
    if not spans:
        return []
    sensors, firsts, lasts = (list(column) for column in zip(*spans, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            WINDOWS,
            {
                "sensors": sensors,
                "firsts": firsts,
                "lasts": lasts,
                "before": before,
                "worst": int(worst),
            },
        )
        return _by_sensor(cursor.fetchall(), {batch.pk for batch in batches})


def _by_sensor(rows: list[tuple[Any, ...]], new: set[int]) -> list[Window]:
    if not rows:
        return []
    ids, micros, values, quality, flags, batch_ids = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    is_new = np.isin(batch_ids, list(new))
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    return [
        Window(
            sensor_id=int(ids[start]),
            micros=micros[start:end],
            values=values[start:end].astype(float),
            quality=quality[start:end],
            flags=flags[start:end],
            batch_ids=batch_ids[start:end],
            is_new=is_new[start:end],
        )
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)
    ]
