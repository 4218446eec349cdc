"""Labour, parts and downtime: what may be booked, by whom, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from maintenance.models import Downtime, Labour, WorkOrder
from maintenance.orders.booking import end_downtime
from maintenance.orders.transitions import move
from tests.factories import NOON, make_asset
from tests.maintenance.orders.booked import part, stood, worked
from tests.maintenance.orders.made import code_of, order_in, person, refused
from tests.maintenance.scheduling.crews import make_technician
from tests.races import race

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def order() -> WorkOrder:
    return order_in("in_progress")


BOOK: dict[str, Callable[..., Any]] = {
    "labour": lambda order, **role: worked(order, -2, -1, **role),
    "part": part,
    "downtime": lambda order: stood(order, -2, -1),
}


@pytest.mark.parametrize("state", WorkOrder.State.values)
def test_work_is_booked_while_and_after_it_is_done(state: str) -> None:
    order = order_in(state)
    refusal = "" if state in ("in_progress", "on_hold", "completed") else "not_at_work"

    assert code_of(BOOK["labour"], order) == code_of(BOOK["part"], order) == refusal
    over = "not_at_work" if state in ("closed", "cancelled") else ""
    assert code_of(BOOK["downtime"], order) == over


@pytest.mark.parametrize("kind", ["labour", "part"])
def test_who_only_looks_books_nothing(order: WorkOrder, kind: str) -> None:
    with refused("permission_denied"):
        BOOK[kind](order, role="viewer")


@pytest.mark.parametrize("kind", ["labour", "part"])
def test_what_work_was_booked_on_is_not_cancelled(order: WorkOrder, kind: str) -> None:
    BOOK[kind](order)
    by = person(order)
    move(order.pk, "on_hold", by=by, hold_reason="waiting_parts")

    with refused("work_was_booked"):
        move(order.pk, "cancelled", by=by, reason="Too dear")

    order.refresh_from_db()
    assert order.state == "on_hold"


def test_downtime_alone_does_not_keep_an_order_alive(order: WorkOrder) -> None:
    stood(order, -2, -1)
    by = person(order)
    move(order.pk, "on_hold", by=by, hold_reason="other")

    assert move(order.pk, "cancelled", by=by, reason="Sold").state == "cancelled"


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        (-2, -1, ""),
        (-1, 0, ""),
        (-24, 0, ""),
        (-24.1, 0, "impossible_time"),
        (-1, -1, "impossible_time"),
        (-1, -2, "impossible_time"),
        (-1, 0.1, "impossible_time"),
        (1, 2, "impossible_time"),
    ],
)
def test_time_that_was_worked_is_possible(
    order: WorkOrder, start: float, end: float, refusal: str
) -> None:
    assert code_of(worked, order, start, end) == refusal


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"person": "  "}, "no_person"),
        ({"hourly_rate": Decimal("-1")}, "negative"),
    ],
)
def test_labour_is_somebodys_and_costs_something(
    order: WorkOrder, said: dict[str, Any], refusal: str
) -> None:
    with refused(refusal):
        worked(order, -1, 0, **said)


def test_a_technician_has_a_name_a_rate_and_a_site(order: WorkOrder) -> None:
    own = make_technician(order.asset.site, "Anna", hourly_rate=Decimal("48.50"))
    other = make_technician(make_asset().site)

    booked = worked(order, -2, -1, technician=own)
    special = worked(order, -1, 0, technician=own, hourly_rate=Decimal(0))

    assert (booked.person, booked.hourly_rate, booked.cost) == (
        "Anna",
        Decimal("48.50"),
        Decimal("48.50"),
    )
    assert special.cost == 0
    with refused("wrong_site"):
        worked(order, -3, -2, technician=other)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"quantity": Decimal(0)}, "nothing_used"),
        ({"quantity": Decimal("-2")}, "nothing_used"),
        ({"unit_cost": Decimal("-0.01")}, "negative"),
        ({"quantity": Decimal("0.001")}, ""),
    ],
)
def test_of_a_part_some_is_used(order: WorkOrder, said: dict[str, Any], refusal: str) -> None:
    assert code_of(part, order, **said) == refusal


def test_nobody_works_twice_at_a_time_on_whatever_order(order: WorkOrder) -> None:
    other = order_in("in_progress", asset=make_asset(site=order.asset.site))
    anna = make_technician(order.asset.site, "Anna")
    worked(order, -3, -1, technician=anna)
    worked(order, -3, -1, person="Anna")

    with refused("labour_overlaps"):
        worked(other, -1.5, -0.5, technician=anna)
    with refused("labour_overlaps"):
        worked(other, -4, -2.5, person="anna")

    worked(other, -1, -0.5, technician=anna)
    worked(other, -4, -3, person="anna")
    assert Labour.objects.count() == 4


def test_an_asset_stands_once_at_a_time(order: WorkOrder) -> None:
    other = order_in("approved", asset=order.asset)
    stood(order, -4, -2)
    lasting = stood(order, -1)

    for start, end in ((-3, -2.5), (-5, -3), (-0.5, 0), (-0.5, None), (-1.5, None)):
        with refused("downtime_overlaps"):
            stood(other, start, end)
    stood(other, -2, -1)
    with refused("impossible_time"):
        end_downtime(order.pk, lasting.pk, by=person(order), ended_at=NOON - HOUR)
    ended = end_downtime(order.pk, lasting.pk, by=person(order), ended_at=NOON)
    assert ended.ended_at == NOON
    with refused("has_ended"):
        end_downtime(order.pk, lasting.pk, by=person(order), ended_at=NOON)


def test_downtime_has_a_reason_and_may_be_planned(order: WorkOrder) -> None:
    with refused("unknown_reason"):
        stood(order, -2, -1, reason="lunch")

    assert stood(order, -2, -1, reason="preventive", is_planned=True).is_planned
    with pytest.raises(Downtime.DoesNotExist):
        other = order_in("in_progress")
        end_downtime(other.pk, order.downtime.get().pk, by=person(other), ended_at=NOON)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
class TestRaces:
    def test_two_who_book_one_person_at_once_book_once(self) -> None:
        site = make_asset().site
        anna = make_technician(site)
        orders = [order_in("in_progress", asset=make_asset(site=site)) for _ in range(2)]

        told = race(*(partial(code_of, worked, o, -2, -1, technician=anna) for o in orders))

        assert sorted(told) == ["", "labour_overlaps"]

    def test_two_who_stop_one_asset_at_once_stop_it_once(self) -> None:
        asset = make_asset()
        orders = [order_in("in_progress", asset=asset) for _ in range(2)]

        told = race(*(partial(code_of, stood, order, -2) for order in orders))

        assert sorted(told) == ["", "downtime_overlaps"]

    def test_who_knows_no_lock_is_stopped_by_the_database(self) -> None:
        order = order_in("in_progress")
        fields = {"person": "Otto", "started_at": NOON, "ended_at": NOON + HOUR}

        def book() -> str:
            try:
                with transaction.atomic():
                    Labour.objects.create(work_order=order, **fields)
            except IntegrityError as exc:
                return str(exc).split('"')[1]
            return ""

        assert sorted(race(book, book)) == ["", "labour_of_one_person_does_not_overlap"]

    def test_work_is_booked_or_the_order_is_cancelled(self) -> None:
        order = order_in("on_hold")
        cancel = partial(move, order.pk, "cancelled", by=person(order), reason="Sold")

        told = race(partial(code_of, part, order), partial(code_of, cancel))

        assert sorted(told) in (["", "not_at_work"], ["", "work_was_booked"])
        order.refresh_from_db()
        assert order.parts.exists() == (order.state == "on_hold")
