"""The new readings of each sensor together with what came just before them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from sensors.intake.spans import Span, merged
from sensors.models import Reading, ReadingBatch

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


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970 of a datetime, exactly."""
    return (moment - EPOCH) // MICROSECOND


# For each span: `before` readings up to its first, and all within. Both parts walk the
# primary key. Readings of another span of the same batches are past here, and new there.
# One row for each span: a row for each reading takes ten times as long to load.
WINDOWS = """
    SELECT sensor_id, micros, values, quality, flags, batch_ids, is_new
    FROM unnest(%(sensors)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
        WITH ORDINALITY AS asked (sensor_id, first_at, last_at, span)
    CROSS JOIN LATERAL (
        SELECT array_agg((extract(epoch FROM taken_at) * 1000000)::bigint) AS micros,
            array_agg(value) AS values, array_agg(quality) AS quality,
            array_agg(flags) AS flags, array_agg(batch_id) AS batch_ids,
            array_agg(within AND (%(new)s::bigint[] IS NULL OR batch_id = ANY (%(new)s)))
                AS is_new
        FROM (
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
                 AND taken_at BETWEEN asked.first_at AND asked.last_at
                 AND quality <= %(worst)s)
            ORDER BY taken_at
        ) AS recent
    ) AS found
    WHERE micros IS NOT NULL
    ORDER BY span
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


def windows_around(spans: Iterable[Span], *, before: int) -> list[Window]:
    """The believable readings over the spans and up to `before` of them ahead of each.

    Here a window may have nothing within its span, only what came before.
    """
    return _found(merged(spans), before=before, worst=Reading.Quality.UNCERTAIN, new=None)


def _read(spans: Sequence[Span], *, before: int, worst: int, new: set[int] | None) -> list[Window]:
    windows = _found(spans, before=before, worst=worst, new=new)
    return [window for window in windows if window.is_new.any()]


def _found(
    spans: Sequence[Span], *, before: int, worst: int, new: set[int] | None
) -> list[Window]:
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
                "new": None if new is None else list(new),
            },
        )
        return [_window(row) for row in cursor.fetchall()]


def _window(row: tuple[Any, ...]) -> Window:
    sensor_id, micros, values, quality, flags, batch_ids, is_new = row
    return Window(
        sensor_id=sensor_id,
        micros=np.array(micros, dtype=np.int64),
        values=np.array(values, dtype=float),
        quality=np.array(quality),
        flags=np.array(flags),
        batch_ids=np.array(batch_ids),
        is_new=np.array(is_new),
    )


@dataclass(frozen=True, slots=True)
class Past:
    """Which believable readings of a sensor are asked for: after one moment, before another.

    Microseconds since 1970, both excluded; None for however far back.
    """

    sensor_id: int
    after: int | None
    before: int


PASTS = """
    SELECT array_agg((extract(epoch FROM taken_at) * 1000000)::bigint ORDER BY taken_at),
        array_agg(value ORDER BY taken_at)
    FROM unnest(%(sensors)s::bigint[], %(afters)s::timestamptz[], %(befores)s::timestamptz[])
        WITH ORDINALITY AS asked (sensor_id, after, before, position)
    LEFT JOIN LATERAL (
        SELECT taken_at, value FROM sensors_reading
        WHERE sensor_id = asked.sensor_id AND taken_at < asked.before
            AND (asked.after IS NULL OR taken_at > asked.after) AND quality < 2
        ORDER BY taken_at DESC
        LIMIT %(most)s
    ) AS past ON true
    GROUP BY position
    ORDER BY position
"""


def pasts(
    asked: Sequence[Past], *, most: int
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Times and values of the last `most` readings of each past, oldest first."""
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            PASTS,
            {
                "sensors": [past.sensor_id for past in asked],
                "afters": [None if p.after is None else moment_of(p.after) for p in asked],
                "befores": [moment_of(past.before) for past in asked],
                "most": most,
            },
        )
        return [
            # Where there is none, the outer join leaves one NULL.
            (np.array(micros, dtype=np.int64), np.array(values, dtype=float))
            if values[0] is not None
            else (np.empty(0, dtype=np.int64), np.empty(0))
            for micros, values in cursor.fetchall()
        ]
