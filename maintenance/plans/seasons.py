"""Parts of the year in which nothing is to be done. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from maintenance.plans.recurrence import moment_of

DAY = timedelta(days=1)
# Has all the days that there are.
LEAP_YEAR = 2028


@dataclass(frozen=True, slots=True)
class Season:
    """From one day of the year to another, both in it, as (month, day); it may go over the
    turn of the year.

    >>> Season((11, 15), (2, 28)).holds(date(2027, 1, 1))
    True
    """

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


def in_season(day: date, seasons: Sequence[Season]) -> bool:
    return any(season.holds(day) for season in seasons)


def leave_no_day(seasons: Sequence[Season]) -> bool:
    """Whether together they are the whole year."""
    days = (date(LEAP_YEAR, 1, 1) + DAY * number for number in range(366))
    return all(in_season(day, seasons) for day in days)


def moved_out(at: datetime, zone: ZoneInfo, seasons: Sequence[Season]) -> datetime:
    """The same local time on the first day from then on that is in no season.

    There has to be one, see leave_no_day.
    """
    local = at.astimezone(zone)
    day = local.date()
    if not in_season(day, seasons):
        return at
    while in_season(day, seasons):
        day += DAY
    return moment_of(datetime.combine(day, local.time()), zone)
