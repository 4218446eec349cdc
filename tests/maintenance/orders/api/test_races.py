"""Several at once over the API: the database decides, and who comes second is told so."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import ChecklistTemplate, Labour, WorkOrder
from sensors.models import Site
from tests.factories import make_asset
from tests.maintenance.orders.api.asking import client_of, move, order_in, post
from tests.maintenance.scheduling.crews import make_technician
from tests.races import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sleeping_agents")]

SPAN = {"started_at": "2026-06-01T08:00:00Z", "ended_at": "2026-06-01T10:00:00Z"}


def told(answer: Any) -> str:
    return str(answer.json().get("code", answer.status_code))


def test_two_who_move_an_order_at_once_move_it_once(site: Site) -> None:
    order = order_in("approved", asset=make_asset(site=site))
    clients = [client_of(site, name, can_work=True) for name in ("Ada", "Ben")]

    answers = race(*(partial(move, client, order, "in_progress") for client in clients))

    assert sorted(told(answer) for answer in answers) == ["201", "illegal_move"]
    [step] = order.transitions.all()
    assert step.to_state == "in_progress"


def test_one_cancels_and_one_begins_and_only_one_has_it(site: Site) -> None:
    order = order_in("approved", asset=make_asset(site=site))
    ada = client_of(site, can_work=True)
    planner = client_of(site, can_work=True, can_plan=True)

    answers = race(
        partial(move, ada, order, "in_progress"),
        partial(move, planner, order, "cancelled", reason="No use"),
    )

    assert sorted(told(answer) for answer in answers) == ["201", "illegal_move"]
    assert order.transitions.count() == 1


@pytest.mark.parametrize("same_order", [True, False])
def test_two_who_book_one_technician_at_once_book_once(site: Site, same_order: bool) -> None:
    asset = make_asset(site=site)
    first = order_in("in_progress", asset=asset)
    second = first if same_order else order_in("in_progress", asset=asset)
    body = SPAN | {"technician": make_technician(site).pk}
    client = client_of(site, can_work=True)

    answers = race(*(partial(post, client, o, "labour", body) for o in (first, second)))

    assert sorted(told(answer) for answer in answers) == ["201", "labour_overlaps"]
    assert Labour.objects.count() == 1


def test_two_who_put_other_points_in_a_template_leave_those_of_one(site: Site) -> None:
    template = ChecklistTemplate.objects.create(name="Round")
    template.points.create(position=1, words="Look")
    client = client_of(site, can_plan=True)

    def put(words: str) -> Any:
        points = [{"words": f"{words} {number}"} for number in range(3)]
        where = f"/api/v1/checklist-templates/{template.pk}"
        return client.patch(where, {"points": points}, format="json")

    answers = race(partial(put, "Ada"), partial(put, "Ben"))

    assert [answer.status_code for answer in answers] == [200, 200]
    kept = [point.words for point in template.points.all()]
    assert kept in [[f"{name} {number}" for number in range(3)] for name in ("Ada", "Ben")]


def test_a_point_that_fails_twice_at_once_makes_one_order(site: Site) -> None:
    order = order_in("in_progress", asset=make_asset(site=site))
    order.checklist.create(position=1, words="Seal", on_fail="create_work_order")
    client: APIClient = client_of(site, can_work=True)

    def fail() -> Any:
        where = f"/api/v1/work-orders/{order.pk}/checklist/1"
        return client.patch(where, {"result": "failed"}, format="json")

    answers = race(fail, fail)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert WorkOrder.objects.count() == 2
