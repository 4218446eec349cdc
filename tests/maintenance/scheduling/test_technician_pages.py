"""The page of a technician, as a planner who is no administrator sees it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.factories import make_member, make_site
from tests.maintenance.scheduling.crews import make_technician

pytestmark = pytest.mark.django_db


def test_a_planner_is_offered_the_people_of_the_own_sites(client: Client) -> None:
    site = make_site()
    planner, colleague = make_member(site), make_member(site, role="technician")
    stranger, gone = make_member(make_site()), make_member(make_site())
    linked = make_technician(site, user=gone)
    client.force_login(planner)

    page = client.get(reverse("admin:maintenance_technician_change", args=[linked.pk]))

    offered = set(page.context["adminform"].form.fields["user"].queryset)
    assert offered == {planner, colleague, gone}
    assert stranger in User.objects.all()
