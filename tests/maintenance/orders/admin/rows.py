"""How to make one row of what orders go by, at a site, for tests of all pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from maintenance.models import ChecklistTemplate, DecisionPolicy, FailureCode, Plan
from sensors.models import Site
from tests.factories import make_asset
from tests.maintenance.orders.admin.pages import make_template
from tests.maintenance.plans.builders import make_plan
from tests.sensors.catalogue import make_asset_type

ROWS_OF_PLANS: dict[type[Model], Callable[[Site], Any]] = {
    Plan: lambda site: make_plan("FREQ=WEEKLY", asset=make_asset(site=site)),
}
ROWS_OF_ORDERS: dict[type[Model], Callable[[Site], Any]] = {
    FailureCode: lambda site: FailureCode.objects.create(
        aspect="mode", code=f"M{site.pk}", name="Worn", asset_type=make_asset_type(site)
    ),
    ChecklistTemplate: lambda site: make_template(
        "Noise", name=f"Round of {site.code}", asset_type=make_asset_type(site)
    ),
    DecisionPolicy: lambda site: DecisionPolicy.objects.create(asset_type=make_asset_type(site)),
}
