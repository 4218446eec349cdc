"""Back-tests of assets as clients ask for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from rest_framework.test import APIClient

from mlops import tasks
from mlops.backtesting.requests import carry_out
from mlops.learning.fitting import fit_asset
from mlops.models import Backtest, ModelVersion
from sensors.models import Asset, Sensor, Site
from tests.factories import MINUTE, NOON, make_asset, make_history, make_sensor
from tests.mlops.backtesting.contents import contents
from tests.mlops.pumps import BREAKS, at, broken, make_pump, sensors_of

pytestmark = pytest.mark.django_db

URL = "/api/v1/ml/backtests"
ROWS = 70


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


@pytest.fixture
def unread(site: Site) -> Asset:
    """An asset whose sensors have read nothing."""
    asset = make_asset(site=site, tag="P-101")
    for code in ("P-101-A", "P-101-B"):
        make_sensor(asset=asset, code=code)
    return asset


@pytest.fixture
def pump(site: Site) -> Asset:
    asset = make_pump(site=site, tag="P-101")
    for sensor, values in zip(sensors_of(asset), broken(ROWS), strict=True):
        make_history(sensor, values.tolist(), until=NOON + ROWS * MINUTE)
    return asset


def body(**changed: Any) -> dict[str, Any]:
    """The 70 minutes from noon on, with a detector that is fitted on the day before."""
    usual: dict[str, Any] = {
        "asset": "P-101",
        "from": "2026-06-01T12:00:00Z",
        "to": "2026-06-01T13:10:00Z",
        "detector": "level_and_pattern",
        "train": {"from": "2026-05-31T12:00:00Z", "to": "2026-06-01T12:00:00Z"},
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def test_an_asset_is_tried_with_a_fit_and_answered_in_the_background(
    curator: APIClient, pump: Asset, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        asked = curator.post(URL, body(), format="json")

    answer = curator.get(asked.headers["Location"]).json()
    assert answer["error"] == ""
    assert (answer["status"], answer["alarm_count"], answer["asset"]) == ("done", 1, "P-101")
    assert answer["sensors"] == ["P-101-A", "P-101-B"]
    assert answer["train"] == body()["train"]
    (alarm,) = answer["result"]["alarms"]
    assert (alarm["sensor_id"], alarm["kind"]) == (None, "relation")
    assert alarm["contributions"].keys() == {"P-101-A", "P-101-B"}
    assert answer["result"]["taught"] == {
        "from": "2026-06-01T02:00:00Z",
        "to": "2026-06-01T11:57:00Z",
        "rows": 598,
        "left_out": 0,
        "bin_seconds": 60,
        "columns": ["P-101-A", "P-101-B"],
    }


def test_the_version_on_duty_is_tried_as_it_is(curator: APIClient, pump: Asset) -> None:
    fit_asset(pump, until=NOON)

    asked = curator.post(
        URL, body(version="active", detector=None, train=None), format="json"
    ).json()
    carry_out(asked["id"])

    answer = curator.get(f"{URL}/{asked['id']}").json()
    assert (answer["version"], answer["train"]) == ("level_and_pattern#1", None)
    assert answer["result"]["detector"] == "level_and_pattern#1"
    assert answer["result"]["alarms"][0]["started_at"] >= f"{at(BREAKS):%Y-%m-%dT%H:%M}"


def test_sensors_of_one_asset_are_tried_together(curator: APIClient, pump: Asset) -> None:
    make_sensor(asset=pump, code="P-101-C")
    named = body(asset=None, sensors=["P-101-B", "P-101-A"], detector="t_squared")

    asked = curator.post(URL, named, format="json").json()
    carry_out(asked["id"])

    row = Backtest.objects.get()
    assert (row.status, row.asset, row.warm_up) == ("done", None, 0)
    assert row.result and row.result["taught"]["columns"] == ["P-101-A", "P-101-B"]


def test_all_sensors_of_an_asset_may_be_tried_one_by_one(curator: APIClient, pump: Asset) -> None:
    asked = curator.post(URL, body(detector="stuck", train=None), format="json").json()
    carry_out(asked["id"])

    result = Backtest.objects.get().result
    assert result and [rates["sensor_id"] for rates in result["rates"]] == ["P-101-A", "P-101-B"]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"asset": "P-999"}, 404, "unknown_asset"),
        ({"asset": "P\u0001"}, 404, "unknown_asset"),
        ({"asset": "BARE"}, 400, "too_few_sensors"),
        ({"train": None}, 400, "train_or_version"),
        ({"version": "active"}, 400, "no_version"),
        ({"warm_up": 5}, 400, "does_not_go_together"),
        ({"from": "2026-06-01T11:59:00Z"}, 400, "train_overlaps"),
        ({"asset": None, "sensors": ["P-101-A"]}, 400, "too_few_sensors"),
        ({"asset": None, "sensors": ["P-101-A", "ELSEWHERE"]}, 400, "several_assets"),
        ({"parameters": {"lags": 51}}, 400, "invalid_parameter"),
        ({"parameters": {"shrinkage": 2}}, 400, "invalid_parameter"),
        ({"parameters": {"tail": [1]}}, 400, "invalid_parameter"),
    ],
)
def test_what_does_not_go_together_is_refused(
    curator: APIClient, unread: Asset, changed: dict[str, Any], status: int, code: str
) -> None:
    make_sensor(asset=make_asset(site=unread.site), code="ELSEWHERE")
    make_asset(site=unread.site, tag="BARE")

    answer = curator.post(URL, body(**changed), format="json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Backtest.objects.exists()


def test_an_asset_or_sensors_and_not_both(curator: APIClient, unread: Asset) -> None:
    answer = curator.post(URL, body(sensors=["P-101-A"]), format="json")

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == "asset_or_sensors"


def test_the_version_on_duty_cannot_be_another_detector(curator: APIClient, pump: Asset) -> None:
    fit_asset(pump, until=NOON)
    active = {"version": "active", "train": None}

    for changed in ({"detector": "t_squared"}, {"parameters": {"tail": 0.01}}):
        answer = curator.post(URL, body(**active, **changed), format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "does_not_go_together")

    Sensor.objects.filter(code="P-101-A").update(asset=make_asset(site=pump.site))
    answer = curator.post(URL, body(**active), format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "no_version")


def test_an_asset_of_another_site_is_not_there(curator: APIClient) -> None:
    make_asset(tag="P-101")

    answer = curator.post(URL, body(), format="json")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_asset")


def test_an_asset_with_too_many_sensors_is_refused(
    curator: APIClient, unread: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops.backtesting.questions.MOST_SENSORS", 1)

    answer = curator.post(URL, body(), format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_sensors")


def test_too_little_history_is_told_in_words(curator: APIClient, pump: Asset) -> None:
    train = {"from": "2026-06-01T11:00:00Z", "to": "2026-06-01T12:00:00Z"}
    asked = curator.post(URL, body(train=train), format="json").json()

    carry_out(asked["id"])

    row = Backtest.objects.get()
    assert (row.status, row.error) == ("failed", "58 of 500 rows to learn from")


def test_a_version_that_goes_off_duty_meanwhile_is_said(curator: APIClient, pump: Asset) -> None:
    fit_asset(pump, until=NOON)
    curator.post(URL, body(version="active", detector=None, train=None), format="json")
    ModelVersion.objects.update(is_active=False)

    carry_out(Backtest.objects.get().pk)

    row = Backtest.objects.get()
    assert (row.status, row.result) == ("failed", None)
    assert "not on duty any more" in row.error


def test_only_the_row_of_the_back_test_is_written(curator: APIClient, pump: Asset) -> None:
    fit_asset(pump, until=NOON)
    active = body(version="active", detector=None, train=None)
    for asked in (body(), active, body(detector="stuck", train=None)):
        assert curator.post(URL, asked, format="json").status_code == 202
    before = contents()

    for row in Backtest.objects.all():
        carry_out(row.pk)

    after = contents()
    assert before.pop("mlops_backtest") != after.pop("mlops_backtest")
    assert after == before
    assert set(Backtest.objects.values_list("status", flat=True)) == {"done"}


def test_a_crash_in_the_middle_is_kept_and_not_done_again(curator: APIClient, pump: Asset) -> None:
    asked = curator.post(URL, body(parameters=[{}, {"lags": 2}]), format="json").json()
    fitted = "mlops.chosen_asset_detectors.AssetChoice.fitted"

    with patch(fitted, side_effect=MemoryError("no room")) as ran:
        with pytest.raises(MemoryError):
            tasks.run_backtest(asked["id"])
        tasks.run_backtest(asked["id"])

    assert ran.call_count == 1
    row = Backtest.objects.get()
    assert (row.status, row.error, row.result) == ("failed", "MemoryError: no room", None)
    assert not ModelVersion.objects.exists()


def test_all_tries_of_models_go_to_the_queue_for_training(settings: Any) -> None:
    assert settings.CELERY_TASK_ROUTES["mlops.*"] == {"queue": "training"}
    assert tasks.run_backtest.name.startswith("mlops.")
