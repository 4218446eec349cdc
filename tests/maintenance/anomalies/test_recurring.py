"""Times that come again, on a clock that is changed twice a year."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from maintenance.anomalies.recurring import Recurrence, RecurrenceError

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(
    start: str, *, duration: timedelta = 2 * HOUR, rule: str = "FREQ=WEEKLY;BYDAY=SU"
) -> Recurrence:
    return Recurrence(moment(start), duration, rule, BERLIN)


def starts(recurrence: Recurrence, since: str, until: str) -> list[str]:
    spans = recurrence.spans(moment(since), moment(until))
    return [f"{start:%m-%d %H:%M}" for start, _ in spans]


def test_once_is_once() -> None:
    once = weekly("2026-06-07T04:00", rule="")

    assert once.next_after(moment("2026-06-07T05:59")) == (
        moment("2026-06-07T04:00"),
        moment("2026-06-07T06:00"),
    )
    assert once.next_after(moment("2026-06-07T06:00")) is None


@pytest.mark.parametrize(
    ("first", "since", "until", "expected"),
    [
        # Six in Berlin is 5 UTC in winter and 4 UTC in summer: spring, then autumn.
        (
            "2026-03-01T05:00",
            "2026-03-20T00:00",
            "2026-04-06T00:00",
            ["03-22 05:00", "03-29 04:00", "04-05 04:00"],
        ),
        (
            "2026-10-04T04:00",
            "2026-10-12T00:00",
            "2026-11-02T00:00",
            ["10-18 04:00", "10-25 05:00", "11-01 05:00"],
        ),
    ],
)
def test_six_on_the_wall_stays_six_when_the_clocks_change(first, since, until, expected) -> None:
    assert starts(weekly(first), since, until) == expected


@pytest.mark.parametrize("first", ["2026-03-29T00:30", "2026-10-25T00:30"])
def test_a_window_over_the_change_lasts_as_long_as_any_other(first: str) -> None:
    span = weekly(first).next_after(moment(first))

    assert span
    assert span[1] - span[0] == 2 * HOUR


def test_an_hour_that_does_not_exist_is_moved_and_not_lost() -> None:
    daily = weekly("2026-03-27T01:30", rule="FREQ=DAILY", duration=HOUR)  # 2:30 in Berlin

    found = starts(daily, "2026-03-28T00:00", "2026-03-31T00:00")

    assert found == ["03-28 01:30", "03-29 01:30", "03-30 00:30"]


def test_one_that_goes_on_is_the_next_one() -> None:
    begun = weekly("2026-06-07T04:00").next_after(moment("2026-06-14T05:00"))

    assert begun is not None
    assert begun[0] == moment("2026-06-14T04:00")


def test_spans_are_cut_off_at_the_ends_that_are_asked_for() -> None:
    found = weekly("2026-06-07T04:00").spans(
        moment("2026-06-14T05:00"), moment("2026-06-21T04:30")
    )

    assert found == [
        (moment("2026-06-14T05:00"), moment("2026-06-14T06:00")),
        (moment("2026-06-21T04:00"), moment("2026-06-21T04:30")),
    ]


def test_until_is_understood_with_a_zone_and_without() -> None:
    for until in ("20260614T040000Z", "20260614T060000"):
        rule = f"FREQ=WEEKLY;BYDAY=SU;UNTIL={until}"
        found = starts(
            weekly("2026-06-07T04:00", rule=rule), "2026-06-01T00:00", "2026-07-01T00:00"
        )
        assert found == ["06-07 04:00", "06-14 04:00"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("every sunday", "not_a_rule"),
        ("FREQ=WEEKLY;", "not_a_rule"),
        ("FREQ=HOURLY", "not_a_rule"),
        ("FREQ=SECONDLY;COUNT=5", "not_a_rule"),
        ("FREQ=WEEKLY;BYDAY=XX", "not_a_rule"),
        ("FREQ=WEEKLY;INTERVAL=0", "not_a_rule"),
        ("FREQ=WEEKLY;INTERVAL=-1", "not_a_rule"),
        ("FREQ=WEEKLY;INTERVAL=²", "not_a_rule"),
        ("FREQ=WEEKLY;UNTIL=20261399T000000Z", "not_a_rule"),
        ("FREQ=WEEKLY;FREQ=DAILY", "not_a_rule"),
        ("FREQ=WEEKLY\nEXDATE:20260607", "not_a_rule"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "not_a_rule"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never_happens"),
        ("FREQ=WEEKLY;UNTIL=20200101", "never_happens"),
    ],
)
def test_what_is_no_rule_or_never_happens_is_refused_at_once(rule: str, code: str) -> None:
    began = time.perf_counter()

    with pytest.raises(RecurrenceError) as refused:
        weekly("2026-06-07T04:00", rule=rule).check()

    assert refused.value.code == code
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("start", ["1999-12-31T00:00", "2100-01-01T00:00"])
def test_times_that_no_plant_has_are_refused(start: str) -> None:
    with pytest.raises(RecurrenceError, match="2000"):
        weekly(start).check()
