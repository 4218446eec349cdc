from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
Unit = Literal["m/s²", "g", "mm/s"]

# One g of standard gravity, exactly.
STANDARD_GRAVITY = 9.80665
FEWEST_SAMPLES = 16
ACCELERATIONS = ("m/s²", "g")


@dataclass(frozen=True, slots=True)
class Waveform:
    """Evenly spaced samples of one vibration sensor, of shape (n,), with `rate` in Hz.

    Raises ValueError for samples that are no waveform: too few, not finite, not of one
    dimension, a rate that is not above zero, or a unit that is not known.
    """

    samples: Samples
    rate: float
    unit: Unit = "m/s²"

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.size < FEWEST_SAMPLES:
            raise ValueError(f"a waveform has at least {FEWEST_SAMPLES} samples in a row")
        if not np.isfinite(self.samples).all():
            raise ValueError("samples must be finite")
        if not 0 < self.rate < np.inf:
            raise ValueError("the rate must be above zero")
        if self.unit not in (*ACCELERATIONS, "mm/s"):
            raise ValueError(f"unknown unit {self.unit}")

    @property
    def seconds(self) -> float:
        return self.samples.size / self.rate

    @property
    def is_acceleration(self) -> bool:
        return self.unit in ACCELERATIONS

    def centred(self) -> Samples:
        """The samples about their mean: gravity and an amplifier's offset are no vibration."""
        return self.samples - self.samples.mean()

    def acceleration(self) -> Samples:
        """In m/s², about their mean. Raises ValueError for a waveform of velocity."""
        if not self.is_acceleration:
            raise ValueError("a waveform of velocity has no acceleration")
        return self.centred() * (STANDARD_GRAVITY if self.unit == "g" else 1.0)
