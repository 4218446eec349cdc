"""Finding orders, and the whole of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from maintenance.models import WorkOrder
from sensors.models import Site
from tests.factories import NOON, make_anomaly, make_asset, make_member, make_sensor
from tests.maintenance.orders.api.asking import URL, client_of, order_in
from tests.maintenance.scheduling.crews import make_technician

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def three(site: Site) -> dict[str, WorkOrder]:
    asset = make_asset(site=site, tag="P-1")
    return {
        "early": order_in("proposed", asset=asset, due_at=NOON, deferred_until=NOON + DAY),
        "late": order_in("approved", asset=asset, due_at=NOON + DAY, priority="P1"),
        "done": order_in(
            "completed", asset=make_asset(site=site), verification="pending", due_at=NOON - DAY
        ),
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "done late early"),
        ({"state": "approved"}, "late"),
        ({"open": "true"}, "late early"),
        ({"open": "false"}, "done"),
        ({"priority": "P1"}, "late"),
        ({"asset": "P-1"}, "late early"),
        ({"due_before": "2026-06-01T12:00:00Z"}, "done"),
        ({"due_after": "2026-06-01T12:00:00Z"}, "late early"),
        ({"due_after": "2026-06-01T00:00Z", "due_before": "2026-06-02T00:00Z"}, "early"),
        ({"deferred": "true"}, "early"),
        ({"deferred": "false"}, "done late"),
        ({"verification": "pending"}, "done"),
        ({"verification": "none"}, "late early"),
        ({"origin": "preventive"}, ""),
        ({"site": "elsewhere"}, ""),
    ],
)
def test_orders_are_found_newest_first(
    gateway: APIClient, three: dict[str, WorkOrder], asked: dict[str, str], found: str
) -> None:
    names = {order.pk: name for name, order in three.items()}

    rows = gateway.get(URL, asked).json()["results"]

    assert " ".join(names[row["id"]] for row in rows) == found


def test_a_person_finds_what_is_given_to_her_and_what_she_asked_for(site: Site) -> None:
    user = make_member(site, role="technician", username="ada")
    technician = make_technician(site, user=user)
    given = order_in("scheduled", asset=make_asset(site=site), technician=technician)
    asked = order_in("proposed", asset=given.asset, requested_by="ada")
    other = order_in("proposed", asset=given.asset)
    client = APIClient()
    client.force_login(user)

    def found(**query: Any) -> list[int]:
        return [row["id"] for row in client.get(URL, query).json()["results"]]

    assert found(mine="true") == [asked.pk, given.pk]
    assert found(mine="false") == [other.pk]
    assert found(technician=given.technician_id) == [given.pk]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "lost"),
        ("origin", "x"),
        ("priority", "P9"),
        ("verification", "x"),
        ("technician", "nobody"),
        ("due_before", "tomorrow"),
        ("due_after", "0001-01-01T00:00:00+23:00"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(gateway: APIClient, name: str, value: str) -> None:
    answer = gateway.get(URL, {name: value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == name


def test_a_number_that_no_technician_has_finds_nothing(gateway: APIClient) -> None:
    assert gateway.get(URL, {"technician": "1e40"}).json()["results"] == []


def queries_of(client: APIClient, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_a_list_takes_the_same_queries_however_long_it_is(gateway: APIClient, site: Site) -> None:
    for count in (1, 5):
        for _ in range(count):
            technician = make_technician(site)
            order_in("scheduled", asset=make_asset(site=site), technician=technician)
        if count == 1:
            before = queries_of(gateway, URL)

    assert len(gateway.get(URL).json()["results"]) == 6
    assert queries_of(gateway, URL) == before
    assert "decision" not in gateway.get(URL).json()["results"][0]


def fill(order: WorkOrder, count: int) -> None:
    """All that can hang on an order, some of each."""
    site = order.asset.site
    for number in range(count):
        position = order.checklist.count() + 1
        end = NOON - number * DAY
        span = {"started_at": end - DAY / 24, "ended_at": end}
        order.labour.create(person=f"Ada {position}", hourly_rate=30, **span)
        order.parts.create(name="Bearing", quantity=2, unit_cost=5)
        order.comments.create(words="Noisy", author="ada")
        order.attachments.create(name="a.txt", file="x", size=1, content_type="text/plain")
        order.decisions.create(choice="approve", justification="Yes", decided_by="erika")
        order.transitions.create(from_state="proposed", to_state="approved")
        follow_up = order_in("proposed", asset=order.asset, recurrence_of=order)
        order.checklist.create(position=position, words="Seal", follow_up=follow_up)
        make_anomaly(make_sensor(asset=order.asset, site=site), work_order=order)
        order.downtime.create(asset=make_asset(site=site), reason="failure", **span)


def test_an_order_takes_the_same_queries_whatever_hangs_on_it(
    planner: APIClient, order: WorkOrder
) -> None:
    url = f"{URL}/{order.pk}"
    fill(order, 1)
    before = queries_of(planner, url)
    fill(order, 3)

    whole = planner.get(url).json()

    assert queries_of(planner, url) == before
    lists = ("labour", "parts", "comments", "attachments", "decisions", "transitions")
    more = ("checklist", "anomalies", "downtime", "follow_ups")
    assert {name: len(whole[name]) for name in (*lists, *more)} == dict.fromkeys(
        (*lists, *more), 4
    )
    assert whole["allowed"] == ["approved", "cancelled"]
    assert whole["checklist"][0]["follow_up"]["state"] == "proposed"


def test_costs_are_the_sums_of_what_was_booked(planner: APIClient, order: WorkOrder) -> None:
    fill(order, 2)

    costs = planner.get(f"{URL}/{order.pk}").json()["costs"]

    assert costs == {
        "labour_hours": 2.0,
        "labour": "60.00",
        "parts": "20.00",
        "total": "80.00",
        "downtime_hours": 2.0,
    }


def test_only_planners_see_what_an_hour_of_somebody_costs(
    planner: APIClient, hands: APIClient, order: WorkOrder
) -> None:
    fill(order, 1)

    def rows(client: APIClient) -> list[dict[str, Any]]:
        listed = client.get(f"{URL}/{order.pk}/labour").json()["results"]
        return [*listed, *client.get(f"{URL}/{order.pk}").json()["labour"]]

    assert [row["hourly_rate"] for row in rows(planner)] == ["30.00"] * 2
    assert all("hourly_rate" not in row and "cost" not in row for row in rows(hands))


def test_a_whole_order_has_the_trace_of_its_decision(gateway: APIClient, site: Site) -> None:
    trace = {"policy": 3, "rules": ["severe"], "mode": "suggest"}
    first = order_in("closed", asset=make_asset(site=site))
    order = order_in("proposed", asset=first.asset, decision=trace, recurrence_of=first)

    whole = gateway.get(f"{URL}/{order.pk}").json()

    assert whole["decision"] == trace
    assert whole["recurrence_of"] == {"id": first.pk, "number": first.number, "state": "closed"}


def test_what_hangs_on_an_order_is_paged(gateway: APIClient, order: WorkOrder) -> None:
    for number in range(3):
        order.comments.create(words=str(number), author="ada")
    url = f"{URL}/{order.pk}/comments"

    first = gateway.get(url, {"limit": 2}).json()
    rest = gateway.get(first["next"]).json()

    assert [row["words"] for row in first["results"]] == ["2", "1"]
    assert [row["words"] for row in rest["results"]] == ["0"]
    assert gateway.get(url, {"cursor": "x"}).status_code == 404


def test_nothing_of_another_site_is_there(order: WorkOrder) -> None:
    fill(order, 1)
    stranger = client_of(make_asset().site, can_work=True, can_plan=True)
    rows = {
        "downtime": order.downtime.get().pk,
        "attachments": order.attachments.get().pk,
        "checklist": 1,
    }
    lists = (*rows, "transitions", "decisions", "labour", "parts", "comments")

    for name in ("", *(f"/{one}" for one in lists)):
        assert stranger.get(f"{URL}/{order.pk}{name}").status_code == 404, name
        if name:
            answer = stranger.post(f"{URL}/{order.pk}{name}", {}, format="json")
            assert answer.status_code in (404, 415), name
    for name, row in rows.items():
        method = stranger.get if name == "attachments" else stranger.patch
        assert method(f"{URL}/{order.pk}/{name}/{row}").status_code == 404, name
