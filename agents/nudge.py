"""Wake the agents, but do not wake them twice.

The batch in the database is the queue; the message only says that there is something
in it. While readings keep coming, one message goes round: it takes what has gathered and
comes back a little later, because many small runs cost more than a few larger ones. What
comes in after a pause is taken at once.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress

from celery import shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from agents import pipeline
from agents.base import Agent
from agents.models import PipelineRun
from sensors import correlation
from sensors.beside import side

logger = get_task_logger(__name__)

# Names the message that is on its way or is going to come back.
FLAG = "agents:nudged"
# A process that has seen the flag need not look again for this part of a round: after
# the flag is taken away the message comes back once more, a whole round later.
SURE_FOR = 0.8


def flag_expires() -> float:
    """Should the message be lost, an upload nudges again after so many seconds."""
    return max(5.0, 4 * settings.GATHER_FOR)


class _LastSeen:
    """When this process last knew that a message was under way, by the monotonic clock."""

    at = float("-inf")


def send() -> None:
    """Ask for waiting batches to be claimed.

    Never fails: what is not asked for now is found by resume_stalled_runs.
    """
    if time.monotonic() - _LastSeen.at >= settings.GATHER_FOR * SURE_FOR:
        side.soon(_nudge)


def _nudge() -> None:
    now, token = time.monotonic(), uuid.uuid4().hex
    if _raised(token):
        try:
            start_runs.apply_async(kwargs={"token": token}, retry=False)
        except BrokerError as exc:
            logger.warning("no nudge, the broker is away: %s", exc)
            return
    _LastSeen.at = now


def _raised(token: str) -> bool:
    """Raise the flag for a message. False if it stands for another."""
    try:
        return cache.add(FLAG, token, timeout=flag_expires())
    except RedisError as exc:
        # Better two nudges than none.
        logger.warning("the cache is away: %s", exc)
        return True


@shared_task(base=Agent, name="agents.start_runs")
def start_runs(token: str = "", last_look: bool = False) -> None:
    """Claim what waits, run by run, and send each run on its way.

    Comes back after GATHER_FOR if there was something. If there was not, it takes the
    flag away and looks once more, for those who had seen the flag just before. Should
    two messages go round, the one that the flag does not name ends.
    """
    if token and _is_led_by_another(token):
        return
    token = token or uuid.uuid4().hex
    found = begin_runs()
    with suppress(RedisError):
        if found:
            cache.set(FLAG, token, timeout=flag_expires())
        elif not last_look:
            cache.delete(FLAG)
    if found or not last_look:
        start_runs.apply_async(
            kwargs={"token": token, "last_look": not found},
            countdown=settings.GATHER_FOR,
            retry=False,
        )


def _is_led_by_another(token: str) -> bool:
    with suppress(RedisError):
        return cache.get(FLAG, token) != token
    return False


def begin_runs() -> bool:
    """Claim what has gathered and send it on its way. False if there was nothing.

    After a run that is not nearly full only newcomers can be waiting: they gather.
    """
    found = False
    while run := claim_run():
        pipeline.start(run)
        found = True
        if run.readings < settings.MAX_READINGS_PER_RUN // 2:
            break
    return found


def claim_run() -> PipelineRun | None:
    """One run over waiting batches; it is safe in the database before it is sent."""
    with transaction.atomic():
        run = PipelineRun.objects.claim()
    if run:
        with correlation.about(request_ids=run.request_ids, run_id=run.pk):
            logger.info("took %s batches, %s readings", run.claims.count(), run.readings)
    return run
