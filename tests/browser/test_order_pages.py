"""Work orders as planners and technicians use them, on a wide screen and on a phone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from maintenance.models import ChecklistPoint, OnFail, WorkOrder
from maintenance.orders.attaching import attach
from maintenance.orders.booking import book_labour, book_part, record_downtime
from maintenance.orders.checklists import copy_points
from maintenance.orders.deciding import decide
from maintenance.orders.remarks import comment
from maintenance.orders.standard_codes import lay_down_codes
from maintenance.orders.transitions import move
from sensors.models import Asset
from sensors.models.access import principal_of
from tests.browser.pictures import HEIGHT, PHONE, WIDE
from tests.browser.test_admin_pages import Visit, fits, plant, press, told, visit
from tests.factories import make_user
from tests.maintenance.orders.admin.pages import make_template

__all__ = ["plant", "visit"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(plant: Asset) -> WorkOrder:
    lay_down_codes()
    return WorkOrder.objects.get()


def shown(browser: Chrome, visit: Visit, order: WorkOrder, picture: str) -> None:
    visit("admin:maintenance_workorder_change", order.pk, picture=picture)
    assert fits(browser, PHONE)
    browser.set_window_size(WIDE, HEIGHT)


def carried_out(order: WorkOrder) -> None:
    """The work has begun: hours, a part, a standstill, a comment, a list half done."""
    by, now = principal_of(make_user(is_superuser=True, username="petra")), timezone.now()
    hours = timedelta(hours=1)
    with transaction.atomic():
        decide(order.pk, "approve", by=by, justification="The envelope shows the inner race.")
        move(order.pk, "in_progress", by=by)
        worked: Any = {"started_at": now - 3 * hours, "ended_at": now - hours}
        book_labour(order.pk, by=by, person="Erika Muster", hourly_rate=Decimal(62), **worked)
        book_part(
            order.pk,
            by=by,
            name="Deep groove ball bearing",
            number="6205-2RS",
            unit_cost=Decimal("19.90"),
        )
        record_downtime(order.pk, by=by, started_at=now - 3 * hours, reason="repair")
        comment(order.pk, by=by, words="The coupling guard is bent.\nPhotographed before removal.")
        attach(order.pk, by=by, file=ContentFile(b"Readings before removal", "before removal.txt"))
        copy_points(
            order, make_template("Oil level between the marks", "Coupling aligned", "Guard fitted")
        )
        ChecklistPoint.objects.filter(position=1).update(result="ok", done_by="erika", done_at=now)
        ChecklistPoint.objects.filter(position=3).update(on_fail=OnFail.CREATE_WORK_ORDER)


def test_a_proposed_order_is_approved_on_its_page(
    order: WorkOrder, browser: Chrome, visit: Visit
) -> None:
    visit("admin:maintenance_workorder_changelist", picture="orders")
    shown(browser, visit, order, "order-proposed")

    browser.find_element(By.CSS_SELECTOR, "#move-approve summary").click()
    browser.find_element(By.ID, "approve_reason").send_keys("It is real")
    press(browser, "[name=press-approve]")

    order.refresh_from_db()
    assert (order.state, order.decisions.get().justification) == ("approved", "It is real")
    assert "Approved" in told(browser)


def test_a_technician_fills_in_completes_and_reads_it_again(
    order: WorkOrder, browser: Chrome, visit: Visit
) -> None:
    carried_out(order)
    shown(browser, visit, order, "order-in-progress")

    for place in (2, 3):
        browser.find_element(By.CSS_SELECTOR, f"[name=result_{place}][value=ok]").click()
    press(browser, "[name=press-fill_in]")
    assert "Checklist filled in" in told(browser)

    visit("admin:maintenance_workorder_act", order.pk, "complete", picture="order-complete")
    assert fits(browser, PHONE)
    browser.find_element(By.CSS_SELECTOR, "[name=found_fault][value=yes]").click()
    for name in ("failure_mode", "failure_cause", "remedy"):
        Select(browser.find_element(By.NAME, name)).select_by_index(1)
    browser.find_element(By.NAME, "resolution").send_keys("Bearing replaced, shaft aligned.")
    for box in browser.find_elements(By.CSS_SELECTOR, "[name^=verdict_]"):
        Select(box).select_by_value("confirmed")
    press(browser, ".asking [type=submit]")

    order.refresh_from_db()
    assert order.state == "completed"
    shown(browser, visit, order, "order-completed")
    assert "Being watched" in browser.page_source


def test_pressing_beside_what_was_typed_asks_first(
    order: WorkOrder, browser: Chrome, visit: Visit
) -> None:
    visit("admin:maintenance_workorder_change", order.pk)
    browser.find_element(By.NAME, "title").send_keys(" soon")
    browser.find_element(By.CSS_SELECTOR, "#comment summary").click()
    browser.find_element(By.ID, "comment_words").send_keys("Hello")
    browser.find_element(By.NAME, "press-comment").click()
    browser.switch_to.alert.dismiss()
    assert not order.comments.exists()

    press(browser, "[name=_continue]")

    order.refresh_from_db()
    assert order.title.endswith(" soon")
