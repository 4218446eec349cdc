"""The admin as a planner uses it, in a real browser, on a wide screen and on a phone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.urls import reverse
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from agents.models import PipelineRun
from agents.pipeline import resume
from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, WorkOrder
from sensors.models import Asset, ReadingConflict
from tests.browser.pictures import HEIGHT, PHONE, WIDE, take_each
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_batch,
    make_history,
    make_notification,
    make_quarantined,
    make_run,
    make_sensor,
    make_site,
    make_stored,
    make_user,
    reading,
)

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., None]


@pytest.fixture
def plant() -> Asset:
    """A pump whose bearing wears out: an open anomaly on two sensors, a proposed order."""
    site = make_site(name="North plant")
    asset = make_asset(site=site, tag="P-101", name="Feed pump A", criticality=3)
    limits = {"VIB": (4.5, 7.1, 2.2, 6.0, "mm/s"), "TEMP": (75, 85, 58.0, 22.0, "°C")}
    for code, (warning, alarm, level, rise, unit) in limits.items():
        sensor = make_sensor(
            asset=asset, code=f"P-101_{code}", unit=unit, warning_high=warning, alarm_high=alarm
        )
        values = [
            level + 0.05 * level * math.sin(n * 1.7) + rise * max(0, n - 120) ** 2 / 6400
            for n in range(200)
        ]
        make_history(sensor, values, until=NOON)
        first = next(n for n, value in enumerate(values) if value >= warning)
        peak = max(range(200), key=lambda n: values[n])
        make_anomaly(
            sensor,
            started_at=NOON - MINUTE * (200 - first),
            last_seen_at=NOON - MINUTE,
            peak_at=NOON - MINUTE * (200 - peak),
            peak_value=values[peak],
            reason=f"{values[peak]:.3g} is at or above the alarm limit of {alarm}",
            evidence={"warning": warning, "alarm": alarm, "limit": alarm},
        )
    with transaction.atomic():
        decide_undecided()
    return asset


@pytest.fixture
def visit(browser: Chrome, live_server: Any) -> Visit:
    """Open a page as an administrator; keep pictures of it if asked where."""
    make_user(username="planner", is_staff=True, is_superuser=True)

    def open_page(name: str, *args: Any, picture: str = "") -> None:
        browser.get(live_server.url + reverse(name, args=args))
        if browser.title.startswith("Log in"):
            browser.find_element(By.NAME, "username").send_keys("planner")
            browser.find_element(By.NAME, "password").send_keys("correct horse")
            press(browser, "[type=submit]")
        if picture:
            take_each(browser, picture)
        browser.set_window_size(WIDE, HEIGHT)

    return open_page


def press(browser: Chrome, selector: str) -> None:
    """Click, and wait until the next page is there."""
    page = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(By.CSS_SELECTOR, selector).click()
    WebDriverWait(browser, 10).until(lambda b: b.find_element(By.TAG_NAME, "html") != page)


def told(browser: Chrome) -> str:
    return browser.find_element(By.CSS_SELECTOR, ".messagelist").text


def list_fits(browser: Chrome) -> bool:
    return browser.execute_script(
        "const list = document.querySelector('#changelist .results');"
        "return list.scrollWidth <= list.clientWidth"
    )


def fits(browser: Chrome, width: int) -> bool:
    browser.set_window_size(width, HEIGHT)
    return browser.execute_script(
        "return document.documentElement.scrollWidth <= window.innerWidth"
    )


def test_the_first_page_leads_to_what_asks_for_attention(
    plant: Asset, browser: Chrome, visit: Visit
) -> None:
    visit("admin:index", picture="index")

    tile = browser.find_element(By.PARTIAL_LINK_TEXT, "Proposed work orders")
    assert tile.text.split("\n")[0] == "1"
    press(browser, "a.glance-medium[href*=workorder]")
    assert WorkOrder.objects.get().number in browser.page_source


def test_an_anomaly_is_seen_and_acknowledged(plant: Asset, browser: Chrome, visit: Visit) -> None:
    anomaly = Anomaly.objects.first()
    assert anomaly
    visit("admin:maintenance_anomaly_changelist", picture="anomalies")
    visit("admin:maintenance_anomaly_change", anomaly.pk, picture="anomaly")

    chart = browser.find_element(By.CSS_SELECTOR, ".chart svg")
    assert chart.size["width"] > 600
    assert chart.size["height"] > 150
    assert "peak" in (chart.get_attribute("aria-label") or "")
    press(browser, "[name=press-acknowledge]")

    assert "Acknowledged: 1" in told(browser)
    assert "Active, acknowledged" in browser.page_source
    anomaly.refresh_from_db()
    assert anomaly.acknowledged_by is not None


def test_a_proposed_order_is_approved_from_the_list(
    plant: Asset, browser: Chrome, visit: Visit
) -> None:
    visit("admin:maintenance_workorder_changelist", picture="orders")
    browser.find_element(By.CSS_SELECTOR, "input.action-select").click()
    Select(browser.find_element(By.NAME, "action")).select_by_value("approve")
    browser.find_element(By.NAME, "reason").send_keys("It is real")
    press(browser, ".actions button[name=index]")

    assert "Approved" in told(browser)
    order = WorkOrder.objects.get()
    assert order.state == "approved"
    visit("admin:maintenance_workorder_change", order.pk, picture="order")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".chart svg[role=img]")) == 2


@pytest.mark.parametrize(
    "name",
    [
        "maintenance_anomaly",
        "maintenance_workorder",
        "agents_pipelinerun",
        "sensors_readingbatch",
        "sensors_quarantinedreading",
    ],
)
def test_lists_need_no_sideways_scrolling_on_a_wide_screen(
    name: str, plant: Asset, browser: Chrome, visit: Visit
) -> None:
    with patch("agents.nudge.send"):
        run = make_run(make_batch(plant.site, [reading("P-101_VIB", 2.0, NOON + MINUTE)]))
        make_quarantined(plant.site)
    PipelineRun.objects.close_failed(run.pk, error="agents.detect: no such table")
    visit(f"admin:{name}_changelist")

    assert list_fits(browser)


def test_pages_need_no_sideways_scrolling_on_a_phone(
    plant: Asset, browser: Chrome, visit: Visit
) -> None:
    visit("admin:maintenance_anomaly_change", Anomaly.objects.earliest("pk").pk)
    assert fits(browser, PHONE)
    visit("admin:index")
    assert fits(browser, PHONE)


def test_batches_runs_and_sensors_are_shown(plant: Asset, browser: Chrome, visit: Visit) -> None:
    sensor = plant.sensors.earliest("pk")
    with patch("agents.nudge.send"):
        run = make_run(make_batch(plant.site, [reading(sensor, 2.0, NOON + MINUTE)]))
        make_quarantined(plant.site)
    PipelineRun.objects.close_failed(run.pk, error="agents.detect: no")
    resume(run.pk)
    make_notification(WorkOrder.objects.get(), status="failed", error="Connection refused")

    visit("admin:agents_pipelinerun_change", run.pk, picture="run")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".facts .bar")) == 5
    visit("admin:sensors_readingbatch_change", run.batches.get().pk, picture="batch")
    visit("admin:sensors_readingbatch_changelist", picture="batches")
    visit("admin:sensors_quarantinedreading_changelist", picture="quarantine")
    visit("admin:maintenance_notification_changelist", picture="notifications")
    visit("admin:sensors_asset_change", plant.pk, picture="asset")
    visit("admin:sensors_sensor_change", sensor.pk, picture="sensor")
    assert browser.find_element(By.CSS_SELECTOR, ".chart svg")


def test_what_is_put_aside_is_worked_off(plant: Asset, browser: Chrome, visit: Visit) -> None:
    with patch("agents.nudge.send"):
        make_stored(plant.site, *(reading("P-103_TEMP", 20 + n / 10) for n in range(3)))
    sensor = make_sensor(asset=plant, code="P-103_TEMP")

    visit("admin:sensors_quarantinedreading_changelist")
    assert fits(browser, PHONE)
    browser.set_window_size(WIDE, HEIGHT)
    browser.find_element(By.LINK_TEXT, "REPLAY ALL THAT MATCH").click()
    assert fits(browser, PHONE)
    browser.find_element(By.NAME, "note").send_keys("registered")
    press(browser, ".submit-row [type=submit]")
    assert "over 3 reading" in told(browser)
    assert "1 stored, 2 conflicts" in browser.page_source
    assert fits(browser, PHONE)

    conflict = ReadingConflict.objects.earliest("pk")
    visit("admin:sensors_readingconflict_change", conflict.pk, picture="conflict")
    assert fits(browser, PHONE)
    press(browser, "[name=press-take_offered]")
    assert "Resolved 1" in told(browser)
    assert sensor.readings.get().value == conflict.offered_value
