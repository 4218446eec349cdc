"""The API key in the places where clients of InfluxDB put theirs, and in no log."""

from __future__ import annotations

from base64 import b64encode

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.api.influx import LineWrite
from sensors.models import ApiKey, ReadingBatch, Site
from sensors.models.access import hashed
from tests.factories import make_key
from tests.sensors.intake.test_influx_api import V1, V2, write

pytestmark = pytest.mark.django_db


def with_credentials(secret: str, way: str) -> tuple[str, dict[str, str]]:
    basic = b64encode(f"telegraf:{secret}".encode()).decode()
    ways = {
        "header": ("", {"X-API-Key": secret}),
        "token": ("", {"Authorization": f"Token {secret}"}),
        "token with a name": ("", {"Authorization": f"Token telegraf:{secret}"}),
        "bearer": ("", {"Authorization": f"bearer {secret}"}),
        "basic": ("", {"Authorization": f"Basic {basic}"}),
        "query": (f"&u=telegraf&p={secret}", {}),
    }
    return ways[way]


WAYS = ["header", "token", "token with a name", "bearer", "basic", "query"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("url", [V1, V2])
def test_the_key_may_stand_where_clients_put_it(site: Site, url: str, way: str) -> None:
    key, secret = make_key(site=site)
    query, headers = with_credentials(secret, way)

    assert write(APIClient(), "m v=1\n", url + query, headers=headers).status_code == 204
    assert ReadingBatch.objects.get().api_key == key


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("url", "code"), [(V1, "api_key_refused"), (V2, "unauthorized")])
def test_a_wrong_key_is_turned_away(url: str, code: str, way: str) -> None:
    query, headers = with_credentials("sm_wrong", way)

    answer = write(APIClient(), "m v=1\n", url + query, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "given",
    ["Basic", "Basic !", "Basic dQ==", "Basic /w==", "Token", "Token :", "Digest x", "x" * 9],
)
def test_credentials_that_cannot_be_read_are_turned_away(given: str) -> None:
    answer = write(APIClient(), "m v=1\n", headers={"Authorization": given})

    assert answer.status_code == 401


@pytest.mark.parametrize(("demo", "status"), [(False, 401), (True, 204)])
def test_the_demo_key_opens_only_the_demo(settings: Settings, demo: bool, status: int) -> None:
    key, _ = make_key()
    ApiKey.objects.filter(pk=key.pk).update(digest=hashed("dev_api_key_123"))
    settings.DEMO = demo

    assert write(APIClient(), "m v=1\n", f"{V1}&p=dev_api_key_123").status_code == status


@pytest.mark.parametrize("way", WAYS[1:])
def test_other_routes_do_not_take_the_key_from_there(site: Site, way: str) -> None:
    _, secret = make_key(site=site)
    query, headers = with_credentials(secret, way)

    answer = APIClient().get(f"/api/v1/sensors?x=1{query}", headers=headers)

    assert answer.status_code == 401


@pytest.mark.parametrize("body", ["m v=1\n", "m v=\n"])
def test_a_key_in_the_query_does_not_come_into_the_log(
    site: Site, body: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = make_key(site=site)
    caplog.set_level("DEBUG")

    write(APIClient(), body, f"{V1}&u=x&p={secret}")
    write(APIClient(), body, f"{V1}&u=x&p=wrong{secret}")
    monkeypatch.setattr(LineWrite, "take_in", broken)
    write(APIClient(raise_request_exception=False), body, f"{V1}&u=x&p={secret}")

    assert secret not in caplog.text


def broken(*args: object) -> None:
    raise RuntimeError("broken")
