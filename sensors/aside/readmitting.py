"""Store quarantined readings after all, as their own batches' and by their batches' rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import msgspec
from django.db import connection
from psycopg.types.json import Jsonb

from sensors.intake.decoding import ReadingIn
from sensors.intake.placing import Placed, place
from sensors.intake.spans import Span, merged
from sensors.intake.storing import contradictions, spans_of
from sensors.intake.validation import grade_readings
from sensors.models import (
    Curation,
    QuarantinedReading,
    ReadingBatch,
    ReadingConflict,
    WaveformAside,
)
from sensors.store.writing import Refused, write_readings
from sensors.waveforms.keeping import keep_waveforms

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
    sent = _as_sent(rows)
    readable = sorted((r for r in rows if r.pk in sent), key=attrgetter("batch_id", "pk"))
    payloads = {
        batches[pk]: [sent[row.pk] for row in own]
        for pk, own in groupby(readable, key=attrgetter("batch_id"))
    }
    placed = place(payloads)
    columns = placed.rows()
    refused = write_readings(columns)
    sites = {pk: batch.site_id for pk, batch in batches.items()}
    conflicts = contradictions(columns, refused, sites)
    ReadingConflict.objects.bulk_create(conflicts, batch_size=1000)
    derived = keep_waveforms(placed, refused, conflicts)
    fates = _fates(rows, readable, placed, refused)
    _settle(fates, curation)
    _move(fates, batches, spans_of(columns.without(refused), derived))
    counts = Counter(TALLY_OF[fate.state] for fate in fates)
    return {name: counts[name] for name in TALLY_OF.values()}


def _as_sent(rows: Sequence[QuarantinedReading]) -> dict[int, ReadingIn]:
    """The readings as they were accepted, by row, but for what is no reading any more."""
    waveforms = {
        aside.quarantined_id: aside.as_sent()
        for aside in WaveformAside.objects.filter(quarantined__in=rows)
    }
    sent: dict[int, ReadingIn] = {}
    for row in rows:
        with suppress(msgspec.ValidationError):
            sent[row.pk] = msgspec.convert(row.reading, ReadingIn)
        if row.pk in sent and row.pk in waveforms:
            sent[row.pk] = msgspec.structs.replace(sent[row.pk], waveform=waveforms[row.pk])
    return sent


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
