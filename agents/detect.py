from __future__ import annotations

from collections.abc import Sequence

from celery import shared_task

from agents.base import Agent
from agents.models import PipelineRun
from maintenance.recording import record_episodes
from mlops.watching import watch
from sensors.models import ReadingBatch, Sensor


@shared_task(base=Agent, name="agents.detect")
def detect(run_id: int) -> None:
    """Score the run's live readings and record what stands out as episodes."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.DETECTED) as run:
        if run:
            batches = ReadingBatch.objects.located().filter(runs=run)
            record_anomalies(list(batches.filter(mode=ReadingBatch.Mode.LIVE).order_by("pk")))


def record_anomalies(batches: Sequence[ReadingBatch]) -> None:
    """See the believable readings of the batches with the detectors of their sensors."""
    touched = {pk for batch in batches for pk in batch.sensor_ids}
    of_batches = Sensor.objects.filter(pk__in=touched).select_related("asset", "gate")
    # Locked, so that two runs with the same sensor take its readings one after another.
    sensors = {sensor.pk: sensor for sensor in of_batches.locked()}
    record_episodes(watch(batches, sensors))
