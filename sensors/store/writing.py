"""Write many readings at once, each moment of a sensor once. What is there stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rows:
    """Readings as columns of shape (n,), in the order in which they came in."""

    sensor_ids: NDArray[np.int64]
    micros: NDArray[np.int64]  # Microseconds since 1970
    values: NDArray[np.float64]
    quality: NDArray[np.int16]
    batch_ids: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, float, int, int]]) -> Rows:
        """From sensors' ids, microseconds, values, qualities and batches' ids, row by row."""
        columns = list(zip(*rows, strict=True)) or [()] * 5
        kinds = (np.int64, np.int64, np.float64, np.int16, np.int64)
        return cls(*(np.array(c, dtype=kind) for c, kind in zip(columns, kinds, strict=True)))

    def __len__(self) -> int:
        return int(self.sensor_ids.size)

    def without(self, refused: Sequence[Refused]) -> Rows:
        """Those that were stored."""
        stored = np.ones(len(self), dtype=bool)
        stored[[row.position for row in refused]] = False
        return Rows(
            self.sensor_ids[stored],
            self.micros[stored],
            self.values[stored],
            self.quality[stored],
            self.batch_ids[stored],
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A row whose moment was taken: by `kept`, which may be the same value."""

    position: int
    kept: float


# Fewer rows than this are not worth the round trips of a COPY.
WORTH_A_COPY = 500

STAGING = """
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming_readings (
        position int, sensor_id bigint, taken_at timestamptz, value float8,
        quality smallint, batch_id bigint
    ) ON COMMIT DELETE ROWS;
    TRUNCATE incoming_readings
"""
COPY = "COPY incoming_readings FROM STDIN (FORMAT binary)"
UNNEST = """
    SELECT position::int, sensor_id, timestamptz 'epoch' + micros * interval '1 microsecond'
            AS taken_at, value, quality, batch_id
    FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::smallint[], %s::bigint[])
        WITH ORDINALITY AS incoming (sensor_id, micros, value, quality, batch_id, position)
"""

# One statement inserts the first row of each moment and returns the rows that were not
# inserted, with the value that is kept instead. It is NULL where another transaction
# committed that row while the statement ran: this snapshot cannot see it.
INSERT = """
    WITH incoming AS MATERIALIZED ({source}),
    first AS MATERIALIZED (
        SELECT DISTINCT ON (sensor_id, taken_at) *
        FROM incoming
        ORDER BY sensor_id, taken_at, position
    ),
    inserted AS (
        INSERT INTO sensors_reading (sensor_id, taken_at, value, quality, flags, batch_id)
        SELECT sensor_id, taken_at, value, quality, 0, batch_id FROM first
        ON CONFLICT (sensor_id, taken_at) DO NOTHING
        RETURNING sensor_id, taken_at
    ),
    refused AS (
        SELECT incoming.position, incoming.sensor_id, incoming.taken_at,
            CASE WHEN inserted.sensor_id IS NOT NULL THEN first.value END AS newcomer
        FROM incoming
        JOIN first USING (sensor_id, taken_at)
        LEFT JOIN inserted USING (sensor_id, taken_at)
        WHERE inserted.sensor_id IS NULL OR first.position <> incoming.position
    )
    SELECT position, coalesce(newcomer, (
        SELECT value FROM sensors_reading AS reading
        WHERE reading.sensor_id = refused.sensor_id AND reading.taken_at = refused.taken_at
    ))
    FROM refused
    ORDER BY position
"""
KEPT = """
    SELECT value FROM sensors_reading
    WHERE sensor_id = %s AND taken_at = timestamptz 'epoch' + %s * interval '1 microsecond'
"""


def write_readings(rows: Rows) -> list[Refused]:
    """Insert what is new; return the rest. Needs a transaction.

    Rows go in along the key, so that two workers with the same moments wait for each
    other instead of blocking each other.
    """
    if not len(rows):
        return []
    with connection.cursor() as cursor:
        if settings.STORE_TAKES_COPY and len(rows) >= WORTH_A_COPY:
            cursor.execute(STAGING)
            with cursor.copy(COPY) as copy:
                copy.write(_binary(rows))
            cursor.execute(INSERT.format(source="SELECT * FROM incoming_readings"))
        else:
            columns = (rows.sensor_ids, rows.micros, rows.values, rows.quality, rows.batch_ids)
            cursor.execute(INSERT.format(source=UNNEST), [c.tolist() for c in columns])
        refused = cursor.fetchall()
    return [Refused(at - 1, _kept(rows, at - 1) if kept is None else kept) for at, kept in refused]


def _kept(rows: Rows, position: int) -> float:
    """The value of a row that another worker inserted at the same time."""
    with connection.cursor() as cursor:
        cursor.execute(KEPT, [int(rows.sensor_ids[position]), int(rows.micros[position])])
        return float(cursor.fetchone()[0])


# PostgreSQL counts from 2000.
MICROS_BEFORE_2000 = 946_684_800 * 1_000_000
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
FIELDS = [
    ("position", ">i4"),
    ("sensor_id", ">i8"),
    ("taken_at", ">i8"),
    ("value", ">f8"),
    ("quality", ">i2"),
    ("batch_id", ">i8"),
]


def _binary(rows: Rows) -> bytes:
    """The rows in COPY's binary format, laid out by NumPy and not row by row."""
    layout = [("count", ">i2")]
    for name, kind in FIELDS:
        layout += [(f"{name}_size", ">i4"), (name, kind)]
    table = np.empty(len(rows), dtype=layout)
    table["count"] = len(FIELDS)
    for name, kind in FIELDS:
        table[f"{name}_size"] = np.dtype(kind).itemsize
    table["position"] = np.arange(1, len(rows) + 1)
    table["sensor_id"], table["batch_id"] = rows.sensor_ids, rows.batch_ids
    table["taken_at"] = rows.micros - MICROS_BEFORE_2000
    table["value"], table["quality"] = rows.values, rows.quality
    return HEADER + table.tobytes() + TRAILER
