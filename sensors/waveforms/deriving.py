"""Readings that are made of waveforms, stored as their sensors' own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sensors.history.windows import micros_of
from sensors.models import Sensor, StoredWaveform
from sensors.store.writing import Rows
from sensors.vibration.derived import Derived
from sensors.vibration.waveform import STANDARD_GRAVITY
from sensors.waveforms.circumstances import circumstances_of
from sensors.waveforms.registering import DerivedSensors, derived_sensors


@dataclass(frozen=True, slots=True)
class Source:
    """A waveform, with the quality of its reading and the batch that brought it."""

    waveform: StoredWaveform
    quality: int
    batch_id: int


def derived_rows(sources: Sequence[Source]) -> Rows:
    """The features of waveforms as readings. Registers the sensors that are missing."""
    if not sources:
        return Rows.of([])
    sources = _of_parents(sources)
    found = circumstances_of([source.waveform for source in sources])
    features = [
        around.features(source.waveform.waveform())
        for source, around in zip(sources, found, strict=True)
    ]
    units = {
        (source.waveform.sensor_id, name): unit
        for source, values in zip(sources, features, strict=True)
        for name, (_, unit) in values.items()
    }
    parents = {source.waveform.sensor_id: source.waveform.sensor for source in sources}
    sensors = derived_sensors(parents, units)
    return Rows.of(
        [
            (
                sensor.pk,
                micros_of(source.waveform.taken_at),
                value,
                source.quality,
                source.batch_id,
            )
            for source, values in zip(sources, features, strict=True)
            for sensor, value in _placed(source.waveform, values, sensors)
        ]
    )


def _of_parents(sources: Sequence[Source]) -> list[Source]:
    """Without waveforms of sensors that are themselves derived from others."""
    named = Sensor.objects.filter(pk__in={source.waveform.sensor_id for source in sources})
    parents = (
        named.filter(derived_from=None)
        .select_related("asset", "gate", "analysis__severity")
        .in_bulk()
    )
    kept = [source for source in sources if source.waveform.sensor_id in parents]
    for source in kept:
        source.waveform.sensor = parents[source.waveform.sensor_id]
    return kept


def _placed(
    waveform: StoredWaveform, values: Derived, sensors: DerivedSensors
) -> Iterator[tuple[Sensor, float]]:
    for name, (value, unit) in values.items():
        sensor = sensors.get((waveform.sensor_id, name))
        if sensor is None or (sensor.retired_at and sensor.retired_at <= waveform.taken_at):
            continue
        factor = _factor(unit, sensor.unit)
        if factor is not None:
            yield sensor, value * factor


def _factor(unit: str, wanted: str) -> float | None:
    """By what to multiply; None where one unit cannot become the other."""
    if unit == wanted:
        return 1.0
    return {("g", "m/s²"): STANDARD_GRAVITY, ("m/s²", "g"): 1 / STANDARD_GRAVITY}.get(
        (unit, wanted)
    )
