"""Put the waveform of an offered value in the place of the one that is stored."""

from __future__ import annotations

from collections.abc import Iterable

from sensors.aside.replacing import Moment, Substitute
from sensors.history.windows import moment_of
from sensors.models import ReadingConflict, StoredWaveform, WaveformAside
from sensors.waveforms.deriving import Source, derived_rows


def replace_waveforms(taken: Iterable[ReadingConflict]) -> dict[Moment, Substitute]:
    """Store the waveforms that came with offers; say what their derived readings are now.

    An offer without one leaves the waveform that is there. Needs a transaction.
    """
    offered = WaveformAside.objects.filter(conflict__in=list(taken)).select_related("conflict")
    sources = [
        Source(
            StoredWaveform(
                sensor_id=aside.conflict.sensor_id,
                taken_at=aside.conflict.taken_at,
                sampling_rate=aside.sampling_rate,
                unit=aside.unit,
                samples=aside.samples,
            ),
            aside.conflict.offered_quality,
            aside.conflict.batch_id,
        )
        for aside in offered
        if aside.conflict
    ]
    StoredWaveform.objects.bulk_create(
        [source.waveform for source in sources],
        batch_size=100,
        update_conflicts=True,
        unique_fields=["sensor", "taken_at"],
        update_fields=["sampling_rate", "unit", "samples"],
    )
    rows = derived_rows(sources)
    return {
        (int(sensor), moment_of(micros)): Substitute(float(value), int(quality))
        for sensor, micros, value, quality in zip(
            rows.sensor_ids, rows.micros, rows.values, rows.quality, strict=True
        )
    }
