"""Planning all of a site, and planning it again when something urgent comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from agents.plan_sites import resume_stalled_plans
from maintenance.models import SitePlan, WorkOrder
from maintenance.orders.transitions import move
from maintenance.refusals import NotAllowedError, RefusedError
from maintenance.scheduling import asking, planning
from maintenance.scheduling.asking import plan_site
from maintenance.scheduling.booking import schedule
from sensors.models import Site
from tests.factories import make_site
from tests.maintenance.scheduling.crews import (
    DAY,
    HOUR,
    MONDAY,
    make_absence,
    make_approved,
    make_booking,
    make_calendar,
    make_technician,
    planner,
)

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


def applied(site: Site) -> dict[str, Any]:
    asked = plan_site(site, by=planner(site), apply=True)
    assert asked.status == "done", asked.error
    assert asked.result is not None
    return asked.result


def start_of(order: WorkOrder) -> Any:
    return (
        order.bookings.standing().order_by("starts_at").values_list("starts_at", flat=True).first()
    )


def told(result: dict[str, Any], order: WorkOrder) -> dict[str, Any]:
    [found] = [one for one in result["orders"] if one["order"] == order.pk]
    return found


def test_a_plan_gives_every_approved_order_a_time(works: Site) -> None:
    make_technician(works, skills={"pumps": 3})
    orders = [make_approved(works, {"pumps": 2}) for _ in range(5)]

    result = applied(works)

    assert result["figures"] | {"placed": 5, "late": 0, "left": 0} == result["figures"]
    for order in orders:
        order.refresh_from_db()
        assert order.state == "scheduled"
        assert order.bookings.get().explanation["chosen"]["start"] == start_of(order).isoformat()


def test_a_preview_changes_nothing(works: Site) -> None:
    make_technician(works)
    order = make_approved(works)

    asked = plan_site(works, by=planner(works))

    assert asked.result is not None
    assert asked.result["figures"]["placed"] == 1
    order.refresh_from_db()
    assert (order.state, start_of(order)) == ("approved", None)


def test_something_urgent_takes_the_first_place_and_it_is_said_what_moved_and_why(
    works: Site,
) -> None:
    make_technician(works)
    easy = make_approved(works, priority="P4", planned_duration=7 * HOUR, due_at=MONDAY + 20 * DAY)
    with time_machine.travel(MONDAY - HOUR, tick=False):
        applied(works)
        urgent = make_approved(works, priority="P1", due_at=MONDAY + 4 * HOUR)
        result = applied(works)

    assert start_of(urgent) == MONDAY
    moved = told(result, easy)
    assert moved["action"] == "moved"
    assert moved["why"] == f"{urgent.number} (P1) takes its time."
    assert moved["was"]["start"] == MONDAY.isoformat()
    assert start_of(easy) == MONDAY + DAY
    assert easy.bookings.count() == 1


def test_what_was_started_or_pinned_or_is_under_way_stays(works: Site) -> None:
    make_technician(works)
    by = planner(works)
    started, pinned, begun = (make_approved(works, priority="P4") for _ in range(3))
    schedule(started.pk, by=by, start=MONDAY)
    schedule(begun.pk, by=by, start=MONDAY + 2 * HOUR)
    schedule(pinned.pk, by=by, start=MONDAY + 4.5 * HOUR, pin=True)
    move(started.pk, "in_progress", by=None)
    urgent = make_approved(works, priority="P1", due_at=MONDAY + 3 * HOUR)

    with time_machine.travel(MONDAY + 2.5 * HOUR, tick=False):
        result = applied(works)

    assert start_of(started) == MONDAY
    assert start_of(begun) == MONDAY + 2 * HOUR
    assert start_of(pinned) == MONDAY + 4.5 * HOUR
    assert start_of(urgent) == MONDAY + DAY
    assert {one["order"]: one["why"] for one in result["fixed"]} == {
        begun.pk: "under way",
        pinned.pk: "pinned",
    }


def test_a_plan_that_need_not_change_anything_changes_nothing(works: Site) -> None:
    ada = make_technician(works)
    make_technician(works)
    for hours in (1, 2, 3, 4):
        make_approved(works, planned_duration=hours * HOUR)
    applied(works)
    before = list(ada.bookings.order_by("pk").values())

    with time_machine.travel(MONDAY - HOUR, tick=False):
        result = applied(works)

    assert result["figures"]["kept"] == 4
    assert list(ada.bookings.order_by("pk").values()) == before


def test_work_of_who_falls_ill_is_moved_to_others(works: Site) -> None:
    ada, bo = make_technician(works, "Ada"), make_technician(works, "Bo", {"extra": 1})
    order = make_approved(works)
    schedule(order.pk, by=planner(works), technician=ada, start=MONDAY + DAY)
    make_absence(ada, MONDAY, days=5)

    result = applied(works)

    assert told(result, order)["why"] == "Ada is not at work then any more."
    assert order.bookings.standing().get().technician == bo


def test_work_whose_time_has_passed_unstarted_gets_another(works: Site) -> None:
    make_technician(works)
    order = make_approved(works)
    schedule(order.pk, by=planner(works))

    with time_machine.travel(MONDAY + 3 * HOUR, tick=False):
        result = applied(works)

    assert told(result, order)["why"] == "Its time has passed and it was not started."
    assert start_of(order) == MONDAY + 3 * HOUR


def test_work_that_takes_longer_than_was_booked_gets_more_time(works: Site) -> None:
    make_technician(works)
    order = make_approved(works)
    schedule(order.pk, by=planner(works), start=MONDAY + DAY)
    order.planned_duration = 3 * HOUR
    order.save(update_fields=["planned_duration"])

    result = applied(works)

    assert told(result, order)["why"] == "It takes 3.0 h now, and not 2.0 h."
    assert order.bookings.get().work == 3 * HOUR
    assert order.bookings.get().explanation["why_moved"] == told(result, order)["why"]


def test_what_nobody_can_do_is_left_with_the_reason_and_gives_its_time_back(works: Site) -> None:
    ada = make_technician(works, "Ada", {"pumps": 3})
    order = make_approved(works, {"pumps": 3})
    schedule(order.pk, by=planner(works), start=MONDAY + DAY)
    ada.skill_levels.update(level=1)

    result = applied(works)

    order.refresh_from_db()
    assert told(result, order)["why"] == "Nobody has what it asks for: pumps from level 3."
    assert (order.state, order.technician) == ("approved", None)
    assert not order.bookings.standing().exists()


def test_a_plan_overtaken_by_a_booking_is_not_applied(
    works: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = make_technician(works)
    order = make_approved(works)
    work_out = planning.work_out

    def meanwhile(*args: Any) -> Any:
        make_booking(ada, MONDAY + DAY)
        return work_out(*args)

    monkeypatch.setattr(planning, "work_out", meanwhile)
    asked = plan_site(works, by=planner(works), apply=True)

    assert (asked.status, asked.result) == ("failed", None)
    assert "ask again" in asked.error
    assert start_of(order) is None


def test_many_orders_are_planned_in_the_background_with_progress(
    works: Site, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    make_technician(works)
    for _ in range(3):
        make_approved(works)
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 2)
    told_of: list[int] = []
    rows = type(SitePlan.objects.all())
    report = rows.report

    def listen(self: Any, pk: int, percent: int) -> bool:
        told_of.append(percent)
        return report(self, pk, percent)

    monkeypatch.setattr(rows, "report", listen)

    with django_capture_on_commit_callbacks(execute=True):
        asked = plan_site(works, by=planner(works), apply=True)
        assert asked.status == "waiting"

    asked.refresh_from_db()
    assert (asked.status, asked.percent) == ("done", 100)
    assert told_of == sorted(set(told_of))
    assert len(told_of) > 10


def test_a_site_is_planned_once_at_a_time_and_by_planners(works: Site) -> None:
    with pytest.raises(NotAllowedError):
        plan_site(works, by=planner(make_site()))
    works.plans_of_work.create()

    with pytest.raises(RefusedError) as refusal:
        plan_site(works, by=planner(works))

    assert refusal.value.code == "already_planning"


def test_a_lost_plan_is_given_up_and_a_forgotten_one_is_done(works: Site) -> None:
    old = MONDAY - timedelta(hours=1)
    lost = works.plans_of_work.create(status="running", updated_at=old)
    forgotten = make_site().plans_of_work.create(updated_at=old)

    resume_stalled_plans()

    lost.refresh_from_db()
    forgotten.refresh_from_db()
    assert (lost.status, forgotten.status) == ("failed", "done")
