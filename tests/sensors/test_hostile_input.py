"""What no honest client sends is answered with a problem and never breaks the server."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from sensors.models import ReadingBatch

pytestmark = pytest.mark.django_db

INGEST = "/api/v1/data/ingest"
GOOD = {"sensor_id": "T1", "value": 1.5}


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
