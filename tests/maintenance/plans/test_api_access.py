"""Who sees and changes which plans over the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from sensors.models import Asset
from tests.factories import (
    NOON,
    make_member,
    make_site,
)
from tests.maintenance.plans.asking import URL, body, client_of, codes, patch, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False):
        yield


def test_who_may_only_read_or_work_changes_nothing(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body()).json()
    worker = client_of(asset.site, can_work=True, can_curate=True)

    assert post(worker, body(title="Other")).status_code == 403
    assert patch(worker, plan, title="Other").status_code == 403
    assert worker.post(f"{URL}/{plan['id']}/generate").status_code == 403
    assert worker.get(f"{URL}/{plan['id']}/preview").status_code == 200


def test_rights_at_one_site_change_nothing_at_another(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body()).json()
    member = make_member(asset.site, role="technician")
    make_site().memberships.create(user=member, role="planner")
    client = APIClient()
    client.force_login(member)

    for answer in (
        post(client, body(title="Other")),
        patch(client, plan, title="Other"),
        client.post(f"{URL}/{plan['id']}/generate"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_plans_of_other_sites_are_not_there(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body()).json()
    other = client_of(make_site(), can_plan=True)

    assert codes(post(other, body())) == {("asset", "unknown_asset")}
    assert other.get(URL).json()["results"] == []
    for path in ("", "/preview", "/occurrences"):
        assert other.get(f"{URL}/{plan['id']}{path}").status_code == 404
    assert other.post(f"{URL}/{plan['id']}/generate").status_code == 404
    assert patch(other, plan, title="Mine").status_code == 404


def test_plans_are_found_by_asset_site_and_state(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body(is_active=False)).json()

    def found(query: str) -> int:
        return len(planner.get(f"{URL}?{query}").json()["results"])

    assert plan["is_active"] is False
    assert found("asset=P-101") == found(f"site={asset.site.code}") == found("active=false") == 1
    assert found("asset=P-102") == found("site=x") == found("active=true") == 0


def test_the_queries_of_a_list_do_not_grow(
    asset: Asset, planner: APIClient, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        post(planner, body(title=f"Plan {number}"))

    with django_assert_max_num_queries(8):
        assert len(planner.get(URL).json()["results"]) == 5
