"""A pump with two sensors that go together, and what its relation looks like when it breaks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from sensors.models import Asset, ReadingBatch, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_asset,
    make_history,
    make_sensor,
    make_stored,
    reading,
)

HISTORY = 600
# Rows from which flow no longer follows speed, though each stays in its own range.
BREAKS = 40


def courses(rows: int, seed: int = 2, load: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Speed that wanders about its mean, and flow that follows it."""
    rng = np.random.default_rng(seed)
    speed = np.zeros(rows)
    for row in range(1, rows):
        speed[row] = 0.7 * speed[row - 1] + rng.normal(0, load)
    return 1_500 + 10 * speed, 50 + 2 * speed + rng.normal(0, 0.1, rows)


def broken(rows: int, seed: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """As normal up to BREAKS; then flow falls where speed rises."""
    speed, flow = courses(rows, seed, load=0.8)
    flow[BREAKS:] = 100 - flow[BREAKS:]
    return speed, flow


def make_pump(history: int = HISTORY, seed: int = 2, **fields: Any) -> Asset:
    """A pump with a reading a minute up to noon, and no model."""
    asset = make_asset(**fields)
    sensors = [make_sensor(asset=asset, code=f"{asset.tag}-{what}") for what in ("A", "B")]
    for sensor, values in zip(sensors, courses(history, seed), strict=True):
        make_history(sensor, values.tolist())
    return asset


def sensors_of(asset: Asset) -> list[Sensor]:
    return list(Sensor.objects.filter(asset=asset).order_by("code"))


def brought(
    asset: Asset,
    values: Sequence[np.ndarray],
    rows: Sequence[int],
    only: Collection[str] = (),
) -> ReadingBatch:
    """A stored batch with the rows of these numbers, a minute apart from noon on; of the
    sensors with the codes in `only`, if there are any."""
    courses = list(zip(sensors_of(asset), values, strict=True))
    readings = [
        reading(sensor, float(course[row]), at(row))
        for row in rows
        for sensor, course in courses
        if not only or sensor.code in only
    ]
    batch = make_stored(asset.site, *readings)
    return ReadingBatch.objects.located().get(pk=batch.pk)


def at(row: int) -> datetime:
    return NOON + MINUTE * row
