"""Asking the API about work orders."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from maintenance.models import WorkOrder
from sensors.models import Site
from tests.factories import make_key, make_work_order

URL = "/api/v1/work-orders"
FOUND = {
    "found_fault": "yes",
    "resolution": "Fitted a new bearing",
    "failure_mode": "VIB",
    "failure_cause": "WEAR",
    "remedy": "REPLACE",
}


def client_of(site: Site, name: str = "Erika", **rights: bool) -> APIClient:
    _, secret = make_key(site=site, name=name, **rights)
    return APIClient(headers={"X-API-Key": secret})


def order_in(state: str, **fields: Any) -> WorkOrder:
    return make_work_order(**{"origin": "request", "state": state} | fields)


def post(client: APIClient, order: WorkOrder, to: str, body: Any = None) -> Any:
    return client.post(f"{URL}/{order.pk}/{to}", body or {}, format="json")


def patch(client: APIClient, order: WorkOrder, **fields: Any) -> Any:
    return client.patch(f"{URL}/{order.pk}", fields, format="json")


def move(client: APIClient, order: WorkOrder, to_state: str, **said: Any) -> Any:
    return post(client, order, "transitions", {"to_state": to_state} | said)


def faults(answer: Any) -> set[tuple[str, str]]:
    """The fields that a form refused, with the codes."""
    assert answer.status_code == 400, answer.json()
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
