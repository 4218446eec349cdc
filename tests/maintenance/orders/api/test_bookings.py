"""Hours, parts and standstill of an order."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import WorkOrder
from tests.factories import make_site
from tests.maintenance.orders.api.asking import URL, client_of, faults, order_in, post, refusal
from tests.maintenance.scheduling.crews import make_technician

pytestmark = pytest.mark.django_db

MORNING = {"started_at": "2026-06-01T08:00:00Z", "ended_at": "2026-06-01T10:30:00Z"}
OUTAGE = {"started_at": "2026-06-01T07:00:00Z", "reason": "failure"}


@pytest.fixture
def order(order: WorkOrder) -> WorkOrder:
    order.state = "in_progress"
    order.save()
    return order


def test_labour_is_booked_at_the_rate_of_the_technician(
    planner: APIClient, order: WorkOrder
) -> None:
    ada = make_technician(order.asset.site, "Ada", hourly_rate=40)

    booked = post(planner, order, "labour", MORNING | {"technician": ada.pk})

    assert booked.status_code == 201
    told = booked.json()
    assert (told["person"], told["technician_id"], told["hours"]) == ("Ada", ada.pk, 2.5)
    assert (told["hourly_rate"], told["cost"]) == ("40.00", "100.00")
    assert planner.get(f"{URL}/{order.pk}/labour").json()["results"] == [told]


def test_who_is_no_technician_is_booked_by_name(hands: APIClient, order: WorkOrder) -> None:
    body = MORNING | {"person": "Crane & Sons", "hourly_rate": "95.50"}

    booked = post(hands, order, "labour", body)

    assert booked.json()["person"] == "Crane & Sons"
    assert order.labour.get().hourly_rate == 95.5


def test_nobody_works_at_two_places_at_once(hands: APIClient, order: WorkOrder) -> None:
    ada = make_technician(order.asset.site)
    other = order_in("in_progress", asset=order.asset)
    post(hands, order, "labour", MORNING | {"technician": ada.pk})

    answer = post(hands, other, "labour", MORNING | {"technician": ada.pk})

    assert refusal(answer) == (409, "labour_overlaps")


def test_a_technician_of_another_site_is_unknown(hands: APIClient, order: WorkOrder) -> None:
    stranger = make_technician(make_site())

    answer = post(hands, order, "labour", MORNING | {"technician": stranger.pk})

    assert refusal(answer) == (409, "unknown_technician")


def test_parts_are_booked_with_what_they_cost(hands: APIClient, order: WorkOrder) -> None:
    booked = post(
        hands, order, "parts", {"name": "Bearing 6312", "quantity": "2", "unit_cost": 12.5}
    )
    plain = post(hands, order, "parts", {"name": "Grease"})

    assert (booked.status_code, booked.json()["cost"]) == (201, "25.00")
    assert plain.json()["quantity"] == "1.000"
    names = [row["name"] for row in hands.get(f"{URL}/{order.pk}/parts").json()["results"]]
    assert names == ["Grease", "Bearing 6312"]


def test_downtime_begins_and_is_ended_once(hands: APIClient, order: WorkOrder) -> None:
    begun = post(hands, order, "downtime", OUTAGE)
    where = begun.headers["Location"]
    end = {"ended_at": "2026-06-01T11:00:00Z"}

    ended = hands.patch(where, end, format="json")
    again = hands.patch(where, end, format="json")

    assert (begun.status_code, begun.json()["ended_at"]) == (201, None)
    assert ended.json() == hands.get(where).json()
    assert ended.json()["ended_at"] == end["ended_at"]
    assert refusal(again) == (409, "has_ended")


def test_downtime_of_an_asset_does_not_overlap(hands: APIClient, order: WorkOrder) -> None:
    post(hands, order, "downtime", OUTAGE)

    answer = post(hands, order, "downtime", OUTAGE | {"is_planned": True})

    assert refusal(answer) == (409, "downtime_overlaps")


def test_downtime_of_another_order_is_not_there(hands: APIClient, order: WorkOrder) -> None:
    row = post(hands, order, "downtime", OUTAGE).json()["id"]
    other = order_in("in_progress", asset=order.asset)

    for method in (hands.get, hands.patch):
        assert method(f"{URL}/{other.pk}/downtime/{row}").status_code == 404


@pytest.mark.parametrize(
    ("rows", "said", "code"),
    [
        ("labour", MORNING, "no_person"),
        ("labour", MORNING | {"person": "A", "ended_at": "2026-06-01T07:00Z"}, "impossible_time"),
        ("labour", MORNING | {"person": "A", "ended_at": "2026-06-02T07:00Z"}, "impossible_time"),
        (
            "labour",
            MORNING | {"person": "A", "started_at": "0001-01-01T00:00Z"},
            "impossible_time",
        ),
        ("downtime", OUTAGE | {"started_at": "9999-12-31T23:59:59Z"}, "impossible_time"),
    ],
)
def test_what_cannot_have_been_is_refused(
    hands: APIClient, order: WorkOrder, rows: str, said: dict[str, Any], code: str
) -> None:
    assert refusal(post(hands, order, rows, said)) == (409, code)


@pytest.mark.parametrize(
    ("rows", "said", "fault"),
    [
        ("labour", {}, ("started_at", "required")),
        ("labour", MORNING | {"hourly_rate": -1}, ("hourly_rate", "min_value")),
        ("labour", MORNING | {"hourly_rate": "NaN"}, ("hourly_rate", "invalid")),
        ("labour", MORNING | {"hourly_rate": "1e9"}, ("hourly_rate", "max_digits")),
        ("labour", MORNING | {"technician": 2**63}, ("technician", "max_value")),
        ("labour", MORNING | {"person": "x" * 101}, ("person", "max_length")),
        ("labour", MORNING | {"cost": 1}, ("cost", "unknown_field")),
        ("parts", {"name": ""}, ("name", "blank")),
        ("parts", {"name": "x", "quantity": 0}, ("quantity", "min_value")),
        ("parts", {"name": "x", "quantity": "0.0001"}, ("quantity", "max_decimal_places")),
        ("parts", {"name": "x", "unit_cost": -1}, ("unit_cost", "min_value")),
        ("parts", {"name": "x", "number": "y" * 61}, ("number", "max_length")),
        ("downtime", {"reason": "failure"}, ("started_at", "required")),
        ("downtime", OUTAGE | {"reason": "lunch"}, ("reason", "invalid_choice")),
        ("downtime", OUTAGE | {"note": "x" * 501}, ("note", "max_length")),
        ("downtime", OUTAGE | {"asset": "P-9"}, ("asset", "unknown_field")),
    ],
)
def test_what_is_no_booking_is_a_problem(
    hands: APIClient, order: WorkOrder, rows: str, said: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert fault in faults(post(hands, order, rows, said))


@pytest.mark.parametrize(
    ("rows", "said"),
    [("labour", MORNING | {"person": "A"}), ("parts", {"name": "x"}), ("downtime", OUTAGE)],
)
def test_nothing_is_booked_on_what_is_over_or_by_who_only_reads(
    gateway: APIClient, hands: APIClient, order: WorkOrder, rows: str, said: dict[str, Any]
) -> None:
    assert refusal(post(gateway, order, rows, said)) == (403, "permission_denied")
    WorkOrder.objects.filter(pk=order.pk).update(state="closed")
    answer = post(hands, order, rows, said)
    assert refusal(answer) == (409, "not_at_work")
    assert "in_progress" in answer.json()["allowed"]


def test_who_works_elsewhere_and_only_reads_here_books_nothing(order: WorkOrder) -> None:
    elsewhere = client_of(make_site(), can_work=True)

    assert post(elsewhere, order, "parts", {"name": "x"}).status_code == 404
