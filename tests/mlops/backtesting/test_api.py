from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from rest_framework.test import APIClient

from mlops.backtesting import history
from mlops.backtesting.requests import MOST_UNFINISHED, carry_out
from mlops.models import Backtest
from sensors.models import Sensor, Site
from tests.factories import (
    NOON,
    make_backtest,
    make_history,
    make_key,
    make_member,
    make_sensor,
    make_site,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/ml/backtests"
NO_NUL = "null_characters_not_allowed"
TRAIN = {"from": "2026-05-01T12:00:00Z", "to": "2026-06-01T12:00:00Z"}
LABEL = {
    "from": "2026-06-01T11:50:00Z",
    "to": "2026-06-01T11:56:00Z",
    "verdict": "confirmed",
    "sensor": "T1",
}


@pytest.fixture
def sensor(site: Site) -> Sensor:
    sensor = make_sensor(site=site, code="T1", warning_high=80)
    make_history(sensor, [20.0, 20, 85, 20, 20, 20, 20, 20])
    return sensor


def body(**changed: Any) -> dict[str, Any]:
    """A day until noon of the sensor T1."""
    usual = {"sensors": ["T1"], "from": "2026-05-31T12:00:00Z", "to": "2026-06-01T12:00:00Z"}
    merged = usual | {"detector": "limits"} | changed
    return {name: value for name, value in merged.items() if value is not None}


def test_it_is_kept_and_sent_on_its_way(
    curator: APIClient,
    sensor: Sensor,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with (
        patch("mlops.api.backtests.send_backtest") as sent,
        django_capture_on_commit_callbacks(execute=True),
    ):
        answer = curator.post(URL, body(parameters={"warning_high": 70}), format="json")

    assert answer.status_code == 202
    asked = Backtest.objects.get()
    assert answer.headers["Location"] == f"{URL}/{asked.pk}"
    assert answer.json() == {
        "id": asked.pk,
        "status": "waiting",
        "percent": 0,
        "asked_by": asked.asked_by,
        "asked_at": answer.json()["asked_at"],
        "site": sensor.site.code,
        "asset": None,
        "sensors": ["T1"],
        "from": "2026-05-31T12:00:00Z",
        "to": "2026-06-01T12:00:00Z",
        "detector": "limits",
        "parameters": {"warning_high": 70},
        "warm_up": 2_000,
        "train": None,
        "version": None,
        "labels": [],
        "alarm_count": None,
        "started_at": None,
        "finished_at": None,
        "error": "",
        "result": None,
    }
    assert asked.asked_by.startswith("Curator")
    sent.assert_called_once_with(asked.pk)


def test_it_is_carried_out_in_the_background_and_read_back(
    curator: APIClient,
    sensor: Sensor,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        where = curator.post(URL, body(), format="json").headers["Location"]

    answer = curator.get(where).json()

    assert (answer["status"], answer["percent"], answer["alarm_count"]) == ("done", 100, 1)
    assert answer["result"]["alarms"][0]["reason"].startswith("85 is at or above the warning")
    assert answer["result"]["rates"][0]["sensor_id"] == "T1"
    (listed,) = curator.get(URL).json()["results"]
    assert "result" not in listed
    assert listed["alarm_count"] == 1


def test_the_list_is_newest_first_and_can_be_filtered(gateway: APIClient, site: Site) -> None:
    first, second = make_backtest(site), make_backtest(site, status="failed", detector="stuck")

    def ids(query: str = "") -> list[int]:
        return [row["id"] for row in gateway.get(URL + query).json()["results"]]

    assert ids() == [second.pk, first.pk]
    assert ids("?status=failed") == ids("?detector=stuck") == [second.pk]
    assert gateway.get(f"{URL}?status=odd").status_code == 400


def test_a_list_costs_the_same_for_few_and_for_many(
    gateway: APIClient, site: Site, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        make_backtest(site)

    with django_assert_max_num_queries(3):
        gateway.get(URL)


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"sensors": []}, "sensors", "empty"),
        ({"sensors": ["T1"] * 21}, "sensors", "max_length"),
        ({"sensors": ["T\x00"]}, "sensors.0", NO_NUL),
        ({"sensors": None}, "sensors", "required"),
        ({"from": None}, "from", "required"),
        ({"from": "yesterday"}, "from", "invalid"),
        ({"from": "2026-06-01T12:00:00Z"}, "to", "before_from"),
        ({"detector": None}, "detector", "required"),
        ({"parameters": [1]}, "parameters", "not_a_dict"),
        ({"parameters": []}, "parameters", "empty"),
        ({"parameters": [{}] * 11}, "parameters", "max_length"),
        ({"parameters": "x"}, "parameters", "not_a_dict"),
        ({"detector": None, "version": "newest"}, "version", "invalid_choice"),
        ({"version": "active"}, "asset", "required"),
        ({"train": {"from": "2026-05-01T00:00:00Z"}}, "train.to", "required"),
        ({"train": {"from": "x", "to": "2026-05-01T00:00:00Z"}}, "train.from", "invalid"),
        ({"labels": {}}, "labels", "not_a_list"),
        ({"labels": [LABEL] * 201}, "labels", "max_length"),
        ({"labels": [LABEL | {"verdict": "perhaps"}]}, "labels.0.verdict", "invalid_choice"),
        ({"labels": [LABEL | {"to": LABEL["from"]}]}, "labels.0.to", "before_from"),
        ({"labels": [LABEL | {"colour": "red"}]}, "labels.0.colour", "unknown_field"),
        ({"labels": [LABEL | {"sensor": "T\x00"}]}, "labels.0.sensor", NO_NUL),
        ({"warm_up": -1}, "warm_up", "min_value"),
        ({"warm_up": 10**9}, "warm_up", "max_value"),
        ({"form": "json"}, "form", "unknown_field"),
    ],
)
def test_what_is_wrong_with_a_field_is_named(
    curator: APIClient, sensor: Sensor, changed: dict[str, Any], field: str, code: str
) -> None:
    answer = curator.post(URL, body(**changed), format="json")

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    (error,) = answer.json()["errors"]
    assert (error["field"].replace("[", ".").replace("]", ""), error["code"]) == (field, code)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"detector": "crystal_ball"}, "unknown_detector"),
        ({"parameters": {"loudness": 1}}, "unknown_parameter"),
        ({"parameters": {"warning_high": "DROP TABLE"}}, "invalid_parameter"),
        ({"parameters": {"warning_high": [1, 2]}}, "invalid_parameter"),
        ({"parameters": {"warning_high": 10**400}}, "invalid_parameter"),
        ({"parameters": {"alarm_high": 70}}, "invalid_parameter"),
        ({"parameters": [{}, {"loudness": 1}]}, "unknown_parameter"),
        ({"train": TRAIN}, "does_not_go_together"),
        ({"labels": [LABEL | {"sensor": "T2"}]}, "label_of_what"),
        ({"detector": "t_squared"}, "train_or_version"),
        ({"detector": "t_squared", "parameters": {"lags": 10**6}}, "invalid_parameter"),
        ({"detector": "isolation_forest", "parameters": {"trees": 10**9}}, "invalid_parameter"),
        ({"detector": "subsequences"}, "unknown_detector"),
    ],
)
def test_a_detector_that_cannot_be_had_is_refused(
    curator: APIClient, sensor: Sensor, changed: dict[str, Any], code: str
) -> None:
    answer = curator.post(URL, body(**changed), format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Backtest.objects.exists()


def test_a_body_that_is_no_json_or_no_object_is_refused(curator: APIClient) -> None:
    for data in ("{", "[" * 100_000, "[]", '"x"', "null"):
        answer = curator.post(URL, data, content_type="application/json")

        assert answer.status_code == 400, data[:10]


def test_a_sensor_that_is_not_seen_is_not_there(curator: APIClient, sensor: Sensor) -> None:
    make_sensor(code="ELSEWHERE")

    answer = curator.post(URL, body(sensors=["T1", "ELSEWHERE"]), format="json")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_sensor")


def test_sensors_of_several_sites_are_refused(sensor: Sensor) -> None:
    other = make_sensor(code="T2")
    client = APIClient()
    client.force_login(make_member(sensor.site, role="engineer", is_superuser=True))

    answer = client.post(URL, body(sensors=["T1", "T2"]), format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "several_sites")

    make_sensor(code="T1", site=other.site)
    answer = client.post(URL, body(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "ambiguous_sensor")
    assert client.post(URL, body(site=sensor.site.code), format="json").status_code == 202


def test_it_takes_the_right_at_the_site_of_the_sensor(sensor: Sensor) -> None:
    member = make_member(sensor.site, role="viewer")
    make_site().memberships.create(user=member, role="engineer")
    client = APIClient()
    client.force_login(member)

    answer = client.post(URL, body(), format="json")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_key_that_may_not_curate_is_forbidden(gateway: APIClient, sensor: Sensor) -> None:
    assert gateway.post(URL, body(), format="json").status_code == 403


def test_another_sites_are_not_there(site: Site) -> None:
    mine = make_backtest(site)
    _, secret = make_key()
    other = APIClient(headers={"X-API-Key": secret})

    assert other.get(f"{URL}/{mine.pk}").status_code == 404
    assert other.get(URL).json()["results"] == []


def test_too_much_history_is_refused_at_once(
    curator: APIClient, sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_READINGS", 5)

    answer = curator.post(URL, body(warm_up=0), format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_readings")
    assert answer.json()["readings"] == 8


def test_a_site_that_has_enough_waiting_is_told_so(curator: APIClient, sensor: Sensor) -> None:
    for _ in range(MOST_UNFINISHED):
        make_backtest(sensor.site, sensor)

    answer = curator.post(URL, body(), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_unfinished")


def test_an_interval_as_long_as_time_is_taken(curator: APIClient, sensor: Sensor) -> None:
    always = body(**{"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"})

    answer = curator.post(URL, always, format="json")

    assert answer.status_code == 202
    asked = Backtest.objects.get()
    carry_out(asked.pk)
    asked.refresh_from_db()
    assert (asked.status, asked.alarm_count) == ("done", 1)
    assert asked.end - asked.start > timedelta(days=365 * 9_000)
    assert asked.finished_at and asked.finished_at > NOON
