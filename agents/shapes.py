"""By night somebody looks whether the signals of sensors still have their usual shapes."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from agents.base import Persistent
from agents.notify import tell
from maintenance.decision import decide_undecided
from maintenance.recording import record_episodes
from mlops.health.foresight import SoonestLimit
from mlops.learning.shapes import learn_shapes
from mlops.watching import shapes
from sensors.models import Asset, Sensor


@shared_task(base=Persistent, name="agents.look_for_odd_shapes")
def look_for_odd_shapes() -> None:
    """Have those sensors looked at that a person asked it for, each by itself."""
    for pk in Sensor.objects.active().filter(detect_odd_shapes=True).values_list("pk", flat=True):
        look_at_shapes.delay(pk)


@shared_task(base=Persistent, name="agents.look_at_shapes")
def look_at_shapes(sensor_id: int) -> None:
    """Record what is odd about one sensor since the last look, then learn if that is due."""
    now = timezone.now()
    if record_odd_shapes(sensor_id, now):
        # By itself: it locks the assets of all that is undecided.
        with transaction.atomic():
            decide_undecided(SoonestLimit())
            tell()
    sensor = Sensor.objects.active().filter(pk=sensor_id, detect_odd_shapes=True)
    for found in sensor.select_related("gate"):
        learn_shapes(found, now)


@transaction.atomic
def record_odd_shapes(sensor_id: int, now: datetime) -> bool:
    """Look at one sensor. Says whether there is an anomaly that is new or goes on."""
    asked = Sensor.objects.active().filter(pk=sensor_id, detect_odd_shapes=True)
    for sensor in asked.select_related("asset", "gate").locked():
        scored = shapes.look_at_shapes(sensor, now)
        if scored:
            # After the sensor, as all who lock both do.
            list(Asset.objects.filter(pk=sensor.asset_id).locked())
            return bool(record_episodes([scored]))
    return False
