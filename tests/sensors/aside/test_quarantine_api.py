"""The quarantine over the API: looking, replaying, discarding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from sensors.access import Role
from sensors.models import (
    Curation,
    Membership,
    QuarantinedReading,
    Site,
)
from tests.factories import (
    NOON,
    make_conflict,
    make_member,
    make_quarantined,
    make_sensor,
    make_site,
    make_stored,
    make_user,
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


def test_a_quarantined_reading_is_told_as_it_came(gateway: APIClient, site: Site) -> None:
    batch = make_stored(site, reading("T9", 1.5))
    row = QuarantinedReading.objects.get()

    (told,) = results(gateway, QUARANTINE)

    assert told.pop("quarantined_at")
    assert told.pop("reading")["value"] == 1.5
    assert told == {
        "id": row.pk,
        "site": site.code,
        "sensor_id": "T9",
        "reason": "unknown_sensor",
        "state": "waiting",
        "batch_id": batch.pk,
        "attempts": 0,
        "settled_at": None,
        "settled_by": None,
    }


def test_the_quarantine_can_be_filtered(gateway: APIClient, site: Site) -> None:
    old = make_quarantined(site, sensor_code="A", quarantined_at=NOON - timedelta(days=1))
    make_quarantined(site, sensor_code="B", quarantined_at=NOON, reason="unit_mismatch")

    def codes(**query: Any) -> list[str]:
        return [row["sensor_id"] for row in results(gateway, QUARANTINE, **query)]

    assert codes() == ["B", "A"]
    assert codes(reason="unit_mismatch") == codes(since=NOON.isoformat()) == ["B"]
    assert codes(sensor="A") == codes(batch=old.batch_id) == ["A"]
    assert codes(site=site.code, state="waiting") == ["B", "A"]
    assert codes(site="elsewhere") == codes(state="stored") == codes(batch=10**30) == []


@pytest.mark.parametrize(
    "query", [{"reason": "nonsense"}, {"state": "odd"}, {"since": "soon"}, {"batch": "x"}]
)
def test_a_filter_that_means_nothing_is_refused(gateway: APIClient, query: Any) -> None:
    assert_problem(gateway.get(f"{QUARANTINE}?{urlencode(query)}"), 400, "invalid")


def test_the_summary_counts_what_waits(gateway: APIClient, site: Site) -> None:
    for day, code in ((1, "A"), (2, "A"), (1, "B")):
        make_quarantined(site, sensor_code=code, quarantined_at=NOON + timedelta(days=day))
    make_quarantined(make_site())
    make_stored(site, reading("SETTLED", 1))
    make_sensor(site=site, code="SETTLED")

    rows = results(gateway, f"{QUARANTINE}/summary")

    assert [(row["sensor_id"], row["count"]) for row in rows] == [
        ("A", 2),
        ("B", 1),
        ("SETTLED", 1),
    ]
    assert rows[0] == {
        "site": site.code,
        "reason": "unknown_sensor",
        "sensor_id": "A",
        "count": 2,
        "first_at": "2026-06-02T12:00:00Z",
        "last_at": "2026-06-03T12:00:00Z",
    }


@pytest.mark.parametrize("by", ["ids", "filter"])
def test_a_replay_is_worked_off_after_the_answer(
    curator: APIClient, site: Site, by: str, django_capture_on_commit_callbacks: Any
) -> None:
    batch = make_stored(site, reading("T9", 1), reading("T8", 1))
    make_sensor(site=site, code="T9")
    ids = [row.pk for row in QuarantinedReading.objects.filter(sensor_code="T9")]
    body = {"ids": ids} if by == "ids" else {"filter": {"sensor": "T9"}}

    with django_capture_on_commit_callbacks(execute=True):
        answer = post(curator, f"{QUARANTINE}/replay", body | {"note": "registered"})

    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["matched"]) == ("running", 1)
    progress = curator.get(answer.headers["Location"]).json()
    assert (progress["state"], progress["done"], progress["stored"]) == ("finished", 1, 1)
    assert progress["asked_by"].startswith("Curator")
    assert progress["note"] == "registered"
    receipt = curator.get(f"/api/v1/batches/{batch.pk}").json()
    assert [receipt[n] for n in ("accepted", "stored", "quarantined")] == [2, 1, 1]


def test_a_discard_says_who_and_why(
    curator: APIClient, site: Site, django_capture_on_commit_callbacks: Any
) -> None:
    make_stored(site, reading("T9", 1))
    asked = {"filter": {}, "note": "test bench"}

    with django_capture_on_commit_callbacks(execute=True):
        answer = post(curator, f"{QUARANTINE}/discard", asked)

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/discards/{answer.json()['id']}"
    (row,) = results(curator, QUARANTINE, state="discarded")
    assert row["settled_by"] == answer.json()["id"]
    assert curator.get(answer.headers["Location"]).json()["note"] == "test bench"
    assert curator.get(f"/api/v1/replays/{answer.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "non_field_errors", "ids_or_filter"),
        ({"ids": [1], "filter": {}}, "non_field_errors", "ids_or_filter"),
        ({"ids": []}, "ids", "empty"),
        ({"ids": [0]}, "ids.0", "min_value"),
        ({"ids": [10**30]}, "ids.0", "max_value"),
        ({"ids": "all"}, "ids", "not_a_list"),
        ({"filter": {"sensors": "T9"}}, "filter.sensors", "unknown_field"),
        ({"filter": {"sensor_prefix": ""}}, "filter.sensor_prefix", "unknown_field"),
        ({"filter": {"reason": "odd"}}, "filter.reason", "invalid_choice"),
        ({"filter": {"since": "soon"}}, "filter.since", "invalid"),
        ({"filter": {"since": "0001-01-01T00:00:00+23:59"}}, "filter.since", "overflow"),
        ({"filter": {"sensor": "a\x00"}}, "filter.sensor", "null_characters_not_allowed"),
        ({"filter": []}, "filter.non_field_errors", "invalid"),
        ({"filter": {}, "note": "x" * 501}, "note", "max_length"),
        ([], "non_field_errors", "invalid"),
    ],
)
def test_a_choice_that_is_not_clear_replays_nothing(
    curator: APIClient, site: Site, body: Any, field: str, code: str
) -> None:
    make_quarantined(site)

    answer = post(curator, f"{QUARANTINE}/replay", body)

    assert_problem(answer, 400, "invalid")
    assert (field, code) in {(e["field"], e["code"]) for e in answer.json()["errors"]}
    assert Curation.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"filter": {"site": "\\ud800"}}',
        b'{"filter": {"\\ud800": 1}}',
        b'{"ids": [NaN]}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_json_is_a_problem(curator: APIClient, body: bytes) -> None:
    answer = curator.post(f"{QUARANTINE}/replay", body, content_type="application/json")

    assert_problem(answer, 400, "unparseable")


def test_a_discard_asks_for_a_reason(curator: APIClient, site: Site) -> None:
    make_quarantined(site)

    for note in ({}, {"note": " "}):
        assert_problem(
            post(curator, f"{QUARANTINE}/discard", {"filter": {}} | note), 400, "invalid"
        )


def test_where_nothing_waits_nothing_is_replayed(curator: APIClient) -> None:
    elsewhere = make_quarantined(make_site())

    choices: list[dict[str, Any]] = [{"filter": {}}, {"ids": [elsewhere.pk]}]
    for chosen in choices:
        assert_problem(post(curator, f"{QUARANTINE}/replay", chosen), 409, "nothing_waiting")


def test_an_engineer_curates_at_the_own_site_and_only_looks_at_others(site: Site) -> None:
    other = make_site()
    engineer = make_member(site, role=Role.ENGINEER)
    Membership.objects.create(user=engineer, site=other, role=Role.VIEWER)
    mine, theirs = make_quarantined(site), make_quarantined(other)
    conflict = make_conflict(make_sensor(site=other))
    client = APIClient()
    client.force_login(engineer)

    assert {row["id"] for row in results(client, QUARANTINE)} == {mine.pk, theirs.pk}
    only_theirs = post(client, f"{QUARANTINE}/replay", {"ids": [theirs.pk]})
    assert_problem(only_theirs, 409, "nothing_waiting")
    answer = post(client, f"{QUARANTINE}/discard", {"filter": {}, "note": "x"}).json()
    assert (answer["matched"], answer["asked_by"]) == (1, engineer.username)
    refused = post(client, f"{CONFLICTS}/{conflict.pk}/resolve", {"choice": "keep_stored"})
    assert_problem(refused, 404, "not_found")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.PLANNER])
def test_other_roles_do_not_curate(site: Site, role: Role) -> None:
    client = APIClient()
    client.force_login(make_member(site, role=role))

    for path in (f"{QUARANTINE}/replay", f"{QUARANTINE}/discard", f"{CONFLICTS}/resolve"):
        assert_problem(post(client, path, {}), 403, "permission_denied")


def test_a_session_needs_a_token_against_forgery(site: Site) -> None:
    make_quarantined(site)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(make_user(is_superuser=True))

    assert_problem(post(client, f"{QUARANTINE}/replay", {"filter": {}}), 403, "permission_denied")
    assert Curation.objects.count() == 0
