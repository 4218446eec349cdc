"""What should be done about anomalies? Pure rules: no database, no clock.

Change a rule, raise VERSION: each order keeps the version that decided it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum

VERSION = "3"


class Severity(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Priority(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Action(StrEnum):
    WATCH = "watch"
    ORDER = "order"


class Mode(StrEnum):
    """How far the software may go by itself."""

    SUGGEST = "suggest"
    DRAFT_WORK_ORDER = "draft_work_order"
    AUTO_APPROVE = "auto_approve"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the policy needs to know of one anomaly. Its credibility may not be known."""

    sensor: str
    sensor_kind: str
    anomaly_kind: str
    severity: Severity
    credibility: float | None = None

    @property
    def of_sensor(self) -> bool:
        return self.anomaly_kind in SENSOR_FAULTS


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An alarm limit that a sensor is expected to reach: after how long, and between what.

    `latest` is None where it may be later than anything that was forecast.
    """

    sensor: str
    limit: float
    unit: str
    after: timedelta
    earliest: timedelta
    latest: timedelta | None = None

    def in_words(self) -> str:
        """For people.

        >>> hours = [timedelta(hours=hours) for hours in (26, 18, 40)]
        >>> Foreseen("T1", 90.0, "°C", *hours).in_words()
        'alarm limit of 90 °C expected in 26 h (18 h to 40 h) on T1'
        """
        until = f"to {_hours(self.latest)}" if self.latest is not None else "or later"
        return (
            " ".join(f"alarm limit of {self.limit:.6g} {self.unit}".split())
            + f" expected in {_hours(self.after)} ({_hours(self.earliest)} {until})"
            + f" on {self.sensor}"
        )


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.0f} h"


@dataclass(frozen=True, slots=True)
class Terms:
    """How far the software may go with assets of a type, and from where on it may approve."""

    mode: Mode = Mode.SUGGEST
    credibility: float = 1.0
    severity: Severity = Severity.CRITICAL

    @property
    def plans(self) -> bool:
        """Whether an order gets its duration, skills and checklist from the start."""
        return self.mode is not Mode.SUGGEST


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an asset, and the rules that led there, in order."""

    action: Action
    priority: Priority
    due_in: timedelta
    recommendation: str
    rules: tuple[str, ...]
    foreseen: Foreseen | None = None


# Score at which each severity begins. Of a limit, 1 is the warning and 2 the alarm.
SEVERITY_FROM = (
    (3.0, Severity.CRITICAL),
    (2.0, Severity.HIGH),
    (1.5, Severity.MEDIUM),
)
# Of a detector, 2 is a chance of one in a million, 3 of one in a thousand million. What is
# only unusual is never critical: that takes a limit.
UNUSUAL_FROM = (
    (3.0, Severity.HIGH),
    (2.0, Severity.MEDIUM),
)

# Of a fault of a sensor, 1 is what a person or its own past allow. Nothing is broken yet
# but what one knows of the machine: it is worth an order, but never an urgent one.
SENSOR_FAULT_FROM = ((3.0, Severity.MEDIUM),)
# Kinds of anomalies that say more of the sensor than of the machine.
SENSOR_FAULTS = frozenset({"jump", "no_data", "noise_gone", "stuck"})

DUE_IN = {
    Priority.P1: timedelta(hours=8),
    Priority.P2: timedelta(days=3),
    Priority.P3: timedelta(days=14),
    Priority.P4: timedelta(days=30),
}

# Share of the time to a limit that is kept back, so that the work is done before it.
MARGIN = 0.25

RECOMMENDATIONS = {
    "vibration": "Inspect bearings, alignment and fastening; take a vibration spectrum.",
    "temperature": "Check lubrication, cooling and load; look for friction.",
    "pressure": "Check for leaks, blocked filters and valve positions.",
    "flow": "Check for blockage, cavitation and valve positions.",
    "current": "Check the load and the motor's windings and connections.",
    "voltage": "Check the supply and the connections.",
    "power": "Check the load and the drive.",
    "speed": "Check the drive, the belt or coupling, and the speed control.",
    "acoustic": "Listen for leaks, cavitation and bearing noise.",
    "level": "Check valves, pumps and the level control.",
    "humidity": "Check seals, drains and ventilation.",
}
CHECK_SENSOR = "Check the sensor: its supply, wiring, mounting and the way of its readings."
LOOK = "Inspect the machine and compare with the readings attached."


def severity(score: float, *, is_limit: bool, of_sensor: bool = False) -> Severity:
    """Grade a score of a limit, of a detector, or of a fault of a sensor."""
    grades = SEVERITY_FROM if is_limit else SENSOR_FAULT_FROM if of_sensor else UNUSUAL_FROM
    return next((level for least, level in grades if score >= least), Severity.LOW)


def priority(criticality: int, worst: Severity) -> Priority:
    """P1 to P4 from what the asset means to the plant (1-4) and how bad it is (1-4)."""
    weight = criticality * worst
    if weight >= 12:
        return Priority.P1
    if weight >= 8:
        return Priority.P2
    if weight >= 4:
        return Priority.P3
    return Priority.P4


def decide(
    criticality: int,
    findings: Sequence[Finding],
    *,
    one_machine: bool = True,
    foreseen: Foreseen | None = None,
) -> Decision:
    """What to do about an asset with these anomalies (at least one).

    `one_machine` says whether its sensors can confirm each other. `foreseen` is the
    soonest that one of them is expected to reach an alarm limit.
    """
    worst = leading(findings)
    # A fault of one sensor does not confirm what another says of the machine.
    sensors = {finding.sensor for finding in findings if not finding.of_sensor}
    rules = [f"worst severity is {worst.severity.name.lower()} on {worst.sensor}"]
    urgency = priority(criticality, worst.severity)
    action = Action.ORDER
    if worst.severity == Severity.LOW:
        if one_machine and len(sensors) > 1:
            rules.append(f"{len(sensors)} sensors agree")
        elif foreseen and foreseen.after < DUE_IN[urgency]:
            rules.append("a single low anomaly, but with a limit ahead")
        else:
            action = Action.WATCH
            rules.append("a single low anomaly is watched")
    rules.append(f"criticality {criticality} x severity {int(worst.severity)} gives {urgency}")
    due_in = DUE_IN[urgency]
    if foreseen:
        urgency, due_in, more = _hurried(urgency, foreseen)
        rules += more
    return Decision(
        action=action,
        priority=urgency,
        due_in=due_in,
        recommendation=recommendation(worst),
        rules=tuple(rules),
        foreseen=foreseen,
    )


def _hurried(usual: Priority, foreseen: Foreseen) -> tuple[Priority, timedelta, list[str]]:
    """Priority, due time and rules with a limit ahead: it never makes work less urgent."""
    rules = [foreseen.in_words()]
    urgency = usual
    if foreseen.earliest < DUE_IN[usual] and usual != Priority.P1:
        urgency = list(Priority)[list(Priority).index(usual) - 1]
        rules.append(f"that may be before {usual} is due, which makes it {urgency}")
    due_in = max((1 - MARGIN) * foreseen.after, timedelta(0))
    if due_in < DUE_IN[usual]:
        rules.append(f"due in {_hours(due_in)}, three quarters of the time to the limit")
    return urgency, min(DUE_IN[usual], due_in), rules


def leading(findings: Sequence[Finding]) -> Finding:
    """The worst; of two that are as bad the one that is about the machine."""
    return max(findings, key=lambda finding: (finding.severity, not finding.of_sensor))


def approval(terms: Terms, findings: Sequence[Finding]) -> str | None:
    """Why an order about these anomalies is approved without a person; None if it is not.

    One anomaly has to be both credible and severe enough. What nobody could judge the
    credibility of is never approved so.
    """
    if terms.mode is not Mode.AUTO_APPROVE:
        return None
    for finding in findings:
        credible = finding.credibility is not None and finding.credibility >= terms.credibility
        if credible and finding.severity >= terms.severity:
            return (
                f"approved by rule: credibility {finding.credibility:.2g} of {finding.sensor} is "
                f"at least {terms.credibility:.2g}, its severity "
                f"{finding.severity.name.lower()} at least {terms.severity.name.lower()}"
            )
    return None


def recommendation(finding: Finding) -> str:
    """What to do first."""
    return CHECK_SENSOR if finding.of_sensor else RECOMMENDATIONS.get(finding.sensor_kind, LOOK)
