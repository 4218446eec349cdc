from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.access import Role
from sensors.intake.decoding import decode_readings
from sensors.models import ApiKey, ReadingBatch, Site
from sensors.models.access import hashed
from tests.deadend import without_cache
from tests.factories import make_key, make_member, make_site, make_user

URL = "/api/v1/data/ingest"
GOOD = {"sensor_id": "T1", "value": 1.5}
BAD = {"sensor_id": "T1", "value": None}

pytestmark = pytest.mark.django_db


def post(client: APIClient, upload: Any, **extra: Any) -> Any:
    body = upload if isinstance(upload, bytes) else json.dumps(upload)
    return client.post(URL, body, content_type="application/json", **extra)


def client_with(secret: str) -> APIClient:
    return APIClient(headers={"X-API-Key": secret})


def assert_problem(response: Any, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert not ReadingBatch.objects.exists()


def test_it_accepts_readings_and_answers_with_a_receipt(gateway: APIClient) -> None:
    response = post(gateway, [GOOD, GOOD | {"value": 2}])

    batch = ReadingBatch.objects.get()
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/v1/batches/{batch.pk}"
    assert response.json() == {
        "batch_id": batch.pk,
        "correlation_id": response.headers["X-Request-ID"],
        "accepted": 2,
        "rejected": 0,
        "rejections": [],
        "receipt": f"/api/v1/batches/{batch.pk}",
    }


def test_it_keeps_what_was_sent_before_it_answers(gateway: APIClient, site: Site) -> None:
    post(gateway, {"readings": [GOOD], "mode": "backfill"})

    batch = ReadingBatch.objects.get()
    assert (batch.site, batch.mode, batch.status) == (site, "backfill", "waiting")
    assert batch.api_key == ApiKey.objects.get()
    assert [reading.value for reading in decode_readings(bytes(batch.payload or b""))] == [1.5]


def test_its_location_leads_to_the_receipt(gateway: APIClient) -> None:
    answer = post(gateway, GOOD)

    receipt = gateway.get(answer.headers["Location"]).json()

    assert receipt["batch_id"] == answer.json()["batch_id"]


def test_good_readings_are_accepted_beside_bad_ones(gateway: APIClient) -> None:
    response = post(gateway, [GOOD, BAD, GOOD, {"value": 3}])

    answer = response.json()
    assert response.status_code == 202
    assert (answer["accepted"], answer["rejected"]) == (2, 2)
    assert [(error["index"], error["code"]) for error in answer["rejections"]] == [
        (1, "invalid_value"),
        (3, "missing_sensor_id"),
    ]
    assert ReadingBatch.objects.get().rejections == answer["rejections"]


def test_only_bad_readings_are_answered_with_a_code_each(gateway: APIClient) -> None:
    response = post(gateway, [BAD, GOOD | {"colour": "red"}])

    assert_problem(response, 422, "nothing_acceptable")
    errors = response.json()["rejections"]
    assert [error["code"] for error in errors] == ["invalid_value", "unknown_field"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_upload"),
        (b"{", "unparseable"),
        (b"\xff", "unparseable"),
        (b"[" * 100_000, "unparseable"),
        (b"[]", "empty_upload"),
        (b'{"readings": 7}', "invalid_upload"),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_an_unreadable_upload_is_a_problem(gateway: APIClient, body: bytes, code: str) -> None:
    response = post(gateway, body)

    assert_problem(response, 400, code)


def test_too_many_readings_are_a_problem(gateway: APIClient, settings: Settings) -> None:
    settings.MAX_READINGS_PER_BATCH = 2

    response = post(gateway, [GOOD] * 3)

    assert_problem(response, 400, "too_many_readings")


def test_too_large_a_body_is_a_problem(gateway: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = post(gateway, [GOOD] * 20)

    assert_problem(response, 413, "too_large")


def test_another_media_type_is_a_problem(gateway: APIClient) -> None:
    response = gateway.post(URL, "sensor_id=T1", content_type="text/plain")

    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_a_problem(gateway: APIClient, method: str) -> None:
    response = getattr(gateway, method)(URL)

    assert_problem(response, 405, "method_not_allowed")


def test_nobody_is_turned_away() -> None:
    response = post(APIClient(), GOOD)

    assert_problem(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "X-API-Key"


@pytest.mark.parametrize("secret", ["", "sm_unknown", "sm_" + "x" * 5000, "Ü"])
def test_an_unknown_key_is_turned_away(secret: str) -> None:
    response = post(client_with(secret), GOOD)

    assert_problem(response, 401, "api_key_refused")


def test_a_revoked_key_is_turned_away() -> None:
    _, secret = make_key(revoked_at=timezone.now())

    assert_problem(post(client_with(secret), GOOD), 401, "api_key_refused")


def test_an_expired_key_is_turned_away() -> None:
    _, secret = make_key(expires_at=timezone.now())

    assert_problem(post(client_with(secret), GOOD), 401, "api_key_refused")


def test_a_key_with_days_left_is_let_in() -> None:
    _, secret = make_key(expires_at=timezone.now() + timedelta(days=1))

    assert post(client_with(secret), GOOD).status_code == 202


def test_a_key_that_may_only_read_is_forbidden_to_send() -> None:
    _, secret = make_key(can_ingest=False)

    assert_problem(post(client_with(secret), GOOD), 403, "permission_denied")


@pytest.mark.parametrize(("demo", "status"), [(False, 401), (True, 202)])
def test_the_demo_key_opens_only_the_demo(settings: Settings, demo: bool, status: int) -> None:
    key, _ = make_key()
    ApiKey.objects.filter(pk=key.pk).update(digest=hashed("dev_api_key_123"))
    settings.DEMO = demo

    response = post(client_with("dev_api_key_123"), GOOD)

    assert response.status_code == status


def test_a_key_cannot_send_to_another_site(gateway: APIClient) -> None:
    other = make_site()

    response = post_to(gateway, other)

    assert response.status_code == 400
    assert not ReadingBatch.objects.exists()


def post_to(client: APIClient, site: Site) -> Any:
    return client.post(
        f"{URL}?site={site.code}", json.dumps(GOOD), content_type="application/json"
    )


def test_an_engineer_sends_for_the_site_that_is_named() -> None:
    site = make_site()
    engineer = make_member(site, role=Role.ENGINEER)
    client = APIClient()
    client.force_login(engineer)

    response = post_to(client, site)

    assert response.status_code == 202
    assert ReadingBatch.objects.get().site == site


def test_a_superuser_says_which_site_is_meant() -> None:
    site, _ = make_site(), make_site()
    client = APIClient()
    client.force_login(make_user(is_superuser=True))

    unclear = post(client, GOOD)
    clear = post_to(client, site)

    assert (unclear.status_code, clear.status_code) == (400, 202)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.PLANNER])
def test_other_roles_may_not_send(role: Role) -> None:
    site = make_site()
    client = APIClient()
    client.force_login(make_member(site, role=role))

    assert_problem(post_to(client, site), 403, "permission_denied")


def test_a_session_needs_the_csrf_token() -> None:
    site = make_site()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(make_member(site, role=Role.ENGINEER))

    assert_problem(post_to(client, site), 403, "permission_denied")


def test_a_key_needs_no_csrf_token(site: Site) -> None:
    _, secret = make_key(site=site)
    client = APIClient(enforce_csrf_checks=True, headers={"X-API-Key": secret})

    assert post(client, GOOD).status_code == 202


def test_its_queries_do_not_grow_with_the_batch(gateway: APIClient) -> None:
    with CaptureQueriesContext(connection) as small:
        post(gateway, [GOOD])
    with CaptureQueriesContext(connection) as large:
        post(gateway, [GOOD] * 1_000)

    assert len(large) == len(small) <= 6


def test_it_accepts_and_works_while_the_cache_is_away(
    gateway: APIClient, django_capture_on_commit_callbacks: Any, settings: Settings
) -> None:
    with without_cache(settings), django_capture_on_commit_callbacks(execute=True):
        response = post(gateway, GOOD)

    assert response.status_code == 202
    assert ReadingBatch.objects.get().status == "stored"


def test_a_chunked_body_does_not_pass_for_an_empty_one(gateway: APIClient) -> None:
    answer = post(gateway, GOOD, headers={"Transfer-Encoding": "chunked"})

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
