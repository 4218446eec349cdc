from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from sensors import correlation
from sensors.models import ReadingBatch

URL = "/api/v1/data/ingest"

pytestmark = pytest.mark.django_db


def post(client: APIClient, **headers: str) -> Any:
    body = json.dumps({"sensor_id": "T1", "value": 1.5})
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(URL, body, content_type="application/json", headers=names)


@pytest.mark.parametrize("request_id", ["req-1", "a", "A.b_c:d-9", "x" * 64])
def test_the_request_id_of_the_caller_is_kept(gateway: APIClient, request_id: str) -> None:
    response = post(gateway, X_Request_ID=request_id)

    assert response.headers["X-Request-ID"] == request_id
    assert response.json()["correlation_id"] == request_id
    assert ReadingBatch.objects.get().correlation_id == request_id


def test_a_request_without_an_id_gets_one(gateway: APIClient) -> None:
    response = post(gateway)

    made = response.headers["X-Request-ID"]
    assert str(uuid.UUID(made)) == made
    assert ReadingBatch.objects.get().correlation_id == made


@pytest.mark.parametrize(
    "hostile",
    ["", "x" * 65, "a b", "a\nSet-Cookie: b", "a\r\nb", "<script>", "Ü", "a\x00", "-a", "a,b"],
    ids=repr,
)
def test_a_hostile_request_id_is_replaced(gateway: APIClient, hostile: str) -> None:
    response = post(gateway, X_Request_ID=hostile)

    kept = response.headers["X-Request-ID"]
    assert str(uuid.UUID(kept)) == kept
    assert ReadingBatch.objects.get().correlation_id == kept


def test_one_request_does_not_inherit_the_id_of_another(gateway: APIClient) -> None:
    first = post(gateway, X_Request_ID="first")

    second = post(gateway)

    assert first.headers["X-Request-ID"] == "first"
    assert second.headers["X-Request-ID"] != "first"
    assert correlation.request_ids() == ()


def test_pages_that_are_no_api_echo_it_too(gateway: APIClient) -> None:
    page = gateway.get("/nowhere", headers={"X-Request-ID": "lost-1"})
    problem = gateway.get("/api/nowhere", headers={"X-Request-ID": "lost-2"})

    assert page.headers["X-Request-ID"] == "lost-1"
    assert problem.headers["X-Request-ID"] == problem.json()["request_id"] == "lost-2"


def test_a_run_of_many_requests_names_the_first_ten() -> None:
    ids = tuple(f"r{number}" for number in range(12))

    with correlation.about(request_ids=ids, run_id=7):
        words = correlation.describe()

    assert words == "run=7 request=" + ",".join(ids[:10]) + ",+2"
    assert correlation.describe() == "-"
