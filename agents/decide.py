from __future__ import annotations

from celery import shared_task

from agents.base import Agent
from agents.models import PipelineRun
from maintenance.decision import decide_undecided
from mlops.health.foresight import SoonestLimit


@shared_task(base=Agent, name="agents.decide")
def decide(run_id: int) -> None:
    """Open or extend a work order for each asset that needs one.

    Not only those of this run: what a failed run left undecided is taken along.
    """
    with PipelineRun.objects.entering(run_id, PipelineRun.Stage.DECIDED) as run:
        if run:
            decide_undecided(SoonestLimit())
