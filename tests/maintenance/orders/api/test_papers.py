"""Comments and the checklist of an order."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import ChecklistTemplate, WorkOrder
from sensors.models import AssetType
from tests.maintenance.orders.api.asking import URL, faults, post, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(db: None) -> ChecklistTemplate:
    made = ChecklistTemplate.objects.create(name="Round")
    made.points.create(position=1, words="Look at the seal", on_fail="create_work_order")
    made.points.create(position=2, words="Listen", is_mandatory=False)
    return made


def fill(client: APIClient, order: WorkOrder, position: int, **said: Any) -> Any:
    return client.patch(f"{URL}/{order.pk}/checklist/{position}", said, format="json")


def test_people_say_things_also_of_what_is_closed(hands: APIClient, order: WorkOrder) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="closed")

    said = post(hands, order, "comments", {"words": "It has held for a year"})

    assert said.status_code == 201
    assert said.json()["author"].startswith("Erika")
    assert hands.get(f"{URL}/{order.pk}/comments").json()["results"] == [said.json()]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, ("words", "required")),
        ({"words": " "}, ("words", "blank")),
        ({"words": "x" * 4_001}, ("words", "max_length")),
        ({"words": "x", "author": "somebody else"}, ("author", "unknown_field")),
    ],
)
def test_what_is_no_comment_is_a_problem(
    hands: APIClient, order: WorkOrder, body: Any, fault: tuple[str, str]
) -> None:
    assert fault in faults(post(hands, order, "comments", body))


def test_a_checklist_is_taken_and_filled_in(
    hands: APIClient, order: WorkOrder, template: ChecklistTemplate
) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")

    taken = post(hands, order, "checklist", {"template": template.pk})
    point = fill(hands, order, 2, result="ok", note="All quiet").json()

    assert taken.status_code == 201
    assert [one["words"] for one in taken.json()["results"]] == ["Look at the seal", "Listen"]
    assert (point["result"], point["note"]) == ("ok", "All quiet")
    assert point["done_by"].startswith("Erika")
    assert hands.get(f"{URL}/{order.pk}/checklist").json()["results"][1] == point


def test_a_point_that_fails_makes_one_order(
    hands: APIClient, order: WorkOrder, template: ChecklistTemplate
) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")
    post(hands, order, "checklist", {"template": template.pk})

    failed = fill(hands, order, 1, result="failed", note="Drips").json()
    again = fill(hands, order, 1, result="failed").json()

    made = hands.get(f"{URL}/{failed['follow_up']['id']}").json()
    assert (made["state"], made["origin"]) == ("proposed", "corrective")
    assert "Drips" in made["description"]
    assert again["follow_up"] == failed["follow_up"]
    assert WorkOrder.objects.count() == 2


def test_a_point_may_be_taken_back(
    hands: APIClient, order: WorkOrder, template: ChecklistTemplate
) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(state="in_progress")
    post(hands, order, "checklist", {"template": template.pk})
    fill(hands, order, 2, result="ok")

    point = fill(hands, order, 2, result="").json()

    assert (point["result"], point["done_by"], point["done_at"]) == ("", "", None)


def test_what_does_not_fit_is_refused(
    hands: APIClient, order: WorkOrder, template: ChecklistTemplate
) -> None:
    fan = AssetType.objects.create(code="fan", name="Fan")
    of_fans = ChecklistTemplate.objects.create(name="Fans", asset_type=fan)
    post(hands, order, "checklist", {"template": template.pk})

    refused = {
        "fans": post(hands, order, "checklist", {"template": of_fans.pk}),
        "none": post(hands, order, "checklist", {"template": 2**62}),
        "early": fill(hands, order, 1, result="ok"),
    }

    assert {name: refusal(answer) for name, answer in refused.items()} == {
        "fans": (409, "wrong_type"),
        "none": (400, "unknown_checklist"),
        "early": (409, "not_at_work"),
    }
    assert fill(hands, order, 9, result="ok").status_code == 404
    assert ("result", "invalid_choice") in faults(fill(hands, order, 1, result="perhaps"))
    assert ("note", "max_length") in faults(fill(hands, order, 1, result="ok", note="x" * 501))


def test_who_only_reads_fills_in_nothing(
    gateway: APIClient, order: WorkOrder, template: ChecklistTemplate
) -> None:
    answer = post(gateway, order, "checklist", {"template": template.pk})

    assert refusal(answer) == (403, "permission_denied")
    assert refusal(fill(gateway, order, 1, result="ok")) == (403, "permission_denied")
