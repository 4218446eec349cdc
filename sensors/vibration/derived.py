"""A waveform in a handful of numbers, each of which becomes a sensor of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from sensors.vibration.bearings import Bearing
from sensors.vibration.envelope import FEWEST_SAMPLES, envelope_spectrum
from sensors.vibration.features import (
    amplitude_at,
    band_rms,
    crest_factor,
    kurtosis,
    peak,
    peak_to_peak,
    rms,
    velocity_rms,
)
from sensors.vibration.waveform import Waveform

Band = tuple[float, float]
# Hz. Turning and its multiples; gears and blades; the ringing of bearings.
BANDS: dict[str, Band] = {
    "low": (2.0, 1000.0),
    "middle": (1000.0, 5000.0),
    "high": (5000.0, 20_000.0),
}
# How far off its stated speed a shaft may turn, as a part of it.
SPEED_TOLERANCE = 0.02

# Names and units of derived sensors. A name is stored: never reuse one for something else.
Derived = dict[str, tuple[float, str]]


def derive(
    waveform: Waveform,
    bearing: Bearing | None = None,
    shaft_hz: float | None = None,
    bands: Mapping[str, Band] = MappingProxyType(BANDS),
) -> Derived:
    """Value and unit by name. What the waveform does not show is left out, never NaN.

    With `shaft_hz`, the speed of the shaft in turns a second, there are amplitudes at one,
    two and three times its frequency (unbalance, misalignment, looseness); with `bearing`
    too, amplitudes of the envelope at the frequencies of its damage. `bands` are in Hz.
    """
    unit = waveform.unit
    values: Derived = {
        "rms": (rms(waveform), unit),
        "peak": (peak(waveform), unit),
        "peak_to_peak": (peak_to_peak(waveform), unit),
        "crest": (crest_factor(waveform), ""),
        "kurtosis": (kurtosis(waveform), ""),
        "velocity_rms": (velocity_rms(waveform), "mm/s"),
    }
    for name, band in bands.items():
        values[f"rms_{name}"] = (band_rms(waveform, band), unit)
    if shaft_hz is not None:
        values |= _of_shaft(waveform, shaft_hz)
    if shaft_hz is not None and bearing is not None:
        values |= _of_bearing(waveform, bearing, shaft_hz)
    return {name: value for name, value in values.items() if math.isfinite(value[0])}


def _of_shaft(waveform: Waveform, shaft_hz: float) -> Derived:
    if not 0 < shaft_hz < math.inf:
        raise ValueError("the shaft must turn: shaft_hz must be above zero")
    return {
        f"order_{n}": (
            amplitude_at(waveform, n * shaft_hz, n * shaft_hz * SPEED_TOLERANCE),
            waveform.unit,
        )
        for n in (1, 2, 3)
    }


def _of_bearing(waveform: Waveform, bearing: Bearing, shaft_hz: float) -> Derived:
    if waveform.samples.size < FEWEST_SAMPLES:
        return {}
    spectrum = envelope_spectrum(waveform)
    return {
        name: (spectrum.amplitude_at(frequency), waveform.unit)
        for name, frequency in bearing.frequencies(shaft_hz).items()
    }
