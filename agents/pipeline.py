"""The way of the data, from upload to notification. Read this file first."""

from __future__ import annotations

from typing import Any

from celery import chain, shared_task
from celery.canvas import Signature
from celery.utils.log import get_task_logger
from django.db import transaction

from agents.decide import decide
from agents.detect import detect
from agents.ingest import ingest
from agents.models import PipelineRun
from agents.notify import notify
from agents.validate import validate
from maintenance.events import Event, happened
from sensors import correlation

logger = get_task_logger(__name__)

AGENTS = {
    PipelineRun.Stage.INGESTED: ingest,
    PipelineRun.Stage.VALIDATED: validate,
    PipelineRun.Stage.DETECTED: detect,
    PipelineRun.Stage.DECIDED: decide,
    PipelineRun.Stage.NOTIFIED: notify,
}


def remaining(run: PipelineRun) -> Signature:
    """The chain of agents that `run` has still to pass."""
    steps = [AGENTS[stage].si(run.pk) for stage in run.stages_ahead]
    return chain(*steps).on_error(fail.s(run.pk))


def start(run: PipelineRun) -> None:
    """Send `run` on its way from where it stands."""
    remaining(run).apply_async()


def resume(pk: int) -> bool:
    """Send a failed or stalled run on from where it stands. False if it is neither.

    A run that was split has no batches left: its halves carry on, not it.
    """
    runs = PipelineRun.objects.filter(pk=pk, claims__isnull=False)
    if not runs.exists():
        return False
    if not PipelineRun.objects.reopen(pk) and not runs.stalled().exists():
        return False
    start(PipelineRun.objects.get(pk=pk))
    return True


@shared_task(name="agents.fail")
def fail(request: Any, exc: Exception, traceback: Any, run_id: int) -> None:
    """Close a run whose agent gave up, and keep the reason where people look.

    A run of several batches is split in two first, so that one batch that cannot be
    worked off does not hold up the others.
    """
    error = f"{request.task}: {type(exc).__name__}: {exc}"
    requests = PipelineRun.objects.get(pk=run_id).request_ids
    with correlation.about(request_ids=requests, run_id=run_id):
        logger.error("run %s failed in %s", run_id, error)
    with transaction.atomic():
        halves = PipelineRun.objects.split(run_id, error=error)
        if not halves:
            _say_given_up(PipelineRun.objects.get(pk=run_id))
    for half in halves:
        start(half)


def _say_given_up(run: PipelineRun) -> None:
    """Have people told of a batch that cannot be worked off. A repeat is told once."""
    batch = run.batches.select_related("site").first()
    if batch and run.failed_at:
        happened.send(
            PipelineRun,
            event=Event.PIPELINE_TROUBLE,
            site=batch.site,
            key=f"run {run.pk} {run.failed_at.timestamp():.3f}",
            detail=f"Batch {batch.pk} was not worked off. {run.error}",
            request_ids=list(run.request_ids),
        )
