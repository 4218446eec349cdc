"""Series that the tests of forecasts share."""

from __future__ import annotations

import numpy as np

from mlops.forecasting.base import Series, Values

# A Monday, so that the week begins with the series.
MONDAY = 4 * 86_400 * 1_000_000


def daily(days: int = 28, noise: float = 0.0, seed: int = 1) -> Series:
    """20 ± 5 over the day, hour by hour."""
    hours = np.arange(days * 24)
    rough = np.random.default_rng(seed).normal(0, noise, hours.size) if noise else 0.0
    return Series(20 + 5 * np.sin(2 * np.pi * hours / 24) + rough, 3600.0, MONDAY)


def autoregressive(steps: int, seed: int, memory: float = 0.8) -> Series:
    """A day's wave below noise that remembers the hour before."""
    shocks = np.random.default_rng(seed).normal(0, 1, steps)
    noise: Values = np.zeros(steps)
    for step in range(1, steps):
        noise[step] = memory * noise[step - 1] + shocks[step]
    return Series(daily(steps // 24 + 1).values[:steps] + noise, 3600.0, MONDAY)
