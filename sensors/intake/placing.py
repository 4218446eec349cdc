"""Find for each reading its sensor and moment, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from sensors.history.windows import EPOCH
from sensors.intake.decoding import ReadingIn
from sensors.intake.registration import register_sensors
from sensors.intake.waveforms import UNITS, WaveformIn
from sensors.models import QuarantinedReading, Reading, ReadingBatch, Sensor
from sensors.store.writing import Rows

Reason = QuarantinedReading.Reason
Payloads = Mapping[ReadingBatch, Sequence[ReadingIn]]

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Further ahead than any clock error or time zone mistake.
FURTHEST_AHEAD = timedelta(days=1)

# As a reading waits in quarantine. Its waveform has a place of its own.
FIELDS = tuple(name for name in ReadingIn.__struct_fields__ if name != "waveform")
QUALITY = {quality.name.lower(): quality.value for quality in Reading.Quality}


@dataclass(slots=True)
class Placed:
    """Columns of what can be stored, and rows of what is put aside.

    `positions` says which reading a row of the columns was, counted over all batches; the
    others are put aside, in the same order. `waveforms` are by row of the columns.
    """

    sensor_ids: list[int] = field(default_factory=list)
    micros: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)
    batch_ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    aside: list[QuarantinedReading] = field(default_factory=list)
    waveforms: dict[int, WaveformIn] = field(default_factory=dict)
    waveforms_aside: list[tuple[QuarantinedReading, WaveformIn]] = field(default_factory=list)

    def rows(self) -> Rows:
        return Rows(
            sensor_ids=np.array(self.sensor_ids, dtype=np.int64),
            micros=np.array(self.micros, dtype=np.int64),
            values=np.array(self.values, dtype=np.float64),
            quality=np.array(self.quality, dtype=np.int16),
            batch_ids=np.array(self.batch_ids, dtype=np.int64),
        )


def place(payloads: Payloads) -> Placed:
    """Sort the readings of batches out. Registers unknown sensors where that is allowed."""
    sensors = _sensors_named_in(payloads)
    placed = Placed()
    for batch, readings in payloads.items():
        _place_batch(batch, readings, sensors[batch.site_id], placed)
    return placed


def _place_batch(
    batch: ReadingBatch, readings: Sequence[ReadingIn], by_code: dict[str, Sensor], placed: Placed
) -> None:
    latest = batch.received_at + FURTHEST_AHEAD
    begin = len(placed.positions) + len(placed.aside)
    for index, reading in enumerate(readings):
        sensor = by_code.get(reading.sensor_id)
        taken_at = _moment(reading, batch, index)
        reason = _doubt(reading, sensor, taken_at, latest)
        if reason or sensor is None:
            placed.aside.append(_put_aside(batch, reading, taken_at, reason))
            if reading.waveform is not None:
                placed.waveforms_aside.append((placed.aside[-1], reading.waveform))
            continue
        if reading.waveform is not None:
            placed.waveforms[len(placed.positions)] = reading.waveform
        since = taken_at - EPOCH
        placed.sensor_ids.append(sensor.pk)
        placed.micros.append(
            (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        )
        placed.values.append(reading.value)
        placed.quality.append(QUALITY[reading.quality])
        placed.batch_ids.append(batch.pk)
        placed.positions.append(begin + index)


def _sensors_named_in(payloads: Payloads) -> dict[int, dict[str, Sensor]]:
    """By site, and within it by code."""
    named: dict[int, set[str]] = {}
    for batch, readings in payloads.items():
        named.setdefault(batch.site_id, set()).update(r.sensor_id for r in readings)
    found = {site: _by_code(site, codes) for site, codes in named.items()}
    newcomers = {
        (batch.site_id, reading.sensor_id): reading
        for batch, readings in payloads.items()
        if batch.may_register and named[batch.site_id] != found[batch.site_id].keys()
        for reading in readings
        if reading.sensor_id not in found[batch.site_id]
    }
    if newcomers:
        register_sensors(newcomers)
        for site in {site for site, _ in newcomers}:
            found[site] |= _by_code(site, {code for at, code in newcomers if at == site})
    return found


def _by_code(site: int, codes: Iterable[str]) -> dict[str, Sensor]:
    known = Sensor.objects.filter(site=site, code__in=set(codes))
    return {sensor.code: sensor for sensor in known.only("code", "unit", "retired_at")}


def _moment(reading: ReadingIn, batch: ReadingBatch, index: int) -> datetime:
    if reading.timestamp is None:
        # A microsecond apart, so that a list of values without times keeps its order
        # and none is taken for a contradiction of another.
        return batch.received_at + timedelta(microseconds=index)
    if reading.timestamp.tzinfo is None:
        return reading.timestamp.replace(tzinfo=UTC)
    return reading.timestamp


def _doubt(reading: ReadingIn, sensor: Sensor | None, taken_at: datetime, latest: datetime) -> str:
    """Why the reading cannot be stored; empty if it can."""
    if sensor is None:
        return Reason.UNKNOWN_SENSOR
    if sensor.retired_at and sensor.retired_at <= taken_at:
        return Reason.RETIRED_SENSOR
    if reading.unit and sensor.unit and _spelt(reading.unit) != _spelt(sensor.unit):
        return Reason.UNIT_MISMATCH
    if not EARLIEST <= taken_at < latest:
        return Reason.IMPOSSIBLE_TIME
    return ""


def _spelt(unit: str) -> str:
    """In one way, for some units have several."""
    return UNITS.get(unit, unit)


def _put_aside(
    batch: ReadingBatch, reading: ReadingIn, taken_at: datetime, reason: str
) -> QuarantinedReading:
    kept = {name: getattr(reading, name) for name in FIELDS}
    return QuarantinedReading(
        batch=batch,
        site_id=batch.site_id,
        sensor_code=reading.sensor_id,
        reason=reason,
        reading=kept | {"timestamp": taken_at.isoformat()},
    )
