"""Asking the API about plans."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework.test import APIClient

from sensors.models import Site
from tests.factories import (
    make_key,
)
from tests.maintenance.plans.builders import WEEKLY

URL = "/api/v1/plans"
DAY = timedelta(days=1)
CALENDAR = {"rule": WEEKLY, "first_on": "2026-06-08", "at": "06:00"}


def client_of(site: Site, **rights: bool) -> APIClient:
    _, secret = make_key(site=site, name="Planner", **rights)
    return APIClient(headers={"X-API-Key": secret})


def body(**fields: Any) -> dict[str, Any]:
    return {"asset": "P-101", "title": "Grease", "calendars": [CALENDAR]} | fields


def post(client: APIClient, sent: Any, url: str = URL) -> Any:
    return client.post(url, sent, format="json")


def patch(client: APIClient, plan: Any, **fields: Any) -> Any:
    return client.patch(f"{URL}/{plan['id']}", fields, format="json")


def codes(answer: Any) -> set[tuple[str, str]]:
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}
