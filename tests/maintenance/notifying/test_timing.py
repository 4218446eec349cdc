from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from maintenance.notifying.answers import asked_to_wait, is_passing
from maintenance.notifying.timing import held_until, next_flush, retry_after
from tests.factories import NOON

WAIT, INTERVAL = timedelta(seconds=30), timedelta(minutes=5)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("flush_at", "expected"),
    [
        (None, NOON + WAIT),  # The first ever
        (NOON + SECOND, NOON + SECOND),  # It is about to be told
        (NOON, NOON + INTERVAL),  # It has just been told
        (NOON - INTERVAL + SECOND, NOON + SECOND),
        (NOON - INTERVAL, NOON + WAIT),  # That was long ago
    ],
)
def test_a_group_waits_for_company_and_then_for_its_interval(
    flush_at: datetime | None, expected: datetime
) -> None:
    assert next_flush(NOON, flush_at, wait=WAIT, interval=INTERVAL) == expected


def test_an_hour_of_events_is_told_at_most_every_interval() -> None:
    told: set[datetime] = set()
    flush_at = None
    for seconds in range(0, 3_600, 7):
        now = NOON + seconds * SECOND
        flush_at = next_flush(now, flush_at, wait=WAIT, interval=INTERVAL)
        told.add(flush_at)

    moments = sorted(told)
    assert moments[0] == NOON + WAIT
    assert {after - before for before, after in pairwise(moments)} == {INTERVAL}


def test_attempts_are_further_and_further_apart() -> None:
    waits = [retry_after(attempts) for attempts in range(1, 9)]

    assert waits[:4] == [30 * SECOND, 2 * MINUTE, 8 * MINUTE, 32 * MINUTE]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)


def test_the_other_side_may_ask_for_longer_but_not_for_ever() -> None:
    assert retry_after(1, 5 * MINUTE) == 5 * MINUTE
    assert retry_after(3, SECOND) == 8 * MINUTE
    assert retry_after(1, timedelta(days=30)) == timedelta(hours=6)


def test_the_eleventh_message_waits_for_the_oldest_of_ten() -> None:
    ten = [NOON - timedelta(seconds=10 * (10 - i)) for i in range(10)]

    assert held_until(NOON, ten[:9], 10) is None
    assert held_until(NOON, ten, 10) == ten[0] + 10 * MINUTE
    assert held_until(NOON, [NOON - 11 * MINUTE, *ten[1:]], 10) is None
    assert held_until(NOON, [ten[0] - SECOND, *ten], 10) == ten[0] + 10 * MINUTE


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_these_may_work_later(status: int) -> None:
    assert is_passing(status)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422])
def test_these_will_not(status: int) -> None:
    assert not is_passing(status)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120 * SECOND),
        (" 0 ", timedelta(0)),
        ("99999999999999", timedelta(days=1)),
        ("Mon, 01 Jun 2026 12:02:00 GMT", 2 * MINUTE),
        ("Mon, 01 Jun 2026 11:00:00 GMT", timedelta(0)),
        ("Mon, 01 Jun 9999 11:00:00 GMT", timedelta(days=1)),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(
    header: str | None, expected: timedelta | None
) -> None:
    assert asked_to_wait(header, datetime(2026, 6, 1, 12, tzinfo=UTC)) == expected
