"""Failure codes, checklists and decision policies: all see them, planners keep them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import ChecklistTemplate, DecisionPolicy, FailureCode, WorkOrder
from maintenance.orders.standard_codes import lay_down_for_pumps
from sensors.models import AssetType, Site
from tests.factories import make_asset, make_site
from tests.maintenance.orders.api.asking import client_of, faults, refusal
from tests.maintenance.scheduling.crews import skill_named

pytestmark = pytest.mark.django_db

CODES = "/api/v1/failure-codes"
TEMPLATES = "/api/v1/checklist-templates"
POLICIES = "/api/v1/decision-policies"
PUMP = "centrifugal-pump"
NEW: dict[str, dict[str, Any]] = {
    CODES: {"aspect": "mode", "code": "CAV", "name": "Cavitation", "sensor_kinds": ["acoustic"]},
    TEMPLATES: {"name": "Round", "points": [{"words": "Look"}, {"words": "Listen"}]},
    POLICIES: {"mode": "auto_approve", "min_credibility": 0.95, "min_severity": "critical"},
}


def send(client: APIClient, url: str, **fields: Any) -> Any:
    return client.post(url, NEW[url] | fields, format="json")


def change(client: APIClient, answer: Any, **fields: Any) -> Any:
    return client.patch(answer.headers["Location"], fields, format="json")


@pytest.mark.parametrize("url", NEW)
def test_what_a_planner_keeps_is_seen_by_all(
    planner: APIClient, gateway: APIClient, url: str
) -> None:
    made = send(planner, url)

    assert made.status_code == 201, made.json()
    assert gateway.get(made.headers["Location"]).json() == made.json()
    assert made.json() in gateway.get(url).json()["results"]
    assert refusal(send(gateway, url)) == (403, "permission_denied")
    assert refusal(change(gateway, made)) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("url", "code"), [(CODES, "code_taken"), (TEMPLATES, "name_taken"), (POLICIES, "type_taken")]
)
def test_there_is_one_of_each(planner: APIClient, order: WorkOrder, url: str, code: str) -> None:
    for kind in (None, PUMP):
        send(planner, url, asset_type=kind, **{"name": kind or "All"} if url != POLICIES else {})
        again = send(
            planner, url, asset_type=kind, **{"name": kind or "All"} if url != POLICIES else {}
        )
        assert refusal(again) == (409, code)


@pytest.mark.parametrize("url", NEW)
def test_what_other_sites_go_by_is_not_for_the_planner_of_one(
    planner: APIClient, order: WorkOrder, url: str
) -> None:
    """`order` is on a pump of the planner's own site."""
    own = send(planner, url, asset_type=PUMP)
    make_asset(site=make_site(), type=AssetType.objects.get(code=PUMP))
    said = {"mode": "suggest"} if url == POLICIES else {"name": "Else"}

    assert own.status_code == 201
    assert refusal(change(planner, own, **said)) == (403, "shared_with_other_sites")
    assert refusal(send(planner, url)) == (403, "shared_with_other_sites")


def test_codes_are_asked_for_by_asset_type_and_aspect(
    gateway: APIClient, order: WorkOrder, site: Site
) -> None:
    lay_down_for_pumps()
    make_asset(site=site, tag="F-1")

    def found(**query: str) -> set[str]:
        rows = gateway.get(CODES, query | {"limit": "1000"}).json()["results"]
        return {row["code"] for row in rows}

    pumps_own = found(asset_type=PUMP, aspect="mode")
    assert "ELP" in pumps_own and "OHE" in pumps_own and "BRD" not in pumps_own
    assert {"ELP", "BRD"} <= found(asset="P-101", aspect="mode")
    assert "ELP" not in found(asset="F-1", site=site.code, aspect="mode")
    assert found(code="WEAR") == {"WEAR"}
    assert "WEAR" not in found(aspect="remedy")


def test_a_code_that_is_retired_may_not_be_chosen_any_more(
    planner: APIClient, order: WorkOrder
) -> None:
    made = send(planner, CODES)
    retired = change(planner, made, is_active=False)

    assert retired.json()["is_active"] is False
    assert planner.get(CODES, {"asset": "P-101", "code": "CAV"}).json()["results"] == []
    assert len(planner.get(CODES, {"active": "false"}).json()["results"]) == 1


def test_what_a_code_is_stays(planner: APIClient) -> None:
    made = send(planner, CODES)

    for name in ("code", "aspect", "asset_type"):
        assert (name, "unknown_field") in faults(change(planner, made, **{name: "X"}))


def test_points_are_put_in_place_of_others_and_orders_keep_theirs(
    planner: APIClient, order: WorkOrder
) -> None:
    made = send(planner, TEMPLATES)
    where = f"/api/v1/work-orders/{order.pk}/checklist"
    planner.post(where, {"template": made.json()["id"]}, format="json")

    changed = change(planner, made, points=[{"words": "Smell", "on_fail": "create_work_order"}])

    assert changed.json()["points"] == [
        {"position": 1, "words": "Smell", "is_mandatory": True, "on_fail": "create_work_order"}
    ]
    kept = planner.get(where).json()["results"]
    assert [point["words"] for point in kept] == ["Look", "Listen"]


def test_a_policy_is_changed_in_all_its_parts(planner: APIClient, order: WorkOrder) -> None:
    skill_named("seals")
    send(planner, TEMPLATES)
    said = {
        "mode": "draft_work_order",
        "min_severity": "high",
        "min_credibility": 0.8,
        "planned_duration_seconds": 7_200,
        "checklist": "Round",
        "skills": [{"skill": "seals", "level": 3}],
    }

    changed = change(planner, send(planner, POLICIES, asset_type=PUMP), **said)

    assert changed.json() == {"id": changed.json()["id"], "asset_type": PUMP} | said
    policy = DecisionPolicy.objects.for_asset(order.asset)
    assert (policy.mode, policy.min_severity) == ("draft_work_order", 3)


@pytest.mark.parametrize(
    ("url", "said", "fault"),
    [
        (CODES, {"aspect": "luck"}, ("aspect", "invalid_choice")),
        (CODES, {"code": "A B"}, ("code", "invalid")),
        (CODES, {"code": "ELEVENCHARS"}, ("code", "max_length")),
        (CODES, {"name": ""}, ("name", "blank")),
        (CODES, {"asset_type": "ship"}, ("asset_type", "does_not_exist")),
        (CODES, {"asset_type": "a\x00"}, ("asset_type", "does_not_exist")),
        (CODES, {"asset_type": 7}, ("asset_type", "invalid")),
        (CODES, {"sensor_kinds": ["taste"]}, ("sensor_kinds", "invalid")),
        (CODES, {"aspect": "cause"}, ("sensor_kinds", "invalid")),
        (CODES, {"sensor_kinds": ["flow"] * 21}, ("sensor_kinds", "max_length")),
        (CODES, {"colour": "red"}, ("colour", "unknown_field")),
        (TEMPLATES, {"points": []}, ("points", "empty")),
        (TEMPLATES, {"points": [{}] * 201}, ("points", "max_length")),
        (TEMPLATES, {"points": [{"words": "x" * 301}]}, ("points.0.words", "max_length")),
        (TEMPLATES, {"points": [{"on_fail": "cry"}]}, ("points.0.on_fail", "invalid_choice")),
        (POLICIES, {"mode": "hope"}, ("mode", "invalid_choice")),
        (POLICIES, {"min_credibility": 1.1}, ("min_credibility", "max_value")),
        (POLICIES, {"min_credibility": "nan"}, ("min_credibility", "invalid")),
        (POLICIES, {"min_severity": 3}, ("min_severity", "invalid_choice")),
        (POLICIES, {"checklist": "None"}, ("checklist", "does_not_exist")),
        (POLICIES, {"planned_duration_seconds": 1}, ("planned_duration_seconds", "min_value")),
    ],
)
def test_what_cannot_be_kept_is_a_problem(
    planner: APIClient, url: str, said: dict[str, Any], fault: tuple[str, str]
) -> None:
    before = (FailureCode.objects.count(), ChecklistTemplate.objects.count())

    assert fault in faults(send(planner, url, **said))
    assert (FailureCode.objects.count(), ChecklistTemplate.objects.count()) == before
    assert not DecisionPolicy.objects.exists()


def test_a_skill_of_a_policy_has_to_be_known(planner: APIClient) -> None:
    answer = send(planner, POLICIES, skills=[{"skill": "ghosts"}])

    assert refusal(answer) == (409, "unknown_skill")


@pytest.mark.parametrize("query", [{"site": "north"}, {"asset": "X-9"}, {"aspect": "luck"}])
def test_codes_are_not_asked_for_by_what_is_not_there(
    gateway: APIClient, query: dict[str, str]
) -> None:
    assert gateway.get(CODES, query).status_code in (400, 404)


def test_a_stranger_with_a_site_sees_no_asset_of_another(order: WorkOrder) -> None:
    stranger = client_of(make_site())

    assert refusal(stranger.get(CODES, {"asset": "P-101"})) == (404, "unknown_asset")
