from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mlops.backtesting.requests import MOST_UNFINISHED, carry_out
from mlops.models import Backtest
from sensors.models import Membership, Sensor
from tests.factories import (
    NOON,
    make_asset,
    make_backtest,
    make_history,
    make_member,
    make_sensor,
    make_site,
)

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


def form(**changed: Any) -> dict[str, Any]:
    """What the page sends that asks for a back-test of the day until noon."""
    moments = {
        "start_0": "2026-05-31",
        "start_1": "12:00",
        "end_0": "2026-06-01",
        "end_1": "12:00",
    }
    return moments | {"detector": "limits"} | changed


ADD = "/admin/mlops/backtest/add/"


@pytest.fixture
def engineer(client: Client) -> Client:
    """A person who may ask, at a site with the sensor T1."""
    sensor = make_sensor(code="T1", warning_high=80)
    make_history(sensor, [20.0, 20, 85, 20, 20, 20, 20, 20])
    rights = ("add_backtest", "view_backtest")
    member = make_member(sensor.site, *(f"mlops.{right}" for right in rights), role="engineer")
    client.force_login(member)
    return client


def test_it_is_asked_for_on_a_page_and_answered_by_a_worker(
    engineer: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    sensor = Sensor.objects.get()
    said = form(sensors=[sensor.pk], settings="warning_high=70\nwarning_high=90, alarm_high=95")
    label = "2026-06-01T11:50/2026-06-01T11:56=confirmed@T1"

    with django_capture_on_commit_callbacks(execute=True):
        answer = engineer.post(ADD, said | {"labels_said": label})

    asked = Backtest.objects.get()
    assert answer.headers["Location"] == page_of(asked)
    assert (asked.status, asked.asset) == ("done", None)
    assert list(asked.sensors.all()) == [sensor]
    page = engineer.get(page_of(asked))
    html = page.content.decode()
    assert "alarm_high=95, warning_high=90" in html
    assert "confirmed T1" in html
    assert asked.result is not None
    first, second = asked.result["compared"]
    assert (first["judgement"]["recall"], second["judgement"]["recall"]) == (1.0, 0.0)
    assert [len(chart.bands) for chart in page.context["charts"]] == [1, 0]


def test_all_sensors_of_an_asset_can_be_asked_for(engineer: Client) -> None:
    asset = Sensor.objects.get().asset
    make_sensor(asset=asset)

    engineer.post(ADD, form(asset=asset.pk))

    asked = Backtest.objects.get()
    assert asked.asset == asset
    assert asked.sensors.count() == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"end_0": "2026-05-30"}, "has to end after it begins"),
        ({"settings": "warning_high=high"}, "is not KEY=NUMBER"),
        ({"settings": "loudness=1"}, "has no &#x27;loudness&#x27;"),
        ({"settings": "warning_high=1\n" * 11}, "From 1 to 10 settings"),
        ({"labels_said": "yesterday=confirmed"}, "is not a time"),
        ({"labels_said": "2026-06-01/2026-06-02=odd"}, "a verdict being one of"),
        ({"labels_said": "2026-06-01/2026-06-02=confirmed@T2"}, "which is not tried"),
        ({"detector": "crystal_ball"}, "Select a valid choice"),
        ({"detector": "t_squared"}, "needs either train"),
        ({"on_duty": "on"}, "A version is of an asset"),
        ({"train_start_0": "2026-05-01", "train_start_1": "12:00"}, "takes a from and a to"),
        ({"warm_up": "-1"}, "greater than or equal to 0"),
        ({"sensors": []}, "Choose an asset or sensors"),
    ],
)
def test_what_is_wrong_is_said_on_the_page(
    engineer: Client, changed: dict[str, Any], words: str
) -> None:
    usual = form(sensors=[Sensor.objects.get().pk])

    answer = engineer.post(ADD, usual | changed)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Backtest.objects.exists()


def test_sensors_of_other_sites_cannot_be_chosen(engineer: Client) -> None:
    answer = engineer.post(ADD, form(sensors=[make_sensor().pk]))

    assert "Select a valid choice" in answer.content.decode()
    assert not Backtest.objects.exists()


def test_it_takes_the_right_to_curate_at_the_site(engineer: Client) -> None:
    Membership.objects.update(role="viewer")
    sensor = Sensor.objects.get()
    assert engineer.get(ADD).status_code == 403

    member = Membership.objects.get().user
    make_site().memberships.create(user=member, role="engineer")

    assert engineer.get(ADD).status_code == 200
    answer = engineer.post(ADD, form(sensors=[sensor.pk]))
    assert "You may not have back-tests run there" in answer.content.decode()
    assert not Backtest.objects.exists()


def test_a_site_with_enough_waiting_is_told_so_in_the_list(engineer: Client) -> None:
    sensor = Sensor.objects.get()
    for _ in range(MOST_UNFINISHED):
        make_backtest(sensor.site, sensor)

    page = engineer.post(ADD, form(sensors=[sensor.pk]), follow=True)

    assert "wait or run; let them end first" in page.content.decode()
    assert Backtest.objects.count() == MOST_UNFINISHED


def test_time_that_was_not_judged_is_shaded_and_told(admin_client: Client) -> None:
    asset = make_asset()
    gate = make_sensor(asset=asset, kind="speed")
    sensor = make_sensor(asset=asset, gate=gate, runs_above=100.0)
    make_history(sensor, [20.0] * 60)
    make_history(gate, [1_500.0] * 20 + [0.0] * 30 + [1_500.0] * 10)
    asked = make_backtest(asset.site, sensor, detector="seasonal_baseline")
    carry_out(asked.pk)

    page = admin_client.get(page_of(asked))

    assert "0.5 h not judged: the machine stood." in page.content.decode()
    (chart,) = page.context["charts"]
    assert len(chart.stood) == 1
    assert "Not judged while the machine stood: 0.5 h." in chart.description
