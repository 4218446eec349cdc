"""Conflicts over the API: looking and resolving."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from sensors.models import (
    Reading,
    ReadingConflict,
    Sensor,
    Site,
)
from tests.factories import (
    NOON,
    make_conflict,
    make_quarantined,
    make_sensor,
    make_stored,
    reading,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]

QUARANTINE, CONFLICTS = "/api/v1/quarantine", "/api/v1/conflicts"


def results(client: APIClient, path: str, **query: Any) -> Any:
    answer = client.get(f"{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def post(client: APIClient, path: str, body: Any) -> Any:
    return client.post(path, body, format="json")


def assert_problem(response: Any, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"


def contradicted(sensor: Sensor, *offers: float) -> list[int]:
    for value in (20.0, *offers):
        make_stored(sensor.site, reading(sensor, value))
    return list(ReadingConflict.objects.order_by("pk").values_list("pk", flat=True))


def test_a_conflict_is_told_with_both_values(gateway: APIClient, site: Site) -> None:
    (pk,) = contradicted(make_sensor(site=site, code="T1"), 30.0)
    make_conflict()

    (told,) = results(gateway, CONFLICTS, sensor="T1", site=site.code, open="true")

    assert (told["id"], told["sensor_id"], told["timestamp"]) == (pk, "T1", "2026-06-01T12:00:00Z")
    assert (told["stored_value"], told["offered_value"]) == (20.0, 30.0)
    assert (told["resolution"], told["resolved_at"], told["replaced_value"]) == (None, None, None)
    assert results(gateway, CONFLICTS, open="false") == []
    assert results(gateway, CONFLICTS, resolution="keep_stored") == []
    assert results(gateway, CONFLICTS, to=NOON.isoformat()) == []
    assert len(results(gateway, CONFLICTS, **{"from": NOON.isoformat()})) == 1


def test_conflicts_are_resolved_one_or_many(curator: APIClient, site: Site) -> None:
    first, second = (make_sensor(site=site) for _ in range(2))
    ids = contradicted(first, 30.0)

    answer = post(curator, f"{CONFLICTS}/{ids[0]}/resolve", {"choice": "take_offered"})
    assert (answer.status_code, answer.json()["resolved"]) == (200, 1)
    assert Reading.objects.get().value == 30.0

    rest = [pk for pk in contradicted(second, 30.0, 40.0) if pk != ids[0]]
    body = {"ids": rest, "choice": "keep_stored", "note": "as the log book says"}
    assert post(curator, f"{CONFLICTS}/resolve", body).json()["resolved"] == 2

    told = curator.get(f"{CONFLICTS}/{rest[0]}").json()
    assert (told["resolution"], told["note"]) == ("keep_stored", "as the log book says")
    assert told["resolved_by"].startswith("Curator")


def test_the_second_to_resolve_is_told_so(curator: APIClient, site: Site) -> None:
    ids = contradicted(make_sensor(site=site), 30.0)
    body = {"ids": ids, "choice": "keep_stored"}
    post(curator, f"{CONFLICTS}/resolve", body)

    again = post(curator, f"{CONFLICTS}/resolve", body | {"choice": "take_offered"})

    assert_problem(again, 409, "already_resolved")
    assert again.json()["ids"] == ids
    assert Reading.objects.get().value == 20.0


def test_several_offers_for_a_moment_are_not_taken_at_once(curator: APIClient, site: Site) -> None:
    ids = contradicted(make_sensor(site=site), 30.0, 40.0)

    answer = post(curator, f"{CONFLICTS}/resolve", {"ids": ids, "choice": "take_offered"})

    assert_problem(answer, 409, "several_offers")


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [1]},
        {"choice": "keep_stored"},
        {"ids": [1], "choice": "both"},
        {"ids": [1], "choice": "keep_stored", "odd": 1},
        {"ids": [-1], "choice": "keep_stored"},
    ],
)
def test_an_answer_that_is_not_clear_resolves_nothing(curator: APIClient, body: Any) -> None:
    assert_problem(post(curator, f"{CONFLICTS}/resolve", body), 400, "invalid")


def test_conflicts_of_other_sites_are_not_there(curator: APIClient, site: Site) -> None:
    mine, theirs = make_conflict(make_sensor(site=site)), make_conflict()

    for ids in ([theirs.pk], [mine.pk, theirs.pk]):
        answer = post(curator, f"{CONFLICTS}/resolve", {"ids": ids, "choice": "keep_stored"})
        assert_problem(answer, 404, "not_found")
    mine.refresh_from_db()
    assert mine.resolution == ""


def test_lists_cost_the_same_for_few_rows_and_for_many(gateway: APIClient, site: Site) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            for path in (QUARANTINE, f"{QUARANTINE}/summary", CONFLICTS):
                assert gateway.get(path).status_code == 200
        return len(captured)

    def fill(rows: int) -> None:
        for _ in range(rows):
            make_quarantined(site)
            make_conflict(make_sensor(site=site))

    fill(1)
    few = queries()
    fill(9)

    assert queries() == few
