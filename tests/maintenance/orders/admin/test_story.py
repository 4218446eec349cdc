"""The same story told through the functions and through the pages ends in the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from maintenance.decision import decide_undecided
from maintenance.models import (
    Anomaly,
    AnomalyLog,
    ChecklistPoint,
    ChecklistTemplate,
    Decision,
    Labour,
    PartUsed,
    WorkOrder,
    WorkOrderTransition,
)
from maintenance.orders.booking import book_labour, book_part
from maintenance.orders.checklists import fill_in, take_checklist
from maintenance.orders.completing import Completion
from maintenance.orders.deciding import decide
from maintenance.orders.transitions import move
from maintenance.orders.verdicts import Verdict
from sensors.models.access import principal_of
from tests.factories import make_anomaly, make_asset, make_member, make_sensor, make_site
from tests.maintenance.orders.admin.pages import do, make_code, make_template
from tests.maintenance.scheduling.crews import make_technician

pytestmark = pytest.mark.django_db

BEGUN = datetime(2026, 6, 1, 14, tzinfo=UTC)
DONE = BEGUN + timedelta(hours=2)
TOLD = [WorkOrder, WorkOrderTransition, Decision, Labour, PartUsed, ChecklistPoint, Anomaly]
# What tells two tellings apart though nothing else differs.
ITS_OWN = {"id", "work_order", "asset", "sensor", "opened_at", "due_at", "decision"}
MOMENTS = ("_at", "_since", "_until")


def codes() -> dict[str, Any]:
    named = {"failure_mode": "mode", "failure_cause": "cause", "remedy": "remedy"}
    return {name: make_code(aspect, "OTH") for name, aspect in named.items()}


def through_functions(
    order: WorkOrder, planner: Any, technician: Any, template: ChecklistTemplate, client: Client
) -> None:
    plans, works = principal_of(planner), principal_of(technician)
    [anomaly] = order.anomalies.all()
    decide(order.pk, "approve", by=plans, justification="It is real")
    move(order.pk, "in_progress", by=works)
    me = technician.technician
    book_labour(order.pk, by=works, technician=me, started_at=BEGUN, ended_at=DONE)
    book_part(order.pk, by=works, name="Bearing", number="6205", unit_cost=Decimal("19.90"))
    take_checklist(order.pk, template, by=works)
    fill_in(order.pk, 1, by=works, result="ok")
    fill_in(order.pk, 2, by=works, result="failed", note="Whistles")
    found = Completion(
        found_fault="yes",
        resolution="Bearing replaced",
        **codes(),
        verdicts={anomaly.pk: Verdict("confirmed", "Inner race")},
    )
    move(order.pk, "completed", by=works, completion=found)
    move(order.pk, "closed", by=plans, reason="Seen to run")


def through_pages(
    order: WorkOrder, planner: Any, technician: Any, template: ChecklistTemplate, client: Client
) -> None:
    [anomaly] = order.anomalies.all()
    client.force_login(planner)
    do(client, order, "approve", reason="It is real")
    client.force_login(technician)
    do(client, order, "start")
    at = {"started_at": BEGUN.strftime("%Y-%m-%dT%H:%M"), "ended_at": f"{DONE:%Y-%m-%dT%H:%M}"}
    do(client, order, "labour", technician=technician.technician.pk, **at)
    do(client, order, "part", name="Bearing", number="6205", quantity="1", unit_cost="19.90")
    do(client, order, "take_checklist", template=template.pk)
    do(client, order, "fill_in", result_1="ok", result_2="failed", note_2="Whistles")
    found = {name: code.pk for name, code in codes().items()}
    found |= {f"verdict_{anomaly.pk}": "confirmed", f"note_{anomaly.pk}": "Inner race"}
    said = {"found_fault": "yes", "resolution": "Bearing replaced"}
    do(client, order, "complete", **said, **found)
    client.force_login(planner)
    do(client, order, "close", reason="Seen to run")


def told_of(order: WorkOrder, people: dict[int, str]) -> dict[str, list[dict[str, Any]]]:
    """All rows of a story, without what names the telling itself."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for model in TOLD:
        found: Any = model._default_manager.filter(
            **({"pk": order.pk} if model is WorkOrder else {"work_order": order})
        )
        rows[model.__name__] = [_plain(row, order, people) for row in found.order_by("pk")]
    logged = AnomalyLog.objects.filter(anomaly__work_order=order).order_by("pk")
    rows["AnomalyLog"] = [{"act": row.act, "words": row.words, "by": row.by} for row in logged]
    return rows


def _plain(row: Any, order: WorkOrder, people: dict[int, str]) -> dict[str, Any]:
    fields = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.name in ITS_OWN:
            continue
        if field.name.endswith(MOMENTS) and value is not None:
            value = "at some time"
        if field.name in ("actor", "technician"):
            person = getattr(row, field.name)
            value = person and people[getattr(person, "user_id", person.pk)]
        text = value if not isinstance(value, str) else value.replace(order.asset.tag, "TAG")
        fields[field.name] = text
    return fields


def tell(
    telling: Callable[..., None], client: Client, template: ChecklistTemplate
) -> dict[str, Any]:
    site = make_site()
    asset = make_asset(site=site, criticality=3)
    make_anomaly(make_sensor(asset=asset, code=f"{asset.tag}_T"))
    decide_undecided()
    order = WorkOrder.objects.get(asset=asset)
    people = {role: make_member(site, role=role) for role in ("planner", "technician")}
    make_technician(site, name="Erika", user=people["technician"], hourly_rate=60)
    telling(order, people["planner"], people["technician"], template, client)
    order.refresh_from_db()
    names = {person.pk: role for role, person in people.items()}
    rows = told_of(order, names)
    return {
        name: [{field: _anonymous(value, people) for field, value in row.items()} for row in found]
        for name, found in rows.items()
    }


def _anonymous(value: Any, people: dict[str, Any]) -> Any:
    for role, person in people.items():
        if value == str(person):
            return role
    return value


def test_both_tellings_end_in_the_same_rows(client: Client) -> None:
    template = make_template("Oil level", "Noise")

    with patch("django.utils.timezone.now", return_value=DONE + timedelta(hours=1)):
        functions = tell(through_functions, client, template)
        pages = tell(through_pages, client, template)

    assert functions == pages
    [order] = pages["WorkOrder"]
    assert (order["state"], order["verification"]) == ("closed", "pending")
    assert [row["to_state"] for row in pages["WorkOrderTransition"]] == [
        *("approved", "in_progress", "completed", "closed"),
    ]
    assert [row["decided_by"] for row in pages["Decision"]] == ["planner"]
    assert {row["booked_by"] for row in pages["Labour"] + pages["PartUsed"]} == {"technician"}
    assert [row["verdict"] for row in pages["Anomaly"]] == ["confirmed"]
