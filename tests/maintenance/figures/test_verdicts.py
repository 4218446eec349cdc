from __future__ import annotations

import pytest

from maintenance.figures.facts import Order
from maintenance.figures.reaction import reactions
from maintenance.figures.verdicts import fault_found, forewarning, precision
from tests.maintenance.figures.made import alarm, at, failure, tree

WITHIN = at(0), at(1_000)


@pytest.mark.parametrize(
    ("verdicts", "value", "n"),
    [
        ([], None, 0),
        (["", "duplicate", "inconclusive"], None, 0),
        (["confirmed"], 1, 1),
        (["confirmed", "sensor_fault", "false_positive", "expected_operation"], 0.5, 4),
        (["confirmed", "duplicate", "inconclusive", "", "false_positive"], 0.5, 2),
    ],
)
def test_precision_is_of_those_with_a_verdict_that_tells(verdicts, value, n) -> None:
    found = precision([alarm(verdict=verdict) for verdict in verdicts], WITHIN)

    assert (found.value, found.n) == (value, n)
    assert (found.interval is None) == (value is None)


def test_precision_is_told_of_each_detector_over_its_versions() -> None:
    judged = [
        alarm(verdict="confirmed", detector="limits#1"),
        alarm(verdict="confirmed", detector="limits#2"),
        alarm(verdict="false_positive", detector="stuck#1"),
        alarm(verdict="confirmed", merged=True),
        alarm(-1, verdict="confirmed"),
    ]

    found = precision(judged, WITHIN).details["detectors"]

    assert [(row["detector"], row["value"], row["n"]) for row in found] == [
        ("limits", 1, 2),
        ("stuck", 0, 1),
    ]
    assert found[0]["low"] == pytest.approx(0.3424, abs=1e-4)


@pytest.mark.parametrize(
    ("found", "value", "n"),
    [
        ([], None, 0),
        ([""], None, 0),
        (["yes", "partly", "no", ""], 2 / 3, 3),
        (["no"], 0, 1),
    ],
)
def test_whether_a_fault_was_found_is_asked_of_the_softwares_own_orders(found, value, n) -> None:
    def order(said, **fields):
        defaults = {"pk": 1, "asset": 1, "origin": "predictive", "due_at": at(0)}
        return Order(**defaults | {"completed_at": at(5), "found": said} | fields)

    others = [
        order("yes", origin="corrective"),
        order("yes", completed_at=None),
        order("yes", completed_at=at(1_000)),
    ]

    answer = fault_found([*map(order, found), *others], WITHIN)

    assert answer.value == (None if value is None else pytest.approx(value))
    assert (answer.n, len(answer.rows)) == (n, n)
    assert (answer.interval is None) == (value is None)


@pytest.mark.parametrize(
    ("fields", "hours"),
    [
        ({"detected": 60}, 40),
        ({"detected": 60, "ended_at": 80}, 40),
        # Over for more than a day, and nobody said that it was right.
        ({"detected": 60, "ended_at": 75}, None),
        ({"detected": 60, "ended_at": 75, "verdict": "confirmed"}, 40),
        ({"detected": 60, "verdict": "false_positive"}, None),
        ({"detected": 60, "verdict": "sensor_fault"}, None),
        ({"detected": 60, "merged": True}, None),
        ({"detected": 101}, None),
        ({"detected": 100 - 30 * 24, "verdict": "confirmed"}, None),
        ({"detected": 101 - 30 * 24, "verdict": "confirmed"}, 30 * 24 - 1),
        # Of a part of the asset, of what it is a part of.
        ({"detected": 60, "asset": 3}, 40),
        ({"detected": 60, "asset": 1}, None),
    ],
)
def test_what_warned_of_a_failure(fields, hours) -> None:
    plant = tree(line=None, pump="line", motor="pump")
    warned = alarm(fields.pop("detected"), **{"asset": 2} | fields)

    found = forewarning([failure(100, asset=2)], [warned], WITHIN, plant)

    assert found.value == hours
    assert found.details == {"failures": 1, "not_forewarned": int(hours is None)}


def test_a_failure_is_not_forewarned_by_what_came_before_the_last_one() -> None:
    failures = [failure(50), failure(100)]
    alarms = [alarm(40, verdict="confirmed"), alarm(90), alarm(95)]

    found = forewarning(failures, alarms, WITHIN, tree(a=None))

    assert [row.value for row in found.rows] == [10, 10]


def test_without_failures_nothing_can_be_forewarned() -> None:
    assert forewarning([], [alarm()], WITHIN, tree(a=None)).why == "no_failures"


def test_a_reaction_is_a_median_of_those_that_came() -> None:
    alarms = [
        alarm(0, acknowledged_at=1, ordered_at=2, work_started_at=26),
        alarm(10, acknowledged_at=13, ordered_at=5),
        alarm(20),
        alarm(30, acknowledged_at=31, suppressed=True),
        alarm(40, acknowledged_at=41, merged=True),
        alarm(-5, acknowledged_at=41),
    ]

    seen, ordered, started = reactions(alarms, WITHIN)

    assert (seen.value, seen.n, seen.details["waiting"]) == (2, 2, 1)
    assert seen.details["p90"] == pytest.approx(2.8)
    # The second joined an order that was there.
    assert (ordered.value, ordered.n) == (1, 2)
    assert (started.value, started.n) == (26, 1)


def test_who_never_reacted_is_told_from_nothing_to_react_to() -> None:
    assert reactions([alarm()], WITHIN)[0].why == "no_reaction"
    assert reactions([], WITHIN)[0].why == "no_anomalies"
