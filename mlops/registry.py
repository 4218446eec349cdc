"""The one door into mlops for the agents: which detectors watch a sensor?"""

from __future__ import annotations

from dataclasses import dataclass

from maintenance.models import Anomaly
from mlops.detectors import DETECTORS, Detector, FixedLimit, RobustZScore
from sensors.models import Sensor

NAMES = {detector: name for name, detector in DETECTORS.items()}


@dataclass(frozen=True, slots=True)
class ActiveDetector:
    """A detector on duty, and the kind of anomaly that its alarms are."""

    detector: Detector
    kind: str

    @property
    def label(self) -> str:
        """What an anomaly stores of it: name and version."""
        return f"{NAMES[type(self.detector)]}#{self.detector.version}"


def active_detectors(sensor: Sensor) -> list[ActiveDetector]:
    """The detectors of a sensor, unfitted."""
    active = [ActiveDetector(RobustZScore(), Anomaly.Kind.DEVIATION)]
    if sensor.warning_high is not None or sensor.alarm_high is not None:
        high = FixedLimit(sensor.warning_high, sensor.alarm_high, side="high")
        active.append(ActiveDetector(high, Anomaly.Kind.HIGH_LIMIT))
    if sensor.warning_low is not None or sensor.alarm_low is not None:
        low = FixedLimit(sensor.warning_low, sensor.alarm_low, side="low")
        active.append(ActiveDetector(low, Anomaly.Kind.LOW_LIMIT))
    return active
