from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maintenance.notifying.quiet_hours import quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
# In 2026 the clock is put forward on 29 March at 2:00 and back on 25 October at 3:00.
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start", "end", "until"),
    [
        # A summer night: 22:00 to 6:00 is 20:00 to 4:00 in UTC.
        ("2026-06-01 19:59", 22, 6, None),
        ("2026-06-01 20:00", 22, 6, "2026-06-02 04:00"),
        ("2026-06-02 03:59", 22, 6, "2026-06-02 04:00"),
        ("2026-06-02 04:00", 22, 6, None),
        # Within one day.
        ("2026-06-01 10:30", 12, 14, "2026-06-01 12:00"),
        ("2026-06-01 12:00", 12, 14, None),
        # The whole day.
        ("2026-06-01 10:30", 6, 6, "2026-06-02 04:00"),
        # The night of 29 March has an hour less, that of 25 October one more.
        ("2026-03-28 21:00", 22, 6, "2026-03-29 04:00"),
        ("2026-10-24 20:00", 22, 6, "2026-10-25 05:00"),
        ("2026-10-25 04:59", 22, 6, "2026-10-25 05:00"),
    ],
)
def test_a_night_ends_by_the_clock_on_the_wall(
    now: str, start: int, end: int, until: str | None
) -> None:
    found = quiet_until(utc(now), time(start), time(end), BERLIN)

    assert found == (utc(until) if until else None)


def test_an_end_that_is_jumped_over_is_when_the_clock_is_put_forward() -> None:
    """2:30 does not come on 29 March: at 1:00 UTC the clock goes from 2:00 to 3:00."""
    night = (time(22), time(2, 30), BERLIN)

    assert quiet_until(utc("2026-03-29 00:59"), *night) == utc("2026-03-29 01:00")
    assert quiet_until(utc("2026-03-29 01:00"), *night) is None


def test_a_beginning_that_is_jumped_over_is_when_the_clock_is_put_forward() -> None:
    night = (time(2, 30), time(8), BERLIN)

    assert quiet_until(utc("2026-03-29 00:59"), *night) is None
    assert quiet_until(utc("2026-03-29 01:00"), *night) == utc("2026-03-29 06:00")


def test_an_end_that_comes_twice_is_the_second() -> None:
    """2:30 comes at 0:30 and at 1:30 UTC on 25 October: nobody is woken in between."""
    night = (time(22), time(2, 30), BERLIN)

    for now in ("2026-10-25 00:29", "2026-10-25 00:45", "2026-10-25 01:29"):
        assert quiet_until(utc(now), *night) == utc("2026-10-25 01:30")
    assert quiet_until(utc("2026-10-25 01:30"), *night) is None


def test_a_beginning_that_comes_twice_is_the_first() -> None:
    night = (time(2, 30), time(8), BERLIN)

    assert quiet_until(utc("2026-10-25 00:29"), *night) is None
    for now in ("2026-10-25 00:30", "2026-10-25 01:10"):
        assert quiet_until(utc(now), *night) == utc("2026-10-25 07:00")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    now=st.integers(0, 365 * 86_400).map(lambda s: NEW_YEAR + timedelta(seconds=s)),
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(ZONES),
)
def test_an_end_is_ahead_and_is_out_of_the_quiet_hours(
    now: datetime, start: time, end: time, zone: str
) -> None:
    until = quiet_until(now, start, end, ZoneInfo(zone))

    assert until is None or now < until <= now + timedelta(hours=26)
    if until and start != end:
        assert quiet_until(until, start, end, ZoneInfo(zone)) is None
