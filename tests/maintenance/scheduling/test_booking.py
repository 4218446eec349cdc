"""Giving an order a technician and a time, and taking them away again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from maintenance.events import Event, happened
from maintenance.models import Absence, Booking, WorkOrder
from maintenance.orders.transitions import move
from maintenance.refusals import NotAllowedError, RefusedError
from maintenance.scheduling.booking import schedule, unschedule
from sensors.access import Principal, Right
from sensors.models import Site
from tests.factories import make_site
from tests.maintenance.orders.made import found
from tests.maintenance.scheduling.crews import (
    DAY,
    HOUR,
    MONDAY,
    make_approved,
    make_booking,
    make_calendar,
    make_technician,
    planner,
)
from tests.races import race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_monday() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def works() -> Site:
    site = make_site(time_zone="Europe/Berlin")
    make_calendar(site)
    return site


def spans(order: WorkOrder) -> list[tuple[Any, Any]]:
    return [(b.starts_at, b.ends_at) for b in order.bookings.standing()]


def refused(*args: Any, **kwargs: Any) -> RefusedError:
    with pytest.raises(RefusedError) as info:
        schedule(*args, **kwargs)
    return info.value


def test_an_approved_order_gets_a_technician_and_the_first_time(works: Site) -> None:
    technician = make_technician(works)
    order = make_approved(works)

    schedule(order.pk, by=planner(works))

    order.refresh_from_db()
    assert (order.state, order.technician) == ("scheduled", technician)
    assert (order.scheduled_start, order.scheduled_end) == (MONDAY, MONDAY + 2 * HOUR)
    assert spans(order) == [(MONDAY, MONDAY + 2 * HOUR)]
    assert order.transitions.get().to_state == "scheduled"


def test_the_choice_and_what_was_traded_for_it_are_kept(works: Site) -> None:
    make_technician(works, "Expert", {"pumps": 5})
    fitting = make_technician(works, "Fitting", {"pumps": 2})
    make_technician(works, "Baker")
    make_booking(fitting, MONDAY, 0.5)
    order = make_approved(works, {"pumps": 2})

    schedule(order.pk, by=planner(works))

    kept = order.bookings.get().explanation
    assert kept["chosen"]["technician"]["name"] == "Fitting"
    assert kept["meets_due"] is True
    assert "Expert would be done 30 min sooner" in kept["traded_off"][0]
    assert "3 levels more than needed" in kept["traded_off"][0]
    assert kept["unskilled"] == {"Baker": ["pumps from level 2, has none"]}
    assert kept["alternatives"][0]["technician"]["name"] == "Expert"
    assert sum(kept["chosen"]["costs"].values()) == pytest.approx(kept["chosen"]["cost"], abs=0.03)


def test_where_no_slot_meets_the_due_date_it_says_so_and_takes_the_least_bad(
    works: Site,
) -> None:
    technician = make_technician(works)
    make_booking(technician, MONDAY, 4)
    order = make_approved(works, due_at=MONDAY + 3 * HOUR)

    schedule(order.pk, by=planner(works))

    kept = order.bookings.get().explanation
    assert kept["meets_due"] is False
    assert "no slot meets the due date, this one is the least bad, 3.5 h late" in kept["summary"]
    assert spans(order) == [(MONDAY + 4.5 * HOUR, MONDAY + 6.5 * HOUR)]


def test_where_nobody_has_the_skill_it_is_refused_with_what_is_missing(works: Site) -> None:
    make_technician(works, "Ada", {"pumps": 2})

    refusal = refused(make_approved(works, {"pumps": 3}).pk, by=planner(works))

    assert refusal.code == "nobody_has_the_skills"
    assert refusal.members["required"] == {"pumps": 3}
    assert refusal.members["unskilled"] == {"Ada": ["pumps from level 3, has 2"]}


def test_what_cannot_be_is_refused_with_its_code(works: Site) -> None:
    by = planner(works)
    assert refused(make_approved(works).pk, by=by).code == "no_technicians"
    technician, stranger = make_technician(works), make_technician(make_site())
    order = make_approved(works)
    assert refused(order.pk, by=by, technician=stranger).code == "unknown_technician"
    assert refused(order.pk, by=by, start=MONDAY - HOUR).code == "in_the_past"
    assert refused(order.pk, by=by, start=MONDAY + 7 * HOUR).code == "slot_taken"
    assert refused(order.pk, by=by, start=MONDAY + 400 * DAY).code == "too_far_ahead"
    timeless = make_approved(works, planned_duration=timedelta())
    assert refused(timeless.pk, by=by).code == "no_duration"
    Absence.objects.create(
        technician=technician, starts_at=MONDAY, ends_at=MONDAY + 90 * DAY, reason="sick"
    )
    assert refused(order.pk, by=by).code == "no_slot"
    for state in ("proposed", "in_progress", "closed"):
        other = make_approved(works, state=state)
        assert refused(other.pk, by=by).code == "not_to_be_scheduled"
    assert not Booking.objects.exists()


def test_a_person_may_choose_technician_start_and_pin(works: Site) -> None:
    make_technician(works)
    chosen = make_technician(works, capacity_percent=10)
    order, start = make_approved(works), MONDAY + DAY + HOUR

    schedule(order.pk, by=planner(works), technician=chosen, start=start, pin=True)

    booking = order.bookings.get()
    assert (booking.technician, booking.starts_at) == (chosen, start)
    assert booking.is_pinned


def test_scheduling_again_moves_the_same_appointment(works: Site) -> None:
    make_technician(works)
    order = make_approved(works)
    schedule(order.pk, by=planner(works))
    before = order.bookings.get()

    schedule(order.pk, by=planner(works), start=MONDAY + DAY)

    after = order.bookings.get()
    assert (after.uid, after.starts_at) == (before.uid, MONDAY + DAY)
    assert after.sequence > before.sequence
    assert order.transitions.count() == 1


def test_work_longer_than_a_shift_goes_on_the_next_working_day(works: Site) -> None:
    make_technician(works)
    order = make_approved(works, planned_duration=10 * HOUR)

    schedule(order.pk, by=planner(works))

    assert spans(order) == [
        (MONDAY, MONDAY + 8 * HOUR),
        (MONDAY + DAY, MONDAY + DAY + 2.5 * HOUR),
    ]
    assert sum((b.work for b in order.bookings.all()), timedelta()) == 10 * HOUR
    order.refresh_from_db()
    assert order.scheduled_end == MONDAY + DAY + 2.5 * HOUR


def test_unscheduling_frees_the_time_for_others(works: Site) -> None:
    make_technician(works)
    first, second = make_approved(works), make_approved(works)
    schedule(first.pk, by=planner(works))

    unschedule(first.pk, by=planner(works))
    schedule(second.pk, by=planner(works))

    first.refresh_from_db()
    assert (first.state, first.technician, first.scheduled_start) == ("approved", None, None)
    assert spans(first) == []
    assert spans(second) == [(MONDAY, MONDAY + 2 * HOUR)]
    with pytest.raises(RefusedError) as refusal:
        unschedule(first.pk, by=planner(works))
    assert refusal.value.code == "not_scheduled"


def test_cancelling_frees_all_and_completing_early_frees_the_rest(works: Site) -> None:
    make_technician(works)
    cancelled, done = make_approved(works), make_approved(works)
    schedule(cancelled.pk, by=planner(works), start=MONDAY + 3 * HOUR)
    schedule(done.pk, by=planner(works), start=MONDAY)

    move(cancelled.pk, "cancelled", by=None, reason="not needed")
    move(done.pk, "in_progress", by=None)
    with time_machine.travel(MONDAY + HOUR, tick=False):
        move(done.pk, "completed", by=None, completion=found(done))

    assert spans(cancelled) == []
    assert spans(done) == [(MONDAY, MONDAY + HOUR)]
    assert done.bookings.get().work == HOUR


def test_who_may_only_work_or_plans_elsewhere_schedules_nothing(works: Site) -> None:
    order = make_approved(works)
    for by in (
        Principal("Technician", {works.pk: frozenset({Right.READ, Right.WORK})}),
        planner(make_site()),
    ):
        for act in (schedule, unschedule):
            with pytest.raises(NotAllowedError):
                act(order.pk, by=by)


def test_whoever_listens_hears_who_was_given_the_order(works: Site) -> None:
    make_technician(works)
    order, heard = make_approved(works), []

    def listen(**kwargs: Any) -> None:
        heard.append((kwargs["event"], kwargs["order"].pk))

    happened.connect(listen)
    try:
        schedule(order.pk, by=planner(works))
    finally:
        happened.disconnect(listen)

    assert heard == [(Event.ASSIGNED, order.pk)]


def test_the_database_books_nobody_twice_and_cancelled_bookings_do_not_count(
    works: Site,
) -> None:
    technician = make_technician(works)
    first = make_booking(technician, MONDAY)
    make_booking(technician, MONDAY + 2 * HOUR)
    make_booking(make_technician(works), MONDAY)
    with pytest.raises(IntegrityError, match="booked_once_at_a_time"), transaction.atomic():
        make_booking(technician, MONDAY + HOUR)

    Booking.objects.filter(pk=first.pk).free()

    assert make_booking(technician, MONDAY + HOUR, 0.5).pk


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_do_not_double_book() -> None:
    works = make_site(time_zone="Europe/Berlin")
    make_calendar(works)
    make_technician(works)
    orders = [make_approved(works) for _ in range(4)]

    race(*[lambda pk=o.pk: schedule(pk, by=planner(works)) for o in orders])

    starts = sorted(start for order in orders for start, _ in spans(order))
    assert starts == [MONDAY, MONDAY + 2 * HOUR, MONDAY + 4.5 * HOUR, MONDAY + DAY]


@pytest.mark.django_db(transaction=True)
def test_writers_that_know_no_lock_are_stopped_by_the_constraint() -> None:
    works = make_site()
    technician = make_technician(works)
    orders = [make_approved(works) for _ in range(3)]

    def book(order: WorkOrder) -> bool:
        try:
            make_booking(technician, MONDAY, work_order=order)
        except IntegrityError:
            connection.rollback()
            return False
        return True

    done = race(*[lambda o=order: book(o) for order in orders])

    assert sorted(done) == [False, False, True]
