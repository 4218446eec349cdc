"""What machines would send: signals and faults as plain functions, no clock, no network.

The numbers are those of a medium pump: vibration limits after ISO 20816-3 zone borders,
the rest from common data sheets. Noise comes from a seed, so the same plan gives the
same readings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Signal:
    """What a healthy sensor shows: a level, a daily swing, and noise around them."""

    level: float
    swing: float
    noise: float

    def sample(self, seconds: Values, rng: np.random.Generator) -> Values:
        """Values at the given times, in seconds since 1970."""
        daily = self.swing * np.sin(2 * np.pi * seconds / DAY)
        return self.level + daily + rng.normal(0, self.noise, seconds.size)


SIGNALS = {
    "vibration": Signal(level=2.2, swing=0.05, noise=0.12),  # mm/s
    "temperature": Signal(level=58.0, swing=1.0, noise=0.5),  # °C
    "pressure": Signal(level=6.0, swing=0.05, noise=0.06),  # bar
    "current": Signal(level=32.0, swing=0.4, noise=0.5),  # A
}

# A fault takes the kind of a sensor, its healthy values and how far the fault has come
# (0 none, 1 the end), and returns what the sensor shows instead.
Fault = Callable[[str, Values, Values], Values]


def healthy(kind: str, values: Values, progress: Values) -> Values:
    return values


def bearing_wear(kind: str, values: Values, progress: Values) -> Values:
    """Vibration grows faster and faster; the friction's heat follows behind."""
    if kind == "vibration":
        return values + 7.0 * progress**2
    if kind == "temperature":
        return values + 22.0 * np.clip(progress - 0.3, 0, None) / 0.7
    return values


def overheating(kind: str, values: Values, progress: Values) -> Values:
    """A blocked cooler: the motor gets hot and draws more current."""
    rise = {"temperature": 35.0, "current": 8.0}
    return values + rise.get(kind, 0.0) * progress


def leak(kind: str, values: Values, progress: Values) -> Values:
    """Pressure falls away."""
    return values - 3.5 * progress if kind == "pressure" else values


def stuck_sensor(kind: str, values: Values, progress: Values) -> Values:
    """The thermometer shows the same value for ever."""
    if kind != "temperature" or not (progress > 0).any():
        return values
    began = int(np.argmax(progress > 0))
    return np.where(progress > 0, values[began], values)


FAULTS: dict[str, Fault] = {
    "none": healthy,
    "bearing_wear": bearing_wear,
    "overheating": overheating,
    "leak": leak,
    "stuck_sensor": stuck_sensor,
}


def readings_of(
    kind: str,
    seconds: Values,
    *,
    seed: tuple[int, ...],
    fault: str = "none",
    fault_begins: float = 0.4,
) -> Values:
    """What a sensor of a kind shows at the given times, rounded as devices round.

    The fault begins after `fault_begins` of the span and has come to its end with it.
    """
    rng = np.random.default_rng(seed)
    values = SIGNALS[kind].sample(seconds, rng)
    position = np.linspace(0, 1, seconds.size)
    progress = np.clip((position - fault_begins) / (1 - fault_begins), 0, 1)
    return np.round(FAULTS[fault](kind, values, progress), 3)
