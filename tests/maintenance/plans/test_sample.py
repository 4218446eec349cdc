from __future__ import annotations

import pytest

from maintenance.models import Plan
from maintenance.sample.plans import create_plans
from sensors.sample.plant import create_plant
from tests.factories import NOON
from tests.maintenance.plans.builders import generated

pytestmark = pytest.mark.django_db


def test_the_sample_plant_has_two_plans_however_often_it_is_made() -> None:
    site = create_plant()

    by_calendar, by_meter = create_plans(site, NOON)

    assert create_plans(site, NOON) == []
    assert Plan.objects.count() == 2
    assert by_calendar.next_due_at is not None
    assert by_meter.meters.get().unit == "h"
    [order] = generated(by_calendar.next_due_at)
    assert order.checklist.count() == 3
