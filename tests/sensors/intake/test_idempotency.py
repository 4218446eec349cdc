from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from sensors.access import Role
from sensors.models import ReadingBatch, Site
from tests.factories import make_key, make_member, make_site
from tests.races import race

URL = "/api/v1/data/ingest"
GOOD = {"sensor_id": "T1", "value": 1.5}
OTHER = {"sensor_id": "T1", "value": 2.5}


def post(client: APIClient, upload: Any, key: str = "K1") -> Any:
    headers = {"Idempotency-Key": key}
    return client.post(URL, json.dumps(upload), content_type="application/json", headers=headers)


def client_of(site: Site) -> APIClient:
    _, secret = make_key(site=site)
    return APIClient(headers={"X-API-Key": secret})


@pytest.mark.django_db
def test_a_repeat_is_answered_with_the_same_batch(gateway: APIClient) -> None:
    first = post(gateway, GOOD)

    second = post(gateway, GOOD)

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json()
    assert ReadingBatch.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_other_readings_is_a_problem(gateway: APIClient) -> None:
    post(gateway, GOOD)

    response = post(gateway, OTHER)

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert ReadingBatch.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "media_type", "body", "first", "second"),
    [
        (URL, "application/json", json.dumps(GOOD), "", "mode=backfill"),
        (URL, "text/csv", "sensor_id,value\nT1,1", "", "mode=backfill"),
        (URL, "text/csv", "sensor_id;value\nT1;1", "delimiter=;", "delimiter=;&decimal=,"),
        ("/api/v1/write", "text/plain", "m v=1 1700000000", "", "precision=s"),
    ],
)
def test_the_same_body_read_in_another_way_is_other_readings(
    gateway: APIClient, url: str, media_type: str, body: str, first: str, second: str
) -> None:
    headers = {"Idempotency-Key": "K1"}

    answers = [
        gateway.post(f"{url}?{query}", body, content_type=media_type, headers=headers)
        for query in (first, first, second)
    ]

    assert [answer.status_code for answer in answers[:2]] in ([202, 200], [204, 204])
    assert answers[2].status_code == 422
    assert answers[2].json()["code"] == "idempotency_key_reused"
    assert ReadingBatch.objects.count() == 1


@pytest.mark.django_db
def test_a_mode_may_be_said_in_the_query_or_left_out(gateway: APIClient) -> None:
    headers = {"Idempotency-Key": "K1"}

    answers = [
        gateway.post(URL + query, GOOD, format="json", headers=headers)
        for query in ("", "?mode=live")
    ]

    assert [answer.status_code for answer in answers] == [202, 200]


@pytest.mark.django_db
def test_another_key_with_the_same_readings_is_another_batch(gateway: APIClient) -> None:
    post(gateway, GOOD, key="K1")
    post(gateway, GOOD, key="K2")

    assert ReadingBatch.objects.count() == 2


@pytest.mark.django_db
def test_without_a_key_every_upload_is_a_batch(gateway: APIClient) -> None:
    for _ in range(2):
        gateway.post(URL, json.dumps(GOOD), content_type="application/json")

    assert ReadingBatch.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 201, "K\x001", "K\t1"])
def test_a_key_that_cannot_be_kept_is_refused(gateway: APIClient, key: str) -> None:
    response = post(gateway, GOOD, key=key)

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "invalid_idempotency_key"
    assert not ReadingBatch.objects.exists()


@pytest.mark.django_db
def test_keys_of_two_gateways_do_not_clash() -> None:
    site, far = make_site(), make_site()

    answers = [post(client_of(where), OTHER) for where in (site, site, far)]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert ReadingBatch.objects.count() == 3


@pytest.mark.django_db
def test_keys_of_two_people_do_not_clash() -> None:
    site = make_site()
    for _ in range(2):
        client = APIClient()
        client.force_login(make_member(site, role=Role.ENGINEER))
        assert post(client, GOOD).status_code == 202

    assert ReadingBatch.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_two_requests_at_once_keep_one_batch() -> None:
    site = make_site()
    _, secret = make_key(site=site)
    clients = [APIClient(headers={"X-API-Key": secret}) for _ in range(4)]

    for number in range(5):
        answers = race(*(lambda c=c, n=number: post(c, GOOD, key=f"K{n}") for c in clients))

        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 202]
        assert len({answer.json()["batch_id"] for answer in answers}) == 1
    assert ReadingBatch.objects.count() == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sleeping_agents")
def test_of_two_uploads_at_once_under_one_key_one_is_refused() -> None:
    site = make_site()
    _, secret = make_key(site=site)
    clients = [APIClient(headers={"X-API-Key": secret}) for _ in range(2)]

    answers = race(lambda: post(clients[0], GOOD), lambda: post(clients[1], OTHER))

    assert sorted(answer.status_code for answer in answers) == [202, 422]
    assert ReadingBatch.objects.count() == 1
