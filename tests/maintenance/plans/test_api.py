"""Plans over the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from maintenance.models import (
    ChecklistTemplate,
    MeterTrigger,
    Plan,
    Skill,
    WorkOrder,
)
from sensors.models import Asset
from tests.factories import (
    NOON,
    make_history,
    make_sensor,
)
from tests.maintenance.plans.asking import CALENDAR, URL, body, codes, patch, post
from tests.maintenance.plans.builders import WEEKLY, generated

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False):
        yield


def test_a_plan_is_made_with_all_that_belongs_to_it(asset: Asset, planner: APIClient) -> None:
    sensor = make_sensor(asset=asset)
    ChecklistTemplate.objects.create(name="Bearings")
    Skill.objects.create(code="lub", name="Lubrication")
    season = {"first_month": 12, "first_day": 20, "last_month": 1, "last_day": 6}
    meter = {"sensor_id": sensor.code, "measure": "running_hours", "level": 10, "every": 500}
    sent = body(
        description="Both ends",
        priority="P2",
        planned_duration_seconds=5_400,
        lead_time_seconds=86_400,
        checklist="Bearings",
        calendars=[CALENDAR],
        meters=[meter | {"counted": 120}],
        quiet_seasons=[season],
        in_season="skip",
        required_skills=[{"skill": "lub", "level": 2}],
        parts=[{"name": "Grease", "quantity": "0.25", "unit_cost": "12.00"}],
    )

    answer = post(planner, sent)

    assert answer.status_code == 201, answer.json()
    told = answer.json()
    assert planner.get(answer.headers["Location"]).json() == told
    assert planner.get(URL).json()["results"] == [told]
    for name in ("title", "description", "priority", "planned_duration_seconds", "checklist"):
        assert told[name] == sent[name]
    assert told["next_due_at"] == "2026-06-08T04:00:00Z"
    assert told["time_zone"] == "Europe/Berlin"
    assert told["meters"][0]["counted"] == 120
    assert told["quiet_seasons"] == [season]
    assert told["required_skills"] == [{"skill": "lub", "level": 2}]
    assert told["parts"][0]["quantity"] == "0.250"
    assert told["planned_by"].startswith("Planner")
    assert told["open_order"] is None


LONG = "x" * 201


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"asset": "nothing"}, ("asset", "unknown_asset")),
        ({"asset": 5}, ("asset", "unknown_asset")),
        ({"title": ""}, ("title", "blank")),
        ({"title": "a\x00b"}, ("title", "null_characters_not_allowed")),
        ({"titel": "x"}, ("titel", "unknown_field")),
        ({"priority": "P9"}, ("priority", "invalid_choice")),
        ({"time_zone": "Berlin"}, ("time_zone", "invalid")),
        ({"planned_duration_seconds": 0}, ("planned_duration_seconds", "min_value")),
        ({"planned_duration_seconds": 10**30}, ("planned_duration_seconds", "max_value")),
        ({"lead_time_seconds": -1}, ("lead_time_seconds", "min_value")),
        ({"lead_time_seconds": "soon"}, ("lead_time_seconds", "invalid")),
        ({"lead_time_seconds": None}, ("lead_time_seconds", "null")),
        ({"checklist": "none"}, ("checklist", "does_not_exist")),
        ({"calendars": 5}, ("calendars", "not_a_list")),
        ({"calendars": [CALENDAR] * 11}, ("calendars", "max_length")),
        ({"calendars": [{}]}, ("calendars.0.rule", "required")),
        ({"calendars": [CALENDAR | {"rule": LONG}]}, ("calendars.0.rule", "max_length")),
        ({"calendars": [CALENDAR | {"rule": "FREQ=X"}]}, ("calendars.0.rule", "rule_unreadable")),
        (
            {"calendars": [CALENDAR, CALENDAR | {"rule": "FREQ=MINUTELY"}]},
            ("calendars.1.rule", "rule_too_frequent"),
        ),
        (
            {"calendars": [CALENDAR | {"first_on": "1990-01-01"}]},
            ("calendars.0.rule", "start_out_of_bounds"),
        ),
        (
            {"anchor": "completion", "calendars": [CALENDAR | {"rule": "FREQ=WEEKLY;BYDAY=MO"}]},
            ("calendars.0.rule", "rule_not_from_completion"),
        ),
        ({"calendars": [CALENDAR | {"at": "25:00"}]}, ("calendars.0.at", "invalid")),
        (
            {"meters": [{"sensor_id": "none", "measure": "counter", "every": 5}]},
            ("meters.0.sensor_id", "unknown_sensor"),
        ),
        (
            {"meters": [{"sensor_id": "S", "measure": "cycles", "every": 5}]},
            ("meters.0.__all__", "level_does_not_fit"),
        ),
        (
            {"meters": [{"sensor_id": "S", "measure": "counter", "level": 5, "every": 5}]},
            ("meters.0.__all__", "level_does_not_fit"),
        ),
        (
            {"meters": [{"sensor_id": "S", "measure": "counter", "every": 0}]},
            ("meters.0.every", "min_value"),
        ),
        (
            {"meters": [{"sensor_id": "S", "measure": "counter", "every": "Infinity"}]},
            ("meters.0.every", "invalid"),
        ),
        (
            {"meters": [{"sensor_id": "S", "measure": "counter", "every": "NaN"}]},
            ("meters.0.every", "invalid"),
        ),
        (
            {
                "quiet_seasons": [
                    {"first_month": 1, "first_day": 1, "last_month": 12, "last_day": 31}
                ]
            },
            ("quiet_seasons", "no_day_left"),
        ),
        ({"required_skills": [{"skill": "none"}]}, ("required_skills.0.skill", "does_not_exist")),
        ({"parts": [{"name": "Oil", "quantity": 0}]}, ("parts.0.quantity", "min_value")),
    ],
)
def test_what_cannot_be_is_told_with_its_field(
    asset: Asset, planner: APIClient, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    make_sensor(asset=asset, code="S")

    answer = post(planner, body(**change))

    assert answer.status_code == 400
    assert fault in codes(answer)
    assert not Plan.objects.exists()


@pytest.mark.parametrize("sent", [[], "x", 5, None, [[]]])
def test_a_body_that_is_no_plan_is_refused(asset: Asset, planner: APIClient, sent: Any) -> None:
    assert post(planner, sent).status_code == 400


def test_an_asset_has_one_plan_of_a_title(asset: Asset, planner: APIClient) -> None:
    post(planner, body())

    answer = post(planner, body())

    assert codes(answer) == {("__all__", "title_taken")}


def test_a_sensor_of_another_site_counts_for_no_plan(asset: Asset, planner: APIClient) -> None:
    make_sensor(code="S")
    meter = {"sensor_id": "S", "measure": "counter", "every": 5}

    assert codes(post(planner, body(meters=[meter]))) == {("meters.0.sensor_id", "unknown_sensor")}


def test_what_is_said_again_keeps_what_was_counted(asset: Asset, planner: APIClient) -> None:
    sensor = make_sensor(asset=asset, code="S")
    meter = {"sensor_id": "S", "measure": "counter", "level": None, "every": 50.0}
    plan = post(planner, body(meters=[meter])).json()
    MeterTrigger.objects.update(amount=20, total=20)
    make_history(sensor, [1.0])

    same = patch(planner, plan, meters=[meter, meter | {"every": 80}]).json()
    told = patch(planner, plan, meters=[meter | {"counted": 5}]).json()

    assert [one["counted"] for one in same["meters"]] == [20, 0]
    assert [one["counted"] for one in told["meters"]] == [5]


def test_a_changed_rule_lays_the_dates_anew(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body()).json()

    told = patch(planner, plan, calendars=[CALENDAR | {"at": "18:00"}]).json()
    zoned = patch(planner, plan, time_zone="UTC").json()

    assert told["next_due_at"] == "2026-06-08T16:00:00Z"
    assert zoned["next_due_at"] == "2026-06-08T18:00:00Z"
    assert Plan.objects.get().calendars.count() == 1


def test_a_date_that_was_seen_to_is_not_seen_to_twice(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body(lead_time_seconds=7 * 86_400)).json()
    [order] = generated(NOON)
    WorkOrder.objects.update(state="completed")

    told = patch(planner, plan, time_zone="Europe/Paris").json()

    assert order.due_at.isoformat() == "2026-06-08T04:00:00+00:00"
    assert told["next_due_at"] == "2026-06-15T04:00:00Z"


def test_rules_have_to_fit_when_the_anchor_is_changed(asset: Asset, planner: APIClient) -> None:
    monday = CALENDAR | {"rule": "FREQ=WEEKLY;BYDAY=MO"}
    plan = post(planner, body(calendars=[monday])).json()

    answer = patch(planner, plan, anchor="completion")

    assert codes(answer) == {("calendars.0.rule", "rule_not_from_completion")}
    assert Plan.objects.get().anchor == "fixed"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"asset": "P-101"}, ("asset", "unknown_field")),
        ({"calendars": [{"rule": WEEKLY}]}, ("calendars.0.at", "required")),
        ({"meters": [{"every": 5}]}, ("meters.0.sensor_id", "required")),
        ({"title": None}, ("title", "null")),
    ],
)
def test_a_change_is_as_strict(
    asset: Asset, planner: APIClient, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    plan = post(planner, body()).json()

    answer = patch(planner, plan, **change)

    assert answer.status_code == 400
    assert fault in codes(answer)
