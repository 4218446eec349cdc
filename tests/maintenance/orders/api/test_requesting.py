"""Asking for work, and changing what was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import FailureCode, WorkOrder
from maintenance.orders.standard_codes import lay_down_for_pumps
from sensors.models import Site
from tests.factories import make_asset, make_key, make_site, make_user
from tests.maintenance.orders.api.asking import (
    FOUND,
    URL,
    client_of,
    faults,
    order_in,
    patch,
    refusal,
)
from tests.maintenance.scheduling.crews import skill_named

pytestmark = pytest.mark.django_db

ASKED = {"asset": "P-7", "title": "It leaks"}


@pytest.fixture(autouse=True)
def pump(site: Site) -> Any:
    return make_asset(site=site, tag="P-7")


def ask(client: APIClient, **fields: Any) -> Any:
    return client.post(URL, ASKED | fields, format="json")


def test_work_is_asked_for_and_found_at_its_address(hands: APIClient) -> None:
    skill_named("seals")
    said = {
        "origin": "corrective",
        "priority": "P2",
        "due_at": "2026-06-03T06:00:00Z",
        "planned_duration_seconds": 5_400,
        "skills": [{"skill": "seals", "level": 3}],
        "description": "Water below the shaft",
        "recommendation": "Take the spare seal along",
    }

    answer = ask(hands, **said)

    assert answer.status_code == 201
    assert hands.get(answer.headers["Location"]).json() == answer.json()
    assert answer.json() | said | {"title": "It leaks"} == answer.json()
    assert (answer.json()["state"], answer.json()["asset"]) == ("proposed", "P-7")
    assert answer.json()["requested_by"].startswith("Erika")
    assert [row["number"] for row in hands.get(URL, {"mine": "true"}).json()["results"]] == [
        answer.json()["number"]
    ]


def test_what_is_left_out_is_as_usual(hands: APIClient) -> None:
    asked = ask(hands).json()

    assert (asked["origin"], asked["priority"]) == ("request", "P3")
    assert asked["due_at"] > "2026-06-01T12:00:00Z"
    assert asked["planned_duration_seconds"] == 3_600


def test_a_tag_at_two_sites_is_told_apart_by_the_site(site: Site) -> None:
    other = make_site()
    make_asset(site=other, tag="P-7")
    user = APIClient()
    person = make_user()
    for where in (site, other):
        where.memberships.create(user=person, role="technician")
    user.force_login(person)

    assert refusal(ask(user)) == (400, "ambiguous_asset")
    assert ask(user, site=other.code).json()["site"] == other.code


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"asset": "P-8"}, ("asset", "unknown_asset")),
        ({"asset": None}, ("asset", "null")),
        ({"title": " "}, ("title", "blank")),
        ({"title": "x" * 201}, ("title", "max_length")),
        ({"title": "a\x00b"}, ("title", "null_characters_not_allowed")),
        ({"origin": "predictive"}, ("origin", "invalid_choice")),
        ({"priority": "P5"}, ("priority", "invalid_choice")),
        ({"due_at": "soon"}, ("due_at", "invalid")),
        ({"due_at": "0001-01-01T00:00:00+23:00"}, ("due_at", "overflow")),
        ({"planned_duration_seconds": 0}, ("planned_duration_seconds", "min_value")),
        ({"planned_duration_seconds": 10**12}, ("planned_duration_seconds", "max_value")),
        ({"skills": [{"skill": "x", "level": 9}]}, ("skills.0.level", "max_value")),
        ({"skills": [{"skill": "a\x00"}]}, ("skills.0.skill", "null_characters_not_allowed")),
        ({"skills": [{"skill": "x"}] * 51}, ("skills", "max_length")),
        ({"state": "approved"}, ("state", "unknown_field")),
        ({"description": "x" * 10_001}, ("description", "max_length")),
    ],
)
def test_what_cannot_be_asked_for_is_a_problem(
    hands: APIClient, fields: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert fault in faults(ask(hands, **fields))
    assert not WorkOrder.objects.exists()


def test_a_skill_that_nobody_knows_is_named(hands: APIClient) -> None:
    answer = ask(hands, skills=[{"skill": "ghosts"}])

    assert refusal(answer) == (409, "unknown_skill")
    assert answer.json()["unknown"] == ["ghosts"]


def test_who_only_reads_asks_for_nothing(gateway: APIClient, site: Site) -> None:
    assert refusal(ask(gateway)) == (403, "permission_denied")


def test_an_asset_of_another_site_is_not_there(site: Site) -> None:
    stranger = client_of(make_site(), can_work=True)

    assert ("asset", "unknown_asset") in faults(ask(stranger))


def test_texts_and_plans_are_changed_while_it_is_proposed(
    planner: APIClient, order: WorkOrder
) -> None:
    answer = patch(planner, order, title="It leaks more", priority="P1", skills=[])

    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["priority"]) == ("It leaks more", "P1")


def test_what_is_planned_takes_the_right_to_plan(hands: APIClient, order: WorkOrder) -> None:
    assert patch(hands, order, description="Also hot").status_code == 200
    assert refusal(patch(hands, order, priority="P1")) == (403, "permission_denied")


def test_what_was_found_is_put_down_while_the_work_goes_on(
    hands: APIClient, order: WorkOrder
) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")

    told = patch(hands, order, **FOUND).json()
    emptied = patch(hands, order, failure_cause=None).json()

    assert told["failure_mode"] == {"code": "VIB", "name": "Vibration"}
    assert told["resolution"] == FOUND["resolution"]
    assert (emptied["failure_cause"], emptied["remedy"]["code"]) == (None, "REPLACE")


def test_a_code_of_another_aspect_is_unknown(hands: APIClient, order: WorkOrder) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")

    answer = patch(hands, order, failure_mode="WEAR")

    assert refusal(answer) == (400, "unknown_code")
    assert answer.json()["field"] == "failure_mode"


def test_a_code_of_the_type_goes_before_that_of_all_types(
    hands: APIClient, order: WorkOrder
) -> None:
    lay_down_for_pumps()
    other = order_in("in_progress", asset=make_asset(site=order.asset.site))
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")
    FailureCode.objects.filter(code="VIB", asset_type=order.asset.type).update(name="Shaking")

    of_pump = patch(hands, order, failure_mode="VIB").json()["failure_mode"]["name"]
    of_other = patch(hands, other, failure_mode="VIB").json()["failure_mode"]["name"]

    assert (of_pump, of_other) == ("Shaking", "Vibration")
    assert refusal(patch(hands, other, failure_mode="ELP")) == (400, "unknown_code")


def test_a_closed_order_stays_as_it_is(planner: APIClient, order: WorkOrder) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="closed")

    answer = patch(planner, order, title="Else")

    assert refusal(answer) == (409, "not_changeable")
    assert (answer.json()["fields"], answer.json()["allowed"]) == (["title"], [])


def test_a_change_of_what_is_no_field_is_refused(planner: APIClient, order: WorkOrder) -> None:
    assert ("state", "unknown_field") in faults(patch(planner, order, state="closed"))


def test_a_key_of_another_site_neither_sees_nor_changes(order: WorkOrder) -> None:
    _, secret = make_key(can_work=True, can_plan=True)
    stranger = APIClient(headers={"X-API-Key": secret})

    assert patch(stranger, order, title="Mine").status_code == 404
