"""Store quarantined readings after all, as their own batches' and by their batches' rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import msgspec
import numpy as np
from django.db import connection
from psycopg.types.json import Jsonb

from sensors.intake.decoding import ReadingIn
from sensors.intake.placing import Placed, place
from sensors.intake.spans import Span, merged, spans_by_batch
from sensors.intake.storing import contradictions
from sensors.intake.validation import grade_readings
from sensors.models import Curation, QuarantinedReading, ReadingBatch, ReadingConflict
from sensors.store.writing import Refused, Rows, write_readings

State = QuarantinedReading.State

TALLY_OF = {
    State.STORED: "stored",
    State.DUPLICATE: "duplicates",
    State.CONFLICT: "conflicts",
    State.WAITING: "still_quarantined",
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a row; one that still waits may do so for another reason."""

    row: QuarantinedReading
    state: State
    reason: str


def readmit(rows: Sequence[QuarantinedReading], curation: Curation) -> dict[str, int]:
    """Store what can be stored of the rows, settle those, and move them on their receipts.

    Needs a transaction that holds the rows. No run is made of them: what was put aside is
    history when it comes back, so it is graded but never raises an alarm.
    """
    batches = _batches_of(rows)
    sent = {row.pk: reading for row in rows if (reading := as_sent(row))}
    readable = sorted((r for r in rows if r.pk in sent), key=attrgetter("batch_id", "pk"))
    payloads = {
        batches[pk]: [sent[row.pk] for row in own]
        for pk, own in groupby(readable, key=attrgetter("batch_id"))
    }
    placed = place(payloads)
    columns = placed.rows()
    refused = write_readings(columns)
    sites = {pk: batch.site_id for pk, batch in batches.items()}
    ReadingConflict.objects.bulk_create(contradictions(columns, refused, sites), batch_size=1000)
    fates = _fates(rows, readable, placed, refused)
    _settle(fates, curation)
    _move(fates, batches, _spans(columns, refused))
    counts = Counter(TALLY_OF[fate.state] for fate in fates)
    return {name: counts[name] for name in TALLY_OF.values()}


def as_sent(row: QuarantinedReading) -> ReadingIn | None:
    """The reading as it was accepted; None if that is not a reading any more."""
    try:
        return msgspec.convert(row.reading, ReadingIn)
    except msgspec.ValidationError:
        return None


def _batches_of(rows: Iterable[QuarantinedReading]) -> dict[int, ReadingBatch]:
    """Locked, in one order: another replay may be about to change the same receipts."""
    named = ReadingBatch.objects.filter(pk__in={row.batch_id for row in rows})
    locked = named.light().order_by("pk").select_for_update(no_key=True)
    return {batch.pk: batch for batch in locked}


def _fates(
    rows: Sequence[QuarantinedReading],
    readable: Sequence[QuarantinedReading],
    placed: Placed,
    refused: Sequence[Refused],
) -> list[Fate]:
    """What became of each of the rows; `readable` are those that were placed, in that order."""
    states = [State.STORED] * len(placed.positions)
    for row in refused:
        same = row.kept == placed.values[row.position]
        states[row.position] = State.DUPLICATE if same else State.CONFLICT
    state_of = {readable[at].pk: s for at, s in zip(placed.positions, states, strict=True)}
    again = (row for row in readable if row.pk not in state_of)
    reasons = {row.pk: aside.reason for row, aside in zip(again, placed.aside, strict=True)}
    return [
        Fate(row, state_of.get(row.pk, State.WAITING), reasons.get(row.pk, row.reason))
        for row in rows
    ]


def _settle(fates: Iterable[Fate], curation: Curation) -> None:
    alike: dict[tuple[State, str], list[int]] = defaultdict(list)
    for fate in fates:
        alike[fate.state, fate.reason].append(fate.row.pk)
    for (state, reason), pks in alike.items():
        QuarantinedReading.objects.settle(pks, state, curation, reason=reason, attempts=1)


def _spans(columns: Rows, refused: Sequence[Refused]) -> dict[int, list[Span]]:
    """Where the readings are that were stored, by batch."""
    stored = np.ones(len(columns), dtype=bool)
    stored[[row.position for row in refused]] = False
    kept = (columns.batch_ids, columns.sensor_ids, columns.micros)
    return spans_by_batch(*(column[stored] for column in kept))


# A receipt still adds up: what leaves the quarantine is counted elsewhere instead.
RECEIPT = """
    UPDATE sensors_readingbatch AS batch
    SET stored = batch.stored + moved.stored,
        duplicates = batch.duplicates + moved.duplicates,
        conflicts = batch.conflicts + moved.conflicts,
        quarantined = batch.quarantined - moved.stored - moved.duplicates - moved.conflicts,
        spans = moved.spans
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::jsonb[])
        AS moved (id, stored, duplicates, conflicts, spans)
    WHERE batch.id = moved.id
"""


def _move(
    fates: Iterable[Fate],
    batches: Mapping[int, ReadingBatch],
    stored: Mapping[int, Sequence[Span]],
) -> None:
    """Move the rows on the receipts of their batches, and grade what was stored."""
    counts = Counter((fate.row.batch_id, fate.state) for fate in fates)
    moved = sorted({pk for pk, state in counts if state != State.WAITING})
    spans = {
        pk: merged([*(Span(*span) for span in batches[pk].spans), *stored.get(pk, ())])
        for pk in moved
    }
    settled = (State.STORED, State.DUPLICATE, State.CONFLICT)
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(
                RECEIPT,
                [
                    moved,
                    *([counts[pk, state] for pk in moved] for state in settled),
                    [Jsonb(spans[pk]) for pk in moved],
                ],
            )
    for pk, fresh in stored.items():
        batches[pk].spans = fresh  # Only here: what was stored before has its grades.
    grade_readings([batches[pk] for pk in stored])
