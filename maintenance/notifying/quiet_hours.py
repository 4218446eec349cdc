"""When does a person's night end? Pure: no database, no clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def quiet_until(now: datetime, start: time, end: time, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which `now` lies, in UTC; None outside of them.

    They go by the clock on the wall, [start, end), over midnight where `end` is not after
    `start`; equal ends mean the whole day. Where the clock is put forward over an end, that
    is when it is put forward; where it shows an end twice, they begin with the first and end
    with the second.

    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> at = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)
    >>> quiet_until(at, time(22), time(6), berlin)
    datetime.datetime(2026, 6, 2, 4, 0, tzinfo=datetime.timezone.utc)
    """
    today = now.astimezone(zone).date()
    for day in (today - DAY, today):
        ends_on = day if end > start else day + DAY
        if (
            wall(day, start, zone, last=False)
            <= now
            < (until := wall(ends_on, end, zone, last=True))
        ):
            return until
    return None


def wall(day: date, at: time, zone: ZoneInfo, *, last: bool) -> datetime:
    """The moment, in UTC, when the clock on the wall comes to a time of a day.

    `last` says which one is meant of two. A time that is jumped over is come to by the jump.
    """
    local = datetime.combine(day, at)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if last else first
    # Jumped over: the second reading of it lies before the jump, the first after it.
    return _jump(second, first, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """When the offset changes between two moments, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
