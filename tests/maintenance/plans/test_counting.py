"""Plans that go by what machines have done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from agents.plans import generate_planned_orders
from maintenance.models import MeterTrigger, Plan
from maintenance.plans import counting
from maintenance.plans.counting import count_meters
from maintenance.plans.moving_on import resume_left
from tests.factories import MINUTE, NOON, make_history, make_sensor
from tests.maintenance.plans.builders import WEEKLY, end, generated, log_of, make_meter, make_plan

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Late readings are waited for.
BEHIND = counting.HOLD_BACK


def metered(*values: float, **fields: Any) -> MeterTrigger:
    """A meter whose sensor has a reading an hour from noon on."""
    plan_fields = {name: fields.pop(name) for name in ("anchor", "lead_time") if name in fields}
    plan = make_plan(**plan_fields)
    sensor = make_sensor(asset=plan.asset, expected_interval=HOUR)
    make_history(sensor, values, until=NOON + len(values) * HOUR, every=HOUR)
    return make_meter(plan, sensor, **fields)


def counted(meter: MeterTrigger, hours: float) -> float:
    count_meters(NOON + hours * HOUR + BEHIND)
    meter.refresh_from_db()
    return meter.amount


def test_running_hours_are_counted_and_lead_to_an_order() -> None:
    meter = metered(20, 0, 20, 20, 20)

    assert counted(meter, 2.5) == 1.0
    assert generated(NOON + 2.5 * HOUR + BEHIND) == []
    assert counted(meter, 4.5) == 3.0
    [order] = generated(NOON + 4.5 * HOUR + BEHIND)

    assert order.plan == meter.plan
    assert order.decision["rules"][0] == f"every 2 h of {meter.sensor.code}"
    meter.refresh_from_db()
    assert meter.amount == 1.0, "what went beyond counts for the next"


def test_each_reading_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_READINGS", 4)
    meter = metered(*range(0, 60, 5), measure="counter", level=None, every=1e9)

    # Each look goes on by a page.
    amounts = [counted(meter, 20 + look / 2) for look in range(5)]

    assert amounts == [15, 30, 45, 55, 55]


def test_a_meter_is_not_looked_at_again_at_once() -> None:
    meter = metered(20, 20)
    now = NOON + HOUR + BEHIND

    assert count_meters(now) == 1
    assert count_meters(now + MINUTE) == 0
    Plan.objects.update(is_active=False)
    assert count_meters(now + DAY) == 0
    assert meter.plan.pk


def test_readings_that_are_not_believed_do_not_stop_the_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "MOST_READINGS", 2)
    meter = metered(20, 20, 20, 20, 20, 20, every=1e9)
    meter.sensor.readings.filter(taken_at__lt=NOON + 3 * HOUR).update(quality=2)

    amounts = [counted(meter, 20 + look / 2) for look in range(5)]

    assert amounts[-1] == 2.0


def test_counted_from_the_completion_it_begins_at_nothing() -> None:
    meter = metered(*[20] * 8, anchor="completion")
    counted(meter, 3.5)
    [order] = generated(NOON + 3.5 * HOUR + BEHIND)
    assert counted(meter, 5.5) == 5.0
    assert generated(NOON + 5.5 * HOUR + BEHIND) == []

    end(order, NOON + 5.7 * HOUR)
    resume_left(NOON + 5.7 * HOUR)

    assert counted(meter, 6.5) == 1.0
    assert log_of(meter.plan) == [("06-01", "generated")]


def test_the_order_is_made_ahead_by_the_rate_so_far() -> None:
    # 30 hours of counting at one hour an hour, every 48: due in 18 hours.
    meter = metered(*[20] * 31, every=48.0, lead_time=20 * HOUR)

    counted(meter, 30.5)
    [order] = generated(NOON + 30.5 * HOUR + BEHIND)

    assert order.due_at == NOON + 48 * HOUR
    meter.refresh_from_db()
    assert meter.amount == 30 - 48


def test_what_was_expected_and_not_reached_is_not_due() -> None:
    meter = metered(*[20] * 31, every=48.0)
    counted(meter, 30.5)

    # The sensor has been silent since.
    counted(meter, 500)

    assert generated(NOON + 500 * HOUR + BEHIND) == []
    meter.plan.refresh_from_db()
    assert meter.plan.next_due_at is not None


def test_a_meter_and_a_calendar_are_both_waited_for() -> None:
    meter = metered(*[20] * 4)
    plan = meter.plan
    plan.needs = "all"
    plan.save()
    plan.calendars.create(rule=WEEKLY, first_on="2026-06-02", at="06:00")
    Plan.objects.with_triggers().get(pk=plan.pk).settle(NOON, anew=True)
    counted(meter, 3.5)

    assert generated(NOON + 3.5 * HOUR + BEHIND) == []
    assert len(generated(NOON + DAY)) == 1
    meter.refresh_from_db()
    assert meter.amount == 1.0


def test_beat_counts_goes_on_and_makes_what_is_due() -> None:
    meter = metered(20, 20, 20, 20, anchor="completion")

    with time_machine.travel(NOON + 3.5 * HOUR + BEHIND, tick=False):
        generate_planned_orders()
    end(meter.plan.work_orders.get(), NOON + 4 * HOUR)
    with time_machine.travel(NOON + 4 * HOUR + BEHIND, tick=False):
        generate_planned_orders()

    meter.refresh_from_db()
    assert meter.amount == 0
    assert log_of(meter.plan) == [("06-01", "generated")]
