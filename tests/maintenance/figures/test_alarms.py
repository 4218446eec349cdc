from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.figures.alarms import (
    FLOOD_BEGINS,
    FLOOD_ENDS,
    TEN_MINUTES,
    alarm_figures,
    chatters,
    floods,
)
from tests.factories import MINUTE, NOON
from tests.maintenance.figures.made import alarm, at

WITHIN = at(0), at(48)


def minutes(*moments: float) -> list[Any]:
    return [NOON + moment * MINUTE for moment in moments]


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], []),
        # Nine in ten minutes are none, ten are.
        (range(9), []),
        (range(10), [(0, 15, 10)]),
        # Ten of which the first is just ten minutes before the last.
        ([0, 2, 3, 4, 5, 6, 7, 8, 9, 10], []),
        # It goes on while five are left of ten minutes: 7, 8, 9, 12 and 15 are.
        ([*range(10), 12, 15], [(0, 17, 12)]),
        # At 17 the fifth comes as the fourth goes.
        ([*range(10), 12, 15, 17], [(0, 18, 13)]),
        ([*range(10), 12, 15, 17.5], [(0, 17, 12)]),
        # A second flood begins anew.
        ([*range(10), *range(60, 71)], [(0, 15, 10), (60, 76, 11)]),
        # Of its ten, four were in the first: they count there.
        ([*range(10), *[15.5] * 6], [(0, 15, 10), (15.5, 25.5, 6)]),
    ],
)
def test_a_flood_begins_with_ten_in_ten_minutes_and_ends_below_five(moments, expected) -> None:
    found = floods(minutes(*moments))

    assert found == [
        type(flood)((NOON + start * MINUTE, NOON + end * MINUTE), alarms)
        for flood, (start, end, alarms) in zip(found, expected, strict=True)
    ]


@given(st.lists(st.integers(0, 90), max_size=60))
def test_floods_are_apart_and_share_no_alarms(moments) -> None:
    found = floods(minutes(*sorted(moments)))

    assert all(flood.alarms > FLOOD_BEGINS - FLOOD_ENDS for flood in found)
    assert all(a.span[1] <= b.span[0] for a, b in itertools.pairwise(found))
    assert sum(flood.alarms for flood in found) <= len(moments)


@given(st.lists(st.integers(0, 90), max_size=60))
def test_wherever_ten_alarms_lie_within_ten_minutes_there_is_a_flood(moments) -> None:
    times = minutes(*sorted(moments))
    found = floods(times)

    for first, tenth in zip(times, times[9:], strict=False):
        if tenth - first < TEN_MINUTES:
            assert any(flood.span[0] <= tenth <= flood.span[1] for flood in found)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], False),
        ([0, 30], False),
        ([0, 30, 60], True),
        ([0, 30, 61], False),
        ([0, 50, 90, 100], True),
    ],
)
def test_three_in_a_minute_chatter(seconds, expected) -> None:
    assert chatters([NOON + timedelta(seconds=second) for second in seconds]) is expected


def figures(*alarms, sites=1, within=WITHIN) -> dict[str, Any]:
    found = alarm_figures(alarms, within, sites, {1: "P-1", 2: "P-2"})
    return {figure.name: figure for figure in found}


def test_the_rate_is_by_hour_and_by_ten_minutes_of_each_console() -> None:
    found = figures(*[alarm(hour) for hour in range(24)], alarm(-1), alarm(48), sites=2)

    assert found["alarm_rate"].value == pytest.approx(24 / 96)
    assert found["alarm_rate_10_min"].value == pytest.approx(24 / 96 / 6)
    assert found["alarm_rate"].n == 24


def test_what_was_suppressed_is_counted_apart() -> None:
    found = figures(alarm(1), alarm(2, suppressed=True), alarm(3, suppressed=True), alarm(4))

    assert found["alarm_rate"].n == 2
    assert (found["alarm_suppressed"].value, found["alarm_suppressed"].n) == (0.5, 4)


@pytest.mark.parametrize(
    ("began", "ended", "stale"),
    [
        (0, 24, 0),
        (0, 24.5, 1),
        (0, None, 1),
        # It had stood for a day before the interval began, or will after its end.
        (-60, 1, 1),
        (-60, 0, 0),
        (-10, 14, 0),
        (23, None, 1),
        (24, None, 0),
    ],
)
def test_what_stands_for_more_than_a_day_is_stale(began, ended, stale) -> None:
    found = figures(alarm(began, ended_at=ended))

    assert found["alarm_stale"].value == stale


@pytest.mark.parametrize(("ended", "share"), [(0.016, 1), (1 / 60, 0), (None, 0)])
def test_what_is_over_in_a_minute_is_fleeting(ended, share) -> None:
    assert figures(alarm(0, ended_at=ended))["alarm_fleeting"].value == share


def test_the_ten_worst_sources_have_their_share() -> None:
    many = [alarm(n / 10, sensor="T1") for n in range(9)]
    few = [alarm(20 + n, sensor=f"S{n}") for n in range(11)]

    found = figures(*many, *few, alarm(40, asset=2, sensor="T1"))["alarm_bad_actors"]

    assert found.value == pytest.approx(18 / 21)
    assert found.details["sources"][0] == {
        "asset": "P-1",
        "sensor": "T1",
        "kind": "high",
        "alarms": 9,
    }
    assert found.details["of"] == 13


def test_floods_are_of_one_site() -> None:
    mixed = [alarm(n / 60, site=1 + n % 2) for n in range(10)]

    assert figures(*mixed, sites=2)["alarm_floods"].value == 0
    assert figures(*[alarm(n / 60) for n in range(10)])["alarm_floods"].value == 1


def test_a_flood_tells_how_long_and_how_large_it_was() -> None:
    found = figures(*[alarm(n / 60, pk=n) for n in range(10)], alarm(5))["alarm_floods"]

    assert found.details["hours"] == pytest.approx(0.25)
    assert found.details["share_of_time"] == pytest.approx(0.25 / 48)
    assert found.details["largest"] == len(found.rows) == 10


def test_chattering_sources_are_named() -> None:
    rattling = [alarm(n / 3_600, sensor="T9") for n in (0, 20, 40)]

    found = figures(*rattling, alarm(1))["alarm_chattering"]

    assert (found.value, found.n) == (1, 2)
    assert [source["sensor"] for source in found.details["sources"]] == ["T9"]


def test_without_anomalies_shares_are_unknown_and_counts_nought() -> None:
    found = figures()

    unknown = {name for name, figure in found.items() if figure.value is None}
    assert unknown == {"alarm_fleeting", "alarm_bad_actors", "alarm_suppressed"}


def test_an_interval_that_has_not_begun_has_no_rate() -> None:
    assert figures(within=(at(0), at(0)))["alarm_rate"].why == "no_hours"
