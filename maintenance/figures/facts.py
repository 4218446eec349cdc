"""What figures are made of: rows, reduced to what counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from maintenance.figures.spans import Span


@dataclass(frozen=True, slots=True)
class Standstill:
    """A time in which an asset, and what is a part of it, did not run.

    `until` is None while it lasts.
    """

    pk: int
    asset: int
    since: datetime
    until: datetime | None
    reason: str
    planned: bool

    def span(self, now: datetime) -> Span:
        return self.since, min(self.until or now, now)


@dataclass(frozen=True, slots=True)
class Failure:
    """That an asset failed; `kind` and `pk` are of the row that says so."""

    kind: str
    pk: int
    asset: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """An anomaly, and how people answered it. Moments are None while they have not come."""

    pk: int
    asset: int
    site: int
    sensor: str
    kind: str
    detector: str
    detected_at: datetime
    started_at: datetime
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None
    ordered_at: datetime | None = None
    work_started_at: datetime | None = None
    work_completed_at: datetime | None = None
    order: int | None = None
    verdict: str = ""
    suppressed: bool = False
    merged: bool = False

    @property
    def source(self) -> tuple[int, str, str]:
        """What would raise the same alarm again."""
        return self.asset, self.sensor, self.kind

    @property
    def method(self) -> str:
        """The detector without its version."""
        return self.detector.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Order:
    """A work order; `cancelled` where it was given up. `found` is whether a fault was."""

    pk: int
    asset: int
    origin: str
    due_at: datetime
    scheduled_end: datetime | None = None
    completed_at: datetime | None = None
    cancelled: bool = False
    found: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that was open at the moment of asking."""

    pk: int
    opened_at: datetime
    state: str
    hours: float


@dataclass(frozen=True, slots=True)
class Work:
    """Hours of somebody on an order."""

    pk: int
    order: int
    span: Span
    cost: float
    repairs: bool


@dataclass(frozen=True, slots=True)
class Part:
    pk: int
    at: datetime
    cost: float


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a failure would have cost at a site, of assets of one type or of all."""

    words: str
    cost_per_hour: float
    hours: float
    share: float

    @property
    def cost(self) -> float:
        """Of a confirmed fault, on average."""
        return self.share * self.hours * self.cost_per_hour


# By site and type of asset; a type of None holds for those that have none of their own.
Assumptions = Mapping[tuple[int, int | None], Assumption]
