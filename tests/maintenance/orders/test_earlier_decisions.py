"""Decisions that a more urgent one took the place of."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, WorkOrder
from maintenance.policy import Foreseen
from sensors.models import Asset
from tests.factories import NOON, make_anomaly, make_user

pytestmark = pytest.mark.django_db


def decide_again(hours: int) -> None:
    """As when a limit has come so near."""
    Anomaly.objects.update(decision_pending=True)

    def foreseen(asset: Asset) -> Foreseen:
        ahead = timedelta(hours=hours)
        return Foreseen("T1", 90.0, "°C", ahead, ahead, ahead)

    decide_undecided(foreseen)


@pytest.fixture
def order() -> WorkOrder:
    """It is due in thirty days, and was opened by a decision of its own."""
    with time_machine.travel(NOON, tick=False):
        make_anomaly(severity_worst=2)
        decide_undecided()
        WorkOrder.objects.update(due_at=NOON + timedelta(days=30))
    return WorkOrder.objects.get()


@time_machine.travel(NOON, tick=False)
def test_they_are_kept_beside_each_other_the_newest_first(order: WorkOrder) -> None:
    first = order.decision
    for hours in (96, 72, 48):
        decide_again(hours)

    order.refresh_from_db()
    before = order.decision.pop("before")
    assert before[-1] == first
    assert not any("before" in earlier for earlier in before)
    rules = [" ".join(one["rules"]) for one in (order.decision, *before[:-1])]
    assert all(f"expected in {h} h" in said for h, said in zip((48, 72, 96), rules, strict=True))


@time_machine.travel(NOON, tick=False)
def test_of_very_many_the_latest_stay_and_the_one_that_opened_the_order(order: WorkOrder) -> None:
    first = order.decision
    for hours in range(408, 108, -12):
        decide_again(hours)

    order.refresh_from_db()
    before = order.decision["before"]
    assert (len(before), before[-1]) == (20, first)


@time_machine.travel(NOON, tick=False)
def test_all_of_them_stand_on_the_page_and_in_the_api(order: WorkOrder, client: Client) -> None:
    for hours in (96, 72, 48):
        decide_again(hours)
    client.force_login(make_user(is_staff=True, is_superuser=True))

    page = client.get(f"/admin/maintenance/workorder/{order.pk}/change/").content.decode()
    answer = client.get(f"/api/v1/work-orders/{order.pk}").json()

    assert page.count("The decision before it</summary>") == 1
    assert page.count("The one before that</summary>") == 2
    assert len(answer["decision"]["before"]) == 3
