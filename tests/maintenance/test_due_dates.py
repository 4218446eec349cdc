"""Due dates and priorities from the time to a limit."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, FailureCode, Notification, WorkOrder
from maintenance.policy import Foreseen
from sensors.models import Asset
from tests.factories import NOON, make_anomaly, make_work_order

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def in_a_day(asset: Asset) -> Foreseen:
    return Foreseen("T1", 90.0, "°C", 24 * HOUR, 18 * HOUR, 40 * HOUR)


@time_machine.travel(NOON, tick=False)
def test_an_order_is_due_before_the_limit_is_reached() -> None:
    make_anomaly(severity_worst=2)

    decide_undecided(in_a_day)

    order = WorkOrder.objects.get()
    assert (order.priority, order.due_at) == ("P2", NOON + 18 * HOUR)
    rules = order.decision["rules"]
    assert "alarm limit of 90 °C expected in 24 h (18 h to 40 h) on T1" in rules


@time_machine.travel(NOON, tick=False)
def test_an_open_order_becomes_due_sooner_and_it_is_told() -> None:
    anomaly = make_anomaly(severity_worst=2)
    decide_undecided()
    Anomaly.objects.filter(pk=anomaly.pk).update(decision_pending=True)

    decide_undecided(in_a_day)

    order = WorkOrder.objects.get()
    assert (order.priority, order.due_at) == ("P2", NOON + 18 * HOUR)
    events = Notification.objects.order_by("pk").values_list("event", flat=True)
    assert list(events) == ["proposed", "extended"]


@time_machine.travel(NOON, tick=False)
def test_an_order_of_the_same_priority_becomes_due_sooner() -> None:
    anomaly = make_anomaly(severity_worst=2)
    due_at, mode = NOON + 30 * HOUR, FailureCode.objects.get(code="OHE", asset_type=None)
    order = make_work_order(asset=anomaly.asset, priority="P1", due_at=due_at, suspected_mode=mode)

    decide_undecided(in_a_day)

    order.refresh_from_db()
    assert (order.priority, order.due_at) == ("P1", NOON + 18 * HOUR)


@time_machine.travel(NOON, tick=False)
def test_a_date_that_hardly_moves_is_no_news() -> None:
    anomaly = make_anomaly(severity_worst=2)
    due_at = NOON + 18.5 * HOUR
    order = make_work_order(asset=anomaly.asset, priority="P2", due_at=due_at)
    anomaly.work_order = order
    anomaly.save()

    decide_undecided(in_a_day)

    order.refresh_from_db()
    assert order.due_at == due_at
    assert not Notification.objects.exists()


@time_machine.travel(NOON, tick=False)
def test_a_date_that_was_put_off_stays_where_nothing_is_foreseen() -> None:
    anomaly = make_anomaly(severity_worst=2)
    due_at, mode = NOON + timedelta(days=90), FailureCode.objects.get(code="OHE", asset_type=None)
    order = make_work_order(asset=anomaly.asset, priority="P3", due_at=due_at, suspected_mode=mode)

    decide_undecided()

    order.refresh_from_db()
    assert order.due_at == due_at


def test_only_assets_that_are_decided_about_are_looked_at() -> None:
    anomaly = make_anomaly()
    make_anomaly(decision_pending=False)
    looked_at: list[Asset] = []

    decide_undecided(lambda asset: looked_at.append(asset))

    assert looked_at == [anomaly.asset]


def test_a_look_ahead_that_fails_stops_no_other_asset() -> None:
    first, second = make_anomaly(), make_anomaly()

    def foresee(asset: Asset) -> None:
        if asset == first.asset:
            raise ValueError("no numbers")

    decide_undecided(foresee)

    assert WorkOrder.objects.get().asset == second.asset
