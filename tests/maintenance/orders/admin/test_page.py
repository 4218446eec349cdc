"""What the page of an order tells of its past, its anomalies and its work."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from maintenance.decision import decide_undecided
from maintenance.models import DecisionPolicy, WorkOrder
from tests.factories import make_anomaly, make_asset, make_sensor, make_work_order
from tests.maintenance.orders.admin.pages import ORDERS, logged_in, page_of
from tests.maintenance.scheduling.crews import make_technician

pytestmark = pytest.mark.django_db


def text_of(client: Client, order: WorkOrder) -> str:
    return page_of(client, order).content.decode()


def test_the_trace_of_a_decision_without_a_person_is_readable(admin_client: Client) -> None:
    DecisionPolicy.objects.create(mode="auto_approve", min_credibility=0.5, min_severity=2)
    make_anomaly(make_sensor(asset=make_asset(criticality=3)), credibility=0.87)
    decide_undecided()
    order = WorkOrder.objects.get()

    text = text_of(admin_client, order)

    assert order.state == "approved"
    assert "mode “Approve what is credible and severe by itself”" in text
    assert f"and suspected {order.suspected_mode}" in text
    assert "approved by rule: credibility 0.87" in text
    assert "<td>87%</td><td>2.50</td><td>limits#1</td>" in text
    assert "Approved by a rule of the policy" in text


def test_an_order_of_a_person_says_so(admin_client: Client) -> None:
    order = make_work_order(origin="request", requested_by="erika")

    text = text_of(admin_client, order)

    assert "A person opened this order." in text
    assert "Request, erika" in text


def test_what_came_back_and_what_it_came_back_after_are_linked(admin_client: Client) -> None:
    before = make_work_order(state="completed", verification="recurred", origin="corrective")
    again = make_work_order(asset=before.asset, recurrence_of=before, title="Again")

    assert f"{again.number} Again</a>" in text_of(admin_client, before)
    assert "It has come back</span>" in text_of(admin_client, before)
    assert f"{before.number} Look at it</a>" in text_of(admin_client, again)


@pytest.mark.parametrize(
    ("state", "first"), [("in_progress", True), ("on_hold", True), ("completed", False)]
)
def test_whoever_works_on_it_finds_the_work_first(
    state: str, first: bool, admin_client: Client
) -> None:
    text = text_of(admin_client, make_work_order(state=state))

    assert (text.index('id="comment"') < text.index("What is to be done")) == first


def test_the_cost_of_a_page_does_not_grow_with_its_rows(admin_client: Client) -> None:
    order = make_work_order(state="in_progress")
    sensor = make_sensor(asset=order.asset)

    def more(number: int) -> None:
        make_anomaly(sensor, work_order=order, kind="deviation", ended_at=timezone.now())
        order.parts.create(name=f"Part {number}", booked_by="erika")
        order.comments.create(words="Hm", author="erika")
        order.checklist.create(position=number, words="Oil")
        order.decisions.create(choice="approve", justification="Yes", decided_by="petra")

    more(1)
    page_of(admin_client, order)
    with CaptureQueriesContext(connection) as few:
        page_of(admin_client, order)
    for number in range(2, 12):
        more(number)

    with CaptureQueriesContext(connection) as many:
        page_of(admin_client, order)

    assert len(many) == len(few)


def test_orders_are_found_by_whose_they_are(client: Client) -> None:
    asset = make_asset()
    person = logged_in(client, asset.site, "technician")
    me = make_technician(asset.site, user=person)
    kinds = {"asset": asset, "origin": "request"}
    mine = make_work_order(technician=me, **kinds)
    asked = make_work_order(requested_by=str(person), **kinds)

    found = {
        whose: list(client.get(reverse(ORDERS), {"whose": whose}).context["cl"].result_list)
        for whose in ("mine", "asked", "nobody")
    }

    assert found == {"mine": [mine], "asked": [asked], "nobody": [asked]}


def test_the_list_says_what_an_order_waits_for(admin_client: Client) -> None:
    make_work_order(state="on_hold", hold_reason="waiting_parts")

    assert "Waiting for parts" in admin_client.get(reverse(ORDERS)).content.decode()
