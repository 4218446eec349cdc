"""What each role sees and may do in the admin, model by model."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import RequestFactory

from config.admin_access import RIGHT_FOR_MODEL
from sensors.access import Role
from sensors.models import Membership
from tests.factories import make_member, make_site, make_user
from tests.test_admin_lists import ROWS

pytestmark = pytest.mark.django_db

ADMINS = {model._meta.label: page for model, page in admin.site._registry.items()}
NO_ROWS = ("TOTAL_FORMS", "INITIAL_FORMS")
VERBS = {"v": "view", "a": "add", "c": "change", "d": "delete"}

# viewer, technician, planner, engineer: v(iew), a(dd), c(hange), d(elete) of rows of the own
# site. Evidence is changed by acts alone, so its pages are only looked at.
ROLES = (Role.VIEWER, Role.TECHNICIAN, Role.PLANNER, Role.ENGINEER)
LOOK, NOBODY = ("v", "v", "v", "v"), ("", "", "", "")
PLANNERS, ENGINEERS = ("v", "v", "vac", "v"), ("v", "v", "v", "vac")
MAY: dict[str, tuple[str, str, str, str]] = {
    "auth.Group": NOBODY,
    "auth.User": NOBODY,
    "agents.PipelineRun": LOOK,
    "mlops.Backtest": ("v", "v", "v", "va"),
    "mlops.ModelVersion": LOOK,
    "sensors.ApiKey": NOBODY,
    "sensors.Asset": ENGINEERS,
    "sensors.AssetType": LOOK,
    "sensors.Bearing": LOOK,
    "sensors.Bridge": ("v", "v", "v", "vd"),
    "sensors.Curation": LOOK,
    "sensors.LineMapping": ("v", "v", "v", "vacd"),
    "sensors.Membership": NOBODY,
    "sensors.QuarantinedReading": LOOK,
    "sensors.ReadingBatch": LOOK,
    "sensors.ReadingConflict": LOOK,
    "sensors.Sensor": ENGINEERS,
    "sensors.SeverityPreset": LOOK,
    "sensors.Site": LOOK,
    "maintenance.Anomaly": LOOK,
    "maintenance.Booking": LOOK,
    "maintenance.CalendarFeed": ("", "", "vac", ""),
    "maintenance.Channel": ("", "", "vac", ""),
    "maintenance.ChecklistTemplate": PLANNERS,
    "maintenance.CostAssumption": PLANNERS,
    "maintenance.DecisionPolicy": PLANNERS,
    "maintenance.Escalation": LOOK,
    "maintenance.EscalationPolicy": ("", "", "vac", ""),
    "maintenance.FailureCode": PLANNERS,
    "maintenance.Holiday": ("v", "v", "vacd", "v"),
    "maintenance.Life": ENGINEERS,
    "maintenance.MaintenanceWindow": PLANNERS,
    "maintenance.Notification": LOOK,
    "maintenance.NotificationRule": ("", "", "vac", ""),
    "maintenance.Plan": PLANNERS,
    "maintenance.Preference": ("vac", "vac", "vac", "vac"),
    "maintenance.Report": ("va", "va", "va", "va"),
    "maintenance.SitePlan": LOOK,
    "maintenance.Skill": LOOK,
    "maintenance.Technician": PLANNERS,
    "maintenance.WorkOrder": ("v", "vac", "vac", "vac"),
    "maintenance.WorkingCalendar": PLANNERS,
}


def request_of(person: Any) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(pk=person.pk)
    return request


def may(page: Any, person: Any) -> str:
    request = request_of(person)
    return "".join(
        letter
        for letter, verb in VERBS.items()
        if getattr(page, f"has_{verb}_permission")(request)
    )


def test_every_page_stands_in_the_table() -> None:
    assert set(MAY) == set(ADMINS)


@pytest.mark.parametrize("place", range(4), ids=ROLES)
def test_a_role_may_what_the_table_says(place: int) -> None:
    person = make_member(make_site(), role=ROLES[place])

    found = {label: may(page, person) for label, page in ADMINS.items()}

    assert found == {label: letters[place] for label, letters in MAY.items()}


def test_who_has_no_role_may_nothing() -> None:
    person = make_user(is_staff=True)

    assert {label for label, page in ADMINS.items() if may(page, person)} == set()


def test_whoever_is_not_active_may_nothing() -> None:
    person = make_member(make_site(), role="planner", is_active=False)

    assert not User.objects.get(pk=person.pk).has_perm("maintenance.view_workorder")


def test_only_models_that_there_are_stand_in_the_list_of_rights() -> None:
    known = {model._meta.label_lower for model in apps.get_models()}

    assert set(RIGHT_FOR_MODEL) <= known


def test_every_table_on_a_page_stands_in_the_list_of_rights() -> None:
    inlines = {
        inline.model._meta.label_lower
        for label, page in ADMINS.items()
        if not label.startswith("auth.")
        for inline in page.inlines
    }

    assert inlines <= set(RIGHT_FOR_MODEL)


@pytest.mark.parametrize("by", ["hand", "group"])
def test_permissions_given_by_hand_count_on_top(by: str) -> None:
    person = make_member(make_site(), role="viewer")
    given = Permission.objects.get(codename="change_membership")
    if by == "hand":
        person.user_permissions.add(given)
    else:
        group = Group.objects.create(name="Office")
        group.permissions.add(given)
        person.groups.add(group)

    assert may(ADMINS["sensors.Membership"], person) == "vc"
    assert may(ADMINS["sensors.Asset"], person) == "v"


@pytest.mark.parametrize(
    ("label", "role"),
    [("sensors.Asset", "engineer"), ("maintenance.Plan", "planner"), ("sensors.Site", "")],
)
def test_a_role_at_one_site_changes_nothing_at_another(label: str, role: str) -> None:
    here, there = make_site(), make_site()
    page = ADMINS[label]
    mine, theirs = ROWS[page.model](here), ROWS[page.model](there)
    person = make_member(here, role=role or "engineer")
    Membership.objects.create(user=person, site=there, role="viewer")
    request = request_of(person)

    assert page.has_change_permission(request, mine) == bool(role)
    assert not page.has_change_permission(request, theirs)
    assert page.has_view_permission(request, theirs)


def test_a_row_is_not_added_at_a_site_of_others(client: Any) -> None:
    here, there = make_site(), make_site()
    person = make_member(here, role="engineer")
    Membership.objects.create(user=person, site=there, role="viewer")
    client.force_login(person)
    form: dict[str, object] = {"tag": "P-9", "name": "Pump", "criticality": "2"}
    form |= {f"{part}-{name}": 0 for part in ("sensors", "lives") for name in NO_ROWS}

    refused = client.post("/admin/sensors/asset/add/", form | {"site": there.pk})
    added = client.post("/admin/sensors/asset/add/", form | {"site": here.pk})

    assert (refused.status_code, added.status_code) == (403, 302)
    assert not there.assets.exists()
    assert here.assets.exists()


@pytest.mark.parametrize("everywhere", [True, False])
def test_what_sites_share_is_changed_by_who_plans_for_all_of_them(everywhere: bool) -> None:
    here, there = make_site(), make_site()
    person = make_member(here, role="planner")
    Membership.objects.create(user=person, site=there, role="planner" if everywhere else "viewer")
    page = ADMINS["maintenance.ChecklistTemplate"]
    template = ROWS[page.model](here)
    template.asset_type = None

    assert page.has_change_permission(request_of(person), template) == everywhere
