from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from maintenance.models import WorkOrder
from sensors.models import AssetType, Site
from tests.factories import NOON, make_asset
from tests.maintenance.orders.api.asking import client_of, order_in


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def hands(site: Site) -> APIClient:
    """Who works at the site and plans nothing."""
    return client_of(site, can_work=True)


@pytest.fixture
def planner(site: Site) -> APIClient:
    return client_of(site, can_work=True, can_plan=True)


@pytest.fixture
def order(site: Site) -> WorkOrder:
    """A request on a pump that nobody has decided about."""
    kind, _ = AssetType.objects.get_or_create(
        code="centrifugal-pump", defaults={"name": "Centrifugal pump"}
    )
    return order_in("proposed", asset=make_asset(site=site, tag="P-101", type=kind))
