"""How far are the detectors of a sensor: do they watch, or do they still learn?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from maintenance.models import Symptom
from mlops.detectors.subsequences import Subsequences
from mlops.detectors.suite import Suite
from mlops.learning.shapes import LEAST_READINGS
from mlops.models import SensorState, ShapeLook
from mlops.registry import SHAPES, sensor_suite
from sensors.models import Sensor


class Phase(StrEnum):
    OFF = "off"
    LEARNING = "learning"
    WATCHING = "watching"


@dataclass(frozen=True, slots=True)
class Progress:
    """What one detector does about a sensor, and of how many readings it knows."""

    kind: str
    detector: str
    phase: Phase
    learnt: int
    needed: int
    # What keeps it from learning, or from learning more.
    note: str = ""

    def __str__(self) -> str:
        phase: str = self.phase
        if self.phase == Phase.LEARNING:
            phase = f"learning ({self.learnt} of {self.needed})"
        words = ", ".join(filter(None, [phase, self.note]))
        return f"{Symptom.Kind(self.kind).label}: {words}"


# What each kind goes by where a person has set it; then there is nothing to learn first.
SET_BY_HAND: dict[str, tuple[str, ...]] = {
    Symptom.Kind.HIGH_LIMIT: ("warning_high", "alarm_high"),
    Symptom.Kind.LOW_LIMIT: ("warning_low", "alarm_low"),
    Symptom.Kind.RATE_OF_CHANGE: ("warning_rate", "alarm_rate"),
    Symptom.Kind.STUCK: ("stuck_for",),
    Symptom.Kind.JUMP: ("largest_jump",),
    Symptom.Kind.NO_DATA: ("expected_interval",),
}


def all_progress_of(sensor: Sensor, state: SensorState | None) -> list[Progress]:
    """How far each detector of a sensor is, those that look by night too."""
    return [*progress_of(sensor, state), _of_shapes(sensor)]


def _of_shapes(sensor: Sensor) -> Progress:
    name = f"{SHAPES}#{Subsequences.version}"
    look: ShapeLook | None = getattr(sensor, "shape_look", None)
    learnt, needed = (look.learnt, look.needed) if look else (0, LEAST_READINGS)
    phase = Phase.LEARNING if learnt < needed else Phase.WATCHING
    if not sensor.detect_odd_shapes:
        return Progress(Symptom.Kind.ODD_SHAPE, name, Phase.OFF, learnt, needed)
    note = look.note if look else ""
    return Progress(Symptom.Kind.ODD_SHAPE, name, phase, learnt, needed, note)


def progress_of(sensor: Sensor, state: SensorState | None) -> list[Progress]:
    """How far each detector is that watches a sensor online. A state of other detectors
    than today's counts as none: it is learnt anew from the sensor's history with its next
    reading."""
    suite = sensor_suite([sensor])
    learnt = _learnt(suite, state)
    found = []
    for member in suite.members:
        needed = member.detector.min_history
        known = learnt.get(member.kind, needed)
        phase = _phase(sensor, member.kind, known < needed)
        found.append(Progress(member.kind, member.label, phase, known, needed))
    return found


def _learnt(suite: Suite, state: SensorState | None) -> dict[str, int]:
    """Of the kinds that have not learnt enough, of how many readings they know."""
    now = suite.begin(1)
    if state is not None and state.layout == suite.layout:
        now = np.frombuffer(state.state, dtype=np.float64)[None, :]
    return {member.kind: int(count[0]) for member, count in suite.learning(now)}


def _phase(sensor: Sensor, kind: str, is_short: bool) -> Phase:
    is_set = any(getattr(sensor, name) is not None for name in SET_BY_HAND.get(kind, ()))
    if is_set:
        return Phase.WATCHING
    if _needs_setting(sensor, kind):
        return Phase.OFF
    return Phase.LEARNING if is_short else Phase.WATCHING


def _needs_setting(sensor: Sensor, kind: str) -> bool:
    """Whether a kind is off unless a person sets what it goes by."""
    if kind == Symptom.Kind.STUCK:
        return not sensor.stuck_after
    if kind == Symptom.Kind.NOISE_GONE:
        return not sensor.detect_noise_gone
    return kind in Symptom.LIMITS or kind == Symptom.Kind.JUMP


def in_words(progress: Sequence[Progress]) -> str:
    """The whole of it in a few words: the one that needs longest, as a rule."""
    learning = [p for p in progress if p.phase == Phase.LEARNING]
    if not learning:
        return "watching"
    last = max(learning, key=lambda p: p.needed - p.learnt)
    return f"learning ({last.learnt} of {last.needed})"
