"""Turn the payloads of claimed batches into readings. Every accepted reading ends as
stored, duplicate, conflict or quarantined, and the receipts count each once.

Readings that are derived from waveforms are among the spans of their batch, so that they are
graded and watched with it. They were not accepted from anybody, so no receipt counts them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from django.db import connection

from sensors.history.windows import moment_of
from sensors.intake.decoding import ReadingIn, decode_readings
from sensors.intake.placing import place
from sensors.intake.spans import Span, spans_by_batch
from sensors.models import QuarantinedReading, ReadingBatch, ReadingConflict
from sensors.store.writing import Refused, Rows, write_readings
from sensors.waveforms.keeping import keep_waveforms, put_aside


def store_readings(batches: Sequence[ReadingBatch]) -> None:
    """Store what the batches brought and fill in their receipts. Needs a transaction."""
    store_brought({batch: decode_readings(bytes(batch.payload or b"[]")) for batch in batches})


def store_brought(brought: Mapping[ReadingBatch, Sequence[ReadingIn]]) -> None:
    """The same for readings that are at hand, so that no payload need wait for them."""
    batches, placed = list(brought), place(brought)
    rows = placed.rows()
    refused = write_readings(rows)
    conflicts = contradictions(rows, refused, {b.pk: b.site_id for b in batches})
    QuarantinedReading.objects.bulk_create(placed.aside, batch_size=1000)
    ReadingConflict.objects.bulk_create(conflicts, batch_size=1000)
    put_aside(placed.waveforms_aside)
    derived = keep_waveforms(placed, refused, conflicts)
    _fill_in(batches, rows.without(refused), derived)
    _count(batches, conflicts, placed.aside)
    _write_receipts(batches)


def contradictions(
    rows: Rows, refused: Sequence[Refused], site_of: Mapping[int, int]
) -> list[ReadingConflict]:
    """The refused rows whose value is another than the one that is kept.

    `site_of` maps the id of a batch to that of its site.
    """
    return [
        ReadingConflict(
            batch_id=int(rows.batch_ids[row.position]),
            site_id=site_of[int(rows.batch_ids[row.position])],
            sensor_id=int(rows.sensor_ids[row.position]),
            taken_at=moment_of(rows.micros[row.position]),
            stored_value=row.kept,
            offered_value=float(rows.values[row.position]),
            offered_quality=int(rows.quality[row.position]),
        )
        for row in refused
        if row.kept != rows.values[row.position]
    ]


def _fill_in(batches: Sequence[ReadingBatch], stored: Rows, derived: Rows) -> None:
    """Say on each batch how many of its readings were stored, and where they are."""
    counts = Counter(stored.batch_ids.tolist())
    spans = spans_of(stored, derived)
    for batch in batches:
        batch.stored = counts[batch.pk]
        batch.spans = spans.get(batch.pk, [])


def spans_of(*stored: Rows) -> dict[int, list[Span]]:
    """Where stored readings are, by batch."""
    return spans_by_batch(
        np.concatenate([rows.batch_ids for rows in stored]),
        np.concatenate([rows.sensor_ids for rows in stored]),
        np.concatenate([rows.micros for rows in stored]),
    )


def _count(
    batches: Sequence[ReadingBatch],
    conflicts: Sequence[ReadingConflict],
    aside: Sequence[QuarantinedReading],
) -> None:
    conflicts_of = Counter(conflict.batch_id for conflict in conflicts)
    quarantined_of = Counter(reading.batch_id for reading in aside)
    for batch in batches:
        batch.conflicts = conflicts_of[batch.pk]
        batch.quarantined = quarantined_of[batch.pk]
        batch.duplicates = batch.accepted - batch.stored - batch.conflicts - batch.quarantined
        batch.status, batch.payload = ReadingBatch.Status.STORED, None


RECEIPTS = """
    UPDATE sensors_readingbatch AS batch
    SET status = 'stored', payload = NULL, stored = receipt.stored,
        duplicates = receipt.duplicates, conflicts = receipt.conflicts,
        quarantined = receipt.quarantined, spans = receipt.spans::jsonb
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::text[])
        AS receipt (id, stored, duplicates, conflicts, quarantined, spans)
    WHERE batch.id = receipt.id
"""


def _write_receipts(batches: Sequence[ReadingBatch]) -> None:
    columns = [
        [getattr(batch, name) for batch in batches]
        for name in ("pk", "stored", "duplicates", "conflicts", "quarantined")
    ]
    spans = [json.dumps(batch.spans) for batch in batches]
    with connection.cursor() as cursor:
        cursor.execute(RECEIPTS, [*columns, spans])
