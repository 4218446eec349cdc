"""The admin's pages of orders as a browser sends to them, and the rows they take."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from maintenance.models import ChecklistTemplate, FailureCode, TemplatePoint, WorkOrder
from sensors.models import Site
from tests.factories import make_member

ORDERS = "admin:maintenance_workorder_changelist"


def logged_in(client: Client, site: Site, role: str) -> Any:
    person = make_member(site, role=role)
    client.force_login(person)
    return person


def page_of(client: Client, order: WorkOrder) -> Any:
    return client.get(reverse("admin:maintenance_workorder_change", args=[order.pk]))


def asked(client: Client, order: WorkOrder, name: str) -> Any:
    """The page of an act."""
    return client.get(reverse("admin:maintenance_workorder_act", args=[order.pk, name]))


def do(client: Client, order: WorkOrder, name: str, /, **said: Any) -> Any:
    """Press the button of an act, with what was filled in; the page that is shown then."""
    url = reverse("admin:maintenance_workorder_act", args=[order.pk, name])
    return client.post(url, said, follow=True)


def do_to_all(client: Client, name: str, *orders: WorkOrder, **said: Any) -> Any:
    """Choose an action over the list."""
    selected = {"action": name, "index": 0, "_selected_action": [order.pk for order in orders]}
    return client.post(reverse(ORDERS), selected | said, follow=True)


def offered_on(answer: Any) -> list[str]:
    return [name for name, _, _ in answer.context["moves"]]


def words_of(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def make_code(aspect: str, code: str, **fields: Any) -> FailureCode:
    """One of the codes; those that come with the migrations are there already."""
    name = {"name": code.title()} | fields
    return FailureCode.objects.get_or_create(aspect=aspect, code=code, defaults=name)[0]


def make_template(*points: str, name: str = "Round", **fields: Any) -> ChecklistTemplate:
    template = ChecklistTemplate.objects.create(name=name, **fields)
    TemplatePoint.objects.bulk_create(
        TemplatePoint(template=template, position=number, words=words)
        for number, words in enumerate(points, 1)
    )
    return template
