from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from maintenance.reports.buckets import by_day
from maintenance.reports.monthly import last_month

BERLIN = ZoneInfo("Europe/Berlin")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def test_a_day_is_one_of_the_calendar_there() -> None:
    # At 23:30 in Berlin it is another day in summer than by UTC.
    moments = [(moment("2026-06-01T23:30"), 1.0), (moment("2026-06-02T00:30"), 2.0)]

    found = by_day(moments, moment("2026-06-01"), moment("2026-06-03"), BERLIN)

    assert found == [("01 Jun", 1), ("02 Jun", 2)]


@pytest.mark.parametrize(("first", "days"), [("2026-03-28", 3), ("2026-10-24", 3)])
def test_days_are_days_where_the_clocks_change(first, days) -> None:
    start = moment(first)
    hours = [(start.astimezone(UTC) + timedelta(hours=n), 1.0) for n in range(24 * days + 2)]

    found = by_day(hours, start, start + timedelta(days=days), BERLIN)

    assert [count for _, count in found] == ([24, 23, 24] if "03" in first else [24, 25, 24])


def test_many_days_are_put_together_to_weeks() -> None:
    start = moment("2026-01-01")

    found = by_day([(start + timedelta(days=8), 1.0)], start, start + timedelta(days=70), BERLIN)

    assert (len(found), found[1]) == (10, ("08 Jan", 1))


def test_what_lies_outside_is_left_out() -> None:
    start, end = moment("2026-01-01"), moment("2026-01-02")

    assert by_day([(end, 1.0), (start - timedelta(1), 1.0)], start, end, BERLIN) == [("01 Jan", 0)]
    assert by_day([], start, start, BERLIN) == []


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-04-01T00:00", "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
        ("2026-11-01T00:00", "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00"),
        ("2026-01-31T23:59", "2025-12-01T00:00+01:00", "2026-01-01T00:00+01:00"),
        ("2028-03-31T12:00", "2028-02-01T00:00+01:00", "2028-03-01T00:00+01:00"),
    ],
)
def test_a_month_goes_from_midnight_to_midnight_there(now, start, end) -> None:
    found = last_month(moment(now).astimezone(UTC), BERLIN)

    assert found == (datetime.fromisoformat(start), datetime.fromisoformat(end))
