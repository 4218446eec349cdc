"""What beat starts for the agents. Importing it makes all of their tasks known."""

from __future__ import annotations

from celery import shared_task
from celery.utils.log import get_task_logger

from agents import curate, nudge, pipeline
from agents.models import PipelineRun
from agents.notify import send_due_notifications as send_due_notifications
from agents.orders import bring_back_deferred as bring_back_deferred
from agents.orders import verify_orders as verify_orders
from agents.plan_sites import resume_stalled_plans as resume_stalled_plans
from agents.plans import generate_planned_orders as generate_planned_orders
from agents.report import make_monthly_reports as make_monthly_reports
from agents.shapes import look_for_odd_shapes as look_for_odd_shapes
from agents.silence import look_for_silence as look_for_silence
from agents.tend import tend_anomalies as tend_anomalies
from sensors.models import Curation, ReadingBatch
from sensors.store import upkeep
from sensors.store.waveforms import prune_waveforms

logger = get_task_logger(__name__)


@shared_task(name="agents.resume_stalled_runs")
def resume_stalled_runs() -> None:
    """Send on runs whose message or worker was lost, and nudge for forgotten batches."""
    for run in PipelineRun.objects.stalled().order_by("pk"):
        logger.warning("run %s stood still after %s, resuming", run.pk, run.stage)
        # Else each beat would send a run that only waits its turn once more.
        run.save(update_fields=["updated_at"])
        pipeline.start(run)
    if ReadingBatch.objects.waiting().exists():
        nudge.send()


@shared_task(name="agents.resume_stalled_curations")
def resume_stalled_curations() -> None:
    """Send on curations whose message or worker was lost."""
    for curation in Curation.objects.stalled().order_by("pk"):
        logger.warning("%s stood still, resuming", curation)
        curation.save(update_fields=["updated_at"])
        curate.send(curation.pk)


@shared_task(name="agents.refresh_hours")
def refresh_hours() -> None:
    """Keep the hourly rollup up, where the store does not do it by itself."""
    upkeep.refresh_hours()


@shared_task(name="agents.prune_readings")
def prune_readings() -> None:
    """Drop readings past their time, where the store does not do it by itself, and waveforms."""
    if pruned := upkeep.prune_readings():
        logger.info("pruned %s readings", pruned)
    if pruned := prune_waveforms():
        logger.info("pruned %s waveforms", pruned)
