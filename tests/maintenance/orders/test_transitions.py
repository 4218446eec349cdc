"""Each way of the table, and what it asks for."""

from __future__ import annotations

import pytest

from maintenance.models import WorkOrder, WorkOrderTransition
from maintenance.orders.transitions import TRANSITIONS, IllegalMoveError, move
from maintenance.refusals import NotAllowedError
from sensors.models.access import principal_of
from tests.factories import NOON, make_asset, make_user
from tests.maintenance.orders.made import ROLES, WAYS, found, order_in, person, refused, told
from tests.maintenance.scheduling.crews import make_booking, make_technician

pytestmark = pytest.mark.django_db

STATES = [str(state) for state in WorkOrder.State]


def ready(from_state: str, to_state: str) -> WorkOrder:
    order = order_in(from_state)
    if to_state == "scheduled":
        technician = make_technician(order.asset.site)
        make_booking(technician, NOON, work_order=order)
    return order


def moved(
    order: WorkOrder, to_state: str, role: str = "planner", reason: str = "Why"
) -> WorkOrder:
    completion = found(order) if to_state == "completed" else None
    return move(
        order.pk,
        to_state,
        by=person(order, role),
        reason=reason,
        hold_reason="waiting_parts" if to_state == "on_hold" else "",
        completion=completion,
    )


def test_the_table_is_the_one_of_the_docs() -> None:
    table = {(a, str(b)) for a, ways in TRANSITIONS.items() for b in ways}

    assert table == WAYS.keys()
    assert set(TRANSITIONS) == set(STATES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("way", "asked"), WAYS.items())
def test_a_way_is_open_to_whoever_has_the_right(
    way: tuple[str, str], asked: tuple[str, bool], role: str
) -> None:
    order = ready(*way)
    before, after = way

    if ROLES.index(role) < ROLES.index(asked[0]):
        with pytest.raises(NotAllowedError):
            moved(order, after, role)
        assert not order.transitions.exists()
    else:
        assert moved(order, after, role).state == after
        step = order.transitions.get()
        assert (step.from_state, step.to_state, step.actor_name) == (before, after, "erika")
        order.refresh_from_db()
        assert order.state == after


@pytest.mark.parametrize(("way", "asked"), WAYS.items())
def test_some_ways_have_to_be_reasoned(way: tuple[str, str], asked: tuple[str, bool]) -> None:
    order = ready(*way)

    if asked[1]:
        with refused("reason_needed"):
            moved(order, way[1], reason="  ")
    else:
        assert moved(order, way[1], reason="").state == way[1]


@pytest.mark.parametrize("from_state", STATES)
def test_every_other_move_is_refused_and_says_what_is_allowed(from_state: str) -> None:
    order = order_in(from_state)
    allowed = [to_state for before, to_state in WAYS if before == from_state]

    for to_state in {*STATES, "lost"} - set(allowed):
        with refused("illegal_move", state=from_state, allowed=allowed):
            moved(order, to_state)

    order.refresh_from_db()
    assert order.state == from_state
    assert not order.transitions.exists()


def test_at_another_site_a_right_is_worth_nothing() -> None:
    order, elsewhere = order_in("approved"), make_asset()

    with pytest.raises(NotAllowedError):
        move(order.pk, "in_progress", by=person(elsewhere))


@pytest.mark.parametrize("hold_reason", ["", "lunch", "WAITING_PARTS", None])
def test_a_hold_needs_a_reason_out_of_the_list(hold_reason: str) -> None:
    order = order_in("in_progress")

    with refused("hold_reason_needed", choices=list(WorkOrder.HoldReason.values)):
        move(order.pk, "on_hold", by=person(order), hold_reason=hold_reason, reason="Because")


@pytest.mark.parametrize("hold_reason", WorkOrder.HoldReason.values)
def test_what_it_waits_for_stands_on_the_order_while_it_waits(hold_reason: str) -> None:
    order = order_in("in_progress")

    assert move(order.pk, "on_hold", by=person(order), hold_reason=hold_reason).hold_reason
    assert move(order.pk, "in_progress", by=person(order)).hold_reason == ""


def test_nothing_is_scheduled_that_nobody_has_a_time_for() -> None:
    order = order_in("approved")

    with refused("not_booked"):
        move(order.pk, "scheduled", by=person(order))


def test_a_move_says_who_made_it_and_why() -> None:
    order, user = order_in("approved"), make_user(is_superuser=True)

    move(order.pk, "cancelled", by=principal_of(user), reason=" The machine is sold ")

    step = WorkOrderTransition.objects.get()
    assert (step.actor, step.actor_name) == (user, user.get_username())
    assert step.reason == "The machine is sold"


def test_work_cannot_begin_again_while_another_order_is_open_for_it() -> None:
    asset = make_asset()
    done = order_in("completed", asset=asset, origin="predictive")
    order_in("proposed", asset=asset, origin="predictive")

    with pytest.raises(IllegalMoveError, match="another open order") as refusal:
        move(done.pk, "in_progress", by=person(done), reason="Again")

    assert refusal.value.allowed == ("closed",)
    done.refresh_from_db()
    assert done.state == "completed"
    assert not done.transitions.exists()


def test_what_was_reopened_has_to_be_completed_and_watched_anew() -> None:
    order = order_in("approved")
    begun = moved(order, "in_progress", "technician")
    done = moved(order, "completed", "technician")
    assert done.completed_at
    assert done.verification == "pending"

    again = moved(order, "in_progress", "technician")

    assert (again.completed_at, again.verification) == (None, "")
    assert again.started_at == begun.started_at


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        ("proposed", "approved", ["approved"]),
        ("in_progress", "completed", ["completed"]),
        ("scheduled", "approved", []),
        ("approved", "cancelled", []),
    ],
)
def test_people_are_told_of_what_they_wait_for(before: str, after: str, event: list[str]) -> None:
    order = order_in(before)

    with told() as heard:
        moved(order, after)

    assert [word for word, *_ in heard] == event
