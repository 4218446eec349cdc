"""Acting on anomalies over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from maintenance.models import Anomaly
from sensors.models import Site
from tests.factories import (
    NOON,
    make_anomaly,
    make_key,
    make_member,
    make_sensor,
    make_site,
    make_work_order,
)
from tests.maintenance.anomalies.recorded import record

pytestmark = pytest.mark.django_db

URL = "/api/v1/anomalies"
UNTIL = (NOON + timedelta(days=1)).isoformat()
BODIES: dict[str, dict[str, Any]] = {
    "ack": {},
    "unack": {},
    "clear": {"reason": "Over"},
    "assign": {"to": None},
    "shelve": {"until": UNTIL, "reason": "Known"},
    "unshelve": {},
    "verdict": {"verdict": "confirmed"},
    "merge": {"into": 1},
    "create-work-order": {},
}


@pytest.fixture
def hands(site: Site) -> APIClient:
    """A client with a key of `site` that may handle anomalies."""
    _, secret = make_key(site=site, name="Hands", can_work=True)
    return APIClient(headers={"X-API-Key": secret})


@pytest.fixture
def anomaly(site: Site) -> Anomaly:
    return record(make_sensor(site=site), [2.5])


def post(client: APIClient, anomaly: Anomaly, act: str, body: Any = None) -> Any:
    with time_machine.travel(NOON, tick=False):
        return client.post(f"{URL}/{anomaly.pk}/{act}", body or {}, format="json")


def test_a_whole_life_is_led_over_the_api(hands: APIClient, anomaly: Anomaly) -> None:
    acked = post(hands, anomaly, "ack", {"note": "On my way"})
    shelved = post(hands, anomaly, "shelve", BODIES["shelve"])
    freed = post(hands, anomaly, "unshelve")
    judged = post(hands, anomaly, "verdict", {"verdict": "confirmed", "note": "Bearing"})
    cleared = post(hands, anomaly, "clear", {"reason": "Replaced"})

    assert acked.json()["status"] == "ACTIVE_ACK"
    assert shelved.json()["suppression"] == "shelved"
    assert freed.json()["suppression"] == ""
    assert (judged.json()["verdict"], judged.json()["verdict_note"]) == ("confirmed", "Bearing")
    assert cleared.json()["status"] == "CLEARED_ACK"
    assert [row["act"] for row in cleared.json()["log"]] == [
        "acknowledged",
        "shelved",
        "unshelved",
        "unsuppressed",
        "verdict",
        "cleared",
    ]
    assert {row["by"][:5] for row in cleared.json()["log"]} == {"Hands", ""}


def test_an_acknowledgement_is_taken_back(hands: APIClient, anomaly: Anomaly) -> None:
    post(hands, anomaly, "ack")

    assert post(hands, anomaly, "unack").json()["status"] == "ACTIVE_UNACK"


def test_it_is_given_to_a_person_by_name(hands: APIClient, anomaly: Anomaly) -> None:
    technician = make_member(anomaly.asset.site, role="technician", username="otto")

    answer = post(hands, anomaly, "assign", {"to": "otto"})

    assert answer.json()["assigned_to"] == technician.username
    for name in ("nobody-of-this-name", make_member(make_site()).username):
        refused = post(hands, anomaly, "assign", {"to": name})
        assert (refused.status_code, refused.json()["code"]) == (400, "cannot_work_here")


def test_one_is_merged_into_another_of_the_asset(hands: APIClient, anomaly: Anomaly) -> None:
    other = record(make_sensor(asset=anomaly.asset), [2.5])

    answer = post(hands, anomaly, "merge", {"into": other.pk})
    again = post(hands, anomaly, "ack")

    assert (answer.json()["merged_into"], answer.json()["verdict"]) == (other.pk, "duplicate")
    assert (again.status_code, again.json()["code"]) == (409, "merged")
    assert again.json()["merged_into"] == other.pk


def test_what_may_not_be_seen_cannot_be_merged_into(hands: APIClient, anomaly: Anomaly) -> None:
    elsewhere = make_anomaly()

    answer = post(hands, anomaly, "merge", {"into": elsewhere.pk})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_anomaly")


def test_an_order_is_asked_for_once(hands: APIClient, anomaly: Anomaly) -> None:
    answer = post(hands, anomaly, "create-work-order", {"note": "It smells"})
    again = post(hands, anomaly, "create-work-order")

    number = answer.json()["number"]
    assert (answer.status_code, answer.json()["state"]) == (201, "proposed")
    assert hands.get(answer.headers["Location"]).json()["number"] == number
    assert (again.status_code, again.json()["code"]) == (409, "has_open_order")
    assert again.json()["work_order"] == number


@pytest.mark.parametrize("act", BODIES)
def test_it_takes_the_right_at_the_very_site(act: str, gateway: APIClient, site: Site) -> None:
    anomaly = make_anomaly(make_sensor(site=site))
    planner = make_member(make_site(), role="planner")
    member = APIClient()
    member.force_login(planner)

    assert post(gateway, anomaly, act, BODIES[act]).status_code == 403
    assert post(member, anomaly, act, BODIES[act]).status_code in (403, 404)
    assert not anomaly.log.exists()


def test_one_who_works_at_another_site_and_sees_this_is_refused(site: Site) -> None:
    anomaly = make_anomaly(make_sensor(site=site))
    person = make_member(make_site(), role="technician")
    person.memberships.create(site=site, role="viewer")
    client = APIClient()
    client.force_login(person)

    answer = post(client, anomaly, "ack")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("ack", {"reason": "a field that it has not"}),
        ("ack", {"note": "x" * 501}),
        ("ack", {"note": "\x00"}),
        ("ack", []),
        ("clear", {}),
        ("clear", {"reason": " "}),
        ("assign", {}),
        ("assign", {"to": {"a": 1}}),
        ("shelve", {"reason": "Known"}),
        ("shelve", {"until": UNTIL}),
        ("shelve", {"until": "tomorrow", "reason": "Known"}),
        ("shelve", {"until": (NOON + timedelta(days=8)).isoformat(), "reason": "Known"}),
        ("shelve", {"until": (NOON - timedelta(days=1)).isoformat(), "reason": "Known"}),
        ("verdict", {"verdict": "maybe"}),
        ("verdict", {}),
        ("merge", {"into": 0}),
        ("merge", {"into": 2**63}),
        ("merge", {"into": "1; drop"}),
        ("create-work-order", {"title": "x"}),
    ],
)
def test_what_cannot_be_so_is_a_problem(
    act: str, body: Any, hands: APIClient, anomaly: Anomaly
) -> None:
    answer = hands.post(f"{URL}/{anomaly.pk}/{act}", body, format="json")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"]
    assert not anomaly.log.exists()


@pytest.mark.parametrize("pk", ["0", "99999999", "9" * 30, "abc"])
def test_one_that_is_not_there_is_not_found(pk: str, hands: APIClient) -> None:
    assert hands.post(f"{URL}/{pk}/ack", {}, format="json").status_code == 404


def test_anomalies_are_found_by_what_was_done_about_them(gateway: APIClient, site: Site) -> None:
    otto = make_member(site, username="otto")
    plain = make_anomaly(make_sensor(site=site))
    done = make_anomaly(
        make_sensor(site=site),
        acknowledged_at=NOON,
        ended_at=NOON,
        verdict="confirmed",
        suppression="window",
        assigned_to=otto,
        work_order=make_work_order(),
    )

    def found(**query: str) -> list[int]:
        return [row["id"] for row in gateway.get(URL, query).json()["results"]]

    assert found(status="CLEARED_ACK") == found(verdict="confirmed") == [done.pk]
    assert found(suppression="window") == found(assigned="otto") == [done.pk]
    assert found(status="ACTIVE_UNACK") == found(verdict="none") == [plain.pk]
    assert found(suppression="none") == found(assigned="nobody") == [plain.pk]


@pytest.mark.parametrize(
    "query", [{"status": "open"}, {"suppression": "yes"}, {"verdict": ""}, {"assigned": "\x00"}]
)
def test_an_odd_filter_is_a_problem_or_says_nothing(query: Any, gateway: APIClient) -> None:
    answer = gateway.get(URL, query)

    assert answer.status_code == (200 if query == {"verdict": ""} else 400)


def test_a_list_costs_the_same_for_many(
    gateway: APIClient, site: Site, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_anomaly(make_sensor(site=site), assigned_to=make_member(site))

    with django_assert_max_num_queries(4):
        assert len(gateway.get(URL).json()["results"]) == 12


def test_one_shows_its_credibility_and_why(gateway: APIClient, anomaly: Anomaly) -> None:
    body = gateway.get(f"{URL}/{anomaly.pk}").json()

    assert 0 < body["credibility"] < 1
    assert [row["rule"] for row in body["credibility_rules"]] == ["detector", "history"]
    assert body["log"] == []
