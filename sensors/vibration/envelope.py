"""What repeats in the strength of a high-frequency ringing: the sign of bearing damage.

Each time a ball rolls over a flaw it strikes the bearing as a hammer does a bell. The bell's
own frequency is high, and of no interest; how often it is struck tells which part is hurt,
and hardly shows in the plain spectrum.

References: McFadden and Smith, Vibration monitoring of rolling element bearings by the
high-frequency resonance technique, Tribology International 17(1), 1984; Randall and Antoni,
MSSP 25(2), 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sensors.vibration.waveform import Samples, Waveform

# Part of half the sampling rate: above the turning and its harmonics, below the filter that
# every good converter has against aliasing.
DEFAULT_BAND = (0.25, 0.8)
FILTER_ORDER = 4
# Fewer do not fill the filter once to and fro.
FEWEST_SAMPLES = 64


@dataclass(frozen=True, slots=True)
class EnvelopeSpectrum:
    """Frequencies in Hz and amplitudes, in the unit of the waveform, both of shape (n,)."""

    frequencies: Samples
    amplitudes: Samples

    @property
    def resolution(self) -> float:
        """Hz from line to line."""
        return float(self.frequencies[1] - self.frequencies[0])

    def amplitude_at(self, frequency: float, harmonics: int = 3, slip: float = 0.02) -> float:
        """Root of the summed squares of the lines at a frequency and its multiples.

        `slip` is how far off the frequency, as a part of it, the true one may lie: the
        strongest line within it is taken for the true one. Its multiples are looked for at
        multiples of that line only, or else another part's would be taken for them: three
        times one frequency of a bearing often is about twice another. NaN where the
        frequency cannot be seen: above the spectrum, or not three lines from a standstill.
        """
        if not 3 * self.resolution <= frequency <= self.frequencies[-1]:
            return np.nan
        first = self._strongest(frequency, max(frequency * slip, self.resolution))
        true = self.frequencies[first]
        lines = [first]
        for n in range(2, harmonics + 1):
            if n * true <= self.frequencies[-1]:
                # A line is as wide as the resolution, and n times that at its multiple.
                lines.append(self._strongest(n * true, n / 2 * self.resolution))
        return float(np.sqrt(np.sum(np.square(self.amplitudes[lines]))))

    def _strongest(self, frequency: float, reach: float) -> int:
        """The place of the strongest line within reach."""
        # By a hair more, for a line that lies just there.
        near = np.abs(self.frequencies - frequency) <= reach * (1 + 1e-9)
        return int(np.argmax(np.where(near, self.amplitudes, -1.0)))


def envelope(waveform: Waveform, band: tuple[float, float] | None = None) -> Samples:
    """The momentary amplitude of what lies within a band of frequencies in Hz, shape (n,).

    The filter is run to and fro, which shifts nothing in time. Raises ValueError for fewer
    than FEWEST_SAMPLES, and for a band that does not lie below half the rate.
    """
    if waveform.samples.size < FEWEST_SAMPLES:
        raise ValueError(f"an envelope takes at least {FEWEST_SAMPLES} samples")
    half = waveform.rate / 2
    low, high = band or (DEFAULT_BAND[0] * half, DEFAULT_BAND[1] * half)
    if not 0 < low < high < half:
        raise ValueError("the band lies between zero and half the sampling rate")
    from scipy import signal  # Late: tens of MB, and few plants send waveforms.

    filtered = signal.sosfiltfilt(_sections(low, high, waveform.rate), waveform.centred())
    return np.asarray(np.abs(signal.hilbert(filtered)), dtype=np.float64)


@lru_cache(maxsize=64)
def _sections(low: float, high: float, rate: float) -> Samples:
    """The filter of a band. To design it takes longer than to run it over a thousand samples."""
    from scipy import signal  # Late, too.

    sections = signal.butter(FILTER_ORDER, (low, high), "bandpass", fs=rate, output="sos")
    return np.asarray(sections, dtype=np.float64)


def envelope_spectrum(
    waveform: Waveform, band: tuple[float, float] | None = None
) -> EnvelopeSpectrum:
    """Amplitudes of what repeats in the envelope."""
    course = envelope(waveform, band)
    window = np.hanning(course.size)
    spectrum = np.fft.rfft((course - course.mean()) * window)
    lines = np.asarray(2 * np.abs(spectrum) / window.sum(), dtype=np.float64)
    frequencies = np.arange(lines.size, dtype=np.float64) * (waveform.rate / course.size)
    return EnvelopeSpectrum(np.asarray(frequencies, dtype=np.float64), lines)
