"""What was made for one answer, kept in the cache for the next ones."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEPT_SECONDS = 300


def kept(key: str) -> Any | None:
    try:
        return cache.get(key)
    except Exception as exc:
        # It is away, or holds what another release put there and this one cannot read.
        logger.warning("no forecast can be taken from the cache: %r", exc)
        return None


def keep(key: str, made: Any) -> None:
    try:
        cache.set(key, made, timeout=KEPT_SECONDS)
    except RedisError as exc:
        logger.warning("the cache is away: %s", exc)
