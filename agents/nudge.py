"""Wake the agents, but do not wake them twice.

The batch in the database is the queue; this message only says that there is something
in it. While one is under way a second would find nothing to do.
"""

from __future__ import annotations

import logging

from celery import signature
from django.core.cache import cache
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

FLAG = "agents:nudged"
# Should the message be lost, the next upload nudges again after so many seconds.
FLAG_EXPIRES = 5


def send() -> None:
    """Ask for waiting batches to be claimed.

    Never fails: what is not asked for now is found by resume_stalled_runs.
    """
    try:
        if cache.add(FLAG, 1, timeout=FLAG_EXPIRES):
            signature("agents.start_runs").apply_async(retry=False)
    except (RedisError, BrokerError) as exc:
        logger.warning("no nudge, the broker is away: %s", exc)


def taken() -> None:
    """Let the next upload nudge again. Call it before claiming, not after."""
    cache.delete(FLAG)
