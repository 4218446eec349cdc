"""A week of a site, technician by technician: who does what when, what is free, what is
too much. Drawn by templates/maintenance/board.html; places are per cent of the week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maintenance.models import Absence, Booking, Technician
from maintenance.scheduling.shifts import Turn
from maintenance.scheduling.spans import Span
from maintenance.scheduling.workers import Turns, technicians_with_calendars
from sensors.models import Site

HOUR = timedelta(hours=1)
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a day's row: where it begins and how wide it is, in per cent of the day."""

    left: float
    width: float
    words: str = ""
    booking: Booking | None = None
    late: bool = False


@dataclass(slots=True)
class Day:
    """One day of one technician."""

    day: date
    turns: list[Bar] = field(default_factory=list)
    away: list[Bar] = field(default_factory=list)
    bookings: list[Bar] = field(default_factory=list)
    plannable: timedelta = NOTHING
    booked: timedelta = NOTHING

    @property
    def free_hours(self) -> float:
        return max(self.plannable - self.booked, NOTHING) / HOUR

    @property
    def over_hours(self) -> float:
        return max(self.booked - self.plannable, NOTHING) / HOUR


@dataclass(frozen=True, slots=True)
class Row:
    technician: Technician
    skills: str
    days: list[Day]

    @property
    def booked_hours(self) -> float:
        return sum((day.booked for day in self.days), NOTHING) / HOUR

    @property
    def plannable_hours(self) -> float:
        return sum((day.plannable for day in self.days), NOTHING) / HOUR

    @property
    def percent(self) -> int | None:
        """None of who does not work that week."""
        return (
            round(100 * self.booked_hours / self.plannable_hours) if self.plannable_hours else None
        )


@dataclass(frozen=True, slots=True)
class Board:
    site: Site
    monday: date
    days: list[date]
    rows: list[Row]
    holidays: dict[date, str]

    @property
    def before(self) -> date:
        return self.monday - timedelta(days=7)

    @property
    def after(self) -> date:
        return self.monday + timedelta(days=7)


def board_of(site: Site, day: date) -> Board:
    """The week of a site in which the day lies, by the clocks of the site."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    spans = {one: _span(one, site.zone) for one in days}
    week = Span(spans[days[0]].start, spans[days[-1]].end)
    turns = Turns(site, week.start, week.end)
    bookings = Booking.objects.standing().overlapping(week.start, week.end)
    booked = _by_technician(bookings.filter(technician__site=site).select_related("work_order"))
    absences = Absence.objects.filter(starts_at__lt=week.end, ends_at__gt=week.start)
    away = _by_technician(absences.filter(technician__site=site))
    rows = [
        Row(
            technician,
            ", ".join(str(held) for held in technician.skill_levels.all()),
            [
                _day(one, spans[one], turns.of(technician), technician, booked, away)
                for one in days
            ],
        )
        for technician in technicians_with_calendars(site)
    ]
    holidays = dict(site.holidays.filter(day__in=days).values_list("day", "name"))
    return Board(site, monday, days, rows, holidays)


def _day(
    day: date,
    span: Span,
    turns: Iterable[Turn],
    technician: Technician,
    booked: dict[int, list[Booking | Absence]],
    away: dict[int, list[Booking | Absence]],
) -> Day:
    """What lies in a day, cut off at its midnights; a shift counts where it begins."""
    made, absent = Day(day), away.get(technician.pk, [])
    share = technician.capacity_percent / 100
    for turn in turns:
        if turn.span.overlaps(span):
            made.turns.append(_bar(turn.span, span))
        if span.start <= turn.span.start < span.end:
            here = turn.span.without([Span(one.starts_at, one.ends_at) for one in absent])
            made.plannable += sum((_worked(turn, piece) for piece in here), NOTHING) * share
    made.away = [
        _bar(s, span, one.get_reason_display())
        for one, s in _in(absent, span)
        if isinstance(one, Absence)
    ]
    for one, there in _in(booked.get(technician.pk, []), span):
        assert isinstance(one, Booking)
        late = one.ends_at > one.work_order.due_at
        made.bookings.append(_bar(there, span, one.work_order.number, one, late))
        if one.starts_at >= span.start:
            made.booked += one.work
    return made


def _worked(turn: Turn, piece: Span) -> timedelta:
    breaks = (pause.shared_with(piece) for pause in turn.breaks)
    return piece.length - sum(breaks, NOTHING)


def _in(rows: Iterable[Booking | Absence], span: Span) -> list[tuple[Booking | Absence, Span]]:
    spans = [(row, Span(row.starts_at, row.ends_at)) for row in rows]
    return [(row, found) for row, found in spans if found.overlaps(span)]


def _bar(
    found: Span, day: Span, words: str = "", booking: Booking | None = None, late: bool = False
) -> Bar:
    left = max(found.start, day.start) - day.start
    right = min(found.end, day.end) - day.start
    width = round(100 * ((right - left) / day.length), 2)
    return Bar(round(100 * (left / day.length), 2), width, words, booking, late)


def _span(day: date, zone: ZoneInfo) -> Span:
    """A day by the clocks of the zone: 23, 24 or 25 hours."""
    midnights = (datetime.combine(day + timedelta(days=n), time(), tzinfo=zone) for n in (0, 1))
    return Span(*(midnight.astimezone(UTC) for midnight in midnights))


def _by_technician(rows: Iterable[Booking | Absence]) -> dict[int, list[Booking | Absence]]:
    found: dict[int, list[Booking | Absence]] = {}
    for row in rows:
        found.setdefault(row.technician_id, []).append(row)
    return found
