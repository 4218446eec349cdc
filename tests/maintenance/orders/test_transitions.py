from __future__ import annotations

import pytest

from maintenance.models import WorkOrder, WorkOrderTransition
from maintenance.orders.transitions import TRANSITIONS, IllegalMoveError, move
from tests.factories import make_asset, make_user, make_work_order
from tests.races import race

ALLOWED = {
    "proposed": ["approved", "cancelled"],
    "approved": ["scheduled", "in_progress", "cancelled"],
    "scheduled": ["in_progress", "approved", "cancelled"],
    "in_progress": ["on_hold", "completed"],
    "on_hold": ["in_progress", "cancelled"],
    "completed": ["closed", "in_progress"],
    "closed": [],
    "cancelled": [],
}
STATES = [str(state) for state in WorkOrder.State]


@pytest.mark.parametrize("to_state", STATES)
@pytest.mark.parametrize("from_state", STATES)
@pytest.mark.django_db
def test_an_order_moves_as_the_table_allows(from_state: str, to_state: str) -> None:
    order = make_work_order(state=from_state)

    if to_state in ALLOWED[from_state]:
        assert move(order.pk, to_state, actor=None).state == to_state
        expected, steps = to_state, 1
    else:
        with pytest.raises(IllegalMoveError) as refused:
            move(order.pk, to_state, actor=None)
        assert list(refused.value.allowed) == ALLOWED[from_state]
        expected, steps = from_state, 0

    order.refresh_from_db()
    assert order.state == expected
    assert order.transitions.count() == steps


def test_every_state_stands_in_the_table() -> None:
    assert set(TRANSITIONS) == set(STATES)


@pytest.mark.django_db
def test_a_move_says_who_made_it_and_why() -> None:
    order, planner = make_work_order(), make_user()

    move(order.pk, "approved", actor=planner, reason="spare part is here")

    step = WorkOrderTransition.objects.get()
    assert (step.from_state, step.to_state) == ("proposed", "approved")
    assert (step.actor, step.reason) == (planner, "spare part is here")


@pytest.mark.django_db
def test_a_refusal_names_the_order_and_its_state() -> None:
    order = make_work_order()

    with pytest.raises(IllegalMoveError, match=f"{order.number} is proposed and cannot become"):
        move(order.pk, "closed", actor=None)


@pytest.mark.django_db
def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(IllegalMoveError):
        move(make_work_order().pk, "lost", actor=None)


@pytest.mark.django_db
def test_work_cannot_begin_again_while_another_order_is_open() -> None:
    asset = make_asset()
    done = make_work_order(asset=asset, state="completed")
    make_work_order(asset=asset)

    with pytest.raises(IllegalMoveError, match="another open order") as refused:
        move(done.pk, "in_progress", actor=None)

    assert refused.value.allowed == ("closed",)
    done.refresh_from_db()
    assert done.state == "completed"


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_move_an_order_at_once() -> None:
    order = make_work_order()

    def attempt(to_state: str) -> str:
        try:
            return move(order.pk, to_state, actor=None).state
        except IllegalMoveError:
            return "refused"

    results = race(lambda: attempt("cancelled"), lambda: attempt("cancelled"))

    assert sorted(results) == ["cancelled", "refused"]
    assert order.transitions.count() == 1
