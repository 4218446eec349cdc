"""What the lists and pages of orders and anomalies say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, WorkOrder
from tests.factories import MINUTE, NOON, make_anomaly, make_asset, make_sensor, make_work_order

pytestmark = pytest.mark.django_db

ANOMALIES = reverse("admin:maintenance_anomaly_changelist")
ORDERS = reverse("admin:maintenance_workorder_changelist")
State = WorkOrder.State


def page_of(client: Client, order: WorkOrder) -> str:
    page = client.get(reverse("admin:maintenance_workorder_change", args=[order.pk]))
    return page.content.decode()


def test_an_order_says_how_bad_it_is_now_and_what_was_known_then(admin_client: Client) -> None:
    anomaly = make_anomaly(severity_worst=3)
    decide_undecided()
    Anomaly.objects.update(severity_worst=4)
    assert anomaly.pk

    text = page_of(admin_client, WorkOrder.objects.get())

    assert '<span class="pill pill-critical">Critical</span> worst of 1 open' in text
    then = text[text.index("Severity then") :]
    assert then.index("High") < then.index("</table>")


def test_two_anomalies_of_a_sensor_share_a_chart(admin_client: Client) -> None:
    order, sensor = make_work_order(), make_sensor()
    for minute, kind in enumerate(("high_limit", "deviation")):
        make_anomaly(sensor, kind=kind, work_order=order, started_at=NOON - minute * MINUTE)

    page = admin_client.get(reverse("admin:maintenance_workorder_change", args=[order.pk]))

    [chart] = page.context["charts"]
    assert len(chart.bands) == 2
    assert "high limit, deviation" in chart.title


def test_a_new_order_is_not_asked_what_the_software_thought(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:maintenance_workorder_add")).content.decode()

    assert "software" not in page
    assert "recommendation" in page


def test_active_and_severe_anomalies_come_first(admin_client: Client) -> None:
    over = make_anomaly(severity_worst=4, ended_at=NOON)
    mild, new = make_anomaly(severity_worst=2), make_anomaly(severity_worst=3)
    old = make_anomaly(severity_worst=3, started_at=NOON - MINUTE)

    rows = admin_client.get(ANOMALIES).context["cl"].result_list

    assert list(rows) == [new, old, mild, over]


def test_orders_are_found_by_when_they_are_due(admin_client: Client) -> None:
    now, asset = timezone.now(), make_asset()
    dues = {"overdue": now - MINUTE, "day": now + MINUTE, "week": now + timedelta(days=3)}
    orders = {
        name: make_work_order(asset=asset, due_at=due, origin="request")
        for name, due in dues.items()
    }
    make_work_order(due_at=now - MINUTE, state=State.CLOSED)
    found = {
        name: set(admin_client.get(ORDERS, {"due": name}).context["cl"].result_list)
        for name in dues
    }

    assert found["overdue"] == {orders["overdue"]}
    assert found["day"] == {orders["day"]}
    assert found["week"] == {orders["day"], orders["week"]}
    assert admin_client.get(ORDERS).content.decode().count(" overdue</span>") == 1
