"""How healthy is an asset? 0 to 100, with everything that took something away.

Each maker of the index is turned into a wear between 0 and 1. The worst maker counts in
full, the others a fraction of what is left, in falling order:

    index = 100 × (1 − worst) × product of (1 − OTHERS × wear) over the other makers

Not a mean: one bearing about to seize is no better for nine that run well. Not the worst
alone either: three small things are worse than one. More wear of any maker never raises
the index, nor does one more maker; the order of makers does not matter; it stays within 0
and 100. What is not known is no maker: it neither heals nor harms. Where nothing is known
of the machine's condition the index is None, which is "unknown" and not 100; overdue work
and bad readings alone do not make it known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from maintenance.policy import SENSOR_FAULTS, Severity

# A maker that is not the worst counts this share of its wear.
OTHERS = 0.25
# Time to limit and overdue work: half the wear at this many days.
HALF_LIMIT_DAYS = 7.0
HALF_OVERDUE_DAYS = 30.0
# Overdue work and poor data are no damage by themselves: they never take more than this.
MOST_OVERDUE = 0.5
MOST_DATA = 0.3


class Kind(StrEnum):
    """What can take health away."""

    ANOMALY = "anomaly"
    LIMIT = "time to limit"
    REMAINING_LIFE = "remaining life"
    OVERDUE = "overdue work"
    DATA = "data quality"


# Overdue work and bad readings say nothing of the machine's condition by themselves.
CONDITIONS = frozenset({Kind.ANOMALY, Kind.LIMIT, Kind.REMAINING_LIFE})

# The wear of an open anomaly at the alarm line, and far beyond it.
WEAR_OF_SEVERITY = {
    Severity.LOW: (0.05, 0.15),
    Severity.MEDIUM: (0.15, 0.4),
    Severity.HIGH: (0.4, 0.7),
    Severity.CRITICAL: (0.7, 0.95),
}
# Anomalies that say more of the sensor than of the machine count half.
OF_SENSOR = 0.5


@dataclass(frozen=True, slots=True)
class Maker:
    """Something that is known of an asset: `wear` is 0 for as new, 1 for gone."""

    kind: Kind
    wear: float
    reason: str

    def __post_init__(self) -> None:
        if not 0 <= self.wear <= 1:
            raise ValueError(f"wear must be 0 to 1, not {self.wear}")


@dataclass(frozen=True, slots=True)
class Taken:
    """A maker, and how many points of the index it took away."""

    maker: Maker
    points: float


@dataclass(frozen=True, slots=True)
class Health:
    """The index, None for unknown, and its makers, the worst first.

    The points of all makers add up to what is missing of 100; nothing is taken from what
    is unknown.
    """

    index: float | None
    taken: tuple[Taken, ...]

    @property
    def is_known(self) -> bool:
        return self.index is not None


def health(makers: Iterable[Maker]) -> Health:
    """The index made of all that is known.

    >>> health([Maker(Kind.LIMIT, 0.5, "a week"), Maker(Kind.DATA, 0.2, "gaps")]).index
    47.5
    >>> health([]).index is None
    True
    """
    ordered = sorted(makers, key=lambda maker: (-maker.wear, maker.kind, maker.reason))
    if not any(maker.kind in CONDITIONS for maker in ordered):
        return Health(None, tuple(Taken(maker, 0.0) for maker in ordered))
    left = 100.0
    taken: list[Taken] = []
    for maker in ordered:
        share = OTHERS * maker.wear if taken else maker.wear
        taken.append(Taken(maker, left * share))
        left *= 1 - share
    return Health(left, tuple(taken))


def of_anomaly(severity: Severity, score: float, kind: str, sensor: str) -> Maker:
    """An open anomaly. Its score counts from the alarm line, which is 1, on.

    >>> round(of_anomaly(Severity.HIGH, 1.0, "deviation", "T1").wear, 3)
    0.4
    """
    least, most = WEAR_OF_SEVERITY[severity]
    # Hyperbolic: from 1 to 2 says more than from 9 to 10.
    wear = least + (most - least) * (1 - 1 / max(score, 1.0))
    if kind in SENSOR_FAULTS:
        wear *= OF_SENSOR
    return Maker(
        Kind.ANOMALY, wear, f"{severity.name.lower()} {kind} of {sensor}, score {score:.3g}"
    )


def of_time_to_limit(days: float | None, chance: float, sensor: str) -> Maker:
    """The nearest limit: 0 days is all the wear there is, a week half of it.

    `days` is None where no crossing is foreseen, which is good news and takes nothing.
    `chance` is that of a crossing at all. Leave it out where nothing could be forecast.
    """
    if days is None:
        return Maker(Kind.LIMIT, 0.0, f"no crossing foreseen of the limit of {sensor}")
    wear = HALF_LIMIT_DAYS / (HALF_LIMIT_DAYS + max(days, 0.0)) * min(max(chance, 0.0), 1.0)
    return Maker(Kind.LIMIT, wear, f"{sensor} reaches its limit in {max(days, 0.0):.3g} days")


def of_remaining_life(share: float, left: str) -> Maker:
    """What is left of the life that can be told of; a share of 1 and above is as new."""
    return Maker(Kind.REMAINING_LIFE, 1 - min(max(share, 0.0), 1.0), left)


def of_overdue(days: float, order: str) -> Maker:
    """A work order past its date. Work that is not overdue takes nothing away."""
    late = max(days, 0.0)
    wear = MOST_OVERDUE * late / (late + HALF_OVERDUE_DAYS)
    return Maker(Kind.OVERDUE, wear, f"{order} is {late:.3g} days overdue")


def of_data(good: float) -> Maker:
    """The share of readings that can be believed."""
    share = min(max(good, 0.0), 1.0)
    return Maker(Kind.DATA, MOST_DATA * (1 - share), f"{share:.0%} of its readings are good")


def of_learning(learnt: Sequence[bool]) -> list[Maker]:
    """Sensors whose detectors still learn: nothing is known of them yet, so no maker.

    Once one of them has learnt, its silence is knowledge: a maker that takes nothing.
    """
    known = sum(learnt)
    return [Maker(Kind.ANOMALY, 0.0, f"{known} of {len(learnt)} sensors watched")] if known else []
