"""Weekly shifts as moments, the changes of the clocks among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.scheduling.shifts import WeeklyShift, overlapping, turns_between
from maintenance.scheduling.spans import Span

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = 6
HOUR = timedelta(hours=1)
NIGHT = WeeklyShift(0, time(22), time(6), time(1), time(2))
EARLY = WeeklyShift(0, time(6), time(14), time(10), time(10, 30))


def hours(shift: WeeklyShift, day: date, zone: ZoneInfo = BERLIN) -> tuple[str, str, float]:
    turn = shift.on(day, zone)
    assert turn is not None
    return f"{turn.span.start:%H:%M}", f"{turn.span.end:%H:%M}", turn.work / HOUR


@pytest.mark.parametrize(
    ("shift", "day", "in_utc"),
    [
        # Summer time begins on 29 March 2026 at 02:00 and ends on 25 October at 03:00.
        (WeeklyShift(5, time(6), time(14)), date(2026, 3, 28), ("05:00", "13:00", 8)),
        (WeeklyShift(6, time(6), time(14)), date(2026, 3, 29), ("04:00", "12:00", 8)),
        (WeeklyShift(5, time(22), time(6)), date(2026, 3, 28), ("21:00", "04:00", 7)),
        (WeeklyShift(5, time(22), time(6)), date(2026, 10, 24), ("20:00", "05:00", 9)),
        (WeeklyShift(6, time(6), time(14)), date(2026, 10, 25), ("05:00", "13:00", 8)),
        # 02:30 is skipped in March and comes twice in October.
        (WeeklyShift(6, time(2, 30), time(6)), date(2026, 3, 29), ("01:30", "04:00", 2.5)),
        (WeeklyShift(5, time(22), time(2, 30)), date(2026, 10, 24), ("20:00", "00:30", 4.5)),
        (NIGHT, date(2026, 6, 1), ("20:00", "04:00", 7)),
        (EARLY, date(2026, 6, 1), ("04:00", "12:00", 7.5)),
    ],
)  # fmt: skip
def test_a_shift_goes_by_the_clocks_of_its_zone(
    shift: WeeklyShift, day: date, in_utc: tuple[str, str, float]
) -> None:
    assert hours(shift, day) == in_utc


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_a_night_shift_is_as_long_as_its_night(zone: str) -> None:
    night = [WeeklyShift(day, time(22), time(6)) for day in range(7)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    turns = turns_between(night, ZoneInfo(zone), start, start + timedelta(days=365))

    lengths = {turn.span.length / HOUR for turn in turns}

    assert min(lengths) in (7, 7.5)
    assert max(lengths) in (8.5, 9)
    assert 8 in lengths


def test_a_shift_that_the_clocks_skip_is_none() -> None:
    assert WeeklyShift(SUNDAY, time(2), time(3)).on(date(2026, 3, 29), BERLIN) is None


def test_turns_of_a_week_skip_holidays_but_not_the_night_that_leads_into_one() -> None:
    shifts = [WeeklyShift(day, time(22), time(6)) for day in range(7)]
    start = datetime(2026, 6, 1, tzinfo=UTC)

    turns = turns_between(shifts, BERLIN, start, start + timedelta(days=4), [date(2026, 6, 3)])

    assert [turn.day.day for turn in turns] == [31, 1, 2, 4]
    assert turns[2].span.end == datetime(2026, 6, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shift", "fault"),
    [
        (EARLY, ""),
        (NIGHT, ""),
        (WeeklyShift(0, time(6), time(6)), "another time"),
        (WeeklyShift(0, time(6), time(14), time(10), None), "a start and an end"),
        (WeeklyShift(0, time(6), time(14), time(5), time(7)), "within the shift"),
        (WeeklyShift(0, time(6), time(14), time(13), time(15)), "within the shift"),
        (WeeklyShift(0, time(6), time(14), time(11), time(10)), "within the shift"),
    ],
)
def test_a_shift_that_cannot_be_says_why(shift: WeeklyShift, fault: str) -> None:
    assert fault in shift.fault()
    assert bool(fault) == bool(shift.fault())


@pytest.mark.parametrize(
    ("shifts", "over"),
    [
        ([EARLY, WeeklyShift(0, time(14), time(22))], False),
        ([EARLY, WeeklyShift(0, time(13), time(22))], True),
        ([EARLY, WeeklyShift(SUNDAY, time(22), time(6))], False),
        ([EARLY, WeeklyShift(SUNDAY, time(22), time(6, 30))], True),
        ([], False),
    ],
)
def test_shifts_of_a_week_lie_beside_each_other(shifts: list[WeeklyShift], over: bool) -> None:
    assert overlapping(shifts) is over


MOMENTS = st.integers(0, 200).map(lambda n: datetime(2026, 6, 1, tzinfo=UTC) + n * HOUR / 4)
SPANS = st.tuples(MOMENTS, MOMENTS).filter(lambda p: p[0] < p[1]).map(lambda p: Span(*p))


@given(SPANS, st.lists(SPANS, max_size=6))
def test_what_is_left_of_a_span_and_what_was_taken_make_it_up(
    span: Span, taken: list[Span]
) -> None:
    left = span.without(taken)

    minute = timedelta(minutes=15)
    moments = [span.start + minute * n for n in range(int(span.length / minute))]
    for moment in moments:
        free = not any(other.start <= moment < other.end for other in taken)
        assert free == any(piece.start <= moment < piece.end for piece in left)
    assert all(a.end < b.start for a, b in pairwise(left))
