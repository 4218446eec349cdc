"""A detector that somebody asks for by name, with some of its parameters changed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from maintenance.models import Symptom
from mlops.detectors.base import Detector, Scope
from mlops.detectors.suite import ONLY_ASKED, Member
from mlops.registry import DETECTORS, NOTHING, sensor_suite
from sensors.models import Sensor

# Counts are of readings; larger ones do not fit into arrays.
MOST = 1_000_000_000


class DetectorChoiceError(ValueError):
    """There is no such detector, or it cannot be had like this. `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Choice:
    """A registered detector and the parameters to change; the others are as shipped.

    What is shipped includes what is set for a sensor itself, as its limits are.
    """

    name: str
    parameters: Mapping[str, float]

    @classmethod
    def of(cls, name: str, parameters: Mapping[str, Any]) -> Self:
        """Check a name and parameters that came from outside. Raises DetectorChoiceError."""
        detector = DETECTORS.get(name)
        if detector is None or detector.scope is not Scope.SENSOR:
            raise DetectorChoiceError("unknown_detector", f"There are {', '.join(_names())}")
        choice = cls(name, numbers_of(name, detector, parameters))
        # What no sensor has of its own is refused now and not when it is used.
        choice.members([])
        return choice

    @property
    def label(self) -> str:
        """The detector with its version, as alarms name it."""
        return self.members([])[0].label

    def members(self, sensors: Sequence[Sensor]) -> list[Member]:
        """The detector as it watches these sensors, once for each kind of its anomalies.

        Raises DetectorChoiceError where parameters do not go together.
        """
        shipped = [m for m in sensor_suite(sensors).members if m.name == self.name]
        own = parameters_of(shipped[0].detector) if shipped else {}
        try:
            with np.errstate(all="ignore"):
                detector = DETECTORS[self.name](**{**own, **self.parameters}).fit(NOTHING)
        except (ValueError, TypeError, OverflowError) as exc:
            raise DetectorChoiceError("invalid_parameter", f"{self.name}: {exc}") from exc
        if not shipped:
            return [Member(Symptom.Kind.DEVIATION, self.name, detector)]
        return [
            replace(m, detector=detector, channel=_heard(m.channel), watches=None) for m in shipped
        ]


def _heard(channel: int | None) -> int | None:
    # Whoever chooses one that is only asked wants to know what it says of readings.
    return None if channel == ONLY_ASKED else channel


def defaults_of(detector: type[Detector]) -> dict[str, Any]:
    """The parameters that a detector takes, with the value of each if it is not given."""
    taken = inspect.signature(detector).parameters.values()
    return {parameter.name: parameter.default for parameter in taken}


def parameters_of(detector: Detector) -> dict[str, Any]:
    """What a detector was made with."""
    return {name: getattr(detector, name) for name in defaults_of(type(detector))}


def numbers_of(
    name: str, detector: type[Detector], parameters: Mapping[str, Any]
) -> dict[str, float]:
    """Parameters that came from outside for a detector. Raises DetectorChoiceError."""
    defaults = defaults_of(detector)
    if odd := sorted(set(parameters) - set(defaults)):
        named = ", ".join(defaults) or "none"
        raise DetectorChoiceError(
            "unknown_parameter", f"{name} has no {odd[0][:100]!r}; its parameters are {named}"
        )
    return {key: _number(key, value, defaults[key]) for key, value in parameters.items()}


def _names() -> Iterable[str]:
    return (name for name, kind in DETECTORS.items() if kind.scope is Scope.SENSOR)


def _number(name: str, value: Any, default: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DetectorChoiceError("invalid_parameter", f"{name} has to be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise DetectorChoiceError("invalid_parameter", f"{name} has to be a finite number")
    if isinstance(default, int) and not isinstance(default, bool):
        if number != int(number) or abs(number) > MOST:
            words = f"{name} has to be a whole number, {MOST} at most"
            raise DetectorChoiceError("invalid_parameter", words)
        return int(number)
    return number
