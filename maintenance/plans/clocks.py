"""When is a plan due next? Pure: what is stored of its triggers in, dates out.

A clock is one trigger as it stands. The dates that are kept on rows and the preview of a year
both come from here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from maintenance.plans.recurrence import Rule, from_completion, next_after
from maintenance.plans.seasons import Season, in_season, moved_out

# A meter that is expected later than this is not expected.
TOO_FAR = timedelta(days=20 * 365)
SOON = timedelta(minutes=1)


class Clock(Protocol):
    @property
    def due_at(self) -> datetime | None: ...

    def past(self, handled: datetime) -> Self:
        """After the date has been handled, where dates stay as they are."""
        ...

    def restarted(self, done_at: datetime) -> Self:
        """After the work has been done, where dates are counted from that."""
        ...


@dataclass(frozen=True, slots=True)
class Calendar:
    rule: Rule
    start: datetime
    zone: ZoneInfo
    due_at: datetime | None

    @property
    def at(self) -> time:
        return self.start.time()

    def first(self, after: datetime) -> Calendar:
        """Begun anew: what lies before is not made up for."""
        return replace(self, due_at=next_after(self.rule, self.start, self.zone, after))

    def past(self, handled: datetime) -> Calendar:
        return self.first(handled)

    def restarted(self, done_at: datetime) -> Calendar:
        return replace(self, due_at=from_completion(self.rule, self.at, self.zone, done_at))


@dataclass(frozen=True, slots=True)
class Meter:
    """`amount` of `every` units had been counted at `as_of`; `rate` is units per second, None
    where too little is known to look ahead. What has not been reached is due after `now`,
    whatever had been expected: the machine may stand, or its sensor be silent."""

    every: float
    amount: float
    as_of: datetime
    rate: float | None
    now: datetime

    @property
    def due_at(self) -> datetime | None:
        """When it is reached: `as_of` if it has been, else as expected of the rate so far."""
        left = self.every - self.amount
        if left <= 0:
            return self.as_of
        if not self.rate or left / self.rate > TOO_FAR.total_seconds():
            return None
        expected = self.as_of + timedelta(seconds=left / self.rate)
        return max(expected, self.now + SOON)

    def past(self, handled: datetime) -> Meter:
        """An order ahead of time is for the multiple to come; what went over several
        multiples between two looks was one occurrence."""
        reached = max(self.amount // self.every, 1)
        return replace(self, amount=self.amount - reached * self.every)

    def restarted(self, done_at: datetime) -> Meter:
        return replace(self, amount=0.0, as_of=max(done_at, self.as_of))


@dataclass(frozen=True, slots=True)
class Habits:
    """What holds for all triggers of a plan."""

    zone: ZoneInfo
    needs_all: bool = False
    from_completion: bool = False
    seasons: tuple[Season, ...] = ()
    skips: bool = False

    def due(self, falls_at: datetime) -> datetime | None:
        """When the work is due that falls on a date, None if the season leaves it out."""
        if self.skips and in_season(falls_at.astimezone(self.zone).date(), self.seasons):
            return None
        return moved_out(falls_at, self.zone, self.seasons)


def falls_at(clocks: Sequence[Clock], needs_all: bool) -> datetime | None:
    """The date that the clocks make together: the first, or the last if all are needed."""
    dates = [clock.due_at for clock in clocks]
    known = [at for at in dates if at is not None]
    if not known or (needs_all and len(known) < len(dates)):
        return None
    return max(known) if needs_all else min(known)


def handled(clocks: Sequence[Clock], date: datetime) -> list[Clock]:
    """The clocks after a date: those that had come to it go on."""
    return [c.past(date) if c.due_at and c.due_at <= date else c for c in clocks]


@dataclass(frozen=True, slots=True)
class Coming:
    """A date to come; `due_at` is None where the season leaves it out."""

    falls_at: datetime
    due_at: datetime | None


def coming(
    clocks: Sequence[Clock], habits: Habits, until: datetime, most: int
) -> Iterator[Coming]:
    """What falls up to `until`, at most so many dates, as if all work were done when due."""
    for _ in range(most):
        date = falls_at(clocks, habits.needs_all)
        if date is None or date > until:
            return
        due_at = habits.due(date)
        yield Coming(date, due_at)
        done_at = due_at or date
        clocks = (
            [clock.restarted(done_at) for clock in clocks]
            if habits.from_completion
            else handled(clocks, date)
        )
