"""What no honest client sends is answered with a problem and never breaks the server."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from rest_framework.test import APIClient

from sensors.models import ReadingBatch, Site
from tests.factories import make_sensor

pytestmark = pytest.mark.django_db

INGEST = "/api/v1/data/ingest"
GOOD = {"sensor_id": "T1", "value": 1.5}


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "name",
    ["\x00", "a\x1bb", "\x85", "x" * 5_000, "missing required field `x`"],
    ids=["nul", "escape", "next line", "long", "like another message"],
)
def test_an_odd_field_is_rejected_beside_a_good_reading(gateway: APIClient, name: str) -> None:
    answer = gateway.post(INGEST, [GOOD, GOOD | {name: 1}], format="json")

    assert answer.status_code == 202
    [rejection] = answer.json()["rejections"]
    assert rejection["code"] == "unknown_field"
    assert rejection["detail"].isprintable()
    assert len(rejection["detail"]) <= 200
    assert ReadingBatch.objects.get().rejections == [rejection]


def test_a_quoted_value_does_not_choose_the_code(gateway: APIClient) -> None:
    odd = GOOD | {"quality": "Object missing required field `x`"}

    answer = gateway.post(INGEST, [GOOD, odd], format="json")

    assert [rejection["code"] for rejection in answer.json()["rejections"]] == ["invalid_quality"]


LISTS = {
    "readings": ["sensor", "from", "to", "newest", "limit", "cursor"],
    "sensors": ["code", "kind", "asset__tag", "site__code", "cursor"],
    "anomalies": ["asset", "sensor", "kind", "active", "since", "severity_worst", "cursor"],
    "failure-codes": ["asset", "site", "asset_type", "aspect", "code", "active", "cursor"],
    "work-orders": ["asset", "site", "state", "technician", "mine", "due_after", "cursor"],
}


@pytest.mark.parametrize(
    ("name", "parameter"), [(name, p) for name in LISTS for p in [*LISTS[name], "x", "%00"]]
)
def test_no_parameter_may_contain_a_nul(gateway: APIClient, name: str, parameter: str) -> None:
    assert_problem(gateway.get(f"/api/v1/{name}?{parameter}=a%00b"), 400, "invalid_query")


def test_no_site_is_named_with_a_nul(gateway: APIClient) -> None:
    answer = gateway.post(f"{INGEST}?site=%00", GOOD, format="json")

    assert_problem(answer, 400, "invalid_query")
    assert not ReadingBatch.objects.exists()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "position",
    ["p=abc", "p=%00", "p=", "p=2026-13-01", "p=0001-01-01T00:00:00%2B23:59", "p=NaN", "p=\xff"],
)
def test_a_forged_position_is_not_found(
    gateway: APIClient, site: Site, name: str, position: str
) -> None:
    sensor = make_sensor(site=site, code="T1")

    for query in (f"r=1&{position}", f"o=9&{position}", position):
        cursor = b64encode(query.encode("latin-1")).decode()
        answer = gateway.get(f"/api/v1/{name}", {"sensor": sensor.code, "cursor": cursor})
        assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("position", [f"p={10**30}", "p=-1", "p=9999-12-31", "o=-1", "o=1e9", ""])
def test_a_position_beyond_all_rows_breaks_nothing(
    gateway: APIClient, site: Site, name: str, position: str
) -> None:
    sensor = make_sensor(site=site, code="T1")
    cursor = b64encode(position.encode()).decode()

    answer = gateway.get(f"/api/v1/{name}", {"sensor": sensor.code, "cursor": cursor})

    assert answer.status_code in (200, 404)
