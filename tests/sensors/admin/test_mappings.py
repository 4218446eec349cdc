from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from sensors.models import LineMapping, ReadingBatch, Site
from tests.factories import make_member, make_sensor, make_site, make_user

TRY = "/admin/sensors/linemapping/try"

pytestmark = pytest.mark.django_db


def client_of(site: Site, *permissions: str) -> Client:
    client = Client()
    client.force_login(make_member(site, *permissions))
    return client


def form_of(site: Site, **fields: Any) -> dict[str, Any]:
    mapping = {"site": site.pk, "position": 1, "measurement": "*", "field": "*", "active": "on"}
    return mapping | fields


def test_a_mapping_is_made_in_the_admin(admin_client: Client, site: Site) -> None:
    url = reverse("admin:sensors_linemapping_add")

    answer = admin_client.post(url, form_of(site, template="{tag[host]}.{field}"))

    assert answer.status_code == 302
    assert LineMapping.objects.get().rule.template == "{tag[host]}.{field}"


@pytest.mark.parametrize("template", ["{host}", "{measurement.__class__}", "a b", "-{field}"])
def test_a_template_that_names_no_sensor_is_refused(
    admin_client: Client, site: Site, template: str
) -> None:
    url = reverse("admin:sensors_linemapping_add")

    answer = admin_client.post(url, form_of(site, template=template))

    assert answer.status_code == 200
    assert "template" in answer.context["adminform"].form.errors
    with pytest.raises(ValidationError):
        LineMapping(site=site, template=template).full_clean()


def test_lines_can_be_tried_before_they_are_sent(admin_client: Client, site: Site) -> None:
    LineMapping.objects.create(site=site, measurement="pump", template="{tag[line]}.{field}")
    make_sensor(site=site, code="A.temp")
    lines = 'pump,line=A temp=1.5,rpm=7i,state="on" 0\r\n<b> v=\r\n'

    page = admin_client.post(TRY, {"site": site.pk, "lines": lines})

    assert [(r.sensor_id, known) for r, known in page.context["found"]] == [
        ("A.temp", True),
        ("A.rpm", False),
    ]
    text = page.content.decode()
    assert "1970-01-01 00:00:00" in text
    assert "line 2: unparseable" in text
    assert "1 field left out" in text
    assert "<b>" not in text
    assert not ReadingBatch.objects.exists()


def test_too_many_lines_are_refused_on_the_page(admin_client: Client, site: Site) -> None:
    page = admin_client.post(TRY, {"site": site.pk, "lines": "m v=1\n" * 300})

    assert "More than 200 readings" in page.content.decode()


def test_the_page_to_try_stays_within_ones_sites(site: Site) -> None:
    other = make_site()
    client = client_of(site, "sensors.view_linemapping")

    assert list(client.get(TRY).context["form"].fields["site"].queryset) == [site]
    page = client.post(TRY, {"site": other.pk, "lines": "m v=1"})
    assert page.context["form"].errors.keys() == {"site"}


def test_the_page_to_try_asks_for_the_permission_to_look(client: Client) -> None:
    assert client.get(TRY).status_code == 302
    client.force_login(make_user(is_staff=True))
    assert client.get(TRY).status_code == 403
