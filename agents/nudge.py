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
    if _is_under_way():
        return
    try:
        signature("agents.start_runs").apply_async(retry=False)
    except BrokerError as exc:
        logger.warning("no nudge, the broker is away: %s", exc)


def taken() -> None:
    """Let the next upload nudge again. Call it before claiming, not after."""
    try:
        cache.delete(FLAG)
    except RedisError as exc:
        logger.warning("the cache is away: %s", exc)


def _is_under_way() -> bool:
    try:
        return not cache.add(FLAG, 1, timeout=FLAG_EXPIRES)
    except RedisError as exc:
        # Better two nudges than none.
        logger.warning("the cache is away: %s", exc)
        return False
