"""How strong a vibration is, how sharp, and at what frequencies.

All of them leave the mean out. RMS, peaks and bands have the unit of the samples; crest
factor and kurtosis have none.

References: ISO 13373-1:2002 and 13373-2:2016, Condition monitoring, vibration; ISO
20816-1:2016 for the broad band of velocity; Randall, Vibration-based Condition Monitoring,
2nd edition, 2021.
"""

from __future__ import annotations

import numpy as np

from sensors.vibration.waveform import Samples, Waveform

# Hz; the broad band in which the severity of ISO 20816 is measured.
BROAD_BAND = (10.0, 1000.0)
MM_PER_M = 1000.0


def rms(waveform: Waveform) -> float:
    """Root of the mean square: the energy of the vibration. A/√2 of a sine of amplitude A."""
    return _rms(waveform.centred())


def peak(waveform: Waveform) -> float:
    """The largest excursion to either side."""
    return float(np.abs(waveform.centred()).max())


def peak_to_peak(waveform: Waveform) -> float:
    """The whole travel, from the lowest to the highest sample."""
    return float(np.ptp(waveform.samples))


def crest_factor(waveform: Waveform) -> float:
    """Peak over RMS: √2 of a sine, above 5 where there are impacts. NaN of a flat line."""
    level = rms(waveform)
    return peak(waveform) / level if level > _rounding(waveform) else np.nan


def kurtosis(waveform: Waveform) -> float:
    """Fourth moment over the square of the second, 1.5 of a sine, 3 of noise, more of impacts.

    It rises with the first damage of a bearing, and falls again when damage is all over.
    NaN of a flat line.
    """
    level = rms(waveform)
    if level <= _rounding(waveform):
        return np.nan
    # Divided first, for the fourth power of tiny samples is zero.
    return float(np.mean((waveform.centred() / level) ** 4))


def velocity_rms(waveform: Waveform, band: tuple[float, float] = BROAD_BAND) -> float:
    """RMS of the velocity within a band of frequencies in Hz, in mm/s.

    Acceleration is divided by 2πf, frequency by frequency: summing samples up would turn
    the least offset into a ramp. Under a Hann window, or what is slower than the band would
    leak into its lower end, where dividing makes much of it. NaN where the waveform is too
    short for the lower end of the band, of which it has to hold two periods, or sampled too
    slowly for anything in it.
    """
    samples = waveform.centred()
    if waveform.is_acceleration:
        samples = waveform.acceleration() * MM_PER_M
    window = np.hanning(samples.size)
    samples = samples * (window / np.sqrt(np.mean(window**2)))
    frequencies, amplitudes = _spectrum(samples, waveform.rate)
    low, high = _checked(band)
    inside = (frequencies >= low) & (frequencies <= high)
    if not inside.any() or waveform.seconds * low < 2:
        return np.nan
    velocities = amplitudes[inside]
    if waveform.is_acceleration:
        velocities = velocities / (2 * np.pi * frequencies[inside])
    return float(np.sqrt(np.sum(velocities**2)))


def band_rms(waveform: Waveform, band: tuple[float, float]) -> float:
    """RMS of the part of the waveform that lies within a band of frequencies in Hz.

    The squares of bands beside each other add up to the square of the whole. Of a band that
    reaches beyond half the rate it is the part below; NaN where there is none.
    """
    frequencies, amplitudes = _spectrum(waveform.centred(), waveform.rate)
    low, high = _checked(band)
    inside = (frequencies >= low) & (frequencies < high)
    return float(np.sqrt(np.sum(amplitudes[inside] ** 2))) if inside.any() else np.nan


def amplitude_at(waveform: Waveform, frequency: float, width: float = 0.0) -> float:
    """Amplitude (not RMS) of the strongest line within `width` Hz of a frequency.

    A Hann window, for no shaft turns a whole number of times within a waveform; a frequency
    between two lines is then read at most 15 % too low. NaN above half the rate.
    """
    if not 0 < frequency < waveform.rate / 2:
        return np.nan
    frequencies, lines = amplitude_spectrum(waveform)
    reach = max(width, waveform.rate / waveform.samples.size / 2)
    near = np.abs(frequencies - frequency) <= reach * (1 + 1e-9)
    return float(lines[near].max())


def amplitude_spectrum(waveform: Waveform) -> tuple[Samples, Samples]:
    """Frequencies in Hz and amplitudes (not RMS) under a Hann window, both of shape (n,)."""
    window = np.hanning(waveform.samples.size)
    lines = 2 * np.abs(np.fft.rfft(waveform.centred() * window)) / window.sum()
    frequencies = np.fft.rfftfreq(waveform.samples.size, 1 / waveform.rate)
    return np.asarray(frequencies, dtype=np.float64), np.asarray(lines, dtype=np.float64)


def _spectrum(samples: Samples, rate: float) -> tuple[Samples, Samples]:
    """Frequencies, and RMS amplitudes whose squares add up to the mean square."""
    amplitudes = np.abs(np.fft.rfft(samples)) * np.sqrt(2) / samples.size
    if samples.size % 2 == 0:
        amplitudes[-1] /= np.sqrt(2)
    amplitudes[0] = 0.0
    return np.arange(amplitudes.size) * (rate / samples.size), amplitudes


def _checked(band: tuple[float, float]) -> tuple[float, float]:
    low, high = band
    if not 0 < low < high:
        raise ValueError("a band goes from a lower to a higher frequency, above zero")
    return low, high


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def _rounding(waveform: Waveform) -> float:
    """What may be left of a flat line when its mean is taken off."""
    return float(8 * np.finfo(np.float64).eps * np.abs(waveform.samples).max())
