"""Plans in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from maintenance.models import Plan, PlanPart, WorkOrder
from sensors.models import Asset
from tests.factories import NOON, make_asset, make_member, make_sensor
from tests.maintenance.plans.builders import WEEKLY, generated, local, make_meter, make_plan

pytestmark = pytest.mark.django_db

ADD = reverse("admin:maintenance_plan_add")
LIST = reverse("admin:maintenance_plan_changelist")
PERMISSIONS = [f"maintenance.{verb}_plan" for verb in ("view", "add", "change")] + [
    f"maintenance.{verb}_{model}"
    for verb in ("view", "add", "change", "delete")
    for model in ("calendartrigger", "metertrigger", "quietseason", "planskill", "planpart")
]


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def planner(client: Client, asset: Asset) -> Client:
    client.force_login(make_member(asset.site, *PERMISSIONS, username="petra"))
    return client


def page_of(row: Model) -> str:
    return reverse(f"admin:maintenance_{row._meta.model_name}_change", args=[row.pk])


def form(client: Client, page: str, **fields: Any) -> dict[str, Any]:
    """What a browser sends of a page: what stands there, and what was changed."""
    found = client.get(page).context
    sent: dict[str, Any] = {}
    forms = [found["adminform"].form]
    for table in found["inline_admin_formsets"]:
        forms += [table.formset.management_form, *table.formset.initial_forms]
    for one in forms:
        for field in one:
            widget = field.field.widget
            value = widget.format_value(field.value()) if hasattr(widget, "format_value") else ""
            value = value[0] if isinstance(value, list) and value else value
            sent[field.html_name] = "on" if field.value() is True else value or ""
    if shown := getattr(found["adminform"].form, "shown", ""):
        sent["shown"] = shown
    return sent | fields


NEW = {
    "title": "Grease",
    "planned_duration": "01:30:00",
    "lead_time": "0",
    "is_active": "on",
    "calendars-TOTAL_FORMS": 1,
    "calendars-0-rule": WEEKLY,
    "calendars-0-first_on": "2026-06-08",
    "calendars-0-at": "06:00",
}


def errors_of(answer: Any) -> str:
    """What the page says is wrong, empty if it was taken."""
    if answer.status_code != 200:
        return ""
    context = answer.context
    tables = [table.formset for table in context["inline_admin_formsets"]]
    return str([context["errors"], *(table.errors for table in tables)])


def test_a_planner_makes_a_plan(planner: Client, asset: Asset) -> None:
    sensor = make_sensor(asset=asset)
    meter = {
        "meters-TOTAL_FORMS": 1,
        "meters-0-sensor": sensor.pk,
        "meters-0-measure": "running_hours",
        "meters-0-level": 10,
        "meters-0-every": 500,
        "meters-0-amount": 0,
    }

    answer = planner.post(ADD, form(planner, ADD, **NEW, **meter, asset=asset.pk))

    assert answer.status_code == 302, errors_of(answer)
    plan = Plan.objects.get()
    assert (plan.next_due_at, plan.planned_by) == (local("2026-06-08T06:00"), "petra")
    assert plan.meters.get().counted_until == NOON


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"calendars-0-rule": "FREQ=HOURLY"}, "falls daily at most"),
        ({"calendars-0-rule": "FREQ=DAILY;COUNT=5", "anchor": "completion"}, "INTERVAL only"),
        (
            {
                "quiet_seasons-TOTAL_FORMS": 1,
                "quiet_seasons-0-first_month": 1,
                "quiet_seasons-0-first_day": 1,
                "quiet_seasons-0-last_month": 12,
                "quiet_seasons-0-last_day": 31,
            },
            "leave no day",
        ),
        ({"time_zone": "Berlin"}, "not a time zone"),
        ({"time_zone": "../etc"}, "not a time zone"),
        ({"calendars-0-first_on": "", "asset": ""}, "required"),
        ({"asset": ""}, "required"),
    ],
)
def test_what_the_api_refuses_is_refused_here(
    planner: Client, asset: Asset, change: dict[str, Any], words: str
) -> None:
    answer = planner.post(ADD, form(planner, ADD, **{"asset": asset.pk} | NEW | change))

    assert words in errors_of(answer)
    assert not Plan.objects.exists()


def test_a_sensor_of_another_site_is_refused(admin_client: Client, asset: Asset) -> None:
    meter = {
        "meters-TOTAL_FORMS": 1,
        "meters-0-sensor": make_sensor().pk,
        "meters-0-measure": "counter",
        "meters-0-every": 500,
        "meters-0-amount": 0,
    }

    answer = admin_client.post(ADD, form(admin_client, ADD, **NEW, **meter, asset=asset.pk))

    assert "at another site" in errors_of(answer)


def test_a_changed_rule_lays_the_dates_anew(planner: Client, asset: Asset) -> None:
    plan = make_plan(WEEKLY, asset=asset)
    make_meter(plan, make_sensor(asset=asset), amount=1.5)
    page = page_of(plan)

    answer = planner.post(page, form(planner, page, **{"calendars-0-at": "18:00"}))

    assert answer.status_code == 302, errors_of(answer)
    plan.refresh_from_db()
    assert plan.next_due_at == local("2026-06-08T18:00")
    assert plan.meters.get().amount == 1.5
    assert plan.planned_by == "petra"


def test_another_title_leaves_the_dates_as_they_are(planner: Client, asset: Asset) -> None:
    plan = make_plan(WEEKLY, asset=asset)
    # Due, and not yet seen to.
    with time_machine.travel(local("2026-06-08T07:00"), tick=False):
        planner.force_login(make_member(asset.site, *PERMISSIONS))
        page = page_of(plan)
        planner.post(page, form(planner, page, title="Grease both ends"))

    plan.refresh_from_db()
    assert plan.title == "Grease both ends"
    assert plan.next_due_at == local("2026-06-08T06:00")


def test_the_button_makes_an_order_and_warns_while_one_is_open(
    planner: Client, asset: Asset
) -> None:
    plan = make_plan(WEEKLY, asset=asset)
    press = {"action": "generate", "index": 0, "_selected_action": plan.pk}
    assert planner.get(page_of(plan)).context["buttons"] == {"generate": "Generate now"}

    first = planner.post(LIST, press, follow=True)
    again = planner.post(LIST, press, follow=True)

    order = WorkOrder.objects.get()
    assert f"Generated {order.number}" in first.content.decode()
    assert f"has an open order: {order.number}" in again.content.decode()
    assert order.requested_by == "petra"


def test_who_only_works_there_sees_plans_and_changes_none(client: Client, asset: Asset) -> None:
    plan = make_plan(WEEKLY, asset=asset)
    client.force_login(make_member(asset.site, *PERMISSIONS, role="technician"))
    press = {"action": "generate", "index": 0, "_selected_action": plan.pk}

    answer = client.post(LIST, press, follow=True)

    assert "has not the right" in answer.content.decode()
    assert not WorkOrder.objects.exists()
    assert client.get(ADD).status_code == 403
    assert client.post(page_of(plan), {}).status_code == 403
    assert client.get(page_of(plan)).status_code == 200


def test_a_planner_makes_plans_at_no_other_site(planner: Client, asset: Asset) -> None:
    other = make_asset()

    answer = planner.post(ADD, form(planner, ADD, **NEW, asset=other.pk))

    assert "not one of the available choices" in errors_of(answer)
    assert planner.get(page_of(make_plan(asset=other))).status_code == 302


def test_a_planner_who_works_at_another_site_makes_none_there(
    client: Client, asset: Asset
) -> None:
    member = make_member(asset.site, *PERMISSIONS)
    elsewhere = make_asset()
    elsewhere.site.memberships.create(user=member, role="technician")
    client.force_login(member)

    answer = client.post(ADD, form(client, ADD, **NEW, asset=elsewhere.pk))

    assert "not one of the available choices" in errors_of(answer)


def test_the_page_shows_the_year_ahead_and_what_became_of_dates(
    planner: Client, asset: Asset
) -> None:
    plan = make_plan("FREQ=MONTHLY", asset=asset, seasons=[(7, 1, 8, 31)])
    [order] = generated(local("2026-06-08T06:00"))

    text = planner.get(page_of(plan)).content.decode()

    year = text[text.index('id="year-ahead"') :]
    months = year[: year.index("</ol>")].split("<strong>")
    assert len(months) == 14
    assert "Tue 8" in next(part for part in months if part.startswith("Sep 2026"))
    assert "pill" not in next(part for part in months if part.startswith("Jul 2026"))
    assert "(2 dates)" in next(part for part in months if part.startswith("Sep 2026"))
    assert order.number in year
    assert "2026-06-08 06:00" in year


def test_an_order_shows_its_plan_and_the_parts_it_takes(admin_client: Client) -> None:
    plan = make_plan(WEEKLY)
    PlanPart.objects.create(plan=plan, name="Grease", number="LGMT 2", quantity=2)
    [order] = generated(local("2026-06-08T06:00"))

    text = admin_client.get(page_of(order)).content.decode()

    assert "LGMT 2" in text
    assert page_of(plan) in text
    assert "Made by the plan “Grease the bearings” of petra" in text


def test_the_list_shows_what_is_due_next(planner: Client, asset: Asset) -> None:
    later = make_plan(WEEKLY, asset=asset, first_on=local("2026-07-01").date(), title="Later")
    soon = make_plan(WEEKLY, asset=asset)

    assert list(planner.get(LIST).context["cl"].result_list) == [soon, later]
