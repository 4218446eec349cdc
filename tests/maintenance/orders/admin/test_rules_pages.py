"""Failure codes, checklists and decision policies: seen by all, kept by who plans for all."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from maintenance.models import ChecklistTemplate, DecisionPolicy, FailureCode, Skill
from sensors.models import AssetType
from tests.factories import make_asset, make_site
from tests.maintenance.orders.admin.pages import logged_in

pytestmark = pytest.mark.django_db

CODE = {"aspect": "mode", "code": "CRK", "name": "Crack", "is_active": "on"}


def add_page(name: str) -> str:
    return reverse(f"admin:maintenance_{name}_add")


def rows(prefix: str, *found: dict[str, Any]) -> dict[str, Any]:
    """The part of a form that is a table."""
    sent: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(found), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(found):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent


def test_a_planner_of_all_sites_keeps_a_code_with_its_sensors(client: Client) -> None:
    logged_in(client, make_site(), "planner")

    answer = client.post(add_page("failurecode"), CODE | {"sensor_kinds": ["vibration", "sensor"]})

    assert answer.status_code == 302
    assert FailureCode.objects.get(code="CRK").sensor_kinds == ["vibration", "sensor"]


def test_a_planner_of_one_of_two_sites_does_not(client: Client) -> None:
    logged_in(client, make_site(), "planner")
    make_site()

    answer = client.post(add_page("failurecode"), CODE)

    assert "does not plan for all sites" in answer.content.decode()
    assert not FailureCode.objects.filter(code="CRK").exists()


def test_a_type_of_asset_that_only_the_own_site_has_is_the_planners(client: Client) -> None:
    site, fan = make_site(), AssetType.objects.create(code="fan", name="Fan")
    make_site()
    make_asset(site=site, type=fan)
    logged_in(client, site, "planner")
    code = FailureCode.objects.create(aspect="mode", code="CRK", name="Crack", asset_type=fan)
    page = reverse("admin:maintenance_failurecode_change", args=[code.pk])

    client.post(page, CODE | {"asset_type": fan.pk, "name": "Cracked blade"})
    client.post(page, CODE | {"asset_type": "", "name": "Everywhere"})

    code.refresh_from_db()
    assert (code.name, code.asset_type) == ("Cracked blade", fan)


def test_a_technician_only_looks(client: Client) -> None:
    logged_in(client, make_site(), "technician")
    code = FailureCode.objects.earliest("pk")
    page = reverse("admin:maintenance_failurecode_change", args=[code.pk])

    assert client.get(page).status_code == 200
    assert client.post(page, CODE).status_code == 403
    assert client.get(add_page("failurecode")).status_code == 403


@pytest.mark.parametrize(
    "fault", [{"code": ""}, {"aspect": "guess"}, {"sensor_kinds": ["tea"]}], ids=str
)
def test_a_code_that_cannot_be_is_refused(fault: dict[str, Any], admin_client: Client) -> None:
    answer = admin_client.post(add_page("failurecode"), CODE | fault)

    assert set(answer.context["adminform"].form.errors) == set(fault)


def test_a_code_stands_once(admin_client: Client) -> None:
    admin_client.post(add_page("failurecode"), CODE)

    answer = admin_client.post(add_page("failurecode"), CODE)

    assert answer.status_code == 200
    assert FailureCode.objects.filter(code="CRK").count() == 1


def test_a_checklist_has_its_points(admin_client: Client) -> None:
    points = [
        {"position": n, "words": w, "on_fail": "nothing"} for n, w in ((1, "Oil"), (2, "Noise"))
    ]
    points[1] |= {"on_fail": "create_work_order", "is_mandatory": "on"}

    admin_client.post(add_page("checklisttemplate"), {"name": "Round"} | rows("points", *points))

    template = ChecklistTemplate.objects.get(name="Round")
    assert list(template.points.values_list("words", "is_mandatory", "on_fail")) == [
        ("Oil", False, "nothing"),
        ("Noise", True, "create_work_order"),
    ]


def test_a_policy_has_its_skills_and_is_one_for_each_type(admin_client: Client) -> None:
    skill = Skill.objects.create(code="vib", name="Vibration")
    form = {"mode": "auto_approve", "min_credibility": "0.8", "min_severity": "3"}
    form |= {"planned_duration": "02:00:00"} | rows("skills", {"skill": skill.pk, "level": 3})

    admin_client.post(add_page("decisionpolicy"), form)
    again = admin_client.post(add_page("decisionpolicy"), form)

    policy = DecisionPolicy.objects.get()
    assert (policy.mode, policy.skills.get().level) == ("auto_approve", 3)
    assert again.status_code == 200


def test_a_credibility_is_a_share(admin_client: Client) -> None:
    form = {"mode": "suggest", "min_credibility": "7", "min_severity": "3"}

    answer = admin_client.post(
        add_page("decisionpolicy"), form | {"planned_duration": "01:00:00"} | rows("skills")
    )

    assert "min_credibility" in answer.context["adminform"].form.errors
