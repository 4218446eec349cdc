"""Orders that people ask for in the admin, and what they may change of one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from maintenance.models import WorkOrder
from maintenance.orders.requesting import CHANGEABLE, FOUND, PLANNED, TEXTS
from tests.factories import make_asset, make_site, make_work_order
from tests.maintenance.orders.admin.pages import logged_in, make_code, page_of

pytestmark = pytest.mark.django_db

ADD = reverse("admin:maintenance_workorder_add")
FORM = {"title": "Oil", "origin": "request", "priority": "P3", "planned_duration": "01:00:00"}


def editable_on(page: Any) -> set[str]:
    form = page.context["adminform"].form
    return set(form.fields) if page.context["has_change_permission"] else set()


def test_a_technician_asks_for_work_in_the_own_name(client: Client) -> None:
    asset = make_asset()
    person = logged_in(client, asset.site, "technician")

    answer = client.post(ADD, FORM | {"asset": asset.pk})

    order = WorkOrder.objects.get()
    assert answer.status_code == 302
    assert (order.state, order.requested_by) == ("proposed", str(person))
    assert order.due_at > order.opened_at


def test_people_do_not_open_predictive_or_preventive_orders(admin_client: Client) -> None:
    asset = make_asset()

    for origin in ("predictive", "preventive"):
        admin_client.post(ADD, FORM | {"asset": asset.pk, "origin": origin})

    assert not WorkOrder.objects.exists()


def test_nobody_asks_for_work_where_he_or_she_only_looks(client: Client) -> None:
    here, there = make_asset(), make_asset()
    person = logged_in(client, here.site, "technician")
    person.memberships.create(site=there.site, role="viewer")

    assert client.post(ADD, FORM | {"asset": there.pk}).status_code == 403
    assert not WorkOrder.objects.exists()


def test_who_only_looks_asks_for_nothing(client: Client) -> None:
    logged_in(client, make_site(), "viewer")

    assert client.get(ADD).status_code == 403


@pytest.mark.parametrize("state", CHANGEABLE)
def test_a_planner_changes_what_the_state_allows(state: str, client: Client) -> None:
    order = make_work_order(state=state)
    logged_in(client, order.asset.site, "planner")

    assert editable_on(page_of(client, order)) == CHANGEABLE[state] - {"skills"}


@pytest.mark.parametrize("state", CHANGEABLE)
def test_a_technician_changes_texts_and_what_was_found(state: str, client: Client) -> None:
    order = make_work_order(state=state)
    logged_in(client, order.asset.site, "technician")

    allowed = CHANGEABLE[state] - PLANNED
    assert editable_on(page_of(client, order)) == allowed
    assert allowed <= TEXTS | FOUND


def test_a_viewer_changes_nothing(client: Client) -> None:
    order = make_work_order()
    logged_in(client, order.asset.site, "viewer")
    page = page_of(client, order)

    assert editable_on(page) == set()
    refused = client.post(page.request["PATH_INFO"], {"title": "Another"})
    assert refused.status_code == 403


def test_what_was_found_is_put_right_after_completion(client: Client) -> None:
    order = make_work_order(state="completed", found_fault="yes", resolution="Tightened")
    logged_in(client, order.asset.site, "technician")
    page, remedy = page_of(client, order), make_code("remedy", "OTHER")
    form = page.context["adminform"].form
    said = {name: form[name].value() or "" for name in form.fields} | {"shown": form.shown}

    client.post(page.request["PATH_INFO"], said | {"remedy": remedy.pk, "priority": "P1"})

    order.refresh_from_db()
    assert (order.remedy, order.priority, order.resolution) == (remedy, "P2", "Tightened")


def test_orders_are_not_deleted(admin_client: Client) -> None:
    deletion = reverse("admin:maintenance_workorder_delete", args=[make_work_order().pk])

    assert admin_client.post(deletion, {"post": "yes"}).status_code == 403
