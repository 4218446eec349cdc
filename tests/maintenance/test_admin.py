from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from maintenance import policy
from maintenance.admin.moves import MOVES
from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, Notification, WorkOrder
from maintenance.orders.transitions import TRANSITIONS
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_history,
    make_member,
    make_notification,
    make_sensor,
    make_site,
    make_work_order,
)

pytestmark = pytest.mark.django_db

State = WorkOrder.State


def act(client: Client, action: str, *rows: Model, **form: Any) -> Any:
    name = f"{rows[0]._meta.app_label}_{rows[0]._meta.model_name}"
    selected = {"action": action, "index": 0, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(f"admin:{name}_changelist"), selected | form, follow=True)


def page_of(client: Client, row: Model) -> Any:
    name = f"{row._meta.app_label}_{row._meta.model_name}"
    return client.get(reverse(f"admin:{name}_change", args=[row.pk]))


def words_of(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_anomalies_are_acknowledged_once_by_whoever_did_it(client: Client) -> None:
    anomaly = make_anomaly()
    planner = make_member(anomaly.asset.site, "maintenance.change_anomaly")
    client.force_login(planner)

    answer = act(client, "acknowledge", anomaly)

    anomaly.refresh_from_db()
    assert anomaly.acknowledged_by == planner
    assert "Acknowledged: 1" in words_of(answer)
    assert "Somebody has acknowledged it before" in words_of(act(client, "acknowledge", anomaly))


def test_acknowledging_takes_the_permission(client: Client) -> None:
    anomaly = make_anomaly()
    client.force_login(make_member(anomaly.asset.site, "maintenance.view_anomaly"))

    act(client, "acknowledge", anomaly)

    assert not Anomaly.objects.exclude(acknowledged_at=None).exists()
    assert page_of(client, anomaly).context["buttons"] == {}


def test_a_member_acts_on_nothing_of_another_site(client: Client) -> None:
    anomaly, order = make_anomaly(), make_work_order()
    rights = ("maintenance.change_anomaly", "maintenance.view_workorder")
    client.force_login(make_member(make_site(), *rights, "maintenance.approve_workorder"))

    act(client, "acknowledge", anomaly)
    act(client, "approve", order)

    assert Anomaly.objects.get().acknowledged_at is None
    assert WorkOrder.objects.get().state == State.PROPOSED


def test_a_button_acts_on_its_row_and_stays_on_its_page(admin_client: Client) -> None:
    anomaly = make_anomaly()
    assert "acknowledge" in page_of(admin_client, anomaly).context["buttons"]

    answer = act(admin_client, "acknowledge", anomaly, _pressed_on=anomaly.pk)

    assert answer.redirect_chain == [
        (reverse("admin:maintenance_anomaly_change", args=[anomaly.pk]), 302)
    ]
    assert "acknowledge" not in answer.context["buttons"]


def test_nothing_is_changed_by_a_get(admin_client: Client) -> None:
    anomaly = make_anomaly()
    query: dict[str, str | int] = {
        "action": "acknowledge",
        "index": 0,
        "_selected_action": anomaly.pk,
    }

    admin_client.get(reverse("admin:maintenance_anomaly_changelist"), query)

    assert Anomaly.objects.get().acknowledged_at is None


def test_an_anomaly_shows_the_readings_around_its_episode(admin_client: Client) -> None:
    sensor = make_sensor(warning_high=80, alarm_high=90)
    make_history(sensor, [70.0] * 100 + [95.0] * 20 + [70.0] * 30, until=NOON + 50 * MINUTE)
    last = NOON + 19 * MINUTE
    anomaly = make_anomaly(sensor, last_seen_at=last, peak_at=last, peak_value=95.0)

    [chart] = page_of(admin_client, anomaly).context["charts"]

    [band] = chart.bands
    assert chart.peak and chart.limits
    assert 0 < band.x < chart.peak.x < 100


@pytest.mark.parametrize("status", Anomaly.Status)
def test_anomalies_are_filtered_by_their_derived_status(status: str, admin_client: Client) -> None:
    for ended in (None, NOON):
        for acknowledged in (None, NOON):
            make_anomaly(ended_at=ended, acknowledged_at=acknowledged)

    page = admin_client.get(reverse("admin:maintenance_anomaly_changelist"), {"status": status})

    assert [anomaly.status for anomaly in page.context["cl"].queryset] == [status]


def test_a_proposed_order_is_approved_by_the_person(client: Client) -> None:
    order = make_work_order()
    rights = ("maintenance.view_workorder", "maintenance.approve_workorder")
    planner = make_member(order.asset.site, *rights)
    client.force_login(planner)

    act(client, "approve", order)

    order.refresh_from_db()
    assert order.state == State.APPROVED
    assert order.transitions.get().actor == planner


def test_changing_orders_does_not_mean_approving_them(client: Client) -> None:
    order = make_work_order()
    client.force_login(make_member(order.asset.site, "maintenance.change_workorder"))

    act(client, "approve", order)
    act(client, "cancel", order, reason="No")

    assert WorkOrder.objects.get().state == State.PROPOSED


def test_an_order_that_cannot_be_approved_is_named_and_the_others_are(
    admin_client: Client,
) -> None:
    closed, proposed = make_work_order(state=State.CLOSED), make_work_order()

    answer = act(admin_client, "approve", closed, proposed)

    assert f"{closed.number} is closed and cannot become approved" in words_of(answer)
    assert f"Approved: {proposed.number}" in words_of(answer)


def test_cancelling_takes_a_reason(admin_client: Client) -> None:
    order = make_work_order()

    refused = act(admin_client, "cancel", order, reason=" ")
    assert "why" in words_of(refused)
    assert WorkOrder.objects.get().state == State.PROPOSED

    act(admin_client, "cancel", order, reason="The pump is being replaced")
    assert order.transitions.get().reason == "The pump is being replaced"


@pytest.mark.parametrize(
    ("from_state", "to_state"), [(a, b) for a, ways in TRANSITIONS.items() for b in ways]
)
def test_every_legal_move_has_a_button_that_makes_it(
    from_state: str, to_state: str, admin_client: Client
) -> None:
    order = make_work_order(state=from_state)
    context = page_of(admin_client, order).context
    assert len(context["buttons"]) == len(TRANSITIONS[from_state])
    name = next(name for name in context["buttons"] if MOVES[name].to_state == to_state)

    act(admin_client, name, order, reason="So it is", _pressed_on=order.pk)

    order.refresh_from_db()
    assert order.state == to_state
    entry = LogEntry.objects.get()
    assert (entry.object_id, "So it is" in entry.change_message) == (str(order.pk), True)


def test_a_move_back_is_called_so_and_takes_a_reason(admin_client: Client) -> None:
    order = make_work_order(state=State.COMPLETED)
    context = page_of(admin_client, order).context
    assert context["buttons"]["start"] == "Reopen"
    assert "start" in context["asks_reason"]

    assert "why" in words_of(act(admin_client, "start", order))

    assert WorkOrder.objects.get().state == State.COMPLETED


def test_changing_orders_is_enough_to_start_work(client: Client) -> None:
    order = make_work_order(state=State.APPROVED)
    client.force_login(make_member(order.asset.site, "maintenance.change_workorder"))
    assert list(page_of(client, order).context["buttons"]) == ["schedule", "start"]

    act(client, "start", order)

    assert WorkOrder.objects.get().state == State.IN_PROGRESS


def test_who_only_approves_cannot_start_work(client: Client) -> None:
    order = make_work_order(state=State.APPROVED)
    rights = ("maintenance.view_workorder", "maintenance.approve_workorder")
    client.force_login(make_member(order.asset.site, *rights))

    act(client, "start", order)

    assert WorkOrder.objects.get().state == State.APPROVED


def test_a_person_opens_an_order_but_never_a_predictive_one(admin_client: Client) -> None:
    page = reverse("admin:maintenance_workorder_add")
    form = {"asset": make_asset().pk, "title": "Oil", "priority": "P3"}
    form |= {"due_at_0": "2026-06-02", "due_at_1": "12:00"}

    admin_client.post(page, form | {"origin": "predictive"})
    assert not WorkOrder.objects.exists()

    admin_client.post(page, form | {"origin": "request"})
    assert WorkOrder.objects.get().state == State.PROPOSED


def test_orders_are_not_deleted(admin_client: Client) -> None:
    deletion = reverse("admin:maintenance_workorder_delete", args=[make_work_order().pk])

    assert admin_client.post(deletion, {"post": "yes"}).status_code == 403


def test_an_order_shows_its_decision_its_anomalies_and_at_most_four_charts(
    admin_client: Client,
) -> None:
    asset = make_asset()
    for number in range(6):
        make_anomaly(make_sensor(asset=asset, code=f"PUMP-{number}"))
    decide_undecided()

    page = page_of(admin_client, WorkOrder.objects.get())

    text = page.content.decode()
    assert "worst severity is high on PUMP-0" in text
    assert f"Policy version {policy.VERSION}" in text
    assert len(page.context["charts"]) == 4
    for anomaly in Anomaly.objects.all():
        assert reverse("admin:maintenance_anomaly_change", args=[anomaly.pk]) in text


def test_failed_notifications_are_put_back_in_line(client: Client) -> None:
    order = make_work_order()
    failed, sent = (make_notification(order, status=s) for s in ("failed", "sent"))
    client.force_login(make_member(order.asset.site, "maintenance.change_notification"))

    act(client, "send_again", failed, sent)

    assert list(Notification.objects.waiting()) == [failed]
    sent.refresh_from_db()
    assert sent.status == "sent"


def test_sending_again_takes_the_permission(client: Client) -> None:
    failed = make_notification(status="failed")
    site = failed.work_order.asset.site
    client.force_login(make_member(site, "maintenance.view_notification"))

    act(client, "send_again", failed)

    assert not Notification.objects.waiting().exists()
