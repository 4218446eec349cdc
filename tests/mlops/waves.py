"""A sensor whose signal repeats itself, and what it looks like when a stretch is odd."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from mlops import artifacts
from mlops.detectors.base import Block
from mlops.detectors.subsequences import Subsequences
from mlops.learning.shapes import unfitted
from mlops.models import ShapeLook
from mlops.registry import SHAPES
from sensors.history.windows import micros_of
from sensors.models import Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_history,
    make_sensor,
    make_stored,
    make_version,
    reading,
)

PERIOD = 40
HISTORY = 1_200
# Minutes that are looked at at once, and the odd ones among them.
DAY = 400
FIRST, LAST = 150, 230


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


def make_watched(history: int = HISTORY, **fields: Any) -> Sensor:
    """A sensor that is to be looked at, with a reading a minute up to noon."""
    sensor = make_sensor(**{"detect_odd_shapes": True} | fields)
    # The last of a whole number of rounds, so that what comes goes on in phase.
    make_history(sensor, waves(history, start=-history).tolist())
    return sensor


def bring(sensor: Sensor, values: np.ndarray, first: int = 0, **fields: Any) -> None:
    """Store readings from so many minutes past noon on."""
    rows = [reading(sensor, float(v), NOON + MINUTE * (first + n)) for n, v in enumerate(values)]
    make_stored(sensor.site, *rows, **fields)


def at(minute: int) -> datetime:
    return NOON + MINUTE * minute


def night(minute: int) -> datetime:
    """When all up to a minute past noon has settled."""
    return at(minute) + timedelta(hours=1)


@cache
def fitted() -> Subsequences:
    """What is learnt of the waves up to noon: the same for all, and fitted once."""
    micros = micros_of(NOON) + np.arange(-HISTORY, 0) * 60_000_000
    return unfitted(PERIOD).fit(Block(micros[:, None], waves(HISTORY, start=-HISTORY)[:, None]))


def learnt(**fields: Any) -> Sensor:
    """A sensor the shapes of which are known up to noon."""
    sensor = make_watched(history=100, **fields)
    parameters = {n: v for n, v in vars(fitted()).items() if not n.endswith("_")}
    make_version(
        sensor=sensor,
        kind=SHAPES,
        code=Subsequences.version,
        parameters={"detector": parameters},
        columns=[sensor.code],
        artifact_digest=artifacts.save(fitted().arrays()),
        created_at=NOON,
    )
    ShapeLook.objects.create(
        sensor=sensor, until=at(-1), learnt=1_000, needed=1_000, tried_at=NOON
    )
    return sensor
