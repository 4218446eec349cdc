"""How often a key may ask, and how much may wait to be stored before no more is taken."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django_ratelimit.core import get_usage
from redis.exceptions import RedisError

from sensors.beside import side
from sensors.models import ApiKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Usage:
    """How many requests of `limit` a key has made in the period that ends in `wait` seconds."""

    count: int
    limit: int
    wait: int

    @property
    def is_over(self) -> bool:
        return self.count > self.limit


def usage_of(key: ApiKey, *, increment: bool = False) -> Usage | None:
    """What a key has used up, with this request if `increment`. None if it has no limit.

    Without Redis nothing is counted: readings are taken in rather than refused.
    """
    rate = key.rate_limit or settings.RATE_LIMIT
    if not rate:
        return None
    try:
        usage = get_usage(
            None, group="api", key=lambda *_: str(key.pk), rate=rate, increment=increment
        )
    except RedisError as exc:
        logger.warning("requests are not counted, the cache is away: %s", exc)
        return None
    return Usage(usage["count"], usage["limit"], max(usage["time_left"], 1))


# Both ends of the partial index: what no run has taken yet and what a run has not stored.
UNSTORED = """
    SELECT count(*), coalesce(sum(accepted), 0) FROM (
        SELECT accepted FROM sensors_readingbatch WHERE status <> 'stored' LIMIT %s
    ) AS unstored
"""
# Asking costs a millisecond or, with a long backlog, some ten of them.
ASK_EVERY = 1.0


@dataclass(slots=True, eq=False)
class Backlog:
    """Uploads that are kept but not stored yet, as this process saw them last."""

    batches: int = 0
    readings: int = 0
    _asked_at: float = float("-inf")

    def is_full(self) -> bool:
        """Whether more should not be taken in for the time being."""
        age = time.monotonic() - self._asked_at
        if age >= ASK_EVERY:
            self._ask()
        elif age >= ASK_EVERY / 2:
            side.ahead(self._ask)
        return (
            self.batches > settings.MOST_BATCHES_WAITING
            or self.readings > settings.MOST_READINGS_WAITING
        )

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(UNSTORED, [settings.MOST_BATCHES_WAITING + 1])
            self.batches, self.readings = cursor.fetchone()


backlog = Backlog()
