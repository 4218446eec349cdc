from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from maintenance.plans.seasons import Season, leave_no_day, moved_out

WINTER = Season((11, 15), (2, 28))
SUMMER = Season((7, 1), (8, 31))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "held"),
    [
        (date(2026, 11, 14), False),
        (date(2026, 11, 15), True),
        (date(2027, 1, 1), True),
        (date(2027, 2, 28), True),
        (date(2028, 2, 29), False),
        (date(2027, 3, 1), False),
    ],
)
def test_a_season_may_go_over_the_turn_of_the_year(day: date, held: bool) -> None:
    assert WINTER.holds(day) is held


def test_a_date_moves_to_the_first_day_after_with_its_local_time() -> None:
    in_july = datetime(2026, 7, 10, 4, tzinfo=UTC)

    assert moved_out(in_july, BERLIN, [SUMMER]) == datetime(2026, 9, 1, 4, tzinfo=UTC)
    assert moved_out(in_july, BERLIN, [WINTER]) == in_july


def test_seasons_that_meet_are_left_together() -> None:
    autumn = Season((9, 1), (10, 31))
    in_july = datetime(2026, 7, 10, 4, tzinfo=UTC)

    # An hour later in UTC: the clock has changed.
    moved = moved_out(in_july, BERLIN, [autumn, SUMMER])
    assert moved == datetime(2026, 11, 1, 5, tzinfo=UTC)


def test_the_day_is_that_of_the_plant() -> None:
    # 30 June in UTC, 1 July in Berlin.
    at = datetime(2026, 6, 30, 23, tzinfo=UTC)

    assert moved_out(at, BERLIN, [SUMMER]) == datetime(2026, 8, 31, 23, tzinfo=UTC)
    assert moved_out(at, ZoneInfo("UTC"), [SUMMER]) == at


def test_a_year_needs_a_day_on_which_work_is_done() -> None:
    assert leave_no_day([Season((1, 1), (12, 31))])
    assert leave_no_day([Season((3, 1), (2, 28)), Season((2, 29), (2, 29))])
    assert not leave_no_day([Season((3, 1), (2, 28))])  # It has 29 February.
    assert not leave_no_day([])
