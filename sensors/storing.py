"""Turn the payloads of claimed batches into readings. Every accepted reading ends as
stored, duplicate, conflict or quarantined, and the receipts count each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from sensors.decoding import ReadingIn, decode_readings
from sensors.models import QuarantinedReading, Reading, ReadingBatch, ReadingConflict, Sensor
from sensors.registration import register_sensors

Reason = QuarantinedReading.Reason
Moment = tuple[int, datetime]  # The natural key: sensor's id and time

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Further ahead than any clock error or time zone mistake.
FURTHEST_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A reading on its way into the table."""

    batch: ReadingBatch
    sensor: Sensor
    taken_at: datetime
    reading: ReadingIn

    @property
    def moment(self) -> Moment:
        return self.sensor.pk, self.taken_at

    @property
    def quality(self) -> int:
        return Reading.Quality[self.reading.quality.upper()].value


def store_readings(batches: Sequence[ReadingBatch]) -> None:
    """Store what the batches brought and fill in their receipts. Needs a transaction."""
    payloads = {batch: decode_readings(bytes(batch.payload or b"[]")) for batch in batches}
    sensors = _sensors_named_in(payloads)
    incoming: list[Incoming] = []
    quarantine: list[QuarantinedReading] = []
    for batch, readings in payloads.items():
        for index, reading in enumerate(readings):
            sensor = sensors.get((batch.site_id, reading.sensor_id))
            taken_at = _moment(reading, batch, index)
            if reason := _doubt(reading, sensor, taken_at, batch):
                quarantine.append(_aside(batch, reading, taken_at, reason))
            elif sensor:
                incoming.append(Incoming(batch, sensor, taken_at, reading))
    QuarantinedReading.objects.bulk_create(quarantine, batch_size=1000)
    stored, conflicts = _insert(incoming)
    ReadingConflict.objects.bulk_create(conflicts, batch_size=1000)
    _write_receipts(batches, stored, conflicts, quarantine)


def _sensors_named_in(
    payloads: dict[ReadingBatch, list[ReadingIn]],
) -> dict[tuple[int, str], Sensor]:
    named = {(batch.site_id, r.sensor_id) for batch, rows in payloads.items() for r in rows}
    found = _by_code(named)
    newcomers = {
        (batch.site_id, reading.sensor_id): reading
        for batch, readings in payloads.items()
        if batch.may_register
        for reading in readings
        if (batch.site_id, reading.sensor_id) not in found
    }
    if newcomers:
        register_sensors(newcomers)
        found |= _by_code(newcomers)
    return found


def _by_code(named: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Sensor]:
    wanted = set(named)
    sensors = Sensor.objects.filter(
        site__in={site for site, _ in wanted}, code__in={code for _, code in wanted}
    )
    return {(s.site_id, s.code): s for s in sensors}


def _moment(reading: ReadingIn, batch: ReadingBatch, index: int) -> datetime:
    if reading.timestamp is None:
        # A microsecond apart, so that a list of values without times keeps its order
        # and none is taken for a contradiction of another.
        return batch.received_at + timedelta(microseconds=index)
    if reading.timestamp.tzinfo is None:
        return reading.timestamp.replace(tzinfo=UTC)
    try:
        # The database knows fewer offsets than ISO 8601.
        return reading.timestamp.astimezone(UTC)
    except OverflowError:
        return reading.timestamp  # At the edge of the calendar: put aside as impossible.


def _doubt(
    reading: ReadingIn, sensor: Sensor | None, taken_at: datetime, batch: ReadingBatch
) -> str | None:
    """Why the reading cannot be stored, if it cannot."""
    if sensor is None:
        return Reason.UNKNOWN_SENSOR
    if sensor.retired_at and sensor.retired_at <= taken_at:
        return Reason.RETIRED_SENSOR
    if reading.unit and sensor.unit and reading.unit != sensor.unit:
        return Reason.UNIT_MISMATCH
    if not EARLIEST <= taken_at < batch.received_at + FURTHEST_AHEAD:
        return Reason.IMPOSSIBLE_TIME
    return None


def _aside(
    batch: ReadingBatch, reading: ReadingIn, taken_at: datetime, reason: str
) -> QuarantinedReading:
    kept = {name: getattr(reading, name) for name in reading.__struct_fields__}
    return QuarantinedReading(
        batch=batch,
        sensor_code=reading.sensor_id,
        reason=reason,
        reading=kept | {"timestamp": taken_at.isoformat()},
    )


INSERT = """
    INSERT INTO sensors_reading (sensor_id, taken_at, value, quality, flags, batch_id)
    SELECT sensor_id, taken_at, value, quality, 0, batch_id
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::smallint[], %s::bigint[])
        AS incoming (sensor_id, taken_at, value, quality, batch_id)
    ON CONFLICT (sensor_id, taken_at) DO NOTHING
    RETURNING sensor_id, taken_at
"""

STORED_ALREADY = """
    SELECT sensor_id, taken_at, value
    FROM sensors_reading
    JOIN unnest(%s::bigint[], %s::timestamptz[]) AS asked (sensor_id, taken_at)
        USING (sensor_id, taken_at)
"""


def _insert(incoming: Sequence[Incoming]) -> tuple[list[Incoming], list[ReadingConflict]]:
    """Insert each moment once. What was there before stays as it is."""
    first: dict[Moment, Incoming] = {}
    for row in incoming:
        first.setdefault(row.moment, row)
    # In one order, so that two workers with the same moments cannot block each other.
    rows = [first[moment] for moment in sorted(first)]
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                [row.sensor.pk for row in rows],
                [row.taken_at for row in rows],
                [row.reading.value for row in rows],
                [row.quality for row in rows],
                [row.batch.pk for row in rows],
            ],
        )
        inserted = set(cursor.fetchall())
        kept = {moment: first[moment].reading.value for moment in inserted}
        there = [moment for moment in first if moment not in inserted]
        if there:
            # A second statement, because the first cannot see rows that another
            # worker committed while it ran.
            cursor.execute(STORED_ALREADY, [[m[0] for m in there], [m[1] for m in there]])
            kept |= {(sensor, taken_at): value for sensor, taken_at, value in cursor.fetchall()}
    stored = [first[moment] for moment in inserted]
    new = {id(row) for row in stored}
    conflicts = [
        ReadingConflict(
            batch=row.batch,
            sensor=row.sensor,
            taken_at=row.taken_at,
            stored_value=kept[row.moment],
            offered_value=row.reading.value,
        )
        for row in incoming
        if id(row) not in new and row.reading.value != kept[row.moment]
    ]
    return stored, conflicts


RECEIPT_FIELDS = [
    "stored",
    "duplicates",
    "conflicts",
    "quarantined",
    "sensor_ids",
    "first_at",
    "last_at",
    "pk",
]
RECEIPT = """
    UPDATE sensors_readingbatch
    SET status = 'stored', payload = NULL, stored = %s, duplicates = %s, conflicts = %s,
        quarantined = %s, sensor_ids = %s, first_at = %s, last_at = %s
    WHERE id = %s
"""


def _write_receipts(
    batches: Sequence[ReadingBatch],
    stored: Sequence[Incoming],
    conflicts: Sequence[ReadingConflict],
    quarantine: Sequence[QuarantinedReading],
) -> None:
    rows_of: dict[int, list[Incoming]] = {batch.pk: [] for batch in batches}
    for row in stored:
        rows_of[row.batch.pk].append(row)
    conflicts_of = Counter(conflict.batch_id for conflict in conflicts)
    quarantined_of = Counter(reading.batch_id for reading in quarantine)
    for batch in batches:
        rows = rows_of[batch.pk]
        batch.stored = len(rows)
        batch.conflicts = conflicts_of[batch.pk]
        batch.quarantined = quarantined_of[batch.pk]
        batch.duplicates = batch.accepted - batch.stored - batch.conflicts - batch.quarantined
        batch.sensor_ids = sorted({row.sensor.pk for row in rows})
        batch.first_at = min((row.taken_at for row in rows), default=None)
        batch.last_at = max((row.taken_at for row in rows), default=None)
        batch.status, batch.payload = ReadingBatch.Status.STORED, None
    with connection.cursor() as cursor:
        cursor.executemany(
            RECEIPT,
            [[getattr(batch, name) for name in RECEIPT_FIELDS] for batch in batches],
        )
