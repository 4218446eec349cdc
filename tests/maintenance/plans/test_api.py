"""Plans over the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from maintenance.models import (
    ChecklistTemplate,
    MeterTrigger,
    Occurrence,
    Plan,
    Skill,
    WorkOrder,
)
from sensors.models import Asset, Site
from tests.factories import (
    NOON,
    make_asset,
    make_history,
    make_key,
    make_member,
    make_sensor,
    make_site,
)
from tests.maintenance.plans.builders import WEEKLY, generated, make_plan

pytestmark = pytest.mark.django_db

URL = "/api/v1/plans"
DAY = timedelta(days=1)
CALENDAR = {"rule": WEEKLY, "first_on": "2026-06-08", "at": "06:00"}


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def asset() -> Asset:
    return make_asset(site=make_site(time_zone="Europe/Berlin"), tag="P-101")


def client_of(site: Site, **rights: bool) -> APIClient:
    _, secret = make_key(site=site, name="Planner", **rights)
    return APIClient(headers={"X-API-Key": secret})


@pytest.fixture
def planner(asset: Asset) -> APIClient:
    return client_of(asset.site, can_plan=True)


def body(**fields: Any) -> dict[str, Any]:
    return {"asset": "P-101", "title": "Grease", "calendars": [CALENDAR]} | fields


def post(client: APIClient, sent: Any, url: str = URL) -> Any:
    return client.post(url, sent, format="json")


def patch(client: APIClient, plan: Any, **fields: Any) -> Any:
    return client.patch(f"{URL}/{plan['id']}", fields, format="json")


def codes(answer: Any) -> set[tuple[str, str]]:
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


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


def test_an_order_is_made_when_asked_for_and_refused_while_one_is_open(
    asset: Asset, planner: APIClient
) -> None:
    plan = post(planner, body()).json()
    url = f"{URL}/{plan['id']}/generate"

    made, again = planner.post(url), planner.post(url)

    assert made.status_code == 201
    assert (made.json()["state"], made.json()["origin"]) == ("approved", "preventive")
    assert planner.get(made.headers["Location"]).status_code == 200
    assert again.status_code == 409
    assert (again.json()["code"], again.json()["order"]) == ("order_open", made.json()["number"])
    assert planner.get(f"{URL}/{plan['id']}").json()["open_order"] == made.json()["number"]
    assert codes(post(planner, {"now": True}, url)) == {("now", "unknown_field")}
    patch(planner, plan, is_active=False)
    assert planner.post(url).json()["code"] == "plan_stopped"


def test_the_preview_tells_the_dates_and_those_left_out(asset: Asset, planner: APIClient) -> None:
    season = {"first_month": 6, "first_day": 10, "last_month": 6, "last_day": 20}
    plan = post(planner, body(quiet_seasons=[season], in_season="skip")).json()

    told = planner.get(f"{URL}/{plan['id']}/preview?months=1").json()

    assert [(d["falls_at"][:10], d["due_at"] and d["due_at"][:10]) for d in told["dates"]] == [
        ("2026-06-08", "2026-06-08"),
        ("2026-06-15", None),
        ("2026-06-22", "2026-06-22"),
        ("2026-06-29", "2026-06-29"),
    ]
    assert (told["until"], told["is_estimate"]) == ("2026-07-01T12:00:00Z", False)


def test_the_preview_is_of_a_year_and_bounded(asset: Asset, planner: APIClient) -> None:
    hours = ",".join(str(hour) for hour in range(24))
    often = post(planner, body(calendars=[CALENDAR | {"rule": f"FREQ=DAILY;BYHOUR={hours}"}]))

    told = planner.get(f"{URL}/{often.json()['id']}/preview").json()

    assert told["until"] == "2027-06-01T12:00:00Z"
    assert (len(told["dates"]), told["is_cut"]) == (400, True)


@pytest.mark.parametrize("months", ["0", "25", "x", "-1"])
def test_the_preview_looks_no_further_than_two_years(
    asset: Asset, planner: APIClient, months: str
) -> None:
    plan = post(planner, body()).json()

    assert planner.get(f"{URL}/{plan['id']}/preview?months={months}").status_code == 400


def test_the_preview_expects_what_is_counted_from_the_completion() -> None:
    plan = make_plan("FREQ=MONTHLY", anchor="completion")
    client = client_of(plan.asset.site)
    generated(plan.next_due_at or NOON)

    told = client.get(f"{URL}/{plan.pk}/preview?months=3").json()

    assert [date["due_at"][:10] for date in told["dates"]] == ["2026-07-08", "2026-08-08"]
    assert told["is_estimate"]


def test_what_became_of_dates_is_listed() -> None:
    plan = make_plan("FREQ=DAILY")
    client = client_of(plan.asset.site)
    [order] = generated(NOON + 9 * DAY)

    page = client.get(f"{URL}/{plan.pk}/occurrences?limit=2").json()

    assert [one["state"] for one in page["results"]] == ["generated", "missed"]
    assert {one["order"] for one in page["results"]} == {order.number}
    assert page["next"]
    assert Occurrence.objects.count() == 3


def test_who_may_only_read_or_work_changes_nothing(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body()).json()
    worker = client_of(asset.site, can_work=True, can_curate=True)

    assert post(worker, body(title="Other")).status_code == 403
    assert patch(worker, plan, title="Other").status_code == 403
    assert worker.post(f"{URL}/{plan['id']}/generate").status_code == 403
    assert worker.get(f"{URL}/{plan['id']}/preview").status_code == 200


def test_rights_at_one_site_change_nothing_at_another(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body()).json()
    member = make_member(asset.site, role="technician")
    make_site().memberships.create(user=member, role="planner")
    client = APIClient()
    client.force_login(member)

    for answer in (
        post(client, body(title="Other")),
        patch(client, plan, title="Other"),
        client.post(f"{URL}/{plan['id']}/generate"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_plans_of_other_sites_are_not_there(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body()).json()
    other = client_of(make_site(), can_plan=True)

    assert codes(post(other, body())) == {("asset", "unknown_asset")}
    assert other.get(URL).json()["results"] == []
    for path in ("", "/preview", "/occurrences"):
        assert other.get(f"{URL}/{plan['id']}{path}").status_code == 404
    assert other.post(f"{URL}/{plan['id']}/generate").status_code == 404
    assert patch(other, plan, title="Mine").status_code == 404


def test_plans_are_found_by_asset_site_and_state(asset: Asset, planner: APIClient) -> None:
    plan = post(planner, body(is_active=False)).json()

    def found(query: str) -> int:
        return len(planner.get(f"{URL}?{query}").json()["results"])

    assert plan["is_active"] is False
    assert found("asset=P-101") == found(f"site={asset.site.code}") == found("active=false") == 1
    assert found("asset=P-102") == found("site=x") == found("active=true") == 0


def test_the_queries_of_a_list_do_not_grow(
    asset: Asset, planner: APIClient, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        post(planner, body(title=f"Plan {number}"))

    with django_assert_max_num_queries(8):
        assert len(planner.get(URL).json()["results"]) == 5
