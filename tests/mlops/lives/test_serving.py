"""What is told of the life that assets have left."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from maintenance.models import Life
from mlops.health.assets import health_of
from mlops.health.index import Kind
from mlops.learning.life_fitting import fit_type
from mlops.learning.life_models import loaded
from mlops.models import ModelVersion
from mlops.prognosis.remaining_life import LifeAhead, life_ahead
from sensors.models import Asset, AssetType, Reading
from tests.factories import NOON, make_asset, make_key, make_life
from tests.mlops.lives.fleet import DAY, FAILURES, HOUR, LEFT, told, why_not
from tests.mlops.remaining_life.fleet import make_fleet

pytestmark = pytest.mark.django_db


def test_a_version_tells_what_it_was_taught(version: ModelVersion, pumps: AssetType) -> None:
    units = make_fleet(FAILURES)

    assert (str(version), version.asset_type, version.asset) == ("remaining_life#1", pumps, None)
    assert version.columns == ["setting1", "setting2", "setting3", "s1", "s2", "s3", "s4"]
    assert version.rows == sum(unit.rows for unit in units)
    assert version.learnt_from == NOON - HOUR * max(unit.rows for unit in units)
    assert version.learnt_until == NOON
    told = version.parameters
    assert (told["bin_seconds"], told["settings"], told["failures"]) == (3600, 3, FAILURES)
    assert version.metrics["error_hours"] < 0.7 * version.metrics["error_by_age_hours"]
    assert 0.7 < version.metrics["cover_90"] <= 1


def test_it_says_nothing_of_the_assets_of_other_sites(version: ModelVersion) -> None:
    assert "failed-" not in str(version.parameters)


def test_what_is_left_lies_within_the_intervals(running: list[Asset]) -> None:
    found = [told(asset) for asset in running]

    held = [
        life.intervals[0.9].low <= left and left <= (life.intervals[0.9].high or 1e9)
        for life, left in zip(found, LEFT, strict=True)
    ]
    assert sum(held) >= len(LEFT) - 1
    assert abs(found[0].hours - LEFT[0]) < 8
    assert [life.hours for life in found] == sorted(life.hours for life in found)


def test_far_from_failure_it_says_more_than(running: list[Asset]) -> None:
    near, far = told(running[0]), told(running[-1])

    assert (near.is_more, near.intervals[0.9].high is None) == (False, False)
    assert (far.is_more, far.intervals[0.9].high) == (True, None)
    assert str(far).startswith("more than ")
    assert far.share == 1.0


def test_it_is_served_with_health(running: list[Asset]) -> None:
    client = APIClient(headers={"X-API-Key": make_key(site=running[1].site)[1]})

    answer = client.get(f"/api/v1/assets/{running[1].tag}/health").json()

    life = answer["remaining_life"]
    assert (life["state"], life["model"], life["is_more_than"]) == (
        "known",
        "remaining_life#1",
        False,
    )
    assert life["intervals"].keys() == {"50", "80", "90"}
    assert life["intervals"]["90"][0] <= life["hours"] <= life["intervals"]["90"][1]
    assert life["as_of"] == "2026-06-01T12:00:00Z"
    assert life["most_hours"] > 0
    assert (answer["state"], answer["makers"][0]["kind"]) == ("known", "remaining life")
    assert answer["makers"][0]["reason"] == life["reason"]


def test_it_makes_the_health_of_an_asset(running: list[Asset]) -> None:
    worn, fresh = (health_of(asset).health for asset in (running[0], running[-1]))

    assert worn.index is not None and worn.index < 30
    assert worn.taken[0].maker.kind == Kind.REMAINING_LIFE
    assert fresh.index == 100


def test_the_admin_shows_it_with_a_picture(running: list[Asset], admin_client: Client) -> None:
    page = admin_client.get(f"/admin/sensors/asset/{running[1].pk}/change/").content.decode()

    assert f"{running[1].tag}: remaining life" in page
    assert f"now {told(running[1])}." in page
    assert page.count('class="ribbon"') == 3


def test_the_admin_says_why_it_is_not_known(admin_client: Client) -> None:
    page = admin_client.get(f"/admin/sensors/asset/{make_asset().pk}/change/").content.decode()

    assert "Remaining life is not known: the asset has no type, so nothing" in page


def test_the_admin_shows_how_well_a_version_did(
    version: ModelVersion, admin_client: Client
) -> None:
    page = admin_client.get("/admin/mlops/modelversion/").content.decode()

    assert f"off by {version.metrics['error_hours']:g} h, the age alone by" in page


def test_a_running_life_never_leaks_its_future(
    running: list[Asset], version: ModelVersion
) -> None:
    asset, then = running[2], NOON - 10 * HOUR
    life, model = Life.objects.get(asset=asset), loaded(version)
    assert model is not None
    as_of_then = life_ahead(life, version, model, then)

    # By their ids: a join with a table that was filled a moment ago may take minutes.
    sensors = list(asset.sensors.values_list("pk", flat=True))
    Reading.objects.filter(sensor__in=sensors, taken_at__gte=then).delete()
    now_without = life_ahead(life, version, model, NOON)

    assert isinstance(as_of_then, LifeAhead) and isinstance(now_without, LifeAhead)
    assert (as_of_then.hours, as_of_then.intervals) == (now_without.hours, now_without.intervals)
    assert as_of_then.as_of == now_without.as_of == then


def test_without_enough_failures_it_says_how_many_there_are(pumps: AssetType) -> None:
    asset = make_asset(type=AssetType.objects.create(code="fan", name="Fan"))
    make_life(asset, NOON - 9 * DAY, ended_at=NOON - DAY)
    make_life(asset, NOON - DAY)

    assert why_not(asset) == (
        "no_history",
        "no run-to-failure history for this type (1 of 20)",
    )
    assert fit_type(asset.type).words == (  # type: ignore[arg-type]
        "nothing to learn from: 1 of 20 lives that ended in a failure"
    )
    assert health_of(asset).health.index is None


def test_without_a_type_or_a_life_it_says_so(pumps: AssetType) -> None:
    assert why_not(make_asset())[0] == "no_type"
    assert why_not(make_asset(type=pumps))[0] == "no_life"


def test_an_asset_of_other_sensors_has_no_model(running: list[Asset]) -> None:
    asset = running[0]
    asset.sensors.filter(code__endswith="_s2").update(retired_at=NOON)

    assert why_not(asset) == (
        "other_sensors",
        "no model for this asset's sensors: the asset has no sensor for s2",
    )


def test_a_life_that_has_just_begun_has_not_enough_data(running: list[Asset]) -> None:
    Life.objects.filter(asset=running[0]).update(started_at=NOON - 3 * HOUR)

    assert why_not(running[0]) == (
        "not_enough_data",
        "not enough data of this life (3 of 5 rows of 1 h)",
    )


def test_a_life_of_hundreds_of_years_is_not_read(running: list[Asset]) -> None:
    Life.objects.filter(asset=running[0]).update(started_at="0001-01-02T00:00Z")

    assert "longer than 2000 rows" in why_not(running[0])[1]


def test_a_sensor_that_was_never_read_is_named(running: list[Asset]) -> None:
    first = running[0].sensors.get(code=f"{running[0].tag}_s1")
    Reading.objects.filter(sensor=first).delete()

    assert why_not(running[0])[1] == "not enough data of this life (nothing was read of s1)"


def test_a_kept_answer_costs_no_history(
    running: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(running[3])
    monkeypatch.setattr("mlops.prognosis.remaining_life.rows_of_life", None)

    assert told(running[3]).hours == first.hours
