from __future__ import annotations

from celery import shared_task

from agents.base import Agent
from agents.models import PipelineRun
from sensors.intake.validation import grade_readings
from sensors.models import ReadingBatch


@shared_task(base=Agent, name="agents.validate")
def validate(run_id: int) -> None:
    """Mark which of the run's readings can be believed."""
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.VALIDATED) as run:
        if run:
            grade_readings(list(ReadingBatch.objects.located().filter(runs=run).order_by("pk")))
