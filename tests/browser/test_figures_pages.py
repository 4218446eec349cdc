"""Figures and reports, as a planner sees them on a screen and on a phone."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from config.storing import attachment_storage
from maintenance.models import CostAssumption, Report, ReportFile
from maintenance.reports.asking import carry_out
from sensors.models import Site
from tests.browser.pictures import look
from tests.browser.test_backtest_pages import log_in
from tests.factories import make_anomaly, make_asset, make_life, make_sensor, make_site
from tests.maintenance.figures.plant import (
    DAY,
    HOUR,
    make_downtime,
    make_labour,
    make_order,
    make_part,
    make_technician,
)
from tests.maintenance.reports.made import make_report

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = 30
VERDICTS = ("confirmed", "confirmed", "false_positive", "", "expected_operation", "confirmed")


def make_busy_month(site: Site) -> None:
    """The last thirty days of four pumps and two technicians."""
    rng, first = np.random.default_rng(3), timezone.now() - DAYS * DAY
    for name in ("Anna", "Bert"):
        make_technician(site, name=name)
    CostAssumption.objects.create(site=site, cost_per_hour=1_200, hours=8)
    line = make_asset(site=site, tag="L-1", name="Cooling water")
    for number in range(4):
        pump = make_asset(site=site, tag=f"P-10{number}", name="Feed pump", parent=line)
        sensor = make_sensor(asset=pump, code=f"P-10{number}_TEMP")
        for failed in rng.uniform(0, DAYS - 1, size=2):
            make_downtime(pump, float(rng.uniform(1, 12)), started_at=first + failed * DAY)
        make_life(pump, first - 300 * DAY, ended_at=first + (number + 3) * DAY)
        for n, noticed in enumerate(np.sort(rng.uniform(0, DAYS, size=12))):
            at = first + float(noticed) * DAY
            done = min(at + 2 * DAY, timezone.now())
            order = make_order(
                pump,
                ("completed", done),
                origin=("corrective", "preventive", "predictive")[n % 3],
                opened_at=at + HOUR,
                started_at=at + DAY,
                completed_at=done,
                due_at=at + float(rng.uniform(0, 6)) * DAY,
            )
            make_labour(order, 2, started_at=at + DAY)
            make_part(order, booked_at=done)
            make_anomaly(
                sensor,
                detected_at=at,
                started_at=at,
                last_seen_at=at + HOUR,
                ended_at=at + HOUR,
                severity_worst=1 + n % 4,
                verdict=VERDICTS[n % len(VERDICTS)],
                acknowledged_at=at + HOUR,
                work_order=order,
            )
        make_order(pump, ("approved", first), opened_at=first, due_at=first + 20 * DAY)
        make_anomaly(sensor, detected_at=timezone.now() - timedelta(hours=30 + number))


def open_page(browser: Chrome, url: str, picture: str, shows: str) -> None:
    browser.get(url)
    browser.find_element(By.CSS_SELECTOR, shows)
    look(browser, picture)


def test_figures_and_reports_are_seen_on_a_screen_and_on_a_phone(
    browser: Chrome, live_server: Any, tmp_path: Path, settings: Any
) -> None:
    cache.clear()
    files = attachment_storage(
        directory=str(tmp_path / "files"), bucket="", endpoint="", region=""
    )
    settings.STORAGES = settings.STORAGES | files
    pictures = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    site = make_site(name="North works", time_zone="Europe/Berlin")
    make_busy_month(site)
    for kind in Report.Kind:
        now = timezone.now()
        carry_out(
            make_report(
                site,
                kind=kind,
                asset=site.assets.get(tag="P-101") if kind == "asset_history" else None,
                start=now - DAYS * DAY,
                end=now,
                as_of=now,
            ).pk
        )
    log_in(browser, live_server.url + reverse("admin:maintenance_figures"))
    open_page(browser, browser.current_url, "figures", ".chart .bar")

    browser.find_element(By.CSS_SELECTOR, ".figures a").click()
    assert browser.find_elements(By.CSS_SELECTOR, "#rows tbody tr")
    list_url = live_server.url + reverse("admin:maintenance_report_changelist")
    open_page(browser, list_url, "reports", ".field-downloads a")
    add_url = live_server.url + reverse("admin:maintenance_report_add")
    open_page(browser, add_url, "report-add", "#report_form")
    open_page(browser, live_server.url + "/admin/", "index", ".to-figures a")

    for file in ReportFile.objects.select_related("report"):
        kept = pictures / f"{file.report.kind}.{file.form}"
        with file.file.open("rb") as made:
            kept.write_bytes(made.read())
        if file.form == "html":
            open_page(browser, kept.as_uri(), file.report.kind, "h1")
