"""What the API says of the dates of a plan, and the orders that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from maintenance.models import Occurrence
from sensors.models import Asset
from tests.factories import (
    NOON,
)
from tests.maintenance.plans.asking import CALENDAR, DAY, URL, body, client_of, codes, patch, post
from tests.maintenance.plans.builders import generated, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False):
        yield


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
