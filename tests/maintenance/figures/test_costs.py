from __future__ import annotations

import pytest

from maintenance.figures.costs import cost_avoided, maintenance_cost
from maintenance.figures.facts import Assumption, Part, Work
from maintenance.figures.tree import Place, Tree
from tests.maintenance.figures.made import alarm, at, failure

WITHIN = at(0), at(1_000)
OF_PUMPS = Assumption("pumps", cost_per_hour=100, hours=10, share=0.5)
OF_ALL = Assumption("all", cost_per_hour=10, hours=4, share=1)
PLANT = Tree([Place(1, 1, "P-1", 7, None, True), Place(2, 1, "F-1", None, None, True)])


@pytest.mark.parametrize(
    ("alarms", "value", "n"),
    [
        ([], 0, 0),
        ([{"verdict": "false_positive"}, {"verdict": ""}, {"verdict": "sensor_fault"}], 0, 0),
        # A pump at 500, then another asset at 40.
        ([{}], 500, 1),
        ([{}, {"asset": 2}], 540, 2),
        # Anomalies of one order are one fault.
        ([{"order": 5}, {"order": 5}, {"order": 6}], 1_000, 2),
        ([{"merged": True}], 0, 0),
    ],
)
def test_each_confirmed_fault_saves_what_is_assumed(alarms, value, n) -> None:
    given = [
        alarm(10, **{"verdict": "confirmed", "pk": pk} | one) for pk, one in enumerate(alarms)
    ]

    found = cost_avoided(given, [], WITHIN, PLANT, {(1, 7): OF_PUMPS, (1, None): OF_ALL}, "EUR")

    assert (found.value, found.n, found.unit) == (value, n, "EUR")


@pytest.mark.parametrize(
    ("failed", "completed", "value"),
    [(20, None, 0), (20, 30, 0), (40, 30, 500), (5, None, 500)],
)
def test_nothing_is_avoided_where_the_asset_failed_before_the_work(
    failed, completed, value
) -> None:
    fault = alarm(10, verdict="confirmed", work_completed_at=completed)

    found = cost_avoided([fault], [failure(failed)], WITHIN, PLANT, {(1, 7): OF_PUMPS}, "EUR")

    assert found.value == value
    assert found.details["failed_anyway"] == int(value == 0)


def test_every_assumption_that_was_used_is_told() -> None:
    faults = [alarm(10, verdict="confirmed", pk=pk) for pk in (1, 2)]

    found = cost_avoided(faults, [], WITHIN, PLANT, {(1, 7): OF_PUMPS, (1, None): OF_ALL}, "EUR")

    assert found.assumptions == ("pumps",)


def test_without_an_assumption_nothing_is_claimed() -> None:
    fault = alarm(10, verdict="confirmed", asset=2)

    found = cost_avoided([fault], [], WITHIN, PLANT, {(1, 7): OF_PUMPS}, "EUR")

    assert (found.value, found.why) == (None, "no_assumptions")
    assert found.details["without_assumption"] == 1


def test_costs_are_of_labour_and_parts_of_the_interval() -> None:
    work = [Work(1, 1, (at(0), at(2)), 90.0, True), Work(2, 1, (at(-1), at(2)), 50.0, True)]
    parts = [Part(1, at(5), 12.5), Part(2, at(1_000), 99.0)]

    found = maintenance_cost(work, parts, WITHIN, "EUR")

    assert (found.value, found.n) == (102.5, 2)
    assert found.details == {"labour": 90, "parts": 12.5, "labour_hours": 2}
