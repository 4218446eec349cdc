"""Weekly shifts as spans of time. Pure: no database, no clock.

Shifts are local times on weekdays. They become moments day by day, so that a shift begins
at 06:00 by the clock on both sides of a change of the clocks, and one in whose night they
change is an hour shorter or longer. A local time that is skipped in spring is taken by the
offset before the change, one that comes twice in autumn the first time (as RFC 5545 does).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from maintenance.scheduling.spans import Span

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift on one day: moments in UTC. It belongs to the day on which it begins."""

    day: date
    span: Span
    breaks: tuple[Span, ...] = ()

    @property
    def work(self) -> timedelta:
        """How long is worked, without breaks."""
        return self.span.length - sum((pause.length for pause in self.breaks), timedelta())


@dataclass(frozen=True, slots=True)
class WeeklyShift:
    """A shift of each week; Monday is 0. `ends` not after `starts` is on the next day."""

    weekday: int
    starts: time
    ends: time
    break_starts: time | None = None
    break_ends: time | None = None

    def fault(self) -> str:
        """What cannot be so, in words; empty if all is well."""
        if self.starts == self.ends:
            return "A shift ends at another time than it starts."
        if (self.break_starts is None) != (self.break_ends is None):
            return "A break has a start and an end."
        if self.break_starts is None or self.break_ends is None:
            return ""
        first, last = self._after_start(self.break_starts), self._after_start(self.break_ends)
        if not 0 < first < last < self._after_start(self.ends):
            return "The break lies within the shift."
        return ""

    @property
    def hours(self) -> float:
        """How long is worked by the clock, without the break."""
        minutes = self._after_start(self.ends)
        if self.break_starts is not None and self.break_ends is not None:
            minutes -= self._after_start(self.break_ends) - self._after_start(self.break_starts)
        return minutes / 60

    def minutes_of_week(self) -> tuple[float, float]:
        """Start and end, counted from Monday 00:00 by the clock."""
        start = self.weekday * 1_440 + _minutes(self.starts)
        return start, start + self._after_start(self.ends)

    def on(self, day: date, zone: ZoneInfo) -> Turn | None:
        """The shift of that day, which is of its weekday. None if the clocks skip it."""
        span = Span(self._moment(day, self.starts, zone), self._moment(day, self.ends, zone))
        if span.end <= span.start:
            return None
        if self.break_starts is None or self.break_ends is None:
            return Turn(day, span)
        pause = Span(
            self._moment(day, self.break_starts, zone), self._moment(day, self.break_ends, zone)
        )
        return Turn(day, span, (pause,) if pause.start < pause.end else ())

    def _moment(self, day: date, at: time, zone: ZoneInfo) -> datetime:
        """A clock time of the shift; what is before its start is on the next day."""
        local = datetime.combine(day + DAY if at < self.starts else day, at, tzinfo=zone)
        return local.astimezone(UTC)

    def _after_start(self, at: time) -> float:
        return (_minutes(at) - _minutes(self.starts)) % 1_440


def turns_between(
    shifts: Sequence[WeeklyShift],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    holidays: Collection[date] = (),
) -> list[Turn]:
    """The turns with a part in [start, end), in order, without those that begin on a
    holiday. They are whole turns: the first may begin before `start`."""
    turns = _turns(shifts, zone, start, end, holidays)
    return sorted(turns, key=lambda turn: turn.span.start)


def _turns(
    shifts: Sequence[WeeklyShift],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    holidays: Collection[date],
) -> Iterator[Turn]:
    # A shift of the day before may go over midnight.
    day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date()
    while day <= last:
        if day not in holidays:
            for shift in shifts:
                turn = shift.on(day, zone) if shift.weekday == day.weekday() else None
                if turn and turn.span.start < end and start < turn.span.end:
                    yield turn
        day += DAY


def overlapping(shifts: Sequence[WeeklyShift]) -> bool:
    """Whether two shifts of a week lie over each other; Sunday night reaches into Monday."""
    spans = sorted(shift.minutes_of_week() for shift in shifts)
    week = 7 * 1_440
    again = [*spans, *((start + week, end + week) for start, end in spans[:1])]
    return any(after[0] < before[1] for before, after in pairwise(again))


def _minutes(at: time) -> float:
    return at.hour * 60 + at.minute + at.second / 60
