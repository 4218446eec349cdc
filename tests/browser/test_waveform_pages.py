"""A waveform as an engineer sees it on the page of its sensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from sensors.intake.waveforms import as_sent
from sensors.models import Bearing, SeverityPreset, WaveformAnalysis
from tests.browser.test_prognosis_pages import open_page
from tests.factories import NOON, make_asset, make_sensor, make_stored, make_user, reading
from tests.sensors.vibration.waves import impacts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("sleeping_agents")
def test_a_waveform_is_seen_on_a_screen_and_on_a_phone(browser: Chrome, live_server: Any) -> None:
    make_user(username="planner", is_staff=True, is_superuser=True)
    asset = make_asset(tag="P-101", name="Feed pump A")
    sensor = make_sensor(asset=asset, code="P-101_VIB", kind="vibration", unit="m/s²")
    bearing = Bearing.objects.create(
        name="SKF 6205", rolling_elements=9, element_diameter=7.94, pitch_diameter=39.04
    )
    severity = SeverityPreset.objects.create(
        name="Group 2 and rigid", a_to_b=0.01, b_to_c=0.1, c_to_d=0.3
    )
    WaveformAnalysis.objects.create(sensor=sensor, bearing=bearing, rpm=1797, severity=severity)
    waveform = as_sent(impacts(107.4).samples.astype(np.float32), 12_000, "m/s²")
    make_stored(asset.site, reading(sensor, 0.4, NOON, waveform=waveform))

    url = live_server.url + reverse("admin:sensors_sensor_change", args=[sensor.pk])
    open_page(browser, url, "waveform")

    charts = browser.find_elements(By.CSS_SELECTOR, "#waveform svg[role=img]")
    assert [chart.size["width"] > 300 for chart in charts] == [True, True]
    marks = browser.find_elements(By.CSS_SELECTOR, "#waveform text.mark")
    assert [mark.text for mark in marks] == ["BPFO", "BPFI", "BSF", "FTF"]
