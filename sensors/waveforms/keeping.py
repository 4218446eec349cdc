"""Keep each waveform with what became of its reading, and store what is derived from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sensors.history.windows import micros_of, moment_of
from sensors.intake.placing import Placed
from sensors.intake.waveforms import UNITS, WaveformIn
from sensors.models import QuarantinedReading, ReadingConflict, StoredWaveform, WaveformAside
from sensors.models.vibration import SAMPLE
from sensors.store.waveforms import write_waveforms
from sensors.store.writing import Refused, Rows, write_readings
from sensors.waveforms.deriving import Source, derived_rows


def keep_waveforms(
    placed: Placed, refused: Sequence[Refused], conflicts: Sequence[ReadingConflict]
) -> Rows:
    """Store the waveforms of readings; return the derived readings that were stored.

    `conflicts` are those of the refused readings, in their order. A waveform belongs to the
    value beside it: that of a contradicting reading is put aside with it. What has been
    stored before is derived from no more, so a repeat makes no reading twice. Needs a
    transaction in which the readings have been written.
    """
    if not placed.waveforms:
        return Rows.of([])
    contradicted = [row.position for row in refused if row.kept != placed.values[row.position]]
    conflict_at = dict(zip(contradicted, conflicts, strict=True))
    _put_aside(
        (WaveformAside(conflict=conflict_at[at], **_columns(waveform)))
        for at, waveform in placed.waveforms.items()
        if at in conflict_at
    )
    sources = {
        (placed.sensor_ids[at], placed.micros[at]): _source(placed, at, waveform)
        # The first of a moment is the one that is kept.
        for at, waveform in reversed(placed.waveforms.items())
        if at not in conflict_at
    }
    new = write_waveforms([source.waveform for source in sources.values()])
    keys = {(waveform.sensor_id, micros_of(waveform.taken_at)) for waveform in new}
    rows = derived_rows([source for key, source in sources.items() if key in keys])
    return rows.without(write_readings(rows))


def put_aside(quarantined: Iterable[tuple[QuarantinedReading, WaveformIn]]) -> None:
    """Keep the waveforms of readings that are put aside. These have been saved."""
    _put_aside(WaveformAside(quarantined=row, **_columns(w)) for row, w in quarantined)


def _put_aside(rows: Iterable[WaveformAside]) -> None:
    WaveformAside.objects.bulk_create(rows, batch_size=100)


def _source(placed: Placed, at: int, waveform: WaveformIn) -> Source:
    stored = StoredWaveform(
        sensor_id=placed.sensor_ids[at],
        taken_at=moment_of(placed.micros[at]),
        **_columns(waveform),
    )
    return Source(stored, placed.quality[at], placed.batch_ids[at])


def _columns(waveform: WaveformIn) -> dict[str, object]:
    return {
        "sampling_rate": waveform.sampling_rate,
        "unit": UNITS[waveform.unit],
        "samples": waveform.as_kept().astype(SAMPLE).tobytes(),
    }
