from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from mlops.backtesting.requests import carry_out
from mlops.models import Backtest
from tests.factories import NOON, make_backtest, make_history, make_sensor, make_site

pytestmark = pytest.mark.django_db


def page_of(asked: Backtest) -> str:
    return reverse("admin:mlops_backtest_change", args=[asked.pk])


def test_a_result_is_shown_as_tables_and_as_a_chart(admin_client: Client) -> None:
    site = make_site()
    sensor, other = make_sensor(site=site, warning_high=80), make_sensor(site=site)
    make_history(sensor, [20.0, 20, 85, 20, 20, 20, 20, 20])
    asked = make_backtest(site, sensor, other)
    carry_out(asked.pk)

    page = admin_client.get(page_of(asked))

    html = page.content.decode()
    assert "85 is at or above the warning limit of 80" in html
    assert "nothing of this time has been judged" in html
    chart, empty = page.context["charts"]
    assert len(chart.bands) == 1
    assert chart.peak is not None
    assert chart.peak.label == "85 °C"
    assert "abnormal from 01 Jun 11:54 to 01 Jun 11:59" in chart.description
    assert empty.description == "There are no readings to show."


def test_a_silence_has_no_value_to_mark(admin_client: Client) -> None:
    sensor = make_sensor()
    make_history(sensor, [20.0] * 100, until=NOON.replace(hour=6))
    asked = make_backtest(sensor.site, sensor, detector="silence")
    carry_out(asked.pk)

    (chart,) = admin_client.get(page_of(asked)).context["charts"]

    assert (len(chart.bands), chart.peak) == (1, None)


@pytest.mark.parametrize("status", ["waiting", "running", "failed"])
def test_without_a_result_there_is_no_chart(admin_client: Client, status: str) -> None:
    asked = make_backtest(status=status, error="The worker was lost" if status == "failed" else "")

    page = admin_client.get(page_of(asked))

    assert page.status_code == 200
    assert page.context["charts"] == []


def test_what_others_wrote_is_no_html(admin_client: Client) -> None:
    sensor = make_sensor(code="<script>1")
    make_history(sensor, [20.0] * 5)
    asked = make_backtest(sensor.site, sensor, asked_by="<script>2", parameters={"<script>3": 1})

    html = admin_client.get(page_of(asked)).content.decode()

    assert "&lt;script&gt;1" in html
    assert not any(f"<script>{n}" in html for n in (1, 2, 3))
