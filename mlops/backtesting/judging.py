"""Alarms held against what people found: were they right, were they complete, how early?

Counted by events, not by readings: a fault is found by one alarm or by none, however
long it lasts. Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Protocol


class Spell(Protocol):
    """An alarm, of a sensor on an asset or of the asset as a whole; it may not have ended."""

    @property
    def sensor_id(self) -> int | None: ...
    @property
    def asset_id(self) -> int: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Labelled:
    """A stretch of time of which somebody said whether there was a fault, from `start` up to
    `end`, of a sensor or of a whole asset.

    `noticed_at` is when people came to know; lead time is measured to it, or to the start
    where it is not given.
    """

    start: datetime
    end: datetime
    is_fault: bool
    sensor_id: int | None = None
    asset_id: int | None = None
    noticed_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.sensor_id is None) == (self.asset_id is None):
            raise ValueError("a label is of a sensor or of an asset")
        if self.end < self.start:
            raise ValueError("a label ends before it begins")

    def meets(self, alarm: Spell) -> bool:
        """Whether the alarm is of the same thing and of the same time, if only in part."""
        if self.sensor_id is None:
            same = self.asset_id == alarm.asset_id
        else:
            same = self.sensor_id == alarm.sensor_id
        begins_before = alarm.ended_at is None or alarm.ended_at >= self.start
        return same and begins_before and alarm.started_at <= self.end

    def is_of(self, sensors: Iterable[tuple[int, int]]) -> bool:
        """Whether it is of one of the sensors, given with their assets."""
        return any(self.sensor_id == pk or self.asset_id == asset for pk, asset in sensors)


@dataclass(frozen=True, slots=True)
class Judgement:
    """None where nothing can be said: of nothing labelled, no alarms or no faults.

    An alarm that meets a fault is right and any other counts as wrong, so where not all
    was labelled the true precision may be higher; `unjudged` are those that meet no label
    at all. `lead_seconds` is the median over the faults found, of the first alarm of each;
    below zero where people were faster.
    """

    precision: float | None = None
    recall: float | None = None
    lead_seconds: float | None = None
    faults: int | None = None
    found: int | None = None
    unjudged: int | None = None


def of_these(
    labelled: Iterable[Labelled],
    sensors: Sequence[tuple[int, int]],
    start: datetime,
    end: datetime,
) -> list[Labelled]:
    """What was labelled of these sensors, given with their assets, between two moments."""
    return [
        label
        for label in labelled
        if label.is_of(sensors) and label.start < end and label.end >= start
    ]


def judged(alarms: Sequence[Spell], labelled: Sequence[Labelled]) -> Judgement:
    """Precision, recall and lead time of alarms; labels are those of the same time."""
    if not labelled:
        return Judgement()
    faults = [label for label in labelled if label.is_fault]
    right = sum(any(fault.meets(alarm) for fault in faults) for alarm in alarms)
    firsts = [
        (fault, min(alarm.started_at for alarm in alarms if fault.meets(alarm)))
        for fault in faults
        if any(fault.meets(alarm) for alarm in alarms)
    ]
    leads = [((f.noticed_at or f.start) - first).total_seconds() for f, first in firsts]
    return Judgement(
        precision=right / len(alarms) if alarms else None,
        recall=len(firsts) / len(faults) if faults else None,
        lead_seconds=median(leads) if leads else None,
        faults=len(faults),
        found=len(firsts),
        unjudged=sum(not any(label.meets(alarm) for label in labelled) for alarm in alarms),
    )
