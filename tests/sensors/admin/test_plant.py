from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from sensors.models import ApiKey, Asset, Membership, Sensor
from sensors.models.access import hashed
from tests.factories import (
    NOON,
    make_asset,
    make_batch,
    make_history,
    make_key,
    make_member,
    make_quarantined,
    make_sensor,
    make_site,
    make_user,
    reading,
    without_rows,
)

pytestmark = pytest.mark.django_db

KEYS = reverse("admin:sensors_apikey_changelist")
ISSUE = reverse("admin:sensors_apikey_add")


def revoke(client: Client, *keys: ApiKey) -> Any:
    selected = {"_selected_action": [key.pk for key in keys]}
    return client.post(KEYS, {"action": "revoke", "index": 0} | selected, follow=True)


def test_the_secret_of_a_new_key_is_shown_once(admin_client: Client) -> None:
    form = {"site": make_site().pk, "name": "Gateway", "can_read": "on"}

    answer = admin_client.post(ISSUE, form, follow=True).content.decode()

    secret = re.search(r"sm_[\w-]{40,}", answer)
    key = ApiKey.objects.get()
    assert secret and hashed(secret[0]) == key.digest
    assert key.prefix == secret[0][:8]
    for page in (KEYS, reverse("admin:sensors_apikey_change", args=[key.pk])):
        again = admin_client.get(page).content.decode()
        assert secret[0] not in again
        assert key.digest not in again


def test_changing_a_key_keeps_its_secret_and_its_site(admin_client: Client) -> None:
    key, _ = make_key()
    page = reverse("admin:sensors_apikey_change", args=[key.pk])

    admin_client.post(page, {"name": "Renamed", "site": make_site().pk})

    changed = ApiKey.objects.get()
    assert changed.name == "Renamed"
    assert (changed.digest, changed.site_id) == (key.digest, key.site_id)


def test_a_key_is_revoked_and_not_deleted(admin_client: Client) -> None:
    key, other = make_key()[0], make_key()[0]

    revoke(admin_client, key)

    assert list(ApiKey.objects.usable()) == [other]
    deletion = reverse("admin:sensors_apikey_delete", args=[key.pk])
    assert admin_client.post(deletion, {"post": "yes"}).status_code == 403


def test_revoking_takes_the_permission_to_change_keys(client: Client) -> None:
    key, _ = make_key()
    client.force_login(make_member(key.site, "sensors.view_apikey"))

    revoke(client, key)

    assert ApiKey.objects.usable().exists()


def test_a_member_revokes_no_key_of_another_site(client: Client) -> None:
    mine, theirs = make_key()[0], make_key()[0]
    client.force_login(make_member(mine.site, "sensors.change_apikey"))

    revoke(client, mine, theirs)

    assert list(ApiKey.objects.usable()) == [theirs]


def test_a_member_issues_no_key_for_another_site(client: Client) -> None:
    member = make_member(make_site(), "sensors.add_apikey", "sensors.view_site")
    client.force_login(member)

    client.post(ISSUE, {"site": make_site().pk, "name": "Gateway"})

    assert not ApiKey.objects.exists()


def test_a_member_gives_nobody_a_role_at_another_site(client: Client) -> None:
    member = make_member(make_site(), "sensors.add_membership")
    client.force_login(member)
    form = {"site": make_site().pk, "user": member.pk, "role": "engineer"}

    client.post(reverse("admin:sensors_membership_add"), form)

    assert list(Membership.objects.all()) == [member.memberships.get()]


def test_autocompletion_names_only_the_own_sites(client: Client) -> None:
    mine, _ = make_asset(), make_asset()
    rights = ("sensors.change_sensor", "sensors.view_asset")
    client.force_login(make_member(mine.site, *rights))
    field = {"app_label": "sensors", "model_name": "sensor", "field_name": "asset", "term": ""}

    answer = client.get(reverse("admin:autocomplete"), field).json()

    assert [result["id"] for result in answer["results"]] == [str(mine.pk)]


def test_a_member_moves_no_sensor_to_another_site(client: Client) -> None:
    sensor, foreign = make_sensor(), make_asset()
    client.force_login(make_member(sensor.site, "sensors.change_sensor"))
    page = reverse("admin:sensors_sensor_change", args=[sensor.pk])
    form = {"site": foreign.site_id, "asset": foreign.pk, "code": sensor.code, "kind": "level"}

    client.post(page, form | {"stuck_after": 30})

    assert Sensor.objects.get().site_id == sensor.site_id


def test_an_asset_shows_its_sensors(admin_client: Client) -> None:
    sensor = make_sensor(code="P-1_TEMP")
    page = reverse("admin:sensors_asset_change", args=[sensor.asset_id])

    assert "P-1_TEMP" in admin_client.get(page).content.decode()


def test_an_asset_with_sensors_can_be_saved(admin_client: Client) -> None:
    asset = make_sensor().asset
    page = reverse("admin:sensors_asset_change", args=[asset.pk])
    form = {"site": asset.site_id, "tag": asset.tag, "name": "Renamed", "criticality": 4}

    admin_client.post(page, form | without_rows(admin_client, page))

    assert Asset.objects.get().name == "Renamed"


def test_a_sensor_shows_its_latest_readings_with_its_limits(admin_client: Client) -> None:
    sensor = make_sensor(warning_high=80, alarm_high=90)
    make_history(sensor, [60.0 + n % 7 for n in range(600)])

    page = admin_client.get(reverse("admin:sensors_sensor_change", args=[sensor.pk]))

    [chart] = page.context["charts"]
    assert chart.title.endswith("last 500 readings")
    assert [limit.label for limit in chart.limits] == ["warning 80", "alarm 90"]
    assert "<svg" in page.content.decode()


def test_a_sensor_without_readings_says_so(admin_client: Client) -> None:
    page = reverse("admin:sensors_sensor_change", args=[make_sensor().pk])

    assert "There are no readings to show." in admin_client.get(page).content.decode()


def test_a_sensor_is_not_deleted(admin_client: Client) -> None:
    sensor = make_sensor()
    deletion = reverse("admin:sensors_sensor_delete", args=[sensor.pk])

    assert admin_client.post(deletion, {"post": "yes"}).status_code == 403


def test_a_quarantined_reading_is_shown_as_it_came_and_escaped(admin_client: Client) -> None:
    raw = {"sensor_id": "X", "value": "<script>alert(1)</script>"}
    row = make_quarantined(reading=raw)

    for url in ("changelist", "change"):
        args = [row.pk] if url == "change" else []
        page = admin_client.get(reverse(f"admin:sensors_quarantinedreading_{url}", args=args))
        assert "&lt;script&gt;alert(1)" in page.content.decode()
        assert "<script>alert(1)" not in page.content.decode()


def test_a_batch_shows_its_receipt(admin_client: Client) -> None:
    sensor = make_sensor()
    moments = [NOON, NOON + timedelta(minutes=1)]
    batch = make_batch(sensor.site, [reading(sensor, 1.0, at) for at in moments])
    batch.rejections = [{"index": 4, "code": "invalid", "detail": "no value"}]
    batch.save()

    page = admin_client.get(reverse("admin:sensors_readingbatch_change", args=[batch.pk]))

    assert "invalid: no value" in page.content.decode()


def test_a_person_without_memberships_sees_no_site(client: Client) -> None:
    make_site()
    user = make_member(make_site(), "sensors.view_site")
    Membership.objects.all().delete()
    client.force_login(user)

    page = client.get(reverse("admin:sensors_site_changelist"))

    assert not page.context["cl"].queryset.exists()


def test_a_person_outside_the_staff_comes_to_the_log_in_page(client: Client) -> None:
    client.force_login(make_user())

    assert client.get(KEYS).status_code == 302


def test_readings_have_no_list_of_their_own() -> None:
    assert "Reading" not in {model.__name__ for model in admin.site._registry}
