"""What is known of the machine at the moment of a waveform."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from sensors.models import Sensor, SeverityPreset, StoredWaveform, WaveformAnalysis
from sensors.vibration.bearings import Bearing
from sensors.vibration.derived import BANDS, Band, Derived, derive
from sensors.vibration.waveform import Waveform

# A shaft whose speed was read longer ago may turn at another one by now.
FRESH = timedelta(hours=1)
PER_SECOND = ("Hz", "1/s")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Geometry, speed in turns a second, bands and zones; None for what is not known."""

    bearing: Bearing | None
    shaft_hz: float | None
    bands: Mapping[str, Band]
    severity: SeverityPreset | None

    def features(self, waveform: Waveform) -> Derived:
        return derive(waveform, self.bearing, self.shaft_hz, self.bands)

    @property
    def frequencies(self) -> dict[str, float]:
        """Where damage of the bearing shows, in Hz by name; nothing if it cannot be told."""
        if self.bearing is None or self.shaft_hz is None:
            return {}
        return self.bearing.frequencies(self.shaft_hz)


def circumstances_of(waveforms: Sequence[StoredWaveform]) -> list[Circumstances]:
    """Those of each waveform, in their order."""
    named = Sensor.objects.filter(pk__in={waveform.sensor_id for waveform in waveforms})
    related = ("analysis__bearing", "analysis__severity", "analysis__speed_sensor")
    sensors = named.select_related(*related).prefetch_related("bands").in_bulk()
    analyses = [_analysis_of(sensors[waveform.sensor_id]) for waveform in waveforms]
    speeds = _speeds(analyses, waveforms)
    return [
        Circumstances(
            bearing=analysis.bearing.geometry() if analysis and analysis.bearing else None,
            shaft_hz=speed,
            bands=_bands_of(sensors[waveform.sensor_id]),
            severity=analysis.severity if analysis else None,
        )
        for waveform, analysis, speed in zip(waveforms, analyses, speeds, strict=True)
    ]


def _analysis_of(sensor: Sensor) -> WaveformAnalysis | None:
    return getattr(sensor, "analysis", None)


def _bands_of(sensor: Sensor) -> Mapping[str, Band]:
    return {band.name: (band.low, band.high) for band in sensor.bands.all()} or BANDS


LAST_SPEEDS = """
    SELECT asked.position, last.value
    FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS asked (position, sensor_id, at)
    CROSS JOIN LATERAL (
        SELECT value FROM sensors_reading
        WHERE sensor_id = asked.sensor_id AND quality < 2
            AND taken_at BETWEEN asked.at - %s AND asked.at
        ORDER BY taken_at DESC LIMIT 1
    ) AS last
"""


def _speeds(
    analyses: Sequence[WaveformAnalysis | None], waveforms: Sequence[StoredWaveform]
) -> list[float | None]:
    speeds = [_in_hertz(a.rpm, "r/min") if a and a.rpm else None for a in analyses]
    measured = {
        position: (analysis.speed_sensor, waveforms[position].taken_at)
        for position, analysis in enumerate(analyses)
        if analysis and analysis.speed_sensor
    }
    if measured:
        parameters: list[Any] = [
            list(measured),
            [sensor.pk for sensor, _ in measured.values()],
            [at for _, at in measured.values()],
            FRESH,
        ]
        with connection.cursor() as cursor:
            cursor.execute(LAST_SPEEDS, parameters)
            for position, value in cursor.fetchall():
                speeds[position] = _in_hertz(value, measured[position][0].unit)
    return speeds


def _in_hertz(speed: float, unit: str) -> float | None:
    """Turns a second, whichever way round; None where the shaft stands."""
    hertz = abs(speed) if unit in PER_SECOND else abs(speed) / 60
    return hertz if 0 < hertz < math.inf else None
