"""Rules and their dates, over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maintenance.plans.recurrence import (
    Rule,
    RuleError,
    check,
    dates_after,
    from_completion,
    next_after,
)

BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def dates(text: str, start: str, number: int = 4, after: datetime = LONG_AGO) -> list[str]:
    found = dates_after(Rule.read(text), naive(start), BERLIN, after)
    return [f"{at.astimezone(BERLIN):%Y-%m-%d %H:%M %z}" for at in islice(found, number)]


def test_local_time_stays_when_the_clock_changes() -> None:
    assert dates("FREQ=DAILY", "2026-03-28T06:00", 2) == [
        "2026-03-28 06:00 +0100",
        "2026-03-29 06:00 +0200",
    ]


def test_a_time_that_does_not_exist_comes_an_hour_later() -> None:
    assert dates("FREQ=DAILY", "2026-03-28T02:30", 3) == [
        "2026-03-28 02:30 +0100",
        "2026-03-29 03:30 +0200",
        "2026-03-30 02:30 +0200",
    ]


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    assert dates("FREQ=DAILY", "2026-10-24T02:30", 3) == [
        "2026-10-24 02:30 +0200",
        "2026-10-25 02:30 +0200",
        "2026-10-26 02:30 +0100",
    ]


def test_a_time_that_is_moved_onto_another_counts_once() -> None:
    hours = "FREQ=DAILY;BYHOUR=2,3"

    assert dates(hours, "2026-03-29T02:30", 3) == [
        "2026-03-29 03:30 +0200",
        "2026-03-30 02:30 +0200",
        "2026-03-30 03:30 +0200",
    ]


@pytest.mark.parametrize(
    ("rule", "start", "found"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T06:00", ["01-31", "02-28", "03-31"]),
        ("FREQ=MONTHLY", "2026-01-31T06:00", ["01-31", "03-31", "05-31"]),
        ("FREQ=MONTHLY;BYDAY=1MO", "2026-01-01T06:00", ["01-05", "02-02", "03-02"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2026-01-02T06:00", ["01-02", "01-12", "01-16"]),
        ("FREQ=YEARLY;BYMONTH=4,10", "2026-01-15T06:00", ["04-15", "10-15", "04-15"]),
        ("FREQ=DAILY;UNTIL=20260102", "2026-01-01T06:00", ["01-01", "01-02"]),
        ("FREQ=DAILY;UNTIL=20260102T050000Z", "2026-01-01T06:00", ["01-01", "01-02"]),
        ("FREQ=DAILY;UNTIL=20260102T045959Z", "2026-01-01T06:00", ["01-01"]),
        ("FREQ=DAILY;COUNT=2", "2026-01-01T06:00", ["01-01", "01-02"]),
        ("RRULE:freq=daily;count=1;", "2026-01-01T06:00", ["01-01"]),
    ],
)
def test_a_rule_falls_as_the_standard_says(rule: str, start: str, found: list[str]) -> None:
    assert [date[5:10] for date in dates(rule, start, 3)] == found


@settings(max_examples=60, deadline=None)
@given(
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 9),
    days=st.sampled_from(["", ";BYDAY=TU,SA"]),
    count=st.sampled_from(["", ";COUNT=40"]),
    start=st.datetimes(naive("2020-01-01"), naive("2026-01-01")),
    after=st.datetimes(naive("2019-01-01"), naive("2035-01-01")),
)
def test_dates_far_from_the_start_are_those_of_dateutil(
    frequency: str, interval: int, days: str, count: str, start: datetime, after: datetime
) -> None:
    # Every seventh day is one day of the week: dateutil would look for years in vain.
    assume(not (frequency == "DAILY" and interval == 7 and days))
    start = start.replace(microsecond=0)
    rule = f"FREQ={frequency};INTERVAL={interval}{days}{count}"
    told = rrulestr(rule, dtstart=start).after(after)

    found = next_after(Rule.read(rule), start, ZoneInfo("UTC"), after.replace(tzinfo=UTC))

    assert found == (told.replace(tzinfo=UTC) if told else None)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "rule_unknown_part"),
        ("every monday", "rule_unknown_part"),
        ("FREQ=DAILY\nDTSTART:20260101", "rule_unreadable"),
        ("FREQ=DAILY;FREQ=DAILY", "rule_unreadable"),
        ("INTERVAL=2", "rule_unreadable"),
        ("FREQ=SOMETIMES", "rule_unreadable"),
        ("FREQ=HOURLY", "rule_too_frequent"),
        ("FREQ=SECONDLY;COUNT=1", "rule_too_frequent"),
        ("FREQ=DAILY;BYMINUTE=1", "rule_unknown_part"),
        ("FREQ=YEARLY;BYEASTER=1", "rule_unknown_part"),
        ("FREQ=DAILY;INTERVAL=0", "rule_out_of_bounds"),
        ("FREQ=DAILY;INTERVAL=9999", "rule_out_of_bounds"),
        ("FREQ=DAILY;INTERVAL=99999", "rule_unreadable"),
        ("FREQ=DAILY;INTERVAL=٣", "rule_unreadable"),
        ("FREQ=DAILY;COUNT=0", "rule_out_of_bounds"),
        ("FREQ=DAILY;COUNT=1001", "rule_out_of_bounds"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "rule_unreadable"),
        ("FREQ=DAILY;UNTIL=20279901", "rule_unreadable"),
        ("FREQ=DAILY;UNTIL=20200101", "rule_never_falls"),
        ("FREQ=YEARLY;BYMONTH=13", "rule_out_of_bounds"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "rule_unreadable"),
        ("FREQ=WEEKLY;BYDAY=1MO", "rule_unreadable"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "rule_unreadable"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rule_never_falls"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "rule_never_falls"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "rule_never_falls"),
        ("FREQ=DAILY;BYHOUR=" + ",".join(["1"] * 200), "rule_out_of_bounds"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_with_a_code(rule: str, code: str) -> None:
    with pytest.raises(RuleError) as refused:
        check(rule, naive("2026-06-02T06:00"), BERLIN)

    assert refused.value.code == code


@pytest.mark.parametrize("year", [1, 1999, 2101, 9999])
def test_a_plan_begins_in_our_time(year: int) -> None:
    with pytest.raises(RuleError) as refused:
        check("FREQ=DAILY", naive(f"{year:04}-01-01"), BERLIN)

    assert refused.value.code == "start_out_of_bounds"


@pytest.mark.parametrize(
    ("rule", "completed", "due"),
    [
        ("FREQ=MONTHLY;INTERVAL=3", "2026-01-10T15:00", "2026-04-10 06:00"),
        ("FREQ=MONTHLY", "2026-01-31T15:00", "2026-02-28 06:00"),
        ("FREQ=DAILY;INTERVAL=10", "2026-03-25T01:00", "2026-04-04 06:00"),
        ("FREQ=WEEKLY", "2026-03-25T15:00", "2026-04-01 06:00"),
        ("FREQ=YEARLY", "2028-02-29T15:00", "2029-02-28 06:00"),
    ],
)
def test_from_the_completion_it_is_a_distance(rule: str, completed: str, due: str) -> None:
    done = naive(completed).replace(tzinfo=BERLIN)

    found = from_completion(Rule.read(rule), time(6), BERLIN, done)

    assert f"{found.astimezone(BERLIN):%Y-%m-%d %H:%M}" == due


def test_a_day_counts_where_the_plant_is() -> None:
    # 23:30 in UTC is the next day in Berlin.
    done = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)

    found = from_completion(Rule.read("FREQ=DAILY"), time(6), BERLIN, done)

    assert found == datetime(2026, 6, 3, 4, tzinfo=UTC)
