"""The one door to what detectors are and have learnt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maintenance.episodes import LOOK_BACK
from maintenance.models import Symptom
from mlops.detectors.base import Block, Detector, Values
from mlops.detectors.limits import Limits
from mlops.detectors.noise_gone import NoiseGone
from mlops.detectors.rate_of_change import RateOfChange
from mlops.detectors.seasonal_baseline import SeasonalBaseline
from mlops.detectors.silence import Silence
from mlops.detectors.stuck import Stuck
from mlops.detectors.suite import Member, Suite
from sensors.models import Sensor

# The name is stored in the database: never reuse one for other behaviour.
DETECTORS: dict[str, type[Detector]] = {
    "limits": Limits,
    "noise_gone": NoiseGone,
    "rate_of_change": RateOfChange,
    "seasonal_baseline": SeasonalBaseline,
    "silence": Silence,
    "stuck": Stuck,
}
NAMES = {detector: name for name, detector in DETECTORS.items()}


def sensor_suite(sensors: Sequence[Sensor]) -> Suite:
    """The detectors that watch sensors, their limits in the order of the sensors."""
    limits = Limits(**{name: _column(sensors, name) for name in LIMITS}).fit(NOTHING)
    return Suite(
        [
            _member(Symptom.Kind.DEVIATION, SeasonalBaseline().fit(NOTHING)),
            _member(Symptom.Kind.HIGH_LIMIT, limits, Limits.channels.index("high")),
            _member(Symptom.Kind.LOW_LIMIT, limits, Limits.channels.index("low")),
        ],
        recent=LOOK_BACK,
    )


NOTHING = Block(np.empty((0, 1), dtype=np.int64), np.empty((0, 1)))
LIMITS = ("warning_low", "alarm_low", "warning_high", "alarm_high")


def _member(kind: str, detector: Detector, channel: int | None = None) -> Member:
    return Member(kind, NAMES[type(detector)], detector, channel)


def _column(sensors: Sequence[Sensor], name: str) -> Values:
    """One field of the sensors, NaN where it is not set."""
    return np.array([getattr(sensor, name) for sensor in sensors], dtype=float)
