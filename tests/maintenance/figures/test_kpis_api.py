from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from rest_framework.test import APIClient

from maintenance.figures import fetching
from maintenance.figures.catalogue import CATALOGUE
from maintenance.models import CostAssumption
from sensors.models import AssetType
from tests.factories import NOON, make_anomaly, make_asset, make_key, make_sensor, make_site
from tests.maintenance.figures.plant import DAY, make_downtime

pytestmark = pytest.mark.django_db
URL, ASSUMPTIONS = "/api/v1/kpis", "/api/v1/cost-assumptions"


@pytest.fixture(autouse=True)
def _ten_days_later():
    with patch("django.utils.timezone.now", return_value=NOON + 10 * DAY):
        yield


@pytest.fixture
def planner(site) -> APIClient:
    _, secret = make_key(site=site, can_plan=True)
    return APIClient(headers={"X-API-Key": secret})


def interval(**fields: Any) -> dict[str, Any]:
    return {"from": NOON.isoformat(), "to": (NOON + 10 * DAY).isoformat()} | fields


def test_every_figure_comes_with_what_it_takes_to_doubt_it(gateway, site) -> None:
    pump = make_sensor(site=site).asset
    make_downtime(pump, started_at=NOON + DAY)
    make_downtime(pump, started_at=NOON + 2 * DAY)

    answer = gateway.get(URL, interval(site=site.code)).json()

    assert list(answer["figures"]) == list(CATALOGUE)
    mtbf = answer["figures"]["mtbf"]
    assert (mtbf["value"], mtbf["n"], mtbf["unit"], mtbf["why"]) == (118, 2, "h", None)
    assert mtbf["interval"]["low"] < 118 < mtbf["interval"]["high"]
    assert mtbf["interval"]["confidence"] == 0.95
    assert answer["figures"]["forewarning"]["why"] == "no_failure_forewarned"
    assert answer["figures"]["detector_precision"]["interval"] is None


def test_each_figure_leads_to_its_rows(gateway, site) -> None:
    pump = make_sensor(site=site).asset
    stops = [make_downtime(pump, started_at=NOON + n * DAY) for n in range(3)]
    figures = gateway.get(URL, interval(asset=pump.tag)).json()["figures"]

    first = gateway.get(figures["mtbf"]["rows"] + "&limit=2").json()
    second = gateway.get(first["next"]).json()

    assert first["count"] == 3
    assert [row["id"] for row in first["results"] + second["results"]] == [s.pk for s in stops]
    assert second["next"] is None
    for name in ("availability", "alarm_rate", "backlog"):
        assert gateway.get(figures[name]["rows"]).json()["figure"] == name


def test_a_row_with_an_address_has_it(gateway, site) -> None:
    anomaly = make_anomaly(make_sensor(site=site), detected_at=NOON)

    rows = gateway.get(f"{URL}/alarm_rate/rows", interval()).json()["results"]

    assert [row["url"] for row in rows] == [f"/api/v1/anomalies/{anomaly.pk}"]
    assert gateway.get(rows[0]["url"]).status_code == 200


def test_left_out_it_is_the_last_thirty_days(gateway) -> None:
    answer = gateway.get(URL).json()

    assert answer["from"] == "2026-05-12T12:00:00Z"
    assert answer["to"] == answer["as_of"] == "2026-06-11T12:00:00Z"


def test_only_sites_that_may_be_seen_count(gateway, site) -> None:
    other = make_sensor(site=make_site())
    make_anomaly(other, detected_at=NOON)

    assert gateway.get(URL, interval()).json()["figures"]["alarm_rate"]["n"] == 0
    for named in ({"site": other.site.code}, {"asset": other.asset.tag}):
        answer = gateway.get(URL, interval(**named))
        assert answer.status_code == 404
        assert answer.json()["code"] in ("unknown_site", "unknown_asset")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"from": "2024-01-01T00:00Z", "to": "2026-01-01T00:00Z"}, "interval_too_long"),
        ({"from": "2026-02-01T00:00Z", "to": "2026-01-01T00:00Z"}, "invalid"),
        ({"from": "yesterday"}, "invalid"),
        ({"site": "\x00"}, "invalid_query"),
        ({"to": "0001-01-01T00:00Z"}, None),
        ({"from": "9999-12-31T23:59Z"}, None),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_code(gateway, said, code) -> None:
    answer = gateway.get(URL, said)

    assert answer.status_code == (400 if code else 200), answer.json()
    assert answer.json().get("code") == code


def test_too_many_rows_are_refused(gateway, site, monkeypatch) -> None:
    monkeypatch.setattr(fetching, "MOST_ROWS", 0)
    make_asset(site=site)

    answer = gateway.get(URL, interval())

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_rows")
    assert "limit" in answer.json()


def test_an_unknown_figure_has_no_rows(gateway) -> None:
    answer = gateway.get(f"{URL}/oee/rows")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_figure")


def test_a_moment_of_asking_in_the_future_is_now(gateway) -> None:
    later = NOON + timedelta(days=100)

    assert gateway.get(URL, {"as_of": later.isoformat()}).json()["as_of"] == "2026-06-11T12:00:00Z"


def test_planners_say_what_a_failure_costs(planner, site) -> None:
    AssetType.objects.create(code="pump", name="Pump")
    said = {"site": site.code, "asset_type": "pump", "cost_per_hour": 900, "hours": 6}

    made = planner.post(ASSUMPTIONS, said, format="json")
    changed = planner.patch(made.headers["Location"], {"share_failing": 0.3}, format="json")

    assert made.status_code == 201
    assert changed.json()["share_failing"] == 0.3
    assert planner.get(ASSUMPTIONS).json()["results"] == [changed.json()]
    assert CostAssumption.objects.get().changed_by.startswith("Gateway")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"cost_per_hour": -1}, 400, "invalid"),
        ({"share_failing": 1.1}, 400, "invalid"),
        ({"cost_per_hour": "NaN"}, 400, "invalid"),
        ({"colour": "blue"}, 400, "invalid"),
        ({"asset_type": "nothing"}, 400, "invalid"),
        ({"site": "elsewhere"}, 404, "unknown_site"),
        ({}, 409, "assumption_exists"),
    ],
)
def test_an_assumption_that_cannot_be_kept_is_refused(planner, site, said, status, code) -> None:
    CostAssumption.objects.create(site=site, cost_per_hour=1, hours=1)
    usual = {"site": site.code, "cost_per_hour": 900, "hours": 6}

    answer = planner.post(ASSUMPTIONS, usual | said, format="json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert CostAssumption.objects.count() == 1


def test_who_may_not_plan_changes_no_assumption(gateway, planner, site) -> None:
    mine = CostAssumption.objects.create(site=site, cost_per_hour=1, hours=1)
    theirs = CostAssumption.objects.create(site=make_site(), cost_per_hour=1, hours=1)

    refused = gateway.patch(f"{ASSUMPTIONS}/{mine.pk}", {"hours": 9}, format="json")
    unseen = planner.patch(f"{ASSUMPTIONS}/{theirs.pk}", {"hours": 9}, format="json")

    assert (refused.status_code, unseen.status_code) == (403, 404)
