"""Count what machines have done, from the readings of the sensors that plans go by."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from maintenance.models import MeterTrigger, Plan
from maintenance.plans.metering import Measure, counted
from sensors.history.windows import moment_of
from sensors.models import Sensor
from sensors.store.reading import TICK, Selection, curve_of, last_key

COUNT_EVERY = timedelta(minutes=5)
# Readings come late; what comes later than this for a time that was counted is not counted.
HOLD_BACK = timedelta(minutes=10)
# Of one meter in one look: some 2 MB. The next look goes on from there.
MOST_READINGS = 100_000
PLANS_AT_ONCE = 200
# How long a reading holds of a sensor of which nobody said how often it sends.
HOLDS_FOR = timedelta(hours=1)


def count_meters(now: datetime) -> int:
    """Carry on the meters that have not been looked at for longest. Says of how many plans."""
    due = MeterTrigger.objects.filter(plan__is_active=True, looked_at__lte=now - COUNT_EVERY)
    plans = dict.fromkeys(due.order_by("looked_at").values_list("plan", flat=True)[:PLANS_AT_ONCE])
    for pk in plans:
        _count(pk, now)
    return len(plans)


@transaction.atomic
def _count(pk: int, now: datetime) -> None:
    plan = Plan.objects.with_triggers().locked(skip_locked=True).filter(pk=pk).first()
    if plan is None:
        return
    for meter in plan.meters.all():
        carry_on(meter, now)
    plan.reckon(now)


def carry_on(meter: MeterTrigger, now: datetime) -> None:
    """Count one page of readings, from the last that was counted; it is the first here."""
    selection = Selection((meter.sensor_id,), meter.counted_until, now - HOLD_BACK)
    page, _ = last_key(selection, None, MOST_READINGS, newest=False)
    if page:
        selection = selection.ending(page.at + TICK)
    micros, values = curve_of(meter.sensor_id, selection)
    added = counted(
        Measure(meter.measure),
        micros,
        values,
        level=meter.level or 0.0,
        longest=holds_for(meter.sensor) // timedelta(microseconds=1),
    )
    meter.amount += added
    meter.total += added
    if micros.size:
        meter.counted_until = moment_of(int(micros[-1]))
    elif page:
        meter.counted_until = page.at  # Nothing of a whole page could be believed.
    meter.looked_at = now
    meter.save(update_fields=["amount", "total", "counted_until", "looked_at"])


def holds_for(sensor: Sensor) -> timedelta:
    """As for gaps: three times the usual interval."""
    return sensor.expected_interval * 3 if sensor.expected_interval else HOLDS_FOR
