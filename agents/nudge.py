"""Wake the agents, but do not wake them twice.

The batch in the database is the queue; the message only says that there is something
in it. While one is under way a second would find nothing to do.
"""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task
from celery.utils.log import get_task_logger
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from agents import pipeline
from agents.base import Agent
from agents.models import PipelineRun
from sensors import correlation

logger = get_task_logger(__name__)

FLAG = "agents:nudged"
# Should the message be lost, the next upload nudges again after so many seconds.
FLAG_EXPIRES = 5


def send() -> None:
    """Ask for waiting batches to be claimed.

    Never fails: what is not asked for now is found by resume_stalled_runs.
    """
    if _is_under_way():
        return
    try:
        start_runs.apply_async(retry=False)
    except BrokerError as exc:
        logger.warning("no nudge, the broker is away: %s", exc)


def _is_under_way() -> bool:
    try:
        return not cache.add(FLAG, 1, timeout=FLAG_EXPIRES)
    except RedisError as exc:
        # Better two nudges than none.
        logger.warning("the cache is away: %s", exc)
        return False


@shared_task(base=Agent, name="agents.start_runs")
def start_runs() -> None:
    """Claim what waits, run by run, and send each run on its way."""
    with suppress(RedisError):
        # Before claiming, not after: an upload in between must be able to nudge.
        cache.delete(FLAG)
    while run := claim_run():
        pipeline.start(run)


def claim_run() -> PipelineRun | None:
    """One run over waiting batches; it is safe in the database before it is sent."""
    with transaction.atomic():
        run = PipelineRun.objects.claim()
    if run:
        with correlation.about(request_ids=run.request_ids, run_id=run.pk):
            logger.info("took %s batches, %s readings", run.claims.count(), run.readings)
    return run
