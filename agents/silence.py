"""Somebody has to look for sensors that have fallen silent: nothing comes in to say so."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import transaction
from django.utils import timezone

from agents.base import Persistent
from agents.models import PipelineRun
from agents.notify import tell
from maintenance.decision import decide_undecided
from maintenance.recording import record_episodes
from mlops.watching.silences import overdue, scored
from sensors.models import ReadingBatch, Sensor

logger = get_task_logger(__name__)

# What one look writes down at most; the next look finds the others.
AT_ONCE = 500


@shared_task(base=Persistent, name="agents.look_for_silence")
def look_for_silence() -> None:
    """Record sensors that say nothing, decide about them, and tell who is to be told."""
    with transaction.atomic():
        if not record_silences(seen_until()):
            return
        decide_undecided()
        tell()


def seen_until() -> datetime:
    """The moment up to which all live readings that came in have been gone through."""
    live = ReadingBatch.Mode.LIVE
    behind = PipelineRun.objects.before_detection().filter(claims__batch__mode=live)
    waiting = ReadingBatch.objects.waiting().filter(mode=live)
    oldest = [
        behind.order_by("first_received_at").values_list("first_received_at", flat=True).first(),
        waiting.order_by("received_at").values_list("received_at", flat=True).first(),
    ]
    return min([timezone.now(), *(moment for moment in oldest if moment)])


def record_silences(now: datetime) -> int:
    """Open an episode for each sensor that is missed by now. Says how many were found.

    Needs a transaction. It ends as others do: when the next readings are gone through.
    """
    found = overdue(now, most=AT_ONCE)
    if not found:
        return 0
    # Locked, as when readings are gone through, and looked at again: some may have come.
    named = Sensor.objects.filter(pk__in=[silent.sensor_id for silent in found])
    sensors = {sensor.pk: sensor for sensor in named.select_related("asset").locked()}
    still = [silent for silent in overdue(now, most=AT_ONCE) if silent.sensor_id in sensors]
    record_episodes([scored(silent, sensors[silent.sensor_id], now) for silent in still])
    if still:
        logger.info("%s sensors are overdue", len(still))
    return len(still)
