"""Plans and past orders as a planner sees them, in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from maintenance.models import Plan, WorkOrder
from maintenance.plans.generating import generate_due
from maintenance.sample.plans import create_plans
from sensors.sample.plant import create_plant
from tests.browser.pictures import HEIGHT, PHONE, WIDE
from tests.browser.test_admin_pages import Visit, fits, press, told
from tests.browser.test_admin_pages import visit as visit
from tests.factories import make_work_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan() -> Plan:
    """Of a pump whose bearing was noisy before, with dates behind and ahead of it."""
    begun = timezone.now() - timedelta(days=200)
    plan = create_plans(create_plant(), begun)[0]
    generate_due(timezone.now())
    WorkOrder.objects.update(state="closed")
    for number, words in enumerate(("DE bearing noisy", "bearng loud, hot", "seal weeping")):
        at = begun + timedelta(days=number)
        make_work_order(
            asset=plan.asset,
            origin="corrective",
            state="closed",
            title=f"P-101 {words}",
            resolution="Inner race spalled, fitted 6312 C3 and fresh grease, run test ok",
            started_at=at,
            completed_at=at + timedelta(hours=3),
        )
    return plan


def test_a_planner_sees_the_year_ahead_and_makes_an_order(
    plan: Plan, browser: Chrome, visit: Visit
) -> None:
    visit("admin:maintenance_plan_changelist", picture="plans")
    visit("admin:maintenance_plan_change", plan.pk, picture="plan")
    assert "The year ahead" in browser.find_element(By.ID, "year-ahead").text
    assert fits(browser, PHONE)
    browser.set_window_size(WIDE, HEIGHT)

    press(browser, "[name=press-generate]")

    assert "Generated WO-" in told(browser)
    order = WorkOrder.objects.open().get()
    visit("admin:maintenance_workorder_change", order.pk, picture="planned-order")
    assert "Bearing grease" in browser.find_element(By.ID, "planned").text


def test_an_order_tells_what_fixed_it_before(plan: Plan, browser: Chrome, visit: Visit) -> None:
    order = make_work_order(asset=plan.asset, title="P-101 bearing noisy again")

    visit("admin:maintenance_workorder_change", order.pk, picture="similar")

    rows = browser.find_element(By.ID, "similar").text.splitlines()
    assert "DE bearing noisy" in rows[2]
    assert fits(browser, PHONE)
