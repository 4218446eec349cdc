"""Decisions about proposed orders, with their justification."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from maintenance.models import Skill, WorkOrder
from tests.factories import NOON, make_work_order
from tests.maintenance.orders.admin.pages import asked, do, logged_in, page_of, words_of

pytestmark = pytest.mark.django_db

MINUTES = "%Y-%m-%dT%H:%M"


def filled_in(client: Client, order: WorkOrder) -> dict[str, Any]:
    """What a browser sends of the form of changes if none is made."""
    form = asked(client, order, "modify").context["form"]
    shown = {field.html_initial_name: field.value() or "" for field in form}
    return shown | {field.html_name: field.value() or "" for field in form}


def test_a_planner_approves_in_his_or_her_name(client: Client) -> None:
    order = make_work_order()
    planner = logged_in(client, order.asset.site, "planner")

    page = do(client, order, "approve", reason="The vibration is real")

    decision = order.decisions.get()
    assert (decision.choice, decision.decided_by) == ("approve", str(planner))
    assert order.transitions.get().actor == planner
    text = page.content.decode()
    assert "The vibration is real" in text
    assert f"Approved by {planner}" in text


def test_approving_with_changes_keeps_what_was_and_what_is(admin_client: Client) -> None:
    order, skill = make_work_order(due_at=NOON), Skill.objects.create(code="vib", name="Vibration")
    said = filled_in(admin_client, order)
    said |= {"priority": "P1", f"skill_{skill.pk}": "3", "planned_duration": "02:30:00"}

    do(admin_client, order, "modify", **said | {"reason": "It is worse"})

    order.refresh_from_db()
    assert (order.state, order.priority) == ("approved", "P1")
    assert order.planned_duration == timedelta(hours=2.5)
    assert order.decisions.get().changes == {
        "priority": ["P2", "P1"],
        "planned_duration": ["1 h", "2.5 h"],
        "skills": ["", "vib 3"],
    }


def test_approving_with_changes_takes_a_change(admin_client: Client) -> None:
    order = make_work_order(due_at=NOON + timedelta(seconds=5, microseconds=7))
    said = filled_in(admin_client, order) | {"reason": "It is worse"}

    refused = do(admin_client, order, "modify", **said)

    assert "say what is to be changed" in words_of(refused)
    order.refresh_from_db()
    assert (order.state, order.due_at.second) == ("proposed", 5)


def test_what_the_software_changed_meanwhile_is_not_put_back(admin_client: Client) -> None:
    order = make_work_order(due_at=NOON)
    said = filled_in(admin_client, order) | {"title": "Bearing", "reason": "It is worse"}
    WorkOrder.objects.update(priority="P1")

    do(admin_client, order, "modify", **said)

    order.refresh_from_db()
    assert (order.title, order.priority) == ("Bearing", "P1")


def test_a_duration_has_to_be_one(admin_client: Client) -> None:
    order = make_work_order()
    said = filled_in(admin_client, order) | {"reason": "Hm", "planned_duration": "-1:00:00"}

    refused = do(admin_client, order, "modify", **said)

    assert "planned_duration" in refused.context["form"].errors


def test_what_is_put_off_says_until_when(admin_client: Client) -> None:
    order, until = make_work_order(), timezone.now() + timedelta(days=3)

    past = do(admin_client, order, "defer", reason="Later", until="2020-01-01T00:00")
    page = do(admin_client, order, "defer", reason="Later", until=until.strftime(MINUTES))

    assert "Say until when" in words_of(past)
    assert f"Deferred until {until:%Y-%m-%d %H:%M}" in page.content.decode()
    assert order.decisions.get().choice == "defer"


def test_decisions_are_listed_on_the_order(admin_client: Client) -> None:
    order = make_work_order()
    do(admin_client, order, "reject", reason="The <b>sensor</b> was loose")

    text = page_of(admin_client, order).content.decode()

    assert "The &lt;b&gt;sensor&lt;/b&gt; was loose" in text
    assert "Reject</span>" in text


def test_a_closed_order_is_not_decided_about(admin_client: Client) -> None:
    order = make_work_order(state="closed")

    answer = do(admin_client, order, "approve", reason="Yes")

    assert "there is nothing to decide any more" in words_of(answer)
    assert answer.redirect_chain
    assert not order.decisions.exists()
