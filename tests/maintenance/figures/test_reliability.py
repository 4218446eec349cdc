from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.figures.facts import Work
from maintenance.figures.reliability import (
    availability,
    failures_of,
    mtbf,
    mttr,
    repair_time,
    stood,
    total,
)
from tests.maintenance.figures.made import at, failure, stop, tree

WITHIN = at(0), at(100)


@pytest.mark.parametrize(
    ("moments", "hours", "value", "why"),
    [
        ([], 100, None, "fewer_than_two_failures"),
        ([10], 100, None, "fewer_than_two_failures"),
        ([10, 20], 100, 50, ""),
        ([0, 20, 50, 99], 90, 22.5, ""),
        # The end is not part of the interval.
        ([10, 20, 100, -1], 100, 50, ""),
        ([10, 20], 0, None, "no_hours"),
    ],
)
def test_hours_between_failures_take_two_failures(moments, hours, value, why) -> None:
    found = mtbf([failure(moment) for moment in moments], WITHIN, hours)

    assert (found.value, found.why) == (value, why)
    assert found.n == len(found.rows) == len([m for m in moments if 0 <= m < 100])
    assert (found.interval is None) == (value is None)
    if found.interval:
        assert found.interval[0] < value < found.interval[1]


@pytest.mark.parametrize(
    ("ended", "kinds"),
    [
        # The life and the standstill tell of the same failure.
        (10, ["downtime"]),
        (33, ["downtime"]),
        (-14, ["downtime"]),
        (34.1, ["downtime", "life"]),
        (-15, ["life", "downtime"]),
    ],
)
def test_a_failure_that_is_put_down_twice_counts_once(ended, kinds) -> None:
    found = failures_of([(7, 1, at(ended))], [stop(10, 12), stop(50, 60, "repair")])

    assert [one.kind for one in found] == kinds


def test_failures_of_other_assets_are_their_own() -> None:
    found = failures_of([(7, 2, at(10))], [stop(10, 12)])

    assert {(one.kind, one.asset) for one in found} == {("downtime", 1), ("life", 2)}


@pytest.mark.parametrize(
    ("stops", "value", "n"),
    [
        ([], None, 0),
        ([stop(10, 14)], 4, 1),
        ([stop(10, 14), stop(50, 52)], 3, 2),
        # It waited and was repaired in the same stop.
        ([stop(10, 12), stop(12, 15, "waiting"), stop(15, 20, "repair")], 10, 1),
        # It was slow before it failed: that is no part of the repair.
        ([stop(8, 12, "other"), stop(10, 14)], 4, 1),
        # Planned work is none, and without a failure there is nothing to restore.
        ([stop(10, 14, planned=True)], None, 0),
        ([stop(10, 14, "repair")], None, 0),
        # It counts where it ended, and not while it lasts.
        ([stop(-5, 5)], 10, 1),
        ([stop(95, 105)], None, 0),
        ([stop(10, None)], None, 0),
        ([stop(10, 12), stop(12, None, "repair")], None, 0),
        # Of two assets, each its own.
        ([stop(10, 12), stop(11, 15, asset=2)], 3, 2),
    ],
)
def test_restoring_takes_from_the_failure_to_the_end_of_the_standstill(stops, value, n) -> None:
    found = mttr(stops, WITHIN)

    assert (found.value, found.n) == (value, n)
    assert found.why == ("" if n else "no_failure_restored")


def test_two_who_work_at_the_same_time_repair_in_that_time() -> None:
    def work(order, start, end, repairs=True):
        return Work(1, order, (at(start), at(end)), 10.0, repairs)

    done = [work(1, 0, 2), work(1, 1, 3), work(2, 0, 1), work(3, 0, 9, False), work(4, 0, 9)]

    found = repair_time(done, {1: at(5), 2: at(6), 3: at(7)})

    assert found.value == 2  # Of three hours and of one
    assert [row.pk for row in found.rows] == [1, 2]


@pytest.mark.parametrize(
    ("stops", "value", "unplanned"),
    [
        ([], 1, 0),
        ([stop(0, 10)], 0.95, 10),
        ([stop(0, 10), stop(5, 15)], 0.925, 15),
        # What is planned counts beside what is not, and once where they overlap.
        ([stop(0, 10), stop(5, 15, "preventive", planned=True)], 0.925, 10),
        ([stop(0, 10, "process")], 1, 0),
        ([stop(-10, 10), stop(90, None)], 0.9, 20),
        ([stop(-20, -10), stop(100, 110)], 1, 0),
        ([stop(-500, 500), stop(-500, None, asset=2)], 0, 200),
    ],
)
def test_availability_is_of_the_hours_of_all_machines(stops, value, unplanned) -> None:
    found = availability(tree(a=None, b=None), stops, WITHIN, at(1_000))

    assert found.value == pytest.approx(value)
    assert found.details["unplanned_hours"] == pytest.approx(unplanned)


def test_with_an_asset_stand_its_parts() -> None:
    plant = tree(line=None, pump="line", motor="pump", other=None)

    spans = stood(plant, [stop(0, 10, asset=2)], WITHIN, at(1_000))

    assert {machine: bool(found) for machine, found in spans.items()} == {
        1: False,
        2: True,
        3: True,
        4: False,
    }
    assert total(spans) == 20


def test_without_a_machine_there_is_no_availability() -> None:
    found = availability(tree(), [], WITHIN, at(1_000))

    assert (found.value, found.why) == (None, "no_hours")


STOPS = st.lists(
    st.builds(
        lambda since, length, **fields: stop(since, since + length, **fields),
        st.floats(-200, 200),
        st.floats(0.1, 300),
        reason=st.sampled_from(["failure", "repair", "process", "preventive"]),
        planned=st.booleans(),
        asset=st.integers(1, 3),
    ),
    max_size=12,
)


@given(STOPS)
def test_availability_is_a_share_whatever_is_put_down(stops) -> None:
    found = availability(tree(a=None, b="a", c=None), stops, WITHIN, at(150))

    assert found.value is not None
    assert -1e-12 <= found.value <= found.details["share_without_planned_stops"] <= 1
