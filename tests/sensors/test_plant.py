"""What belongs together stays at one site."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from sensors.models import Asset, Sensor
from tests.factories import make_asset, make_sensor, make_site, without_rows

pytestmark = pytest.mark.django_db


def complaint_about(asset: Asset) -> str:
    with pytest.raises(ValidationError) as refused:
        asset.full_clean()
    return " ".join(refused.value.messages)


def test_a_parent_belongs_to_the_same_site() -> None:
    asset = make_asset()
    asset.parent = make_asset()
    assert "another site" in complaint_about(asset)

    asset.parent = make_asset(site=asset.site)
    asset.full_clean()


def test_a_new_asset_has_no_parent_at_another_site() -> None:
    new = Asset(site=make_site(), tag="N-1", name="New", parent=make_asset())

    assert "another site" in complaint_about(new)


def test_an_asset_is_no_part_of_itself() -> None:
    top = make_asset()
    middle = make_asset(site=top.site, parent=top)
    bottom = make_asset(site=top.site, parent=middle)

    for part in (top, middle, bottom):
        top.parent = part
        assert "part of itself" in complaint_about(top)


def test_a_cycle_that_is_there_already_can_be_broken() -> None:
    one = make_asset()
    two = make_asset(site=one.site, parent=one)
    Asset.objects.filter(pk=one.pk).update(parent=two)
    third = make_asset(site=one.site)

    third.parent = Asset.objects.get(pk=one.pk)
    third.full_clean()
    two.parent = None
    two.full_clean()


def test_an_asset_with_sensors_or_parts_stays_at_its_site() -> None:
    parent = make_asset()
    make_asset(site=parent.site, parent=parent)

    for asset in (make_sensor().asset, parent):
        asset.full_clean()
        asset.site = make_site()
        assert "stays at its site" in complaint_about(asset)


def test_a_bare_asset_can_still_change_its_site() -> None:
    asset = make_asset()
    asset.site = make_site()

    asset.full_clean()


def test_the_admin_moves_nothing_to_another_site(admin_client: Client) -> None:
    sensor, elsewhere = make_sensor(), make_asset()
    asset_form = {"tag": "T", "name": "Renamed", "criticality": 2, "site": elsewhere.site_id}
    sensor_form = {"code": "S", "kind": "level", "stuck_after": 30, "site": elsewhere.site_id}

    for row, form in (
        (sensor.asset, asset_form),
        (sensor, sensor_form | {"asset": sensor.asset_id}),
    ):
        page = reverse(f"admin:sensors_{row._meta.model_name}_change", args=[row.pk])
        whole = form | without_rows(admin_client, page)
        assert admin_client.post(page, whole).status_code == 302

    assert Asset.objects.get(pk=sensor.asset_id).name == "Renamed"
    assert Asset.objects.get(pk=sensor.asset_id).site_id == sensor.site_id
    assert Sensor.objects.get().site_id == sensor.site_id


def test_a_parent_at_another_site_is_refused_on_the_page(admin_client: Client) -> None:
    asset, elsewhere = make_asset(), make_asset()
    form = {"tag": "T", "name": "T", "criticality": 2, "parent": elsewhere.pk}
    form |= {"sensors-TOTAL_FORMS": 0, "sensors-INITIAL_FORMS": 0}

    page = admin_client.post(reverse("admin:sensors_asset_change", args=[asset.pk]), form)

    assert "The parent belongs to another site" in page.content.decode()
