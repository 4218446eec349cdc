"""Waveforms whose figures are known."""

from __future__ import annotations

import numpy as np

from sensors.vibration.waveform import Waveform

RATE = 12_000.0


def sine(amplitude=1.0, hz=50.0, seconds=1.0, rate=RATE, unit="m/s²", offset=0.0):
    time = np.arange(int(seconds * rate)) / rate
    return Waveform(amplitude * np.sin(2 * np.pi * hz * time + 0.3) + offset, rate, unit)


def noise(seconds=2.0, rate=RATE, seed=1):
    return Waveform(np.random.default_rng(seed).normal(0, 1, int(seconds * rate)), rate)


def impacts(hz, seconds=2.0, rate=RATE, level=0.3, slip=0.01, seed=1):
    """A resonance at 3.5 kHz struck `hz` times a second, not quite evenly, in noise."""
    rng = np.random.default_rng(seed)
    gaps = rng.normal(1 / hz, slip / hz, int(seconds * hz) + 2)
    samples = rng.normal(0, level, int(seconds * rate))
    ring_time = np.arange(int(0.01 * rate)) / rate
    ring = np.exp(-ring_time * 800) * np.sin(2 * np.pi * 3500 * ring_time)
    for moment in np.cumsum(gaps):
        begin = int(moment * rate)
        part = samples[begin : begin + ring.size]
        part += ring[: part.size]
    return Waveform(samples, rate)
