"""The new readings of each sensor together with what came just before them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from sensors.models import Reading, ReadingBatch
from sensors.spans import Span, merged

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


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


# For each span: `before` readings up to its first, and all within. Both parts walk the
# primary key.
WINDOWS = """
    SELECT span, asked.sensor_id, (extract(epoch FROM taken_at) * 1000000)::bigint,
        value, quality, flags, batch_id, within
    FROM unnest(%(sensors)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
        WITH ORDINALITY AS asked (sensor_id, first_at, last_at, span)
    CROSS JOIN LATERAL (
        (SELECT taken_at, value, quality, flags, batch_id, false AS within
         FROM sensors_reading
         WHERE sensor_id = asked.sensor_id AND taken_at < asked.first_at
             AND quality <= %(worst)s
         ORDER BY taken_at DESC
         LIMIT %(before)s)
        UNION ALL
        (SELECT taken_at, value, quality, flags, batch_id, true
         FROM sensors_reading
         WHERE sensor_id = asked.sensor_id
             AND taken_at BETWEEN asked.first_at AND asked.last_at AND quality <= %(worst)s)
    ) AS recent
    ORDER BY 1, 3
"""


def windows_of(
    batches: Sequence[ReadingBatch], *, before: int, worst: int = Reading.Quality.BAD
) -> list[Window]:
    """A window for each stretch of readings that `batches` stored, in order of time.

    `before` is how many readings to look back; those of a quality beyond `worst` are
    left out.
    """
    spans = merged(Span(*span) for batch in batches for span in batch.spans)
    return _read(spans, before=before, worst=worst, new={batch.pk for batch in batches})


def windows_over(spans: Iterable[Span], *, before: int) -> list[Window]:
    """A window for each of the spans, those that touch made one; all within is new."""
    return _read(merged(spans), before=before, worst=Reading.Quality.BAD, new=None)


def _read(spans: Sequence[Span], *, before: int, worst: int, new: set[int] | None) -> list[Window]:
    if not spans:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            WINDOWS,
            {
                "sensors": [span.sensor_id for span in spans],
                "firsts": [moment_of(span.first) for span in spans],
                "lasts": [moment_of(span.last) for span in spans],
                "before": before,
                "worst": int(worst),
            },
        )
        return _by_span(cursor.fetchall(), new)


def _by_span(rows: list[tuple[Any, ...]], new: set[int] | None) -> list[Window]:
    if not rows:
        return []
    span, sensor_ids, micros, values, quality, flags, batch_ids, within = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    # Readings of another span of the same batches are past here, and new there.
    is_new = within if new is None else within & np.isin(batch_ids, list(new))
    starts = np.flatnonzero(np.r_[True, span[1:] != span[:-1]])
    windows = [
        Window(
            sensor_id=int(sensor_ids[start]),
            micros=micros[start:end],
            values=values[start:end].astype(float),
            quality=quality[start:end],
            flags=flags[start:end],
            batch_ids=batch_ids[start:end],
            is_new=is_new[start:end],
        )
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)
    ]
    return [window for window in windows if window.is_new.any()]


# A sensor's last values before a moment: what a detector may learn from.
HISTORIES = """
    SELECT array(
        SELECT value FROM sensors_reading
        WHERE sensor_id = asked.sensor_id AND taken_at < asked.before
            AND quality < 2
        ORDER BY taken_at DESC
        LIMIT %(size)s
    )
    FROM unnest(%(sensors)s::bigint[], %(befores)s::timestamptz[])
        WITH ORDINALITY AS asked (sensor_id, before, position)
    ORDER BY position
"""


def histories(asked: Sequence[tuple[int, datetime]], *, size: int) -> list[NDArray[np.float64]]:
    """For each sensor and moment, its last `size` believable values before, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            HISTORIES,
            {
                "sensors": [sensor for sensor, _ in asked],
                "befores": [before for _, before in asked],
                "size": size,
            },
        )
        return [np.array(values[::-1], dtype=float) for (values,) in cursor.fetchall()]
