from __future__ import annotations

from celery import shared_task

from agents.base import Agent
from agents.models import PipelineRun
from sensors.intake.storing import store_readings


@shared_task(base=Agent, name="agents.ingest")
def ingest(run_id: int) -> None:
    """Turn the payloads of the run's batches into readings."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.INGESTED) as run:
        if run:
            store_readings(list(run.batches.defer("rejections").order_by("pk")))
