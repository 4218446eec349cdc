from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from maintenance import policy
from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, Notification, WorkOrder
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
    client.force_login(make_member(anomaly.asset.site, role="viewer"))

    act(client, "acknowledge", anomaly)

    assert not Anomaly.objects.exclude(acknowledged_at=None).exists()
    assert page_of(client, anomaly).context["buttons"] == {}


def test_a_member_acts_on_nothing_of_another_site(client: Client) -> None:
    anomaly = make_anomaly()
    client.force_login(make_member(make_site()))

    act(client, "acknowledge", anomaly)

    assert Anomaly.objects.get().acknowledged_at is None


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
    order = make_work_order()
    failed = make_notification(order, status="failed")
    site = order.asset.site
    client.force_login(make_member(site, "maintenance.view_notification", role="technician"))

    act(client, "send_again", failed)

    assert not Notification.objects.waiting().exists()
