"""What happened on which day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo

# More days than these are put together to weeks.
MOST_DAYS = 62
TICK = timedelta(microseconds=1)


def by_day(
    moments: Iterable[tuple[datetime, float]], start: datetime, end: datetime, zone: tzinfo
) -> list[tuple[str, float]]:
    """The sum of what comes with the moments, by day as the calendar of `zone` has it; by week
    from the first day on where there are many. What lies outside is left out."""
    if end <= start:
        return []
    first, last = start.astimezone(zone).date(), (end - TICK).astimezone(zone).date()
    days = (last - first).days + 1
    width = 1 if days <= MOST_DAYS else 7
    sums = [0.0] * -(-days // width)
    for moment, amount in moments:
        if start <= moment < end:
            sums[(moment.astimezone(zone).date() - first).days // width] += amount
    return [(_named(first + timedelta(days=width * n)), amount) for n, amount in enumerate(sums)]


def _named(day: date) -> str:
    return f"{day:%d %b}"
