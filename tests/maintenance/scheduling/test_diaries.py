"""The free time of one technician, and what fits into it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.scheduling.diaries import Diary, Part
from maintenance.scheduling.shifts import WeeklyShift, turns_between
from maintenance.scheduling.spans import Span
from tests.maintenance.scheduling.crews import DAY, HOUR, MONDAY

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = [WeeklyShift(day, time(6), time(14), time(10), time(10, 30)) for day in range(5)]


def span(start: float, end: float, day: int = 0) -> Span:
    """Hours after 06:00 of a day."""
    begin = MONDAY + day * DAY
    return Span(begin + start * HOUR, begin + end * HOUR)


def diary(
    *booked: Span, absences: tuple[Span, ...] = (), share: float = 1.0, days: int = 14
) -> Diary:
    turns = turns_between(WEEK, BERLIN, MONDAY, MONDAY + days * DAY)
    return Diary(turns, absences=absences, booked=booked, share=share)


def first(of: Diary, hours: float, start: datetime = MONDAY) -> list[Span]:
    return [part.span for part in next(of.offers(hours * HOUR, start), ())]


@pytest.mark.parametrize(
    ("hours", "booked", "found"),
    [
        (2, (), [span(0, 2)]),
        (4, (), [span(0, 4)]),
        (5, (), [span(0, 5.5)]),
        (7.5, (), [span(0, 8)]),
        (2, (span(0, 1),), [span(1, 3)]),
        (2, (span(1, 2),), [span(2, 4)]),
        (3, (span(2, 3),), [span(3, 6.5)]),
        (1, (span(0, 4),), [span(4.5, 5.5)]),
        (5, (span(3, 4),), [span(0, 5.5, day=1)]),
        (8, (), [span(0, 8), span(0, 0.5, day=1)]),
        (8, (span(0, 4), span(0, 8, day=1)), [span(4.5, 8), span(0, 5, day=2)]),
        (16, (), [span(0, 8), span(0, 8, day=1), span(0, 1, day=2)]),
    ],
)
def test_work_is_put_where_it_fits_first(
    hours: float, booked: tuple[Span, ...], found: list[Span]
) -> None:
    assert first(diary(*booked), hours) == found


def test_work_goes_on_after_the_weekend() -> None:
    assert first(diary(), 8, MONDAY + 4 * DAY) == [span(0, 8, day=4), span(0, 0.5, day=7)]


def test_an_absence_is_no_break() -> None:
    away = diary(absences=(span(2, 3),))

    assert first(away, 2) == [span(0, 2)]
    assert first(away, 3) == [span(3, 6.5)]


def test_no_more_is_planned_in_a_shift_than_its_share() -> None:
    half = diary(share=0.5)
    half.book([Part(span(0, 3), 3 * HOUR)])

    assert first(half, 1) == [span(0, 1, day=1)]
    assert first(half, 0.75) == [span(3, 3.75)]


def test_who_is_away_for_a_part_of_a_shift_is_planned_less() -> None:
    half = diary(absences=(span(4.5, 8),), share=0.5)

    assert half.pages[0].limit == 2 * HOUR
    assert first(half, 3) == [span(0, 3, day=1)]


def test_a_start_within_a_break_waits_for_its_end() -> None:
    assert first(diary(), 1, MONDAY + 4.25 * HOUR) == [span(4.5, 5.5)]


def test_exactly_then_or_not_at_all() -> None:
    busy = diary(span(0, 1))

    assert busy.at(HOUR, MONDAY + 2 * HOUR) is not None
    assert busy.at(HOUR, MONDAY) is None
    assert busy.at(HOUR, MONDAY + 9 * HOUR) is None


def test_pieces_too_short_to_go_there_for_are_left_out() -> None:
    assert first(diary(span(0, 7.75)), 8) == [span(0, 8, day=1), span(0, 0.5, day=2)]


def test_what_is_released_is_free_again() -> None:
    mine = diary()
    parts = next(mine.offers(3 * HOUR, MONDAY))
    mine.book(parts)
    assert not mine.holds(parts)
    load = mine.load(Span(MONDAY, MONDAY + 14 * DAY))

    mine.release(parts)

    assert mine.holds(parts)
    assert load == pytest.approx(3 / 75)
    assert mine.load(Span(MONDAY, MONDAY + 14 * DAY)) == 0


@pytest.mark.parametrize(("day", "worked"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9)])
def test_a_night_in_which_the_clocks_change_holds_as_much_as_it_lasts(
    day: date, worked: float
) -> None:
    night = [WeeklyShift(5, time(22), time(6))]
    start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    turns = turns_between(night, BERLIN, start, start + timedelta(days=1))

    [parts] = list(Diary(turns).offers(worked * HOUR, start))

    assert parts[0].span == turns[0].span
    assert parts[0].work == worked * HOUR
    assert not list(Diary(turns).offers((worked + 0.5) * HOUR, start))


QUARTERS = st.integers(1, 80).map(lambda n: n * HOUR / 4)


@settings(max_examples=60, deadline=None)
@given(st.lists(QUARTERS, max_size=12), st.sampled_from([1.0, 0.8, 0.5]))
def test_whatever_is_booked_never_overlaps_and_lasts_as_long_as_asked(
    works: list[timedelta], share: float
) -> None:
    mine, booked = diary(share=share, days=60), []
    for work in works:
        parts = next(mine.offers(work, MONDAY), ())
        assert sum((part.work for part in parts), timedelta()) == work
        mine.book(parts)
        booked += [part.span for part in parts]

    booked.sort()
    assert all(not a.overlaps(b) for a, b in pairwise(booked))
    for page in mine.pages:
        assert page.left >= timedelta()
        inside = [taken for taken in booked if taken.overlaps(page.turn.span)]
        assert all(taken.within(page.turn.span) for taken in inside)
