from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from sensors.models import Asset
from tests.factories import (
    make_asset,
    make_site,
)
from tests.maintenance.plans.asking import client_of


@pytest.fixture
def asset() -> Asset:
    return make_asset(site=make_site(time_zone="Europe/Berlin"), tag="P-101")


@pytest.fixture
def planner(asset: Asset) -> APIClient:
    return client_of(asset.site, can_plan=True)
