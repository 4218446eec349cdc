"""What planners decide about proposals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from maintenance.models import Decision, WorkOrder
from maintenance.orders.deciding import bring_back_deferred, decide
from maintenance.orders.requesting import ask_for_work
from tests.factories import NOON, make_asset
from tests.maintenance.orders.made import order_in, person, refused, told
from tests.maintenance.scheduling.crews import skill_named

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def order() -> WorkOrder:
    return order_in("proposed", priority="P3")


def decided(order: WorkOrder, choice: str, role: str = "planner", **said: Any) -> WorkOrder:
    return decide(order.pk, choice, by=person(order, role), **{"justification": "So"} | said)


SAID: dict[str, dict[str, Any]] = {
    "approve": {},
    "modify": {"changes": {"priority": "P1"}},
    "reject": {},
    "defer": {"defer_until": NOON + DAY},
}
BECOMES = {
    "approve": "approved",
    "modify": "approved",
    "reject": "cancelled",
    "defer": "proposed",
}


def test_every_choice_is_known() -> None:
    assert SAID.keys() == BECOMES.keys() == set(Decision.Choice.values)


@pytest.mark.parametrize("choice", SAID)
def test_a_decision_is_kept_with_its_reason(order: WorkOrder, choice: str) -> None:
    decided(order, choice, **SAID[choice])

    order.refresh_from_db()
    kept = order.decisions.get()
    assert order.state == BECOMES[choice]
    assert (kept.choice, kept.justification, kept.decided_by) == (choice, "So", "erika")
    assert kept.decided_at == NOON
    assert order.transitions.count() == (choice != "defer")


@pytest.mark.parametrize("choice", SAID)
@pytest.mark.parametrize("state", [s for s in WorkOrder.State.values if s != "proposed"])
def test_a_closed_request_is_not_decided_about(state: str, choice: str) -> None:
    order = order_in(state)

    with refused("not_proposed", state=state):
        decided(order, choice, **SAID[choice])

    assert not order.decisions.exists()


@pytest.mark.parametrize("choice", SAID)
@pytest.mark.parametrize(
    ("role", "said", "refusal"),
    [
        ("technician", {}, "permission_denied"),
        ("viewer", {}, "permission_denied"),
        ("planner", {"justification": " \n"}, "reason_needed"),
    ],
)
def test_only_planners_decide_and_say_why(
    order: WorkOrder, choice: str, role: str, said: dict[str, Any], refusal: str
) -> None:
    with refused(refusal):
        decided(order, choice, role, **SAID[choice] | said)

    order.refresh_from_db()
    assert (order.state, order.decisions.count()) == ("proposed", 0)


@pytest.mark.parametrize(
    ("choice", "said", "refusal"),
    [
        ("accept", {}, "unknown_choice"),
        ("", {}, "unknown_choice"),
        ("modify", {}, "changes_needed"),
        ("modify", {"changes": {"priority": "P3"}}, "changes_needed"),
        ("modify", {"changes": {"state": "closed"}}, "not_changeable"),
        ("modify", {"changes": {"resolution": "Done"}}, "not_changeable"),
        ("defer", {}, "defer_until_needed"),
        ("defer", {"defer_until": NOON}, "defer_until_needed"),
        ("defer", {"defer_until": NOON - DAY}, "defer_until_needed"),
        ("defer", {"defer_until": NOON + 367 * DAY}, "defer_until_needed"),
    ],
)
def test_what_makes_no_sense_is_refused(
    order: WorkOrder, choice: str, said: dict[str, Any], refusal: str
) -> None:
    with refused(refusal):
        decided(order, choice, **said)

    order.refresh_from_db()
    assert (order.state, order.priority, order.decisions.count()) == ("proposed", "P3", 0)


def test_what_was_changed_in_approving_is_kept_in_words(order: WorkOrder) -> None:
    welding = skill_named("welding")
    changes = {
        "priority": "P1",
        "due_at": NOON + DAY,
        "planned_duration": timedelta(hours=2.5),
        "skills": {welding: 3},
    }

    decided(order, "modify", changes=changes)

    order.refresh_from_db()
    assert (order.priority, order.due_at) == ("P1", NOON + DAY)
    assert order.required_skills.get().level == 3
    assert order.decisions.get().changes == {
        "priority": ["P3", "P1"],
        "due_at": [NOON.isoformat(), (NOON + DAY).isoformat()],
        "planned_duration": ["1 h", "2.5 h"],
        "skills": ["", "welding 3"],
    }


def test_what_was_put_off_comes_back_and_is_announced_again(order: WorkOrder, clock: Any) -> None:
    decided(order, "defer", defer_until=NOON + DAY)
    with told() as heard:
        clock.move_to(NOON + DAY - timedelta(seconds=1))
        assert bring_back_deferred() == 0
        assert heard == []

        clock.move_to(NOON + DAY)
        assert bring_back_deferred() == 1
        assert bring_back_deferred() == 0

    assert heard == [("proposed", order.pk, "back:20260602T120000")]
    order.refresh_from_db()
    assert (order.state, order.deferred_until) == ("proposed", None)


def test_each_return_is_news_of_its_own(order: WorkOrder, clock: Any) -> None:
    with told() as heard:
        for days in (1, 2):
            decided(order, "defer", defer_until=NOON + days * DAY)
            clock.move_to(NOON + days * DAY)
            bring_back_deferred()

    assert len({key for _, _, key in heard}) == 2
    assert [d.choice for d in order.decisions.all()] == ["defer", "defer"]


def test_what_was_put_off_may_be_decided_about_before(order: WorkOrder, clock: Any) -> None:
    decided(order, "defer", defer_until=NOON + DAY)

    assert decided(order, "approve").deferred_until is None

    clock.move_to(NOON + 2 * DAY)
    assert bring_back_deferred() == 0


@pytest.mark.parametrize("origin", ["request", "corrective"])
def test_people_ask_for_work_and_a_planner_hears_of_it(origin: str) -> None:
    asset = make_asset()
    by = person(asset, "technician")

    with told() as heard:
        order = ask_for_work(asset, by=by, title="Seal leaks", origin=origin, priority="P2")

    assert (order.state, order.origin, order.requested_by) == ("proposed", origin, "erika")
    assert order.due_at == NOON + 3 * DAY
    assert heard == [("proposed", order.pk, "")]


@pytest.mark.parametrize("origin", ["predictive", "preventive"])
def test_people_do_not_open_what_the_software_makes(origin: str) -> None:
    asset = make_asset()

    with refused("not_asked_for"):
        ask_for_work(asset, by=person(asset), title="Seal leaks", origin=origin)


def test_who_only_looks_asks_for_no_work() -> None:
    asset = make_asset()

    with refused("permission_denied"):
        ask_for_work(asset, by=person(asset, "viewer"), title="Seal leaks")
