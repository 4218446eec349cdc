"""Escalation policies over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import Escalation, EscalationPolicy, EscalationStep
from maintenance.notifying.escalating import take_steps
from sensors.models import Site
from tests.factories import make_asset, make_member, make_site
from tests.maintenance.notifying.making import (
    codes,
    escalated,
    make_channel,
    make_policy,
    make_step,
    open_at,
    patch,
    post,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

POLICIES = "/api/v1/escalation-policies"


def body_of(site: Site, **fields: Any) -> dict[str, Any]:
    steps = [{"after_minutes": 5, "to_roles": ["planner"]}]
    return {"site": site.code, "name": "Nights", "steps": steps} | fields


def test_a_planner_sets_up_a_policy_and_changes_it(site: Site, planner: APIClient) -> None:
    channel = make_channel(site)
    make_asset(site=site, tag="P-1")
    nobody = {"to_users": [], "to_roles": [], "to_assignee": False, "to_channels": []}
    steps = [
        {"after_minutes": 5, **nobody, "to_assignee": True},
        {"after_minutes": 30, **nobody, "to_users": ["erika"], "to_channels": [channel.pk]},
    ]
    about = {"asset": "P-1", "least_severity": "high", "watches": "orders"}

    answer = post(planner, POLICIES, body_of(site, **about, steps=steps[::-1]))

    assert answer.status_code == 201
    kept = EscalationPolicy.objects.get()
    expected = body_of(site, **about, steps=steps, id=kept.pk, is_active=True)
    assert answer.json() == expected
    where = answer.headers["Location"]
    assert planner.get(where).json() == expected
    assert planner.get(POLICIES).json()["results"] == [expected]
    one = [steps[0] | {"after_minutes": 10}]
    assert patch(planner, where, {"steps": one}).json() == expected | {"steps": one}
    changed = patch(planner, where, {"is_active": False, "asset": None})
    assert changed.json() == expected | {"steps": one, "is_active": False, "asset": None}


STEP = {"after_minutes": 5}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"steps": []}, ("steps", "empty")),
        ({"steps": None}, ("steps", "null")),
        ({"steps": "now"}, ("steps", "not_a_list")),
        ({"steps": [5]}, ("steps.0.non_field_errors", "invalid")),
        ({"steps": [{}]}, ("steps.0.after_minutes", "required")),
        ({"steps": [{"after_minutes": -1}]}, ("steps.0.after_minutes", "min_value")),
        ({"steps": [{"after_minutes": 10_081}]}, ("steps.0.after_minutes", "max_value")),
        ({"steps": [STEP, STEP]}, ("steps", "same_minute")),
        ({"steps": [{"after_minutes": n} for n in range(21)]}, ("steps", "max_length")),
        ({"steps": [STEP | {"to_users": ["far"]}]}, ("steps.0.to_users", "unknown_person")),
        ({"steps": [STEP | {"to": ["erika"]}]}, ("steps.0.to", "unknown_field")),
        ({"watches": "clouds"}, ("watches", "invalid_choice")),
        ({"asset": "NOWHERE"}, ("asset", "unknown_asset")),
        ({"name": "a\x00b"}, ("name", "null_characters_not_allowed")),
        ({"site": "nowhere"}, ("site", "unknown_site")),
    ],
)
def test_a_policy_has_to_be_right_when_made_and_when_changed(
    fields: dict[str, Any], found: tuple[str, str], site: Site, planner: APIClient
) -> None:
    make_member(make_site(), username="far")
    kept = make_policy(site)
    make_step(kept, 7)

    assert found in codes(post(planner, POLICIES, body_of(site) | fields))
    assert found in codes(patch(planner, f"{POLICIES}/{kept.pk}", fields))
    assert [step.after_minutes for step in EscalationStep.objects.all()] == [7]


def test_what_makes_a_new_policy_has_to_be_said(site: Site, planner: APIClient) -> None:
    required = {("site", "required"), ("name", "required"), ("steps", "required")}

    assert codes(post(planner, POLICIES, {})) == required


def test_steps_name_members_and_channels_of_their_site(
    site: Site, administrator: APIClient
) -> None:
    elsewhere = make_site()
    make_member(elsewhere, username="far")
    person = body_of(site, steps=[STEP | {"to_users": ["far"]}])
    channel = body_of(site, steps=[STEP | {"to_channels": [make_channel(elsewhere).pk]}])

    assert codes(post(administrator, POLICIES, person)) == {("steps", "not_a_member")}
    assert codes(post(administrator, POLICIES, channel)) == {("steps", "another_site")}
    assert not EscalationPolicy.objects.exists()


def test_a_policy_does_not_move_to_where_its_people_are_not(
    site: Site, administrator: APIClient
) -> None:
    body = body_of(site, steps=[STEP | {"to_users": [make_member(site).username]}])
    where = post(administrator, POLICIES, body).headers["Location"]

    moved = patch(administrator, where, {"site": make_site().code})

    assert codes(moved) == {("steps", "not_a_member")}
    assert EscalationPolicy.objects.get().site == site


def test_what_is_of_all_sites_is_for_administrators_and_of_others_not_there(
    site: Site, planner: APIClient, administrator: APIClient
) -> None:
    everywhere = body_of(site) | {"site": None}
    foreign = f"{POLICIES}/{make_policy(make_site()).pk}"

    assert post(planner, POLICIES, everywhere).json()["code"] == "administrators_only"
    made = post(administrator, POLICIES, everywhere)
    assert made.status_code == 201
    refused = patch(planner, made.headers["Location"], {"is_active": False})
    assert refused.json()["code"] == "administrators_only"
    assert planner.get(made.headers["Location"]).status_code == 200
    assert planner.get(foreign).status_code == patch(planner, foreign, {}).status_code == 404


def test_what_runs_goes_on_with_the_steps_that_are_new(
    site: Site, planner: APIClient, policy: EscalationPolicy, clock: Any
) -> None:
    open_at(site)
    clock.shift(timedelta(minutes=5))
    take_steps()
    to = [make_channel(site, address=f"{name}@here.org").pk for name in ("early", "late")]
    steps = [{"after_minutes": m, "to_channels": [pk]} for m, pk in zip((4, 12), to, strict=True)]

    patch(planner, f"{POLICIES}/{policy.pk}", {"steps": steps})
    clock.shift(timedelta(minutes=10))
    take_steps()

    assert escalated() == ["first@here.org", "late@here.org"]
    assert Escalation.objects.get().next_step_at is None
