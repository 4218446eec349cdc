"""A sensor whose signal repeats itself, and what it looks like when a stretch is odd."""

from __future__ import annotations

import numpy as np

from sensors.models import Reading, Sensor
from tests.factories import MINUTE, NOON, make_history, make_sensor, make_stored, reading

PERIOD = 40
HISTORY = 1_200


def waves(readings: int, seed: int = 1, start: int = 0) -> np.ndarray:
    """A wave with pulses and a little noise, from a phase on."""
    rows = np.arange(start, start + readings)
    noise = np.random.default_rng(seed).normal(0, 0.05, readings)
    return np.sin(rows * 2 * np.pi / PERIOD) + (rows % PERIOD < 5) + noise


def odd(readings: int, first: int, last: int, seed: int = 2) -> np.ndarray:
    """As usual, but from `first` to `last` the same values come in another order."""
    values = waves(readings, seed)
    values[first:last] = values[first:last][::-1]
    return values


def make_watched(history: int = HISTORY, **fields: object) -> Sensor:
    """A sensor that is to be looked at, with a reading a minute up to noon."""
    sensor = make_sensor(**{"detect_odd_shapes": True} | fields)
    # The last of a whole number of rounds, so that what comes goes on in phase.
    make_history(sensor, waves(history, start=-history).tolist())
    return sensor


def bring(sensor: Sensor, values: np.ndarray, first: int = 0, **fields: object) -> None:
    """Store readings from so many minutes past noon on."""
    rows = [reading(sensor, float(v), NOON + MINUTE * (first + n)) for n, v in enumerate(values)]
    make_stored(sensor.site, *rows, **fields)


def move(sensor: Sensor, minutes: range, by: int) -> None:
    """As if some readings after noon had been taken so many minutes later."""
    for minute in reversed(minutes):
        one = Reading.objects.filter(sensor=sensor, taken_at=NOON + MINUTE * minute)
        one.update(taken_at=NOON + MINUTE * (minute + by))
