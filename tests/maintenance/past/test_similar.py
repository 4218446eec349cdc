"""Past orders over the API, in the admin, and who may see which."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from maintenance.models import FailureCode, Labour, PartUsed, WorkOrder
from maintenance.past import similar
from sensors.models import Asset, AssetType, Site
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_key,
    make_member,
    make_sensor,
    make_site,
    make_work_order,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def pump() -> AssetType:
    return AssetType.objects.create(code="pump", name="Pump")


@pytest.fixture
def asset(site: Site, pump: AssetType) -> Asset:
    return make_asset(site=site, type=pump, tag="P-101")


def make_past(asset: Asset, **fields: Any) -> WorkOrder:
    defaults: dict[str, Any] = {
        "state": "closed",
        "origin": "corrective",
        "title": "Bearing noisy",
    }
    defaults |= {"resolution": "Fitted a new bearing", "started_at": NOON}
    return make_work_order(asset=asset, **defaults | {"completed_at": NOON + 3 * HOUR} | fields)


def found(client: APIClient, order: WorkOrder, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/work-orders/{order.pk}/similar{query}")
    assert answer.status_code == 200
    return answer.json()["results"]


def test_it_tells_what_fixed_it_and_how_long_it_took(asset: Asset, gateway: APIClient) -> None:
    remedy = FailureCode.objects.create(aspect="remedy", code="REPL", name="Replace")
    past = make_past(asset, remedy=remedy, found_fault="yes")
    PartUsed.objects.create(work_order=past, name="Bearing", number="6312", booked_by="tom")
    for start in (0, 1):
        at = NOON + start * HOUR
        Labour.objects.create(
            work_order=past, person="Tom", started_at=at, ended_at=at + HOUR, booked_by="tom"
        )
    order = make_work_order(asset=asset, title="Noisy bearing again")

    [told] = found(gateway, order)

    assert (told["id"], told["asset"], told["site"]) == (past.pk, "P-101", asset.site.code)
    assert (told["remedy"], told["resolution"]) == ("REPL", "Fitted a new bearing")
    assert told["parts"] == [{"name": "Bearing", "number": "6312", "quantity": "1.000"}]
    assert (told["hours"], told["labour_hours"]) == (3.0, 2.0)
    assert told["failure_mode"] is None
    assert told["score"] == pytest.approx(sum(told["likeness"].values()))
    assert told["likeness"]["asset"] == 0.15


def test_the_most_alike_comes_first(asset: Asset, gateway: APIClient) -> None:
    seal = make_past(asset, title="Bearing seal drips", resolution="New seal")
    bearing = make_past(asset)
    order = make_work_order(asset=asset, title="BEARNG NOISY")

    assert [one["id"] for one in found(gateway, order)] == [bearing.pk, seal.pk]
    assert [one["id"] for one in found(gateway, order, "?limit=1")] == [bearing.pk]


def test_what_sensors_showed_and_the_failure_mode_count(asset: Asset, gateway: APIClient) -> None:
    mode = FailureCode.objects.get(aspect="mode", code="VIB")
    alike = make_past(asset, failure_mode=mode)
    other = make_past(asset)
    order = make_work_order(asset=asset, title="Bearing noisy", suspected_mode=mode)
    for one in (alike, order):
        make_anomaly(make_sensor(asset=asset, kind="vibration"), work_order=one, ended_at=NOON)

    first, second = found(gateway, order)

    assert (first["id"], second["id"]) == (alike.pk, other.pk)
    assert first["likeness"]["failure_mode"] == first["likeness"]["sensors"] == 0.15
    assert second["likeness"]["sensors"] == 0


def test_only_what_was_done_on_machines_like_it_is_compared(
    asset: Asset, pump: AssetType, gateway: APIClient
) -> None:
    twin = make_past(make_asset(site=asset.site, type=pump))
    make_past(make_asset(site=asset.site))
    make_past(asset, state="cancelled")
    make_past(asset, state="in_progress")
    order = make_work_order(asset=asset, title="Bearing noisy")

    assert [one["id"] for one in found(gateway, order)] == [twin.pk]


def test_rounds_that_found_nothing_fixed_nothing(asset: Asset, gateway: APIClient) -> None:
    idle = make_past(asset, origin="preventive", found_fault="no")
    finding = make_past(asset, origin="preventive", found_fault="partly")
    order = make_work_order(asset=asset, title="Bearing noisy")
    following = make_work_order(asset=asset, title="Bearing noisy", origin="preventive")

    assert [one["id"] for one in found(gateway, order)] == [finding.pk]
    assert {one["id"] for one in found(gateway, following)} == {idle.pk, finding.pk}


def test_an_asset_without_a_type_is_compared_with_itself(site: Site, gateway: APIClient) -> None:
    asset = make_asset(site=site)
    past = make_past(asset)
    make_past(make_asset(site=site))
    order = make_work_order(asset=asset, title="Bearing noisy")

    assert [one["id"] for one in found(gateway, order)] == [past.pk]


def test_orders_of_sites_that_one_may_not_see_are_not_told(
    asset: Asset, pump: AssetType, gateway: APIClient, client: Client
) -> None:
    elsewhere = make_past(make_asset(type=pump))
    order = make_work_order(asset=asset, title="Bearing noisy")
    page = reverse("admin:maintenance_workorder_change", args=[order.pk])
    member = make_member(asset.site, "maintenance.view_workorder")
    client.force_login(member)

    assert found(gateway, order) == []
    assert elsewhere.number not in client.get(page).content.decode()

    elsewhere.asset.site.memberships.create(user=member, role="viewer")
    api = APIClient()
    api.force_login(member)
    assert [one["id"] for one in found(api, order)] == [elsewhere.pk]
    assert elsewhere.number in client.get(page).content.decode()


def test_an_order_of_another_site_is_not_there(asset: Asset) -> None:
    order = make_work_order(asset=asset)
    client = APIClient(headers={"X-API-Key": make_key(site=make_site())[1]})

    assert client.get(f"/api/v1/work-orders/{order.pk}/similar").status_code == 404


@pytest.mark.parametrize("limit", ["0", "21", "x"])
def test_so_many_and_no_more_are_told(asset: Asset, gateway: APIClient, limit: str) -> None:
    order = make_work_order(asset=asset)

    answer = gateway.get(f"/api/v1/work-orders/{order.pk}/similar?limit={limit}")

    assert answer.status_code == 400


def test_the_newest_are_compared(
    asset: Asset, gateway: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "MOST_COMPARED", 2)
    _, *newest = [make_past(asset) for _ in range(3)]
    order = make_work_order(asset=asset, title="Bearing noisy")

    assert {one["id"] for one in found(gateway, order)} == {one.pk for one in newest}


def test_the_queries_do_not_grow_with_the_orders(
    asset: Asset, gateway: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        make_past(asset)
    order = make_work_order(asset=asset, title="Bearing noisy")

    with django_assert_max_num_queries(9):
        assert len(found(gateway, order)) == 5


def test_the_page_of_an_open_order_says_what_fixed_it(asset: Asset, admin_client: Client) -> None:
    past = make_past(asset, title="<b>Bearing</b> noisy")
    order = make_work_order(asset=asset, title="Bearing noisy")

    def page(one: WorkOrder) -> str:
        url = reverse("admin:maintenance_workorder_change", args=[one.pk])
        return admin_client.get(url).content.decode()

    text = page(order)
    assert "Fitted a new bearing" in text
    assert "&lt;b&gt;Bearing" in text
    assert past.number in text
    assert "What fixed it before" not in page(past)
