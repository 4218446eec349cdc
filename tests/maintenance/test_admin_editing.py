"""The software writes to an order while a person has its page open."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maintenance.models import WorkOrder
from tests.factories import NOON, make_asset, make_work_order

pytestmark = pytest.mark.django_db

TEXT = "PUMP-1: hot\nPUMP-2: shaking "


@pytest.fixture
def order() -> WorkOrder:
    return make_work_order(description=TEXT, due_at=NOON + timedelta(microseconds=5))


def page_of(order: WorkOrder) -> str:
    return reverse("admin:maintenance_workorder_change", args=[order.pk])


def opened(client: Client, order: WorkOrder) -> dict[str, Any]:
    """What a browser would send if nothing were changed on the page."""
    page = client.get(page_of(order))
    return sent_by_a_browser(page)


def sent_by_a_browser(page: Any) -> dict[str, Any]:
    text = page.content.decode()
    fields = dict(re.findall(r'<input [^>]*?name="([\w-]+)" value="([^"]*)"', text))
    fields |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>\r?\n?([^<]*)</textarea>', text))
    fields = {name: unescape(value).replace("\n", "\r\n") for name, value in fields.items()}
    fields["priority"] = re.findall(r'<option value="(P\d)" selected>', text)[0]
    assert {"shown", "due_at_0", "due_at_1", "title", "description"} <= fields.keys()
    return {name: value for name, value in fields.items() if not name.startswith("_")}


def meanwhile(order: WorkOrder, **fields: Any) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(**fields)


def test_only_what_the_person_changed_is_saved(admin_client: Client, order: WorkOrder) -> None:
    form = opened(admin_client, order)
    new = {"priority": "P1", "description": f"{TEXT}\nmore", "state": "approved"}
    meanwhile(order, **new, due_at=NOON - timedelta(days=1))

    answer = admin_client.post(page_of(order), form | {"title": "Another"})

    assert answer.status_code == 302
    saved = WorkOrder.objects.filter(title="Another", due_at=NOON - timedelta(days=1))
    assert saved.values(*new).get() == new
    assert LogEntry.objects.get().get_change_message() == "Changed Title."


def test_a_page_that_was_not_touched_changes_nothing(
    admin_client: Client, order: WorkOrder
) -> None:
    before = WorkOrder.objects.values().get()
    form = opened(admin_client, order)

    assert admin_client.post(page_of(order), form).status_code == 302

    assert WorkOrder.objects.values().get() == before


@pytest.mark.parametrize(
    ("name", "theirs", "mine"),
    [
        ("priority", "P1", {"priority": "P4"}),
        ("description", "hotter", {"description": "cold"}),
        ("due_at", NOON - timedelta(days=1), {"due_at_0": "2030-01-01"}),
    ],
)
def test_what_the_software_changed_is_not_overwritten(
    admin_client: Client, order: WorkOrder, name: str, theirs: Any, mine: dict[str, str]
) -> None:
    form = opened(admin_client, order) | mine | {"title": "Another"}
    meanwhile(order, **{name: theirs})

    refused = admin_client.post(page_of(order), form)
    again = admin_client.post(page_of(order), sent_by_a_browser(refused))

    for answer in (refused, again):
        assert answer.status_code == 200
        assert "while you had the page open" in str(answer.context["adminform"].form.errors[name])
    assert WorkOrder.objects.values_list(name, "title").get() == (theirs, order.title)


def test_every_field_can_be_changed(admin_client: Client, order: WorkOrder) -> None:
    new = {"title": "A", "priority": "P4", "description": "B", "recommendation": "C\nD"}
    due = {"due_at_0": "2030-01-01", "due_at_1": "08:00:00"}

    admin_client.post(page_of(order), opened(admin_client, order) | new | due)

    assert WorkOrder.objects.values(*new).get() == new
    assert f"{WorkOrder.objects.get().due_at:%d %b %Y %H:%M}" == "01 Jan 2030 08:00"


def test_the_state_is_not_changed_by_hand(admin_client: Client, order: WorkOrder) -> None:
    forged = {"title": "Another", "state": "closed", "asset": make_asset().pk}

    admin_client.post(page_of(order), opened(admin_client, order) | forged)

    changed = WorkOrder.objects.get()
    assert changed.title == "Another"
    assert (changed.state, changed.asset_id) == ("proposed", order.asset_id)


@pytest.mark.parametrize("shown", [None, "", "7", "{", "{}", '{"title": 1}', "null", "invalid"])
def test_a_form_that_does_not_say_what_it_showed_is_refused(
    admin_client: Client, order: WorkOrder, shown: str | None
) -> None:
    form = opened(admin_client, order) | {"title": "Another"}
    form["shown"] = form["shown"].replace("2026", "soon") if shown == "invalid" else shown
    form = {name: value for name, value in form.items() if value is not None}

    page = admin_client.post(page_of(order), form)

    assert "Open it again" in page.content.decode()
    assert WorkOrder.objects.get().title == order.title


def test_the_order_is_locked_while_it_is_saved(admin_client: Client, order: WorkOrder) -> None:
    form = opened(admin_client, order) | {"title": "Another"}

    with CaptureQueriesContext(connection) as queries:
        admin_client.post(page_of(order), form)

    asked = [query["sql"] for query in queries if "maintenance_workorder" in query["sql"]]
    locked = next(n for n, sql in enumerate(asked) if "FOR NO KEY UPDATE" in sql)
    [saved] = [n for n, sql in enumerate(asked) if sql.startswith("UPDATE")]
    assert locked < saved
    assert "state" not in asked[saved]
